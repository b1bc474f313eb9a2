/**
 * A function call: finds its row, checks clauses and arguments, writes the DuckDB form. A name without a row
 * is refused.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { Call, Expression } from '../parse/syntax.ts'
import { match } from '../functions/matching.ts'
import type { Emit, FunctionRow } from '../functions/row.ts'
import { findFunction } from '../functions/table.ts'
import { joinFacts, type Value } from '../values/value.ts'
import { orderKey } from './order.ts'
import { resolveExpression } from './recursion.ts'
import type { Env } from './scope.ts'
import { resolveWindow } from './window.ts'

type CallNode = Call & { at: Position }

export function resolveCall(call: CallNode, env: Env): Value {
  const row = findFunction(call.name)
  if (!row) throw unsupported(`Function ${call.name}`, call.at)
  const shape = row.shape
  const isAggregate = shape === 'both' || shape === 'aggregate'
  if (shape === 'window' && !call.over)
    throw invalid(`Analytic function ${call.name} cannot be called without an OVER clause`, call.at)
  if (shape === 'scalar' && call.over)
    throw invalid(`Function ${call.name} does not support an OVER clause`, call.at)
  if (
    !isAggregate &&
    shape !== 'window' &&
    (call.isDistinct || call.nulls || call.orderBy.length > 0 || call.limit)
  )
    throw invalid(
      `Function ${call.name} does not support DISTINCT, ORDER BY, LIMIT or NULLS in its arguments`,
      call.at,
    )
  if (isAggregate && !call.over && env.noAggregate)
    throw invalid(`Aggregate function ${call.name} not allowed in ${env.noAggregate}`, call.at)
  if (call.over && env.noWindow) throw invalid(`Analytic function not allowed in ${env.noWindow}`, call.at)
  if (call.isSafe && (isAggregate || shape === 'window')) throw unsupported(`SAFE.${call.name}`, call.at)
  // Inside an aggregate, names are those of FROM; an aggregate inside an aggregate is an error, except below
  // a window.
  const inner: Env =
    isAggregate && !call.over
      ? {
          ...env,
          aliases: undefined,
          noAggregate: 'an argument of another aggregate function',
          noWindow: 'an argument of an aggregate function',
        }
      : call.over
        ? { ...env, noWindow: 'an argument of an analytic function' }
        : env
  const facts = (values: readonly Value[]): Partial<Value> => {
    const joined = joinFacts(values)
    return {
      ...joined,
      isConstant: joined.isConstant && !isAggregate && shape !== 'window' && !row.isVolatile,
      hasAggregate: joined.hasAggregate || (isAggregate && !call.over),
      hasWindow: joined.hasWindow || call.over !== undefined,
    }
  }
  if (row.resolve) {
    const seen: Value[] = []
    const resolveArgument = (argument: Expression): Value => {
      const value = resolveExpression(argument, inner)
      seen.push(value)
      return value
    }
    const result = row.resolve(call, resolveArgument, {
      nowMicros: env.translation.context.nowMicros,
      emitWith: (given) => emitHow(call, given, inner, inner),
    })
    return { ...facts(seen), ...result }
  }
  const values = call.args.map((argument) => resolveExpression(argument, inner))
  const found = match(row, values, call.at)
  if (call.isSafe)
    return { ...safely(found.values, found.signature.emit, call, env), type: found.returns, ...facts(values) }
  const how = emitHow(call, found.values, env, inner)
  return {
    sql: found.signature.emit(
      found.values.map((value) => value.sql),
      how,
    ),
    type: found.returns,
    ...facts(values),
  }
}

/** SAFE.f(x): errors of x still are errors, so x is evaluated outside of TRY. */
function safely(
  values: readonly Value[],
  emit: FunctionRow['signatures'][0]['emit'],
  call: CallNode,
  env: Env,
): { sql: string } {
  const how = { ...emitHow(call, values, env, env), isSafe: true, fail: () => 'NULL' }
  const isPure = values.every((value) => !/\b(error|random|uuid)\(|CAST\(|\(SELECT/i.test(value.sql))
  if (isPure || values.every((value) => value.isConstant))
    return {
      sql: `TRY(${emit(
        values.map((value) => value.sql),
        how,
      )})`,
    }
  const fields = values.map((value, i) => `a${i} := ${value.sql}`).join(', ')
  return {
    sql: `list_transform([struct_pack(${fields})], lambda safe_v: TRY(${emit(
      values.map((_, i) => `safe_v.a${i}`),
      how,
    )}))[1]`,
  }
}

function emitHow(call: CallNode, values: readonly Value[], env: Env, inner: Env): Emit {
  return {
    isSafe: false,
    at: call.at,
    values,
    fail: (message) => `error(${message})`,
    apply: (name, args, filter) => {
      const distinct = call.isDistinct ? 'DISTINCT ' : ''
      if (call.isDistinct && call.over) throw unsupported(`${call.name}(DISTINCT …) OVER`, call.at)
      const order =
        call.orderBy.length > 0
          ? ` ORDER BY ${call.orderBy.map((item) => orderKey(item, resolveExpression(item.expression, inner), call.isDistinct)).join(', ')}`
          : ''
      return `${name}(${distinct}${args.join(', ')}${order})${filter ? ` FILTER (WHERE ${filter})` : ''}${call.over ? ` OVER ${resolveWindow(call.over, windowEnv(env), call.name)}` : ''}`
    },
  }
}

function windowEnv(env: Env): Env {
  return { ...env, noWindow: 'a window specification' }
}
