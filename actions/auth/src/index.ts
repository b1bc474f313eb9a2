/** auth: the job's OIDC token becomes Google Cloud credentials for this job. It refuses long-lived keys. */
import { describeOverrides } from '../../_shared/google/endpoints.ts'
import { runAction } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planAuth } from './plan.ts'
import { report } from './report.ts'

void runAction('auth', async (runner) => {
  const inputs = parseInputs(runner.inputs)
  const observed = await observe(inputs, runner)
  const plan = planAuth(inputs, observed)
  const outcome = await apply(plan, inputs, observed, runner)
  return report(inputs, plan, outcome, describeOverrides(observed.endpoints))
})
