/**
 * How a call to Cloud Storage is repeated, and what is believed of its answers. It refuses answers that are not
 * Google's, and to call a lost answer somebody else's doing before it has looked.
 */
import { GoogleApiError } from '../errors.ts'
import { withRetries } from './retry.ts'
import { titleOf, translate, type Asked } from './translate.ts'

const RULES = { budgetMs: 30_000, tryMs: 30_000, firstPauseMs: 400, longestPauseMs: 20_000 }
/** An upload has more time, for lines as slow as this. */
const SLOWEST_BYTES_PER_SECOND = 256 * 1024
const NOT_GOOGLES = 'notGoogle'

export interface Limits {
  readonly log: (line: string) => void
  /** Ends repeating, not the try that is on its way. */
  readonly stop?: AbortSignal
  readonly sizeBytes?: number
}

/** How long the bytes themselves may take. */
export function sendingMs(sizeBytes: number): number {
  return Math.ceil((sizeBytes / SLOWEST_BYTES_PER_SECOND) * 1000)
}

/** One call, again while its failure may pass. */
export function repeat<T>(call: Asked, limits: Limits, ask: () => Promise<T>): Promise<T> {
  const moreMs = sendingMs(limits.sizeBytes ?? 0)
  return withRetries(
    call,
    async () => {
      try {
        return await ask()
      } catch (error) {
        const fault = named(translate(error, call), call)
        throw limits.stop?.aborted ? final(fault) : fault
      }
    },
    {
      log: limits.log,
      rules: { ...RULES, budgetMs: RULES.budgetMs + moreMs, tryMs: RULES.tryMs + moreMs },
    },
  )
}

/** The transport knows the request only, this file what it was for. */
function named(error: GoogleApiError, call: Asked): GoogleApiError {
  if (error.method === call.method) return error
  const message = error.message.replace(titleOf(error), titleOf(call))
  return new GoogleApiError(message, { ...error, ...call })
}

/** The same failure, not to be repeated: another file has already failed, or the run was cancelled. */
function final(error: GoogleApiError): GoogleApiError {
  return new GoogleApiError(error.message, { ...error, isRetryable: false })
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
        // 403: whoever may create and not overwrite is refused what the lost try created.
        if (mayHaveLanded && (fault.status === 412 || fault.status === 403 || isMissing(fault))) {
          const found = await landed().catch((unseen: unknown) => {
            if (fault.status === 403) return undefined
            throw unseen
          })
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
  throw notGoogles(call, 'it is something else than was asked for')
}

export function notGoogles(call: Asked, what: string): GoogleApiError {
  return new GoogleApiError(`${titleOf(call)}: the answer is not Google's: ${what}; is a proxy in between?`, {
    ...call,
    status: 200,
    reason: NOT_GOOGLES,
    isRetryable: true,
    problem: 'not-google',
    hint: 'Check HTTPS_PROXY, NO_PROXY and CLOUDSDK_API_ENDPOINT_OVERRIDES_… of this job.',
  })
}
