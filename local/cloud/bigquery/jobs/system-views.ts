/**
 * The rows of each INFORMATION_SCHEMA view that is offered; columns follow Google's documentation of the
 * view.
 */
import { measureTable } from '../engine/logical-size.ts'
import { partitionIdOf } from '../engine/partitions.ts'
import { kindOf, physicalOf, type TableRecord } from '../engine/records.ts'
import type { FieldSchema } from '../sql/types.ts'
import { jobViews } from './system-jobs.ts'
import { keyViews } from './system-keys.ts'
import { privilegeViews } from './system-privileges.ts'
import { columns, names, routinesOf, tablesOf, yes, type Row, type SystemView } from './system-rows.ts'
import { tableOptions, writeDdl, writeRoutine, writeType } from './system-ddl.ts'
import type { CatalogScope } from './scope.ts'

const TYPES = {
  TABLE: 'BASE TABLE',
  VIEW: 'VIEW',
  MATERIALIZED_VIEW: 'MATERIALIZED VIEW',
  SNAPSHOT: 'SNAPSHOT',
  EXTERNAL: 'EXTERNAL',
} as const
const typeOf = (table: TableRecord): string => (table.base?.kind === 'CLONE' ? 'CLONE' : TYPES[kindOf(table)])

export const projectViews: Readonly<Record<string, SystemView>> = {
  ...jobViews,
  ...privilegeViews,
  SCHEMATA: {
    columns: columns(
      'catalog_name schema_name schema_owner creation_time:TIMESTAMP last_modified_time:TIMESTAMP location ddl default_collation_name',
    ),
    rows: (_, datasets) =>
      datasets.map((d) => [
        d.projectId,
        d.datasetId,
        null,
        d.creationMs,
        d.modifiedMs,
        d.location,
        `CREATE SCHEMA \`${d.projectId}.${d.datasetId}\`\nOPTIONS(\n  location="${d.location}"\n);`,
        'NULL',
      ]),
  },
  SCHEMATA_OPTIONS: {
    columns: columns('catalog_name schema_name option_name option_type option_value'),
    rows: (_, datasets) =>
      datasets.flatMap((d) =>
        d.description === undefined
          ? []
          : [[d.projectId, d.datasetId, 'description', 'STRING', JSON.stringify(d.description)]],
      ),
  },
}

interface Path {
  readonly path: string
  readonly field: FieldSchema
}
const fieldPaths = (field: FieldSchema, prefix = ''): Path[] => [
  { path: `${prefix}${field.name}`, field },
  ...(field.fields ?? []).flatMap((inner) => fieldPaths(inner, `${prefix}${field.name}.`)),
]

export const datasetViews: Readonly<Record<string, SystemView>> = {
  TABLES: {
    columns: columns(
      'table_catalog table_schema table_name table_type is_insertable_into is_typed is_change_history_enabled creation_time:TIMESTAMP ddl default_collation_name',
    ),
    rows: (scope, datasets) =>
      tablesOf(scope, datasets).map((t) => [
        ...names(t),
        typeOf(t),
        yes(t.kind === 'TABLE'),
        'NO',
        yes(t.isHistoryKept),
        t.creationMs,
        writeDdl(t),
        'NULL',
      ]),
  },
  COLUMNS: {
    columns: columns(
      'table_catalog table_schema table_name column_name ordinal_position:INTEGER is_nullable data_type is_generated generation_expression is_stored is_hidden is_updatable is_system_defined is_partitioning_column clustering_ordinal_position:INTEGER collation_name column_default rounding_mode',
    ),
    rows: (scope, datasets) =>
      tablesOf(scope, datasets).flatMap((t) =>
        t.schema.map((field, index) => [
          ...names(t),
          field.name,
          index + 1,
          yes(field.mode !== 'REQUIRED' && field.mode !== 'REPEATED'),
          writeType(field),
          'NEVER',
          null,
          null,
          'NO',
          null,
          'NO',
          yes((t.partitioning ?? t.range)?.field === field.name),
          t.clustering?.includes(field.name) ? t.clustering.indexOf(field.name) + 1 : null,
          'NULL',
          field.defaultValueExpression ?? 'NULL',
          null,
        ]),
      ),
  },
  COLUMN_FIELD_PATHS: {
    columns: columns(
      'table_catalog table_schema table_name column_name field_path data_type description collation_name rounding_mode',
    ),
    rows: (scope, datasets) =>
      tablesOf(scope, datasets).flatMap((t) =>
        t.schema.flatMap((column) =>
          fieldPaths(column).map(({ path, field }) => [
            ...names(t),
            column.name,
            path,
            writeType(field),
            field.description ?? null,
            'NULL',
            null,
          ]),
        ),
      ),
  },
  TABLE_OPTIONS: {
    columns: columns('table_catalog table_schema table_name option_name option_type option_value'),
    rows: (scope, datasets) =>
      tablesOf(scope, datasets).flatMap((t) =>
        tableOptions(t).map((option) => [...names(t), option.name, option.type, option.value]),
      ),
  },
  VIEWS: {
    columns: columns('table_catalog table_schema table_name view_definition check_option use_standard_sql'),
    rows: (scope, datasets) =>
      tablesOf(scope, datasets)
        .filter((t) => kindOf(t) === 'VIEW')
        .map((t) => [...names(t), t.view!.query, null, 'YES']),
  },
  MATERIALIZED_VIEWS: {
    columns: columns(
      'table_catalog table_schema table_name last_refresh_time:TIMESTAMP refresh_watermark:TIMESTAMP last_refresh_status:JSON',
    ),
    rows: (scope, datasets) =>
      tablesOf(scope, datasets)
        .filter((t) => t.materialized)
        .map((t) => [...names(t), null, null, null]),
  },
  ROUTINES: {
    columns: columns(
      'specific_catalog specific_schema specific_name routine_catalog routine_schema routine_name routine_type data_type routine_body routine_definition external_language is_deterministic security_type created:TIMESTAMP last_altered:TIMESTAMP ddl',
    ),
    rows: (scope, datasets) =>
      routinesOf(scope, datasets).map((r) => {
        const { projectId, datasetId, routineId } = r.reference
        return [
          ...[projectId, datasetId, routineId],
          ...[projectId, datasetId, routineId],
          {
            SCALAR: 'FUNCTION',
            AGGREGATE: 'AGGREGATE FUNCTION',
            TABLE: 'TABLE FUNCTION',
            PROCEDURE: 'PROCEDURE',
          }[r.kind],
          r.returns ? writeType(r.returns) : null,
          'SQL',
          r.body,
          ...[null, null, null],
          r.creationMs,
          r.modifiedMs,
          writeRoutine(r),
        ]
      }),
  },
  ...keyViews,
  PARTITIONS: {
    columns: columns(
      'table_catalog table_schema table_name partition_id total_rows:INTEGER total_logical_bytes:INTEGER total_billable_bytes:INTEGER last_modified_time:TIMESTAMP storage_tier',
    ),
    rows: async (scope, datasets) =>
      (
        await Promise.all(
          tablesOf(scope, datasets)
            .filter((t) => t.kind === 'TABLE')
            .map((t) => partitionRows(scope, t)),
        )
      ).flat(),
  },
  TABLE_STORAGE: {
    columns: columns(
      'project_id table_catalog project_number:INTEGER table_schema table_name creation_time:TIMESTAMP deleted:BOOLEAN storage_last_modified_time:TIMESTAMP total_rows:INTEGER total_partitions:INTEGER total_logical_bytes:INTEGER active_logical_bytes:INTEGER long_term_logical_bytes:INTEGER table_type',
    ),
    rows: async (scope, datasets) =>
      Promise.all(
        tablesOf(scope, datasets)
          .filter((t) => t.kind === 'TABLE')
          .map(async (t) => {
            const [size, partitions] = [
              await measureTable(scope.room.warehouse, t),
              t.partitioning || t.range ? await partitionRows(scope, t) : [],
            ]
            return [
              t.reference.projectId,
              t.reference.projectId,
              scope.room.environment.projectNumber,
              t.reference.datasetId,
              t.reference.tableId,
              t.creationMs,
              false,
              t.modifiedMs,
              size.rows,
              partitions.length,
              size.bytes,
              size.bytes,
              0,
              typeOf(t),
            ]
          }),
      ),
  },
  __TABLES__: {
    columns: columns(
      'project_id dataset_id table_id creation_time:INTEGER last_modified_time:INTEGER row_count:INTEGER size_bytes:INTEGER type:INTEGER',
    ),
    rows: async (scope, datasets) =>
      Promise.all(
        tablesOf(scope, datasets).map(async (t) => {
          const size = t.kind === 'TABLE' ? await measureTable(scope.room.warehouse, t) : undefined
          return [
            ...names(t),
            t.creationMs,
            t.modifiedMs,
            size?.rows ?? null,
            size?.bytes ?? null,
            t.external ? 3 : t.kind === 'VIEW' ? 2 : 1,
          ]
        }),
      ),
  },
}

async function partitionRows(scope: CatalogScope, table: TableRecord): Promise<Row[]> {
  if (!table.partitioning && !table.range) {
    const size = await measureTable(scope.room.warehouse, table)
    return [[...names(table), null, size.rows, size.bytes, size.bytes, table.modifiedMs, 'ACTIVE']]
  }
  const rows = await scope.session.rows(
    `SELECT ${partitionIdOf(table)} AS id, count(*) FROM ${physicalOf(table)} GROUP BY 1 ORDER BY 1`,
  )
  return rows.map(([partition, count]) => [
    ...names(table),
    partition,
    count,
    null,
    null,
    table.modifiedMs,
    'ACTIVE',
  ])
}
