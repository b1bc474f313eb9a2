/** Names, fields and elements: `a.b`, `a[OFFSET(1)]`. */
import type { Expression } from '../parse/syntax.ts'
import { invalid, unsupported } from '../refusal.ts'
import { coerce } from '../values/coerce.ts'
import { duckdbType, INT64, isScalar, typeName } from '../values/gtype.ts'
import { typeFromText } from '../values/type-text.ts'
import { raised } from '../values/raised.ts'
import { joinFacts, once, quoteText, type Value } from '../values/value.ts'
import { resolveExpression } from './recursion.ts'
import { lookUp, unrecognised, type Env } from './scope.ts'

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
    return {
      ...value,
      sql: `json_extract(${value.sql}, ${quoteText(`$.${jsonKey(name, at)}`)})`,
      literal: undefined,
      isParameter: undefined,
      column: undefined,
    }
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
    isParameter: undefined,
    column: undefined,
  }
}

function jsonKey(name: string, at: Expression['at']): string {
  if (/["\\]/.test(name)) throw unsupported('A JSON member with a quote or backslash in its name', at)
  return `"${name}"`
}

/** `j['name']` and `j[0]`, both written as literals. */
function jsonElement(object: Value, expression: Expression & { kind: 'index' }, env: Env): Value {
  const { literal, type } = resolveExpression(expression.index, env)
  if (literal === undefined || expression.mode !== 'PLAIN' || !isScalar(type, 'INT64', 'STRING'))
    throw unsupported('Element access on JSON with anything but a literal', expression.at)
  if (isScalar(type, 'STRING')) return fieldOf(object, literal, expression.at)
  const sql =
    BigInt(literal) < 0n ? 'CAST(NULL AS JSON)' : `json_extract(${object.sql}, '$[${BigInt(literal)}]')`
  return { ...object, sql, literal: undefined, isParameter: undefined, column: undefined }
}

export function resolveIndex(expression: Expression & { kind: 'index' }, env: Env): Value {
  const object = resolveExpression(expression.object, env)
  if (isScalar(object.type, 'JSON')) return jsonElement(object, expression, env)
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
      `CASE WHEN ${position} + ${shift} BETWEEN 1 AND len(${array}) THEN list_extract(${array}, ${position} + ${shift}) ${isSafe ? '' : `WHEN ${array} IS NOT NULL AND ${position} IS NOT NULL THEN ${raised(`concat('Array index ', ${position}, ' is out of bounds')`)} `}END`,
  )
  return { sql, type: object.type.element, ...joinFacts([object, index]) }
}
