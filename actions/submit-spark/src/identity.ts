/**
 * Who a batch belongs to: ids made from the wish itself, the same for every attempt of a run, and the label that
 * proves it. It refuses to take a name for a proof.
 */
import { digestOf } from '../../_shared/plan.ts'
import { batchRequest, labelText, type BatchRequest } from './batch-request.ts'
import type { SparkInputs } from './inputs.ts'

/** Holds the request id of the batch; nobody but the run that made it knows that value beforehand. */
export const PROOF_LABEL = 'submit-spark-request'

export interface RunFacts {
  readonly repository: string
  readonly repositoryId: string
  readonly runId: string
  readonly job: string
  readonly stepId: string
  readonly sha: string
}
export interface Sources {
  readonly run: RunFacts
  readonly sources: ReadonlyMap<string, { readonly object: string; readonly alias?: string }>
}
export interface Ids {
  readonly batchId: string
  readonly requestId: string
}
export interface Draft {
  readonly request: BatchRequest
  /** `n` counts the batches of this wish that ended without success. */
  idsOf(n: number): Ids
}

/** Where a given path will be: staged files by their content, everything else as it is. */
export function uriIn(inputs: SparkInputs, { sources }: Pick<Sources, 'sources'>): (given: string) => string {
  return (given) => {
    const source = sources.get(given)
    if (source === undefined) return given
    return `gs://${inputs.stagingBucket}/${source.object}${source.alias === undefined ? '' : `#${source.alias}`}`
  }
}

export function draftBatch(inputs: SparkInputs, observed: Sources): Draft {
  const { run } = observed
  const request = batchRequest(inputs, uriIn(inputs, observed), {
    'github-repository': run.repository,
    'github-run-id': run.runId,
    'github-sha': run.sha,
  })
  // The attempt is left out: a re-run after a lost runner must find the batch that still runs.
  const wish = {
    repository: run.repositoryId || run.repository,
    runId: run.runId,
    job: run.job,
    stepId: run.stepId,
    matrix: inputs.matrix,
    region: inputs.region,
    batchId: inputs.batchId,
    request,
  }
  return {
    request,
    idsOf: (n) => {
      const requestId = digestOf({ ...wish, n }).slice(0, 32)
      const given = inputs.batchId && (n === 0 ? inputs.batchId : `${inputs.batchId.slice(0, 60)}-${n + 1}`)
      return { requestId, batchId: given ?? `${slug(inputs.main)}-${requestId.slice(0, 16)}` }
    },
  }
}

export function isProven(labels: Readonly<Record<string, string>>, requestId: string): boolean {
  return requestId !== '' && labels[PROOF_LABEL] === requestId
}

/** Made by another job of this very run, which handed its id on. */
export function isOfRun(labels: Readonly<Record<string, string>>, run: RunFacts): boolean {
  return (
    run.runId !== '' &&
    (labels[PROOF_LABEL] ?? '') !== '' &&
    labels['github-run-id'] === labelText(run.runId) &&
    labels['github-repository'] === labelText(run.repository)
  )
}

function slug(main: string): string {
  const stem = labelText(main.slice(main.lastIndexOf('/') + 1).replace(/\.[^.]+$/, ''))
    .replaceAll('_', '-')
    .replace(/^-+|-+$/g, '')
  return (stem || 'batch').slice(0, 40).replace(/-+$/, '')
}
