/**
 * What the author of the workflow asks of comment-plan. It refuses a `plans` that is neither the steps context nor
 * plans by name; a step without a plan is no plan.
 */
import { InputError, wrongValue } from '../../_shared/errors.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'
import { readPlan, type NamedPlan } from './plan-document.ts'

export interface Inputs {
  readonly plans: readonly NamedPlan[]
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

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  const environment = raw.text('environment')
  if (/[\r\n]/.test(environment) || environment.length > 255)
    throw wrongValue('environment', environment, 'the name of an environment')
  return {
    plans: plansOf(raw),
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

function plansOf(raw: RawInputs): NamedPlan[] {
  raw.required('plans')
  const given = raw.jsonObject('plans') ?? {}
  return Object.entries(given).flatMap(([name, value]) => {
    const step = asStep(value)
    if (step === undefined) return [readPlan(name, value, undefined)]
    // A step that made no plan has nothing to show, unless it is one of ours that failed before its plan.
    if (step.plan === undefined) return []
    return [readPlan(name, step.plan, step.outcome)]
  })
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
