/**
 * Carries out the plan of `submit-spark`: stages files, creates the batch, waits. It refuses to end while the
 * batch runs on: cancellation reaches Google first.
 */
import pMap from 'p-map'
import type { Batch } from '../../_shared/batch.ts'
import { ConflictError, GoogleApiError, WorkFailedError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { createBatch, getBatch } from '../../_shared/google/dataproc.ts'
import { pause } from '../../_shared/google/retry.ts'
import { openStorage } from '../../_shared/google/storage.ts'
import { notApplied, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { cancelBatch, type OwnBatch } from './cancel-batch.ts'
import { isProven } from './identity.ts'
import type { SparkInputs } from './inputs.ts'
import { isStaged, type Observed } from './observe.ts'
import { isRefusal, patiently, type Patience } from './patience.ts'
import { consoleLink, type SparkPlan, type SparkStep, type StageStep, type SubmitStep } from './plan.ts'
import { watchBatch, type Watched } from './watch.ts'

/** Of the seven seconds that tidying has. */
const IN_FLIGHT_MS = 3_500

export interface Submitted extends Outcome<SparkStep> {
  readonly watched?: Watched
  /** As it was last seen, when nobody waits for its end. */
  readonly submitted?: Batch
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
  const own: OwnBatch = {
    projectId: google.projectId,
    region: inputs.region,
    batchId: submit?.batchId ?? '',
    requestId: submit?.requestId ?? '',
  }
  const patience: Patience = { ...inputs.waiting, log: runner.log.info, signal: runner.cancelled }
  let creating: Promise<void> = Promise.resolve()
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
      cancelling = (async () => {
        // A create in flight ends first: before it, there is nothing to cancel.
        await Promise.race([creating.catch(() => undefined), pause(IN_FLIGHT_MS)])
        return tryCancelling(google, own, runner.log.info)
      })()
      await cancelling
    })
    // Saved before the request: if its answer is lost, the post step still finds the batch.
    if (inputs.isWaiting && own.requestId !== '')
      for (const [name, value] of Object.entries(own)) runner.saveState(name, value as string)
    if (submit.kind === 'attach') runner.log.info(`Batch ${submit.batchId} is attached to: ${submit.reason}.`)
    else {
      creating = create(google, own, submit, patience, () => runner.saveState('isEnded', 'true'))
      await creating
    }
    done.push({ step: submit })
    runner.log.info(`Batch ${submit.batchId}: ${consoleLink(own)}`)
    if (!inputs.isWaiting) {
      forget()
      const batch = await patiently(`Looking at batch ${own.batchId}`, () => getBatch(google, own), patience)
      return { isApplied: true, done, submitted: batch }
    }
    const watched = await watchBatch(google, own, inputs, runner)
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
        `Running batch ${own.batchId}: the run was cancelled; ${(await cancelling) ?? 'nothing had been submitted'}.`,
        { link: cancelling && consoleLink(own), problem: 'cancelled' },
      ),
    }
  }
}

async function stage(step: StageStep, bucket: string, observed: Observed, google: Google): Promise<void> {
  const source = observed.sources.get(step.given)
  if (source === undefined) throw new Error(`Staging ${step.given}: it was not read.`)
  const storage = openStorage(google)
  try {
    await storage.write(bucket, step.object, source.data, {
      ifGeneration: '0',
      contentType: 'application/octet-stream',
    })
  } catch (error) {
    // 403: whoever may create and not overwrite is refused what another job has staged since the plan was made.
    if (!(error instanceof GoogleApiError && (error.status === 412 || error.status === 403))) throw error
    // The name is the content's digest, so whoever was first wrote the same bytes: if somebody was.
    const there = await storage.stat(bucket, step.object).catch((unseen: unknown) => {
      throw error.status === 403 ? error : unseen
    })
    if (isStaged(there, source, bucket)) return
    if (error.status === 403) throw error
    throw new ConflictError(
      `Staging ${step.given}: gs://${bucket}/${step.object} is not there, and yet it was refused as being there; run again.`,
      { step: step.target, expected: 'no object', found: 'a refusal' },
    )
  }
}

/** @param forget tells the post step that there is nothing of ours. */
async function create(
  google: Google,
  own: OwnBatch,
  submit: SubmitStep,
  patience: Patience,
  forget: () => void,
): Promise<void> {
  let isMaybeThere = false
  try {
    await patiently(
      `Creating batch ${own.batchId}`,
      () =>
        createBatch(google, own, submit.requestId, submit.request).catch((error: unknown) => {
          isMaybeThere ||= error instanceof GoogleApiError && !isRefusal(error)
          throw error
        }),
      patience,
      isRefusal,
    )
  } catch (error) {
    if (!(error instanceof GoogleApiError) || !isRefusal(error)) throw error
    const isTaken = error.status === 409
    if (isTaken || isMaybeThere) {
      // An answer was lost, or somebody has the id: whose batch is there decides, not the refusal.
      const there = await patiently(
        `Looking for batch ${own.batchId}`,
        () => getBatch(google, own),
        patience,
        ({ status }) => status === 404,
      ).catch((reason: unknown) => {
        if (reason instanceof GoogleApiError && reason.status === 404) return undefined
        throw reason
      })
      if (there !== undefined && isProven(there.labels, own.requestId)) return
    }
    forget()
    if (!isTaken) throw error
    throw new ConflictError(`Creating batch ${own.batchId}: this id was already used by another request.`, {
      step: own.batchId,
      expected: 'an unused id',
      found: 'a batch of another request',
      problem: 'batch-id-used',
      hint: 'Leave batch-id empty, or put the run id into it: an id is used once until its batch is deleted.',
    })
  }
}

/** What became of the batch, as the end of a sentence. */
async function tryCancelling(google: Google, own: OwnBatch, log: (line: string) => void): Promise<string> {
  try {
    const found = await cancelBatch(google, own, log)
    if (found === 'foreign') return 'the batch is not of this run and runs on'
    if (found === 'unknown')
      return 'Google does not know the batch yet, and the post step cancels it if it is there by then'
    return found === 'asked' ? 'Google was asked to cancel the batch' : 'the batch had already ended'
  } catch (error) {
    return `the batch is not cancelled yet and the post step tries again (${error instanceof Error ? error.message : String(error)})`
  }
}
