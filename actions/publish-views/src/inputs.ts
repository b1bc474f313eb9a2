/** Raw strings to the Inputs of publish-views; it refuses a source outside the workspace. */
import path from 'node:path'
import { InputError, wrongValue } from '../../_shared/errors.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'

/** Marks what this action published, so that pruning never touches anyone else's view. */
export const OWNER_LABEL = { 'managed-by': 'clickstream-actions' } as const

export interface Inputs {
  /** Absolute. */
  readonly sourceDir: string
  /** Relative to the workspace, forward slashes. */
  readonly source: string
  /** '' = the project of the credentials. */
  readonly projectId: string
  readonly location: string
  readonly isAuthorizing: boolean
  readonly isBreakingAllowed: boolean
  readonly isPruning: boolean
  readonly allowEndpointHosts: readonly string[]
  readonly isDryRun: boolean
  readonly expectedPlan: string
}

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  const given = raw.text('source', 'bigquery/views')
  const sourceDir = path.resolve(context.workspace, given)
  const source = path.relative(context.workspace, sourceDir)
  if (source.startsWith('..') || path.isAbsolute(source)) {
    throw new InputError(`Reading input source: ${given} is outside the workspace; give a folder of the checkout.`, { input: 'source', given, accepted: 'a folder inside the workspace', problem: 'workspace-path' })
  }
  const location = raw.required('location')
  if (!/^[A-Za-z]+(-[a-z]+\d+)?$/.test(location)) throw wrongValue('location', location, 'a BigQuery location such as EU or us-central1')
  return {
    sourceDir, source: source.split(path.sep).join('/'), projectId: raw.text('project-id'), location,
    isAuthorizing: raw.boolean('authorize', true), isBreakingAllowed: raw.boolean('allow-breaking', false), isPruning: raw.boolean('prune', false),
    allowEndpointHosts: raw.lines('allow-endpoint-hosts'), isDryRun: raw.boolean('dry-run', false), expectedPlan: raw.text('expected-plan'),
  }
}
