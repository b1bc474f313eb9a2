/**
 * Waits for the end of a batch: states, driver output, deadline, usage. It refuses to leave a batch running
 * that nobody waits for, and to take an outage for its end.
 */
import type { Batch } from '../../_shared/batch.ts'
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { cancelOperation, getBatch, terminalStates } from '../../_shared/google/dataproc.ts'
import { pause } from '../../_shared/google/retry.ts'
import { openStorage } from '../../_shared/google/storage.ts'
import type { Runner } from '../../_shared/run.ts'
import type { FailureSigns } from './failure-signs.ts'
import { openFollower } from './follow.ts'
import type { OwnBatch } from './cancel-batch.ts'
import type { SparkInputs } from './inputs.ts'
import { patiently, type Patience } from './patience.ts'
import { openMeter } from './prices.ts'

const FIRST_PAUSE_MS = 1_000
/** Google counts usage after the end. */
const USAGE_WAIT_MS = 15_000
const CANCEL_WAIT_MS = 60_000
/** How late a first look may come before its limit has a gap worth a word. */
const UNSEEN_MS = 120_000

export interface Watched {
  readonly batch: Batch
  readonly tail: readonly string[]
  readonly signs: FailureSigns
  /** Why this action had it cancelled. */
  readonly stopped?: 'timeout' | 'cost'
}

export async function watchBatch(
  google: Google,
  ref: OwnBatch,
  inputs: Pick<SparkInputs, 'timeoutMs' | 'waiting' | 'prices' | 'maxCostUsd'>,
  runner: Pick<Runner, 'log' | 'cancelled'>,
): Promise<Watched> {
  const { log } = runner
  const { timeoutMs, waiting } = inputs
  const patience: Patience = {
    ...waiting,
    log: log.info,
    signal: runner.cancelled,
    consequence: 'The batch may still run: the post step cancels it, trying for twice as long.',
  }
  const output = openFollower(openStorage(google), runner, waiting.settleMs)
  let deadlineMs = Date.now() + timeoutMs
  const meter = openMeter(inputs.prices)
  let stopped: Watched['stopped']
  let shown = ''
  for (
    let pauseMs = Math.min(FIRST_PAUSE_MS, waiting.longestPauseMs);
    ;
    pauseMs = Math.min(waiting.longestPauseMs, pauseMs * 1.25)
  ) {
    const batch = await patiently(
      `Waiting for batch ${ref.batchId}`,
      () => getBatch(google, ref, runner.cancelled),
      patience,
    )
    if (batch.state !== shown)
      log.info(
        `${ref.batchId}: ${batch.state}${batch.stateMessage ? ` (${firstLine(batch.stateMessage)})` : ''}`,
      )
    shown = batch.state
    if (terminalStates.has(batch.state)) {
      if (inputs.maxCostUsd !== undefined && !meter.hasSeen && runningSince(batch) !== undefined)
        log.warning(
          `${ref.batchId}: max-cost-usd was not kept: Google told nothing of what the batch held while it ran.`,
        )
      const [ended] = await Promise.all([
        withUsage(google, ref, batch, runner),
        output.settle(batch.outputUri),
      ])
      return { batch: ended, tail: output.tail, signs: output.signs, stopped }
    }
    output.drainSoon(batch.outputUri)
    const unseenMs = meter.hasSeen ? 0 : Date.now() - (runningSince(batch) ?? Date.now())
    meter.see(batch.current, Date.now())
    // Whether it held more or less then, nobody knows: a guess could end work that is within its limit.
    if (inputs.maxCostUsd !== undefined && meter.hasSeen && unseenMs > UNSEEN_MS)
      log.warning(
        `${ref.batchId}: max-cost-usd counts from now on; what the batch held in the ${Math.round(unseenMs / 60_000)} minutes before is not known.`,
      )
    const isDear = inputs.maxCostUsd !== undefined && meter.usd > inputs.maxCostUsd
    if (Date.now() >= deadlineMs || (stopped === undefined && isDear)) {
      // Beyond the time its cost goes on growing: what stopped it first stays the reason.
      const reason = stopped ?? (isDear ? 'cost' : 'timeout')
      const limit =
        reason === 'cost'
          ? `$${inputs.maxCostUsd} (max-cost-usd)`
          : `${timeoutMs / 60_000} minutes (timeout-minutes)`
      if (stopped !== undefined)
        throw new WorkFailedError(
          `Waiting for batch ${ref.batchId}: it does not end although it was cancelled after ${limit}; look at it in the console.`,
          { lastLines: output.tail, problem: 'spark-timeout' },
        )
      if (ref.requestId === '')
        throw new WorkFailedError(
          `Waiting for batch ${ref.batchId}: it has not ended after ${limit}; another run made it, so it is not cancelled.`,
          { lastLines: output.tail, problem: 'spark-timeout' },
        )
      log.warning(`${ref.batchId} has not ended after ${limit}; cancelling it.`)
      await patiently(
        `Cancelling batch ${ref.batchId}`,
        () => cancelOperation(google, batch.operation, ref.region),
        patience,
      )
      stopped = reason
      deadlineMs = Date.now() + CANCEL_WAIT_MS
    }
    await pause(pauseMs, runner.cancelled)
    // Whoever called knows what became of the batch.
    if (runner.cancelled.aborted) throw new Error('the run was cancelled')
  }
}

function runningSince({ history }: Batch): number | undefined {
  return history.find(({ state }) => state === 'RUNNING')?.atMs
}

async function withUsage(
  google: Google,
  ref: OwnBatch,
  ended: Batch,
  runner: Pick<Runner, 'log' | 'cancelled'>,
): Promise<Batch> {
  // A batch that never ran costs nothing and is never counted.
  const hasRun = ended.history.some(({ state }) => state === 'RUNNING')
  const untilMs = Date.now() + (hasRun ? USAGE_WAIT_MS : 0)
  let batch = ended
  for (
    let pauseMs = FIRST_PAUSE_MS;
    batch.usage === undefined && Date.now() + pauseMs <= untilMs && !runner.cancelled.aborted;
    pauseMs = Math.min(5_000, pauseMs * 2)
  ) {
    await pause(pauseMs, runner.cancelled)
    batch = await getBatch(google, ref).catch(() => batch)
  }
  if (batch.usage === undefined && hasRun)
    runner.log.info('Google has not counted the usage of this batch yet; cost is not reported.')
  return batch
}

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, 500)
}
