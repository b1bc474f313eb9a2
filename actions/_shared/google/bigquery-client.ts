/**
 * Google's BigQuery client builds the requests, ours carries them: one credential, one rule for endpoints, one
 * way to repeat, for every API. It refuses answers that are not the kind of thing that was asked for.
 */
import type { BigQuery } from '@google-cloud/bigquery'
import type { GoogleApiError } from '../errors.ts'
import { notGoogles } from './answer.ts'
import type { Google } from './connect.ts'
import type { GoogleCall } from './request.ts'
import { titleOf, type Asked } from './translate.ts'

/** What we know of a call and the client does not. */
export interface BigQueryAsk extends Asked {
  /** What BigQuery calls its answer, e.g. `bigquery#table`; a deletion has none. */
  readonly kind?: string
  /** A member that the answer always has, where it does not say what it is. */
  readonly has?: string
  /** Default: as for every request, true for all verbs but POST. */
  readonly isRepeatable?: boolean
}
/** What the client asks its transport for. */
interface BuiltRequest {
  readonly uri: string
  readonly method?: GoogleCall['verb']
  readonly qs?: GoogleCall['query']
  readonly json?: unknown
  readonly headers?: GoogleCall['headers']
}
type Callback = (error: unknown, body?: unknown, response?: unknown) => void

/** Never asked: the endpoint rules put the true host in its place. */
const BASE = 'https://bigquery.googleapis.com/bigquery/v2'
const clients = new WeakMap<Google, Promise<BigQuery>>()

/** Loaded at the first call: it is half of what a start would cost. */
async function openClient(google: Google): Promise<BigQuery> {
  const { BigQuery } = await import('@google-cloud/bigquery')
  const client = new BigQuery({ projectId: google.projectId, authClient: google.client, autoRetry: false })
  // An emulator's variable would choose the host past the endpoint rules.
  client.baseUrl = BASE
  return client
}

/** @returns BigQuery's answer as it came, whatever the client makes of it. */
export async function askBigQuery<T>(
  google: Google,
  ask: BigQueryAsk,
  say: (client: BigQuery) => Promise<unknown>,
): Promise<T> {
  const opened = clients.get(google) ?? openClient(google)
  clients.set(google, opened)
  let answer: unknown
  const carry = (built: BuiltRequest, callback: Callback): void => {
    google.request(callOf(built, ask)).then(
      (body) => {
        if (!isExpected(body, ask)) return callback(strange(ask))
        answer = body
        callback(null, body, { body })
      },
      (error: unknown) => callback(error),
    )
  }
  // One of its own for each call: what it is for travels with it.
  const client = Object.create(await opened, { makeAuthenticatedRequest: { value: carry } }) as BigQuery
  await say(client)
  return answer as T
}

function callOf(built: BuiltRequest, { method, resource, isRepeatable }: BigQueryAsk): GoogleCall {
  if (!built.uri.startsWith(`${BASE}/`))
    throw new Error(`Asking ${titleOf({ method, resource })}: the client asks for another host.`)
  return {
    ...{ api: 'bigquery', method, resource, isRepeatable },
    verb: built.method ?? 'GET',
    path: `/bigquery/v2${built.uri.slice(BASE.length)}`,
    // The project stands in the path; the client sends it, and an option of its own, where BigQuery has no such field.
    query: without(['projectId', 'autoPaginate'], built.qs),
    headers: built.headers,
    json: without(['projectId'], built.json),
  }
}

function without<T>(names: readonly string[], members: T): T {
  if (typeof members !== 'object' || members === null) return members
  return Object.fromEntries(Object.entries(members).filter(([key]) => !names.includes(key))) as T
}

/** The client reads `status` and `jobReference` of a job without looking whether they are there. */
function isExpected(body: unknown, { kind, has }: BigQueryAsk): boolean {
  const found = body as Record<string, unknown>
  if (has !== undefined) return found[has] !== undefined
  if (kind === undefined) return true
  return found.kind === kind && (kind !== 'bigquery#job' || Boolean(found.status && found.jobReference))
}

const strange = ({ method, resource, kind, has }: BigQueryAsk): GoogleApiError =>
  notGoogles({ method, resource }, 200, kind === undefined ? `it has no ${has}` : `it is no ${kind}`, {
    isRetryable: false,
    hint: 'Check HTTPS_PROXY, NO_PROXY and CLOUDSDK_API_ENDPOINT_OVERRIDES_… of this job.',
  })
