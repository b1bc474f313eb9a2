/** Tables of BigQuery as domain values (datasets and tables of the v2 REST API). It refuses to choose. */
import type {
  Column,
  ExistingTable,
  RangePartitioning,
  TableConstraints,
  TableName,
  TimePartitioning,
} from '../dataset.ts'
import { GoogleApiError } from '../errors.ts'
import { bigQueryRequest, spelled, tablePath } from './bigquery.ts'
import type { Google } from './connect.ts'
import { apiPath } from './request.ts'

interface TableResource {
  readonly type: string
  readonly etag: string
  readonly schema?: { readonly fields?: readonly Column[] }
  readonly description?: string
  readonly friendlyName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly timePartitioning?: TimePartitioning
  readonly rangePartitioning?: RangePartitioning
  readonly tableConstraints?: TableConstraints
  readonly defaultCollation?: string
  readonly clustering?: { readonly fields?: readonly string[] }
  readonly requirePartitionFilter?: boolean
}

/** Where a dataset is. METADATA leaves the access list out, so that nobody needs the right to read it. */
export async function getDatasetLocation(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<string> {
  const dataset = await bigQueryRequest<{ location: string }>(google, {
    verb: 'GET',
    path: apiPath`/projects/${projectId}/datasets/${datasetId}`,
    query: { datasetView: 'METADATA' },
    method: 'bigquery.datasets.get',
    resource: `${projectId}:${datasetId}`,
  })
  return dataset.location
}

export async function getTable(google: Google, name: TableName): Promise<ExistingTable | undefined> {
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
      columns: table.schema?.fields ?? [],
      description: table.description,
      friendlyName: table.friendlyName,
      labels: table.labels ?? {},
      timePartitioning: table.timePartitioning,
      rangePartitioning: table.rangePartitioning,
      constraints: table.tableConstraints,
      defaultCollation: table.defaultCollation,
      clustering: table.clustering?.fields ?? [],
      isFilterRequired: table.requirePartitionFilter === true,
    }
  } catch (error) {
    if (error instanceof GoogleApiError && error.status === 404) return undefined
    throw error
  }
}

/** Changes the named members, only if the table is still the one that was read (412 otherwise). */
export async function patchTable(
  google: Google,
  name: TableName,
  patch: Readonly<Record<string, unknown>>,
  etag: string,
): Promise<void> {
  await bigQueryRequest(google, {
    verb: 'PATCH',
    path: tablePath(name),
    headers: { 'If-Match': etag },
    json: patch,
    method: 'bigquery.tables.patch',
    resource: spelled(name),
  })
}
