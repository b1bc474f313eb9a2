/**
 * Answers the compiler's question «what is this name?» for one caller, checking each name on the way; it
 * never shows what the caller may not read.
 */
import { showTable, tableKey } from '../engine/names.ts'
import { physicalOf, type TableRecord } from '../engine/records.ts'
import { datasetNotFound, invalidQuery, queryDenied, tableNotFound, unsupported } from '../engine/refusals.ts'
import type { Catalog, Resolved, TableReference } from '../sql/types.ts'
import { isSystemName, resolveSystemTable } from './system-tables.ts'
import type { CatalogScope } from './scope.ts'
import { isWildcard, resolveWildcard } from './wildcards.ts'

export function createCatalog(scope: CatalogScope): Catalog {
  return {
    resolve: async (path, via, purpose = 'read') => {
      const parts = splitPath(path)
      if (isSystemName(parts)) return resolveSystemTable(scope, parts)
      const reference = referenceOf(scope, parts, via)
      if (isWildcard(parts) && purpose === 'read' && reference.projectId === scope.room.environment.project)
        return resolveWildcard(scope, reference, via)
      return resolveTable(scope, reference, via, purpose)
    },
  }
}

/** Backticks may hold a whole dotted name. */
export const splitPath = (path: readonly string[]): string[] => path.flatMap((part) => part.split('.'))

export function referenceOf(
  scope: Pick<CatalogScope, 'room' | 'defaultDataset'>,
  parts: readonly string[],
  via: readonly TableReference[] = [],
): TableReference {
  const project = scope.room.environment.project
  if (parts.length === 1) {
    const dataset = via.length > 0 ? undefined : scope.defaultDataset
    if (!dataset)
      throw invalidQuery(`Table "${parts[0]}" must be qualified with a dataset (e.g. dataset.table).`)
    return { projectId: dataset.projectId, datasetId: dataset.datasetId, tableId: parts[0]! }
  }
  if (parts.length === 2)
    return {
      projectId: (via.length > 0 ? undefined : scope.defaultDataset?.projectId) ?? project,
      datasetId: parts[0]!,
      tableId: parts[1]!,
    }
  if (parts.length === 3) return { projectId: parts[0]!, datasetId: parts[1]!, tableId: parts[2]! }
  throw invalidQuery(`Invalid table name: \`${parts.join('.')}\``)
}

function resolveTable(
  scope: CatalogScope,
  reference: TableReference,
  via: readonly TableReference[],
  purpose: 'read' | 'write',
): Resolved {
  const { room, principal } = scope
  if (reference.projectId !== room.environment.project) throw queryDenied(reference)
  const table = room.warehouse.table(reference, room.now())
  const dataset = room.warehouse.dataset(reference.datasetId)
  const location = table?.location ?? dataset?.location
  if (!location || location.toLowerCase() !== scope.location.toLowerCase())
    throw datasetNotFound(reference.projectId, reference.datasetId, scope.location)
  if (purpose === 'write') room.authority.requireOnTable(principal, 'bigquery.tables.updateData', reference)
  else room.authority.requireToQuery(principal, reference, via)
  if (!table) throw tableNotFound(reference, scope.location)
  if (table.kind === 'VIEW') {
    if (purpose === 'write') throw invalidQuery(`Cannot modify view ${showTable(reference)}.`)
    if (via.length >= 16) throw invalidQuery(`Too many nested views: ${via.map(tableKey).join(' > ')}`)
    return { kind: 'view', reference: table.reference, query: table.view!.query, schema: table.schema }
  }
  return resolvedTable(table)
}

export function resolvedTable(table: TableRecord): Resolved {
  return {
    kind: 'table',
    reference: table.reference,
    schema: table.schema,
    relation: physicalOf(table),
    ...(table.partitioning
      ? { partitionField: table.partitioning.field, partitionType: table.partitioning.type }
      : {}),
    ...(table.range ? { partitionField: table.range.field, partitionType: 'RANGE' } : {}),
    ...(table.clustering ? { clusterFields: table.clustering } : {}),
  }
}

/** Where DDL, DML and loads write: same name rules, no right checked yet. */
export function targetOf(
  scope: Pick<CatalogScope, 'room' | 'defaultDataset'>,
  path: readonly string[] | undefined,
): TableReference {
  if (!path) throw unsupported('A statement without a target')
  const reference = referenceOf(scope, splitPath(path))
  if (reference.projectId !== scope.room.environment.project) throw queryDenied(reference)
  return reference
}
