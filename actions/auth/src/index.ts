/** auth: the job's OIDC token becomes Google Cloud credentials for this job. It refuses long-lived keys. */
import { runPlanned } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { findEndpoints, observe } from './observe.ts'
import { planAuth } from './plan.ts'
import { tidyUp } from './post.ts'
import { report } from './report.ts'

// There is nothing to review before it: no dry run, and the plan is not put out.
void runPlanned('auth', {
  parseInputs,
  connect: findEndpoints,
  observe,
  plan: planAuth,
  apply,
  report,
  isPlanPutOut: false,
  tidyUp,
})
