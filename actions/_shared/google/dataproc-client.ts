/**
 * Opens the official client of Dataproc's batches, whose requests are carried by our own: with the job's credentials,
 * to the host that the endpoint rules chose, each try with an end. It refuses a request the client would shorten.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { BatchControllerClient } from '@google-cloud/dataproc'
import type { Google } from './connect.ts'
import type { GoogleCall } from './request.ts'

/** What the client cannot know of a request. */
export interface Carried extends Pick<
  GoogleCall,
  'method' | 'resource' | 'isRepeatable' | 'timeoutMs' | 'signal'
> {
  readonly region: string
  /** The body as it was asked for. */
  readonly json?: unknown
}
export interface BatchClient {
  /** Everything the client sends while `work` runs is carried as `call` says. */
  carry<T>(call: Carried, work: (client: BatchControllerClient) => Promise<T>): Promise<T>
}

/** The client is slow to load and to make: after the inputs are read, and once. */
const opened = new WeakMap<Google, Promise<BatchClient>>()

export function batchClient(google: Google): Promise<BatchClient> {
  const found = opened.get(google) ?? open(google)
  opened.set(google, found)
  return found
}

async function open(google: Google): Promise<BatchClient> {
  // Its index would load the clients of clusters, jobs and sessions as well.
  const { BatchControllerClient: Client } =
    await import('@google-cloud/dataproc/build/src/v1/batch_controller_client.js')
  const calls = new AsyncLocalStorage<Carried>()
  const client = new Client({
    fallback: true,
    projectId: google.projectId,
    auth: carrier(google, calls) as never,
  })
  return {
    carry: (call, work) => calls.run(call, () => work(client)),
  }
}

/** Stands where the client expects an auth client, because that is what sends. */
function carrier(google: Google, calls: AsyncLocalStorage<Carried>): object {
  return {
    getRequestHeaders: (url: string) => google.client.getRequestHeaders(url),
    fetch: async (
      address: string,
      asked: { method: GoogleCall['verb']; headers: Headers; body?: string },
    ): Promise<Response> => {
      const call = calls.getStore()
      if (call === undefined) throw new Error(`Carrying ${asked.method} ${address}: nobody asked for it.`)
      const { pathname, searchParams } = new URL(address)
      const body = asked.body === undefined ? undefined : (JSON.parse(asked.body || '{}') as unknown)
      refuseLoss(call, body)
      const { 'content-type': _type, ...headers } = Object.fromEntries(asked.headers)
      const answer = await google.request<object>({
        ...call,
        api: 'dataproc',
        verb: asked.method,
        path: pathname,
        query: Object.fromEntries(searchParams),
        headers,
        json: body,
      })
      return new Response(JSON.stringify(understood(answer)), { status: 200 })
    },
  }
}

/** A field that the client's own list does not hold is left out without a word. */
function refuseLoss(call: Carried, sent: unknown): void {
  const kept = new Set(leaves(sent))
  const lost = leaves(call.json).find((leaf) => !kept.has(leaf))
  if (lost !== undefined)
    throw new Error(`${call.method} on ${call.resource}: the client of the API does not send ${lost}.`)
}

function leaves(value: unknown, path = ''): string[] {
  if (value === null || typeof value !== 'object') return value === undefined ? [] : [path]
  const entries = Object.entries(value)
  return entries.flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`))
}

/**
 * Of an operation its name alone: the client refuses the whole answer for one message of a kind that its list does
 * not hold, and Google adds kinds of details.
 */
function understood(answer: object): object {
  const { metadata, response, error, ...rest } = answer as Record<string, unknown>
  return metadata === undefined && response === undefined && error === undefined ? answer : rest
}
