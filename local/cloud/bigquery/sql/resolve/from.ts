/** FROM: base tables, views (inlined), CTEs, subqueries, UNNEST and joins, each under a fresh name. */
import { invalid, unsupported } from '../refusal.ts'
import { parseQueryText } from '../parse/text.ts'
import type { Expression, From } from '../parse/syntax.ts'
import type { Resolved } from '../types.ts'
import { raised } from '../values/raised.ts'
import { quoteText } from '../values/value.ts'
import { arrivalColumns } from './arrival.ts'
import { coerce } from '../values/coerce.ts'
import { duckdbType, INT64, quoteName, TIMESTAMP, typeOfField } from '../values/gtype.ts'
import { asColumns } from './output.ts'
import { resolvePivot, resolveUnpivot } from './pivot.ts'
import { resolveExpression, resolveQuery } from './recursion.ts'
import { resolveTableFunction } from './routines.ts'
import { joinSides } from './join.ts'
import { childEnv, lookUp, sameName, type Column, type Env, type FromResult, type Relation } from './scope.ts'
import { onceOnly } from './translation.ts'

/** `left` is what stands before in the same FROM: UNNEST and array paths may use it. */
export function resolveFrom(from: From, env: Env, left?: FromResult): FromResult {
  const checked = resolveAny(from, env, left)
  const aliases = checked.relations
    .map((relation) => relation.alias?.toLowerCase())
    .filter((alias) => alias !== undefined)
  const duplicate = aliases.find((alias, i) => aliases.indexOf(alias) !== i)
  if (duplicate) throw invalid(`Duplicate table alias ${duplicate} in the same FROM clause`, from.at)
  return checked
}

function resolveAny(from: From, env: Env, left?: FromResult): FromResult {
  switch (from.kind) {
    case 'join':
      return resolveJoin(from, env, left)
    case 'subquery':
      return resolveSubquery(from, env)
    case 'unnest':
      return resolveUnnest(from, env, left)
    case 'tableFunction':
      return resolveTableFunction(from, env)
    case 'table':
      return resolveTable(from, env, left)
    case 'pivot':
      return resolvePivot(from, env, resolveFrom(from.source, env, left))
    case 'unpivot':
      return resolveUnpivot(from, env, resolveFrom(from.source, env, left))
  }
}

const single = (sql: string, relation: Relation): FromResult => ({
  sql,
  relations: [relation],
  visible: relation.columns,
})

function resolveSubquery(from: From & { kind: 'subquery' }, env: Env): FromResult {
  // A derived table sees outer queries, not its neighbours.
  const result = resolveQuery(from.query, env)
  const label = env.translation.fresh(from.alias ?? 'sub')
  return single(`(${result.sql}) AS ${label}`, { alias: from.alias, columns: asColumns(result, label) })
}

function resolveTable(from: From & { kind: 'table' }, env: Env, left?: FromResult): FromResult {
  const alias = from.alias ?? from.path.at(-1)!
  const cte = from.path.length === 1 ? env.ctes.get(from.path[0]!.toLowerCase()) : undefined
  if (cte) {
    requireTable(from, undefined)
    const { sql, columns } = cte.use()
    const label = env.translation.fresh(alias)
    return single(`${sql} AS ${label}`, {
      alias,
      columns: columns.map((column) => ({ ...column, sql: prefixed(label, column.sql) })),
    })
  }
  const scope = left ? childEnv(env, left) : env
  if (
    from.path.length > 1 &&
    scope.relations.concat(env.relations).some((relation) => sameName(relation.alias, from.path[0]!))
  ) {
    const found = lookUp(from.path, scope, from.at)
    if (found)
      return resolveUnnest(
        { ...from, kind: 'unnest', value: { kind: 'path', parts: from.path, at: from.at }, alias },
        env,
        left,
      )
  }
  if (from.hasOffset) throw invalid('WITH OFFSET can only be used with UNNEST', from.at)
  const resolved = env.translation.resolve(from.path, env.via, from.at)
  const label = env.translation.fresh(alias)
  requireTable(from, resolved)
  if (from.asOf && resolved.kind === 'table') checkTime(from.asOf, resolved, env)
  if (resolved.kind === 'view') {
    const id = JSON.stringify(resolved.reference)
    if (env.via.some((view) => JSON.stringify(view) === id))
      throw invalid(
        `View ${resolved.reference.datasetId}.${resolved.reference.tableId} refers to itself`,
        from.at,
      )
    if (env.via.length >= 16) throw invalid('Views are nested deeper than 16 levels', from.at)
    const inner: Env = {
      translation: env.translation,
      recursion: env.recursion,
      relations: [],
      visible: [],
      ctes: new Map(),
      via: [...env.via, resolved.reference],
    }
    const result = resolveQuery(parseQueryText(resolved.query), inner)
    const columns = asColumns(result, label).map((column, i) => ({
      ...column,
      name: resolved.schema[i]?.name ?? column.name,
    }))
    return single(`(${result.sql}) AS ${label}`, { alias, columns })
  }
  const read =
    resolved.kind === 'table' ? env.translation.read(resolved.reference, resolved.partitionField) : undefined
  const columns: Column[] = resolved.schema.map((field) => ({
    name: field.name,
    type: typeOfField(field, from.at),
    sql: `${label}.${quoteName(field.name)}`,
    touch: onceOnly([
      () => {
        read?.columns.add(field.name)
      },
    ]),
    partitionOf:
      read && sameName(resolved.kind === 'table' ? resolved.partitionField : undefined, field.name)
        ? read
        : undefined,
  }))
  const arrival = resolved.kind === 'table' && read ? arrivalColumns(resolved, label, read) : []
  const hidden = (resolved.kind === 'system' ? (resolved.hidden ?? []) : []).map((field): Column => ({
    name: field.name,
    type: typeOfField(field, from.at),
    sql: `${label}.${quoteName(field.name)}`,
    touch: () => {},
    isHidden: true,
  }))
  return single(`${resolved.relation} AS ${label}`, { alias, columns: [...columns, ...arrival, ...hidden] })
}

function requireTable(
  { asOf, isSampled, at }: From & { kind: 'table' },
  resolved: Resolved | undefined,
): void {
  if (isSampled && resolved?.kind !== 'table') throw invalid('TABLESAMPLE is allowed for tables only', at)
  if (!asOf || resolved?.kind === 'table') return
  if (resolved?.kind === 'view') throw unsupported('FOR SYSTEM_TIME AS OF of a view', at)
  throw invalid('FOR SYSTEM_TIME AS OF is allowed for tables only', at)
}

/** Nothing is kept of what a table was: a moment since its last change is the same as now, others are refused. */
function checkTime(asOf: Expression, { modifiedMs }: Resolved & { kind: 'table' }, env: Env): void {
  const { nowMicros } = env.translation.context
  const value = coerce(
    resolveExpression(asOf, {
      ...env,
      relations: [],
      visible: [],
      parent: undefined,
      noAggregate: 'FOR SYSTEM_TIME AS OF',
    }),
    TIMESTAMP,
    asOf.at,
    'FOR SYSTEM_TIME AS OF',
  )
  const later = quoteText('Invalid snapshot time: it is in the future')
  const earlier = quoteText(unsupported('FOR SYSTEM_TIME AS OF before the last change of the table').message)
  env.translation.checks.push(
    `SELECT CASE WHEN epoch_us(t) > ${nowMicros} THEN ${raised(later)} WHEN epoch_us(t) >= ${BigInt(modifiedMs) * 1000n} THEN 1 ELSE ${raised(earlier)} END FROM (SELECT ${value.sql} AS t)`,
  )
}

/** A CTE's columns are labels, or an expression over one when it is a STRUCT's field. */
function prefixed(label: string, sql: string): string {
  return sql.startsWith('struct_extract(')
    ? sql.replace('struct_extract(', `struct_extract(${label}.`)
    : `${label}.${sql}`
}

function resolveUnnest(from: From & { kind: 'unnest' }, env: Env, left?: FromResult): FromResult {
  const scope: Env = left ? childEnv(env, left) : env
  const array = resolveExpression(from.value, { ...scope, noAggregate: 'UNNEST', noWindow: 'UNNEST' })
  if (array.type.kind !== 'array') throw invalid('Values referenced in UNNEST must be arrays', from.at)
  const label = env.translation.fresh(from.alias ?? 'unnest')
  const element = array.type.element
  const touch = () => {}
  const value: Column = { name: from.alias ?? '', type: element, sql: `${label}."value"`, touch }
  const columns: Column[] =
    element.kind === 'struct'
      ? element.fields.map((field) => ({
          name: field.name,
          type: field.type,
          sql: `struct_extract(${label}."value", '${field.name.replaceAll("'", "''")}')`,
          touch,
        }))
      : [value]
  const offset: Column[] = from.hasOffset
    ? [{ name: from.offset!, type: INT64, sql: `${label}."offset"`, touch }]
    : []
  const list = `CAST(${array.sql} AS ${duckdbType(array.type)})`
  const sql = `(SELECT unnest(${list}) AS "value"${from.hasOffset ? `, unnest(range(len(${list}))) AS "offset"` : ''}) AS ${label}`
  return {
    sql: `LATERAL ${sql}`,
    relations: [
      { alias: from.alias, columns, value },
      ...(offset.length > 0 ? [{ alias: from.offset, columns: [], value: offset[0]! }] : []),
    ],
    visible: [...columns, ...offset],
  }
}

function resolveJoin(from: From & { kind: 'join' }, env: Env, before?: FromResult): FromResult {
  const left = resolveFrom(from.left, env, before)
  const reach = before
    ? {
        sql: '',
        relations: [...before.relations, ...left.relations],
        visible: [...before.visible, ...left.visible],
      }
    : left
  const right = resolveFrom(from.right, env, reach)
  return joinSides(from, env, left, right)
}
