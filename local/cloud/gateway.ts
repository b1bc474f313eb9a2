/**
 * Decides what one request becomes: route, caller, handler, or an error in Google's shape. It knows no
 * service by name and no socket.
 */
import { Readable } from 'node:stream'
import { createGunzip, gunzip } from 'node:zlib'
import { errorReply, type ErrorStyle } from './error-reply.ts'
import {
  anonymous,
  CloudError,
  type CloudRequest,
  type InnerReply,
  type InnerRequest,
  type Principal,
  type Reply,
  type Service,
} from './kernel.ts'
import { requireScope } from './identity/scopes.ts'
import { createRouter, type Match } from './router.ts'
import { watchJson, watchParameters, type Watched } from './watched-json.ts'

export interface RawRequest {
  readonly method: string
  /** Path and query exactly as sent. */
  readonly target: string
  readonly headers: CloudRequest['headers']
  readonly body: Readable
  readonly signal: AbortSignal
}
/**
 * What went over the wire, for the contract tests: JSON and form bodies only, parsed; of the headers only who
 * the client says it is (others hold tokens).
 */
export interface Exchange {
  readonly id: string
  readonly service: string
  readonly method: string
  readonly url: string
  readonly requestJson?: unknown
  readonly status: number
  readonly replyJson?: unknown
  /** Members of the request that were answered with success although no line of the service read them. */
  readonly unread?: readonly string[]
  readonly userAgent?: string
  /** `x-goog-api-client`: library names and versions, no secret. */
  readonly apiClient?: string
  /** Whose token it was: libraries drop the name of the program that uses them, not its account. */
  readonly account?: string
}
export interface GatewayOptions {
  readonly origin: string
  readonly services: readonly Service[]
  readonly authenticate: (authorization: string | undefined) => Principal
  readonly log: (line: string) => void
  readonly onExchange?: (exchange: Exchange) => void
}
export interface Gateway {
  answer(raw: RawRequest): Promise<Reply>
  dispatch(inner: InnerRequest): Promise<InnerReply>
}

const defaultLimitBytes = 10 * 1024 * 1024

export function createGateway(options: GatewayOptions): Gateway {
  const router = createRouter(options.services)

  const told = new Set<string>()
  /** Once for each kind: somebody asked for what this cloud knows nothing of. */
  function tellIgnored(method: string, unread: readonly string[]): void {
    for (const name of unread) {
      if (told.has(`${method} ${name}`) || told.size > 1000) continue
      told.add(`${method} ${name}`)
      options.log(`${method}: ${name} of a request was ignored`)
    }
  }

  async function answer(raw: RawRequest): Promise<Reply> {
    const path = raw.target.split('?', 1)[0]!
    let matches: Match[] = []
    let requestJson: unknown
    let reply: Reply
    let account: string | undefined
    const url = new URL(options.origin + raw.target)
    const parameters = watchParameters(url)
    let body: ReturnType<typeof readBody> | undefined
    try {
      matches = router.match(raw.method, path)
      const first = matches[0]
      const principal = first?.route.isPublic ? anonymous : options.authenticate(raw.headers.authorization)
      if (principal !== anonymous) account = principal.email
      if (!first)
        throw new CloudError(
          501,
          'notImplemented',
          `${raw.method} ${path.slice(0, 300)} is not implemented by the local cloud.`,
        )
      if (principal.scopes) requireScope(first.service.name, raw.method, principal.scopes)
      const read = (body = readBody(raw, first.route.isRawBody === true, (value) => {
        requestJson = value
      }))
      reply = await firstThatKnows(matches, (match) => ({
        method: raw.method,
        url,
        params: match.params,
        headers: raw.headers,
        principal,
        signal: raw.signal,
        get stream() {
          return read.stream()
        },
        bytes: read.bytes,
        json: read.json,
        noteJson: (value) => {
          requestJson = value
        },
      }))
    } catch (error) {
      reply = refuse(error, raw, path, matches[0])
    }
    const isDone = (reply.status ?? 200) < 400
    const [match] = matches
    const idle = match?.service.idleParameters?.[match.route.id] ?? []
    const unread = isDone ? [...parameters.unread(idle), ...(body?.unread() ?? [])] : []
    tellIgnored(match?.route.id ?? path, unread)
    options.onExchange?.({
      ...describe(raw, match, requestJson, reply),
      ...(account !== undefined && { account }),
      ...(unread.length && { unread }),
    })
    return reply
  }

  function refuse(error: unknown, raw: RawRequest, path: string, match: Match | undefined): Reply {
    const style = match?.route.errorStyle ?? match?.service.errorStyle ?? styleOf(path)
    const hasStatus = match ? match.service.name === 'bigquery' : !/^\/(?:\w+\/)?storage\/|^\/b\//.test(path)
    if (error instanceof CloudError) return errorReply(error, style, hasStatus)
    if (raw.signal.aborted)
      return errorReply(new CloudError(499, 'cancelled', 'The client closed the request.'), style, hasStatus)
    options.log(
      `internal error in ${match?.route.id ?? path.slice(0, 100)}: ${error instanceof Error ? error.stack : String(error)}`,
    )
    const cause = error instanceof Error ? ` (${error.name}: ${error.message.slice(0, 500)})` : ''
    return errorReply(
      new CloudError(
        500,
        style === 'oauth' ? 'server_error' : 'internalError',
        `Internal error encountered.${cause}`,
      ),
      style,
      hasStatus,
    )
  }

  async function dispatch(inner: InnerRequest): Promise<InnerReply> {
    const target = inner.path.replace(/^https?:\/\/[^/?#]*/i, '')
    const headers = Object.fromEntries(
      Object.entries(inner.headers).map(([name, value]) => [name.toLowerCase(), value]),
    )
    const body = inner.body ?? Buffer.alloc(0)
    const raw = {
      method: inner.method,
      headers: { ...headers, 'content-length': String(body.length) },
      body: Readable.from(body.length ? [body] : []),
    }
    return flatten(
      await answer({
        ...raw,
        target: target.startsWith('/') ? target : `/${target}`,
        signal: new AbortController().signal,
      }),
    )
  }

  return { answer, dispatch }
}

/**
 * Two services may own one path; the one that does not know the resource says 404, then the next is asked.
 */
async function firstThatKnows(
  matches: readonly Match[],
  request: (match: Match) => CloudRequest,
): Promise<Reply> {
  let firstError: unknown
  for (const match of matches) {
    try {
      return await match.route.handler(request(match))
    } catch (error) {
      firstError ??= error
      const isLast = match === matches.at(-1)
      if (
        isLast ||
        !(error instanceof CloudError) ||
        error.status !== 404 ||
        match.service === matches.at(-1)!.service
      )
        throw firstError
    }
  }
  throw firstError
}

function readBody(raw: RawRequest, isRawBody: boolean, onJson: (value: unknown) => void) {
  const isGzip = !isRawBody && /^gzip$/i.test(raw.headers['content-encoding'] ?? '')
  let whole: Promise<Buffer> | undefined
  let stream: Readable | undefined
  let watched: Watched<Record<string, unknown>> | undefined
  const bytes = (limitBytes = defaultLimitBytes): Promise<Buffer> => {
    if (stream) throw new Error('the body is already being read as a stream')
    return (whole ??= collect(raw.body, limitBytes)
      .then((data) => (isGzip && data.length > 0 ? unzip(data, limitBytes) : data))
      .then((data) => {
        if (/^application\/x-www-form-urlencoded/i.test(raw.headers['content-type'] ?? ''))
          onJson(Object.fromEntries(new URLSearchParams(data.toString('utf8'))))
        return data
      }))
  }
  return {
    bytes,
    stream: () => (stream ??= whole ? Readable.from([]) : isGzip ? raw.body.pipe(createGunzip()) : raw.body),
    async json(): Promise<Record<string, unknown>> {
      const text = (await bytes()).toString('utf8')
      const value: unknown = text.trim() === '' ? {} : parseJson(text)
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw parseError('the body must be a JSON object')
      onJson(value)
      return (watched ??= watchJson(value as Record<string, unknown>)).value
    },
    unread: () => watched?.unread() ?? [],
  }
}

/**
 * Events, not iteration: leaving an iterator destroys the socket, and the client would wait for an answer
 * that never comes.
 */
function collect(body: Readable, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const take = (chunk: Buffer) => {
      size += chunk.length
      if (size <= limitBytes) return void chunks.push(chunk)
      body.off('data', take).resume()
      reject(tooLarge(limitBytes))
    }
    body
      .on('data', take)
      .once('error', reject)
      .once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    body.once('close', () => reject(new CloudError(499, 'cancelled', 'The client closed the request.')))
  })
}

function unzip(data: Buffer, limitBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) =>
    gunzip(data, { maxOutputLength: limitBytes }, (error, result) => {
      if (!error) return resolve(result)
      reject(
        (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
          ? tooLarge(limitBytes)
          : parseError('the body is not valid gzip'),
      )
    }),
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw parseError((error as Error).message.slice(0, 200))
  }
}

function parseError(what: string): CloudError {
  return new CloudError(400, 'parseError', `Invalid JSON payload received. ${what}`)
}

function tooLarge(limitBytes: number): CloudError {
  return new CloudError(413, 'uploadTooLarge', `Request payload size exceeds the limit: ${limitBytes} bytes.`)
}

function styleOf(path: string): ErrorStyle {
  if (path === '/v1/token') return 'oauth'
  return /^\/(storage|upload|download|batch|resumable|bigquery|b|projects)(\/|$)/.test(path)
    ? 'legacy'
    : 'rpc'
}

async function flatten(reply: Reply): Promise<InnerReply> {
  const headers: Record<string, string> = { ...reply.headers }
  if (reply.json !== undefined) {
    return {
      status: reply.status ?? 200,
      headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
      body: Buffer.from(JSON.stringify(reply.json)),
    }
  }
  const body =
    reply.body instanceof Readable ? Buffer.concat(await reply.body.toArray()) : Buffer.from(reply.body ?? '')
  return { status: reply.status ?? (body.length ? 200 : 204), headers, body }
}

function describe(raw: RawRequest, match: Match | undefined, requestJson: unknown, reply: Reply): Exchange {
  const apiClient = raw.headers['x-goog-api-client']
  return {
    id: match?.route.id ?? 'unknown',
    service: match?.service.name ?? 'unknown',
    method: raw.method,
    url: raw.target,
    requestJson,
    status: reply.status ?? (reply.json === undefined && reply.body === undefined ? 204 : 200),
    replyJson: reply.json,
    userAgent: raw.headers['user-agent'],
    apiClient: Array.isArray(apiClient) ? apiClient.join(' ') : apiClient,
  }
}
