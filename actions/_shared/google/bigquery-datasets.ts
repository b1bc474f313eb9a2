/**
 * Datasets of BigQuery: seen, made with labels and an expiry, dropped with what is in them. It refuses to drop
 * one whose labels it was not shown.
 */
import { GoogleApiError } from '../errors.ts'
import { bigQueryRequest } from './bigquery.ts'
import type { Google } from './connect.ts'
import { apiPath } from './request.ts'

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
  try {
    return shape(
      await bigQueryRequest<RawDataset>(google, {
        verb: 'GET',
        path: apiPath`/projects/${projectId}/datasets/${datasetId}`,
        method: 'bigquery.datasets.get',
        resource: `${projectId}:${datasetId}`,
      }),
    )
  } catch (error) {
    if (error instanceof GoogleApiError && error.status === 404) return undefined
    throw error
  }
}

export async function listDatasets(google: Google, projectId: string): Promise<Dataset[]> {
  const found: Dataset[] = []
  let pageToken: string | undefined
  do {
    const page: { datasets?: readonly RawDataset[]; nextPageToken?: string } = await bigQueryRequest(google, {
      verb: 'GET',
      path: apiPath`/projects/${projectId}/datasets`,
      query: { maxResults: 1000, pageToken },
      method: 'bigquery.datasets.list',
      resource: projectId,
    })
    found.push(...(page.datasets ?? []).map(shape))
    pageToken = page.nextPageToken
  } while (pageToken)
  return found
}

/** @param made tables in it vanish by themselves after `expiryMs`. */
export async function createDataset(
  google: Google,
  projectId: string,
  made: Dataset & { readonly expiryMs: number; readonly description: string },
): Promise<void> {
  const { datasetId, labels, location, expiryMs, description } = made
  await bigQueryRequest(google, {
    verb: 'POST',
    path: apiPath`/projects/${projectId}/datasets`,
    json: {
      datasetReference: { projectId, datasetId },
      labels,
      location,
      description,
      defaultTableExpirationMs: String(expiryMs),
    },
    method: 'bigquery.datasets.insert',
    resource: `${projectId}:${datasetId}`,
  })
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
  await bigQueryRequest(google, {
    verb: 'DELETE',
    path: apiPath`/projects/${projectId}/datasets/${datasetId}`,
    query: { deleteContents: true },
    method: 'bigquery.datasets.delete',
    resource: `${projectId}:${datasetId}`,
  }).catch((error: unknown) => {
    // A repeated request, or somebody quicker: gone is what was asked for.
    if (!(error instanceof GoogleApiError) || error.status !== 404) throw error
  })
  return 'dropped'
}

export const carries = ({ labels }: Dataset, proof: Labels): boolean =>
  Object.entries(proof).every(([name, value]) => labels[name] === value)
