/** CREATE and DROP of SQL functions, table functions and procedures; the same rules as routines.insert and routines.delete. */
import {
  datasetNotFound,
  alreadyExists,
  invalidQuery,
  queryDenied,
  routineNotFound,
  unsupported,
} from '../../engine/refusals.ts'
import type { RoutineRecord } from '../../engine/records.ts'
import { routineKey } from '../../engine/warehouse.ts'
import { checkRoutineId, nextRoutine, routineChange } from '../../resources/routines.ts'
import type { RoutineReference, Statement } from '../../sql/types.ts'
import { referenceOf, splitPath } from '../catalog.ts'
import type { CatalogScope, StatementResult, StatementScope } from '../scope.ts'

const DROPPED: Readonly<Record<string, readonly RoutineRecord['kind'][]>> = {
  DROP_FUNCTION: ['SCALAR', 'AGGREGATE'],
  DROP_TABLE_FUNCTION: ['TABLE'],
  DROP_PROCEDURE: ['PROCEDURE'],
}

const result = (operation: string, target: RoutineReference): StatementResult => ({
  query: { ddlOperationPerformed: operation, ddlTargetRoutine: target },
  result: { totalRows: '0', schema: [] },
})

export function routineTargetOf(scope: CatalogScope, statement: Statement): RoutineReference {
  const { projectId, datasetId, tableId } = referenceOf(scope, splitPath(statement.target ?? []))
  const reference = { projectId, datasetId, routineId: tableId }
  if (projectId !== scope.room.environment.project) throw queryDenied({ projectId, datasetId, tableId })
  return reference
}

/** Undefined when there is nothing to do; else what it replaces. */
export function checkCreateRoutine(scope: CatalogScope, statement: Statement) {
  const { room, principal } = scope
  const target = routineTargetOf(scope, statement)
  checkRoutineId(target.routineId)
  const dataset = room.warehouse.dataset(target.datasetId)
  if (!dataset || dataset.location.toLowerCase() !== scope.location.toLowerCase())
    throw datasetNotFound(target.projectId, target.datasetId, scope.location)
  const before = room.warehouse.routines.get(routineKey(target))
  room.authority.requireOnDataset(principal, 'bigquery.routines.create', target.datasetId)
  if (before && statement.header?.ifNotExists) return { target, isSkipped: true as const }
  if (before && !statement.header?.orReplace)
    throw alreadyExists('Routine', `${target.projectId}:${target.datasetId}.${target.routineId}`)
  if (before) room.authority.requireOnRoutine(principal, 'bigquery.routines.update', target)
  return { target, before, isSkipped: false as const }
}

export async function runCreateRoutine(
  scope: StatementScope,
  statement: Statement,
): Promise<StatementResult> {
  const { room } = scope
  const key = routineKey(routineTargetOf(scope, statement))
  return room.warehouse.lock([`routine ${key}`], async () => {
    const { target, before, isSkipped } = checkCreateRoutine(scope, statement)
    if (isSkipped) return result('SKIP', target)
    const { description, ...others } = statement.header?.options ?? {}
    const other = Object.keys(others)[0]
    if (other) throw unsupported(`The routine option ${other}`)
    const made = nextRoutine(
      room,
      target,
      { ...statement.routine!, ...(description ? { description: String(description) } : {}) },
      before,
    )
    const outcome = result(before ? 'REPLACE' : 'CREATE', target)
    const change = routineChange(room, target, before, made)
    scope.conclude(change, outcome)
    await room.warehouse.commit(change)
    return outcome
  })
}

export async function runDropRoutine(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal } = scope
  const target = routineTargetOf(scope, statement)
  return room.warehouse.lock([`routine ${routineKey(target)}`], async () => {
    const before = room.warehouse.routines.get(routineKey(target))
    if (!before && statement.ifExists) return result('SKIP', target)
    room.authority.requireOnRoutine(principal, 'bigquery.routines.delete', target)
    if (!before) throw routineNotFound(target)
    if (!DROPPED[statement.type]?.includes(before.kind))
      throw invalidQuery(
        `Routine ${target.datasetId}.${target.routineId} is not of the kind that is dropped.`,
      )
    const outcome = result('DROP', target)
    const change = routineChange(room, target, before)
    scope.conclude(change, outcome)
    await room.warehouse.commit(change)
    return outcome
  })
}
