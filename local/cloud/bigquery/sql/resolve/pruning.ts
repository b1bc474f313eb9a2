/**
 * Which partitions a WHERE clause leaves: comparisons of a partition column, or of its day, month or hour,
 * with constants; AND adds them, OR needs one on each side. Anything else prunes nothing.
 */
import type { Expression } from '../parse/syntax.ts'
import { chained } from '../values/chain.ts'
import { coerceAll } from '../values/coerce.ts'
import { quoteName, sameType } from '../values/gtype.ts'
import type { Value } from '../values/value.ts'
import { operandsOf } from './operators.ts'
import { resolveExpression } from './recursion.ts'
import type { Column, Env, Relation } from './scope.ts'
import type { Read } from './translation.ts'

type Predicates = ReadonlyMap<Read, string>

/** Says to each table of the query what `where` leaves of its partitions; `only`: for columns of these. */
export function noteConjuncts(where: Expression, env: Env, only?: readonly Relation[]): void {
  const found = env.translation.collect(() => predicatesOf(where, env)).result
  const reached = only && new Set(only.flatMap(({ columns }) => columns.map((column) => column.partitionOf)))
  for (const [read, predicate] of found)
    if (!reached || reached.has(read))
      read.partitionPredicate = read.partitionPredicate
        ? `${read.partitionPredicate} AND ${predicate}`
        : predicate
}

function predicatesOf(where: Expression, env: Env): Predicates {
  if (!(where.kind === 'binary' && (where.operator === 'AND' || where.operator === 'OR')))
    return predicateOf(where, env) ?? new Map<Read, string>()
  const { operator } = where
  const parts = operandsOf(where, operator).map((part) => predicatesOf(part, env))
  const reads = [...new Set(parts.flatMap((part) => [...part.keys()]))]
  return new Map(
    reads.flatMap((read) => {
      const texts = parts.map((part) => part.get(read)).filter((text) => text !== undefined)
      if (operator === 'OR' && texts.length < parts.length) return []
      const whole = chained(texts, operator)
      return [[read, operator === 'OR' ? `(${whole})` : whole] as const]
    }),
  )
}

const MIRRORED: Readonly<Record<string, string>> = { '=': '=', '<': '>', '>': '<', '<=': '>=', '>=': '<=' }

function predicateOf(conjunct: Expression, env: Env): Predicates | undefined {
  if (conjunct.kind === 'binary' && MIRRORED[conjunct.operator])
    return (
      pruned(conjunct.left, [conjunct.right], env, (x, [y]) => `${x} ${conjunct.operator} ${y}`) ??
      pruned(conjunct.right, [conjunct.left], env, (x, [y]) => `${x} ${MIRRORED[conjunct.operator]} ${y}`)
    )
  if (conjunct.kind === 'between' && !conjunct.isNot)
    return pruned(
      conjunct.operand,
      [conjunct.low, conjunct.high],
      env,
      (x, [low, high]) => `${x} BETWEEN ${low} AND ${high}`,
    )
  if (conjunct.kind === 'in' && !conjunct.isNot && conjunct.list)
    return pruned(conjunct.operand, conjunct.list, env, (x, values) => `${x} IN (${values.join(', ')})`)
  if (conjunct.kind === 'in' && !conjunct.isNot && conjunct.unnest) {
    const list = resolveExpression(conjunct.unnest, env)
    const { type } = resolveExpression(conjunct.operand, env)
    if (!list.isConstant || list.type.kind !== 'array' || !sameType(list.type.element, type)) return undefined
    return pruned(conjunct.operand, [], env, (x) => `list_contains(${list.sql}, ${x})`)
  }
  if (conjunct.kind === 'is' && conjunct.test === 'NULL')
    return pruned(
      conjunct.operand,
      [],
      env,
      (x) => `${x} IS ${conjunct.isNot ? 'NOT ' : ''}NULL`,
      !conjunct.isNot,
    )
  return undefined
}

const TRUNCATIONS = ['DATE_TRUNC', 'DATETIME_TRUNC', 'TIMESTAMP_TRUNC']

/** The partition column inside `DATE(ts)`, `CAST(ts AS DATE)`, `TIMESTAMP_TRUNC(ts, DAY)`: each keeps the order. */
function columnIn(operand: Expression): Expression | undefined {
  if (operand.kind === 'path') return operand
  if (operand.kind === 'cast' && operand.type.kind === 'name' && operand.type.name === 'DATE')
    return columnIn(operand.operand)
  if (operand.kind !== 'call') return undefined
  const isDay = ['DATE', 'TIMESTAMP'].includes(operand.name) && operand.args.length === 1
  const isTruncated = TRUNCATIONS.includes(operand.name) && operand.args.length === 2
  return isDay || isTruncated ? columnIn(operand.args[0]!) : undefined
}

function pruned(
  operand: Expression,
  others: readonly Expression[],
  env: Env,
  write: (column: string, values: string[]) => string,
  takesNull = false,
): Predicates | undefined {
  const path = columnIn(operand)
  if (!path) return undefined
  const column = resolveExpression(path, env).column as Column | undefined
  const read = column?.partitionOf
  const isOwn =
    column !== undefined &&
    (env.visible.includes(column) || env.relations.some((relation) => relation.columns.includes(column)))
  if (!read?.partitionField || !isOwn || (takesNull && column.isPadded)) return undefined
  const constants = others.map((other) => resolveExpression(other, env))
  if (!constants.every((constant) => constant.isConstant)) return undefined
  const [value, ...values] = coerceAll(
    [resolveExpression(operand, env), ...constants],
    'partition filter',
    operand.at,
  ).values.map((one: Value) => one.sql)
  return new Map([
    [
      read,
      `(${write(value!.replaceAll(column.sql, column.partitionSql ?? quoteName(read.partitionField)), values)})`,
    ],
  ])
}
