/** Raw strings to the Inputs of apply-ddl. */
import { parseLocation, parseSource, type SqlSource } from '../../_shared/bigquery-inputs.ts'
import { parseExpectedPlan } from '../../_shared/plan-inputs.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'

export interface Inputs extends SqlSource {
  /** '' = the project of the credentials. */
  readonly projectId: string
  readonly location: string
  /** The repository whose files these are. */
  readonly owner: string
  readonly isBreakingAllowed: boolean
  readonly isDestructiveAllowed: boolean
  readonly allowedHosts: readonly string[]
  readonly isDryRun: boolean
  readonly expectedPlan: string
}

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  return {
    ...parseSource(raw, context, 'bigquery/ddl'),
    projectId: raw.text('project-id'),
    location: parseLocation(raw),
    owner: context.repository,
    isBreakingAllowed: raw.boolean('allow-breaking', false),
    isDestructiveAllowed: raw.boolean('allow-destructive', false),
    allowedHosts: raw.lines('allow-endpoint-hosts'),
    isDryRun: raw.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(raw),
  }
}
