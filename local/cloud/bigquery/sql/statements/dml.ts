/**
 * INSERT, UPDATE, DELETE, TRUNCATE and MERGE's target: values coerce to the columns' types, a row updated
 * twice is an error before anything is written.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { StatementSyntax } from '../parse/statement-syntax.ts'
import type { Assignment, Expression } from '../parse/syntax.ts'
import { coerce } from '../values/coerce.ts'
import { BOOL, quoteName, TIMESTAMP, typeName, typeOfField, type GType } from '../values/gtype.ts'
import { raised } from '../values/raised.ts'
import { quoteText } from '../values/value.ts'
import { arrivalColumns, isByArrival } from '../resolve/arrival.ts'
import { resolveExpression } from '../resolve/expression.ts'
import { resolveFrom } from '../resolve/from.ts'
import { noteConjuncts } from '../resolve/pruning.ts'
import { childEnv, sameName, type Column, type Env, type Relation } from '../resolve/scope.ts'
import { onceOnly, type Read } from '../resolve/translation.ts'
import type { Resolved } from '../types.ts'
import { coercedTo, outputOf } from './outcome.ts'

export interface Target {
  readonly resolved: Resolved & { kind: 'table' }
  readonly relation: Relation
  readonly label: string
  readonly read: Read
  readonly alias: string
}
export const MANY = 'UPDATE/MERGE must match at most one source row for each target row'

/** `isRead`: INSERT and TRUNCATE look at no row of it, so they need no partition filter. */
export function targetOf(
  path: readonly string[],
  alias: string | undefined,
  env: Env,
  at: Position,
  isRead = true,
): Target {
  const resolved = env.translation.resolve(path, [], at, 'write')
  if (resolved.kind !== 'table') throw invalid(`Cannot modify ${path.join('.')}, which is not a table`, at)
  const label = env.translation.fresh('target')
  const read: Read = isRead
    ? env.translation.read(resolved.reference, resolved.partitionField)
    : { reference: resolved.reference, columns: new Set(), uses: [] }
  const columns: Column[] = resolved.schema.map((field) => ({
    name: field.name,
    type: typeOfField(field, at),
    sql: `${label}.${quoteName(field.name)}`,
    touch: onceOnly([
      () => {
        read.columns.add(field.name)
      },
    ]),
    partitionOf: sameName(resolved.partitionField, field.name) ? read : undefined,
  }))
  columns.push(...arrivalColumns(resolved, label, read))
  const name = alias ?? path.at(-1)!
  return { resolved, relation: { alias: name, columns }, label, read, alias: name }
}

export function columnOf(target: Target, name: string, at: Position): { name: string; type: GType } {
  if (isByArrival(target.resolved) && sameName('_PARTITIONTIME', name))
    return { name: '_PARTITIONTIME', type: TIMESTAMP }
  const field = target.resolved.schema.find((candidate) => sameName(candidate.name, name))
  if (!field)
    throw invalid(
      `Column ${name} is not present in table ${target.resolved.reference.datasetId}.${target.resolved.reference.tableId}`,
      at,
    )
  return { name: field.name, type: typeOfField(field, at) }
}

export function columnsOf(
  target: Target,
  names: readonly string[] | undefined,
  at: Position,
): { name: string; type: GType }[] {
  const columns = (names ?? target.resolved.schema.map((field) => field.name)).map((name) =>
    columnOf(target, name, at),
  )
  const duplicate = columns.find(
    (column, i) => columns.findIndex((other) => other.name === column.name) !== i,
  )
  if (duplicate) throw invalid(`Duplicate column ${duplicate.name} in the column list`, at)
  const missing = target.resolved.schema.find(
    (field) =>
      field.mode === 'REQUIRED' &&
      field.defaultValueExpression === undefined &&
      !columns.some((column) => column.name === field.name),
  )
  if (missing) throw invalid(`Required field ${missing.name} cannot be null`, at)
  return columns
}

export function insertInto(syntax: StatementSyntax & { kind: 'insert' }, env: Env): string[] {
  const target = targetOf(syntax.path, undefined, env, syntax.at, false)
  const columns = columnsOf(target, syntax.columns, syntax.at)
  const list = columns.map((column) => quoteName(column.name)).join(', ')
  if (syntax.rows) {
    const rows = syntax.rows.map((row) => {
      if (row.length !== columns.length)
        throw invalid(
          `Inserted row has wrong column count; Has ${row.length}, expected ${columns.length}`,
          row[0]?.at ?? syntax.at,
        )
      return `(${row.map((value, i) => assigned(value, columns[i]!, childEnv(env))).join(', ')})`
    })
    return [`INSERT INTO ${target.resolved.relation} (${list}) VALUES ${rows.join(', ')}`]
  }
  // By position: names may repeat.
  const output = outputOf(syntax.query!, env, undefined, true)
  return [
    `INSERT INTO ${target.resolved.relation} (${list}) ${coercedTo(
      output,
      columns.map((column) => column.type),
      env,
      syntax.at,
      'INSERT',
    )}`,
  ]
}

export function assigned(expression: Expression, column: { name: string; type: GType }, env: Env): string {
  // Only where DuckDB itself writes the row; MERGE decides its values first and refuses it.
  if (expression.kind === 'default') return 'DEFAULT'
  return coerce(
    resolveExpression(expression, { ...env, noAggregate: 'DML value', noWindow: 'DML value' }),
    column.type,
    expression.at,
    `Value for column ${column.name}`,
  ).sql
}

export function assignments(
  list: readonly Assignment[],
  target: Target,
  env: Env,
): { column: string; sql: string }[] {
  const changes = new Map<string, FieldChange[]>()
  for (const { column, fields, isQualified, value, at } of list) {
    if (isQualified && target.resolved.schema.some(({ name }) => sameName(name, target.alias)))
      throw unsupported('SET with the name of a table that is also a column of it', at)
    const { name } = columnOf(target, column, at)
    changes.set(name, [...(changes.get(name) ?? []), { fields, value, at }])
  }
  return [...changes].map(([name, fields]) => {
    const { type } = columnOf(target, name, fields[0]!.at)
    const column = target.relation.columns.find((candidate) => candidate.name === name)
    if (fields.some((change) => change.fields.length > 0)) column?.touch()
    return { column: name, sql: changed({ name, type, sql: column?.sql ?? '' }, fields, env) }
  })
}

type FieldChange = Pick<Assignment, 'fields' | 'value' | 'at'>

/** A value with some of its fields replaced; a field of a STRUCT that is NULL cannot be set. */
function changed(
  { name, type, sql }: { name: string; type: GType; sql: string },
  changes: readonly FieldChange[],
  env: Env,
): string {
  const { fields, value, at } = changes[0]!
  if (changes.some((change) => change.fields.length === 0)) {
    if (changes.length > 1) throw invalid(`Update item ${name} assigned more than once`, at)
    return assigned(value, { name, type }, env)
  }
  if (type.kind !== 'struct')
    throw invalid(`Cannot access field ${fields[0]} on a value with type ${typeName(type)}`, at)
  const byField = new Map<string, FieldChange[]>()
  for (const change of changes) {
    const [field, ...inner] = change.fields
    const found = type.fields.filter((candidate) => sameName(candidate.name, field!))
    if (found.length > 1) throw invalid(`Struct field name ${field} is ambiguous`, change.at)
    if (!found[0]) throw invalid(`Field name ${field} does not exist in ${typeName(type)}`, change.at)
    const key = found[0].name
    byField.set(key, [...(byField.get(key) ?? []), { ...change, fields: inner }])
  }
  const parts = type.fields.map((field) => {
    const before = `struct_extract(${sql}, ${quoteText(field.name)})`
    const inner = byField.get(field.name)
    const path = { name: `${name}.${field.name}`, type: field.type, sql: before }
    return `${quoteName(field.name)} := ${inner ? changed(path, inner, env) : before}`
  })
  return `CASE WHEN ${sql} IS NULL THEN ${raised(quoteText(`Cannot set field of NULL ${typeName(type)}`))} ELSE struct_pack(${parts.join(', ')}) END`
}

const filter = (expression: Expression, env: Env): string =>
  coerce(
    resolveExpression(expression, { ...env, noAggregate: 'WHERE clause', noWindow: 'WHERE clause' }),
    BOOL,
    expression.at,
    'WHERE clause',
  ).sql

export function deleteFrom(syntax: StatementSyntax & { kind: 'delete' }, env: Env): string[] {
  const target = targetOf(syntax.path, syntax.alias, env, syntax.at)
  const scope = childEnv(env, { relations: [target.relation], visible: target.relation.columns })
  const where = filter(syntax.where, scope)
  noteConjuncts(syntax.where, scope)
  return [`DELETE FROM ${target.resolved.relation} AS ${target.label} WHERE ${where}`]
}

export function updateTable(syntax: StatementSyntax & { kind: 'update' }, env: Env): string[] {
  const target = targetOf(syntax.path, syntax.alias, env, syntax.at)
  const from = syntax.from ? resolveFrom(syntax.from, env) : undefined
  const scope = childEnv(env, {
    relations: [target.relation, ...(from?.relations ?? [])],
    visible: [...target.relation.columns, ...(from?.visible ?? [])],
  })
  const sets = assignments(syntax.assignments, target, scope)
  const where = filter(syntax.where, scope)
  noteConjuncts(syntax.where, scope)
  if (!from)
    return [
      `UPDATE ${target.resolved.relation} AS ${target.label} SET ${sets.map((set) => `${quoteName(set.column)} = ${set.sql}`).join(', ')} WHERE ${where}`,
    ]
  const changes = env.translation.fresh('changes')
  return [
    `CREATE OR REPLACE TEMP TABLE ${changes} AS SELECT ${target.label}.rowid AS "_row", ${sets.map((set, i) => `${set.sql} AS "_v${i}"`).join(', ')} FROM ${target.resolved.relation} AS ${target.label}, ${from.sql} WHERE ${where}`,
    atMostOne(changes, 'TRUE'),
    `UPDATE ${target.resolved.relation} SET ${sets.map((set, i) => `${quoteName(set.column)} = ${changes}."_v${i}"`).join(', ')} FROM ${changes} WHERE ${target.resolved.relation}.rowid = ${changes}."_row"`,
    `DROP TABLE ${changes}`,
  ]
}

export const atMostOne = (table: string, condition: string): string =>
  `SELECT ${raised(`'${MANY}'`)} FROM (SELECT 1 FROM ${table} WHERE ${condition} GROUP BY "_row" HAVING count(*) > 1 LIMIT 1) AS twice`
