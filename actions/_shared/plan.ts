/**
 * Steps, plans and outcomes as values, the digest a reviewer agrees to, and the check that it still holds. It
 * refuses to know what a step does.
 */
import { createHash } from 'node:crypto'
import { ConflictError } from './errors.ts'

/**
 * One thing to do. `kind` discriminates, `target` names what it acts on, `reason` says why in a few words.
 */
export interface Step {
  readonly kind: string
  readonly target: string
  readonly reason: string
}

export interface Plan<S extends Step = Step> {
  readonly steps: readonly S[]
}

/**
 * What happened to a plan. `done` holds the finished steps in the order they ended; a failure never erases
 * them.
 */
export interface Outcome<S extends Step = Step, Result = unknown> {
  /** False after a dry run. */
  readonly isApplied: boolean
  readonly done: readonly { readonly step: S; readonly result?: Result }[]
  readonly failure?: unknown
}

/** The outcome of a dry run. */
export function notApplied<S extends Step>(_plan: Plan<S>): Outcome<S, never> {
  return { isApplied: false, done: [] }
}

/** One step after the other; the first failure ends it, beside what was done. */
export async function applyInOrder<S extends Step>(
  plan: Plan<S>,
  applyStep: (step: S) => Promise<void>,
): Promise<Outcome<S>> {
  const done: { step: S }[] = []
  try {
    for (const step of plan.steps) {
      await applyStep(step)
      done.push({ step })
    }
    return { isApplied: true, done }
  } catch (failure) {
    return { isApplied: true, done, failure }
  }
}

/** What a report says of one step. */
export function stateOf<S extends Step>(step: S, outcome: Outcome<S>): string {
  if (!outcome.isApplied) return 'planned'
  return outcome.done.some((entry) => entry.step === step) ? 'done' : 'not reached'
}

/** Closes an exhaustive switch: a new kind without its case does not compile. */
export function assertNever(value: never): never {
  throw new Error(`This cannot happen: unexpected ${JSON.stringify(value)}.`)
}

/**
 * SHA-256 (hex) over the steps with sorted keys: equal plans have equal digests, whatever order their objects
 * were built in.
 */
export function planDigest(plan: Plan): string {
  return digestOf(plan.steps)
}

/** SHA-256 (hex) of a value's canonical JSON. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

/** Passes when no plan was reviewed or the reviewed one is this one. */
export function agree(plan: Plan, expectedPlan: string | undefined): void {
  if (expectedPlan === undefined || expectedPlan === '') return
  const found = planDigest(plan)
  if (found === expectedPlan.toLowerCase()) return
  throw new ConflictError(
    `Comparing the plan with expected-plan: the plan is now ${found}, reviewed was ${expectedPlan}; look at the new plan and pass its digest.`,
    {
      step: 'expected-plan',
      expected: expectedPlan,
      found,
      problem: 'plan-changed',
      hint: 'Something changed between the dry run and this run. Run with dry-run again and review what differs.',
    },
  )
}

/** JSON with keys sorted at every level; undefined members are left out, as JSON.stringify does. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(',')}}`
  }
  return JSON.stringify(value) ?? 'null'
}
