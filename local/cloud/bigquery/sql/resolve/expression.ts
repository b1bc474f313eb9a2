/**
 * One expression to DuckDB text with its type: the switch over every node of the language. No node falls
 * through to DuckDB unread.
 */
import { extract } from '../functions/extract.ts'
import { zoneOf } from '../functions/zones.ts'
import type { Expression } from '../parse/syntax.ts'
import { invalid, unsupported } from '../refusal.ts'
import { castValue } from '../values/cast.ts'
import { castWithFormat } from '../values/cast-format.ts'
import { coerce, coerceAll, literalAs } from '../values/coerce.ts'
import { compareFloats } from '../values/floats.ts'
import { BOOL, duckdbType, isScalar, typeFromSyntax, typeName } from '../values/gtype.ts'
import { joinFacts, type Value } from '../values/value.ts'
import { fieldOf, resolveIndex, resolvePath } from './access.ts'
import { resolveCall } from './call.ts'
import { resolveLiteral, resolveParameter, resolveSystem } from './constants.ts'
import { resolveIn } from './among.ts'
import { resolveInterval } from './interval.ts'
import { resolveArray, resolveStruct, resolveSubquery } from './constructors.ts'
import { resolveBinary, resolveLike, resolveUnary } from './operators.ts'
import type { Env } from './scope.ts'

export function resolveExpression(expression: Expression, env: Env): Value {
  const { at } = expression
  switch (expression.kind) {
    case 'literal':
      return resolveLiteral(expression)
    case 'path':
      return resolvePath(expression.parts, env, at)
    case 'field':
      return fieldOf(resolveExpression(expression.object, env), expression.name, at)
    case 'index':
      return resolveIndex(expression, env)
    case 'unary':
      return resolveUnary(expression, env)
    case 'binary':
      return resolveBinary(expression, env)
    case 'is':
      return resolveIs(expression, env)
    case 'between':
      return resolveBetween(expression, env)
    case 'in':
      return resolveIn(expression, env)
    case 'like':
      return resolveLike(expression, env)
    case 'case':
      return resolveCase(expression, env)
    case 'cast':
      return resolveCast(expression, env)
    case 'extract':
      return extract(expression, (part) => resolveExpression(part, env))
    case 'call':
      return resolveCall(expression, env)
    case 'star':
      throw invalid('Argument * can only be used in COUNT(*)', at)
    case 'default':
      throw invalid('DEFAULT is allowed only as a value of INSERT, UPDATE and MERGE', at)
    case 'interval':
      return resolveInterval(expression, env)
    case 'array':
      return resolveArray(expression, env)
    case 'struct':
      return resolveStruct(expression, env)
    case 'subquery':
    case 'exists':
    case 'arraySubquery':
      return resolveSubquery(expression, env)
    case 'parameter':
      return resolveParameter(expression, env)
    case 'system':
      return resolveSystem(expression, env)
  }
}

function resolveIs(expression: Expression & { kind: 'is' }, env: Env): Value {
  const { at } = expression
  const operand = resolveExpression(expression.operand, env)
  const checked = expression.test === 'NULL' ? operand : coerce(operand, BOOL, at, `IS ${expression.test}`)
  return {
    sql: `(${checked.sql} IS ${expression.isNot ? 'NOT ' : ''}${expression.test})`,
    type: BOOL,
    ...joinFacts([operand]),
  }
}

function resolveBetween(expression: Expression & { kind: 'between' }, env: Env): Value {
  const { at } = expression
  const found = coerceAll(
    [expression.operand, expression.low, expression.high].map((part) => resolveExpression(part, env)),
    'operator BETWEEN',
    at,
  )
  const [operand, low, high] = found.values.map((value) => value.sql)
  if (isScalar(found.type, 'FLOAT64')) {
    const [x, a, b] = found.values
    return {
      sql: `(${expression.isNot ? 'NOT ' : ''}(${compareFloats('>=', x!, a!)} AND ${compareFloats('<=', x!, b!)}))`,
      type: BOOL,
      ...joinFacts(found.values),
    }
  }
  return {
    sql: `(${operand} ${expression.isNot ? 'NOT ' : ''}BETWEEN ${low} AND ${high})`,
    type: BOOL,
    ...joinFacts(found.values),
  }
}

function resolveCast(expression: Expression & { kind: 'cast' }, env: Env): Value {
  const { at } = expression
  const operand = resolveExpression(expression.operand, env)
  const type = typeFromSyntax(expression.type)
  if (expression.format) {
    const zone = expression.zone && zoneOf(resolveExpression(expression.zone, env), at)
    return castWithFormat(operand, type, { format: resolveExpression(expression.format, env), zone, at })
  }
  if (
    operand.literal !== undefined &&
    isScalar(operand.type, 'STRING') &&
    isScalar(type, 'TIMESTAMP', 'DATE', 'DATETIME', 'TIME')
  ) {
    try {
      return { sql: literalAs(operand.literal, typeName(type), at), type, isConstant: true }
    } catch (error) {
      if (expression.isSafe) return { sql: `CAST(NULL AS ${duckdbType(type)})`, type, isConstant: true }
      throw error
    }
  }
  return castValue(operand, type, { isSafe: expression.isSafe, at })
}

function resolveCase(expression: Expression & { kind: 'case' }, env: Env): Value {
  const operand = expression.operand ? resolveExpression(expression.operand, env) : undefined
  const whens = expression.branches.map((branch) => resolveExpression(branch.when, env))
  const results = [
    ...expression.branches.map((branch) => branch.then),
    ...(expression.otherwise ? [expression.otherwise] : []),
  ].map((part) => resolveExpression(part, env))
  if (operand?.type.kind === 'struct') throw unsupported('CASE on a STRUCT', expression.at)
  const compared = operand
    ? coerceAll([operand, ...whens], 'operator CASE', expression.at).values
    : whens.map((when) => coerce(when, BOOL, expression.at, 'CASE condition'))
  const { type, values } = coerceAll(results, 'CASE', expression.at)
  const branches = expression.branches
    .map((_, i) => `WHEN ${compared[operand ? i + 1 : i]!.sql} THEN ${values[i]!.sql}`)
    .join(' ')
  const otherwise = expression.otherwise ? ` ELSE ${values.at(-1)!.sql}` : ''
  return {
    sql: `CASE ${operand ? `${compared[0]!.sql} ` : ''}${branches}${otherwise} END`,
    type,
    ...joinFacts([...compared, ...values]),
  }
}
