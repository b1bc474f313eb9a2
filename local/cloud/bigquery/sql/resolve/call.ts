/**
 * A function call: finds its row, checks clauses and arguments, writes the DuckDB form. A name without a row
 * is refused.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { Call, Expression } from '../parse/syntax.ts'
import { match } from '../functions/matching.ts'
import { isOfBigQuery } from '../functions/missing.ts'
import type { Emit, FunctionRow } from '../functions/row.ts'
import { findFunction } from '../functions/table.ts'
import { isGroupable, typeName } from '../values/gtype.ts'
import { raised } from '../values/raised.ts'
import { joinFacts, type Value } from '../values/value.ts'
import { orderKey } from './order.ts'
import { resolveExpression } from './recursion.ts'
import type { Env } from './scope.ts'
import { callRoutine, findRoutine } from './routines.ts'
import { resolveWindow } from './window.ts'

type CallNode = Call & { at: Position }

export function resolveCall(call: CallNode, env: Env): Value {
  const row = findFunction(call.name)
  const own = row ? undefined : findRoutine(call.path, env, call.at)
  const unknown = call.named?.find(({ name }) => !row?.named?.[name])
  if (unknown) throw unsupported(`Named argument ${unknown.name}`, unknown.at)
  if (own) return callRoutine(call, own, env)
  if (!row)
    throw isOfBigQuery(call.name)
      ? unsupported(`Function ${call.name}`, call.at)
      : invalid(`Function not found: ${call.path.join('.')}`, call.at)
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
          perRow: undefined,
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
    // SAFE. hides the errors of the function and not those of its arguments: these are evaluated outside.
    const outside: string[] = []
    const resolveArgument = (argument: Expression): Value => {
      const value = resolveExpression(argument, inner)
      seen.push(value)
      if (!call.isSafe || value.literal !== undefined || isHarmless(value.sql)) return value
      outside.push(value.sql)
      return { ...value, sql: `safe_v['a${outside.length - 1}']` }
    }
    const result = row.resolve(call, resolveArgument, {
      nowMicros: env.translation.context.nowMicros,
      email: env.translation.context.email,
      emitWith: (given) => emitHow(call, given, inner, inner),
      requireGrouped: ({ sql }) => {
        if (!env.grouped) throw invalid(`Aggregate function ${call.name} not allowed here`, call.at)
        env.grouped.push({ sql, at: call.at })
      },
    })
    return { ...facts(seen), ...result, ...(call.isSafe ? { sql: tried(result.sql, outside, call) } : {}) }
  }
  checkClauses(call)
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

/** Whether it is of the type its row says is checked here too: nothing but a literal is. */
function namedLiteral(call: CallNode, name: string): string | undefined {
  const found = (call.named ?? []).filter((argument) => argument.name === name)
  if (found.length > 1)
    throw invalid(`Duplicate named argument ${name} found in call to ${call.name}`, call.at)
  const [argument] = found
  if (!argument) return undefined
  const { value, at } = argument
  if (value.kind !== 'literal' || value.type !== findFunction(call.name)!.named![name])
    throw unsupported(`Named argument ${name} that is no literal of its type`, at)
  return value.type === 'BOOL' ? value.value.toLowerCase() : value.value
}

/** Clauses that the functions without a form of their own do not have; percentiles leave NULLs out anyway. */
function checkClauses({ name, nulls, isDistinct, orderBy, limit, over, at }: CallNode): void {
  const isPercentile = name.startsWith('PERCENTILE_')
  if (isPercentile && nulls === 'RESPECT') throw unsupported(`${name} with RESPECT NULLS`, at)
  const takesOrder = name === 'ARRAY_CONCAT_AGG'
  const refused =
    nulls && !isPercentile
      ? `${nulls} NULLS`
      : orderBy.length > 0 && !takesOrder
        ? 'ORDER BY'
        : limit && 'LIMIT'
  if (refused) throw invalid(`Function ${name} does not support ${refused} in its arguments`, at)
  const isNumbering = over !== undefined && /^(ROW_NUMBER|.*RANK|CUME_DIST|NTILE)$/.test(name)
  if (isDistinct && isNumbering)
    throw invalid(`Function ${name} does not support DISTINCT in its arguments`, at)
}

/** SAFE.f(x): errors of x still are errors, so x is evaluated outside of TRY. */
function safely(
  values: readonly Value[],
  emit: FunctionRow['signatures'][0]['emit'],
  call: CallNode,
  env: Env,
): { sql: string } {
  const how = { ...emitHow(call, values, env, env), isSafe: true, fail: () => 'NULL' }
  if (values.every((value) => isHarmless(value.sql) || value.literal !== undefined))
    return {
      sql: tried(
        emit(
          values.map((value) => value.sql),
          how,
        ),
        [],
        call,
      ),
    }
  return {
    sql: tried(
      emit(
        values.map((_, i) => `safe_v['a${i}']`),
        how,
      ),
      values.map((value) => value.sql),
      call,
    ),
  }
}

/** Cannot raise an error, and TRY can hold it. */
const isHarmless = (sql: string): boolean => !/\b(error|random|uuid)\(|CAST\(|\(SELECT/i.test(sql)

/** `outside` are the texts that `sql` calls safe_v['a0'], safe_v['a1'], …: their errors stay errors. */
function tried(sql: string, outside: readonly string[], { name, at }: CallNode): string {
  // DuckDB's TRY holds no error() of our own; a row that writes one must say NULL instead where it is SAFE.
  if (/\berror\(/.test(sql)) throw unsupported(`SAFE.${name}`, at)
  if (outside.length === 0) return `TRY(${sql})`
  const fields = outside.map((text, i) => `a${i} := ${text}`).join(', ')
  return `list_transform([struct_pack(${fields})], lambda safe_v: TRY(${sql}))[1]`
}

function emitHow(call: CallNode, values: readonly Value[], env: Env, inner: Env): Emit {
  return {
    isSafe: false,
    at: call.at,
    values,
    fail: raised,
    named: (name) => namedLiteral(call, name),
    apply: (name, args, filter) => {
      const distinct = call.isDistinct ? 'DISTINCT ' : ''
      if (call.isDistinct && call.over && (call.over.base || call.over.orderBy.length > 0 || call.over.frame))
        throw unsupported(`${call.name}(DISTINCT …) OVER (ORDER BY …)`, call.at)
      const ungroupable = call.isDistinct ? values.find((value) => !isGroupable(value.type)) : undefined
      if (ungroupable)
        throw invalid(
          `Aggregate functions with DISTINCT cannot be used with arguments of type ${typeName(ungroupable.type)}`,
          call.at,
        )
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
