/** Refuses a plan that would delete much of what one owner has; what shall go all the same, an input says. */
import { few } from './amounts.ts'
import { RefusedError } from './errors.ts'

/** Fewer may always go: a folder moved or renamed is no reason to ask. */
const MANY = 10

export function refuseMassDelete(
  gone: readonly string[],
  owned: number,
  maxPercent: number,
  said: {
    /** What the run was doing. */
    readonly doing: string
    readonly noun: string
    /** Where to look for the mistake. */
    readonly check: string
  },
): RefusedError | undefined {
  if (gone.length < MANY || gone.length * 100 <= owned * maxPercent) return undefined
  return new RefusedError(
    `${said.doing}: ${gone.length} of ${owned} ${said.noun}${owned === 1 ? '' : 's'} would be deleted, more than ${maxPercent} %: ${few(gone)}.`,
    {
      what: 'deleting much at once',
      allowedBy: 'max-delete-percent',
      problem: 'mass-delete',
      hint: `${said.check} If they shall go, set max-delete-percent: ${Math.ceil((gone.length / owned) * 100)} for this run.`,
    },
  )
}

export const parseMaxDeletePercent = (raw: {
  integer(name: string, range: { min: number; max: number; fallback: number }): number
}): number => raw.integer('max-delete-percent', { min: 0, max: 100, fallback: 30 })
