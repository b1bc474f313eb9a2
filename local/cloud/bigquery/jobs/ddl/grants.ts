/**
 * GRANT and REVOKE: on a table or view a line of its own policy, on a dataset an access entry. What is granted twice
 * is there once; what is revoked and is not there changes nothing.
 */
import { bindingKeys, entriesOfBindings, reconcile } from '../../access/access-entries.ts'
import { readGrants, withGrants } from '../../access/grants.ts'
import { tableKey } from '../../engine/names.ts'
import { kindOf, type Grant, type TableRecord } from '../../engine/records.ts'
import { invalidQuery, tableNotFound } from '../../engine/refusals.ts'
import { Change, unchanged } from '../../engine/warehouse.ts'
import { findDataset } from '../../resources/datasets.ts'
import type { Statement, TableReference } from '../../sql/types.ts'
import { targetOf } from '../catalog.ts'
import type { CatalogScope, StatementResult, StatementScope } from '../scope.ts'
import { schemaTarget } from './schemas.ts'

const given = ({ room }: CatalogScope, { grant }: Statement): Grant[] =>
  readGrants(room.access, room.environment, grant!.roles, grant!.members)

const isSchema = (statement: Statement): boolean => statement.grant!.what === 'SCHEMA'

function tableToGrant(scope: CatalogScope, statement: Statement, target: TableReference): TableRecord {
  const { room, principal, location } = scope
  room.authority.requireOnTable(principal, 'bigquery.tables.setIamPolicy', target)
  const table = room.warehouse.table(target, room.now())
  if (!table) throw tableNotFound(target, location)
  const [is, wanted] = [kindOf(table), statement.grant!.what.replaceAll(' ', '_')]
  const fits = wanted === is || (wanted === 'TABLE' && is === 'SNAPSHOT') || `${is}_TABLE` === wanted
  if (!fits)
    throw invalidQuery(
      `${target.datasetId}.${target.tableId} is a ${is.replaceAll('_', ' ')}, not a ${wanted.replaceAll('_', ' ')}.`,
    )
  return table
}

function datasetToGrant(scope: CatalogScope, statement: Statement) {
  const { room, principal } = scope
  const datasetId = schemaTarget(scope, statement)
  room.authority.requireOnDataset(principal, 'bigquery.datasets.setIamPolicy', datasetId)
  return findDataset(room, room.environment.project, datasetId)
}

/** What a dry run answers for: the right, the resource, the roles and members. */
export function dryGrant(scope: CatalogScope, statement: Statement): void {
  if (isSchema(statement)) datasetToGrant(scope, statement)
  else tableToGrant(scope, statement, targetOf(scope, statement.target))
  given(scope, statement)
}

export function runGrant(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  return isSchema(statement) ? grantOnDataset(scope, statement) : grantOnTable(scope, statement)
}

const done = (query: StatementResult['query']): StatementResult => ({
  query,
  result: { totalRows: '0', schema: [] },
})

async function grantOnTable(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room } = scope
  const target = targetOf(scope, statement.target)
  return room.warehouse.lock([tableKey(target)], async () => {
    const before = tableToGrant(scope, statement, target)
    const grants = withGrants(before.grants ?? [], given(scope, statement), statement.type === 'REVOKE')
    const change = new Change()
    change.putTable({ ...before, version: before.version + 1, grants })
    change.verify.push(unchanged(room.warehouse, target, before))
    const outcome = done(before.kind === 'VIEW' ? { dclTargetView: target } : { dclTargetTable: target })
    scope.conclude(change, outcome)
    await room.warehouse.commit(change)
    return outcome
  })
}

async function grantOnDataset(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room } = scope
  const { projectId, datasetId } = datasetToGrant(scope, statement)
  return room.warehouse.lock([`dataset ${datasetId}`], async () => {
    const before = datasetToGrant(scope, statement)
    const entries = entriesOfBindings(given(scope, statement))
    const isRevoked = statement.type === 'REVOKE'
    const access = isRevoked
      ? reconcile(before.access, bindingKeys(entries), [])
      : reconcile(before.access, [], entries)
    const change = new Change()
    change.putDataset({ ...before, version: before.version + 1, access })
    change.verify.push(() => {
      if (room.warehouse.dataset(datasetId)?.version !== before.version)
        throw invalidQuery(`The dataset ${datasetId} was changed meanwhile; try again.`)
    })
    const outcome = done({ dclTargetDataset: { projectId, datasetId } })
    scope.conclude(change, outcome)
    await room.warehouse.commit(change)
    return outcome
  })
}
