/**
 * Repeats a call that failed for a passing reason, with growing, jittered pauses. It refuses to repeat
 * anything the error does not call retryable.
 */
import { GoogleApiError } from '../errors.ts'

export interface RetryRules {
  readonly attempts: number
  readonly firstPauseMs: number
  readonly longestPauseMs: number
}
export const usualRetries: RetryRules = { attempts: 5, firstPauseMs: 400, longestPauseMs: 20_000 }

/** Statuses after which the same request may succeed: https://cloud.google.com/storage/docs/retry-strategy */
export const retryableStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504])

/** @param retryAfterMs the server's own wish, when it named one. */
export async function withRetries<T>(
  what: string,
  call: () => Promise<T>,
  options: {
    log: (line: string) => void
    rules?: RetryRules
    signal?: AbortSignal
    retryAfterMs?: (error: GoogleApiError) => number | undefined
  },
): Promise<T> {
  const rules = options.rules ?? usualRetries
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call()
    } catch (error) {
      if (
        !(error instanceof GoogleApiError) ||
        !error.isRetryable ||
        attempt >= rules.attempts ||
        options.signal?.aborted
      )
        throw error
      const ceilingMs = Math.min(rules.longestPauseMs, rules.firstPauseMs * 2 ** (attempt - 1))
      const pauseMs = Math.min(
        rules.longestPauseMs,
        options.retryAfterMs?.(error) ?? Math.round(ceilingMs * (0.5 + Math.random() / 2)),
      )
      options.log(
        `${what}: ${error.status || error.reason}, attempt ${attempt} of ${rules.attempts}; again in ${pauseMs} ms.`,
      )
      await pause(pauseMs, options.signal)
    }
  }
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
