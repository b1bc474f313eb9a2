/** Raw strings to the Inputs of publish-views. */
import { parseLocation, parseSource, type SqlSource } from '../../_shared/bigquery-inputs.ts'
import { wrongValue } from '../../_shared/errors.ts'
import { parseMaxDeletePercent } from '../../_shared/mass-delete.ts'
import { parseOwnerLabel } from '../../_shared/ownership.ts'
import { parseExpectedPlan } from '../../_shared/plan-inputs.ts'
import type { RunContext } from '../../_shared/runner/context.ts'
import type { Inputs as RawInputs } from '../../_shared/runner/inputs.ts'

export interface Inputs extends SqlSource {
  /** '' = the project of the credentials. */
  readonly projectId: string
  readonly location: string
  /** A label value: whose the views are. */
  readonly owner: string
  /** By the input; else it is the same for every environment of the repository. */
  readonly isOwnerGiven: boolean
  readonly runId: string
  readonly isAdopting: boolean
  readonly isAuthorizing: boolean
  /** One entry for the whole dataset of the views instead of one for each view. */
  readonly isAuthorizingDatasets: boolean
  /** Sources whose access list is left alone: `dataset` or `project.dataset`. */
  readonly authorizeExcept: readonly string[]
  readonly isBreakingAllowed: boolean
  readonly isPruning: boolean
  /** Of the views of this owner, in per cent. */
  readonly maxDeletePercent: number
  readonly allowedHosts: readonly string[]
  readonly isDryRun: boolean
  readonly expectedPlan: string
}

export function parseInputs(raw: RawInputs, context: RunContext): Inputs {
  const source = parseSource(raw, context, 'bigquery/views')
  return {
    ...source,
    projectId: raw.text('project-id'),
    location: parseLocation(raw),
    owner: parseOwnerLabel(raw.text('owner'), context, source.source),
    isOwnerGiven: raw.text('owner') !== '',
    runId: context.runId,
    isAdopting: raw.boolean('adopt', false),
    isAuthorizing: raw.boolean('authorize', true),
    isAuthorizingDatasets: raw.boolean('authorize-datasets', false),
    authorizeExcept: raw.list('authorize-except').map((name) => {
      if (/^([\w.:-]+\.)?\w+$/.test(name)) return name
      throw wrongValue('authorize-except', name, 'datasets, each DATASET or PROJECT.DATASET')
    }),
    isBreakingAllowed: raw.boolean('allow-breaking', false),
    isPruning: raw.boolean('prune', false),
    maxDeletePercent: parseMaxDeletePercent(raw),
    allowedHosts: raw.lines('allow-endpoint-hosts'),
    isDryRun: raw.boolean('dry-run', false),
    expectedPlan: parseExpectedPlan(raw),
  }
}
