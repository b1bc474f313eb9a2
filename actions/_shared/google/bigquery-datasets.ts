/**
 * Datasets of BigQuery: seen, made, described, dropped with what is in them. It refuses to drop one whose labels it
 * was not shown.
 */
import type { ExistingDataset } from '../dataset.ts'
import { GoogleApiError } from '../errors.ts'
import { datasetAsk, datasetOf, unlessMissing } from './bigquery.ts'
import { askBigQuery } from './bigquery-client.ts'
import type { Google } from './connect.ts'
import { allPages } from './pages.ts'

export type Labels = Readonly<Record<string, string>>
export interface Dataset {
  readonly datasetId: string
  readonly labels: Labels
  readonly location: string
}
interface RawDataset {
  readonly datasetReference: { readonly datasetId: string }
  readonly labels?: Labels
  readonly location?: string
}

const shape = (raw: RawDataset): Dataset => ({
  datasetId: raw.datasetReference.datasetId,
  labels: raw.labels ?? {},
  location: raw.location ?? '',
})

/** undefined when there is none. */
export async function getDataset(
  google: Google,
  projectId: string,
  datasetId: string,
): Promise<Dataset | undefined> {
  const name = { projectId, datasetId }
  const found = await unlessMissing(
    askBigQuery<RawDataset>(google, datasetAsk('get', name), (client) =>
      datasetOf(client, name).getMetadata(),
    ),
  )
  return found && shape(found)
}

/** Those that this identity may see. */
export async function listDatasets(google: Google, projectId: string): Promise<Dataset[]> {
  const ask = { method: 'bigquery.datasets.list', resource: projectId, kind: 'bigquery#datasetList' }
  const pages = await allPages(ask, (pageToken) =>
    askBigQuery<{ datasets?: readonly RawDataset[]; nextPageToken?: string }>(google, ask, (client) =>
      // One page per call: with paging of its own the client takes maxResults for the total.
      client.getDatasets({ projectId, maxResults: 1000, pageToken, autoPaginate: false }),
    ),
  )
  return pages.flatMap(({ datasets }) => (datasets ?? []).map(shape))
}

type DatasetResource = Omit<ExistingDataset, 'labels'> & { readonly labels?: Labels }

/** What describes it. METADATA leaves the access list out, so that nobody needs the right to read it. */
export async function getDescription(
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

/**
 * Repeated when its answer is lost: then the name is taken, and the labels of what is there say by whom.
 * @param members as the API calls them.
 */
export async function createDataset(
  google: Google,
  datasetId: string,
  members: Readonly<Record<string, unknown>> & { readonly labels: Labels },
): Promise<void> {
  const { projectId } = google
  const ask = { ...datasetAsk('insert', { projectId, datasetId }), isRepeatable: true }
  await askBigQuery(google, ask, (client) =>
    client.createDataset(datasetId, { projectId, ...members }),
  ).catch(async (error: unknown) => {
    if (!(error instanceof GoogleApiError && error.status === 409)) throw error
    const found = await getDescription(google, projectId, datasetId)
    if (found === undefined || Object.keys(members.labels).length === 0 || !carries(found, members.labels))
      throw error
  })
}

/** Changes the named members, only if the dataset is still the one that was read (412 otherwise). */
export async function patchDescription(
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

/** With everything in it. Read once more at the last moment: only what still carries `proof` is dropped. */
export async function dropDataset(
  google: Google,
  projectId: string,
  datasetId: string,
  proof: Labels,
): Promise<'dropped' | 'gone' | 'not ours'> {
  const found = await getDataset(google, projectId, datasetId)
  if (found === undefined) return 'gone'
  if (!carries(found, proof)) return 'not ours'
  const ask = { method: 'bigquery.datasets.delete', resource: `${projectId}:${datasetId}` }
  // A repeated request, or somebody quicker: gone is what was asked for.
  await unlessMissing(
    askBigQuery(google, ask, (client) => datasetOf(client, { projectId, datasetId }).delete({ force: true })),
  )
  return 'dropped'
}

export const carries = ({ labels }: Pick<Dataset, 'labels'>, proof: Labels): boolean =>
  Object.entries(proof).every(([name, value]) => labels[name] === value)
