/** Keys of tables and arguments of functions as INFORMATION_SCHEMA shows them. Keys are never enforced, here as there. */
import { tableKey } from '../engine/names.ts'
import type { DatasetRecord, TableRecord } from '../engine/records.ts'
import { writeType } from './system-ddl.ts'
import { columns, names, routinesOf, tablesOf, yes, type Row, type SystemView } from './system-rows.ts'
import type { CatalogScope } from './scope.ts'

interface Key {
  /** Its catalog, schema and name. */
  readonly id: Row
  readonly table: TableRecord
  readonly type: 'PRIMARY KEY' | 'FOREIGN KEY'
  readonly columns: readonly string[]
  /** The columns of a foreign key point to those of the other table, in this order. */
  readonly referenced?: { readonly table: Row; readonly columns: readonly string[] }
}

function keysOf(table: TableRecord): Key[] {
  const [catalog, schema, name] = names(table)
  const id = (key: string): Row => [catalog, schema, `${name}.${key}`]
  const { primaryKey, foreignKeys = [] } = table.constraints ?? {}
  return [
    ...(primaryKey
      ? [{ id: id('pk$'), table, type: 'PRIMARY KEY' as const, columns: primaryKey.columns }]
      : []),
    ...foreignKeys.map(({ name: key, referencedTable, columnReferences }) => ({
      id: id(key),
      table,
      type: 'FOREIGN KEY' as const,
      columns: columnReferences.map(({ referencingColumn }) => referencingColumn),
      referenced: {
        table: [referencedTable.projectId, referencedTable.datasetId, referencedTable.tableId],
        columns: columnReferences.map(({ referencedColumn }) => referencedColumn),
      },
    })),
  ]
}
const allKeys = (scope: CatalogScope, datasets: readonly DatasetRecord[]): Key[] =>
  tablesOf(scope, datasets).flatMap(keysOf)

const OF_KEY = 'constraint_catalog constraint_schema constraint_name table_catalog table_schema table_name'

export const keyViews: Readonly<Record<string, SystemView>> = {
  TABLE_CONSTRAINTS: {
    columns: columns(`${OF_KEY} constraint_type is_deferrable initially_deferred enforced`),
    rows: (scope, datasets) =>
      allKeys(scope, datasets).map(({ id, table, type }) => [...id, ...names(table), type, 'NO', 'NO', 'NO']),
  },
  KEY_COLUMN_USAGE: {
    columns: columns(`${OF_KEY} column_name ordinal_position:INTEGER position_in_unique_constraint:INTEGER`),
    rows: (scope, datasets) =>
      allKeys(scope, datasets).flatMap((key) =>
        key.columns.map((column, index) => [
          ...key.id,
          ...names(key.table),
          ...[column, index + 1, key.referenced ? positionIn(scope, key.referenced, index) : null],
        ]),
      ),
  },
  CONSTRAINT_COLUMN_USAGE: {
    columns: columns(
      'table_catalog table_schema table_name column_name constraint_catalog constraint_schema constraint_name',
    ),
    rows: (scope, datasets) =>
      allKeys(scope, datasets).flatMap(({ id, table, columns: own, referenced }) =>
        (referenced?.columns ?? own).map((column) => [...(referenced?.table ?? names(table)), column, ...id]),
      ),
  },
  PARAMETERS: {
    columns: columns(
      'specific_catalog specific_schema specific_name ordinal_position:INTEGER parameter_mode is_result parameter_name data_type parameter_default is_aggregate',
    ),
    rows: (scope, datasets) =>
      routinesOf(scope, datasets).flatMap(({ reference, kind, arguments: given, returns }) => {
        const { projectId, datasetId, routineId } = reference
        const row = (position: number, name: string | null, type: string, mode?: string): Row => [
          ...[projectId, datasetId, routineId, position, mode ?? null, yes(position === 0)],
          ...[name, type, null, null],
        ]
        // Position 0 is the result, where it is written down.
        return [
          ...(returns ? [row(0, null, writeType(returns))] : []),
          ...given.map(({ name, field, mode = kind === 'PROCEDURE' ? 'IN' : undefined }, index) =>
            row(index + 1, name, field ? writeType(field) : 'ANY TYPE', mode),
          ),
        ]
      }),
  },
}

/** Where the column stands in the primary key that it points to. */
function positionIn(
  { room }: CatalogScope,
  { table, columns: referenced }: NonNullable<Key['referenced']>,
  index: number,
): number | null {
  const [projectId, datasetId, tableId] = table as [string, string, string]
  const found = room.warehouse.tables.get(tableKey({ projectId, datasetId, tableId }))
  const position = found?.constraints?.primaryKey?.columns.indexOf(referenced[index]!) ?? -1
  return position < 0 ? null : position + 1
}
