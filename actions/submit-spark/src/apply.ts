/** Carries out the plan of `submit-spark`: stages files, creates the batch, waits. It refuses to end while the batch runs on: cancellation reaches Google first. */
import pMap from 'p-map'
import { ConflictError, GoogleApiError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { cancelOperation, createBatch, getBatch, terminalStates, type BatchRef } from '../../_shared/google/dataproc.ts'
import { openStorage } from '../../_shared/google/storage.ts'
import type { Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import type { SparkInputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import type { SparkPlan, SparkStep, StageStep } from './plan.ts'
import { watchBatch, type Watched } from './watch.ts'

export interface Submitted extends Outcome<SparkStep> { readonly watched?: Watched }

export async function apply(plan: SparkPlan, inputs: SparkInputs, observed: Observed, google: Google, runner: Runner): Promise<Submitted> {
  const done: { step: SparkStep }[] = []
  const { submit } = plan
  const ref: BatchRef = { projectId: google.projectId, region: inputs.region, batchId: submit.batchId }
  try {
    await pMap(plan.steps.filter((step): step is StageStep => step.kind === 'stage'), async (step) => {
      await stage(step, inputs.stagingBucket, observed, google)
      runner.log.info(`staged ${step.given} as ${step.target}`)
      done.push({ step })
    }, { concurrency: 8 })
    const forget = runner.onCancel(async () => void (await cancelBatch(google, ref, runner.log.info)))
    // Saved before the request: if its answer is lost, the post step still finds the batch.
    for (const [name, value] of Object.entries(ref)) runner.saveState(name, value)
    await create(google, ref, submit)
    done.push({ step: submit })
    runner.log.info(`Batch ${submit.batchId}: ${consoleLink(ref)}`)
    const watched = await watchBatch(google, ref, inputs.timeoutMs, runner)
    forget()
    runner.saveState('isEnded', 'true')
    return { isApplied: true, done, watched }
  } catch (error) {
    return { isApplied: true, done, failure: error }
  }
}

async function stage(step: StageStep, bucket: string, observed: Observed, google: Google): Promise<void> {
  const source = observed.sources.get(step.given)
  if (source === undefined) throw new Error(`Staging ${step.given}: it was not read.`)
  try {
    await openStorage(google).write(bucket, step.object, source.data, { ifGeneration: '0', contentType: 'application/octet-stream' })
  } catch (error) {
    // The name is the content's digest: whoever was first wrote the same bytes.
    if (!(error instanceof GoogleApiError && error.status === 412)) throw error
  }
}

async function create(google: Google, ref: BatchRef, submit: SparkPlan['submit']): Promise<void> {
  try {
    await createBatch(google, ref, submit.requestId, submit.request)
  } catch (error) {
    if (!(error instanceof GoogleApiError && error.status === 409)) throw error
    throw new ConflictError(`Creating batch ${ref.batchId}: this id was already used by another request.`, {
      step: ref.batchId, expected: 'an unused id', found: 'a batch of another request', hint: 'Leave batch-id empty, or put the run id and attempt into it: an id is used once until its batch is deleted.',
    })
  }
}

/** True when it was running. */
export async function cancelBatch(google: Google, ref: BatchRef, log: (line: string) => void): Promise<boolean> {
  const batch = await getBatch(google, ref).catch((error: unknown) => {
    if (error instanceof GoogleApiError && error.status === 404) return undefined
    throw error
  })
  if (batch === undefined || terminalStates.has(batch.state) || batch.state === 'CANCELLING') return false
  await cancelOperation(google, batch.operation, ref.region)
  log(`Asked Google to cancel batch ${ref.batchId} (it was ${batch.state}).`)
  return true
}

export function consoleLink(ref: BatchRef): string {
  return `https://console.cloud.google.com/dataproc/batches/${ref.region}/${ref.batchId}/monitoring?project=${encodeURIComponent(ref.projectId)}`
}
