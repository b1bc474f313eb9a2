/** What an expression ends in without a name: literals and query parameters. */
import type { Expression } from '../parse/syntax.ts'
import { invalid, unsupported } from '../refusal.ts'
import { literalOf } from '../values/coerce.ts'
import {
  BOOL,
  BYTES,
  DATE,
  DATETIME,
  duckdbType,
  FLOAT64,
  INT64,
  JSON_TYPE,
  NULL_TYPE,
  NUMERIC,
  STRING,
  TIME,
  TIMESTAMP,
} from '../values/gtype.ts'
import { jsonTrouble, normalJson } from '../values/normal-json.ts'
import { typeFromText } from '../values/type-text.ts'
import { integerLiteral, quoteBytes, quoteText, type Value } from '../values/value.ts'
import type { Env } from './scope.ts'

export function resolveLiteral(expression: Expression & { kind: 'literal' }): Value {
  const { value, at } = expression
  switch (expression.type) {
    case 'NULL':
      return { sql: 'NULL', type: NULL_TYPE, isConstant: true }
    case 'BOOL':
      return { sql: value.toUpperCase(), type: BOOL, isConstant: true }
    case 'INT64':
      return { sql: integerLiteral(value, at), type: INT64, literal: value, isConstant: true }
    case 'FLOAT64':
      if (!Number.isFinite(Number(value))) throw invalid(`Invalid floating point literal: ${value}`, at)
      return { sql: `CAST('${value}' AS DOUBLE)`, type: FLOAT64, literal: value, isConstant: true }
    case 'STRING':
      return { sql: quoteText(value, at), type: STRING, literal: value, isConstant: true }
    case 'BYTES':
      return { sql: quoteBytes(value), type: BYTES, literal: value, isConstant: true }
    case 'NUMERIC':
      if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value))
        throw invalid(`Invalid NUMERIC literal: ${JSON.stringify(value)}`, at)
      return { sql: `CAST('${value.trim()}' AS DECIMAL(38,9))`, type: NUMERIC, isConstant: true }
    case 'JSON': {
      const trouble = jsonTrouble(value)
      if (trouble !== undefined)
        throw invalid(`Invalid JSON literal: ${trouble}: ${JSON.stringify(value)}`, at)
      return { sql: `CAST(${quoteText(normalJson(value), at)} AS JSON)`, type: JSON_TYPE, isConstant: true }
    }
    default: {
      const types = { DATE, DATETIME, TIME, TIMESTAMP }
      return { sql: literalOf(value, expression.type, at), type: types[expression.type], isConstant: true }
    }
  }
}

/** What the script knows of itself: `@@row_count`, `@@error.message`; others are refused by name. */
export function resolveSystem(expression: Expression & { kind: 'system' }, env: Env): Value {
  const found = env.translation.context.variables.get(`@@${expression.name.toLowerCase()}`)
  if (!found) throw unsupported(`System variable @@${expression.name}`, expression.at)
  const type = typeFromText(found.type, expression.at)
  return { sql: found.duckdb, type, isConstant: true }
}

export function resolveParameter(expression: Expression & { kind: 'parameter' }, env: Env): Value {
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
  return {
    sql: `CAST(${found.duckdb} AS ${duckdbType(type)})`,
    type,
    isConstant: true,
    isParameter: true,
  }
}
