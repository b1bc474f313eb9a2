/**
 * The network and Google on a bad day: one fault, at the requests a test chooses, between an action and the
 * local cloud. It refuses to be silent about what it did: every strike is counted.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { openProxy, type Forward } from './proxy.ts'

export interface FaultProxy {
  readonly origin: string
  /** How often the fault struck. */
  strikes(): number
  /** How often another host was asked with a credential in the request. */
  strangersAsked(): number
  close(): void
}
type Strike = (
  reply: ServerResponse,
  request: IncomingMessage,
  forward: Forward,
  stranger: string,
) => Promise<void> | void
interface FaultKind {
  /** `once` passes by itself; `always` stays as long as the run asks. */
  readonly lasts: 'once' | 'always'
  readonly strike: Strike
}

const json = (
  reply: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void =>
  void reply
    .writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers })
    .end(JSON.stringify(body))
/** The error body of Google's JSON APIs. */
const refusal = (code: number, status: string, reason: string, message: string): unknown => ({
  error: { code, message, status, errors: [{ message, domain: 'global', reason }] },
})
/** In the words of whoever is asked: GitHub's clients say what they accept. */
const answering =
  (code: number, status: string, reason: string, message: string, headers?: Record<string, string>): Strike =>
  (reply, { headers: { accept = '' } }) =>
    accept.includes('vnd.github')
      ? json(reply, code, { message, status: String(code) }, { ...headers, ...(GITHUBS[code] ?? {}) })
      : json(reply, code, refusal(code, status, reason, message), headers)
const GITHUBS: Readonly<Record<number, Record<string, string>>> = {
  403: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4102444800' },
}
const PAGE =
  '<!doctype html><html><head><title>Sign in to the network</title></head><body>Welcome</body></html>'

export const FAULTS = {
  '429 with Retry-After': {
    lasts: 'once',
    strike: answering(429, 'RESOURCE_EXHAUSTED', 'rateLimitExceeded', 'Too many requests.', {
      'retry-after': '1',
    }),
  },
  '403 quota': {
    lasts: 'always',
    strike: answering(
      403,
      'PERMISSION_DENIED',
      'quotaExceeded',
      'Quota exceeded: your project exceeded its quota for this day.',
    ),
  },
  '502 from a proxy': {
    lasts: 'once',
    strike: (reply) => void reply.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502</h1>'),
  },
  '503 from Google': {
    lasts: 'once',
    strike: answering(503, 'UNAVAILABLE', 'backendError', 'The service is unavailable.'),
  },
  'reset before the answer': { lasts: 'once', strike: (_reply, request) => void request.socket.destroy() },
  'answer lost after the work': {
    lasts: 'once',
    strike: async (_reply, request, forward) => {
      await forward()
      request.socket.destroy()
    },
  },
  'late 503 after the work': {
    lasts: 'once',
    strike: async (reply, request, forward, stranger) => {
      await forward()
      await answering(503, 'UNAVAILABLE', 'backendError', 'The service is unavailable.')(
        reply,
        request,
        forward,
        stranger,
      )
    },
  },
  'cut body': {
    lasts: 'once',
    strike: async (reply, request, forward) => {
      const { status, headers, body } = await forward()
      reply.writeHead(status, { ...headers, 'content-length': String(Math.max(body.length, 2)) })
      reply.write(body.subarray(0, Math.max(1, body.length >> 1)), () => request.socket.destroy())
    },
  },
  '200 with a web page': {
    lasts: 'always',
    strike: (reply) => void reply.writeHead(200, { 'content-type': 'text/html' }).end(PAGE),
  },
  '200 with nothing': { lasts: 'once', strike: (reply) => void reply.writeHead(200).end() },
  '401 in the middle': {
    lasts: 'once',
    strike: answering(401, 'UNAUTHENTICATED', 'authError', 'Request had invalid authentication credentials.'),
  },
  '409 already exists': {
    lasts: 'always',
    strike: answering(409, 'ALREADY_EXISTS', 'duplicate', 'Already exists.'),
  },
  '412 precondition failed': {
    lasts: 'always',
    strike: answering(412, 'FAILED_PRECONDITION', 'conditionNotMet', 'Precondition check failed.'),
  },
  'redirect to another host': {
    lasts: 'always',
    strike: (reply, request, _forward, stranger) =>
      void reply.writeHead(307, { location: `${stranger}${request.url ?? '/'}` }).end(),
  },
  silence: { lasts: 'always', strike: () => undefined },
} as const satisfies Record<string, FaultKind>
export type FaultName = keyof typeof FAULTS
export const faultNames = Object.keys(FAULTS) as FaultName[]

/** @param isHit chooses the requests that the fault may strike. */
export async function openFaultProxy(
  target: string,
  name: FaultName,
  isHit: (request: IncomingMessage) => boolean,
): Promise<FaultProxy> {
  const { lasts, strike }: FaultKind = FAULTS[name]
  let strikes = 0
  let strangersAsked = 0
  const stranger = await openProxy(target, (request, reply) => {
    if (request.headers.authorization !== undefined) strangersAsked += 1
    json(reply, 200, {})
    return true
  })
  const proxy = await openProxy(target, async (request, reply, _body, forward) => {
    if (!isHit(request) || (lasts === 'once' && strikes > 0)) return false
    strikes += 1
    await strike(reply, request, forward, stranger.origin)
    return true
  })
  return {
    origin: proxy.origin,
    strikes: () => strikes,
    strangersAsked: () => strangersAsked,
    close: () => {
      proxy.close()
      stranger.close()
    },
  }
}
