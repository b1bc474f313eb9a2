/**
 * submit-spark, end of the job: cancels the batch of this step if it still runs, trying for longer than the main
 * step did. It refuses to touch any other batch.
 */
import { connect } from '../../_shared/google/connect.ts'
import { pause } from '../../_shared/google/retry.ts'
import type { Runner } from '../../_shared/run.ts'
import { cancelBatch } from './cancel-batch.ts'
import { readWaiting } from './inputs.ts'
import { patiently } from './patience.ts'

/** A create whose answer was lost may become visible a little later. */
const UNKNOWN_LOOKS = 4
const UNKNOWN_PAUSE_MS = 1_500

export async function tidyUp(runner: Runner): Promise<void> {
  const [projectId, region, batchId, requestId] = ['projectId', 'region', 'batchId', 'requestId'].map(
    (name) => runner.readState(name),
  )
  if (!projectId || !region || !batchId || !requestId || runner.readState('isEnded') === 'true') return
  const google = await connect(
    { projectId, allowedHosts: runner.inputs.lines('allow-endpoint-hosts') },
    runner,
  )
  const waiting = readWaiting(runner.inputs)
  const patience = { ...waiting, toleranceMs: 2 * waiting.toleranceMs, log: runner.log.info }
  const look = () =>
    patiently(
      `Cancelling batch ${batchId}`,
      () => cancelBatch(google, { projectId, region, batchId, requestId }, runner.log.info),
      patience,
    )
  let found = await look()
  for (let looks = 1; found === 'unknown' && looks < UNKNOWN_LOOKS; looks += 1) {
    await pause(UNKNOWN_PAUSE_MS)
    found = await look()
  }
  if (found === 'ended') runner.log.info(`Batch ${batchId} has ended.`)
  if (found === 'unknown') runner.log.info(`Batch ${batchId} was never created.`)
  if (found === 'foreign') runner.log.info(`Batch ${batchId} is not of this run and is left alone.`)
}
