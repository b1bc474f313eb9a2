/**
 * ALTER TABLE and ALTER VIEW: options, added and dropped columns, column descriptions; the compiler says
 * which, here it is checked and done.
 */
import { columnDefinitions, parseSchema } from '../engine/data-types.ts'
import { quoteName, showTable, tableKey } from '../engine/names.ts'
import { physicalOf, type TableRecord } from '../engine/records.ts'
import { invalidQuery, tableNotFound, unsupported } from '../engine/refusals.ts'
import { Change, unchanged } from '../engine/warehouse.ts'
import { touch } from '../resources/new-table.ts'
import { applyStatements } from '../resources/schema-changes.ts'
import { bodyOfOptions, readTableFields } from '../resources/table-fields.ts'
import type { FieldSchema, Statement } from '../sql/types.ts'
import { targetOf } from './catalog.ts'
import { ddlResult, type StatementResult, type StatementScope } from './scope.ts'

export async function runAlter(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal, session } = scope
  const target = targetOf(scope, statement.target)
  return room.warehouse.lock([tableKey(target)], async () => {
    const before = room.warehouse.table(target, room.now())
    if (!before && statement.ifExists) return ddlResult('SKIP', target)
    room.authority.requireOnTable(principal, 'bigquery.tables.update', target)
    if (!before) throw tableNotFound(target, scope.location)
    const wanted = statement.type === 'ALTER_VIEW' ? 'VIEW' : 'TABLE'
    if (before.kind !== wanted)
      throw invalidQuery(`${showTable(target)} is a ${before.kind}: ALTER ${wanted} cannot change it.`)
    const plan = planAlter(before, statement, room.now())
    const outcome = ddlResult('ALTER', target)
    const change = new Change()
    change.putTable(plan.table)
    change.verify.push(unchanged(room.warehouse, target, before))
    scope.conclude(change, outcome)
    await session.inTransaction(async () => {
      await applyStatements(session, plan.statements)
      await room.warehouse.commit(change, session)
    })
    return outcome
  })
}

interface AlterPlan {
  readonly table: TableRecord
  readonly statements: readonly string[]
}

function planAlter(before: TableRecord, statement: Statement, nowMs: number): AlterPlan {
  const alter = statement.alter
  if (!alter) throw unsupported('This ALTER statement')
  switch (alter.kind) {
    case 'SET_OPTIONS': {
      const body = bodyOfOptions(alter.options ?? {}, before)
      // OPTIONS(labels=…) says all labels, a REST patch only those that change.
      const fields = readTableFields(
        body,
        'labels' in body ? { ...before, labels: {} } : before,
        before.schema,
        nowMs,
      )
      return { table: touch(before, nowMs, fields), statements: [] }
    }
    case 'ADD_COLUMN':
      return planAddColumns(before, alter.columns ?? [], alter.ifNotExists === true, nowMs)
    case 'DROP_COLUMN':
      return planDropColumns(before, alter.columns ?? [], alter.ifNotExists === true, nowMs)
    case 'SET_COLUMN_OPTIONS': {
      const described = new Map(
        (alter.columns ?? []).map((column) => [column.name.toLowerCase(), column.description]),
      )
      for (const column of alter.columns ?? [])
        if (!find(before, column.name)) throw invalidQuery(`Column not found: ${column.name}`)
      const schema = before.schema.map((field) =>
        described.has(field.name.toLowerCase())
          ? describe(field, described.get(field.name.toLowerCase()))
          : field,
      )
      return { table: touch(before, nowMs, { schema }), statements: [] }
    }
  }
}

function describe(field: FieldSchema, description: string | undefined): FieldSchema {
  const { description: _, ...rest } = field
  return description ? { ...rest, description } : rest
}

const find = (table: TableRecord, name: string): FieldSchema | undefined =>
  table.schema.find((field) => field.name.toLowerCase() === name.toLowerCase())

function planAddColumns(
  before: TableRecord,
  columns: readonly FieldSchema[],
  isTolerant: boolean,
  nowMs: number,
): AlterPlan {
  const added = parseSchema(columns).filter((column) => {
    if (!find(before, column.name)) return true
    if (isTolerant) return false
    throw invalidQuery(`Column already exists: ${column.name}`)
  })
  for (const column of added)
    if (column.mode === 'REQUIRED')
      throw invalidQuery(`Cannot add required column ${column.name} to an existing table.`)
  return {
    table: touch(before, nowMs, { schema: [...before.schema, ...added] }),
    statements: added.map(
      (column) => `ALTER TABLE ${physicalOf(before)} ADD COLUMN ${columnDefinitions([column])}`,
    ),
  }
}

function planDropColumns(
  before: TableRecord,
  columns: readonly FieldSchema[],
  isTolerant: boolean,
  nowMs: number,
): AlterPlan {
  const dropped = columns.flatMap((column) => {
    const field = find(before, column.name)
    if (!field && !isTolerant) throw invalidQuery(`Column not found: ${column.name}`)
    if (field && (before.partitioning?.field === field.name || before.clustering?.includes(field.name)))
      throw invalidQuery(`Column ${field.name} partitions or clusters the table and cannot be dropped.`)
    return field ? [field] : []
  })
  const schema = before.schema.filter((field) => !dropped.includes(field))
  if (schema.length === 0) throw invalidQuery('A table must keep at least one column.')
  return {
    table: touch(before, nowMs, { schema }),
    statements: dropped.map(
      (field) => `ALTER TABLE ${physicalOf(before)} DROP COLUMN ${quoteName(field.name)}`,
    ),
  }
}
