/**
 * Answers the compiler's question «what is this name?» for one caller, checking each name on the way; it
 * never shows what the caller may not read.
 */
import { showTable, tableKey } from '../engine/names.ts'
import { physicalOf, type TableRecord } from '../engine/records.ts'
import { datasetNotFound, invalidQuery, queryDenied, tableNotFound, unsupported } from '../engine/refusals.ts'
import { routineKey } from '../engine/warehouse.ts'
import { materialiseFiles } from '../loads/external-rows.ts'
import type { Catalog, Resolved, ResolvedRoutine, TableReference, Via } from '../sql/types.ts'
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
    resolveRoutine: async (path, via) => resolveRoutine(scope, splitPath(path), via),
  }
}

/** Backticks may hold a whole dotted name. */
export const splitPath = (path: readonly string[]): string[] => path.flatMap((part) => part.split('.'))

export function referenceOf(
  scope: Pick<CatalogScope, 'room' | 'defaultDataset' | 'temporary'>,
  parts: readonly string[],
  via: readonly TableReference[] = [],
): TableReference {
  const project = scope.room.environment.project
  const isBare = parts.length === 1 || (parts.length === 2 && parts[0]!.toUpperCase() === '_SESSION')
  const temporary = isBare && via.length === 0 ? scope.temporary?.get(parts.at(-1)!.toLowerCase()) : undefined
  if (temporary) return temporary
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

function resolveRoutine(
  { room, principal, location }: CatalogScope,
  parts: readonly string[],
  via: readonly Via[],
): ResolvedRoutine {
  const project = room.environment.project
  const [routineId, datasetId, projectId = project] = [...parts].reverse()
  const missing = invalidQuery(`Function not found: ${parts.join('.')}`)
  if (parts.length > 3 || datasetId === undefined || routineId === undefined || projectId !== project)
    throw missing
  const reference = { projectId, datasetId, routineId }
  const routine = room.warehouse.routines.get(routineKey(reference))
  const dataset = room.warehouse.dataset(datasetId)
  if (!routine || dataset?.location.toLowerCase() !== location.toLowerCase()) throw missing
  // Inside a view or function, what it calls is the business of who wrote it.
  if (via.length === 0) room.authority.requireOnRoutine(principal, 'bigquery.routines.get', reference)
  return routine
}

async function resolveTable(
  scope: CatalogScope,
  reference: TableReference,
  via: readonly TableReference[],
  purpose: 'read' | 'write',
): Promise<Resolved> {
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
  if (table.external) {
    if (purpose === 'write') throw invalidQuery(`Cannot modify external table ${showTable(reference)}.`)
    const { schema, external } = table
    const relation = await materialiseFiles(room, principal, scope.session, { reference, external, schema })
    return { kind: 'system', reference, relation, schema }
  }
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
    modifiedMs: table.modifiedMs,
    ...(table.partitioning
      ? { partitionField: table.partitioning.field, partitionType: table.partitioning.type }
      : {}),
    ...(table.range ? { partitionField: table.range.field, partitionType: 'RANGE' } : {}),
    ...(table.clustering ? { clusterFields: table.clustering } : {}),
  }
}

/** Where DDL, DML and loads write: same name rules, no right checked yet. */
export function targetOf(
  scope: Pick<CatalogScope, 'room' | 'defaultDataset' | 'temporary'>,
  path: readonly string[] | undefined,
): TableReference {
  if (!path) throw unsupported('A statement without a target')
  const reference = referenceOf(scope, splitPath(path))
  if (reference.projectId !== scope.room.environment.project) throw queryDenied(reference)
  return reference
}
