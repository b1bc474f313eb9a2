/**
 * Partition ids (`20150503`) as predicates over a table's partition column; refuses ids that do not fit the
 * table.
 */
import type { FieldSchema, TableReference } from '../sql/types.ts'
import { legacyTypeName } from './data-types.ts'
import { quoteName, showTable } from './names.ts'
import { ARRIVAL, type TableRecord } from './records.ts'
import { invalid, unsupported } from './refusals.ts'

/** `t$20150503` names one partition of t. */
export function splitDecorator(tableId: string): { tableId: string; partitionId?: string } {
  const at = tableId.indexOf('$')
  if (at < 0) return { tableId }
  return { tableId: tableId.slice(0, at), partitionId: tableId.slice(at + 1) }
}

export function withoutDecorator(reference: TableReference): {
  reference: TableReference
  partitionId?: string
} {
  const { tableId, partitionId } = splitDecorator(reference.tableId)
  return { reference: { ...reference, tableId }, ...(partitionId === undefined ? {} : { partitionId }) }
}

/** The column that partitions a table, by time or by range; the one of arrival stands in no schema. */
export function partitionField(
  table: Pick<TableRecord, 'schema' | 'partitioning' | 'range'>,
): FieldSchema | undefined {
  const name = table.partitioning?.field ?? table.range?.field
  if (name === ARRIVAL) return { name, type: 'TIMESTAMP', mode: 'NULLABLE' }
  return table.schema.find((field) => field.name === name)
}

/** The id of a row's partition as BigQuery spells it, in DuckDB. */
export function partitionIdOf(table: Pick<TableRecord, 'schema' | 'partitioning' | 'range'>): string {
  const field = partitionField(table)
  if (!field) throw new Error('the table is not partitioned')
  const column = quoteName(field.name)
  if (table.range) {
    const { start, end, interval } = table.range.range
    const at = `${start} + ((${column} - ${start}) // ${interval}) * ${interval}`
    return `CASE WHEN ${column} IS NULL THEN '__NULL__' WHEN ${column} < ${start} OR ${column} >= ${end} THEN '__UNPARTITIONED__' ELSE CAST(${at} AS VARCHAR) END`
  }
  const source =
    legacyTypeName(field.type) === 'DATE'
      ? column
      : legacyTypeName(field.type) === 'TIMESTAMP'
        ? `make_timestamp(epoch_us(${column}))`
        : column
  return `coalesce(strftime(${source}, '${partitionFormats[table.partitioning!.type]}'), '__NULL__')`
}

export const partitionFormats: Readonly<Record<string, string>> = {
  DAY: '%Y%m%d',
  HOUR: '%Y%m%d%H',
  MONTH: '%Y%m',
  YEAR: '%Y',
}

const lengths: Readonly<Record<string, number>> = { YEAR: 4, MONTH: 6, DAY: 8, HOUR: 10 }

/** A DuckDB predicate that holds for exactly the rows of the partition. */
export function partitionPredicate(
  table: Pick<TableRecord, 'reference' | 'schema' | 'partitioning' | 'range'>,
  partitionId: string,
): string {
  if (table.range) return rangePredicate(table, partitionId)
  if (!table.partitioning)
    throw invalid(
      `Table ${showTable(table.reference)} is not partitioned: the decorator $${partitionId} cannot be used.`,
    )
  const { field, type } = table.partitioning
  const column = quoteName(field)
  if (partitionId === '__NULL__') return `${column} IS NULL`
  const literal = partitionStart(table, partitionId)
  const isDate = legacyTypeName(partitionField(table)?.type ?? '') === 'DATE'
  const end = isDate ? `CAST(${literal} + INTERVAL 1 ${type} AS DATE)` : `${literal} + INTERVAL 1 ${type}`
  return `(${column} >= ${literal} AND ${column} < ${end})`
}

/** Where a partition by time begins, as a DuckDB literal of the type of its column. */
export function partitionStart(
  table: Pick<TableRecord, 'reference' | 'schema' | 'partitioning'>,
  partitionId: string,
): string {
  const { type } = table.partitioning!
  if (partitionId === '__UNPARTITIONED__') throw unsupported('The partition __UNPARTITIONED__')
  const wanted = lengths[type]!
  if (!/^\d+$/.test(partitionId) || partitionId.length !== wanted)
    throw invalid(
      `Invalid partition id $${partitionId} for table ${showTable(table.reference)} partitioned by ${type}.`,
    )
  const [year, month, day, hour] = [
    partitionId.slice(0, 4),
    partitionId.slice(4, 6) || '01',
    partitionId.slice(6, 8) || '01',
    partitionId.slice(8, 10) || '00',
  ]
  const start = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour)))
  if (start.toISOString().slice(0, 13) !== `${year}-${month}-${day}T${hour}`)
    throw invalid(`Invalid date in partition id $${partitionId}.`)
  const moment = `${year}-${month}-${day} ${hour}:00:00`
  const stored = legacyTypeName(partitionField(table)?.type ?? '')
  if (stored === 'DATE') return `DATE '${moment.slice(0, 10)}'`
  return stored === 'TIMESTAMP' ? `TIMESTAMPTZ '${moment}+00'` : `TIMESTAMP '${moment}'`
}

/** `$10` of a table in ranges names the range that begins there. */
function rangePredicate(
  table: Pick<TableRecord, 'reference' | 'schema' | 'partitioning' | 'range'>,
  partitionId: string,
): string {
  const { field, range } = table.range!
  const [start, end, interval] = [range.start, range.end, range.interval].map(BigInt) as [
    bigint,
    bigint,
    bigint,
  ]
  if (partitionId === '__NULL__') return `${quoteName(field)} IS NULL`
  const isId = /^-?\d+$/.test(partitionId)
  const at = isId ? BigInt(partitionId) : 0n
  if (!isId || at < start || at >= end || (at - start) % interval !== 0n)
    throw invalid(
      `Invalid partition id $${partitionId} for table ${showTable(table.reference)} partitioned by ranges of ${field}.`,
    )
  return `(${partitionIdOf(table)} = '${at}')`
}
