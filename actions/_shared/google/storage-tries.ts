/**
 * How a call to Cloud Storage is repeated, and what is believed of its answers. It refuses answers that are not
 * Google's, and to call a lost answer somebody else's doing before it has looked.
 */
import { GoogleApiError } from '../errors.ts'
import { withRetries } from './retry.ts'
import { translate, type Asked } from './translate.ts'

/** Repeating ends here; the last try may still take its own time. */
const BUDGET_MS = 45_000
const RULES = { attempts: 5, firstPauseMs: 400, longestPauseMs: 8_000 }
const NOT_GOOGLES = 'notGoogle'

interface Limits {
  readonly log: (line: string) => void
  readonly stop?: AbortSignal
}

/** One call, again while its failure may pass. */
export function repeat<T>(call: Asked, limits: Limits, ask: () => Promise<T>): Promise<T> {
  const budget = AbortSignal.timeout(BUDGET_MS)
  return withRetries(
    call.method,
    async () => {
      try {
        return await ask()
      } catch (error) {
        throw translate(error, call)
      }
    },
    {
      log: limits.log,
      rules: RULES,
      signal: limits.stop ? AbortSignal.any([budget, limits.stop]) : budget,
    },
  )
}

/**
 * One guarded change. After a try whose answer was lost the guard no longer fits because of that very try: then,
 * and when all tries are used up, `landed` looks whether what is there is what was asked for.
 */
export async function change<T>(
  call: Asked,
  limits: Limits,
  ask: () => Promise<T>,
  landed: () => Promise<T | undefined>,
): Promise<T> {
  let mayHaveLanded = false
  try {
    return await repeat(call, limits, async () => {
      try {
        return await ask()
      } catch (error) {
        const fault = translate(error, call)
        if (mayHaveLanded && (fault.status === 412 || isMissing(fault))) {
          const found = await landed()
          if (found !== undefined) return found
        }
        mayHaveLanded ||= isLost(fault)
        throw fault
      }
    })
  } catch (error) {
    if (!mayHaveLanded || (error instanceof GoogleApiError && !isLost(error))) throw error
    const found = await landed().catch(() => undefined)
    if (found !== undefined) return found
    throw error
  }
}

/** Whether the change may have been made although nobody said so. */
function isLost(error: GoogleApiError): boolean {
  return error.status === 0 || error.status === 408 || error.status >= 500 || error.reason === NOT_GOOGLES
}

/** An object that is there never asks for the right to list, so that refusal means that there is none. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof GoogleApiError &&
    (error.status === 404 || (error.status === 403 && /\bstorage\.objects\.list\b/.test(error.message)))
  )
}

/** The answer, if it calls itself what Google calls it. */
export function answeredBy<T>(answer: unknown, kind: string, call: Asked): T {
  if ((answer as { kind?: unknown } | null | undefined)?.kind === kind) return answer as T
  throw notGoogles(
    call,
    typeof answer === 'string'
      ? /^\s*</.test(answer)
        ? 'a web page'
        : answer === ''
          ? 'nothing'
          : 'a text'
      : 'something else than was asked for',
  )
}

export function notGoogles(call: Asked, what: string): GoogleApiError {
  return new GoogleApiError(
    `${call.method} on ${call.resource}: the answer is not Cloud Storage's: ${what}.`,
    {
      ...call,
      status: 200,
      reason: NOT_GOOGLES,
      isRetryable: true,
      problem: 'no-answer',
      hint: 'A proxy or a login page seems to answer in its place; check HTTPS_PROXY, NO_PROXY and the endpoint overrides.',
    },
  )
}
