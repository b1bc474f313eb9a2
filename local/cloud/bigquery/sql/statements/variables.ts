/** DECLARE, SET and ASSERT: one row whose columns are the variables' new values, in their order. */
import { invalid } from '../refusal.ts'
import type { StatementSyntax } from '../parse/statement-syntax.ts'
import { coerce } from '../values/coerce.ts'
import {
  BOOL,
  duckdbType,
  fieldOf,
  INT64,
  isNullType,
  quoteName,
  typeFromSyntax,
  type GType,
} from '../values/gtype.ts'
import { typeFromText } from '../values/type-text.ts'
import { raised } from '../values/raised.ts'
import { quoteText, type Value } from '../values/value.ts'
import { resolveExpression } from '../resolve/expression.ts'
import { childEnv, type Env } from '../resolve/scope.ts'
import { resolveQuery } from '../resolve/query.ts'
import type { Output } from './outcome.ts'

export function compileVariables(syntax: StatementSyntax & { kind: 'declare' | 'set' }, env: Env): Output {
  if (syntax.kind === 'declare') {
    const value = syntax.value ? resolveExpression(syntax.value, env) : undefined
    const type = syntax.type
      ? typeFromSyntax(syntax.type)
      : value && !isNullType(value.type)
        ? value.type
        : INT64
    const sql = value ? coerce(value, type, syntax.at, 'DEFAULT').sql : `CAST(NULL AS ${duckdbType(type)})`
    return row(
      syntax.names,
      syntax.names.map(() => ({ sql, type })),
    )
  }
  const types = syntax.names.map((name) => typeOfVariable(name, env, syntax.at))
  if (!syntax.isTuple)
    return row(syntax.names, [assignedTo(resolveExpression(syntax.value, env), types[0]!, syntax)])
  return setTuple(syntax, types, env)
}

function typeOfVariable(name: string, env: Env, at: StatementSyntax['at']): GType {
  const found = [...env.translation.context.variables].find(
    ([known]) => known.toLowerCase() === name.toLowerCase(),
  )
  if (!found) throw invalid(`Undeclared variable: ${name}`, at)
  return typeFromText(found[1].type, at)
}

const assignedTo = (value: Value, type: GType, syntax: StatementSyntax): Value =>
  coerce(value, type, syntax.at, 'Value of SET')

/** `SET (a, b) = (1, 2)` and `SET (a, b) = (SELECT AS STRUCT …)`. */
function setTuple(syntax: StatementSyntax & { kind: 'set' }, types: readonly GType[], env: Env): Output {
  const { value } = syntax
  const wrongCount = (count: number) =>
    invalid(`SET assigns ${syntax.names.length} variables, but the value has ${count} fields`, syntax.at)
  if (value.kind === 'subquery') {
    const result = resolveQuery(value.query, childEnv(env))
    if (
      result.as === 'STRUCT' ||
      (result.columns.length === types.length && result.as === undefined && types.length === 1)
    ) {
      if (result.columns.length !== types.length) throw wrongCount(result.columns.length)
      for (const column of result.columns) env.translation.touch(column.touch)
      const relation = env.translation.fresh('assigned')
      const output = row(
        syntax.names,
        result.columns.map((column, i) =>
          assignedTo({ sql: `${relation}.${column.label}`, type: column.type }, types[i]!, syntax),
        ),
      )
      // No row assigns NULL, as a scalar subquery would.
      return {
        ...output,
        sql: `${output.sql} FROM (SELECT 1) AS always LEFT JOIN (${result.sql}) AS ${relation} ON TRUE`,
      }
    }
  }
  if (value.kind === 'struct') {
    if (value.fields.length !== types.length) throw wrongCount(value.fields.length)
    return row(
      syntax.names,
      value.fields.map((field, i) => assignedTo(resolveExpression(field.value, env), types[i]!, syntax)),
    )
  }
  if (types.length === 1 && value.kind !== 'subquery')
    return row(syntax.names, [assignedTo(resolveExpression(value, env), types[0]!, syntax)])
  throw invalid('SET with a list of variables needs a STRUCT of as many fields', syntax.at)
}

function row(names: readonly string[], values: readonly { sql: string; type: GType }[]): Output {
  return {
    sql: `SELECT ${values.map((value, i) => `${value.sql} AS ${quoteName(names[i]!)}`).join(', ')}`,
    types: values.map((value) => value.type),
    schema: values.map((value, i) => fieldOf(names[i]!, value.type)),
  }
}

export function compileAssert(syntax: StatementSyntax & { kind: 'assert' }, env: Env): string[] {
  const condition = coerce(resolveExpression(syntax.condition, env), BOOL, syntax.at, 'ASSERT').sql
  return [
    `SELECT CASE WHEN ${condition} THEN TRUE ELSE ${raised(quoteText(syntax.message ? `Assertion failed: ${syntax.message}` : 'Assertion failed'))} END`,
  ]
}
