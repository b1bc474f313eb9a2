/**
 * Steps, plans and outcomes as values, the digest a reviewer agrees to, and the check that it still holds. It
 * refuses to know what a step does.
 */
import { createHash } from 'node:crypto'
import { ConflictError, type RefusedError } from './errors.ts'
import { hideNamedWords, hideSecrets } from './secrets.ts'

/**
 * One thing to do. `kind` discriminates, `target` names what it acts on, `reason` says why in a few words. What
 * else a step holds is for `apply`; it is part of the digest and is not put out.
 */
export interface Step {
  readonly kind: string
  readonly target: string
  readonly reason: string
  /** What is there and what will be, as text that can be compared line by line: a query, a schema, a list. */
  readonly before?: string
  readonly after?: string
  /** What the step moves or reads, where that is known. Not part of the digest: rows arrive every day. */
  readonly bytes?: number
  /** What that costs on demand in US dollars, where it is known. Not part of the digest either. */
  readonly cost?: number
}

export interface Plan<S extends Step = Step> {
  /**
   * Where: the project and what in it, each by its name in Google's words (`project`, `environment`, `bucket`,
   * `location`, `dataset`). A plan reviewed for one place is refused at another.
   */
  readonly target: Readonly<Record<string, string>>
  /** In whose name; '' where nothing is owned. */
  readonly owner: string
  readonly steps: readonly S[]
  /** How many things are as they should be and have no step. */
  readonly unchanged?: number
  /**
   * What a reviewer agrees to, where steps also hold what every run makes anew (a batch's id). Absent: the steps.
   */
  readonly agreedOn?: unknown
  /** Why it must not be applied as it is; a dry run shows it all the same. */
  readonly refusal?: RefusedError
}

/**
 * What happened to a plan. `done` holds the finished steps in the order they ended; a failure never erases
 * them.
 */
export interface Outcome<S extends Step = Step, Result = unknown> {
  /** False after a dry run. */
  readonly isApplied: boolean
  readonly done: readonly { readonly step: S; readonly result?: Result; readonly found?: Found }[]
  /** Begun, and still under way when the run had to end: what became of them is not known. */
  readonly unfinished?: readonly S[]
  readonly failure?: unknown
}

/** What a step was for and only its end could tell: shown instead of what was planned. */
export type Found = Partial<Pick<Step, 'reason' | 'before' | 'after'>>

/** The output `plan`: docs/schemas/plan.schema.json. */
export interface PlanDocument {
  readonly schemaVersion: 1
  readonly action: string
  readonly target: Readonly<Record<string, string>>
  readonly owner: string
  readonly steps: readonly (Pick<
    Step,
    'kind' | 'target' | 'reason' | 'before' | 'after' | 'bytes' | 'cost'
  > & {
    readonly state: StepState
  })[]
  /** Steps of each kind; `keep` also counts what needs no step. */
  readonly counts: Readonly<Record<string, number>>
  readonly digest: string
  /** Left out for length: first `before` and `after` of every step, then the last steps. */
  readonly isTruncated?: true
  /** Over all steps, where some were left out. */
  readonly totals?: Totals
  /** Why an apply of it is refused. */
  readonly refusal?: string
}

export interface Totals {
  /** Of the steps that change something. */
  readonly states: Readonly<Partial<Record<StepState, number>>>
  readonly bytes?: number
  readonly cost?: number
}

/**
 * A later step gets its inputs as environment variables, and Linux takes 128 kB for one: `toJSON(steps)` with a plan
 * of each action of this set has to fit.
 */
const DOCUMENT_LIMIT = 16_000
/** A sentence, not all the names in it. */
const REFUSAL_LIMIT = 500

/** The outcome of a dry run. */
export function notApplied<S extends Step>(_plan: Plan<S>): Outcome<S, never> {
  return { isApplied: false, done: [] }
}

export type StepState = 'planned' | 'done' | 'unfinished' | 'not reached'

/** What is said of each step of a plan, by report and document alike. */
export function statesOf<S extends Step>(outcome: Outcome<S>): (step: S) => StepState {
  if (!outcome.isApplied) return () => 'planned'
  const done = new Set(outcome.done.map(({ step }) => step))
  const unfinished = new Set(outcome.unfinished)
  return (step) => (done.has(step) ? 'done' : unfinished.has(step) ? 'unfinished' : 'not reached')
}

/** Closes an exhaustive switch: a new kind without its case does not compile. */
export function assertNever(value: never): never {
  throw new Error(`This cannot happen: unexpected ${JSON.stringify(value)}.`)
}

/**
 * SHA-256 (hex) over the action, where, in whose name, and the steps, with sorted keys: equal plans have equal
 * digests, whatever order their objects were built in.
 */
export function planDigest(action: string, plan: Plan): string {
  const { target, owner } = plan
  const steps = plan.agreedOn ?? plan.steps.map(({ bytes: _bytes, cost: _cost, ...step }) => step)
  return digestOf({ action, target, owner, steps })
}

/** SHA-256 (hex) of a value's canonical JSON. */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}

/** The plan, and what became of its steps, as it is put out. */
export function describePlan(action: string, plan: Plan, outcome: Outcome = notApplied(plan)): PlanDocument {
  const counts: Record<string, number> = plan.unchanged === undefined ? {} : { keep: plan.unchanged }
  for (const { kind } of plan.steps) counts[kind] = (counts[kind] ?? 0) + 1
  const stateOf = statesOf(outcome)
  const found = new Map(outcome.done.map((end) => [end.step, end.found]))
  const steps = plan.steps.map((step) => {
    const { kind, target, reason, before, after, bytes, cost } = { ...step, ...found.get(step) }
    const shown = (text: string | undefined) => text && hideSecrets(text)
    return {
      kind,
      // A name, or a command as its author wrote it.
      target: hideSecrets(hideNamedWords(target)),
      reason: hideSecrets(reason),
      before: shown(before),
      after: shown(after),
      bytes,
      cost,
      state: stateOf(step),
    }
  })
  const { target, owner, refusal } = plan
  const isRefused = refusal !== undefined && !outcome.isApplied
  const whole: PlanDocument = {
    schemaVersion: 1,
    action,
    target,
    owner,
    steps,
    counts,
    digest: planDigest(action, plan),
    ...(isRefused ? { refusal: hideSecrets(refusal.message).slice(0, REFUSAL_LIMIT) } : {}),
  }
  if (lengthOf(whole) <= DOCUMENT_LIMIT) return whole
  const short = steps.map(({ before: _before, after: _after, ...step }) => step)
  const totals = totalsOf(short)
  let room = DOCUMENT_LIMIT - lengthOf({ ...whole, steps: [], isTruncated: true, totals })
  const end = short.findIndex((step) => (room -= lengthOf(step) + 1) < 0)
  if (end < 0) return { ...whole, steps: short, isTruncated: true }
  return { ...whole, steps: short.slice(0, end), isTruncated: true, totals }
}

/** What the steps come to together: of these alone where none was left out. */
export function totalsOf(steps: PlanDocument['steps']): Totals {
  const states: Partial<Record<StepState, number>> = {}
  for (const { kind, state } of steps) if (kind !== 'keep') states[state] = (states[state] ?? 0) + 1
  const sum = (amount: 'bytes' | 'cost'): number | undefined =>
    steps.reduce<number | undefined>(
      (total, { [amount]: own }) => (own === undefined ? total : (total ?? 0) + own),
      undefined,
    )
  return { states, bytes: sum('bytes'), cost: sum('cost') }
}

const lengthOf = (value: unknown): number => JSON.stringify(value).length

/**
 * Passes when no plan was reviewed, the reviewed one is this one, or nothing is left to do: what stopped half way is
 * run again with the same digests.
 */
export function agree(action: string, plan: Plan, expectedPlan: string | undefined): void {
  if (expectedPlan === undefined || expectedPlan === '') return
  if (plan.steps.every(({ kind }) => kind === 'keep')) return
  const found = planDigest(action, plan)
  if (found === expectedPlan.toLowerCase()) return
  throw new ConflictError(
    `Comparing the plan with expected-plan: the plan is now ${found}, reviewed was ${expectedPlan}; look at the new plan and pass its digest.`,
    {
      step: 'expected-plan',
      expected: expectedPlan,
      found,
      problem: 'plan-changed',
      hint: 'Something changed between the dry run and this run, or the plan was reviewed for another place or owner. Run with dry-run again and review what differs.',
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
