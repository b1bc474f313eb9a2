/**
 * Reads PARTITION BY and CLUSTER BY; it refuses columns and units that BigQuery does not partition or cluster by.
 * https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#partition_expression
 */
import type { Column, RangePartitioning, TimePartitioning } from '../../_shared/dataset.ts'
import type { Cursor } from '../../_shared/sql-cursor.ts'
import { columnOf, list } from './columns.ts'

export interface Partitioning {
  /** Without its expiration; without a field it is by ingestion time. */
  readonly timePartitioning?: Pick<TimePartitioning, 'type' | 'field'>
  readonly rangePartitioning?: RangePartitioning
}

/** What a function truncates → the units it may truncate to. */
const CALLS: Readonly<
  Record<string, { readonly types: readonly string[]; readonly units: readonly string[] }>
> = {
  DATE: { types: ['TIMESTAMP', 'DATETIME'], units: [] },
  DATE_TRUNC: { types: ['DATE'], units: ['DAY', 'MONTH', 'YEAR'] },
  DATETIME_TRUNC: { types: ['DATETIME'], units: ['HOUR', 'DAY', 'MONTH', 'YEAR'] },
  TIMESTAMP_TRUNC: { types: ['TIMESTAMP'], units: ['HOUR', 'DAY', 'MONTH', 'YEAR'] },
}
const CLUSTERABLE = [
  'BIGNUMERIC',
  'BOOLEAN',
  'BYTES',
  'DATE',
  'DATETIME',
  'GEOGRAPHY',
  'INTEGER',
  'NUMERIC',
  'STRING',
  'TIMESTAMP',
]

export function readPartitioning(cursor: Cursor, columns: readonly Column[]): Partitioning {
  if (cursor.accept('RANGE_BUCKET (')) return { rangePartitioning: readRange(cursor, columns) }
  if (cursor.accept('_PARTITIONDATE')) return { timePartitioning: { type: 'DAY' } }
  const call = Object.keys(CALLS).find((name) => cursor.accept(`${name} (`))
  const pseudo = ['_PARTITIONTIME', '_PARTITIONDATE'].find((name) => cursor.accept(name))
  if (pseudo !== undefined) return { timePartitioning: { type: readUnit(cursor, call, pseudo) } }
  const field = columnOf(cursor, columns, cursor.name())
  const type = field.mode === 'REPEATED' ? 'ARRAY' : field.type
  if (call === undefined) {
    if (type !== 'DATE')
      cursor.refuse(
        `PARTITION BY ${field.name} needs a DATE column; other types are supported as DATE(…), TIMESTAMP_TRUNC(…), DATETIME_TRUNC(…) or RANGE_BUCKET(…)`,
      )
    return { timePartitioning: { type: 'DAY', field: field.name } }
  }
  if (!CALLS[call]!.types.includes(type))
    cursor.refuse(`${call}(${field.name}) partitions by ${CALLS[call]!.types.join(' or ')}, not by ${type}`)
  return { timePartitioning: { type: readUnit(cursor, call, field.name), field: field.name } }
}

function readUnit(cursor: Cursor, call: string | undefined, of: string): string {
  if (call === undefined) return cursor.refuse(`${of} needs DATE(…) or TIMESTAMP_TRUNC(…, unit)`)
  if (of.startsWith('_') && call === 'DATETIME_TRUNC') cursor.refuse(`${call} does not take ${of}`)
  let unit = 'DAY'
  const { units } = CALLS[call]!
  if (units.length > 0) {
    cursor.expect(',')
    unit =
      units.find((part) => cursor.accept(part)) ??
      cursor.refuse(`expected ${units.join(', ')}, found ${cursor.next().slice(0, 40)}`)
  }
  cursor.expect(')')
  return unit
}

/** RANGE_BUCKET(column, GENERATE_ARRAY(start, end[, interval])). */
function readRange(cursor: Cursor, columns: readonly Column[]): RangePartitioning {
  const field = columnOf(cursor, columns, cursor.name())
  if (field.type !== 'INTEGER' || field.mode === 'REPEATED')
    cursor.refuse(`RANGE_BUCKET partitions by INT64, not by ${field.type}`)
  cursor.expect(',')
  cursor.expect('GENERATE_ARRAY')
  cursor.expect('(')
  const bounds = list(cursor, () => (cursor.accept('-') ? -cursor.number() : cursor.number()))
  cursor.expect(')')
  cursor.expect(')')
  const [start = 0, end = 0, interval = 1] = bounds
  if (
    bounds.length < 2 ||
    bounds.length > 3 ||
    !bounds.every(Number.isInteger) ||
    interval <= 0 ||
    end <= start
  )
    cursor.refuse('GENERATE_ARRAY needs whole numbers: start, a greater end, and an interval above 0')
  if ((end - start) / interval > 10_000) cursor.refuse('BigQuery has at most 10,000 partitions')
  return {
    field: field.name,
    range: { start: String(start), end: String(end), interval: String(interval) },
  }
}

export function readClustering(cursor: Cursor, columns: readonly Column[]): readonly string[] {
  const clustering = list(cursor, () => {
    const { name, type, mode } = columnOf(cursor, columns, cursor.name())
    if (mode === 'REPEATED' || !CLUSTERABLE.includes(type))
      cursor.refuse(
        `BigQuery does not cluster by ${mode === 'REPEATED' ? 'an ARRAY' : type} (column ${name})`,
      )
    return name
  })
  if (clustering.length > 4) cursor.refuse('BigQuery clusters by at most four columns')
  if (new Set(clustering).size < clustering.length) cursor.refuse('a column stands twice in CLUSTER BY')
  return clustering
}
