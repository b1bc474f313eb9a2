/**
 * Reads the output `plan` of an action as untrusted text. It refuses whatever is not of schemaVersion 1, and takes
 * no member on trust.
 */
import { InputError } from '../../_shared/errors.ts'
import type { PlanDocument, StepState } from '../../_shared/plan.ts'

export interface NamedPlan {
  readonly name: string
  readonly document: PlanDocument
  /** success, failure, cancelled or skipped, where the steps context says it. */
  readonly outcome?: string
}

const STATES: readonly StepState[] = ['planned', 'done', 'unfinished', 'not reached']

export function readPlan(name: string, value: unknown, outcome: string | undefined): NamedPlan {
  const parsed = typeof value === 'string' ? parse(name, value) : value
  if (!isPlan(parsed)) throw wrong(name, 'it is no plan of schemaVersion 1')
  return { name, document: parsed, ...(outcome === undefined ? {} : { outcome }) }
}

function parse(name: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw wrong(name, 'it is not JSON')
  }
}

function isPlan(value: unknown): value is PlanDocument {
  if (value === null || typeof value !== 'object') return false
  const { schemaVersion, action, target, owner, steps, counts, digest, totals, refusal } = value as Record<
    string,
    unknown
  >
  return (
    schemaVersion === 1 &&
    [action, owner].every((text) => typeof text === 'string') &&
    isRecordOf(target, 'string') &&
    isRecordOf(counts, 'number') &&
    typeof digest === 'string' &&
    /^[0-9a-f]{64}$/.test(digest) &&
    Array.isArray(steps) &&
    steps.every(isStep) &&
    (totals === undefined || isTotals(totals)) &&
    (refusal === undefined || typeof refusal === 'string')
  )
}

function isTotals(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  const { states, bytes, cost } = value as Record<string, unknown>
  return isRecordOf(states, 'number') && [bytes, cost].every(isAmount)
}

const isAmount = (value: unknown): boolean => value === undefined || typeof value === 'number'

function isStep(value: unknown): boolean {
  if (value === null || typeof value !== 'object') return false
  const { kind, target, reason, before, after, bytes, cost, state } = value as Record<string, unknown>
  return (
    [kind, target, reason].every((text) => typeof text === 'string') &&
    [before, after].every((text) => text === undefined || typeof text === 'string') &&
    [bytes, cost].every(isAmount) &&
    STATES.some((known) => known === state)
  )
}

const isRecordOf = (value: unknown, type: 'string' | 'number'): boolean =>
  value !== null &&
  typeof value === 'object' &&
  Object.values(value).every((member) => typeof member === type)

function wrong(name: string, what: string): InputError {
  return new InputError(
    `Reading input plans: ${JSON.stringify(name.slice(0, 60))} does not hold a plan: ${what}.`,
    {
      input: 'plans',
      accepted: 'the output plan of an action of this set',
      hint: 'Pass the output as it is, at the same version as this action: plan: ${{ steps.ID.outputs.plan }}.',
    },
  )
}
