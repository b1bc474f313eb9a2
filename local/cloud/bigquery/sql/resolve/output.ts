/** What a query hands to whoever holds it: its columns, seen as a relation or as one value per row. */
import { invalid } from '../refusal.ts'
import { INT64, isNullType, quoteName, type GType } from '../values/gtype.ts'
import type { Query } from '../parse/syntax.ts'
import type { Column, Env, QueryResult } from './scope.ts'

/** Output columns as a FROM clause sees them behind `relation`. */
export function asColumns(result: QueryResult, relation: string): Column[] {
  const columns = result.columns.map((column) => ({
    name: column.name ?? '',
    type: isNullType(column.type) ? INT64 : column.type,
    sql: relation ? `${relation}.${column.label}` : column.label,
    touch: column.touch,
    partitionOf: column.partitionOf,
    partitionSql: column.partitionSql,
    isPadded: column.isPadded,
  }))
  const only = columns[0]
  if (result.as !== 'VALUE' || columns.length !== 1 || only?.type.kind !== 'struct') return columns
  return only.type.fields.map((field) => ({
    name: field.name,
    type: field.type,
    sql: `struct_extract(${only.sql}, '${field.name.replaceAll("'", "''")}')`,
    touch: only.touch,
    partitionOf: undefined,
  }))
}

/** A query where one value per row is wanted: `(SELECT …)`, `IN (SELECT …)`, `ARRAY(SELECT …)`. */
export function singleColumn(
  result: QueryResult,
  env: Env,
  what: string,
  at: Query['at'],
): { sql: string; type: GType } {
  for (const column of result.columns) env.translation.touch(column.touch)
  if (result.as === 'STRUCT') {
    const relation = env.translation.fresh('row')
    const fields = result.columns.map((column, i) => ({
      name: column.name ?? `_field_${i + 1}`,
      type: isNullType(column.type) ? INT64 : column.type,
      label: column.label,
    }))
    return {
      sql: `SELECT struct_pack(${fields.map((field) => `${quoteName(field.name)} := ${relation}.${field.label}`).join(', ')}) FROM (${result.sql}) AS ${relation}`,
      type: { kind: 'struct', fields },
    }
  }
  if (result.columns.length !== 1) throw invalid(`${what} must produce exactly one column`, at)
  return { sql: result.sql, type: result.columns[0]!.type }
}
