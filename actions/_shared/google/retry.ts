/**
 * Repeats a call that failed for a passing reason, with growing, jittered pauses, until its budget of seconds
 * is spent. It refuses to repeat what the error does not call retryable, and to wait without an end.
 */
import { GoogleApiError } from '../errors.ts'
import { isQuota, titleOf, type Asked } from './translate.ts'

export interface RetryRules {
  /** All tries and pauses together. */
  readonly budgetMs: number
  /** One try, from the first byte out to the last byte in. */
  readonly tryMs: number
  readonly firstPauseMs: number
  readonly longestPauseMs: number
}
export const usualRetries: RetryRules = {
  budgetMs: 60_000,
  tryMs: 30_000,
  firstPauseMs: 400,
  longestPauseMs: 20_000,
}
/** Nobody was reached: no work was done there, and it heals less often than an overload does. */
const UNREACHED: ReadonlySet<string> = new Set(['ECONNREFUSED', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])
const UNREACHED_TRIES = 5
const FAIR_TRY_MS = 1_000
const SILENCE = 'TIMEOUT'

export interface Try {
  /** The most this try may take. */
  readonly timeoutMs: number
  readonly signal: AbortSignal
}
export interface RetryOptions {
  readonly log: (line: string) => void
  readonly rules?: RetryRules
  /** Ends everything; the budget of a request never reaches beyond it. */
  readonly signal?: AbortSignal
  /** The end of what this call is a part of, as Date.now() counts. */
  readonly deadlineMs?: number
  /** Before every try and outside its time: a call with a budget of its own, such as a new token. */
  readonly prepare?: () => Promise<void>
  /** False when doing it twice could do harm: then only a refusal before the work is repeated. */
  readonly isRepeatable?: boolean
}

export async function withRetries<T>(
  asked: Asked,
  call: (attempt: Try) => Promise<T>,
  options: RetryOptions,
): Promise<T> {
  const rules = options.rules ?? usualRetries
  const startMs = Date.now()
  const endMs = Math.min(startMs + rules.budgetMs, options.deadlineMs ?? Infinity)
  let earlier: GoogleApiError | undefined
  for (let attempt = 1; ; attempt += 1) {
    await options.prepare?.()
    const timeoutMs = Math.max(1, Math.min(rules.tryMs, endMs - Date.now()))
    try {
      return await oneTry(asked, call, timeoutMs, options.signal)
    } catch (error) {
      if (!(error instanceof GoogleApiError) || !error.isRetryable || options.signal?.aborted) throw error
      // What the budget left was too short for any answer: that it did not come is not the cause.
      if (earlier !== undefined && error.reason === SILENCE && timeoutMs < Math.min(rules.tryMs, FAIR_TRY_MS))
        throw spent(earlier, Date.now() - startMs, attempt)
      earlier = error
      const isUnreached = UNREACHED.has(error.reason)
      if (options.isRepeatable === false && !isUnreached && !isQuota(error)) throw error
      if (isUnreached && attempt >= UNREACHED_TRIES) throw spent(error, Date.now() - startMs, attempt)
      const ceilingMs = Math.min(rules.longestPauseMs, rules.firstPauseMs * 2 ** (attempt - 1))
      // A wish of nothing (0, or a date that has passed) is no leave to ask without a pause.
      const pauseMs = Math.max(error.retryAfterMs ?? 0, Math.round(ceilingMs * (0.5 + Math.random() / 2)))
      const leftMs = endMs - Date.now()
      if (pauseMs >= leftMs) throw spent(error, Date.now() - startMs, attempt)
      options.log(
        `${asked.method}: ${whyOf(error)}; try ${attempt + 1} in ${seconds(pauseMs)}${error.retryAfterMs ? ', as the server asks' : ''} (${seconds(leftMs)} left).`,
      )
      await pause(pauseMs, options.signal)
      if (options.signal?.aborted) throw error
    }
  }
}

function whyOf({ status, reason }: GoogleApiError): string {
  if (status === 0) return reason
  // With the status of a success, of which nobody would understand why it is repeated.
  if (reason === 'notGoogle') return `${status}, an answer that is cut off, empty or a stranger's`
  return /^(?!HTTP_)[A-Za-z_]{3,40}$/.test(reason) ? `${status} ${reason}` : `${status}`
}

/** Settles within its time even when the call never does. */
async function oneTry<T>(
  asked: Asked,
  call: (attempt: Try) => Promise<T>,
  timeoutMs: number,
  outer: AbortSignal | undefined,
): Promise<T> {
  const controller = new AbortController()
  const signal = outer ? AbortSignal.any([outer, controller.signal]) : controller.signal
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(silent(asked, timeoutMs))
      controller.abort()
    }, timeoutMs)
  })
  try {
    return await Promise.race([call({ timeoutMs, signal }), limit])
  } finally {
    clearTimeout(timer)
  }
}

function silent(asked: Asked, timeoutMs: number): GoogleApiError {
  return new GoogleApiError(`${titleOf(asked)}: no complete answer came within ${seconds(timeoutMs)}.`, {
    method: asked.method,
    resource: asked.resource,
    status: 0,
    reason: SILENCE,
    isRetryable: true,
    problem: 'no-answer',
    hint: 'The server or a proxy in between is silent. If the network needs a proxy, set HTTPS_PROXY; otherwise run again.',
  })
}

/** The last error, with what was tried: the true cause stays first. */
function spent(error: GoogleApiError, tookMs: number, attempts: number): GoogleApiError {
  const wish =
    error.retryAfterMs === undefined ? '' : `; the server asks to wait ${seconds(error.retryAfterMs)} more`
  const { method, resource, status, reason, hint, problem } = error
  return new GoogleApiError(
    `${error.message} (${attempts === 1 ? 'one try' : `${attempts} tries`} in ${seconds(tookMs)}${wish})`,
    // What this call is a part of must not begin it again.
    { method, resource, status, reason, hint, problem, isRetryable: false },
  )
}

function seconds(durationMs: number): string {
  return durationMs < 1000 ? `${durationMs} ms` : `${Math.round(durationMs / 100) / 10} s`
}

/** Ends early, without an error, when the signal aborts. */
export function pause(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, durationMs)
    signal?.addEventListener('abort', end)
  })
}
