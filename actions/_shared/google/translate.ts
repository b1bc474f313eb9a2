/**
 * Turns every way in which a Google client fails into GoogleApiError. It refuses to quote request bodies,
 * headers or anything that looks like a token.
 */
import { GoogleApiError } from '../errors.ts'
import { hideSecrets } from '../secrets.ts'
import { hintFor } from './hints.ts'

export interface Asked {
  /** Google's method id, e.g. `storage.objects.insert`. */
  readonly method: string
  /** What it was asked of, for people, e.g. `gs://bucket/name`. */
  readonly resource: string
}

/** How every message begins. */
export function titleOf({ method, resource }: Asked): string {
  return resource === '' ? method : `${method} on ${resource}`
}

/** Statuses after which the same request may succeed: https://cloud.google.com/storage/docs/retry-strategy */
const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])
/**
 * Google's own words decide before the status: BigQuery says 403 to whoever asks too often
 * (https://cloud.google.com/bigquery/docs/error-messages).
 */
const QUOTA_REASON = /^(RESOURCE_EXHAUSTED|RATE_LIMIT_EXCEEDED|\w*(rateLimit|quota)Exceeded)$/i
const RETRYABLE_REASON = /^(backendError|internalError|jobBackendError|jobInternalError|UNAVAILABLE)$/

/** Too much was asked at once: nothing is forbidden, and no work was done. */
export function isQuota(answer: { status: number; reason: string }): boolean {
  return answer.status === 429 || QUOTA_REASON.test(answer.reason)
}

/** Connection errors after which nothing is known to be wrong. */
const RETRYABLE_CODES = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EPIPE',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_SOCKET',
  'ERR_STREAM_PREMATURE_CLOSE',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'TIMEOUT',
])

export function translate(error: unknown, asked: Asked): GoogleApiError {
  if (error instanceof GoogleApiError) return error
  const seen = describe(error)
  const text = redact(seen.text)
  const sign = hintFor({ ...seen, method: asked.method, text })
  const status = seen.status ? `${seen.status} ` : ''
  return new GoogleApiError(`${titleOf(asked)}: ${status}${seen.reason}: ${text}`, {
    ...asked,
    status: seen.status,
    reason: seen.reason,
    isRetryable:
      seen.status === 0
        ? RETRYABLE_CODES.has(seen.reason)
        : RETRYABLE_STATUSES.has(seen.status) || isQuota(seen) || RETRYABLE_REASON.test(seen.reason),
    retryAfterMs: retryAfterOf(error),
    hint: sign?.hint,
    problem: sign?.problem,
    // No cause: client errors hold the request with its Authorization header.
  })
}

/** Retry-After in seconds or as a date (RFC 9110), of whatever client saw the answer. */
function retryAfterOf(error: unknown): number | undefined {
  const headers = (error as { response?: { headers?: unknown } } | undefined)?.response?.headers
  const value =
    typeof (headers as { get?: unknown } | undefined)?.get === 'function'
      ? (headers as { get(name: string): unknown }).get('retry-after')
      : (headers as Record<string, unknown> | undefined)?.['retry-after']
  if (typeof value !== 'string' || value.trim() === '') return undefined
  if (/^\d{1,6}$/.test(value.trim())) return Number(value) * 1000
  const atMs = Date.parse(value)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - Date.now())
}

interface Described {
  status: number
  reason: string
  text: string
  /** The answer was a web page where an API answers JSON. */
  isPage?: boolean
}

function describe(error: unknown): Described {
  const fault = (error ?? {}) as {
    code?: unknown
    status?: unknown
    message?: unknown
    cause?: unknown
    response?: { status?: unknown; data?: unknown; headers?: unknown }
    errors?: unknown
    error?: unknown
  }
  const status =
    [fault.response?.status, fault.status, fault.code]
      .map(Number)
      .find((value) => Number.isInteger(value) && value >= 100 && value <= 599) ?? 0
  const message = typeof fault.message === 'string' ? fault.message : 'no message'
  if (status >= 300 && status < 400 && status !== 304)
    return {
      status,
      reason: 'redirect',
      text: `it redirects to ${targetOf(fault.response?.headers)}, and no credential follows a redirect`,
    }
  const wire = wireError(fault.response?.data)
  if (wire)
    return {
      status,
      reason: wire.reason || `HTTP_${status}`,
      text: wire.text || message,
      isPage: wire.isPage,
    }
  const first = Array.isArray(fault.errors)
    ? (fault.errors[0] as { reason?: unknown; message?: unknown } | undefined)
    : undefined
  // The auth library's OAuthError: "Error code invalid_grant: text".
  const oauth = /^Error code ([\w.-]+)(?:: ([\s\S]*?))?(?: - https?:\S+)?$/.exec(message)
  if (oauth) return { status: status || 400, reason: oauth[1] ?? 'oauth', text: oauth[2] ?? '' }
  const code = [
    fault.code,
    (fault.cause as { code?: unknown } | undefined)?.code,
    (fault.error as { code?: unknown } | undefined)?.code,
  ].find((value) => typeof value === 'string' && /^[A-Z_]{3,40}$/.test(value)) as string | undefined
  if (status === 0)
    return {
      status,
      reason:
        code ??
        (/timeout|timed out|aborted/i.test(message)
          ? 'TIMEOUT'
          : /socket hang up|fetch failed|Premature close/i.test(message)
            ? 'ECONNRESET'
            : 'UNKNOWN'),
      text: message,
    }
  return {
    status,
    reason: typeof first?.reason === 'string' ? first.reason : (code ?? `HTTP_${status}`),
    text: typeof first?.message === 'string' ? first.message : message,
  }
}

function targetOf(headers: unknown): string {
  const location = (headers as { get?: (name: string) => string | null } | undefined)?.get?.('location')
  const host = /^[a-z]+:\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(location ?? '')?.[1]
  return host ?? 'another path'
}

/**
 * The three shapes of Google's error bodies: `{error: {…}}`, `{error, error_description}`, and either of them
 * as text.
 */
function wireError(data: unknown): { reason: string; text: string; isPage?: boolean } | undefined {
  let body = data
  if (body instanceof ArrayBuffer) body = Buffer.from(body).toString('utf8')
  if (Buffer.isBuffer(body)) body = body.toString('utf8')
  if (typeof body === 'string') {
    try {
      body = JSON.parse(body)
    } catch {
      if (body === '') return undefined
      const page = body as string
      const text = page
        .replace(/<(style|script)[\s\S]*?<\/\1>/gi, ' ')
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, 300)
      // Google's own front end says "Error 404 (Not Found)!!1" in its pages.
      return { reason: '', text, isPage: /<(!doctype|html|head|body)\b/i.test(page) && !/!!1/.test(page) }
    }
  }
  if (Array.isArray(body)) body = body[0]
  const error = (body as { error?: unknown } | null | undefined)?.error
  if (typeof error === 'string') {
    const description = (body as { error_description?: unknown }).error_description
    return { reason: error, text: typeof description === 'string' ? description : error }
  }
  if (error === null || typeof error !== 'object') return undefined
  const { message, status, errors, details } = error as {
    message?: unknown
    status?: unknown
    errors?: { reason?: unknown }[]
    details?: { reason?: unknown }[]
  }
  const reasons = [
    details?.find?.((detail) => typeof detail?.reason === 'string')?.reason,
    errors?.[0]?.reason,
    status,
  ]
  return {
    reason: reasons.find((value): value is string => typeof value === 'string' && value !== '') ?? '',
    text: typeof message === 'string' ? message : '',
  }
}

/** Someone else's words as they may be shown: without tokens and keys, and no more than 1,000 characters. */
export function redact(text: string): string {
  return hideSecrets(text).slice(0, 1000)
}
