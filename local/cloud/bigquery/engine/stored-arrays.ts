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
  for (const field of table.schema.filter(({ mode }) => mode === 'REPEATED')) {
    const column = quoteName(field.name)
    await session.run(`UPDATE ${relation} SET ${column} = [] WHERE ${column} IS NULL`)
  }
}

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
    arraysOf(inner, `struct_extract(${sql}, ${quoteText(inner.name)})`, `${name}.${inner.name}`, depth),
  )
}
