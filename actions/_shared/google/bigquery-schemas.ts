/** Datasets of BigQuery with what describes them (datasets of the v2 REST API). It refuses to drop one. */
import type { ExistingDataset } from '../dataset.ts'
import { datasetAsk, datasetOf, unlessMissing } from './bigquery.ts'
import { askBigQuery } from './bigquery-client.ts'
import type { Google } from './connect.ts'

type DatasetResource = Omit<ExistingDataset, 'labels'> & {
  readonly labels?: Readonly<Record<string, string>>
}

/** METADATA leaves the access list out, so that nobody needs the right to read it. */
export async function getSchema(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<ExistingDataset | undefined> {
  const name = { projectId, datasetId }
  const found = await unlessMissing(
    askBigQuery<DatasetResource>(google, datasetAsk('get', name), (client) =>
      datasetOf(client, name).getMetadata({ datasetView: 'METADATA' }),
    ),
  )
  return found && { ...found, labels: found.labels ?? {} }
}

export async function createSchema(
  google: Google,
  datasetId: string,
  members: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { projectId } = google
  await askBigQuery(google, datasetAsk('insert', { projectId, datasetId }), (client) =>
    client.createDataset(datasetId, { projectId, ...members }),
  )
}

/** Changes the named members, only if the dataset is still the one that was read (412 otherwise). */
export async function patchSchema(
  google: Google,
  datasetId: string,
  members: Readonly<Record<string, unknown>>,
  etag: string,
): Promise<void> {
  const name = { projectId: google.projectId, datasetId }
  await askBigQuery(google, datasetAsk('patch', name), (client) =>
    datasetOf(client, name).setMetadata({ ...members, etag }, { updateMode: 'UPDATE_METADATA' }),
  )
}
