/** Procedures of BigQuery's own. A materialized view is computed at each read: to refresh it is to be allowed to. */
import { invalidQuery, tableNotFound, unsupported } from '../../engine/refusals.ts'
import type { ScriptNode } from '../../sql/types.ts'
import { splitPath, targetOf } from '../catalog.ts'
import { scopeOf, type Execution } from '../execution.ts'
import { evaluate } from './evaluate.ts'

/** https://cloud.google.com/bigquery/docs/reference/system-procedures */
export async function runSystemProcedure(
  execution: Execution,
  name: string,
  node: ScriptNode & { kind: 'call' },
): Promise<undefined> {
  if (name.toUpperCase() === 'ABORT_SESSION') return abortSession(execution, node)
  if (name.toUpperCase() !== 'REFRESH_MATERIALIZED_VIEW') throw unsupported(`CALL BQ.${name.toUpperCase()}`)
  const [view, ...others] = node.args
  const { value } = view && others.length === 0 ? await evaluate(execution, view.value) : {}
  if (typeof value !== 'string') throw invalidQuery('BQ.REFRESH_MATERIALIZED_VIEW takes the name of a view')
  const { room, principal, location } = execution
  const reference = targetOf(scopeOf(execution), splitPath([value]))
  for (const permission of ['getData', 'update', 'updateData'])
    room.authority.requireOnTable(principal, `bigquery.tables.${permission}`, reference)
  const table = room.warehouse.table(reference, room.now())
  if (!table) throw tableNotFound(reference, location)
  if (!table.materialized) throw invalidQuery(`${value} is not a materialized view`)
  return undefined
}

/** Its own session where none is named. */
async function abortSession(execution: Execution, node: ScriptNode & { kind: 'call' }): Promise<undefined> {
  const { room, principal, location, kept } = execution
  const [named, ...others] = node.args
  const { value } = named ? await evaluate(execution, named.value) : { value: kept?.id }
  if (typeof value !== 'string' || others.length > 0)
    throw invalidQuery('BQ.ABORT_SESSION takes the id of a session, or nothing in a session')
  await room.sessions.close(room, room.sessions.find(room, value, principal, location))
  return undefined
}
