/**
 * What a materialized view has beside a view: how it lies, and how it is refreshed. It refuses what BigQuery cannot
 * alter where such a view is there.
 * https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#create_materialized_view_statement
 */
import type { Materialized, RangePartitioning, TimePartitioning } from '../../_shared/dataset.ts'
import type { Cursor } from '../../_shared/sql-cursor.ts'

type Partitioning = Pick<Materialized, 'timePartitioning' | 'rangePartitioning'>

/** Between the name and OPTIONS. */
export function readLayout(cursor: Cursor): Materialized {
  const partitioning = cursor.accept('PARTITION BY') ? readPartitioning(cursor) : {}
  if (!cursor.accept('CLUSTER BY')) return partitioning
  const clustering = [cursor.name()]
  while (cursor.accept(',')) clustering.push(cursor.name())
  if (clustering.length > 4) cursor.refuse('BigQuery clusters by at most four columns')
  return { ...partitioning, clustering }
}

function readPartitioning(cursor: Cursor): Partitioning {
  if (cursor.accept('RANGE_BUCKET (')) return { rangePartitioning: readRange(cursor) }
  const call = ['DATE', 'DATE_TRUNC', 'DATETIME_TRUNC', 'TIMESTAMP_TRUNC'].find((name) =>
    cursor.accept(`${name} (`),
  )
  const field = cursor.name()
  if (call === undefined) return { timePartitioning: { type: 'DAY', field } }
  let type = 'DAY'
  if (call !== 'DATE') {
    cursor.expect(',')
    type =
      ['HOUR', 'DAY', 'MONTH', 'YEAR'].find((unit) => cursor.accept(unit)) ??
      cursor.refuse(`expected HOUR, DAY, MONTH or YEAR, found ${cursor.next().slice(0, 40)}`)
  }
  cursor.expect(')')
  return { timePartitioning: { type, field } }
}

function readRange(cursor: Cursor): RangePartitioning {
  const field = cursor.name()
  cursor.expect(',')
  cursor.expect('GENERATE_ARRAY')
  cursor.expect('(')
  const bounds = [readWhole(cursor)]
  while (cursor.accept(',')) bounds.push(readWhole(cursor))
  cursor.expect(')')
  cursor.expect(')')
  const [start, end, interval = 1] = bounds
  if (start === undefined || end === undefined || bounds.length > 3)
    return cursor.refuse('GENERATE_ARRAY needs a start, an end and an interval')
  return { field, range: { start: String(start), end: String(end), interval: String(interval) } }
}

function readWhole(cursor: Cursor): number {
  const number = cursor.accept('-') ? -cursor.number() : cursor.number()
  return Number.isInteger(number) ? number : cursor.refuse('expected a whole number')
}

/** @returns undefined for an option that every view has. */
export function readRefresh(cursor: Cursor, option: string): Materialized | undefined {
  switch (option) {
    case 'enable_refresh':
      return { enableRefresh: readBoolean(cursor, option) }
    case 'allow_non_incremental_definition':
      return { allowNonIncrementalDefinition: readBoolean(cursor, option) }
    case 'refresh_interval_minutes':
      return { refreshIntervalMs: String(Math.round(cursor.number() * 60_000)) }
    case 'max_staleness':
      return { maxStaleness: readInterval(cursor) }
    default:
      return undefined
  }
}

const readBoolean = (cursor: Cursor, option: string): boolean =>
  cursor.accept('TRUE') || (cursor.accept('FALSE') ? false : cursor.refuse(`${option} is TRUE or FALSE`))

/** Years, months, days, hours, minutes, seconds. */
const PARTS = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND']

/** @returns as BigQuery spells it: `0-0 0 4:0:0`. */
function readInterval(cursor: Cursor): string {
  cursor.expect('INTERVAL')
  const value = /^['"]/.test(cursor.next()) ? cursor.text() : String(cursor.number())
  const part = (): number => {
    const index = PARTS.findIndex((name) => cursor.accept(name))
    return index >= 0
      ? index
      : cursor.refuse(`expected ${PARTS.join(', ')}, found ${cursor.next().slice(0, 40)}`)
  }
  const from = part()
  const to = cursor.accept('TO') ? part() : from
  const numbers = value.split(/[-: ]/)
  if (numbers.length !== to - from + 1 || !numbers.every((number) => /^\d{1,6}$/.test(number)))
    cursor.refuse(`${JSON.stringify(value.slice(0, 40))} is no interval of these parts`)
  const all = PARTS.map((_part, index) => (index < from || index > to ? 0 : Number(numbers[index - from])))
  return spelledInterval(all)
}

const spelledInterval = ([years, months, days, ...time]: readonly number[]): string =>
  `${years}-${months} ${days} ${time.join(':')}`

const plain = (interval: string | undefined): string => {
  const numbers = (interval ?? '').split(/[-: ]/).map((number) => Number(number))
  return numbers.length === PARTS.length && numbers.every((number) => !Number.isNaN(number))
    ? spelledInterval(numbers)
    : (interval ?? '')
}

export interface MaterializedChange {
  /** What changes in place. */
  readonly patch: Materialized
  readonly reasons: readonly string[]
  /** What only a new view could have. */
  readonly fixed: readonly string[]
}

export function compareMaterialized(
  was: Materialized,
  is: Materialized,
  isSameQuery: boolean,
): MaterializedChange {
  const patch: { -readonly [Key in keyof Materialized]: Materialized[Key] } = {}
  const reasons: string[] = []
  const fixed = isSameQuery ? [] : ['its query']
  if (is.enableRefresh !== undefined && is.enableRefresh !== (was.enableRefresh ?? true)) {
    patch.enableRefresh = is.enableRefresh
    reasons.push(is.enableRefresh ? 'is refreshed by itself' : 'is not refreshed by itself any more')
  }
  if (is.refreshIntervalMs !== undefined && is.refreshIntervalMs !== (was.refreshIntervalMs ?? '1800000')) {
    patch.refreshIntervalMs = is.refreshIntervalMs
    reasons.push(`is refreshed every ${Number(is.refreshIntervalMs) / 60_000} minutes`)
  }
  if (is.maxStaleness !== undefined && is.maxStaleness !== plain(was.maxStaleness)) {
    patch.maxStaleness = is.maxStaleness
    reasons.push(`may be stale for ${is.maxStaleness}`)
  }
  if ((is.allowNonIncrementalDefinition ?? false) !== (was.allowNonIncrementalDefinition ?? false))
    fixed.push('allow_non_incremental_definition')
  if (partitioningOf(was) !== partitioningOf(is)) fixed.push('its partitions')
  if ((was.clustering ?? []).join().toLowerCase() !== (is.clustering ?? []).join().toLowerCase())
    fixed.push('its clustering')
  return { patch, reasons, fixed }
}

function partitioningOf({ timePartitioning, rangePartitioning }: Partitioning): string {
  const { type, field }: Partial<TimePartitioning> = timePartitioning ?? {}
  const { field: ranged, range } = rangePartitioning ?? {}
  return [type, field ?? ranged, range?.start, range?.end, range?.interval].join(' ').toLowerCase()
}
