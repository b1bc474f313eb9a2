/** A table or view as REST shows it; nothing but a picture of the record and its size. */
import type { TableSize } from '../engine/logical-size.ts'
import { showTable } from '../engine/names.ts'
import { isByArrival, kindOf, type TableRecord } from '../engine/records.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import { makeEtag, present } from '../engine/request-body.ts'
import { showMaterialized } from './materialized.ts'

const labelsOf = (table: TableRecord) =>
  table.labels && Object.keys(table.labels).length > 0 ? table.labels : undefined

function timePartitioning(table: TableRecord): Record<string, unknown> | undefined {
  if (!table.partitioning) return undefined
  return present({
    type: table.partitioning.type,
    field: isByArrival(table) ? undefined : table.partitioning.field,
    expirationMs: table.partitioning.expirationMs,
    requirePartitionFilter: table.requirePartitionFilter || undefined,
  })
}

function baseOf({ base }: TableRecord): Record<string, unknown> {
  if (!base) return {}
  const time = new Date(base.timeMs).toISOString()
  return base.kind === 'SNAPSHOT'
    ? { snapshotDefinition: { baseTableReference: base.reference, snapshotTime: time } }
    : { cloneDefinition: { baseTableReference: base.reference, cloneTime: time } }
}

export function tableResource(
  table: TableRecord,
  size: TableSize | undefined,
  origin: string,
): Record<string, unknown> {
  const { projectId, datasetId, tableId } = table.reference
  const isTable = table.kind === 'TABLE'
  return present({
    kind: 'bigquery#table',
    etag: makeEtag(table.uid, table.version),
    id: showTable(table.reference),
    selfLink: `${origin}/bigquery/v2/projects/${projectId}/datasets/${datasetId}/tables/${tableId}`,
    tableReference: table.reference,
    friendlyName: table.friendlyName,
    description: table.description,
    labels: labelsOf(table),
    schema: { fields: table.schema },
    timePartitioning: timePartitioning(table),
    rangePartitioning: table.range,
    tableConstraints: table.constraints,
    clustering: table.clustering ? { fields: table.clustering } : undefined,
    requirePartitionFilter: table.requirePartitionFilter,
    numBytes: isTable ? size?.bytes?.toString() : '0',
    numLongTermBytes: '0',
    numRows: isTable ? size?.rows.toString() : '0',
    numTotalLogicalBytes: isTable ? size?.bytes?.toString() : undefined,
    numActiveLogicalBytes: isTable ? size?.bytes?.toString() : undefined,
    numLongTermLogicalBytes: isTable ? '0' : undefined,
    creationTime: String(table.creationMs),
    expirationTime: table.expirationMs === undefined ? undefined : String(table.expirationMs),
    lastModifiedTime: String(table.modifiedMs),
    type: kindOf(table),
    view: table.view && !table.materialized ? { query: table.view.query, useLegacySql: false } : undefined,
    materializedView:
      table.view && table.materialized ? showMaterialized(table.view.query, table.materialized) : undefined,
    externalDataConfiguration: table.external,
    maxStaleness: table.materialized?.maxStaleness,
    ...baseOf(table),
    location: table.location,
  })
}

const VIEWS = ['TABLE_METADATA_VIEW_UNSPECIFIED', 'BASIC', 'STORAGE_STATS', 'FULL']

/** What `view` wants of a table; BASIC leaves out what only the storage knows. */
export function asAsked(whole: Record<string, unknown>, query: URLSearchParams): Record<string, unknown> {
  if (query.get('selectedFields')) throw unsupported('bigquery.tables.get with selectedFields')
  const view = query.get('view') || 'FULL'
  if (!VIEWS.includes(view)) throw invalid(`Invalid value at 'view': ${view}`)
  if (view !== 'BASIC') return whole
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !/^num[A-Z]/.test(name)))
}

export function tableListItem(table: TableRecord): Record<string, unknown> {
  return present({
    kind: 'bigquery#table',
    id: showTable(table.reference),
    tableReference: table.reference,
    friendlyName: table.friendlyName,
    labels: labelsOf(table),
    type: kindOf(table),
    view: table.view && !table.materialized ? { useLegacySql: false } : undefined,
    timePartitioning: timePartitioning(table),
    rangePartitioning: table.range,
    clustering: table.clustering ? { fields: table.clustering } : undefined,
    requirePartitionFilter: table.requirePartitionFilter,
    creationTime: String(table.creationMs),
    expirationTime: table.expirationMs === undefined ? undefined : String(table.expirationMs),
  })
}
