/**
 * Functions of one's own: a call is its body with the arguments in place of their names. The body sees its
 * arguments and nothing of the caller.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import { parseExpressionText, parseQueryText } from '../parse/text.ts'
import type { Call, From } from '../parse/syntax.ts'
import type { ResolvedRoutine, Via } from '../types.ts'
import { coerce } from '../values/coerce.ts'
import { quoteName, typeName, sameType, typeOfField } from '../values/gtype.ts'
import { joinFacts, type Value } from '../values/value.ts'
import { asColumns } from './output.ts'
import { resolveExpression, resolveQuery } from './recursion.ts'
import type { Column, Env, FromResult } from './scope.ts'

const deepest = 32
/** Families of BigQuery's own functions. */
const NAMESPACES = new Set([
  'NET',
  'HLL_COUNT',
  'KLL_QUANTILES',
  'KEYS',
  'AEAD',
  'ML',
  'AI',
  'VECTOR',
  'S2',
  'SEARCH',
])

/** The function a name stands for, or undefined when it cannot be one. */
export function findRoutine(path: readonly string[], env: Env, at: Position): ResolvedRoutine | undefined {
  const parts = path.flatMap((part) => part.split('.'))
  if (NAMESPACES.has(parts[0]!.toUpperCase())) return undefined
  const temporary =
    parts.length === 1 ? env.translation.context.functions?.get(parts[0]!.toLowerCase()) : undefined
  if (temporary) return temporary
  return parts.length === 1 ? undefined : env.translation.resolveRoutine(parts, env.via, at)
}

export function callRoutine(call: Call & { at: Position }, routine: ResolvedRoutine, env: Env): Value {
  const name = call.path.join('.')
  if (routine.kind === 'PROCEDURE') throw invalid(`Procedure ${name} is called by CALL`, call.at)
  if (routine.kind === 'TABLE') throw invalid(`Table-valued function ${name} is not expected here`, call.at)
  if (routine.kind === 'AGGREGATE') return callAggregate(call, routine, env)
  if (call.isSafe) throw unsupported(`SAFE.${name}`, call.at)
  if (call.over) throw invalid(`Function ${name} does not support an OVER clause`, call.at)
  if (call.isDistinct || call.nulls || call.orderBy.length > 0 || call.limit)
    throw invalid(`Function ${name} does not support DISTINCT, ORDER BY, LIMIT or NULLS`, call.at)
  const args = call.args.map((argument) => resolveExpression(argument, env))
  const columns = argumentsOf(routine, args, name, call.at)
  const inner: Env = {
    ...outside(routine, name, env, call.at),
    visible: columns,
    noAggregate: 'a SQL function',
    noWindow: 'a SQL function',
  }
  const body = resolveExpression(parseExpressionText(routine.body), inner)
  const value = routine.returns
    ? coerce(body, typeOfField(routine.returns), call.at, `The body of ${name}`)
    : body
  const { literal: _, isParameter: _parameter, column: _column, ...facts } = value
  return { ...facts, sql: `(${value.sql})`, ...joinFacts(args), isConstant: false }
}

/** The body's aggregates are those of the query that calls it; an argument is one value a row. */
function callAggregate(call: Call & { at: Position }, routine: ResolvedRoutine, env: Env): Value {
  const name = call.path.join('.')
  if (env.noAggregate) throw invalid(`Aggregate function ${name} not allowed in ${env.noAggregate}`, call.at)
  if (call.isSafe) throw unsupported(`SAFE.${name}`, call.at)
  if (call.over) throw unsupported(`${name} with OVER`, call.at)
  if (call.isDistinct || call.nulls || call.orderBy.length > 0 || call.limit)
    throw invalid(`Function ${name} does not support DISTINCT, ORDER BY, LIMIT or NULLS`, call.at)
  const row: Env = {
    ...env,
    aliases: undefined,
    noAggregate: 'an argument of another aggregate function',
    noWindow: 'an argument of an aggregate function',
  }
  const args = call.args.map((argument) => resolveExpression(argument, row))
  const columns = argumentsOf(routine, args, name, call.at)
  const body = outside(routine, name, env, call.at)
  const value = aggregateBody(routine, columns, name, body, call.at)
  return { sql: `(${value.sql})`, type: value.type, hasAggregate: true }
}

function aggregateBody(
  routine: ResolvedRoutine,
  columns: readonly Column[],
  name: string,
  body: Env,
  at: Position,
): Value {
  const value = resolveExpression(parseExpressionText(routine.body), {
    ...body,
    visible: columns,
    perRow: new Set(columns.map((column) => column.name)),
    noWindow: 'a SQL function',
  })
  return routine.returns ? coerce(value, typeOfField(routine.returns, at), at, `The body of ${name}`) : value
}

/** What the body of a routine stands in: nothing of the caller but how it was reached. */
function outside(routine: ResolvedRoutine, name: string, env: Env, at: Position): Env {
  if (env.via.length >= deepest) throw invalid(`Functions are nested too deep at ${name}`, at)
  const { projectId = '', datasetId = '', routineId = name } = routine.reference ?? {}
  const step: Via = { projectId, datasetId, tableId: routineId, isRoutine: true }
  return {
    translation: env.translation,
    recursion: env.recursion,
    relations: [],
    visible: [],
    ctes: new Map(),
    via: [...env.via, step],
  }
}

function argumentsOf(routine: ResolvedRoutine, args: readonly Value[], name: string, at: Position): Column[] {
  if (args.length !== routine.arguments.length)
    throw invalid(
      `Number of arguments does not match for function ${name}: ${routine.arguments.length} expected, ${args.length} given`,
      at,
    )
  return routine.arguments.map((argument, i) => {
    const given = args[i]!
    // Its text may stand in the body more than once.
    if (/\b(random|uuid)\(/.test(given.sql))
      throw unsupported(`An argument of ${name} that differs at each evaluation`, at)
    const value = argument.field
      ? coerce(given, typeOfField(argument.field), at, `Argument ${argument.name} of ${name}`)
      : given
    return { name: argument.name, type: value.type, sql: value.sql, touch: () => {} }
  })
}

export function resolveTableFunction(from: From & { kind: 'tableFunction' }, env: Env): FromResult {
  const name = from.path.join('.')
  const routine = findRoutine(from.path, env, from.at)
  if (!routine) throw unsupported(`Table function ${name}`, from.at)
  if (routine.kind !== 'TABLE') throw invalid(`${name} is not a table-valued function`, from.at)
  const args = from.args.map((argument) =>
    resolveExpression(argument, { ...env, noAggregate: 'an argument of a table function' }),
  )
  const body = outside(routine, name, env, from.at)
  const columns = argumentsOf(routine, args, name, from.at)
  const result = resolveQuery(parseQueryText(routine.body), {
    ...body,
    parent: { ...body, visible: columns },
  })
  const label = env.translation.fresh(from.path.at(-1)!)
  const alias = from.alias ?? from.path.at(-1)!
  const made = asColumns(result, label).map((column, i) => {
    const field = routine.returnsTable?.[i]
    if (!field) return column
    const type = typeOfField(field, from.at)
    if (!sameType(type, column.type))
      throw unsupported(`A column of ${name} of type ${typeName(column.type)} as ${typeName(type)}`, from.at)
    return { ...column, name: field.name }
  })
  return {
    sql: `(${result.sql}) AS ${label}`,
    relations: [{ alias, columns: made }],
    visible: made,
  }
}

/** The body with NULLs as arguments: it must fit them, and what it returns. ANY TYPE is known at the call only. */
export function checkBody(
  routine: ResolvedRoutine,
  name: string,
  env: Env,
  at: Position,
): FromResult | undefined {
  if (routine.arguments.some(({ field }) => field === undefined)) {
    if (routine.kind !== 'TABLE') parseExpressionText(routine.body)
    else parseQueryText(routine.body)
    return undefined
  }
  const columns = routine.arguments.map(({ name: argument, field }): Column => ({
    name: argument,
    type: typeOfField(field!, at),
    sql: `argument.${quoteName(argument)}`,
    touch: () => {},
  }))
  const body = outside(routine, name, env, at)
  if (routine.kind === 'AGGREGATE') {
    aggregateBody(routine, columns, name, body, at)
    return undefined
  }
  if (routine.kind === 'SCALAR') {
    const value = resolveExpression(parseExpressionText(routine.body), {
      ...body,
      visible: columns,
      noAggregate: 'a SQL function',
      noWindow: 'a SQL function',
    })
    if (routine.returns) coerce(value, typeOfField(routine.returns, at), at, `The body of ${name}`)
    return undefined
  }
  const result = resolveQuery(parseQueryText(routine.body), {
    ...body,
    parent: { ...body, visible: columns },
  })
  const made = asColumns(result, 'made')
  if (routine.returnsTable && routine.returnsTable.length !== made.length)
    throw invalid(`${name} declares ${routine.returnsTable.length} columns, its query has ${made.length}`, at)
  return { sql: result.sql, relations: [], visible: made }
}
