/**
 * Decides what is staged and which batch is created under which ids. It refuses two different files of one
 * name in one list: Spark would take either.
 */
import { InputError, RefusedError } from '../../_shared/errors.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import { hideNamed } from '../../_shared/secrets.ts'
import { batchRequest, workload, type BatchRequest } from './batch-request.ts'
import { draftBatch, PROOF_LABEL, uriIn, type RunFacts } from './identity.ts'
import type { SparkInputs } from './inputs.ts'

export interface StageStep extends Step {
  readonly kind: 'stage'
  readonly given: string
  readonly object: string
}
export interface SubmitStep extends Step {
  readonly kind: 'submit'
  readonly batchId: string
  readonly requestId: string
  readonly request: BatchRequest
}
/** The batch of this wish is there already: it is waited for, not made again. */
export interface AttachStep extends Step {
  readonly kind: 'attach'
  readonly batchId: string
  /** '' when another run made it: it is waited for, and never cancelled. */
  readonly requestId: string
  readonly request?: BatchRequest
}
export type SparkStep = StageStep | SubmitStep | AttachStep
export interface SparkPlan extends Plan<SparkStep> {
  /** Undefined when files are only staged. */
  readonly submit: SubmitStep | AttachStep | undefined
  /** How many files were there already. */
  readonly staged: number
  readonly mainUri: string
  readonly pyFileUris: readonly string[]
}

interface World {
  readonly projectId: string
  readonly sources: ReadonlyMap<
    string,
    { readonly given: string; readonly object: string; readonly isThere: boolean }
  >
  readonly run: RunFacts
  readonly earlier: readonly Earlier[]
  readonly attached?: Earlier
}
interface Earlier {
  readonly batchId: string
  readonly requestId: string
  readonly state: string
  readonly isOurs: boolean
}

export function planBatch(inputs: SparkInputs, observed: World): SparkPlan {
  if (observed.attached !== undefined) return planAttaching(inputs, observed, observed.attached)
  const { sources } = observed
  const uriOf = uriIn(inputs, observed)
  for (const [input, list] of [
    ['py-files', inputs.pyFiles],
    ['jars', inputs.jars],
    ['files', inputs.files],
    ['archives', inputs.archives],
  ] as const)
    refuseTwins(input, list.map(uriOf))
  // What is staged must be something that can run: the same refusals hold without a batch.
  workload(inputs, uriOf)
  const submit = inputs.isStageOnly ? undefined : planSubmit(inputs, observed)
  const unique = new Map([...sources.values()].map((source) => [source.object, source]))
  // A batch that is there has its files.
  const missing = [...unique.values()]
    .filter(({ isThere }) => !isThere && submit?.kind !== 'attach')
    .sort((a, b) => (a.object < b.object ? -1 : 1))
  const stages = missing.map(({ given, object }): StageStep => ({
    kind: 'stage',
    target: `gs://${inputs.stagingBucket}/${object}`,
    reason: 'not in the staging bucket yet',
    given,
    object,
  }))
  return {
    target: { project: observed.projectId, region: inputs.region, bucket: inputs.stagingBucket },
    owner: observed.run.repository,
    steps: submit === undefined ? stages : [...stages, submit],
    // Ids and labels of a run differ from run to run, and so does what is staged already; the names of staged
    // files are their content.
    agreedOn: {
      files: [...unique.keys()].sort(),
      request: submit === undefined ? undefined : batchRequest(inputs, uriOf, {}),
      batchId: inputs.batchId,
    },
    unchanged: unique.size - missing.length,
    submit,
    staged: unique.size - missing.length,
    mainUri: uriOf(inputs.main),
    pyFileUris: inputs.pyFiles.map(uriOf),
  }
}

function planAttaching(
  inputs: SparkInputs,
  observed: World,
  { batchId, requestId, state }: Earlier,
): SparkPlan {
  const submit: AttachStep = {
    kind: 'attach',
    target: batchId,
    reason: `asked for (attach); it is ${state}`,
    batchId,
    requestId,
  }
  return {
    target: { project: observed.projectId, region: inputs.region },
    owner: observed.run.repository,
    steps: [submit],
    agreedOn: { attach: batchId },
    submit,
    staged: 0,
    mainUri: '',
    pyFileUris: [],
  }
}

function planSubmit(inputs: SparkInputs, observed: World): SubmitStep | AttachStep {
  const draft = draftBatch(inputs, observed)
  const last = observed.earlier.at(-1)
  if (last !== undefined && !last.isOurs)
    throw new RefusedError(
      `Creating batch ${last.batchId}: this id was already used by another request (its batch is ${last.state}).`,
      {
        what: last.batchId,
        problem: 'batch-id-used',
        hint: 'Leave batch-id empty, or put the run id into it: an id is used once until its batch is deleted.',
      },
    )
  const hasEnded = last !== undefined && ['FAILED', 'CANCELLED'].includes(last.state)
  if (last !== undefined && !hasEnded)
    return {
      kind: 'attach',
      target: last.batchId,
      reason: `this request has made it already in this run, and it is ${last.state}`,
      batchId: last.batchId,
      requestId: last.requestId,
      request: draft.request,
    }
  const { batchId, requestId } = draft.idsOf(observed.earlier.length)
  const labels = draft.request.labels as Record<string, string>
  const request = { ...draft.request, labels: { ...labels, [PROOF_LABEL]: requestId } }
  return {
    kind: 'submit',
    target: batchId,
    reason: last === undefined ? 'asked for' : `asked for again: ${last.batchId} ended ${last.state}`,
    batchId,
    requestId,
    after: JSON.stringify(hideNamed(request), null, 2),
    request,
  }
}

function refuseTwins(input: string, uris: readonly string[]): void {
  const names = uris.map((uri) => uri.slice(uri.lastIndexOf('/') + 1))
  const twin = names.find((name, index) => names.indexOf(name) !== index)
  if (twin !== undefined)
    throw new InputError(
      `Reading input ${input}: two entries end in ${twin}, and Spark tells files apart by name only; rename one.`,
      { input, given: twin, accepted: 'different file names' },
    )
}

export function consoleLink(ref: { projectId: string; region: string; batchId: string }): string {
  return `https://console.cloud.google.com/dataproc/batches/${ref.region}/${ref.batchId}/monitoring?project=${encodeURIComponent(ref.projectId)}`
}
