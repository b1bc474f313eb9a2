/**
 * Holds what is written to the limits its columns declare: lengths of STRING(n) and BYTES(n), digits of
 * NUMERIC(p, s), NOT NULL inside STRUCT. DuckDB knows none of them.
 */
import type { FieldSchema } from '../sql/types.ts'
import { legacyTypeName } from './data-types.ts'
import type { Session } from './database.ts'
import { quoteName, quoteText } from './names.ts'
import { physicalOf, type TableRecord } from './records.ts'
import { invalidQuery } from './refusals.ts'

interface Limit {
  /** DuckDB condition that holds where a value breaks the limit. */
  readonly isBroken: string
  readonly message: string
}

/** In the transaction that wrote the rows, before it commits. */
export async function settleLimits(session: Session, table: TableRecord): Promise<void> {
  if (table.physical === undefined) return
  const relation = physicalOf(table)
  for (const field of table.schema) await round(session, relation, field)
  for (const { isBroken, message } of table.schema.flatMap((field) =>
    limitsOf(field, quoteName(field.name), field.name, 0),
  ))
    if ((await session.rows(`SELECT 1 FROM ${relation} WHERE ${isBroken} LIMIT 1`)).length > 0)
      throw invalidQuery(message)
}

/** Digits beyond the scale are rounded half away from zero before the rest is judged. */
async function round(session: Session, relation: string, field: FieldSchema): Promise<void> {
  if (field.precision === undefined || legacyTypeName(field.type) !== 'NUMERIC' || field.mode === 'REPEATED')
    return
  const column = quoteName(field.name)
  const rounded = `CAST(round(${column}, ${Number(field.scale ?? 0)}) AS DECIMAL(38,9))`
  await session.run(`UPDATE ${relation} SET ${column} = ${rounded} WHERE ${column} <> ${rounded}`)
}

function limitsOf(field: FieldSchema, sql: string, name: string, depth: number): Limit[] {
  if (field.mode === 'REPEATED') {
    const element = `l${depth}`
    return limitsOf({ ...field, mode: 'NULLABLE' }, element, name, depth + 1).map(
      ({ isBroken, message }) => ({
        isBroken: `len(list_filter(${sql}, lambda ${element}: ${isBroken})) > 0`,
        message,
      }),
    )
  }
  const own = limitsOfValue(field, sql, name)
  const inner = (field.fields ?? []).flatMap((part) => {
    const value = `struct_extract(${sql}, ${quoteText(part.name)})`
    const path = `${name}.${part.name}`
    const missing: Limit[] =
      part.mode === 'REQUIRED'
        ? [
            {
              isBroken: `(${sql} IS NOT NULL AND ${value} IS NULL)`,
              message: `Required field ${path} cannot be null`,
            },
          ]
        : []
    return [...missing, ...limitsOf(part, value, path, depth)]
  })
  return [...own, ...inner]
}

function limitsOfValue(field: FieldSchema, sql: string, name: string): Limit[] {
  const type = legacyTypeName(field.type)
  if (field.maxLength !== undefined)
    return [
      {
        isBroken: `${type === 'BYTES' ? 'octet_length' : 'length'}(${sql}) > ${Number(field.maxLength)}`,
        message: `Field ${name}: ${type}(${field.maxLength}) has maximum length ${field.maxLength} but got a longer value`,
      },
    ]
  if (field.precision === undefined) return []
  const scale = Number(field.scale ?? 0)
  const digits = Number(field.precision) - scale
  const written = `NUMERIC(${field.precision}${field.scale === undefined ? '' : `, ${field.scale}`})`
  return [
    {
      isBroken: digits >= 29 ? 'FALSE' : `abs(${sql}) >= CAST('1${'0'.repeat(digits)}' AS DECIMAL(38,9))`,
      message: `Field ${name}: numeric overflow: ${written} cannot hold the value`,
    },
    // BigQuery rounds here too; only a column of its own is rounded above.
    {
      isBroken: `${sql} <> CAST(round(${sql}, ${scale}) AS DECIMAL(38,9))`,
      message: `Field ${name}: rounding to ${written} inside STRUCT or ARRAY is not supported by the local BigQuery`,
    },
  ]
}
