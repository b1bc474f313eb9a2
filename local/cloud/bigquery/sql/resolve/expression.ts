/**
 * One expression to DuckDB text with its type: the switch over every node of the language. No node falls
 * through to DuckDB unread.
 */
import { invalid, unsupported } from '../refusal.ts'
import type { Expression } from '../parse/syntax.ts'
import { castValue } from '../values/cast.ts'
import { coerce, coerceAll, literalOf } from '../values/coerce.ts'
import {
  anonymousField,
  arrayOf,
  BOOL,
  BYTES,
  DATE,
  DATETIME,
  duckdbType,
  FLOAT64,
  INT64,
  isNullType,
  isScalar,
  JSON_TYPE,
  NULL_TYPE,
  NUMERIC,
  quoteName,
  STRING,
  TIME,
  TIMESTAMP,
  typeFromSyntax,
  typeName,
  type GType,
} from '../values/gtype.ts'
import { compareFloats } from '../values/floats.ts'
import { typeFromText } from '../values/type-text.ts'
import { integerLiteral, once, quoteBytes, quoteText, type Value } from '../values/value.ts'
import { resolveCall } from './call.ts'
import { resolveExtract } from '../functions/extract.ts'
import { resolveBinary, resolveIn, resolveLike, resolveUnary } from './operators.ts'
import { resolveQuery, singleColumn } from './query.ts'
import { lookUp, unrecognised, childEnv, type Env } from './scope.ts'

/** Facts that pass from parts to the whole. */
export function joinFacts(
  values: readonly Value[],
): Pick<Value, 'isConstant' | 'hasAggregate' | 'hasWindow'> {
  return {
    isConstant: values.every((value) => value.isConstant),
    hasAggregate: values.some((value) => value.hasAggregate),
    hasWindow: values.some((value) => value.hasWindow),
  }
}

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
    case 'is': {
      const operand = resolveExpression(expression.operand, env)
      const checked =
        expression.test === 'NULL' ? operand : coerce(operand, BOOL, at, `IS ${expression.test}`)
      return {
        sql: `(${checked.sql} IS ${expression.isNot ? 'NOT ' : ''}${expression.test})`,
        type: BOOL,
        ...joinFacts([operand]),
      }
    }
    case 'between': {
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
    case 'in':
      return resolveIn(expression, env)
    case 'like':
      return resolveLike(expression, env)
    case 'case':
      return resolveCase(expression, env)
    case 'cast': {
      const operand = resolveExpression(expression.operand, env)
      const type = typeFromSyntax(expression.type)
      if (
        operand.literal !== undefined &&
        isScalar(operand.type, 'STRING') &&
        isScalar(type, 'TIMESTAMP', 'DATE', 'DATETIME', 'TIME')
      ) {
        try {
          return { sql: literalOf(operand.literal, typeName(type), at), type, isConstant: true }
        } catch (error) {
          if (expression.isSafe) return { sql: `CAST(NULL AS ${duckdbType(type)})`, type, isConstant: true }
          throw error
        }
      }
      return castValue(operand, type, { isSafe: expression.isSafe, at })
    }
    case 'extract':
      return resolveExtract(expression, env)
    case 'call':
      return resolveCall(expression, env)
    case 'star':
      throw invalid('Argument * can only be used in COUNT(*)', at)
    case 'interval':
      throw unsupported('An INTERVAL outside date arithmetic', at)
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
      throw unsupported(`System variable @@${expression.name}`, at)
  }
}

function resolveLiteral(expression: Expression & { kind: 'literal' }): Value {
  const { value, at } = expression
  switch (expression.type) {
    case 'NULL':
      return { sql: 'NULL', type: NULL_TYPE, isConstant: true }
    case 'BOOL':
      return { sql: value.toUpperCase(), type: BOOL, isConstant: true }
    case 'INT64':
      return { sql: integerLiteral(value, at), type: INT64, literal: value, isConstant: true }
    case 'FLOAT64':
      return { sql: `CAST('${value}' AS DOUBLE)`, type: FLOAT64, literal: value, isConstant: true }
    case 'STRING':
      return { sql: quoteText(value, at), type: STRING, literal: value, isConstant: true }
    case 'BYTES':
      return { sql: quoteBytes(value), type: BYTES, isConstant: true }
    case 'NUMERIC':
      if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(value))
        throw invalid(`Invalid NUMERIC literal: ${JSON.stringify(value)}`, at)
      return { sql: `CAST('${value.trim()}' AS DECIMAL(38,9))`, type: NUMERIC, isConstant: true }
    case 'JSON':
      try {
        JSON.parse(value)
      } catch {
        throw invalid(`Invalid JSON literal: ${JSON.stringify(value)}`, at)
      }
      return { sql: `CAST(${quoteText(value, at)} AS JSON)`, type: JSON_TYPE, isConstant: true }
    default: {
      const types = { DATE, DATETIME, TIME, TIMESTAMP }
      return { sql: literalOf(value, expression.type, at), type: types[expression.type], isConstant: true }
    }
  }
}

export function resolvePath(parts: readonly string[], env: Env, at: Expression['at']): Value {
  const found = lookUp(parts, env, at)
  if (found) return found.rest.reduce((value, name) => fieldOf(value, name, at), found.value)
  const variable =
    env.via.length === 0
      ? [...env.translation.context.variables].find(
          ([name]) => name.toLowerCase() === parts[0]!.toLowerCase(),
        )
      : undefined
  if (!variable) throw unrecognised(parts, env, at)
  const [, { type, duckdb }] = variable
  const value: Value = {
    sql: `CAST(${duckdb} AS ${duckdbType(typeFromText(type, at))})`,
    type: typeFromText(type, at),
    isConstant: true,
  }
  return parts.slice(1).reduce((inner, name) => fieldOf(inner, name, at), value)
}

export function fieldOf(value: Value, name: string, at: Expression['at']): Value {
  if (isScalar(value.type, 'JSON'))
    throw unsupported('Field access on JSON (use JSON_VALUE or JSON_QUERY)', at)
  if (value.type.kind !== 'struct')
    throw invalid(`Cannot access field ${name} on a value with type ${typeName(value.type)}`, at)
  const found = value.type.fields.filter((field) => field.name.toLowerCase() === name.toLowerCase())
  if (found.length > 1) throw invalid(`Struct field name ${name} is ambiguous`, at)
  if (!found[0]) throw invalid(`Field name ${name} does not exist in ${typeName(value.type)}`, at)
  return {
    ...value,
    sql: `struct_extract(${value.sql}, ${quoteText(found[0].name)})`,
    type: found[0].type,
    literal: undefined,
    column: undefined,
  }
}

function resolveIndex(expression: Expression & { kind: 'index' }, env: Env): Value {
  const object = resolveExpression(expression.object, env)
  if (isScalar(object.type, 'JSON'))
    throw unsupported('Element access on JSON (use JSON_VALUE or JSON_QUERY)', expression.at)
  if (object.type.kind !== 'array')
    throw invalid(
      `Element access using [${expression.mode === 'PLAIN' ? '' : `${expression.mode}()`}] is not supported on values of type ${typeName(object.type)}`,
      expression.at,
    )
  const index = coerce(resolveExpression(expression.index, env), INT64, expression.at, 'Array position')
  const isSafe = expression.mode.startsWith('SAFE')
  const shift = expression.mode.endsWith('ORDINAL') ? 0 : 1
  const sql = once(
    [object.sql, index.sql],
    ([array, position]) =>
      `CASE WHEN ${position} + ${shift} BETWEEN 1 AND len(${array}) THEN list_extract(${array}, ${position} + ${shift}) ${isSafe ? '' : `WHEN ${array} IS NOT NULL AND ${position} IS NOT NULL THEN error(concat('Array index ', ${position}, ' is out of bounds')) `}END`,
  )
  return { sql, type: object.type.element, ...joinFacts([object, index]) }
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

function resolveArray(expression: Expression & { kind: 'array' }, env: Env): Value {
  const items = expression.items.map((item) => resolveExpression(item, env))
  const declared = expression.element ? typeFromSyntax(expression.element) : undefined
  const found = declared
    ? {
        type: declared,
        values: items.map((item, i) => coerce(item, declared, expression.items[i]!.at, 'Array element')),
      }
    : items.length > 0
      ? coerceAll(items, 'array', expression.at)
      : { type: INT64, values: [] }
  const element = isNullType(found.type) ? INT64 : found.type
  if (element.kind === 'array')
    throw invalid(
      'Cannot construct array with element type ARRAY because nested arrays are not supported',
      expression.at,
    )
  const type = arrayOf(element)
  return {
    sql:
      items.length === 0
        ? `CAST([] AS ${duckdbType(type)})`
        : `[${found.values.map((value) => (isNullType(value.type) ? 'CAST(NULL AS BIGINT)' : value.sql)).join(', ')}]`,
    type,
    ...joinFacts(found.values),
  }
}

function resolveStruct(expression: Expression & { kind: 'struct' }, env: Env): Value {
  const fields = expression.fields.map((field, i) => {
    const value = resolveExpression(field.value, env)
    const type: GType = field.type ? typeFromSyntax(field.type) : value.type
    return {
      name: field.name ?? anonymousField(i),
      value: field.type ? coerce(value, type, field.value.at, 'Struct field') : value,
      type,
    }
  })
  if (fields.length === 0) throw unsupported('An empty STRUCT', expression.at)
  const names = fields.map((field) => field.name.toLowerCase())
  if (new Set(names).size !== names.length)
    throw unsupported('A STRUCT with two fields of the same name', expression.at)
  const sql = `struct_pack(${fields.map((field) => `${quoteName(field.name)} := ${isNullType(field.type) ? 'CAST(NULL AS BIGINT)' : field.value.sql}`).join(', ')})`
  return {
    sql,
    type: { kind: 'struct', fields: fields.map(({ name, type }) => ({ name, type })) },
    ...joinFacts(fields.map((field) => field.value)),
  }
}

function resolveSubquery(
  expression: Expression & { kind: 'subquery' | 'exists' | 'arraySubquery' },
  env: Env,
): Value {
  const result = resolveQuery(expression.query, childEnv(env))
  if (expression.kind === 'exists') return { sql: `EXISTS (${result.sql})`, type: BOOL }
  const single = singleColumn(
    result,
    env,
    expression.kind === 'subquery' ? 'Scalar subquery' : 'ARRAY subquery',
    expression.at,
  )
  if (expression.kind === 'subquery') return { sql: `(${single.sql})`, type: single.type }
  if (single.type.kind === 'array')
    throw invalid(
      'Cannot use array subquery with column of type ARRAY because nested arrays are not supported',
      expression.at,
    )
  return {
    sql: `coalesce(ARRAY(${single.sql}), [])`,
    type: arrayOf(isNullType(single.type) ? INT64 : single.type),
  }
}

function resolveParameter(expression: Expression & { kind: 'parameter' }, env: Env): Value {
  const { parameters } = env.translation.context
  const positional = parameters.filter((parameter) => !parameter.name)
  const found = expression.name
    ? parameters.find((parameter) => parameter.name?.toLowerCase() === expression.name!.toLowerCase())
    : positional[env.translation.positionOf(expression.index)]
  if (!found)
    throw invalid(
      expression.name
        ? `Query parameter '${expression.name}' not found`
        : 'Query parameter number is out of range',
      expression.at,
    )
  const type = typeFromText(found.type, expression.at)
  return { sql: `CAST(${found.duckdb} AS ${duckdbType(type)})`, type, isConstant: true }
}
