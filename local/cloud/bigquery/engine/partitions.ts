/**
 * Partition ids (`20150503`) as predicates over a table's partition column; refuses ids that do not fit the
 * table.
 */
import type { TableReference } from '../sql/types.ts'
import { legacyTypeName } from './data-types.ts'
import { quoteName, showTable } from './names.ts'
import type { TableRecord } from './records.ts'
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

const lengths: Readonly<Record<string, number>> = { YEAR: 4, MONTH: 6, DAY: 8, HOUR: 10 }

/** A DuckDB predicate that holds for exactly the rows of the partition. */
export function partitionPredicate(
  table: Pick<TableRecord, 'reference' | 'schema' | 'partitioning'>,
  partitionId: string,
): string {
  if (!table.partitioning)
    throw invalid(
      `Table ${showTable(table.reference)} is not partitioned: the decorator $${partitionId} cannot be used.`,
    )
  const { field, type } = table.partitioning
  const column = quoteName(field)
  if (partitionId === '__NULL__') return `${column} IS NULL`
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
  const isDate = legacyTypeName(table.schema.find((item) => item.name === field)?.type ?? '') === 'DATE'
  const isZoned = legacyTypeName(table.schema.find((item) => item.name === field)?.type ?? '') === 'TIMESTAMP'
  const literal = isDate
    ? `DATE '${moment.slice(0, 10)}'`
    : isZoned
      ? `TIMESTAMPTZ '${moment}+00'`
      : `TIMESTAMP '${moment}'`
  const end = isDate ? `CAST(${literal} + INTERVAL 1 ${type} AS DATE)` : `${literal} + INTERVAL 1 ${type}`
  return `(${column} >= ${literal} AND ${column} < ${end})`
}
