/** What the views of INFORMATION_SCHEMA have in common: how a view is written down, and which tables one may see. */
import type { DatasetRecord, RoutineRecord, TableRecord } from '../engine/records.ts'
import type { FieldSchema } from '../sql/types.ts'
import type { CatalogScope } from './scope.ts'

export type Row = readonly unknown[]
export interface SystemView {
  readonly columns: readonly FieldSchema[]
  readonly rows: (
    scope: CatalogScope,
    datasets: readonly DatasetRecord[],
  ) => Promise<readonly Row[]> | readonly Row[]
}

export const columns = (spec: string): FieldSchema[] =>
  spec.split(' ').map((part) => {
    const [name, type = 'STRING'] = part.split(':')
    return { name: name!, type, mode: 'NULLABLE' }
  })

/** Its values are lists in the order of its fields. */
export const recordColumn = (name: string, fields: string, mode = 'NULLABLE'): FieldSchema => ({
  name,
  type: 'RECORD',
  mode,
  fields: columns(fields),
})

export function tablesOf(scope: CatalogScope, datasets: readonly DatasetRecord[]): TableRecord[] {
  return datasets
    .flatMap((dataset) => scope.room.warehouse.tablesOf(dataset.datasetId, scope.room.now()))
    .filter((table) =>
      scope.room.authority.mayOnTable(scope.principal, 'bigquery.tables.get', table.reference),
    )
}

export function routinesOf(
  { room, principal }: CatalogScope,
  datasets: readonly DatasetRecord[],
): RoutineRecord[] {
  return datasets
    .flatMap((dataset) => room.warehouse.routinesOf(dataset.datasetId))
    .filter(({ reference }) => room.authority.mayOnRoutine(principal, 'bigquery.routines.get', reference))
}

export const names = (table: TableRecord): [string, string, string] => [
  table.reference.projectId,
  table.reference.datasetId,
  table.reference.tableId,
]
export const yes = (is: unknown): string => (is ? 'YES' : 'NO')
