/** BigQuery's REST API as bare authorised calls, for the actions that build on it. It refuses to know tables or views. */
import type { Google } from './connect.ts'
import type { GoogleCall } from './request.ts'

export type BigQueryCall = Omit<GoogleCall, 'api' | 'region'>

/** @param call `path` begins after `/bigquery/v2`, e.g. apiPath`/projects/${project}/datasets/${dataset}`. */
export function bigQueryRequest<T = unknown>(google: Google, call: BigQueryCall): Promise<T> {
  return google.request<T>({ ...call, api: 'bigquery', path: `/bigquery/v2${call.path}` })
}
