/** OBJECT_PRIVILEGES: who was granted what on a dataset, table or view itself; what is inherited is not in it. */
import { bindingOf } from '../access/access-entries.ts'
import { kindOf, type DatasetRecord, type TableRecord } from '../engine/records.ts'
import { columns, tablesOf, type Row, type SystemView } from './system-rows.ts'
import type { CatalogScope } from './scope.ts'

export const privilegeViews: Readonly<Record<string, SystemView>> = {
  OBJECT_PRIVILEGES: {
    columns: columns('object_catalog object_schema object_name object_type privilege_type grantee'),
    rows: (scope, datasets) => [
      ...datasets.flatMap((dataset) => datasetRows(scope, dataset)),
      ...tablesOf(scope, datasets).flatMap((table) => tableRows(scope, table)),
    ],
  },
}

function datasetRows({ room }: CatalogScope, { projectId, datasetId, access }: DatasetRecord): Row[] {
  return access.flatMap((entry) => {
    const binding = bindingOf(entry, room.environment.project)
    return binding ? [[projectId, null, datasetId, 'SCHEMA', binding.role, binding.member]] : []
  })
}

function tableRows({ room, principal }: CatalogScope, table: TableRecord): Row[] {
  const { grants = [], reference } = table
  if (!room.authority.mayOnTable(principal, 'bigquery.tables.getIamPolicy', reference)) return []
  const type = kindOf(table).replaceAll('_', ' ')
  return grants.map(({ role, member }) => [
    reference.projectId,
    reference.datasetId,
    reference.tableId,
    type,
    role,
    member,
  ])
}
