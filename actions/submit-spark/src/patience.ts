/**
 * Waiting is not asking: a question of a long wait is asked again for minutes. It refuses to take one bad answer
 * for the end, and to wait for ever.
 */
import { GoogleApiError } from '../../_shared/errors.ts'
import { pause } from '../../_shared/google/retry.ts'

export interface Patience {
  /** How long nothing but failures may come. */
  readonly toleranceMs: number
  readonly longestPauseMs: number
  readonly log: (line: string) => void
  readonly signal?: AbortSignal
  /** What follows from giving up, for the error. */
  readonly consequence?: string
}

/** A definite refusal is believed when it was the answer this often, for this long. */
const REFUSALS = 3
const REFUSED_MS = 15_000
const FIRST_PAUSE_MS = 500
const SAY_EVERY_MS = 60_000
/** A server's own wish is kept to up to here: meanwhile nobody looks at limits of time and cost. */
const LONGEST_WISH_MS = 60_000

/** Google's own no to this request, not an overload, a used-up quota or somebody else's page. */
export function isRefusal({ status, isRetryable }: GoogleApiError): boolean {
  return !isRetryable && status >= 400 && status < 500 && status !== 408 && status !== 429
}

/**
 * @param what begins the error, e.g. `Waiting for batch b`.
 * @param isFinal names definite answers that are believed at once.
 */
export async function patiently<T>(
  what: string,
  ask: () => Promise<T>,
  patience: Patience,
  isFinal: (error: GoogleApiError) => boolean = () => false,
): Promise<T> {
  const startMs = Date.now()
  let refusals = 0
  let refusedSinceMs = startMs
  let saidMs = -SAY_EVERY_MS
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(patience.longestPauseMs, pauseMs * 1.6)) {
    try {
      const answer = await ask()
      if (saidMs >= 0) patience.log(`${what}: Google answers again after ${seconds(Date.now() - startMs)}.`)
      return answer
    } catch (error) {
      if (!(error instanceof GoogleApiError) || patience.signal?.aborted || isFinal(error)) throw error
      const nowMs = Date.now()
      if (isRefusal(error)) refusals += 1
      else {
        refusals = 0
        refusedSinceMs = nowMs
      }
      const isBelieved =
        refusals >= REFUSALS && nowMs - refusedSinceMs >= Math.min(REFUSED_MS, patience.toleranceMs)
      if (isBelieved) throw withConsequence(error.message, error, patience)
      if (nowMs - startMs >= patience.toleranceMs)
        throw withConsequence(
          `${what}: no usable answer for ${seconds(patience.toleranceMs)} (poll-tolerance-minutes); the last one was ${error.message}`,
          error,
          patience,
        )
      if (nowMs - saidMs >= SAY_EVERY_MS) {
        patience.log(
          `${what}: ${error.status || error.reason} on ${error.method}; asking again for up to ${seconds(patience.toleranceMs)}.`,
        )
        saidMs = nowMs
      }
      const wishedMs = Math.min(error.retryAfterMs ?? 0, LONGEST_WISH_MS)
      const usualMs = Math.min(pauseMs, patience.longestPauseMs)
      const leftMs = patience.toleranceMs - (nowMs - startMs)
      await pause(Math.min(Math.max(usualMs, wishedMs), leftMs), patience.signal)
      if (patience.signal?.aborted) throw error
    }
  }
}

function withConsequence(message: string, last: GoogleApiError, { consequence }: Patience): GoogleApiError {
  return new GoogleApiError(message, {
    status: last.status,
    reason: last.reason,
    method: last.method,
    resource: last.resource,
    isRetryable: last.isRetryable,
    hint: [last.hint, consequence].filter(Boolean).join(' '),
    problem: last.problem,
  })
}

function seconds(ms: number): string {
  return ms >= 120_000 ? `${Math.round(ms / 60_000)} minutes` : `${Math.round(ms / 100) / 10} s`
}
