/**
 * Carries the requests that Cloud Storage's library builds: with the credentials to whatever host the endpoint
 * rules chose, each with an end. It refuses redirects, which the library's own transport follows.
 */
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { Storage as Client } from '@google-cloud/storage'
import type { Google } from './connect.ts'

/** One try; an upload has more time, for lines as slow as this. */
const TRY_MS = 30_000
const SLOWEST_BYTES_PER_SECOND = 256 * 1024

/** What the library asks for; the parts of its request options that it uses for JSON methods and uploads. */
interface Asked {
  readonly uri: string
  readonly method?: string
  readonly qs?: Readonly<Record<string, unknown>>
  readonly json?: unknown
  readonly headers?: Headers | Readonly<Record<string, string>>
  readonly multipart?: readonly { 'Content-Type'?: string; body: string | Readable }[]
  readonly shouldReturnStream?: boolean
}
type Callback = (error: unknown, body?: unknown, response?: unknown) => void

/** Downloads stay with the library: it streams and verifies them. */
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

async function send(asked: Asked, google: Google): Promise<{ data: unknown; status: number }> {
  const url = new URL(asked.uri)
  for (const [name, value] of Object.entries(asked.qs ?? {}))
    if (value !== undefined && value !== null) url.searchParams.set(name, String(value))
  const headers = new Headers(asked.headers as Record<string, string>)
  let data: Buffer | string | undefined
  if (asked.multipart) {
    const boundary = randomUUID()
    data = await related(asked.multipart, boundary)
    headers.set('content-type', `multipart/related; boundary=${boundary}`)
  } else if (typeof asked.json === 'object') {
    data = JSON.stringify(asked.json)
    headers.set('content-type', 'application/json')
  }
  const { data: body, status } = await google.client.request<unknown>({
    url: url.href,
    method: (asked.method ?? 'GET') as 'GET',
    headers,
    data,
    responseType: 'json',
    retry: false,
    timeout: TRY_MS + Math.ceil(((data?.length ?? 0) / SLOWEST_BYTES_PER_SECOND) * 1000),
    redirect: 'error',
  })
  return { data: body, status }
}

/** One request for any size: the library's resumable uploads leave the credentials behind at another host. */
async function related(parts: NonNullable<Asked['multipart']>, boundary: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  for (const part of parts) {
    pieces.push(Buffer.from(`--${boundary}\r\nContent-Type: ${part['Content-Type'] ?? ''}\r\n\r\n`))
    if (typeof part.body === 'string') pieces.push(Buffer.from(part.body))
    else for await (const chunk of part.body) pieces.push(chunk as Buffer)
    pieces.push(Buffer.from('\r\n'))
  }
  pieces.push(Buffer.from(`--${boundary}--`))
  return Buffer.concat(pieces)
}
