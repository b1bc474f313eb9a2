/** Tables of BigQuery as domain values (datasets and tables of the v2 REST API). It refuses to choose. */
import type {
  Column,
  ExistingTable,
  RangePartitioning,
  TableConstraints,
  TableName,
  TimePartitioning,
} from '../dataset.ts'
import { datasetAsk, datasetOf, readTable, writeTable } from './bigquery.ts'
import { askBigQuery } from './bigquery-client.ts'
import type { Google } from './connect.ts'
import { allPages } from './pages.ts'

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
  const name = { projectId, datasetId }
  const dataset = await askBigQuery<{ location: string }>(google, datasetAsk('get', name), (client) =>
    datasetOf(client, name).getMetadata({ datasetView: 'METADATA' }),
  )
  return dataset.location
}

export async function getTable(google: Google, name: TableName): Promise<ExistingTable | undefined> {
  const table = await readTable<TableResource>(google, name)
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
      constraints: table.tableConstraints,
      defaultCollation: table.defaultCollation,
      clustering: table.clustering?.fields ?? [],
      isFilterRequired: table.requirePartitionFilter === true,
    }
  )
}

interface Listed {
  readonly type: string
  readonly tableReference: TableName
  readonly labels?: Readonly<Record<string, string>>
}

/** Whatever a dataset holds, to the last page: tables, views, snapshots. */
export async function listMembers(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<readonly Listed[]> {
  const ask = {
    method: 'bigquery.tables.list',
    resource: `${projectId}:${datasetId}`,
    kind: 'bigquery#tableList',
  }
  const pages = await allPages(ask, (pageToken) =>
    askBigQuery<{ tables?: readonly Listed[]; nextPageToken?: string }>(google, ask, (client) =>
      datasetOf(client, { projectId, datasetId }).getTables({
        maxResults: 1000,
        pageToken,
        autoPaginate: false,
      }),
    ),
  )
  return pages.flatMap(({ tables }) => tables ?? [])
}

/** Names of them. */
export async function listTables(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<readonly string[]> {
  const members = await listMembers(google, projectId, datasetId)
  return members.map(({ tableReference }) => tableReference.tableId)
}

/** Changes the named members, only if the table is still the one that was read (412 otherwise). */
export async function patchTable(
  google: Google,
  name: TableName,
  patch: Readonly<Record<string, unknown>>,
  etag: string,
): Promise<void> {
  await writeTable(google, name, { ...patch, etag })
}
