/** IN: a list, a query or an array, with the NULLs of three-valued logic. */
import { invalid, unsupported } from '../refusal.ts'
import type { Expression } from '../parse/syntax.ts'
import { castSql } from '../values/cast.ts'
import { coerce, coerceAll } from '../values/coerce.ts'
import { compareFloats } from '../values/floats.ts'
import { BOOL, isScalar, type GType } from '../values/gtype.ts'
import { integerOf, joinFacts, once, quoteText, type Value } from '../values/value.ts'
import { equalStructs } from './operators.ts'
import { singleColumn } from './output.ts'
import { resolveExpression, resolveQuery } from './recursion.ts'
import { childEnv, type Env } from './scope.ts'

/** A list this long is given as one text: DuckDB's parser needs a second for each ten thousand expressions. */
const MANY = 2000

/** What IN looks among. */
function listed(values: readonly Value[], type: GType): string {
  const literals = values.flatMap(({ literal }) => (literal === undefined ? [] : [literal]))
  const isPlain = isScalar(type, 'INT64', 'STRING') && literals.length === values.length
  if (isPlain && values.length > MANY) {
    const texts = isScalar(type, 'STRING') ? literals : literals.map((literal) => String(integerOf(literal)))
    const list = isScalar(type, 'STRING')
      ? `from_json(${quoteText(JSON.stringify(texts))}, '["VARCHAR"]')`
      : `CAST('[${texts.join(', ')}]' AS BIGINT[])`
    return `SELECT unnest(${list})`
  }
  // The smallest INT64 has no literal of its own in DuckDB, and a bare one is narrower than INT64.
  return values
    .map(({ sql, literal }) =>
      isScalar(type, 'INT64') && literal !== undefined && /^[1-9]\d{0,17}$/.test(literal) ? literal : sql,
    )
    .join(', ')
}

export function resolveIn(expression: Expression & { kind: 'in' }, env: Env): Value {
  const operand = resolveExpression(expression.operand, env)
  const not = expression.isNot ? 'NOT ' : ''
  if (expression.list) {
    const { values, type } = coerceAll(
      [operand, ...expression.list.map((item) => resolveExpression(item, env))],
      'operator IN',
      expression.at,
    )
    if (type.kind === 'struct')
      return {
        sql: `(${not}(${values
          .slice(1)
          .map((value) => equalStructs(values[0]!.sql, value.sql, type, false, expression))
          .join(' OR ')}))`,
        type: BOOL,
        ...joinFacts(values),
      }
    const [sought, ...among] = values
    // DuckDB finds NaN among others; a literal is none.
    if (isScalar(type, 'FLOAT64') && among.some(({ literal }) => literal === undefined))
      return {
        sql: `(${not}(${among.map((value) => compareFloats('=', sought!, value)).join(' OR ')}))`,
        type: BOOL,
        ...joinFacts(values),
      }
    return {
      sql: `(${sought!.sql} ${not}IN (${listed(among, type)}))`,
      type: BOOL,
      ...joinFacts(values),
    }
  }
  if (operand.type.kind === 'struct')
    throw unsupported('IN with STRUCT values from a query or an array', expression.at)
  if (expression.query) {
    const single = singleColumn(
      resolveQuery(expression.query, childEnv(env)),
      env,
      'Subquery of type IN',
      expression.at,
    )
    const both = coerceAll([operand, { sql: 'x', type: single.type }], 'operator IN', expression.at)
    const relation = env.translation.fresh('among')
    const inner =
      both.values[1]!.sql === 'x'
        ? single.sql
        : `SELECT ${castSql(`${relation}."x"`, single.type, both.type, { isSafe: false })} FROM (${single.sql}) AS ${relation}("x")`
    return {
      sql: `(${both.values[0]!.sql} ${not}IN (${inner}))`,
      type: BOOL,
      hasAggregate: operand.hasAggregate,
      hasWindow: operand.hasWindow,
    }
  }
  const array = resolveExpression(expression.unnest!, env)
  if (array.type.kind !== 'array')
    throw invalid('Second argument of IN UNNEST must be an array', expression.at)
  const value = coerce(operand, array.type.element, expression.at, 'Operand of IN UNNEST')
  // Spelt out, because list_contains ignores NULL elements where IN answers NULL.
  const sql = once(
    [value.sql, array.sql],
    ([x, list]) =>
      `CASE WHEN len(${list}) IS NULL OR len(${list}) = 0 THEN FALSE WHEN ${x} IS NULL THEN NULL WHEN list_contains(${list}, ${x}) THEN TRUE WHEN list_count(${list}) < len(${list}) THEN NULL ELSE FALSE END`,
  )
  return { sql: `(${not}${sql})`, type: BOOL, ...joinFacts([value, array]) }
}
