/**
 * submit-spark: a Spark job as a serverless batch, from local files to its end, or only its files. It refuses
 * to leave a batch behind.
 */
import { connect } from '../../_shared/google/connect.ts'
import { runPlanned } from '../../_shared/run.ts'
import { apply, preview } from './apply.ts'
import { parseInputs } from './inputs.ts'
import { observe } from './observe.ts'
import { planBatch } from './plan.ts'
import { tidyUp } from './post.ts'
import { report } from './report.ts'

void runPlanned('submit-spark', {
  parseInputs,
  connect,
  observe,
  plan: planBatch,
  preview,
  apply,
  report,
  tidyUp,
})
