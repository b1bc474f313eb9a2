/**
 * Views and access lists of BigQuery as domain values (datasets and tables of the v2 REST API). It refuses to
 * choose.
 */
import type {
  AccessEntry,
  Column,
  DatasetAccess,
  ExistingView,
  Materialized,
  RangePartitioning,
  TableName,
  TimePartitioning,
  ViewContent,
} from '../dataset.ts'
import { GoogleApiError } from '../errors.ts'
import {
  bigQueryRequest,
  datasetAsk,
  datasetOf,
  readTable,
  spelled,
  tableAsk,
  unlessMissing,
  writeTable,
} from './bigquery.ts'
import { askBigQuery } from './bigquery-client.ts'
import { listMembers } from './bigquery-tables.ts'
import type { Google } from './connect.ts'

/**
 * Version 3 is needed once any entry has a condition: without it conditional entries would come back mangled
 * and be lost.
 */
const POLICY_VERSION = { accessPolicyVersion: 3 }

interface TableResource {
  readonly type: string
  readonly etag: string
  readonly view?: { readonly query: string }
  readonly materializedView?: { readonly query: string } & Pick<
    Materialized,
    'enableRefresh' | 'refreshIntervalMs' | 'maxStaleness' | 'allowNonIncrementalDefinition'
  >
  readonly maxStaleness?: string
  readonly timePartitioning?: TimePartitioning
  readonly rangePartitioning?: RangePartitioning
  readonly clustering?: { readonly fields?: readonly string[] }
  readonly description?: string
  readonly friendlyName?: string
  readonly expirationTime?: string
  readonly creationTime?: string
  readonly labels?: Record<string, string>
  readonly schema?: { readonly fields?: Column[] }
}

export async function getView(google: Google, name: TableName): Promise<ExistingView | undefined> {
  const table = await readTable<TableResource>(google, name)
  return (
    table && {
      type: table.type,
      etag: table.etag,
      query: (table.view ?? table.materializedView)?.query,
      ...(table.materializedView === undefined ? {} : { materialized: materializedOf(table) }),
      description: table.description,
      friendlyName: table.friendlyName,
      expirationTime: table.expirationTime,
      labels: table.labels ?? {},
      columns: table.schema?.fields ?? [],
      createdMs: Number(table.creationTime ?? 0),
    }
  )
}

function materializedOf({
  materializedView,
  maxStaleness,
  clustering,
  ...table
}: TableResource): Materialized {
  const { query: _query, ...refresh } = materializedView ?? { query: '' }
  const { timePartitioning, rangePartitioning } = table
  return {
    ...{ timePartitioning, rangePartitioning, clustering: clustering?.fields },
    ...refresh,
    maxStaleness: maxStaleness ?? refresh.maxStaleness,
  }
}

/** Views of a dataset with their labels, materialized ones among them. */
export async function listViews(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<{ name: TableName; labels: Readonly<Record<string, string>> }[]> {
  const members = await listMembers(google, projectId, datasetId)
  return members
    .filter(({ type }) => type === 'VIEW' || type === 'MATERIALIZED_VIEW')
    .map(({ tableReference, labels }) => ({ name: tableReference, labels: labels ?? {} }))
}

export async function getDataset(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<DatasetAccess> {
  const name = { projectId, datasetId }
  const dataset = await askBigQuery<{
    etag: string
    location: string
    lastModifiedTime?: string
    access?: AccessEntry[]
  }>(google, datasetAsk('get', name), (client) => datasetOf(client, name).getMetadata(POLICY_VERSION))
  return {
    projectId,
    datasetId,
    etag: dataset.etag,
    location: dataset.location,
    modifiedMs: Number(dataset.lastModifiedTime ?? 0),
    access: dataset.access ?? [],
  }
}

/**
 * Replaces the whole list, only if nobody changed the dataset since `etag` (412 otherwise). UPDATE_ACL asks
 * for setIamPolicy alone.
 */
export async function setAccess(
  google: Google,
  dataset: DatasetAccess,
  access: readonly AccessEntry[],
): Promise<void> {
  await askBigQuery(google, datasetAsk('patch', dataset), (client) =>
    datasetOf(client, dataset).setMetadata(
      { etag: dataset.etag, access: [...access] },
      { ...POLICY_VERSION, updateMode: 'UPDATE_ACL' },
    ),
  )
}

/** Repeated when its answer is lost: then the name is taken, and what is there says by whom. */
export async function createView(google: Google, name: TableName, content: ViewContent): Promise<void> {
  const ask = { ...tableAsk('insert', name), isRepeatable: true }
  const made = await askBigQuery<TableResource>(google, ask, (client) =>
    datasetOf(client, name).createTable(name.tableId, body({ ...content, columns: undefined })),
  ).catch(async (error: unknown) => {
    if (!(error instanceof GoogleApiError && error.status === 409)) throw error
    const found = await readTable<TableResource>(google, name)
    if (found === undefined || !isMade(found, content)) throw error
    return found
  })
  // BigQuery takes no columns for a view that is not there yet, and describes them afterwards.
  if (content.columns !== undefined)
    await patchView(google, name, { labels: content.labels, columns: content.columns }, made.etag)
}

/** The labels hold the owner and a digest of the file: equal ones are of this very change. */
const isMade = (found: TableResource, { query, labels }: ViewContent): boolean =>
  (found.view ?? found.materializedView)?.query === query &&
  Object.entries(labels).every(([label, value]) => found.labels?.[label] === value)

/**
 * PATCH, so that what is not named stays; only if the view is still the one that was read (412 otherwise).
 */
export async function patchView(
  google: Google,
  name: TableName,
  content: ViewContent,
  etag: string,
): Promise<void> {
  await writeTable(google, name, { ...body(content), etag })
}

/** Labels alone, whatever else changed: a digest that does not fit what stands there proves nothing. */
export async function markView(
  google: Google,
  name: TableName,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  await writeTable(google, name, { labels })
}

function body({ query, columns, materialized, ...members }: ViewContent): Record<string, unknown> {
  const schema = columns === undefined ? {} : { schema: { fields: columns } }
  if (materialized === undefined)
    return { ...members, ...(query === undefined ? {} : { view: { query, useLegacySql: false } }), ...schema }
  const { timePartitioning, rangePartitioning, clustering, maxStaleness, ...refresh } = materialized
  const definition = { ...(query === undefined ? {} : { query }), ...refresh }
  return {
    ...members,
    ...(Object.keys(definition).length === 0 ? {} : { materializedView: definition }),
    ...(timePartitioning === undefined ? {} : { timePartitioning }),
    ...(rangePartitioning === undefined ? {} : { rangePartitioning }),
    ...(clustering === undefined ? {} : { clustering: { fields: clustering } }),
    ...(maxStaleness === undefined ? {} : { maxStaleness }),
  }
}

/** The client deletes without a guard. */
export async function deleteView(google: Google, name: TableName, etag: string): Promise<void> {
  const { projectId, datasetId, tableId } = name
  await unlessMissing(
    bigQueryRequest(google, projectId, {
      verb: 'DELETE',
      path: `/datasets/${encodeURIComponent(datasetId)}/tables/${encodeURIComponent(tableId)}`,
      headers: { 'If-Match': etag },
      method: 'bigquery.tables.delete',
      resource: spelled(name),
    }),
  )
}
