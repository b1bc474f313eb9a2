/**
 * A column's default as a DuckDB expression that is evaluated for each row it fills: a literal, or one of the
 * functions that BigQuery allows there. Others are refused.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import { parseExpressionText } from '../parse/text.ts'
import type { Expression } from '../parse/syntax.ts'
import { resolveExpression } from '../resolve/expression.ts'
import type { Translation } from '../resolve/translation.ts'
import type { FieldSchema } from '../types.ts'
import { coerce } from '../values/coerce.ts'
import { DATE, DATETIME, FLOAT64, STRING, TIME, TIMESTAMP, typeOfField } from '../values/gtype.ts'
import type { Value } from '../values/value.ts'
import { rootEnv } from './outcome.ts'

const UTC = 'make_timestamp(epoch_us(now()))'
/** https://cloud.google.com/bigquery/docs/default-values#limitations */
const FUNCTIONS: Readonly<Record<string, Value>> = {
  CURRENT_TIMESTAMP: { sql: 'CAST(now() AS TIMESTAMP WITH TIME ZONE)', type: TIMESTAMP },
  CURRENT_DATETIME: { sql: UTC, type: DATETIME },
  CURRENT_DATE: { sql: `CAST(${UTC} AS DATE)`, type: DATE },
  CURRENT_TIME: { sql: `CAST(${UTC} AS TIME)`, type: TIME },
  GENERATE_UUID: { sql: 'CAST(uuid() AS VARCHAR)', type: STRING },
  RAND: { sql: 'random()', type: FLOAT64 },
}

export function compileDefault(field: FieldSchema, translation: Translation): string {
  const expression = parseExpressionText(field.defaultValueExpression ?? 'NULL')
  const value = valueOf(expression, field, translation)
  return coerce(value, typeOfField(field), expression.at, `Default value of column ${field.name}`).sql
}

function valueOf(expression: Expression, field: FieldSchema, translation: Translation): Value {
  const written =
    expression.kind === 'call'
      ? expression
      : expression.kind === 'path' && expression.parts.length === 1
        ? { name: expression.parts[0]!.toUpperCase(), args: [] }
        : undefined
  const known = written && FUNCTIONS[written.name]
  if (known) {
    if (written.args.length > 0)
      throw unsupported(`An argument of ${written.name} in a default`, expression.at)
    return known
  }
  if (!isLiteral(expression)) throw refusal(expression, field, expression.at)
  return resolveExpression(expression, rootEnv(translation))
}

function isLiteral(expression: Expression): boolean {
  switch (expression.kind) {
    case 'literal':
      return true
    case 'unary':
      return isLiteral(expression.operand)
    case 'cast':
      return isLiteral(expression.operand)
    case 'array':
      return expression.items.every(isLiteral)
    case 'struct':
      return expression.fields.every((inner) => isLiteral(inner.value))
    default:
      return false
  }
}

function refusal(expression: Expression, field: FieldSchema, at: Position): Error {
  return expression.kind === 'path'
    ? invalid(`Unrecognized name: ${expression.parts.join('.')}`, at)
    : unsupported(
        `A default of column ${field.name} that is neither a literal nor one of ${Object.keys(FUNCTIONS).join(', ')}`,
        at,
      )
}
