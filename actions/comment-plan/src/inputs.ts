/**
 * What the author of the workflow asks of comment-plan. It refuses a `plans` that is neither the steps context nor
 * plans by name; a step without a plan is no plan, but one that failed is told.
 */
import { InputError, wrongValue } from '../../_shared/errors.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'
import { readPlan, type NamedPlan } from './plan-document.ts'

export interface Inputs {
  readonly plans: readonly NamedPlan[]
  /** Steps that ended badly, or were not reached behind one that did, before they had a plan. */
  readonly stopped: readonly StoppedStep[]
  /** Writes nothing; puts out the digests that were reviewed. */
  readonly isReading: boolean
  /** Names of plans that must have been reviewed. */
  readonly required: readonly string[]
  readonly environment: string
  readonly pullRequest: number | undefined
  readonly author: string
  readonly token: string
  readonly isDryRun: boolean
  readonly repository: string
  readonly runId: string
  readonly runAttempt: string
  readonly sha: string
  readonly runUrl: string
}

export interface StoppedStep {
  readonly name: string
  readonly outcome: string
}

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  const environment = raw.text('environment')
  if (/[\r\n]/.test(environment) || environment.length > 255)
    throw wrongValue('environment', environment, 'the name of an environment')
  const isReading = raw.boolean('read', false)
  if (isReading && raw.text('plans') !== '')
    throw new InputError('Reading input plans: with read nothing is written; leave plans out.', {
      input: 'plans',
      accepted: 'nothing when read is true',
    })
  const required = raw.list('required-plans')
  if (!isReading && required.length > 0)
    throw new InputError('Reading input required-plans: it says what read has to find; set read as well.', {
      input: 'required-plans',
      given: required.join(', '),
      accepted: 'nothing without read',
    })
  const steps = isReading ? [] : stepsOf(raw)
  return {
    plans: steps.flatMap(({ plan }) => (plan === undefined ? [] : [plan])),
    stopped: stoppedOf(steps),
    isReading,
    required,
    environment,
    pullRequest: raw.optionalInteger('pull-request', { min: 1, max: 999_999_999_999 }),
    author: raw.text('author', 'github-actions[bot]'),
    token: raw.text('github-token'),
    isDryRun: raw.boolean('dry-run', false),
    repository: context.repository,
    runId: context.runId,
    runAttempt: context.runAttempt,
    sha: context.sha,
    runUrl: context.runUrl,
  }
}

interface GivenStep {
  readonly name: string
  readonly outcome?: string
  readonly plan?: NamedPlan
}

function stepsOf(raw: RawInputs): GivenStep[] {
  raw.required('plans')
  const given = raw.jsonObject('plans') ?? {}
  return Object.entries(given).map(([name, value]) => {
    const step = asStep(value)
    if (step === undefined) return { name, plan: readPlan(name, value, undefined) }
    const { plan, outcome } = step
    return { name, outcome, ...(plan === undefined ? {} : { plan: readPlan(name, plan, outcome) }) }
  })
}

/** A step is skipped for many reasons; behind one that ended badly it was not reached. */
function stoppedOf(steps: readonly GivenStep[]): StoppedStep[] {
  const isBad = ({ outcome }: GivenStep): boolean => outcome === 'failure' || outcome === 'cancelled'
  if (!steps.some(isBad)) return []
  return steps.flatMap(({ name, plan, outcome = '' }) =>
    plan === undefined && ['failure', 'cancelled', 'skipped'].includes(outcome) ? [{ name, outcome }] : [],
  )
}

/** A member of the steps context, or undefined for a plan by name. */
function asStep(value: unknown): { plan?: unknown; outcome?: string } | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const { outputs, outcome } = value as { outputs?: unknown; outcome?: unknown }
  if (outputs === null || typeof outputs !== 'object') return undefined
  const { plan } = outputs as { plan?: unknown }
  return {
    ...(typeof plan === 'string' && plan.trim() !== '' ? { plan } : {}),
    ...(typeof outcome === 'string' ? { outcome } : {}),
  }
}

export function noPlans(): InputError {
  return new InputError('Reading input plans: no step in it put out a plan.', {
    input: 'plans',
    accepted: '${{ toJSON(steps) }} after steps that plan, or an object from names to plans',
    hint: 'Give the steps that plan an id, and call this action after them in the same job; from another job pass their outputs by name.',
  })
}
