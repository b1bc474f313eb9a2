/**
 * Carries out steps one after the other or several at once. It refuses to begin a step after a failure or a
 * cancellation, and to wait for what does not end.
 */
import pMap from 'p-map'
import { cancelled } from './errors.ts'
import type { Outcome, Plan, Step } from './plan.ts'
import type { Runner } from './runner/runner.ts'

/** What is in flight when the run is cancelled has this long to end; the report stands within five seconds. */
export const IN_FLIGHT_MS = 4_000

export interface Carrying {
  readonly cancelled: AbortSignal
  readonly log: Pick<Runner['log'], 'info'>
}

/**
 * Group after group, at most `atOnce` steps of one at a time. The first failure ends it: what is in flight ends,
 * nothing new begins, and what was done stands beside it.
 */
export async function applyGroups<S extends Step, Result = void>(
  groups: readonly (readonly S[])[],
  atOnce: number,
  applyStep: (step: S) => Promise<Result>,
  { cancelled: signal, log }: Carrying,
): Promise<Outcome<S, Result>> {
  const done: { step: S; result: Result }[] = []
  const failures: unknown[] = []
  const inFlight = new Set<S>()
  const carryOut = async (step: S): Promise<void> => {
    if (signal.aborted || failures.length > 0) return
    inFlight.add(step)
    try {
      done.push({ step, result: await applyStep(step) })
    } catch (error) {
      failures.push(error)
      log.info(`${step.kind} ${step.target}: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      inFlight.delete(step)
    }
  }
  for (const group of groups) await endWithin(pMap(group, carryOut, { concurrency: atOnce }), signal)
  // Copies: what still runs would go on writing into them.
  const outcome = { isApplied: true, done: [...done] } as const
  if (!signal.aborted) return failures.length === 0 ? outcome : { ...outcome, failure: failures[0] }
  const all = groups.flat().length
  if (done.length === all) return outcome
  return {
    ...outcome,
    unfinished: [...inFlight],
    failure: cancelled(
      'Applying the plan',
      `${done.length} of ${all} ${all === 1 ? 'step is' : 'steps are'} done${inFlight.size > 0 ? `, ${inFlight.size} did not end in time` : ''}; run again for the rest, what is done stays`,
    ),
  }
}

/** One step after the other; the first failure ends it, beside what was done. */
export function applyInOrder<S extends Step>(
  plan: Plan<S>,
  applyStep: (step: S) => Promise<void>,
  carrying: Carrying,
): Promise<Outcome<S>> {
  return applyGroups([plan.steps], 1, applyStep, carrying)
}

/** Ends with `work`, or some seconds after the run was cancelled; the answer says whether the work ended. */
export async function endWithin(
  work: Promise<unknown>,
  signal: AbortSignal,
  limitMs = IN_FLIGHT_MS,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  let onAbort = (): void => undefined
  const tooLate = new Promise<false>((resolve) => {
    onAbort = () => {
      timer = setTimeout(() => resolve(false), limitMs)
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([work.then(() => true), tooLate])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}
