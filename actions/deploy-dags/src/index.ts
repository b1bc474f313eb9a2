/**
 * deploy-dags: the content of a folder becomes the DAGs of an environment. It refuses to touch files of
 * others.
 */
import { connect } from '../../_shared/google/connect.ts'
import { agree, notApplied } from '../../_shared/plan.ts'
import { runAction } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planDeployment } from './plan.ts'
import { report } from './report.ts'

void runAction('deploy-dags', async (runner) => {
  const inputs = parseInputs(runner.inputs, runner.context)
  const google = await connect(inputs, runner)
  const observed = await observe(inputs, google, runner)
  const plan = planDeployment(inputs, observed)
  agree(plan, inputs.expectedPlan)
  const outcome = inputs.isDryRun
    ? notApplied(plan)
    : await apply(plan, inputs, observed.folder, google, runner)
  return report(plan, outcome, {
    ...inputs,
    airflowUri: observed.environment.airflowUri,
    notes: google.notes,
  })
})
