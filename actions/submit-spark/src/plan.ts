/**
 * Decides what is staged and which batch is created under which ids. It refuses two different files of one
 * name in one list: Spark would take either.
 */
import { InputError } from '../../_shared/errors.ts'
import { digestOf, type Plan, type Step } from '../../_shared/plan.ts'
import { batchRequest, labelText, workload, type BatchRequest } from './batch-request.ts'
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
export type SparkStep = StageStep | SubmitStep
export interface SparkPlan extends Plan<SparkStep> {
  /** Undefined when files are only staged. */
  readonly submit: SubmitStep | undefined
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
  readonly run: {
    readonly repository: string
    readonly runId: string
    readonly runAttempt: string
    readonly job: string
    readonly stepId: string
    readonly sha: string
  }
}

export function planBatch(inputs: SparkInputs, observed: World): SparkPlan {
  const { sources } = observed
  const uriOf = (given: string) => {
    const source = sources.get(given)
    return source === undefined ? given : `gs://${inputs.stagingBucket}/${source.object}`
  }
  for (const [input, list] of [
    ['py-files', inputs.pyFiles],
    ['jars', inputs.jars],
    ['files', inputs.files],
    ['archives', inputs.archives],
  ] as const)
    refuseTwins(input, list.map(uriOf))
  // What is staged must be something that can run: the same refusals hold without a batch.
  workload(inputs, uriOf)
  const submit = inputs.isStageOnly ? undefined : planSubmit(inputs, observed, uriOf)
  const unique = new Map([...sources.values()].map((source) => [source.object, source]))
  const missing = [...unique.values()]
    .filter(({ isThere }) => !isThere)
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

function planSubmit(inputs: SparkInputs, { run }: World, uriOf: (given: string) => string): SubmitStep {
  const request = batchRequest(inputs, uriOf, {
    'github-repository': run.repository,
    'github-run-id': run.runId,
    'github-sha': run.sha,
  })
  // A repeated attempt of the run is a new wish; a repeated request inside one attempt (a lost answer, a step
  // run again) is the same.
  const identity = digestOf({
    ...run,
    matrix: inputs.matrix,
    region: inputs.region,
    batchId: inputs.batchId,
    request,
  })
  const batchId = inputs.batchId ?? `${slug(inputs.main)}-${identity.slice(0, 16)}`
  return {
    kind: 'submit',
    target: batchId,
    reason: 'asked for',
    after: JSON.stringify(request, null, 2),
    batchId,
    requestId: identity.slice(0, 40),
    request,
  }
}

function slug(main: string): string {
  const stem = labelText(main.slice(main.lastIndexOf('/') + 1).replace(/\.[^.]+$/, ''))
    .replaceAll('_', '-')
    .replace(/^-+|-+$/g, '')
  return (stem || 'batch').slice(0, 40).replace(/-+$/, '')
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
