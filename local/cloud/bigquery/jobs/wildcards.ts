/**
 * `events_*`: all tables of a dataset whose names begin alike, as one relation with `_TABLE_SUFFIX`; the newest
 * table says the columns. It refuses views among them and types that differ.
 */
import { quoteName, quoteText, tableKey } from '../engine/names.ts'
import { physicalOf, type TableRecord } from '../engine/records.ts'
import { duckdbType } from '../engine/data-types.ts'
import { datasetNotFound, invalidQuery, tableNotFound, unsupported } from '../engine/refusals.ts'
import type { FieldSchema, Resolved, TableReference } from '../sql/types.ts'
import type { CatalogScope } from './scope.ts'

export const isWildcard = (parts: readonly string[]): boolean => parts.at(-1)?.endsWith('*') === true

export function resolveWildcard(
  scope: CatalogScope,
  reference: TableReference,
  via: readonly TableReference[],
): Resolved {
  const { room, principal } = scope
  const prefix = reference.tableId.slice(0, -1)
  const dataset = room.warehouse.dataset(reference.datasetId)
  if (!dataset || dataset.location.toLowerCase() !== scope.location.toLowerCase())
    throw datasetNotFound(reference.projectId, reference.datasetId, scope.location)
  const found = [...room.warehouse.tables.values()]
    .filter(
      ({ reference: { datasetId, tableId } }) =>
        datasetId === reference.datasetId && tableId.startsWith(prefix),
    )
    .map((table) => room.warehouse.table(table.reference, room.now()))
    .filter((table) => table !== undefined)
  for (const table of found) room.authority.requireToQuery(principal, table.reference, via)
  if (found.length === 0) throw tableNotFound(reference, scope.location)
  if (found.some((table) => table.external)) throw unsupported('A wildcard over external tables')
  if (found.some((table) => table.kind === 'VIEW'))
    throw invalidQuery('Views cannot be queried through prefix')
  const filtered = found.find((table) => table.requirePartitionFilter && (table.partitioning ?? table.range))
  if (filtered)
    throw unsupported(`A wildcard over ${filtered.reference.tableId}, which requires a partition filter,`)
  const newest = found.reduce((last, table) => (table.creationMs >= last.creationMs ? table : last))
  const parts = found
    .sort((a, b) => (tableKey(a.reference) < tableKey(b.reference) ? -1 : 1))
    .map((table) => partOf(table, newest.schema, table.reference.tableId.slice(prefix.length)))
  return {
    kind: 'system',
    reference,
    relation: `(${parts.join(' UNION ALL ')})`,
    schema: newest.schema,
    hidden: [{ name: '_TABLE_SUFFIX', type: 'STRING', mode: 'NULLABLE' }],
  }
}

function partOf(table: TableRecord, schema: readonly FieldSchema[], suffix: string): string {
  const columns = schema.map((field) => {
    const own = table.schema.find((column) => column.name.toLowerCase() === field.name.toLowerCase())
    const type = duckdbType(field)
    if (own && duckdbType(own) !== type)
      throw invalidQuery(
        `Cannot read field of type ${own.type} as ${field.type} Field: ${field.name} of table ${table.reference.tableId}`,
      )
    return `${own ? quoteName(own.name) : `CAST(NULL AS ${type})`} AS ${quoteName(field.name)}`
  })
  return `SELECT ${columns.join(', ')}, ${quoteText(suffix)} AS "_TABLE_SUFFIX" FROM ${physicalOf(table)}`
}
