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
import { chained } from '../values/chain.ts'
import type { Value } from '../values/value.ts'
import { matchedByName } from './by-name.ts'
import { orderKey, ordinal } from './order.ts'
import { asColumns } from './output.ts'
import { resolveExpression } from './recursion.ts'
import { recursiveCte } from './recursive.ts'
import {
  childEnv,
  sameName,
  type Column,
  type CteEntry,
  type Env,
  type OutputColumn,
  type QueryResult,
} from './scope.ts'
import { resolveSelect } from './select.ts'
import { onceOnly, useOf, type Read } from './translation.ts'

export function resolveQuery(query: Query, outer: Env): QueryResult {
  const { env, prefixes } = withCtes(query, outer)
  const result =
    query.body.kind === 'select'
      ? resolveSelect(query.body.select, env, query.orderBy)
      : orderedBody(resolveBody(query.body, env), query.orderBy, env)
  const limit = query.limit ? ` LIMIT ${countOf(query.limit, env, 'LIMIT')}` : ''
  const offset = query.offset ? ` OFFSET ${countOf(query.offset, env, 'OFFSET')}` : ''
  const ctes = prefixes()
  const columns = query.limit
    ? result.columns.map(({ literal: _, ...column }) => ({ ...column, partitionOf: undefined }))
    : result.columns
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
    const {
      result: { isRecursive, ...result },
      touches,
    } = outer.translation.collect(() => {
      const found = recursiveCte(cte, label, scope, { body: resolveBody, converted })
      return { ...(found ?? resolveQuery(cte.query, scope)), isRecursive: found !== undefined }
    })
    used.push(`${label} AS (${result.sql})`)
    // All rounds are computed, as BigQuery does, however few rows are asked for.
    const whole = isRecursive ? outer.translation.fresh(cte.name) : label
    if (isRecursive) used.push(`${whole} AS MATERIALIZED (SELECT * FROM ${label})`)
    const always = onceOnly(touches)
    const entry: CteEntry = {
      cte,
      use: () => {
        outer.translation.touch(always)
        return {
          sql: whole,
          columns: usedColumns(asColumns(result, '')),
        }
      },
    }
    ctes.set(key, entry)
  }
  return { env: { ...childEnv(outer), ctes }, prefixes: () => used }
}

function usedColumns(columns: readonly Column[]): Column[] {
  const uses = new Map<Read, Read>()
  return columns.map((column) => {
    const read = column.partitionOf
    if (!read) return column
    const use = uses.get(read) ?? useOf(read)
    uses.set(read, use)
    return { ...column, partitionOf: use }
  })
}

type SetBody = Body & { kind: 'set' }

/** `a UNION ALL b UNION ALL c` is one operation of three queries: their columns find one type together. */
function inputsOf(body: SetBody): Body[] {
  const inputs: Body[] = []
  for (let set = body; ;) {
    inputs.unshift(set.right)
    const { left } = set
    if (
      left.kind !== 'set' ||
      left.operator !== body.operator ||
      left.byName !== body.byName ||
      body.operator.startsWith('EXCEPT')
    )
      return [left, ...inputs]
    set = left
  }
}

function resolveBody(body: Body, env: Env): QueryResult {
  if (body.kind === 'select') return resolveSelect(body.select, env, [])
  if (body.kind === 'query') return resolveQuery(body.query, env)
  const given = inputsOf(body).map((input) => resolveBody(input, env))
  const inputs = body.byName ? matchedByName(given, body, env) : given
  const first = inputs[0]!
  for (const [i, input] of inputs.entries())
    if (input.columns.length !== first.columns.length)
      throw invalid(
        `Queries in ${body.operator} have mismatched column count; query 1 has ${columnCount(first)}, query ${i + 1} has ${columnCount(input)}`,
        body.at,
      )
  const types = first.columns.map((_, i) => typeOfColumn(inputs, i, body))
  const isAll = body.operator === 'UNION ALL'
  const ungroupable = isAll ? -1 : types.findIndex((type) => !isGroupable(type))
  if (ungroupable >= 0)
    throw invalid(
      `Column ${ungroupable + 1} in ${body.operator} has type that does not support set operation comparisons: ${typeName(types[ungroupable]!)}`,
      body.at,
    )
  if (!isAll)
    for (const { columns } of inputs) for (const column of columns) env.translation.touch(column.touch)
  const operator = isAll ? 'UNION ALL' : body.operator.replace(' DISTINCT', '')
  const rows = isAll ? asRows(inputs, types) : undefined
  const sql =
    rows ??
    chained(
      inputs.map((input) => converted(input, types, env)),
      operator,
    )
  const columns = first.columns.map((column, i) => ({
    name: column.name,
    label: column.label,
    type: types[i]!,
    touch: () => {
      for (const input of inputs) input.columns[i]!.touch()
    },
  }))
  const names = rows ? `(${columns.map(({ label }) => label).join(', ')})` : ''
  return { sql: `SELECT * FROM (${sql}) AS ${env.translation.fresh('set')}${names}`, columns, as: first.as }
}

const columnCount = ({ columns: { length } }: QueryResult): string =>
  `${length} column${length === 1 ? '' : 's'}`

/** What is written as a literal takes the type of a column beside it. */
function typeOfColumn(inputs: readonly QueryResult[], i: number, body: SetBody): GType {
  const values = inputs.map(({ columns }) => valueOf(columns[i]!, ''))
  const type = commonType(values)
  if (type) return type
  const names = [...new Set(values.map((value) => typeName(value.type)))]
  throw invalid(`Column ${i + 1} in ${body.operator} has incompatible types: ${names.join(', ')}`, body.at)
}

const valueOf = ({ type, literal }: OutputColumn, sql: string): Value => ({
  sql,
  type,
  ...(literal === undefined ? {} : { literal }),
})

/** Many rows as one list: seeds and fixtures of tests are unions of thousands of SELECTs without FROM. */
function asRows(inputs: readonly QueryResult[], types: readonly GType[]): string | undefined {
  const rows = inputs.flatMap(({ row }) =>
    row?.every(({ sql }) => !sql.includes('(SELECT'))
      ? [row.map((value, i) => coerce(value, types[i]!))]
      : [],
  )
  if (rows.length < inputs.length || rows.length < MANY) return undefined
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
    (column, i) =>
      `${coerce(valueOf(column, `${relation}.${column.label}`), types[i]!).sql} AS ${column.label}`,
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
  if (
    (expression.kind === 'literal' && expression.type === 'INT64') ||
    (expression.kind === 'unary' && expression.operator === '-')
  )
    throw invalid('Syntax error: Unexpected "-"', expression.at)
  if (expression.kind !== 'parameter')
    throw unsupported(`${clause} with anything but an integer literal or parameter`, expression.at)
  return coerce(resolveExpression(expression, env), INT64, expression.at, clause).sql
}
