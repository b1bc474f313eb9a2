/**
 * Reads the driver's output beside the waiting, and to its end after it. It refuses to hold up the waiting, and to
 * lose lines without a word.
 */
import { GoogleApiError } from '../../_shared/errors.ts'
import { pause } from '../../_shared/google/retry.ts'
import type { ObjectStorage } from '../../_shared/google/storage.ts'
import type { Runner } from '../../_shared/run.ts'
import { followOutput, type DriverOutput } from './driver-output.ts'
import { isRefusal } from './patience.ts'

/** The last part is complete when nothing new came this often. */
const QUIET_LOOKS = 3
/** How long reading may go on failing after the end. */
const FAILING_MS = 30_000
const REFUSALS = 3

export interface Follower extends Pick<DriverOutput, 'tail' | 'signs'> {
  /** Reads what is new, beside whatever else goes on. */
  drainSoon(outputUri: string | undefined): void
  /** Reads until nothing new comes; says what could not be read. */
  settle(outputUri: string | undefined): Promise<void>
}

export function openFollower(
  storage: ObjectStorage,
  runner: Pick<Runner, 'log' | 'cancelled'>,
  settleMs: number,
): Follower {
  const output = followOutput(storage, (line) => runner.log.info(`│ ${line}`))
  let draining: Promise<unknown> | undefined
  let refusals = 0
  const isRefused = (error: unknown) => error instanceof GoogleApiError && isRefusal(error)
  const drain = async (outputUri: string): Promise<number> => {
    try {
      const fresh = await output.drain(outputUri)
      refusals = 0
      return fresh
    } catch (error) {
      refusals = isRefused(error) ? refusals + 1 : 0
      throw error
    }
  }
  return {
    get tail() {
      return output.tail
    },
    get signs() {
      return output.signs
    },
    drainSoon: (outputUri) => {
      if (outputUri === undefined || draining !== undefined || refusals >= REFUSALS) return
      draining = drain(outputUri)
        // What fails now is tried again, and told at the end.
        .catch(() => undefined)
        .finally(() => {
          draining = undefined
        })
    },
    settle: async (outputUri) => {
      if (outputUri === undefined) return
      let failure: unknown
      let failingSinceMs = Date.now()
      if (draining !== undefined) await limited(draining).catch(() => undefined)
      for (let quiet = 0; ;) {
        try {
          const fresh = await limited(drain(outputUri))
          quiet = fresh > 0 ? 0 : quiet + 1
          failure = undefined
          failingSinceMs = Date.now()
        } catch (error) {
          failure = error
        }
        const hasSettled = failure === undefined && (quiet >= QUIET_LOOKS || settleMs === 0)
        const isGivenUp =
          failure !== undefined && (refusals >= REFUSALS || Date.now() - failingSinceMs > FAILING_MS)
        if (hasSettled || isGivenUp || runner.cancelled.aborted) break
        await pause(Math.max(200, settleMs / QUIET_LOOKS), runner.cancelled)
      }
      output.flush()
      if (failure !== undefined)
        runner.log.warning(
          `The driver's output could not be read to its end and lines may be missing; it is at ${outputUri}.*: ${failure instanceof Error ? failure.message : JSON.stringify(failure)}`,
        )
    },
  }
}

/** A reading that hangs is a reading that failed. */
async function limited<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, fail) => {
        timer = setTimeout(() => fail(new Error(`no answer for ${FAILING_MS / 1000} s`)), FAILING_MS)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}
