/**
 * One SELECT: list, WHERE, GROUP BY, HAVING, QUALIFY, ORDER BY. Stars are expanded here; every output column
 * has its own DuckDB label.
 */
import { invalid } from '../refusal.ts'
import type { Expression, OrderItem, Select, SelectItem } from '../parse/syntax.ts'
import { coerce } from '../values/coerce.ts'
import { BOOL, isGroupable, isNullType, isScalar, quoteName, typeName } from '../values/gtype.ts'
import type { Value } from '../values/value.ts'
import { resolveFrom } from './from.ts'
import { requireGroupings, resolveGroupBy, type Item } from './grouping.ts'
import { noteConjuncts } from './pruning.ts'
import { orderKey, ordinal } from './order.ts'
import { resolveExpression } from './recursion.ts'
import {
  childEnv,
  columnValue,
  partitionsOf,
  sameName,
  type Column,
  type Env,
  type OutputColumn,
  type QueryResult,
} from './scope.ts'
import { onceOnly } from './translation.ts'

export function resolveSelect(select: Select, outer: Env, orderBy: readonly OrderItem[]): QueryResult {
  const from = select.from ? resolveFrom(select.from, outer) : undefined
  const env: Env = {
    ...childEnv(outer, from),
    windows: new Map(select.windows.map(({ name, window }) => [name.toLowerCase(), window])),
    grouped: [],
  }
  const where = select.where
    ? ` WHERE ${condition(select.where, { ...env, noAggregate: 'WHERE clause', noWindow: 'WHERE clause' }, 'WHERE clause')}`
    : ''
  if (select.where && !from)
    throw invalid('Query without FROM clause cannot have a WHERE clause', select.where.at)
  if (select.where) noteConjuncts(select.where, env)
  const items = select.items.flatMap((item) => expand(item, env, from !== undefined))
  if (items.length === 0) throw invalid('SELECT list must not be empty', select.at)
  const aliased: Env = { ...env, aliases: aliasesOf(items) }
  const keys = select.groupBy && resolveGroupBy(select.groupBy, items, env)
  const grouping = keys ? ` GROUP BY ${keys.sql}` : ''
  const having = select.having
    ? ` HAVING ${condition(select.having, { ...aliased, noWindow: 'HAVING clause' }, 'HAVING clause')}`
    : ''
  const qualify = select.qualify ? ` QUALIFY ${condition(select.qualify, aliased, 'QUALIFY clause')}` : ''
  const sorting = orderBy.map((item) => ({
    item,
    value:
      ordinal(
        item.expression,
        items.map((one) => one.value),
      ) ?? sortValue(item.expression, aliased),
  }))
  requireGroupings(env, keys)
  if (select.isDistinct)
    for (const item of items) {
      if (!isGroupable(item.value.type))
        throw invalid(
          `Column ${item.name ?? ''} of type ${typeName(item.value.type)} cannot be used in SELECT DISTINCT`,
          select.at,
        )
      env.translation.touch(item.touch)
    }
  const isPlain =
    !select.groupBy &&
    !select.isDistinct &&
    !select.qualify &&
    items.every((item) => !item.value.hasAggregate && !item.value.hasWindow)
  const labels = labelsOf(items)
  const columns: OutputColumn[] = items.map((item, i) => ({
    name: item.name,
    label: labels[i]!,
    type: item.value.type,
    touch: item.touch,
    ...(isPlain ? partitionsOf(item.value.column as Column | undefined) : {}),
    ...(isPlain && item.value.literal !== undefined ? { literal: item.value.literal } : {}),
  }))
  if (select.as === 'VALUE' && items.length !== 1)
    throw invalid('SELECT AS VALUE query must have exactly one column', select.at)
  const list = items
    .map(
      (item, i) => `${isNullType(item.value.type) ? 'CAST(NULL AS BIGINT)' : item.value.sql} AS ${labels[i]}`,
    )
    .join(', ')
  const source = from ? ` FROM ${from.sql}` : ''
  const ordered = (keys: readonly string[]): string => (keys.length > 0 ? ` ORDER BY ${keys.join(', ')}` : '')
  const rows = `SELECT ${select.isDistinct ? 'DISTINCT ' : ''}${list}${source}${where}${grouping}${having}${qualify}`
  // A FLOAT64 is sorted by two keys, and DISTINCT allows none but its columns: those are sorted outside.
  const places = sorting.map(({ value }) => items.findIndex((item) => item.value.sql === value.sql))
  const isOutside =
    select.isDistinct &&
    sorting.some(({ value }) => isScalar(value.type, 'FLOAT64')) &&
    sorting.every(({ value }, i) => places[i]! >= 0 || /^\d+$/.test(value.sql))
  return {
    sql: isOutside
      ? `SELECT * FROM (${rows}) AS ${env.translation.fresh('distinct')}${ordered(sorting.map(({ item, value }, i) => orderKey(item, places[i]! < 0 ? value : { ...value, sql: labels[places[i]!]! })))}`
      : `${rows}${ordered(sorting.map(({ item, value }) => orderKey(item, value, select.isDistinct)))}`,
    columns,
    as: select.as,
    row: isPlain && !from && !select.having ? items.map((item) => item.value) : undefined,
  }
}

function condition(expression: Expression, env: Env, clause: string): string {
  return coerce(resolveExpression(expression, env), BOOL, expression.at, clause).sql
}

/** A bare literal would be read as a position by DuckDB. */
function sortValue(expression: Expression, env: Env): Value {
  const value = resolveExpression(expression, env)
  return /^\d+$/.test(value.sql) ? { ...value, sql: `(${value.sql} + 0)` } : value
}

function expand(item: SelectItem, env: Env, hasFrom: boolean): Item[] {
  if (item.kind === 'expression') {
    const { result: value, touches } = env.translation.collect(() => resolveExpression(item.expression, env))
    return [
      {
        name: item.alias ?? impliedName(item.expression),
        value,
        touch: onceOnly(touches),
        isExplicit: item.alias !== undefined,
      },
    ]
  }
  if (!item.of && !hasFrom) throw invalid('SELECT * must have a FROM clause', item.at)
  const all = item.of
    ? fieldsOf(item.of, env)
    : env.visible.filter((column) => !column.isHidden).map((column) => ofColumn(column, env))
  for (const { from } of item.rename ?? [])
    if (!all.some((column) => sameName(column.name, from)))
      throw invalid(`Column ${from} in RENAME does not exist`, item.at)
  const columns = all.map((column) => {
    const renamed = item.rename?.find(({ from }) => sameName(column.name, from))
    return renamed ? { ...column, name: renamed.to, isExplicit: true } : column
  })
  for (const name of [...item.except, ...item.replace.map((one) => one.name)])
    if (!columns.some((column) => sameName(column.name, name)))
      throw invalid(
        `Column ${name} in SELECT * ${item.except.includes(name) ? 'EXCEPT' : 'REPLACE'} list does not exist`,
        item.at,
      )
  const kept = columns.filter((column) => !item.except.some((name) => sameName(column.name, name)))
  if (kept.length === 0) throw invalid('SELECT * EXCEPT leaves no columns', item.at)
  return kept.map((column) => {
    const replaced = item.replace.find((one) => sameName(column.name, one.name))
    if (!replaced) return column
    const { result: value, touches } = env.translation.collect(() =>
      resolveExpression(replaced.expression, env),
    )
    return { name: column.name, value, touch: onceOnly(touches), isExplicit: true }
  })
}

function ofColumn(column: Column, env: Env): Item {
  const { result: value, touches } = env.translation.collect(() => columnValue(column, env))
  return { name: column.name || undefined, value, touch: onceOnly(touches), isExplicit: false }
}

function fieldsOf(of: Expression, env: Env): Item[] {
  const relation =
    of.kind === 'path' && of.parts.length === 1
      ? env.relations.find((candidate) => sameName(candidate.alias, of.parts[0]!))
      : undefined
  if (relation && relation.columns.length > 0)
    return relation.columns.filter((column) => !column.isHidden).map((column) => ofColumn(column, env))
  const { result: value, touches } = env.translation.collect(() => resolveExpression(of, env))
  const touch = onceOnly(touches)
  if (value.type.kind !== 'struct')
    throw invalid(
      `Dot-star is not supported for type ${value.type.kind === 'array' ? 'ARRAY' : value.type.name}`,
      of.at,
    )
  return value.type.fields.map((field) => ({
    name: field.name,
    value: { sql: `struct_extract(${value.sql}, '${field.name.replaceAll("'", "''")}')`, type: field.type },
    touch,
    isExplicit: false,
  }))
}

export function impliedName(expression: Expression): string | undefined {
  if (expression.kind === 'path') return expression.parts.at(-1)
  if (expression.kind === 'field') return expression.name
  return undefined
}

function labelsOf(items: readonly Item[]): string[] {
  const taken = new Set<string>()
  let anonymous = 0
  return items.map((item) => {
    const wished = item.name ?? `f${anonymous++}_`
    let label = wished
    for (let i = 1; taken.has(label.toLowerCase()); i++) label = `${wished}_${i}`
    taken.add(label.toLowerCase())
    return quoteName(label)
  })
}

function aliasesOf(
  items: readonly Item[],
): Map<string, { value: Value; touch: () => void; isAmbiguous?: boolean }> {
  const aliases = new Map<string, { value: Value; touch: () => void; isAmbiguous?: boolean }>()
  for (const item of items) {
    if (!item.name) continue
    const before = aliases.get(item.name.toLowerCase())
    aliases.set(item.name.toLowerCase(), {
      value: item.value,
      touch: item.touch,
      isAmbiguous: before !== undefined && before.value.sql !== item.value.sql,
    })
  }
  return aliases
}
