/**
 * What makes a view a materialized one: refresh and staleness, in REST and in OPTIONS; kept and shown. Its rows are
 * computed at each read, so they are never stale.
 */
import type { Materialized } from '../engine/records.ts'
import { invalid } from '../engine/refusals.ts'
import { count, flag, requiredText, text, type Body } from '../engine/request-body.ts'

/** https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#materializedviewdefinition */
const standard: Materialized = { enableRefresh: true, refreshIntervalMs: '1800000' }
const [shortest, longest] = [60_000, 7 * 86_400_000]

export function readMaterialized(
  given: Body,
  maxStaleness: string | undefined,
  before: Materialized = standard,
): { query: string; materialized: Materialized } {
  const interval = count(given, 'refreshIntervalMs')
  return {
    query: requiredText(given, 'query'),
    materialized: checked({
      enableRefresh: flag(given, 'enableRefresh') ?? before.enableRefresh,
      refreshIntervalMs: interval === undefined ? before.refreshIntervalMs : String(interval),
      ...staleness(maxStaleness ?? before.maxStaleness),
      ...((flag(given, 'allowNonIncrementalDefinition') ?? before.allowNonIncrementalDefinition)
        ? { allowNonIncrementalDefinition: true }
        : {}),
    }),
  }
}

const staleness = (value: string | undefined): Pick<Materialized, 'maxStaleness'> =>
  value === undefined || value === '' ? {} : { maxStaleness: value }

function checked(materialized: Materialized): Materialized {
  const interval = Number(materialized.refreshIntervalMs)
  if (interval < shortest || interval > longest)
    throw invalid('The refresh interval of a materialized view must be between one minute and seven days.')
  if (materialized.allowNonIncrementalDefinition && materialized.maxStaleness === undefined)
    throw invalid('A materialized view with allow_non_incremental_definition needs max_staleness.')
  return materialized
}

/** The options that only a materialized view has, and the others. */
export function splitMaterialized(
  options: Readonly<Record<string, unknown>>,
  before: Materialized = standard,
): { options: Record<string, unknown>; materialized: Materialized } {
  const {
    enable_refresh,
    refresh_interval_minutes,
    max_staleness,
    allow_non_incremental_definition,
    ...others
  } = options
  const minutes = refresh_interval_minutes === undefined ? undefined : Number(refresh_interval_minutes)
  const isFree = allow_non_incremental_definition ?? before.allowNonIncrementalDefinition
  return {
    options: others,
    materialized: checked({
      enableRefresh:
        enable_refresh === undefined || enable_refresh === null
          ? before.enableRefresh
          : enable_refresh === true,
      refreshIntervalMs:
        minutes === undefined ? before.refreshIntervalMs : String(Math.round(minutes * 60_000)),
      ...(max_staleness === null
        ? {}
        : staleness(max_staleness === undefined ? before.maxStaleness : String(max_staleness))),
      ...(isFree ? { allowNonIncrementalDefinition: true } : {}),
    }),
  }
}

export const showMaterialized = (query: string, materialized: Materialized): Record<string, unknown> => ({
  query,
  enableRefresh: materialized.enableRefresh,
  refreshIntervalMs: materialized.refreshIntervalMs,
  ...(materialized.allowNonIncrementalDefinition ? { allowNonIncrementalDefinition: true } : {}),
})

export const maxStalenessOf = (body: Body): string | undefined => text(body, 'maxStaleness')
