/**
 * OVER (…): partitions, order with BigQuery's NULL places, frames. A named window may be extended by ORDER BY
 * and a frame, as documented.
 */
import { invalid } from '../refusal.ts'
import type { FrameBound, Window } from '../parse/syntax.ts'
import { isGroupable, isScalar, typeName } from '../values/gtype.ts'
import { raised } from '../values/raised.ts'
import { once } from '../values/value.ts'
import { resolveExpression } from './recursion.ts'
import { orderKey } from './order.ts'
import type { Env } from './scope.ts'

const NUMBERING = ['ROW_NUMBER', 'RANK', 'DENSE_RANK', 'PERCENT_RANK', 'CUME_DIST', 'NTILE', 'LAG', 'LEAD']

export function resolveWindow(window: Window, env: Env, name: string): string {
  const whole = merge(window, env)
  const partitions = whole.partitionBy.map((expression) => {
    const value = resolveExpression(expression, env)
    if (!isGroupable(value.type) || isScalar(value.type, 'FLOAT64'))
      throw invalid(
        `Partitioning by expressions of type ${typeName(value.type)} is not allowed`,
        expression.at,
      )
    return value.sql
  })
  const keys = whole.orderBy.map((item) => ({ item, value: resolveExpression(item.expression, env) }))
  if (whole.frame && NUMBERING.includes(name))
    throw invalid(`Window framing clause is not allowed for analytic function ${name}`, window.at)
  if (keys.length === 0 && NUMBERING.includes(name) && name !== 'ROW_NUMBER')
    throw invalid(`Window ORDER BY is required for analytic function ${name}`, window.at)
  const frame = whole.frame
  const hasOffset = frame?.unit === 'RANGE' && [frame.start, frame.end].some((bound) => bound?.offset)
  const order = keys.map(({ item, value }) =>
    orderKey(
      item,
      /^(\d+|CAST\(-?\d+ AS BIGINT\))$/.test(value.sql)
        ? { ...value, sql: `(${value.sql} + 0)` }
        : hasOffset && isScalar(value.type, 'FLOAT64')
          ? { ...value, sql: numberIn(value.sql) }
          : value,
      hasOffset,
    ),
  )
  if (hasOffset && (keys.length !== 1 || !isScalar(keys[0]!.value.type, 'INT64', 'FLOAT64', 'NUMERIC')))
    throw invalid('RANGE with an offset needs exactly one numeric ORDER BY key', window.at)
  const parts = [
    partitions.length > 0 ? `PARTITION BY ${partitions.join(', ')}` : '',
    order.length > 0 ? `ORDER BY ${order.join(', ')}` : '',
    frame
      ? frame.end
        ? `${frame.unit} BETWEEN ${bound(frame.start, env)} AND ${bound(frame.end, env)}`
        : `${frame.unit} ${bound(frame.start, env)}`
      : '',
  ]
  return `(${parts.filter((part) => part !== '').join(' ')})`
}

/** The engine would take NaN for the largest number: a frame of other rows. */
const numberIn = (key: string): string =>
  once(
    [key],
    ([x]) =>
      `CASE WHEN isnan(${x}) THEN ${raised("'NaN in the ORDER BY of a RANGE frame with an offset is not supported by the local BigQuery'")} ELSE ${x} END`,
  )

function merge(window: Window, env: Env, depth = 0): Window {
  if (!window.base) return window
  const base = env.windows?.get(window.base.toLowerCase())
  if (!base || depth > 10) throw invalid(`Unrecognized window alias ${window.base}`, window.at)
  const under = merge(base, env, depth + 1)
  if (
    window.partitionBy.length > 0 ||
    (window.orderBy.length > 0 && under.orderBy.length > 0) ||
    (under.frame && (window.frame || window.orderBy.length > 0))
  )
    throw invalid(`Window ${window.base} cannot be extended in this way`, window.at)
  return {
    ...under,
    orderBy: window.orderBy.length > 0 ? window.orderBy : under.orderBy,
    frame: window.frame ?? under.frame,
    at: window.at,
  }
}

function bound(frame: FrameBound, env: Env): string {
  if (!frame.offset) return frame.kind
  const value = resolveExpression(frame.offset, env)
  if (!value.isConstant || !isScalar(value.type, 'INT64', 'FLOAT64') || value.literal?.startsWith('-'))
    throw invalid('Window frame offset must be a non-negative literal or parameter', frame.offset.at)
  return `${value.sql} ${frame.kind}`
}
