/** Raw strings to the Inputs of publish-views. */
import { parseLocation, parseSource, type SqlSource } from '../../_shared/bigquery-inputs.ts'
import { parseExpectedPlan } from '../../_shared/plan-inputs.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'

/** Marks what this action published, so that pruning never touches anyone else's view. */
export const OWNER_LABEL = { 'managed-by': 'clickstream-actions' } as const

export interface Inputs extends SqlSource {
  /** '' = the project of the credentials. */
  readonly projectId: string
  readonly location: string
  /** The repository whose files these are. */
  readonly owner: string
  readonly isAuthorizing: boolean
  readonly isBreakingAllowed: boolean
  readonly isPruning: boolean
  readonly allowedHosts: readonly string[]
  readonly isDryRun: boolean
  readonly expectedPlan: string
}

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  return {
    ...parseSource(raw, context, 'bigquery/views'),
    projectId: raw.text('project-id'),
    location: parseLocation(raw),
    owner: context.repository,
    isAuthorizing: raw.boolean('authorize', true),
    isBreakingAllowed: raw.boolean('allow-breaking', false),
    isPruning: raw.boolean('prune', false),
    allowedHosts: raw.lines('allow-endpoint-hosts'),
    isDryRun: raw.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(raw),
  }
}
