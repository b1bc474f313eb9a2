/**
 * Views and access lists of BigQuery as domain values (datasets and tables of the v2 REST API). It refuses to
 * choose.
 */
import type { AccessEntry, Column, DatasetAccess, ExistingView, TableName } from '../dataset.ts'
import { GoogleApiError } from '../errors.ts'
import { bigQueryRequest, spelled, tablePath } from './bigquery.ts'
import type { Google } from './connect.ts'
import { apiPath } from './request.ts'

export interface ViewDefinition {
  readonly query: string
  readonly description: string
  readonly labels: Readonly<Record<string, string>>
}

/**
 * Version 3 is needed once any entry has a condition: without it conditional entries would come back mangled
 * and be lost.
 */
const POLICY_VERSION = { accessPolicyVersion: 3 }

export async function getView(google: Google, name: TableName): Promise<ExistingView | undefined> {
  try {
    const table = await bigQueryRequest<{
      type: string
      etag: string
      view?: { query: string }
      description?: string
      labels?: Record<string, string>
      schema?: { fields?: Column[] }
    }>(google, {
      verb: 'GET',
      path: tablePath(name),
      method: 'bigquery.tables.get',
      resource: spelled(name),
    })
    return {
      type: table.type,
      etag: table.etag,
      query: table.view?.query,
      description: table.description ?? '',
      labels: table.labels ?? {},
      columns: table.schema?.fields ?? [],
    }
  } catch (error) {
    if (error instanceof GoogleApiError && error.status === 404) return undefined
    throw error
  }
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
  const dataset = await bigQueryRequest<{ etag: string; location: string; access?: AccessEntry[] }>(google, {
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

export async function createView(google: Google, name: TableName, view: ViewDefinition): Promise<void> {
  await bigQueryRequest(google, {
    verb: 'POST',
    path: apiPath`/projects/${name.projectId}/datasets/${name.datasetId}/tables`,
    method: 'bigquery.tables.insert',
    resource: spelled(name),
    json: {
      tableReference: name,
      view: { query: view.query, useLegacySql: false },
      description: view.description,
      labels: view.labels,
    },
  })
}

/**
 * PUT, so that the columns are taken anew from the query; only if the view is still the one that was read.
 */
export async function updateView(
  google: Google,
  name: TableName,
  view: ViewDefinition,
  etag: string,
): Promise<void> {
  await bigQueryRequest(google, {
    verb: 'PUT',
    path: tablePath(name),
    headers: { 'If-Match': etag },
    method: 'bigquery.tables.update',
    resource: spelled(name),
    json: {
      tableReference: name,
      view: { query: view.query, useLegacySql: false },
      description: view.description,
      labels: view.labels,
    },
  })
}

export async function deleteView(google: Google, name: TableName): Promise<void> {
  await bigQueryRequest(google, {
    verb: 'DELETE',
    path: tablePath(name),
    method: 'bigquery.tables.delete',
    resource: spelled(name),
  }).catch((error: unknown) => {
    if (!(error instanceof GoogleApiError && error.status === 404)) throw error
  })
}
