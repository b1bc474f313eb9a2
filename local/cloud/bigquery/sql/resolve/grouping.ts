/** GROUP BY: its keys as DuckDB groups by them, and whether GROUPING asks of one of them. */
import { invalid, unsupported } from '../refusal.ts'
import type { Expression, GroupBy } from '../parse/syntax.ts'
import { isGroupable, typeName } from '../values/gtype.ts'
import type { Value } from '../values/value.ts'
import { resolveExpression } from './recursion.ts'
import { lookUp, sameName, type Env } from './scope.ts'

export interface Item {
  readonly name?: string
  readonly value: Value
  readonly touch: () => void
  readonly isExplicit: boolean
}

interface Grouping {
  readonly sql: string
  /** What it groups by, as it stands in the SELECT list. */
  readonly of: readonly string[]
}

export function resolveGroupBy(groupBy: GroupBy, items: readonly Item[], env: Env): Grouping {
  if (groupBy.kind === 'ALL') {
    const keys = items.flatMap((item, i) =>
      item.value.hasAggregate || item.value.hasWindow ? [] : [{ item, sql: String(i + 1) }],
    )
    for (const { item } of keys) env.translation.touch(item.touch)
    if (keys.length === 0) throw unsupported('GROUP BY ALL without a grouping column')
    return { sql: listed(keys), of: keys.map(({ item }) => item.value.sql) }
  }
  if (groupBy.kind === 'SETS') {
    const sets = groupBy.sets.map((set) => set.map((expression) => groupKey(expression, items, env, true)))
    return {
      sql: `GROUPING SETS (${sets.map((set) => `(${listed(set)})`).join(', ')})`,
      of: sets.flat().map(({ value }) => value),
    }
  }
  const keys = groupBy.items.map((expression) => groupKey(expression, items, env, groupBy.kind !== 'PLAIN'))
  return {
    sql: groupBy.kind === 'PLAIN' ? listed(keys) : `${groupBy.kind}(${listed(keys)})`,
    of: keys.map(({ value }) => value),
  }
}

const listed = (keys: readonly { readonly sql: string }[]): string => keys.map(({ sql }) => sql).join(', ')

function requireGroupable(value: Value, expression: Expression): void {
  if (!isGroupable(value.type))
    throw invalid(`Grouping by expressions of type ${typeName(value.type)} is not allowed`, expression.at)
}

function groupKey(
  expression: Expression,
  items: readonly Item[],
  env: Env,
  isText: boolean,
): { readonly sql: string; readonly value: string } {
  let position: number | undefined
  if (expression.kind === 'literal' && expression.type === 'INT64') {
    position = Number(expression.value)
    if (position < 1 || position > items.length)
      throw invalid(`GROUP BY is out of SELECT column number range: ${expression.value}`, expression.at)
  } else if (expression.kind === 'path' && expression.parts.length === 1) {
    const matches = items.flatMap((item, i) => (sameName(item.name, expression.parts[0]!) ? [i] : []))
    const isAmbiguous =
      matches.length > 1 && matches.some((i) => items[i]!.value.sql !== items[matches[0]!]!.value.sql)
    if (isAmbiguous && !lookUp(expression.parts, env, expression.at))
      throw invalid(`Name ${expression.parts[0]} in GROUP BY clause is ambiguous`, expression.at)
    if (matches.length > 0) position = matches[0]! + 1
  } else if (expression.kind === 'literal') throw invalid('Cannot GROUP BY literal values', expression.at)
  if (position === undefined) {
    const value = resolveExpression(expression, {
      ...env,
      noAggregate: 'GROUP BY clause',
      noWindow: 'GROUP BY clause',
    })
    requireGroupable(value, expression)
    return { sql: value.sql, value: value.sql }
  }
  const item = items[position - 1]!
  requireGroupable(item.value, expression)
  if (item.value.hasAggregate)
    throw invalid(
      `Column ${position} contains an aggregation function, which is not allowed in GROUP BY`,
      expression.at,
    )
  env.translation.touch(item.touch)
  return { sql: isText ? item.value.sql : String(position), value: item.value.sql }
}

export function requireGroupings(env: Env, keys: Grouping | undefined): void {
  for (const { sql, at } of env.grouped ?? [])
    if (!keys?.of.includes(sql))
      throw invalid('GROUPING must have an argument that exists within the group-by expression list.', at)
}
