/**
 * What the client of BigQuery has no word for, said through its bare `request`, and what the edges of datasets,
 * tables and views share. It refuses to know what a table or a view holds.
 */
import type { BigQuery, Dataset, Table } from '@google-cloud/bigquery'
import type { DatasetName, TableName } from '../dataset.ts'
import { ConflictError, GoogleApiError } from '../errors.ts'
import { askBigQuery, type BigQueryAsk } from './bigquery-client.ts'
import type { Google } from './connect.ts'
import type { GoogleCall } from './request.ts'

export interface BigQueryCall extends BigQueryAsk, Pick<GoogleCall, 'verb' | 'query' | 'headers' | 'json'> {
  /** Begins after the project, e.g. `/queries`. */
  readonly path: string
}

export function bigQueryRequest<T = unknown>(
  google: Google,
  projectId: string,
  { verb, path, query, headers, json, ...ask }: BigQueryCall,
): Promise<T> {
  const built = { method: verb, uri: path, qs: query, headers, json, projectId }
  return askBigQuery<T>(
    google,
    ask,
    (client) =>
      new Promise<void>((resolve, reject) => {
        client.request(built, (error: Error | null) => (error === null ? resolve() : reject(error)))
      }),
  )
}

export const spelled = ({ projectId, datasetId, tableId }: TableName): string =>
  `${projectId}:${datasetId}.${tableId}`

export const datasetOf = (client: BigQuery, { projectId, datasetId }: DatasetName): Dataset =>
  client.dataset(checked(datasetId), { projectId: checked(projectId) })
export const tableOf = (client: BigQuery, { tableId, ...dataset }: TableName): Table =>
  datasetOf(client, dataset).table(encodeURIComponent(checked(tableId, /[/\\]/)))

/** The client cuts a name at its slashes and takes it for encoded; a name in SQL may be anything. */
function checked(name: string, refused = /[/\\%]/): string {
  if (!/^\.{0,2}$/.test(name) && !refused.test(name)) return name
  throw new GoogleApiError(`Building a request: ${JSON.stringify(name)} is no name of BigQuery's.`, {
    method: 'bigquery',
    resource: '',
    status: 400,
    reason: 'invalid',
    isRetryable: false,
  })
}

/** The request for a dataset or a table by its verb: what its errors name, and what an answer calls itself. */
export const datasetAsk = (verb: string, { projectId, datasetId }: DatasetName): BigQueryAsk => ({
  method: `bigquery.datasets.${verb}`,
  resource: `${projectId}:${datasetId}`,
  kind: 'bigquery#dataset',
})
export const tableAsk = (verb: string, name: TableName): BigQueryAsk => ({
  method: `bigquery.tables.${verb}`,
  resource: spelled(name),
  kind: 'bigquery#table',
})

/** A table or view as BigQuery sends it; undefined when there is none. */
export const readTable = <T>(google: Google, name: TableName): Promise<T | undefined> =>
  unlessMissing(
    askBigQuery<T>(google, tableAsk('get', name), (client) => tableOf(client, name).getMetadata()),
  )

/** PATCH: what is not named stays. With an etag only if the table is still the one that was read (412 otherwise). */
export async function writeTable(
  google: Google,
  name: TableName,
  members: Readonly<Record<string, unknown>>,
): Promise<void> {
  await askBigQuery(google, tableAsk('patch', name), (client) =>
    tableOf(client, name).setMetadata({ ...members }),
  )
}

/** undefined when there is none. */
export async function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof GoogleApiError && error.status === 404) return undefined
    throw error
  }
}

/**
 * A refused precondition, or a name taken meanwhile, as what it is: the world moved after the plan. Anything
 * else stays as it is.
 */
export function asConflict(error: unknown, step: string, expected: string): unknown {
  if (!(error instanceof GoogleApiError) || (error.status !== 412 && error.status !== 409)) return error
  return new ConflictError(
    `Applying ${step}: it changed after the plan was made (${error.reason}); run again.`,
    { step, expected, found: error.reason, cause: error },
  )
}
