/**
 * Serverless Spark batches (dataproc.googleapis.com v1): create, get, cancel. It refuses to know what a batch
 * is for.
 */
import type { protos } from '@google-cloud/dataproc'
import type { Batch, BatchState } from '../batch.ts'
import { GoogleApiError } from '../errors.ts'
import { notGoogles } from './answer.ts'
import type { Google } from './connect.ts'
import { batchClient } from './dataproc-client.ts'
import { translate, type Asked } from './translate.ts'

/** The request body, as of the discovery document. */
export type BatchRequest = Readonly<Record<string, unknown>>
export interface BatchRef {
  readonly projectId: string
  readonly region: string
  readonly batchId: string
}

export const terminalStates: ReadonlySet<BatchState> = new Set(['CANCELLED', 'SUCCEEDED', 'FAILED'])

type ClientsBatch = protos.google.cloud.dataproc.v1.IBatch
type ClientsTime = protos.google.protobuf.ITimestamp | null | undefined

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
  const asked = askedOf('create', ref)
  const operation = await judged(asked, async () => {
    const client = await batchClient(google)
    const [taken] = await client.carry(
      { ...asked, region: ref.region, isRepeatable: true, json: request },
      (batches) =>
        batches.createBatch({
          parent: nameOf(ref, 'locations'),
          batchId: ref.batchId,
          requestId,
          batch: inMessages(request),
        }),
    )
    return taken
  })
  if (!operation.name) throw strange(asked)
}

/** Asks once: a wait has a patience of its own. */
export async function getBatch(google: Google, ref: BatchRef, signal?: AbortSignal): Promise<Batch> {
  const asked = askedOf('get', ref)
  const batch = await judged(asked, async () => {
    const client = await batchClient(google)
    const [found] = await client.carry(
      { ...asked, region: ref.region, signal, isRepeatable: false, timeoutMs: 20_000 },
      (batches) => batches.getBatch({ name: nameOf(ref, 'locations', 'batches', ref.batchId) }),
    )
    return found
  })
  if (!batch.name || !batch.state) throw strange(asked)
  return shape(batch, batch.name)
}

function shape(batch: ClientsBatch, name: string): Batch {
  const state = stateOf(batch.state)
  const usage = batch.runtimeInfo?.approximateUsage
  const current = batch.runtimeInfo?.currentUsage
  const milliDcuSeconds = Number(usage?.milliDcuSeconds ?? 0)
  const shuffleGbSeconds = Number(usage?.shuffleStorageGbSeconds ?? 0)
  return {
    name,
    state,
    stateMessage: batch.stateMessage ?? '',
    labels: batch.labels ?? {},
    operation: batch.operation ?? '',
    outputUri: batch.runtimeInfo?.outputUri || undefined,
    history: [
      ...(batch.stateHistory ?? []).map((entry) => ({
        state: stateOf(entry.state),
        atMs: msOf(entry.stateStartTime),
      })),
      { state, atMs: msOf(batch.stateTime ?? batch.createTime) },
    ],
    current: current
      ? {
          // What is charged at the premium tier is told apart.
          milliDcu: Number(current.milliDcu ?? 0) + Number(current.milliDcuPremium ?? 0),
          shuffleGb: Number(current.shuffleStorageGb ?? 0) + Number(current.shuffleStorageGbPremium ?? 0),
        }
      : undefined,
    // The message may be there before anything is counted.
    usage: milliDcuSeconds + shuffleGbSeconds > 0 ? { milliDcuSeconds, shuffleGbSeconds } : undefined,
  }
}

/** A state that came after the client's list of them is a number: some state, and no end. */
function stateOf(state: ClientsBatch['state']): BatchState {
  return typeof state === 'string' ? state : 'STATE_UNSPECIFIED'
}

function msOf(time: ClientsTime): number | undefined {
  return time ? Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6) : undefined
}

/** Asks for cancellation; Google answers at once and stops the batch soon after. */
export async function cancelOperation(
  google: Google,
  operation: string,
  region: string,
  timeoutMs = 5_000,
): Promise<void> {
  const parts = /^projects\/[^/]+\/(regions|locations)\/[^/]+\/operations\/[^/]+$/.exec(operation)
  if (!parts) throw new Error(`Cancelling: ${JSON.stringify(operation)} is not the name of an operation.`)
  const asked: Asked = { method: `dataproc.projects.${parts[1]}.operations.cancel`, resource: operation }
  await judged(asked, async () => {
    const client = await batchClient(google)
    await client.carry({ ...asked, region, isRepeatable: true, timeoutMs }, (batches) =>
      // The client of operations would repeat of its own accord.
      batches.operationsClient.cancelOperation({ name: operation } as never, { retry: null as never }),
    )
  })
}

function askedOf(verb: string, ref: BatchRef): Asked {
  return {
    method: `dataproc.projects.locations.batches.${verb}`,
    resource: `batch ${ref.batchId} in ${ref.region}`,
  }
}

/** Segments of a path: one of them as `..` would ask for something else. */
function nameOf(ref: BatchRef, ...rest: readonly string[]): string {
  const [place = '', ...more] = rest
  const name = ['projects', ref.projectId, place, ref.region, ...more]
  const strange = name.find((segment) => !/^[^/]+$/.test(segment) || /^\.+$/.test(segment))
  if (strange !== undefined)
    throw new Error(`Naming a batch: ${JSON.stringify(strange)} cannot be a path segment.`)
  return name.join('/')
}

/** The client takes durations as messages, and all else as the discovery document spells it. */
function inMessages(request: BatchRequest): ClientsBatch {
  const { environmentConfig, ...rest } = request as {
    environmentConfig?: { executionConfig?: { ttl?: string } }
  }
  const { ttl, ...execution } = environmentConfig?.executionConfig ?? {}
  return {
    ...rest,
    environmentConfig: {
      ...environmentConfig,
      executionConfig: {
        ...execution,
        ...(ttl === undefined ? {} : { ttl: { seconds: Number.parseInt(ttl, 10) } }),
      },
    },
  }
}

/** What the client itself cannot read is not Google's answer; errors of the request are told already. */
async function judged<T>(asked: Asked, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof GoogleApiError) throw error
    if (/^(fromProto3JSON|Received null response)/.test((error as Error).message)) throw strange(asked)
    if ((error as { code?: unknown }).code === undefined) throw error
    throw translate(error, asked)
  }
}

/** JSON of somebody else, with status 200: it says nothing about the batch. */
const strange = (asked: Asked): GoogleApiError =>
  notGoogles(asked, 200, 'it names neither batch nor operation', { isRetryable: true })
