/** Shows plans where the review happens: the table of contents. */
import { connectToGitHub } from '../../_shared/runner/pull-request.ts'
import { runPlanned } from '../../_shared/run.ts'
import { apply } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planComment } from './plan.ts'
import { report } from './report.ts'

// Its own plan is a comment, and nobody reviews that.
void runPlanned('comment-plan', {
  parseInputs,
  connect: connectToGitHub,
  observe,
  plan: planComment,
  apply,
  report,
  isPlanPutOut: false,
})
