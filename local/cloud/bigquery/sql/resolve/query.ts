/**
 * WITH, set operations, ORDER BY and LIMIT around SELECT. Every relation gets a fresh DuckDB name, so that
 * shadowing is decided here and never by DuckDB.
 */
import type { Body, Expression, OrderItem, Query } from '../parse/syntax.ts'
import { invalid, unsupported } from '../refusal.ts'
import { coerce, commonType } from '../values/coerce.ts'
import {
  duckdbType,
  INT64,
  isGroupable,
  isNullType,
  sameType,
  typeName,
  type GType,
} from '../values/gtype.ts'
import { orderKey, ordinal } from './order.ts'
import { asColumns } from './output.ts'
import { resolveExpression } from './recursion.ts'
import { recursiveCte } from './recursive.ts'
import { childEnv, sameName, type CteEntry, type Env, type QueryResult } from './scope.ts'
import { resolveSelect } from './select.ts'
import type { Value } from '../values/value.ts'
import { onceOnly } from './translation.ts'
import { chained } from '../values/chain.ts'

export function resolveQuery(query: Query, outer: Env): QueryResult {
  const { env, prefixes } = withCtes(query, outer)
  const result =
    query.body.kind === 'select'
      ? resolveSelect(query.body.select, env, query.orderBy)
      : orderedBody(resolveBody(query.body, env), query.orderBy, env)
  const limit = query.limit ? ` LIMIT ${countOf(query.limit, env, 'LIMIT')}` : ''
  const offset = query.offset ? ` OFFSET ${countOf(query.offset, env, 'OFFSET')}` : ''
  const ctes = prefixes()
  const columns = result.columns.map((column) => ({
    ...column,
    partitionOf: query.limit ? undefined : column.partitionOf,
    // A literal behind ORDER BY or LIMIT is a column.
    literal: query.limit || query.orderBy.length > 0 ? undefined : column.literal,
  }))
  return {
    ...result,
    columns,
    row: query.limit || ctes.length > 0 ? undefined : result.row,
    sql: `${ctes.length > 0 ? `WITH ${query.with.some((cte) => cte.mayRecur) ? 'RECURSIVE ' : ''}${ctes.join(', ')} ` : ''}${result.sql}${limit}${offset}`,
  }
}

function withCtes(query: Query, outer: Env): { env: Env; prefixes: () => string[] } {
  if (query.with.length === 0) return { env: outer, prefixes: () => [] }
  const ctes = new Map(outer.ctes)
  const used: string[] = []
  for (const cte of query.with) {
    const key = cte.name.toLowerCase()
    if (query.with.filter((other) => sameName(other.name, cte.name)).length > 1)
      throw invalid(`Duplicate alias ${cte.name} for WITH subquery`, cte.at)
    const scope: Env = { ...childEnv(outer), ctes: new Map(ctes) }
    // Resolved here and not at first use, so that an unused one is still checked; its columns count as read
    // only when it is used.
    const label = outer.translation.fresh(cte.name)
    const { result, touches } = outer.translation.collect(
      () =>
        recursiveCte(cte, label, scope, { body: resolveBody, converted }) ?? resolveQuery(cte.query, scope),
    )
    used.push(`${label} AS (${result.sql})`)
    const always = onceOnly(touches)
    const entry: CteEntry = {
      cte,
      use: () => {
        outer.translation.touch(always)
        return {
          sql: label,
          columns: asColumns(result, '').map((column) => ({ ...column, partitionOf: undefined })),
        }
      },
    }
    ctes.set(key, entry)
  }
  return { env: { ...childEnv(outer), ctes }, prefixes: () => used }
}

/** What stands between the operators of a chain: `a UNION ALL b UNION ALL c` is one operation of three. */
function operandsOf(body: Body & { kind: 'set' }): Body[] {
  const operands: Body[] = [body.right]
  let rest = body.left
  for (; rest.kind === 'set' && rest.operator === body.operator; rest = rest.left) operands.push(rest.right)
  return [...operands, rest].reverse()
}

function resolveBody(body: Body, env: Env): QueryResult {
  if (body.kind === 'select') return resolveSelect(body.select, env, [])
  if (body.kind === 'query') return resolveQuery(body.query, env)
  const parts = operandsOf(body).map((operand) => resolveBody(operand, env))
  const [first] = parts
  const count = (n: number): string => `${n} column${n === 1 ? '' : 's'}`
  const other = parts.findIndex((part) => part.columns.length !== first!.columns.length)
  if (other >= 0)
    throw invalid(
      `Queries in ${body.operator} have mismatched column count; query 1 has ${count(first!.columns.length)}, query ${other + 1} has ${count(parts[other]!.columns.length)}`,
      body.at,
    )
  const types = first!.columns.map((_, i) => {
    const column = parts.map((part) => part.columns[i]!)
    const type = commonType(column.map(({ type: own, literal }) => ({ sql: '', type: own, literal })))
    if (!type)
      throw invalid(
        `Column ${i + 1} in ${body.operator} has incompatible types: ${column.map(({ type: own }) => typeName(own)).join(', ')}`,
        body.at,
      )
    return type
  })
  const isAll = body.operator === 'UNION ALL'
  const ungroupable = isAll ? -1 : types.findIndex((type) => !isGroupable(type))
  if (ungroupable >= 0)
    throw invalid(
      `Column ${ungroupable + 1} in ${body.operator} has type that does not support set operation comparisons: ${typeName(types[ungroupable]!)}`,
      body.at,
    )
  if (!isAll) for (const part of parts) for (const column of part.columns) env.translation.touch(column.touch)
  const sql =
    (isAll ? asRows(parts, types) : undefined) ??
    chained(
      parts.map((part) => converted(part, types, env)),
      isAll ? 'UNION ALL' : body.operator.replace(' DISTINCT', ''),
    )
  const columns = first!.columns.map((column, i) => ({
    name: column.name,
    label: column.label,
    type: types[i]!,
    touch: () => {
      for (const part of parts) part.columns[i]!.touch()
    },
  }))
  const names = sql.startsWith('VALUES') ? `(${columns.map(({ label }) => label).join(', ')})` : ''
  return { sql: `SELECT * FROM (${sql}) AS ${env.translation.fresh('set')}${names}`, columns, as: first!.as }
}

/** Many rows as one list: seeds and fixtures of tests are unions of thousands of SELECTs without FROM. */
function asRows(parts: readonly QueryResult[], types: readonly GType[]): string | undefined {
  const rows = parts.flatMap(({ row }) =>
    row?.every(({ sql }) => !sql.includes('(SELECT'))
      ? [row.map((value, i) => coerce(value, types[i]!))]
      : [],
  )
  if (rows.length < parts.length || rows.length < MANY) return undefined
  const cell = (value: Value, type: GType): string => (isNullType(type) ? 'CAST(NULL AS BIGINT)' : value.sql)
  return `VALUES ${rows.map((row) => `(${row.map((value, i) => cell(value, types[i]!)).join(', ')})`).join(', ')}`
}
const MANY = 16

function converted(result: QueryResult, types: readonly GType[], env: Env): string {
  if (
    result.columns.every(
      (column, i) => sameType(column.type, types[i]!) && duckdbType(column.type) === duckdbType(types[i]!),
    )
  )
    return `(${result.sql})`
  const relation = env.translation.fresh('side')
  const items = result.columns.map(
    ({ type, label, literal }, i) =>
      `${coerce({ sql: `${relation}.${label}`, type, literal }, types[i]!).sql} AS ${label}`,
  )
  return `(SELECT ${items.join(', ')} FROM (${result.sql}) AS ${relation})`
}

function orderedBody(result: QueryResult, orderBy: readonly OrderItem[], env: Env): QueryResult {
  if (orderBy.length === 0)
    return { ...result, sql: `SELECT * FROM (${result.sql}) AS ${env.translation.fresh('q')}` }
  const relation = env.translation.fresh('q')
  const columns = asColumns(result, relation)
  const inner: Env = {
    ...childEnv(env, { relations: [], visible: columns }),
    noAggregate: 'ORDER BY clause after a set operation',
  }
  const keys = orderBy.map((item) =>
    orderKey(
      item,
      ordinal(
        item.expression,
        columns.map((column) => ({ sql: column.sql, type: column.type })),
      ) ?? resolveExpression(item.expression, inner),
    ),
  )
  return { ...result, sql: `SELECT * FROM (${result.sql}) AS ${relation} ORDER BY ${keys.join(', ')}` }
}

function countOf(expression: Expression, env: Env, clause: string): string {
  const isLiteral =
    expression.kind === 'literal' && expression.type === 'INT64' && !expression.value.startsWith('-')
  if (isLiteral) return BigInt(expression.value).toString()
  if (expression.kind !== 'parameter')
    throw unsupported(`${clause} with anything but an integer literal or parameter`, expression.at)
  return coerce(resolveExpression(expression, env), INT64, expression.at, clause).sql
}
