/** The durable facts of one batch and how the API shows them; it changes no state by itself. */
import type { Principal } from '../kernel.ts'
import type { ProcessMark } from '../processes/process-group.ts'
import type { BatchRequest } from './batch-request.ts'
import { usageOf } from './usage.ts'

export type BatchState = 'PENDING' | 'RUNNING' | 'CANCELLING' | 'CANCELLED' | 'SUCCEEDED' | 'FAILED'
export const TERMINAL: readonly BatchState[] = ['CANCELLED', 'SUCCEEDED', 'FAILED']
export const isTerminal = (record: BatchRecord): boolean => TERMINAL.includes(record.states.at(-1)!.state)

export interface StateChange {
  readonly state: BatchState
  readonly atMs: number
  readonly message?: string
}

export interface BatchRecord {
  readonly uuid: string
  readonly batchId: string
  readonly location: string
  readonly operationId: string
  readonly requestId?: string
  readonly creator: string
  readonly request: BatchRequest
  readonly createdMs: number
  /** First to last; never empty. */
  states: StateChange[]
  process?: ProcessMark
  usage?: { readonly milliDcuSeconds: string; readonly shuffleStorageGbSeconds: string }
  deletedMs?: number
}

export interface Place {
  readonly project: string
}

export function newRecord(
  facts: Pick<
    BatchRecord,
    'uuid' | 'batchId' | 'location' | 'operationId' | 'requestId' | 'request' | 'createdMs'
  >,
  creator: Principal,
): BatchRecord {
  return { ...facts, creator: creator.email, states: [{ state: 'PENDING', atMs: facts.createdMs }] }
}

export const batchName = (record: BatchRecord, { project }: Place): string =>
  `projects/${project}/locations/${record.location}/batches/${record.batchId}`
export const operationName = (record: BatchRecord, { project }: Place): string =>
  `projects/${project}/regions/${record.location}/operations/${record.operationId}`
/** Chunks are objects with this prefix and `.000000000`, `.000000001`, … */
export const outputObject = (record: Pick<BatchRecord, 'uuid'>): string =>
  `google-cloud-dataproc-metainfo/${record.uuid}/jobs/srvls-batch-${record.uuid}/driveroutput`
export const outputUri = (record: BatchRecord): string =>
  `gs://${record.request.environmentConfig.executionConfig.stagingBucket}/${outputObject(record)}`

/** Timestamps carry micro- or nanoseconds at Google; milliseconds are a valid prefix of both. */
export const timestamp = (ms: number): string => new Date(ms).toISOString()

export function showBatch(record: BatchRecord, place: Place): Record<string, unknown> {
  const current = record.states.at(-1)!
  const history = record.states.slice(0, -1).map(({ state, atMs, message }) => ({
    state,
    ...(message ? { stateMessage: message } : {}),
    stateStartTime: timestamp(atMs),
  }))
  const hasStarted = record.states.some(({ state }) => state === 'RUNNING')
  return {
    name: batchName(record, place),
    uuid: record.uuid,
    createTime: timestamp(record.createdMs),
    ...record.request,
    runtimeInfo: {
      ...(hasStarted ? { outputUri: outputUri(record) } : {}),
      ...(current.state === 'RUNNING' ? { currentUsage: heldNow(record) } : {}),
      ...(record.usage ? { approximateUsage: record.usage } : {}),
    },
    state: current.state,
    ...(current.message ? { stateMessage: current.message } : {}),
    stateTime: timestamp(current.atMs),
    creator: record.creator,
    operation: operationName(record, place),
    stateHistory: history,
  }
}

/** What the declared sizes hold while the batch runs: a second's use. */
function heldNow(record: BatchRecord): Record<string, string> {
  const { milliDcuSeconds, shuffleStorageGbSeconds } = usageOf(record.request, 1)
  return {
    milliDcu: milliDcuSeconds,
    shuffleStorageGb: shuffleStorageGbSeconds,
    snapshotTime: timestamp(record.states.at(-1)!.atMs),
  }
}

/**
 * google.longrunning.Operation; a failed batch ends with ABORTED (10), a cancelled one with CANCELLED (1).
 */
export function showOperation(record: BatchRecord, place: Place): Record<string, unknown> {
  const current = record.states.at(-1)!
  const isDone = isTerminal(record)
  const metadata = {
    '@type': 'type.googleapis.com/google.cloud.dataproc.v1.BatchOperationMetadata',
    batch: batchName(record, place),
    batchUuid: record.uuid,
    createTime: timestamp(record.createdMs),
    ...(isDone ? { doneTime: timestamp(current.atMs) } : {}),
    operationType: 'BATCH',
    description: 'Batch',
    ...(record.request.labels ? { labels: record.request.labels } : {}),
  }
  const operation = { name: operationName(record, place), metadata }
  if (!isDone) return operation
  if (current.state === 'SUCCEEDED')
    return {
      ...operation,
      done: true,
      response: {
        '@type': 'type.googleapis.com/google.cloud.dataproc.v1.Batch',
        ...showBatch(record, place),
      },
    }
  return {
    ...operation,
    done: true,
    error: {
      code: current.state === 'CANCELLED' ? 1 : 10,
      message: current.message ?? `Batch ${record.batchId} was ${current.state.toLowerCase()}.`,
    },
  }
}
