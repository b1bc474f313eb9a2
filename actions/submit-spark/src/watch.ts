/**
 * Waits for the end of a batch: states, driver output, deadline, usage. It refuses to leave a batch running
 * that nobody waits for.
 */
import { GoogleApiError, WorkFailedError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import {
  cancelOperation,
  getBatch,
  terminalStates,
  type Batch,
  type BatchRef,
} from '../../_shared/google/dataproc.ts'
import { pause } from '../../_shared/google/retry.ts'
import { openStorage } from '../../_shared/google/storage.ts'
import type { Runner } from '../../_shared/run.ts'
import { followOutput } from './driver-output.ts'

const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 10_000
/** Google counts usage after the end. */
const USAGE_WAIT_MS = 60_000
const CANCEL_WAIT_MS = 60_000

export interface Watched {
  readonly batch: Batch
  readonly tail: readonly string[]
  readonly isTimedOut: boolean
}

export async function watchBatch(
  google: Google,
  ref: BatchRef,
  timeoutMs: number,
  runner: Pick<Runner, 'log' | 'cancelled'>,
): Promise<Watched> {
  const { log } = runner
  const output = followOutput(openStorage(google), (line) => log.info(`│ ${line}`))
  let isOutputReadable = true
  const drain = async (batch: Batch) => {
    if (batch.outputUri === undefined || !isOutputReadable) return
    try {
      await output.drain(batch.outputUri)
    } catch (error) {
      if (!(error instanceof GoogleApiError) || error.isRetryable) return
      isOutputReadable = false
      log.warning(`The driver output cannot be read and is not shown: ${error.message}`)
    }
  }
  let deadlineMs = Date.now() + timeoutMs
  let isTimedOut = false
  let shown = ''
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 1.25)) {
    const batch = await getBatch(google, ref, runner.cancelled)
    if (batch.state !== shown)
      log.info(
        `${ref.batchId}: ${batch.state}${batch.stateMessage && batch.state !== 'FAILED' ? ` (${firstLine(batch.stateMessage)})` : ''}`,
      )
    shown = batch.state
    await drain(batch)
    if (terminalStates.has(batch.state)) {
      await drain(batch)
      output.flush()
      return { batch: await withUsage(google, ref, batch, runner), tail: output.tail, isTimedOut }
    }
    if (Date.now() >= deadlineMs) {
      if (isTimedOut)
        throw new WorkFailedError(
          `Waiting for batch ${ref.batchId}: it does not end although it was cancelled after ${timeoutMs / 60_000} minutes; look at it in the console.`,
          { lastLines: output.tail, problem: 'spark-timeout' },
        )
      log.warning(
        `${ref.batchId} has not ended after ${timeoutMs / 60_000} minutes (timeout-minutes); cancelling it.`,
      )
      await cancelOperation(google, batch.operation, ref.region)
      isTimedOut = true
      deadlineMs = Date.now() + CANCEL_WAIT_MS
    }
    await pause(pauseMs, runner.cancelled)
    // Whoever called knows what became of the batch.
    if (runner.cancelled.aborted) throw new Error('the run was cancelled')
  }
}

async function withUsage(
  google: Google,
  ref: BatchRef,
  ended: Batch,
  runner: Pick<Runner, 'log' | 'cancelled'>,
): Promise<Batch> {
  // A batch that never ran costs nothing and is never counted.
  const hasRun = ended.history.some(({ state }) => state === 'RUNNING')
  const untilMs = Date.now() + (hasRun ? USAGE_WAIT_MS : 0)
  let batch = ended
  for (
    let pauseMs = FIRST_PAUSE_MS;
    batch.usage === undefined && Date.now() < untilMs && !runner.cancelled.aborted;
    pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)
  ) {
    await pause(pauseMs, runner.cancelled)
    batch = await getBatch(google, ref).catch(() => batch)
  }
  if (batch.usage === undefined && hasRun)
    runner.log.info('Google has not counted the usage of this batch yet; cost is not reported.')
  return batch
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? ''
}
