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
  INTERVAL: 16,
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

function columnSize(field: FieldSchema): string {
  const name = quoteName(field.name)
  const fixed = field.mode === 'REPEATED' ? undefined : fixedBytes[legacyTypeName(field.type)]
  return fixed === undefined ? `coalesce(sum(${sizeOf(name, field, 0)}), 0)` : `count(${name}) * ${fixed}`
}

export function totalSizeExpression(fields: readonly FieldSchema[]): string {
  return fields.length === 0 ? '0' : fields.map(columnSize).join(' + ')
}

const columns = new WeakMap<TableRecord, Map<string, bigint>>()

/** What the columns hold, each read once per version of the table; a transaction that goes on sees rows of its own. */
export async function measureColumns(
  session: Session,
  table: TableRecord,
  fields: readonly FieldSchema[],
): Promise<bigint> {
  const known = session.holding
    ? new Map<string, bigint>()
    : (columns.get(table) ?? new Map<string, bigint>())
  const fresh = fields.filter(({ name }) => !known.has(name))
  if (fresh.length > 0) {
    const sizes = fresh.map((field) => `CAST(${columnSize(field)} AS BIGINT)`).join(', ')
    const [row] = await session.rows(`SELECT ${sizes} FROM ${physicalOf(table)}`)
    fresh.forEach(({ name }, index) => known.set(name, BigInt(row![index] as bigint)))
    if (!session.holding) columns.set(table, known)
  }
  return fields.reduce((sum, { name }) => sum + known.get(name)!, 0n)
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
