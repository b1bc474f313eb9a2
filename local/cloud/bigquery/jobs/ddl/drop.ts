/** DROP of tables and views. */
import { tableKey } from '../../engine/names.ts'
import { datasetNotFound, tableNotFound } from '../../engine/refusals.ts'
import { Change, unchanged } from '../../engine/warehouse.ts'
import type { Statement } from '../../sql/types.ts'
import { requireKind } from './kinds.ts'
import { targetOf } from '../catalog.ts'
import { ddlResult, type StatementResult, type StatementScope } from '../scope.ts'

export async function runDrop(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal } = scope
  const target = targetOf(scope, statement.target)
  return room.warehouse.lock([tableKey(target)], async () => {
    const before = room.warehouse.table(target, room.now())
    if (!before && statement.ifExists) return ddlResult('SKIP', target)
    if (!room.warehouse.dataset(target.datasetId))
      throw datasetNotFound(target.projectId, target.datasetId, scope.location)
    room.authority.requireOnTable(principal, 'bigquery.tables.delete', target)
    if (!before) throw tableNotFound(target, scope.location)
    requireKind(before, statement.type)
    const outcome = ddlResult('DROP', target)
    const change = new Change()
    change.removeTable(target)
    change.verify.push(unchanged(room.warehouse, target, before))
    scope.conclude(change, outcome)
    await room.warehouse.commit(change, scope.session.holding ? scope.session : undefined)
    return outcome
  })
}
