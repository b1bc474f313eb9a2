/** Tables of BigQuery as domain values (datasets and tables of the v2 REST API). It refuses to choose. */
import type { Column, ExistingTable, TableName, TimePartitioning } from '../dataset.ts'
import { datasetOf, spelled, tableOf, unlessMissing } from './bigquery.ts'
import { askBigQuery } from './bigquery-client.ts'
import type { Google } from './connect.ts'

interface TableResource {
  readonly type: string
  readonly etag: string
  readonly schema?: { readonly fields?: readonly Column[] }
  readonly description?: string
  readonly friendlyName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly timePartitioning?: TimePartitioning
  readonly rangePartitioning?: { readonly field: string }
  readonly clustering?: { readonly fields?: readonly string[] }
  readonly requirePartitionFilter?: boolean
}

/** Where a dataset is. METADATA leaves the access list out, so that nobody needs the right to read it. */
export async function getDatasetLocation(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<string> {
  const ask = {
    method: 'bigquery.datasets.get',
    resource: `${projectId}:${datasetId}`,
    kind: 'bigquery#dataset',
  }
  const dataset = await askBigQuery<{ location: string }>(google, ask, (client) =>
    datasetOf(client, { projectId, datasetId }).getMetadata({ datasetView: 'METADATA' }),
  )
  return dataset.location
}

export async function getTable(google: Google, name: TableName): Promise<ExistingTable | undefined> {
  const ask = { method: 'bigquery.tables.get', resource: spelled(name), kind: 'bigquery#table' }
  const table = await unlessMissing(
    askBigQuery<TableResource>(google, ask, (client) => tableOf(client, name).getMetadata()),
  )
  return (
    table && {
      type: table.type,
      etag: table.etag,
      columns: table.schema?.fields ?? [],
      description: table.description,
      friendlyName: table.friendlyName,
      labels: table.labels ?? {},
      timePartitioning: table.timePartitioning,
      rangePartitioning: table.rangePartitioning,
      clustering: table.clustering?.fields ?? [],
      isFilterRequired: table.requirePartitionFilter === true,
    }
  )
}

/** Changes the named members, only if the table is still the one that was read (412 otherwise). */
export async function patchTable(
  google: Google,
  name: TableName,
  patch: Readonly<Record<string, unknown>>,
  etag: string,
): Promise<void> {
  const ask = { method: 'bigquery.tables.patch', resource: spelled(name), kind: 'bigquery#table' }
  await askBigQuery(google, ask, (client) => tableOf(client, name).setMetadata({ ...patch, etag }))
}
