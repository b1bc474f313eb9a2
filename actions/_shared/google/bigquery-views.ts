/**
 * Views and access lists of BigQuery as domain values (datasets and tables of the v2 REST API). It refuses to
 * choose.
 */
import type { AccessEntry, Column, DatasetAccess, ExistingView, TableName, ViewContent } from '../dataset.ts'
import { GoogleApiError } from '../errors.ts'
import { bigQueryRequest, spelled, tablePath } from './bigquery.ts'
import type { Google } from './connect.ts'
import { apiPath } from './request.ts'

/**
 * Version 3 is needed once any entry has a condition: without it conditional entries would come back mangled
 * and be lost.
 */
const POLICY_VERSION = { accessPolicyVersion: 3 }

interface TableResource {
  readonly type: string
  readonly etag: string
  readonly view?: { readonly query: string }
  readonly description?: string
  readonly friendlyName?: string
  readonly expirationTime?: string
  readonly creationTime?: string
  readonly labels?: Record<string, string>
  readonly schema?: { readonly fields?: Column[] }
}

export async function getView(google: Google, name: TableName): Promise<ExistingView | undefined> {
  try {
    const table = await bigQueryRequest<TableResource>(google, {
      verb: 'GET',
      path: tablePath(name),
      method: 'bigquery.tables.get',
      resource: spelled(name),
    })
    return {
      type: table.type,
      etag: table.etag,
      query: table.view?.query,
      description: table.description,
      friendlyName: table.friendlyName,
      expirationTime: table.expirationTime,
      labels: table.labels ?? {},
      columns: table.schema?.fields ?? [],
      createdMs: Number(table.creationTime ?? 0),
    }
  } catch (error) {
    if (error instanceof GoogleApiError && error.status === 404) return undefined
    throw error
  }
}

/** Datasets of the project that this identity may see, with their locations. */
export async function listDatasets(
  google: Google,
  projectId: string,
): Promise<{ datasetId: string; location: string }[]> {
  const found: { datasetId: string; location: string }[] = []
  let pageToken: string | undefined
  do {
    const page = await bigQueryRequest<{
      datasets?: { datasetReference: { datasetId: string }; location?: string }[]
      nextPageToken?: string
    }>(google, {
      verb: 'GET',
      path: apiPath`/projects/${projectId}/datasets`,
      query: { maxResults: 1000, pageToken },
      method: 'bigquery.datasets.list',
      resource: projectId,
    })
    for (const { datasetReference, location } of page.datasets ?? [])
      found.push({ datasetId: datasetReference.datasetId, location: location ?? '' })
    pageToken = page.nextPageToken
  } while (pageToken !== undefined && pageToken !== '')
  return found
}

/** Views of a dataset with their labels. */
export async function listViews(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<{ name: TableName; labels: Readonly<Record<string, string>> }[]> {
  const found: { name: TableName; labels: Readonly<Record<string, string>> }[] = []
  let pageToken: string | undefined
  do {
    const page = await bigQueryRequest<{
      tables?: { type: string; tableReference: TableName; labels?: Record<string, string> }[]
      nextPageToken?: string
    }>(google, {
      verb: 'GET',
      path: apiPath`/projects/${projectId}/datasets/${datasetId}/tables`,
      query: { maxResults: 1000, pageToken },
      method: 'bigquery.tables.list',
      resource: `${projectId}:${datasetId}`,
    })
    for (const table of page.tables ?? [])
      if (table.type === 'VIEW') found.push({ name: table.tableReference, labels: table.labels ?? {} })
    pageToken = page.nextPageToken
  } while (pageToken !== undefined && pageToken !== '')
  return found
}

export async function getDataset(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<DatasetAccess> {
  const dataset = await bigQueryRequest<{
    etag: string
    location: string
    lastModifiedTime?: string
    access?: AccessEntry[]
  }>(google, {
    verb: 'GET',
    path: apiPath`/projects/${projectId}/datasets/${datasetId}`,
    query: POLICY_VERSION,
    method: 'bigquery.datasets.get',
    resource: `${projectId}:${datasetId}`,
  })
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
  await bigQueryRequest(google, {
    verb: 'PATCH',
    path: apiPath`/projects/${dataset.projectId}/datasets/${dataset.datasetId}`,
    query: { ...POLICY_VERSION, updateMode: 'UPDATE_ACL' },
    headers: { 'If-Match': dataset.etag },
    json: { access },
    method: 'bigquery.datasets.patch',
    resource: `${dataset.projectId}:${dataset.datasetId}`,
  })
}

export async function createView(google: Google, name: TableName, content: ViewContent): Promise<void> {
  const made = await bigQueryRequest<TableResource>(google, {
    verb: 'POST',
    path: apiPath`/projects/${name.projectId}/datasets/${name.datasetId}/tables`,
    method: 'bigquery.tables.insert',
    resource: spelled(name),
    json: { tableReference: name, ...body({ ...content, columns: undefined }) },
  })
  // BigQuery takes no columns for a view that is not there yet, and describes them afterwards.
  if (content.columns !== undefined)
    await patchView(google, name, { labels: content.labels, columns: content.columns }, made.etag)
}

/**
 * PATCH, so that what is not named stays; only if the view is still the one that was read (412 otherwise).
 */
export async function patchView(
  google: Google,
  name: TableName,
  content: ViewContent,
  etag: string,
): Promise<void> {
  await bigQueryRequest(google, {
    verb: 'PATCH',
    path: tablePath(name),
    headers: { 'If-Match': etag },
    method: 'bigquery.tables.patch',
    resource: spelled(name),
    json: body(content),
  })
}

/** Labels alone, whatever else changed: a digest that does not fit what stands there proves nothing. */
export async function markView(
  google: Google,
  name: TableName,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  await bigQueryRequest(google, {
    verb: 'PATCH',
    path: tablePath(name),
    method: 'bigquery.tables.patch',
    resource: spelled(name),
    json: { labels },
  })
}

const body = ({ query, columns, ...members }: ViewContent): Record<string, unknown> => ({
  ...members,
  ...(query === undefined ? {} : { view: { query, useLegacySql: false } }),
  ...(columns === undefined ? {} : { schema: { fields: columns } }),
})

export async function deleteView(google: Google, name: TableName, etag: string): Promise<void> {
  await bigQueryRequest(google, {
    verb: 'DELETE',
    path: tablePath(name),
    headers: { 'If-Match': etag },
    method: 'bigquery.tables.delete',
    resource: spelled(name),
  }).catch((error: unknown) => {
    if (!(error instanceof GoogleApiError && error.status === 404)) throw error
  })
}
