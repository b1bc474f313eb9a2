/**
 * Holds what is written to BigQuery's rule for arrays: a NULL array becomes an empty one, an array with a
 * NULL element is refused. DuckDB would keep both.
 */
import type { FieldSchema } from '../sql/types.ts'
import type { Session } from './database.ts'
import { quoteName, quoteText } from './names.ts'
import { physicalOf, type TableRecord } from './records.ts'
import { invalidQuery } from './refusals.ts'

interface ArrayPath {
  readonly name: string
  /** DuckDB condition that holds where the array has a NULL element. */
  readonly hasNull: string
}

/** In the transaction that wrote the rows, before it commits. */
export async function settleArrays(session: Session, table: TableRecord): Promise<void> {
  if (table.physical === undefined) return
  const relation = physicalOf(table)
  for (const { name, hasNull } of table.schema.flatMap((field) =>
    arraysOf(field, quoteName(field.name), field.name),
  )) {
    const found = await session.rows(`SELECT 1 FROM ${relation} WHERE ${hasNull} LIMIT 1`)
    if (found.length > 0)
      throw invalidQuery(`Array cannot have a null element; error in writing field ${name}`)
  }
  for (const field of table.schema) {
    const column = quoteName(field.name)
    const unsettled = unsettledOf(field, column)
    if (unsettled)
      await session.run(`UPDATE ${relation} SET ${column} = ${settledOf(field, column)} WHERE ${unsettled}`)
  }
}

/** DuckDB condition that holds where an array of the value is NULL; undefined when it holds no array. */
function unsettledOf(field: FieldSchema, sql: string, depth = 0): string | undefined {
  if (field.mode === 'REPEATED') {
    const element = `u${depth}`
    const inner = unsettledOf(asElement(field), element, depth + 1)
    const within = inner ? ` OR len(list_filter(${sql}, lambda ${element}: ${inner})) > 0` : ''
    return `(${sql} IS NULL${within})`
  }
  const inner = (field.fields ?? []).flatMap((part) => unsettledOf(part, partOf(sql, part), depth) ?? [])
  return inner.length > 0 ? `(${sql} IS NOT NULL AND (${inner.join(' OR ')}))` : undefined
}

/** The value with an empty array for each that is NULL; a NULL STRUCT stays one. */
function settledOf(field: FieldSchema, sql: string, depth = 0): string {
  if (unsettledOf(field, sql, depth) === undefined) return sql
  if (field.mode === 'REPEATED') {
    const element = `u${depth}`
    const inner = settledOf(asElement(field), element, depth + 1)
    const settled = inner === element ? sql : `list_transform(${sql}, lambda ${element}: ${inner})`
    return `coalesce(${settled}, [])`
  }
  const parts = (field.fields ?? []).map(
    (part) => `${quoteText(part.name)}: ${settledOf(part, partOf(sql, part), depth)}`,
  )
  return `CASE WHEN ${sql} IS NULL THEN NULL ELSE {${parts.join(', ')}} END`
}

const asElement = (field: FieldSchema): FieldSchema => ({ ...field, mode: 'NULLABLE' })
const partOf = (sql: string, part: FieldSchema): string => `struct_extract(${sql}, ${quoteText(part.name)})`

function arraysOf(field: FieldSchema, sql: string, name: string, depth = 0): ArrayPath[] {
  if (field.mode !== 'REPEATED') return innerOf(field, sql, name, depth)
  const element = `e${depth}`
  const inner = innerOf(field, element, name, depth + 1).map((path) => ({
    ...path,
    hasNull: `len(list_filter(${sql}, lambda ${element}: ${path.hasNull})) > 0`,
  }))
  return [{ name, hasNull: `list_count(${sql}) < len(${sql})` }, ...inner]
}

function innerOf(field: FieldSchema, sql: string, name: string, depth: number): ArrayPath[] {
  return (field.fields ?? []).flatMap((inner) =>
    arraysOf(inner, partOf(sql, inner), `${name}.${inner.name}`, depth),
  )
}
