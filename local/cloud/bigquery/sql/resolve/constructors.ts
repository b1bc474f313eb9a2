/** Values made of others: arrays, structs, and a query where one value is wanted. */
import type { Expression } from '../parse/syntax.ts'
import { invalid, unsupported } from '../refusal.ts'
import { coerce, coerceAll, packedSql } from '../values/coerce.ts'
import {
  anonymousField,
  arrayOf,
  BOOL,
  duckdbType,
  INT64,
  isNullType,
  typeFromSyntax,
  type GType,
} from '../values/gtype.ts'
import { joinFacts, type Value } from '../values/value.ts'
import { singleColumn } from './output.ts'
import { resolveExpression, resolveQuery } from './recursion.ts'
import { childEnv, type Env } from './scope.ts'

export function resolveArray(expression: Expression & { kind: 'array' }, env: Env): Value {
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

export function resolveStruct(expression: Expression & { kind: 'struct' }, env: Env): Value {
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
  const type: GType = { kind: 'struct', fields: fields.map(({ name, type: own }) => ({ name, type: own })) }
  const values = fields.map((field) => field.value)
  return { sql: packedSql(values, type), type, fields: values, ...joinFacts(values) }
}

export function resolveSubquery(
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
