/**
 * ALTER TABLE and ALTER VIEW: the compiler says which, `alter-plan.ts` what it changes; here it is checked for
 * the caller and done in one transaction.
 */
import { checkTableId, showTable, tableKey } from '../../engine/names.ts'
import { kindOf, type TableRecord } from '../../engine/records.ts'
import { alreadyExists, invalidQuery, tableNotFound } from '../../engine/refusals.ts'
import { Change, unchanged } from '../../engine/warehouse.ts'
import { applyStatements } from '../../resources/schema-changes.ts'
import { touch } from '../../resources/new-table.ts'
import type { Alter, Statement, TableReference } from '../../sql/types.ts'
import { requireKind } from './kinds.ts'
import { planAlter } from './alter-plan.ts'
import { targetOf } from '../catalog.ts'
import { ddlResult, type CatalogScope, type StatementResult, type StatementScope } from '../scope.ts'

/** Undefined when there is nothing of this name and the statement says IF EXISTS. */
function checkAlter(
  scope: CatalogScope,
  statement: Statement,
  target: TableReference,
): TableRecord | undefined {
  const { room, principal } = scope
  const before = room.warehouse.table(target, room.now())
  if (!before && statement.ifExists) return undefined
  room.authority.requireOnTable(principal, 'bigquery.tables.update', target)
  if (!before) throw tableNotFound(target, scope.location)
  // ALTER TABLE SET OPTIONS is how a snapshot's expiration is changed.
  const isSnapshot = kindOf(before) === 'SNAPSHOT' && statement.alter?.kind === 'SET_OPTIONS'
  if (!isSnapshot || statement.type !== 'ALTER_TABLE') requireKind(before, statement.type)
  return before
}

/** What a dry run answers for: the right, the object, and a change that fits it. */
export function dryAlter(scope: CatalogScope, statement: Statement): void {
  const target = targetOf(scope, statement.target)
  const before = checkAlter(scope, statement, target)
  if (!before || !statement.alter) return
  if (statement.alter.kind === 'RENAME_TO') renamed(scope, before, statement.alter.name)
  else planAlter(scope, before, statement.alter)
}

export async function runAlter(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const target = targetOf(scope, statement.target)
  const alter = statement.alter!
  const keys = [target, ...(alter.kind === 'RENAME_TO' ? [{ ...target, tableId: alter.name }] : [])]
  return scope.room.warehouse.lock(keys.map(tableKey), async () => {
    const before = checkAlter(scope, statement, target)
    return before ? change(scope, before, alter) : ddlResult('SKIP', target)
  })
}

async function change(scope: StatementScope, before: TableRecord, alter: Alter): Promise<StatementResult> {
  const { room, session } = scope
  const isRename = alter.kind === 'RENAME_TO'
  const plan = isRename
    ? { table: renamed(scope, before, alter.name), statements: [] }
    : planAlter(scope, before, alter)
  const outcome = ddlResult('ALTER', before.reference)
  const made = new Change()
  made.verify.push(unchanged(room.warehouse, before.reference, before))
  if (isRename) made.verify.push(unchanged(room.warehouse, plan.table.reference, undefined))
  if (isRename) made.moveTable(before.reference, plan.table)
  else made.putTable(plan.table)
  scope.conclude(made, outcome)
  await session.inTransaction(async () => {
    await applyStatements(session, plan.statements)
    await room.warehouse.commit(made, session)
  })
  return outcome
}

/** https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#alter_table_rename_to_statement */
function renamed({ room, principal }: CatalogScope, before: TableRecord, tableId: string): TableRecord {
  const reference = { ...before.reference, tableId: checkTableId(tableId) }
  room.authority.requireOnTable(principal, 'bigquery.tables.delete', before.reference)
  room.authority.requireOnDataset(principal, 'bigquery.tables.create', reference.datasetId)
  if (before.kind !== 'TABLE')
    throw invalidQuery(`${showTable(before.reference)} is a view: it cannot be renamed.`)
  if (room.warehouse.table(reference, room.now())) throw alreadyExists('Table', showTable(reference))
  return touch(before, room.now(), { reference })
}
