/** Raw strings to the Inputs of apply-ddl. */
import { parseLocation, parseSource, type SqlSource } from '../../_shared/bigquery-inputs.ts'
import { parseOwnerLabel } from '../../_shared/ownership.ts'
import { parseExpectedPlan } from '../../_shared/plan-inputs.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'

export interface Inputs extends SqlSource {
  /** '' = the project of the credentials. */
  readonly projectId: string
  readonly location: string
  /** A label value: whose the tables are. */
  readonly owner: string
  readonly isAdopting: boolean
  /** For the ledger: the run with its attempt, and the commit it runs for. */
  readonly runId: string
  readonly commit: string
  readonly isBreakingAllowed: boolean
  readonly isDestructiveAllowed: boolean
  readonly allowedHosts: readonly string[]
  readonly isDryRun: boolean
  readonly expectedPlan: string
}

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  const source = parseSource(raw, context, 'bigquery/ddl')
  return {
    ...source,
    projectId: raw.text('project-id'),
    location: parseLocation(raw),
    owner: parseOwnerLabel(raw.text('owner'), context, source.source),
    isAdopting: raw.boolean('adopt', false),
    runId: [context.runId, context.runAttempt].filter(Boolean).join('-'),
    commit: context.sha,
    isBreakingAllowed: raw.boolean('allow-breaking', false),
    isDestructiveAllowed: raw.boolean('allow-destructive', false),
    allowedHosts: raw.lines('allow-endpoint-hosts'),
    isDryRun: raw.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(raw),
  }
}
