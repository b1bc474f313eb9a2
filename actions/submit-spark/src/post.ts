/** submit-spark, end of the job: cancels the batch if it still runs. It refuses to touch any other batch. */
import { connect } from '../../_shared/google/connect.ts'
import type { Runner } from '../../_shared/run.ts'
import { cancelBatch } from './apply.ts'

export async function tidyUp(runner: Runner): Promise<void> {
  const [projectId, region, batchId] = ['projectId', 'region', 'batchId'].map((name) =>
    runner.readState(name),
  )
  if (!projectId || !region || !batchId || runner.readState('isEnded') === 'true') return
  const google = await connect(
    { projectId, allowedHosts: runner.inputs.lines('allow-endpoint-hosts') },
    runner,
  )
  const found = await cancelBatch(google, { projectId, region, batchId }, runner.log.info)
  if (found !== 'asked')
    runner.log.info(found === 'ended' ? `Batch ${batchId} has ended.` : `Batch ${batchId} was never created.`)
}
