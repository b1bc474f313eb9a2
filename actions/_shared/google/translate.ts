/**
 * Turns every way in which a Google client fails into GoogleApiError. It refuses to quote request bodies,
 * headers or anything that looks like a token.
 */
import { GoogleApiError } from '../errors.ts'
import { hintFor } from './hints.ts'
import { retryableStatuses } from './retry.ts'

export interface Asked {
  /** Google's method id, e.g. `storage.objects.insert`. */
  readonly method: string
  /** What it was asked of, for people, e.g. `gs://bucket/name`. */
  readonly resource: string
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
  const sign = hintFor({ status: seen.status, reason: seen.reason, text })
  const status = seen.status ? `${seen.status} ` : ''
  return new GoogleApiError(`${asked.method} on ${asked.resource}: ${status}${seen.reason}: ${text}`, {
    ...asked,
    status: seen.status,
    reason: seen.reason,
    isRetryable: seen.status === 0 ? RETRYABLE_CODES.has(seen.reason) : retryableStatuses.has(seen.status),
    hint: sign?.hint,
    problem: sign?.problem,
    // No cause: client errors hold the request with its Authorization header.
  })
}

interface Described {
  status: number
  reason: string
  text: string
}

function describe(error: unknown): Described {
  const fault = (error ?? {}) as {
    code?: unknown
    status?: unknown
    message?: unknown
    cause?: unknown
    response?: { status?: unknown; data?: unknown }
    errors?: unknown
    error?: unknown
  }
  const status =
    [fault.response?.status, fault.status, fault.code]
      .map(Number)
      .find((value) => Number.isInteger(value) && value >= 100 && value <= 599) ?? 0
  const message = typeof fault.message === 'string' ? fault.message : 'no message'
  const wire = wireError(fault.response?.data)
  if (wire) return { status, reason: wire.reason || `HTTP_${status}`, text: wire.text || message }
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

/**
 * The three shapes of Google's error bodies: `{error: {…}}`, `{error, error_description}`, and either of them
 * as text.
 */
function wireError(data: unknown): { reason: string; text: string } | undefined {
  let body = data
  if (body instanceof ArrayBuffer) body = Buffer.from(body).toString('utf8')
  if (Buffer.isBuffer(body)) body = body.toString('utf8')
  if (typeof body === 'string') {
    try {
      body = JSON.parse(body)
    } catch {
      return body === ''
        ? undefined
        : {
            reason: '',
            text: (body as string)
              .replace(/<[^>]*>/g, ' ')
              .replace(/\s+/g, ' ')
              .trim()
              .slice(0, 300),
          }
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
    status,
    errors?.[0]?.reason,
  ]
  return {
    reason: reasons.find((value): value is string => typeof value === 'string' && value !== '') ?? '',
    text: typeof message === 'string' ? message : '',
  }
}

/**
 * Tokens by their known shapes: JWTs, Google access tokens, bearer headers, PEM keys; and no more than 1,000
 * characters.
 */
export function redact(text: string): string {
  return text
    .replace(/eyJ[\w-]{8,}\.[\w-]+\.?[\w-]*/g, '[token]')
    .replace(/\bya29\.[\w.-]+/g, '[token]')
    .replace(/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, '$1 [token]')
    .replace(/-----BEGIN[\s\S]*?(-----END[^-]*-----|$)/g, '[key]')
    .slice(0, 1000)
}
