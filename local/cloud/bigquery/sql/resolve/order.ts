/** Keys of ORDER BY, in a query, an aggregate or a window. */
import { invalid } from '../refusal.ts'
import type { Expression, OrderItem } from '../parse/syntax.ts'
import { sortKeys } from '../values/floats.ts'
import { isScalar, typeName } from '../values/gtype.ts'
import type { Value } from '../values/value.ts'

/** `ORDER BY 2`: the select list's second item. */
export function ordinal(expression: Expression, values: readonly Value[]): Value | undefined {
  const count = values.length
  if (expression.kind !== 'literal' || expression.type !== 'INT64') return undefined
  const position = Number(expression.value)
  if (position < 1 || position > count)
    throw invalid(`ORDER BY is out of SELECT column number range: ${expression.value}`, expression.at)
  const value = values[position - 1]!
  return isScalar(value.type, 'FLOAT64') ? value : { sql: String(position), type: value.type }
}

/**
 * BigQuery: NULL is the smallest value, NaN the next. DuckDB takes NaN for the largest, so floats get a rank
 * before them.
 */
export function orderKey(item: OrderItem, value: Value, needsOneKey = false): string {
  if (value.type.kind !== 'scalar' || isScalar(value.type, 'JSON'))
    throw invalid(`ORDER BY does not support expressions of type ${typeName(value.type)}`, item.expression.at)
  return sortKeys(
    value.sql,
    value.type,
    item.isDescending,
    item.nulls ?? (item.isDescending ? 'LAST' : 'FIRST'),
    needsOneKey,
  )
}
