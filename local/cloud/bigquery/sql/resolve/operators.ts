/**
 * Arithmetic, comparison, logic, LIKE and IN with BigQuery's types: `/` is FLOAT64, division by zero is an
 * error, literals coerce to the column's type.
 */
import { invalid, unsupported } from '../refusal.ts'
import type { Expression } from '../parse/syntax.ts'
import { castSql } from '../values/cast.ts'
import { coerce, coerceAll, commonType } from '../values/coerce.ts'
import {
  BOOL,
  DATE,
  duckdbType,
  FLOAT64,
  INT64,
  isNullType,
  isScalar,
  STRING,
  typeName,
  type GType,
} from '../values/gtype.ts'
import { chained } from '../values/chain.ts'
import { multipliedInterval } from '../values/intervals.ts'
import { compareFloats } from '../values/floats.ts'
import { raised } from '../values/raised.ts'
import { joinFacts, once, quoteText, type Value } from '../values/value.ts'
import { BITS } from '../functions/bits.ts'
import { shift } from '../functions/date-arithmetic.ts'
import { divided, multiplied } from '../functions/numerics.ts'
import { withinCalendar } from '../values/temporal.ts'
import { floatArithmetic, quotientOf } from './float-arithmetic.ts'
import { intervalArithmetic } from './interval.ts'
import { resolveExpression } from './recursion.ts'
import type { Env } from './scope.ts'

export function resolveUnary(expression: Expression & { kind: 'unary' }, env: Env): Value {
  const operand = resolveExpression(expression.operand, env)
  if (expression.operator === 'NOT')
    return {
      sql: `(NOT ${coerce(operand, BOOL, expression.at, 'Operand of NOT').sql})`,
      type: BOOL,
      ...joinFacts([operand]),
    }
  if (isScalar(operand.type, 'INTERVAL') && expression.operator === '-')
    return { sql: multipliedInterval(operand.sql, '-1'), type: operand.type, ...joinFacts([operand]) }
  const value = isNullType(operand.type) ? coerce(operand, INT64) : operand
  const isNumber = isScalar(value.type, 'INT64', 'FLOAT64', 'NUMERIC')
  if (expression.operator === '~' && isScalar(value.type, 'BYTES'))
    throw unsupported('Operator ~ on BYTES', expression.at)
  if (!isNumber || (expression.operator === '~' && !isScalar(value.type, 'INT64')))
    throw noSignature(expression.operator, [operand], expression)
  return { sql: `(${expression.operator}${value.sql})`, type: value.type, ...joinFacts([operand]) }
}

function noSignature(operator: string, values: readonly Value[], expression: Expression): Error {
  return invalid(
    `No matching signature for operator ${operator} for argument types: ${values.map((value) => typeName(value.type)).join(', ')}`,
    expression.at,
  )
}

const COMPARISONS = ['=', '!=', '<', '>', '<=', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM']

export function resolveBinary(expression: Expression & { kind: 'binary' }, env: Env): Value {
  const { operator } = expression
  if (operator === 'AND' || operator === 'OR') return resolveLogic(expression, env)
  const moved = operator === '+' || operator === '-' ? shiftByInterval(expression, operator, env) : undefined
  if (moved) return moved
  const left = resolveExpression(expression.left, env)
  const right = resolveExpression(expression.right, env)
  const facts = joinFacts([left, right])
  if (COMPARISONS.includes(operator)) return { ...compare(operator, left, right, expression), ...facts }
  if (operator === '||') return { ...concatenate(left, right, expression), ...facts }
  if (BITS[operator]) return { ...onBits(operator, left, right, expression), ...facts }
  if ((operator === '+' || operator === '-') && isScalar(left.type, 'DATE') && isScalar(right.type, 'INT64'))
    return {
      sql: withinCalendar(`(${left.sql} ${operator} CAST(${right.sql} AS INTEGER))`, 'DATE'),
      type: DATE,
      ...facts,
    }
  if (operator === '+' && isScalar(left.type, 'INT64') && isScalar(right.type, 'DATE'))
    return {
      sql: withinCalendar(`(${right.sql} + CAST(${left.sql} AS INTEGER))`, 'DATE'),
      type: DATE,
      ...facts,
    }
  const interval = intervalArithmetic(operator, left, right, expression)
  if (interval) return { ...interval, ...facts }
  const type = commonType([left, right])
  if (!type || !(isNullType(type) || isScalar(type, 'INT64', 'FLOAT64', 'NUMERIC')))
    throw noSignature(operator, [left, right], expression)
  if (isScalar(type, 'FLOAT64') && (operator === '+' || operator === '-' || operator === '*'))
    return floatArithmetic(operator, left, right, facts)
  return { ...arithmetic(operator, left, right, isNullType(type) ? INT64 : type), ...facts }
}

function onBits(
  operator: string,
  left: Value,
  right: Value,
  expression: Expression,
): { sql: string; type: GType } {
  if ([left, right].some(({ type }) => isScalar(type, 'BYTES')))
    throw unsupported(`Operator ${operator} on BYTES`, expression.at)
  if (![left, right].every(({ type }) => isNullType(type) || isScalar(type, 'INT64')))
    throw noSignature(operator, [left, right], expression)
  return { sql: BITS[operator]!(coerce(left, INT64).sql, coerce(right, INT64).sql), type: INT64 }
}

function arithmetic(operator: string, left: Value, right: Value, type: GType): { sql: string; type: GType } {
  if (operator === '/') {
    if (isScalar(type, 'NUMERIC')) {
      const [x, y] = [coerce(left, type).sql, coerce(right, type).sql]
      return { sql: divided(x, y, raised("'division by zero: NUMERIC'")), type }
    }
    const sql = once([coerce(left, FLOAT64).sql, coerce(right, FLOAT64).sql], ([a, b]) =>
      right.literal !== undefined && Number(right.literal) !== 0
        ? `(${quotientOf(a!, b!, right)})`
        : `CASE WHEN ${b} = 0 THEN CASE WHEN ${a} IS NOT NULL THEN ${raised(`concat('division by zero: ', ${a}, ' / ', ${b})`)} END ELSE ${quotientOf(a!, b!, right)} END`,
    )
    return { sql, type: FLOAT64 }
  }
  const [a, b] = [coerce(left, type).sql, coerce(right, type).sql]
  if (operator === '*' && isScalar(type, 'NUMERIC')) return { sql: multiplied(a, b), type }
  const sql = `(${a} ${operator} ${b})`
  return { sql: isScalar(type, 'NUMERIC') ? `CAST(${sql} AS ${duckdbType(type)})` : sql, type }
}

function compare(
  operator: string,
  left: Value,
  right: Value,
  expression: Expression,
): { sql: string; type: GType } {
  const type = commonType([left, right])
  if (!type) throw noSignature(operator, [left, right], expression)
  if (type.kind === 'array')
    throw invalid(`Equality is not defined for arguments of type ${typeName(type)}`, expression.at)
  if (isScalar(type, 'JSON')) throw noSignature(operator, [left, right], expression)
  if (type.kind === 'struct' && !['=', '!='].includes(operator))
    throw invalid(`${operator} is not defined for arguments of type ${typeName(type)}`, expression.at)
  const [a, b] = [coerce(left, type, expression.at), coerce(right, type, expression.at)]
  if (type.kind === 'struct' && !operator.startsWith('IS'))
    return { sql: equalStructs(a.sql, b.sql, type, operator === '!=', expression), type: BOOL }
  return {
    sql: isScalar(type, 'FLOAT64')
      ? compareFloats(operator, a, b)
      : `(${a.sql} ${operator === '!=' ? '<>' : operator} ${b.sql})`,
    type: BOOL,
  }
}

/**
 * Field by field, because DuckDB takes two NULL fields for equal and a NULL field for different from a value,
 * where BigQuery answers NULL.
 */
export function equalStructs(
  a: string,
  b: string,
  type: GType & { kind: 'struct' },
  isNegated: boolean,
  expression: Expression,
): string {
  const sql = once([a, b], ([x, y]) =>
    type.fields
      .map((field) => {
        const [left, right] = [x, y].map((whole): Value => ({
          sql: `struct_extract(${whole}, ${quoteText(field.name)})`,
          type: field.type,
        }))
        return compare('=', left!, right!, expression).sql
      })
      .join(' AND '),
  )
  return isNegated ? `(NOT (${sql}))` : `(${sql})`
}

export function concatenate(left: Value, right: Value, expression: Expression): { sql: string; type: GType } {
  const type = commonType([left, right])
  if (!type) throw noSignature('||', [left, right], expression)
  if (isNullType(type)) return { sql: 'CAST(NULL AS VARCHAR)', type: STRING }
  const [a, b] = [coerce(left, type, expression.at).sql, coerce(right, type, expression.at).sql]
  if (type.kind === 'array')
    return {
      sql: once(
        [a, b],
        ([x, y]) => `CASE WHEN ${x} IS NOT NULL AND ${y} IS NOT NULL THEN list_concat(${x}, ${y}) END`,
      ),
      type,
    }
  if (!isScalar(type, 'STRING', 'BYTES')) throw noSignature('||', [left, right], expression)
  return { sql: `(${a} || ${b})`, type }
}

/** A chain of AND or OR is flattened, so that a long generated condition is no deep nesting. */
export function operandsOf(expression: Expression, operator: string): Expression[] {
  const parts: Expression[] = []
  let rest = expression
  for (; rest.kind === 'binary' && rest.operator === operator; rest = rest.left) parts.push(rest.right)
  return [...parts, rest].reverse()
}

function resolveLogic(expression: Expression & { kind: 'binary' }, env: Env): Value {
  const parts = operandsOf(expression, expression.operator)
  const values = parts.map((part) =>
    coerce(resolveExpression(part, env), BOOL, part.at, `Operand of ${expression.operator}`),
  )
  return {
    sql: `(${chained(
      values.map((value) => value.sql),
      expression.operator,
    )})`,
    type: BOOL,
    ...joinFacts(values),
  }
}

/** Undefined unless one side is written as INTERVAL n part, and the other a moment. */
function shiftByInterval(
  expression: Expression & { kind: 'binary' },
  operator: '+' | '-',
  env: Env,
): Value | undefined {
  const isSwapped = expression.right.kind !== 'interval'
  const [base, interval] = isSwapped
    ? [expression.right, expression.left]
    : [expression.left, expression.right]
  if (interval.kind !== 'interval' || interval.unit.includes(' TO ') || (isSwapped && operator === '-'))
    return undefined
  const value = resolveExpression(base, env)
  if (isScalar(value.type, 'INTERVAL')) return undefined
  const amount = coerce(resolveExpression(interval.value, env), INT64, interval.at, 'INTERVAL')
  // DATE ± INTERVAL is a DATETIME in BigQuery, unlike DATE_ADD.
  const operand = isScalar(value.type, 'DATE')
    ? {
        ...value,
        sql: castSql(value.sql, value.type, { kind: 'scalar', name: 'DATETIME' }, { isSafe: false }),
        type: { kind: 'scalar', name: 'DATETIME' } as GType,
      }
    : value
  return {
    ...shift(operand, amount, interval.unit, operator === '-', `operator ${operator}`, expression.at),
    ...joinFacts([value, amount]),
  }
}

export function resolveLike(expression: Expression & { kind: 'like' }, env: Env): Value {
  const found = coerceAll(
    [resolveExpression(expression.operand, env), resolveExpression(expression.pattern, env)],
    'operator LIKE',
    expression.at,
  )
  if (isScalar(found.type, 'BYTES')) throw unsupported('LIKE on BYTES', expression.at)
  if (!isScalar(found.type, 'STRING', 'NULL')) throw noSignature('LIKE', found.values, expression)
  const [operand, pattern] = found.values.map((value) => coerce(value, STRING))
  return {
    sql: `(${operand!.sql} ${expression.isNot ? 'NOT ' : ''}LIKE ${pattern!.sql} ESCAPE ${quoteText('\\')})`,
    type: BOOL,
    ...joinFacts(found.values),
  }
}
