/** CREATE EXTERNAL TABLE: the same rules as a table of REST with an external data configuration. */
import { parseSchema } from '../../engine/data-types.ts'
import { checkTableId, tableKey } from '../../engine/names.ts'
import { Change, unchanged } from '../../engine/warehouse.ts'
import { describeFiles } from '../../loads/external-rows.ts'
import { splitExternal } from '../../resources/external.ts'
import { planTable } from '../../resources/new-table.ts'
import { bodyOfOptions, readTableFields } from '../../resources/table-fields.ts'
import type { Statement, TableReference } from '../../sql/types.ts'
import { targetOf } from '../catalog.ts'
import { ddlResult, type CatalogScope, type StatementResult, type StatementScope } from '../scope.ts'
import { datasetToCreateIn, emptyHeader, isSkipped } from './create.ts'
import { requireKind } from './kinds.ts'

/** What the statement would make; undefined where something of that name stays. */
function plan(scope: CatalogScope, statement: Statement, target: TableReference) {
  const { room, principal } = scope
  checkTableId(target.tableId)
  const dataset = datasetToCreateIn(scope, target)
  const header = statement.header ?? emptyHeader
  const before = room.warehouse.table(target, room.now())
  if (isSkipped(before, header, target)) return undefined
  if (before) {
    requireKind(before, statement.type)
    room.authority.requireOnTable(principal, 'bigquery.tables.update', target)
  }
  const columns = parseSchema([...(header.columns ?? []), ...(statement.partitionColumns ?? [])])
  const { external, options } = splitExternal(header.options, (header.columns ?? []).length > 0)
  const fields = readTableFields(bodyOfOptions(options, {}), {}, columns, room.now())
  return { dataset, before, external, fields }
}

export function dryCreateExternal(scope: CatalogScope, statement: Statement): void {
  plan(scope, statement, targetOf(scope, statement.target))
}

export async function runCreateExternal(
  scope: StatementScope,
  statement: Statement,
): Promise<StatementResult> {
  const { room, principal, session } = scope
  const reference = targetOf(scope, statement.target)
  return room.warehouse.lock([tableKey(reference)], async () => {
    const planned = plan(scope, statement, reference)
    if (!planned) return ddlResult('SKIP', reference)
    const { dataset, before, external, fields } = planned
    const schema = await describeFiles(room, principal, session, {
      ...{ reference, external },
      schema: parseSchema(statement.header?.columns ?? []),
      ...(statement.partitionColumns?.length ? { hiveColumns: statement.partitionColumns } : {}),
    })
    const stored = room.warehouse.tables.get(tableKey(reference))
    const table = planTable(room, {
      ...{ reference, dataset, schema, fields, external },
      ...(before ? { before } : {}),
    })
    const outcome = ddlResult(before ? 'REPLACE' : 'CREATE', reference)
    const change = new Change()
    change.putTable(table)
    change.verify.push(unchanged(room.warehouse, reference, stored))
    scope.conclude(change, outcome)
    await room.warehouse.commit(change)
    return outcome
  })
}
