/**
 * Which partitions a WHERE clause leaves: comparisons of a partition column with constants, top-level AND
 * only. Anything else prunes nothing.
 */
import type { Expression } from '../parse/syntax.ts'
import { coerce } from '../values/coerce.ts'
import { quoteName } from '../values/gtype.ts'
import type { Value } from '../values/value.ts'
import { resolveExpression } from './recursion.ts'
import type { Column, Env } from './scope.ts'
import type { Read } from './translation.ts'

export function noteConjuncts(where: Expression, env: Env): void {
  if (where.kind === 'binary' && where.operator === 'AND') {
    noteConjuncts(where.left, env)
    noteConjuncts(where.right, env)
    return
  }
  env.translation.collect(() => noteOne(where, env))
}

const MIRRORED: Readonly<Record<string, string>> = { '=': '=', '<': '>', '>': '<', '<=': '>=', '>=': '<=' }

function noteOne(conjunct: Expression, env: Env): void {
  if (conjunct.kind === 'binary' && MIRRORED[conjunct.operator]) {
    if (
      !note(
        conjunct.left,
        [conjunct.right],
        env,
        (column, [value]) => `${column} ${conjunct.operator} ${value}`,
      )
    )
      note(
        conjunct.right,
        [conjunct.left],
        env,
        (column, [value]) => `${column} ${MIRRORED[conjunct.operator]} ${value}`,
      )
  } else if (conjunct.kind === 'between' && !conjunct.isNot)
    note(
      conjunct.operand,
      [conjunct.low, conjunct.high],
      env,
      (column, [low, high]) => `${column} BETWEEN ${low} AND ${high}`,
    )
  else if (conjunct.kind === 'in' && !conjunct.isNot && conjunct.list)
    note(conjunct.operand, conjunct.list, env, (column, values) => `${column} IN (${values.join(', ')})`)
}

function note(
  operand: Expression,
  others: readonly Expression[],
  env: Env,
  write: (column: string, values: string[]) => string,
): boolean {
  if (operand.kind !== 'path') return false
  const value = resolveExpression(operand, env)
  const column = value.column as Column | undefined
  const read = column?.partitionOf
  const isOwn =
    column !== undefined &&
    (env.visible.includes(column) || env.relations.some((relation) => relation.columns.includes(column)))
  if (!read?.partitionField || !isOwn) return false
  const constants = others.map((other) => resolveExpression(other, env))
  if (!constants.every((constant) => constant.isConstant)) return false
  add(
    read,
    write(
      quoteName(read.partitionField),
      constants.map((constant: Value) => coerce(constant, value.type).sql),
    ),
  )
  return true
}

function add(read: Read, predicate: string): void {
  read.partitionPredicate = read.partitionPredicate
    ? `${read.partitionPredicate} AND (${predicate})`
    : `(${predicate})`
}
