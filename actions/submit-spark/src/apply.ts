/**
 * Carries out the plan of `submit-spark`: stages files, creates the batch, waits. It refuses to end while the
 * batch runs on: cancellation reaches Google first.
 */
import pMap from 'p-map'
import { ConflictError, GoogleApiError, WorkFailedError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import {
  cancelOperation,
  createBatch,
  getBatch,
  terminalStates,
  type BatchRef,
} from '../../_shared/google/dataproc.ts'
import { openStorage } from '../../_shared/google/storage.ts'
import { notApplied, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import type { SparkInputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import { consoleLink, type SparkPlan, type SparkStep, type StageStep, type SubmitStep } from './plan.ts'
import { watchBatch, type Watched } from './watch.ts'

export interface Submitted extends Outcome<SparkStep> {
  readonly watched?: Watched
}

/** A dry run prints the request that would be sent. */
export function preview(
  plan: SparkPlan,
  _inputs: SparkInputs,
  _observed: Observed,
  _google: Google,
  runner: Pick<Runner, 'log'>,
): Promise<Submitted> {
  runner.log.info(JSON.stringify(plan.submit?.request ?? plan, null, 2))
  return Promise.resolve(notApplied(plan))
}

export async function apply(
  plan: SparkPlan,
  inputs: SparkInputs,
  observed: Observed,
  google: Google,
  runner: Runner,
): Promise<Submitted> {
  const done: { step: SparkStep }[] = []
  const { submit } = plan
  const ref: BatchRef = { projectId: google.projectId, region: inputs.region, batchId: submit?.batchId ?? '' }
  let cancelling: Promise<string> | undefined
  try {
    await pMap(
      plan.steps.filter((step): step is StageStep => step.kind === 'stage'),
      async (step) => {
        runner.cancelled.throwIfAborted()
        await stage(step, inputs.stagingBucket, observed, google)
        runner.log.info(`staged ${step.given} as ${step.target}`)
        done.push({ step })
      },
      { concurrency: 8 },
    )
    if (submit === undefined) return { isApplied: true, done }
    runner.cancelled.throwIfAborted()
    const forget = runner.onCancel(async () => {
      cancelling = tryCancelling(google, ref, runner.log.info)
      await cancelling
    })
    // Saved before the request: if its answer is lost, the post step still finds the batch.
    for (const [name, value] of Object.entries(ref)) runner.saveState(name, value as string)
    await create(google, ref, submit)
    done.push({ step: submit })
    runner.log.info(`Batch ${submit.batchId}: ${consoleLink(ref)}`)
    const watched = await watchBatch(google, ref, inputs.timeoutMs, runner)
    forget()
    runner.saveState('isEnded', 'true')
    return { isApplied: true, done, watched }
  } catch (error) {
    if (!runner.cancelled.aborted) return { isApplied: true, done, failure: error }
    if (submit === undefined)
      return {
        isApplied: true,
        done,
        failure: new WorkFailedError(
          `Staging files: the run was cancelled after ${done.length} of ${plan.steps.length}; run it again, what is there stays.`,
          { problem: 'cancelled' },
        ),
      }
    return {
      isApplied: true,
      done,
      failure: new WorkFailedError(
        `Running batch ${ref.batchId}: the run was cancelled; ${(await cancelling) ?? 'nothing had been submitted'}.`,
        { link: cancelling && consoleLink(ref), problem: 'cancelled' },
      ),
    }
  }
}

async function stage(step: StageStep, bucket: string, observed: Observed, google: Google): Promise<void> {
  const source = observed.sources.get(step.given)
  if (source === undefined) throw new Error(`Staging ${step.given}: it was not read.`)
  try {
    await openStorage(google).write(bucket, step.object, source.data, {
      ifGeneration: '0',
      contentType: 'application/octet-stream',
    })
  } catch (error) {
    // The name is the content's digest: whoever was first wrote the same bytes.
    if (!(error instanceof GoogleApiError && error.status === 412)) throw error
  }
}

async function create(google: Google, ref: BatchRef, submit: SubmitStep): Promise<void> {
  try {
    await createBatch(google, ref, submit.requestId, submit.request)
  } catch (error) {
    if (!(error instanceof GoogleApiError && error.status === 409)) throw error
    throw new ConflictError(`Creating batch ${ref.batchId}: this id was already used by another request.`, {
      step: ref.batchId,
      expected: 'an unused id',
      found: 'a batch of another request',
      problem: 'batch-id-used',
      hint: 'Leave batch-id empty, or put the run id and attempt into it: an id is used once until its batch is deleted.',
    })
  }
}

export type Cancelled = 'asked' | 'ended' | 'unknown'

export async function cancelBatch(
  google: Google,
  ref: BatchRef,
  log: (line: string) => void,
): Promise<Cancelled> {
  const batch = await getBatch(google, ref).catch((error: unknown) => {
    if (error instanceof GoogleApiError && error.status === 404) return undefined
    throw error
  })
  if (batch === undefined) return 'unknown'
  if (terminalStates.has(batch.state)) return 'ended'
  if (batch.state === 'CANCELLING') return 'asked'
  await cancelOperation(google, batch.operation, ref.region)
  log(`Asked Google to cancel batch ${ref.batchId} (it was ${batch.state}).`)
  return 'asked'
}

/** What became of the batch, as the end of a sentence. */
async function tryCancelling(google: Google, ref: BatchRef, log: (line: string) => void): Promise<string> {
  try {
    const found = await cancelBatch(google, ref, log)
    if (found === 'unknown')
      return 'Google does not know the batch yet, and the post step cancels it if it is there by then'
    return found === 'asked' ? 'Google was asked to cancel the batch' : 'the batch had already ended'
  } catch (error) {
    return `the batch is not cancelled yet and the post step tries again (${error instanceof Error ? error.message : String(error)})`
  }
}
