/**
 * Serverless Spark batches (dataproc.googleapis.com v1): create, get, cancel. It refuses to know what a batch
 * is for.
 */
import { GoogleApiError } from '../errors.ts'
import type { Google } from './connect.ts'
import { apiPath } from './request.ts'

export type BatchState =
  'STATE_UNSPECIFIED' | 'PENDING' | 'RUNNING' | 'CANCELLING' | 'CANCELLED' | 'SUCCEEDED' | 'FAILED'
export interface Batch {
  /** `projects/P/locations/R/batches/ID`. */
  readonly name: string
  readonly state: BatchState
  readonly stateMessage: string
  readonly labels: Readonly<Record<string, string>>
  /** Oldest first, the current state included. */
  readonly history: readonly { readonly state: BatchState; readonly atMs: number | undefined }[]
  /** `projects/P/regions/R/operations/ID`: what is cancelled. */
  readonly operation: string
  /**
   * `gs://…/driveroutput`, a prefix; absent on runtimes without a staging bucket and before the driver
   * starts.
   */
  readonly outputUri?: string
  /** What a running batch holds at the moment. */
  readonly current?: { readonly milliDcu: number; readonly shuffleGb: number }
  /** Filled some time after the end. */
  readonly usage?: { readonly milliDcuSeconds: number; readonly shuffleGbSeconds: number }
}
/** The request body, as of the discovery document. */
export type BatchRequest = Readonly<Record<string, unknown>>
export interface BatchRef {
  readonly projectId: string
  readonly region: string
  readonly batchId: string
}

export const terminalStates: ReadonlySet<BatchState> = new Set(['CANCELLED', 'SUCCEEDED', 'FAILED'])

interface WireBatch {
  name?: string
  state?: BatchState
  stateMessage?: string
  stateTime?: string
  createTime?: string
  operation?: string
  labels?: Record<string, string>
  stateHistory?: { state?: BatchState; stateStartTime?: string }[]
  runtimeInfo?: {
    outputUri?: string
    currentUsage?: { milliDcu?: string; shuffleStorageGb?: string }
    approximateUsage?: { milliDcuSeconds?: string; shuffleStorageGbSeconds?: string }
  }
}

const batchesPath = (ref: { projectId: string; region: string }) =>
  apiPath`/v1/projects/${ref.projectId}/locations/${ref.region}/batches`

/**
 * Resolves as soon as Google took it. The same `requestId` returns the first batch, so a lost answer is
 * repeated safely.
 */
export async function createBatch(
  google: Google,
  ref: BatchRef,
  requestId: string,
  request: BatchRequest,
): Promise<void> {
  const asked = {
    method: 'dataproc.projects.locations.batches.create',
    resource: `batch ${ref.batchId} in ${ref.region}`,
  }
  const operation = await google.request<{ name?: unknown } | undefined>({
    api: 'dataproc',
    region: ref.region,
    verb: 'POST',
    path: batchesPath(ref),
    query: { batchId: ref.batchId, requestId },
    json: request,
    isRepeatable: true,
    ...asked,
  })
  if (typeof operation?.name !== 'string') throw notGoogles(asked)
}

/** JSON of somebody else, with status 200: it says nothing about the batch. */
function notGoogles(asked: { method: string; resource: string }): GoogleApiError {
  return new GoogleApiError(
    `${asked.method} on ${asked.resource}: the answer (200) is not Google's: it names neither batch nor operation; is a proxy in between?`,
    {
      ...asked,
      status: 200,
      reason: 'notGoogle',
      isRetryable: true,
      problem: 'not-google',
    },
  )
}

/** Asks once: a wait has a patience of its own. */
export async function getBatch(google: Google, ref: BatchRef, signal?: AbortSignal): Promise<Batch> {
  const asked = {
    method: 'dataproc.projects.locations.batches.get',
    resource: `batch ${ref.batchId} in ${ref.region}`,
  }
  const wire = await google.request<WireBatch | undefined>({
    api: 'dataproc',
    region: ref.region,
    verb: 'GET',
    path: `${batchesPath(ref)}/${encodeURIComponent(ref.batchId)}`,
    signal,
    isRepeatable: false,
    timeoutMs: 20_000,
    ...asked,
  })
  if (typeof wire?.name !== 'string' || typeof wire.state !== 'string') throw notGoogles(asked)
  const { state } = wire
  const at = (time: string | undefined) => (time === undefined ? undefined : Date.parse(time))
  const usage = wire.runtimeInfo?.approximateUsage
  const current = wire.runtimeInfo?.currentUsage
  return {
    name: wire.name,
    state,
    stateMessage: wire.stateMessage ?? '',
    labels: wire.labels ?? {},
    operation: wire.operation ?? '',
    outputUri: wire.runtimeInfo?.outputUri || undefined,
    history: [
      ...(wire.stateHistory ?? []).map((entry) => ({
        state: entry.state ?? 'STATE_UNSPECIFIED',
        atMs: at(entry.stateStartTime),
      })),
      { state, atMs: at(wire.stateTime ?? wire.createTime) },
    ],
    current:
      current === undefined
        ? undefined
        : { milliDcu: Number(current.milliDcu ?? 0), shuffleGb: Number(current.shuffleStorageGb ?? 0) },
    // int64 comes as text. Absent means zero once the message is there.
    usage:
      usage?.milliDcuSeconds === undefined && usage?.shuffleStorageGbSeconds === undefined
        ? undefined
        : {
            milliDcuSeconds: Number(usage.milliDcuSeconds ?? 0),
            shuffleGbSeconds: Number(usage.shuffleStorageGbSeconds ?? 0),
          },
  }
}

/** Asks for cancellation; Google answers at once and stops the batch soon after. */
export async function cancelOperation(
  google: Google,
  operation: string,
  region: string,
  timeoutMs = 5_000,
): Promise<void> {
  const parts = /^projects\/([^/]+)\/(regions|locations)\/([^/]+)\/operations\/([^/]+)$/.exec(operation)
  if (!parts) throw new Error(`Cancelling: ${JSON.stringify(operation)} is not the name of an operation.`)
  const [, project = '', parent = '', place = '', id = ''] = parts
  await google.request({
    api: 'dataproc',
    region,
    verb: 'POST',
    path: `${apiPath`/v1/projects/${project}/${parent}/${place}/operations/${id}`}:cancel`,
    json: {},
    isRepeatable: true,
    timeoutMs,
    method: `dataproc.projects.${parent}.operations.cancel`,
    resource: operation,
  })
}
