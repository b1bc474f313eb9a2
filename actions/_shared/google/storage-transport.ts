/**
 * Carries the requests that Cloud Storage's library builds: with the credentials to whatever host the endpoint
 * rules chose, each with an end. It refuses
 * redirects and web pages, which the library's own transport takes.
 */
import { randomUUID } from 'node:crypto'
import type { Storage as Client } from '@google-cloud/storage'
import { readAnswer } from './answer.ts'
import type { Google } from './connect.ts'
import { notGoogles, sendingMs } from './storage-tries.ts'
import type { Asked as Call } from './translate.ts'

/** One try. */
const TRY_MS = 30_000

/** The bytes included: the largest thing read is a piece of a driver's output. */
const DOWNLOAD_MS = 120_000
const LARGEST_DOWNLOAD = 2 ** 30

/** An option of the library that it sends along as if it were a parameter of the method. */
const LIBRARY_ONLY = 'autoPaginate'

/** What the library asks for; the parts of its request options that it uses for JSON methods. */
interface Asked {
  readonly uri: string
  readonly method?: string
  readonly qs?: Readonly<Record<string, string | number | boolean | null | undefined>>
  readonly json?: unknown
  readonly headers?: Headers | Readonly<Record<string, string>>
  readonly shouldReturnStream?: boolean
}
type Callback = (error: unknown, body?: unknown, response?: unknown) => void

/** Its streams, which follow redirects and have no end, are not used: see `download`. */
export function carryRequests(client: Client, google: Google): void {
  const streams = client.makeAuthenticatedRequest
  const carry = (asked: Asked, callback?: Callback) => {
    if (asked.shouldReturnStream || callback === undefined)
      return (streams as unknown as (asked: Asked, callback?: Callback) => unknown)(asked, callback)
    send(asked, google).then(
      ({ data, status }) => callback(null, data, { statusCode: status, body: data }),
      (error: unknown) => callback(error),
    )
    return { abort: () => undefined }
  }
  client.makeAuthenticatedRequest = Object.assign(carry, {
    getCredentials: streams.getCredentials,
    authClient: streams.authClient,
  }) as unknown as typeof streams
}

/**
 * One try, with an end. @returns the bytes, and the checksum of the whole object; undefined where the bytes came
 * in another form than they are stored.
 */
export async function download(
  google: Google,
  bucket: string,
  name: string,
  range: { readonly generation?: string; readonly startByte?: number },
  call: Call,
): Promise<{ data: Buffer; crc32c: string | undefined }> {
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`
  const url = new URL(google.endpoints.root('storage') + path)
  url.searchParams.set('alt', 'media')
  if (range.generation !== undefined) url.searchParams.set('generation', range.generation)
  const answer = await google.client.request<ArrayBuffer>({
    url: url.href,
    method: 'GET',
    headers: range.startByte ? { range: `bytes=${range.startByte}-` } : {},
    responseType: 'arraybuffer',
    retry: false,
    timeout: DOWNLOAD_MS,
    maxContentLength: LARGEST_DOWNLOAD,
    redirect: 'manual',
  })
  const hashes = answer.headers.get('x-goog-hash')
  if ((answer.status !== 200 && answer.status !== 206) || !answer.headers.get('x-goog-generation'))
    throw notGoogles(call, `it is ${answer.status} and no object of Cloud Storage`)
  const isAsStored = !answer.headers.get('content-encoding')
  const crc32c = /(?:^|,)\s*crc32c=([^,\s]+)/.exec(hashes ?? '')?.[1]
  return { data: Buffer.from(answer.data), crc32c: isAsStored ? crc32c : undefined }
}

/**
 * One request for any size: the library's streams cost as much again as the request, and its resumable uploads
 * leave the credentials behind at another host.
 * @returns Google's answer, not yet judged.
 */
export async function upload(
  google: Google,
  object: { readonly bucket: string; readonly name: string; readonly data: Buffer },
  resource: { readonly contentType: string } & Readonly<Record<string, unknown>>,
  guard: { readonly ifGenerationMatch: string },
): Promise<unknown> {
  const { bucket, name, data } = object
  const url = new URL(
    `${google.endpoints.root('storage')}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`,
  )
  url.search = new URLSearchParams({ uploadType: 'multipart', name, ...guard }).toString()
  const boundary = randomUUID()
  const body = Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(resource)}\r\n`),
    Buffer.from(`--${boundary}\r\nContent-Type: ${resource.contentType}\r\n\r\n`),
    data,
    Buffer.from(`\r\n--${boundary}--`),
  ])
  const type = `multipart/related; boundary=${boundary}`
  const sent = { url, method: 'POST', headers: new Headers({ 'content-type': type }), data: body }
  return (await request(sent, google)).data
}

async function send(asked: Asked, google: Google): Promise<{ data: unknown; status: number }> {
  const url = new URL(asked.uri)
  for (const [name, value] of Object.entries(asked.qs ?? {})) {
    if (value !== undefined && value !== null && name !== LIBRARY_ONLY)
      url.searchParams.set(name, String(value))
  }
  const headers = new Headers(asked.headers)
  let data: string | undefined
  if (typeof asked.json === 'object') {
    data = JSON.stringify(asked.json)
    headers.set('content-type', 'application/json')
  }
  return request({ url, method: asked.method ?? 'GET', headers, data }, google)
}

async function request(
  sent: {
    readonly url: URL
    readonly method: string
    readonly headers: Headers
    readonly data?: Buffer | string
  },
  google: Google,
): Promise<{ data: unknown; status: number }> {
  const { url, method, headers, data } = sent
  const answer = await google.client.request<string>({
    url: url.href,
    method,
    headers,
    data,
    responseType: 'text',
    retry: false,
    timeout: TRY_MS + sendingMs(data?.length ?? 0),
    redirect: 'manual',
  })
  const body = readAnswer<object>(
    { status: answer.status, text: answer.data ?? '' },
    { method: `storage: ${method}`, resource: url.pathname },
    method === 'DELETE' ? 'nothing-or-json' : 'json',
  )
  return { data: body, status: answer.status }
}
