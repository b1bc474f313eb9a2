/**
 * BigQuery's REST API as bare authorised calls, for the actions that build on it. It refuses to know what a
 * table or a view holds.
 */
import type { TableName } from '../dataset.ts'
import { ConflictError, GoogleApiError } from '../errors.ts'
import type { Google } from './connect.ts'
import { apiPath, type GoogleCall } from './request.ts'

export type BigQueryCall = Omit<GoogleCall, 'api' | 'region'>

/** @param call `path` begins after `/bigquery/v2`, e.g. apiPath`/projects/${project}/datasets/${dataset}`. */
export function bigQueryRequest<T = unknown>(google: Google, call: BigQueryCall): Promise<T> {
  return google.request<T>({ ...call, api: 'bigquery', path: `/bigquery/v2${call.path}` })
}

export const spelled = ({ projectId, datasetId, tableId }: TableName): string =>
  `${projectId}:${datasetId}.${tableId}`
export const tablePath = (name: TableName): GoogleCall['path'] =>
  apiPath`/projects/${name.projectId}/datasets/${name.datasetId}/tables/${name.tableId}`

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
