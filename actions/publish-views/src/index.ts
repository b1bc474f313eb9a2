/** Publishes authorized views: the table of contents. */
import { connect } from '../../_shared/google/connect.ts'
import { agree, notApplied } from '../../_shared/plan.ts'
import { runAction } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planViews } from './plan.ts'
import { report } from './report.ts'

void runAction('publish-views', async (runner) => {
  const inputs = parseInputs(runner.inputs, runner.context)
  const google = await connect(
    { projectId: inputs.projectId, allowedHosts: inputs.allowEndpointHosts },
    runner,
  )
  const observed = await observe(inputs, google)
  const plan = planViews(inputs, observed)
  agree(plan, inputs.expectedPlan)
  const outcome =
    plan.refusal !== undefined
      ? { ...notApplied(plan), failure: plan.refusal }
      : inputs.isDryRun
        ? notApplied(plan)
        : await apply(plan, google, runner)
  return report(plan, outcome, inputs, google.notes)
})
