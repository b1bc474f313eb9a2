/**
 * BigQuery's documented logical sizes as DuckDB expressions; NULL is 0 bytes.
 * https://cloud.google.com/bigquery/pricing#data
 */
import type { FieldSchema } from '../sql/types.ts'
import { legacyTypeName } from './data-types.ts'
import type { Session } from './database.ts'
import { quoteName } from './names.ts'
import { physicalOf, type TableRecord } from './records.ts'
import type { Warehouse } from './warehouse.ts'

const fixedBytes: Readonly<Record<string, number>> = {
  INTEGER: 8,
  FLOAT: 8,
  BOOLEAN: 1,
  DATE: 8,
  DATETIME: 8,
  TIME: 8,
  TIMESTAMP: 8,
  NUMERIC: 16,
  BIGNUMERIC: 32,
}

/** Bytes of one value, as an expression that is 0 for NULL. */
function sizeOf(expression: string, field: FieldSchema, depth: number): string {
  if (field.mode === 'REPEATED') {
    const item = `x${depth}`
    return `coalesce(list_sum(list_transform(${expression}, lambda ${item}: ${sizeOf(item, { ...field, mode: 'NULLABLE' }, depth + 1)})), 0)`
  }
  const type = legacyTypeName(field.type)
  const fixed = fixedBytes[type]
  if (fixed !== undefined) return `CASE WHEN ${expression} IS NULL THEN 0 ELSE ${fixed} END`
  if (type === 'RECORD')
    return `(${(field.fields ?? []).map((inner) => sizeOf(`${expression}.${quoteName(inner.name)}`, inner, depth)).join(' + ')})`
  if (type === 'BYTES') return `coalesce(2 + octet_length(${expression}), 0)`
  return `coalesce(2 + strlen(CAST(${expression} AS VARCHAR)), 0)`
}

/** JSON has a size of its own after canonicalization: not computed here, so such columns have no number. */
export const hasKnownSize = (field: FieldSchema): boolean =>
  legacyTypeName(field.type) !== 'JSON' && (field.fields ?? []).every(hasKnownSize)

export function totalSizeExpression(fields: readonly FieldSchema[]): string {
  if (fields.length === 0) return '0'
  return fields.map((field) => `coalesce(sum(${sizeOf(quoteName(field.name), field, 0)}), 0)`).join(' + ')
}

export interface TableSize {
  readonly rows: bigint
  readonly bytes?: bigint
}
const measured = new WeakMap<TableRecord, TableSize>()

/** Counted once per version of a table. */
export async function measureTable(warehouse: Warehouse, table: TableRecord): Promise<TableSize> {
  const known = measured.get(table)
  if (known) return known
  const size = await warehouse.whileReading(() =>
    warehouse.database.withSession((session) => measure(session, table)),
  )
  measured.set(table, size)
  return size
}

async function measure(session: Session, table: TableRecord): Promise<TableSize> {
  const isKnown = table.schema.every(hasKnownSize)
  const [row] = await session.rows(
    `SELECT count(*), CAST(${isKnown ? totalSizeExpression(table.schema) : 'NULL'} AS BIGINT) FROM ${physicalOf(table)}`,
  )
  return {
    rows: BigInt(row?.[0] as bigint),
    ...(row?.[1] === null || row?.[1] === undefined ? {} : { bytes: row[1] as bigint }),
  }
}
