/** JOIN of two sides that are resolved: ON, USING, UNNEST beside a table; and what each leaves of the partitions. */
import { invalid, unsupported } from '../refusal.ts'
import type { From } from '../parse/syntax.ts'
import { coerce, coerceAll } from '../values/coerce.ts'
import { BOOL } from '../values/gtype.ts'
import { noteConjuncts } from './pruning.ts'
import { resolveExpression } from './recursion.ts'
import { childEnv, partitionsOf, sameName, type Column, type Env, type FromResult } from './scope.ts'

export function joinSides(
  from: From & { kind: 'join' },
  env: Env,
  left: FromResult,
  right: FromResult,
): FromResult {
  const relations = [...left.relations, ...right.relations]
  const visible = [...left.visible, ...right.visible]
  const isLateral = right.sql.startsWith('LATERAL')
  const paired = (type: string, on?: string) =>
    `${left.sql} ${type} JOIN ${from.right.kind === 'join' ? `(${right.sql})` : right.sql}${on ? ` ON ${on}` : ''}`
  if (isLateral && (from.type === 'RIGHT' || from.type === 'FULL'))
    throw unsupported(`${from.type} JOIN with UNNEST`, from.at)
  if (from.type === 'CROSS') return { sql: paired('CROSS'), relations, visible }
  if (from.using) return joinUsing(from, env, left, right, paired)
  if (!from.on && !isLateral)
    throw invalid(
      `Syntax error: ${from.type} JOIN must have an immediately following ON or USING clause`,
      from.at,
    )
  const scope: Env = {
    ...childEnv(env, { relations, visible }),
    noAggregate: 'JOIN ON clause',
    noWindow: 'JOIN ON clause',
  }
  const on = from.on
    ? coerce(resolveExpression(from.on, scope), BOOL, from.on.at, 'JOIN ON clause').sql
    : 'TRUE'
  // A side that is kept whole is read whole, whatever ON says of it.
  const read = { INNER: relations, LEFT: right.relations, RIGHT: left.relations }[from.type as string]
  if (from.on && read) noteConjuncts(from.on, scope, read)
  const [first, second] = padded(from.type, left, right)
  return {
    sql: paired(from.type, on),
    relations: [...first.relations, ...second.relations],
    visible: [...first.visible, ...second.visible],
  }
}

/** Both sides as they stand behind an outer join. */
function padded(type: string, left: FromResult, right: FromResult): [FromResult, FromResult] {
  const known = new Map<Column, Column>()
  const pad = (column: Column): Column => {
    if (!column.partitionOf) return column
    const after = known.get(column) ?? { ...column, isPadded: true }
    known.set(column, after)
    return after
  }
  const after = (side: FromResult): FromResult => ({
    sql: side.sql,
    relations: side.relations.map((relation) => ({ ...relation, columns: relation.columns.map(pad) })),
    visible: side.visible.map(pad),
  })
  return [
    type === 'RIGHT' || type === 'FULL' ? after(left) : left,
    type === 'LEFT' || type === 'FULL' ? after(right) : right,
  ]
}

function joinUsing(
  from: From & { kind: 'join' },
  env: Env,
  before: FromResult,
  joined: FromResult,
  paired: (type: string, on: string) => string,
): FromResult {
  const [left, right] = padded(from.type, before, joined)
  const merged: Column[] = []
  const conditions: string[] = []
  for (const name of from.using!) {
    const pick = (side: FromResult, where: string): Column => {
      const found = side.visible.filter((column) => sameName(column.name, name))
      if (found.length === 0)
        throw invalid(`Column ${name} in USING clause not found on ${where} side of join`, from.at)
      if (found.length > 1)
        throw invalid(`Column ${name} in USING clause is ambiguous on ${where} side of join`, from.at)
      return found[0]!
    }
    const [l, r] = [pick(left, 'left'), pick(right, 'right')]
    env.translation.touch(l.touch)
    env.translation.touch(r.touch)
    const both = coerceAll(
      [
        { sql: l.sql, type: l.type },
        { sql: r.sql, type: r.type },
      ],
      `column ${name} in USING`,
      from.at,
    )
    conditions.push(`${both.values[0]!.sql} = ${both.values[1]!.sql}`)
    const sql =
      from.type === 'RIGHT'
        ? r.sql
        : from.type === 'FULL'
          ? `coalesce(${both.values[0]!.sql}, ${both.values[1]!.sql})`
          : l.sql
    merged.push({
      name: l.name,
      type: from.type === 'FULL' ? both.type : from.type === 'RIGHT' ? r.type : l.type,
      sql,
      touch: l.touch,
      ...(from.type === 'FULL' ? {} : partitionsOf(from.type === 'RIGHT' ? r : l)),
    })
  }
  const others = (side: FromResult) =>
    side.visible.filter((column) => !from.using!.some((name) => sameName(column.name, name)))
  return {
    sql: paired(from.type, conditions.join(' AND ')),
    relations: [...left.relations, ...right.relations],
    visible: [...merged, ...others(left), ...others(right)],
  }
}
