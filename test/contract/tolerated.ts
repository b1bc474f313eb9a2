/**
 * What official clients send beside the discovery documents, each with the client that was seen sending it.
 * Nothing else undocumented passes.
 */

export interface Tolerated {
  /** For the page. */
  readonly name: string
  /**
   * Place and words of the fault as the validator reports it, the method it occurs in, and the client that
   * may do so.
   */
  readonly where: RegExp
  readonly what: RegExp
  readonly method: RegExp
  readonly client: RegExp
  readonly reason: string
}

const unknownParameter = /^is a parameter the method does not have$/

export const tolerated: readonly Tolerated[] = [
  {
    name: 'query parameter `$alt=json;enum-encoding=int`',
    where: /^query \$alt$/,
    what: unknownParameter,
    method: /^(dataproc|composer|iamcredentials)\./,
    client: /./,
    reason:
      'gax (Node REST fallback) and google-api-core (Python REST transports) ask for enums as numbers; a system parameter outside the documents',
  },
  {
    name: 'query parameters `uploadType`, `upload_id`',
    where: /^query (uploadType|upload_id)$/,
    what: unknownParameter,
    method: /^(storage\.objects|bigquery\.jobs)\.insert$/,
    client: /./,
    reason:
      'the upload protocol of all clients: https://cloud.google.com/storage/docs/resumable-uploads#session-uris',
  },
  {
    name: 'query parameter `prefix` of a delete',
    where: /^query prefix$/,
    what: unknownParameter,
    method: /^storage\.objects\.delete$/,
    client: /^@google-cloud\/storage/,
    reason: 'Bucket.deleteFiles passes its list query on to each delete; Storage ignores unknown parameters',
  },
  {
    name: 'query parameter `projection=full` of a job',
    where: /^query projection$/,
    what: unknownParameter,
    method: /^bigquery\.jobs\.(get|cancel)$/,
    client: /Python|dbt|Airflow/,
    reason: 'google-cloud-bigquery sends it on every reload of a job; it was a parameter of jobs.list once',
  },
  {
    name: '`True` for a boolean parameter',
    where: /^query /,
    what: /^is '(True|False)', not a boolean$/,
    method: /^(bigquery\.|storage\.objects\.list$)/,
    client: /Python|dbt|Airflow|gcloud|bq/,
    reason:
      "google-cloud-bigquery writes Python's own spelling (`formatOptions.useInt64Timestamp=True`), and so does `gcloud storage` (`versions=True`)",
  },
  {
    name: '`location` inside `configuration.load`',
    where: /^request\.configuration\.load\.location$/,
    what: /^is a field the schema does not have$/,
    method: /^bigquery\.jobs\.insert$/,
    client: /Node/,
    reason:
      "Table.createLoadJob of @google-cloud/bigquery writes the table's location there as well as in the job reference",
  },
  {
    name: 'a number as the value of a query parameter',
    where: /^request\.(configuration\.query\.)?queryParameters\[\d+\]\.parameterValue\./,
    what: /^is the (number|boolean) .*, not a string$/,
    method: /^bigquery\.jobs\.(query|insert)$/,
    client: /Node/,
    reason:
      '@google-cloud/bigquery sends JavaScript numbers and booleans; the parser takes them for their text',
  },
]

export function isTolerated(method: string, client: string, where: string, what: string): boolean {
  return tolerated.some(
    (each) =>
      each.where.test(where) && each.what.test(what) && each.method.test(method) && each.client.test(client),
  )
}

/**
 * The newer APIs take a parameter's proto name as well as its JSON name (`batch_id`, `batchId`), see
 * google/api/http.proto; Storage and BigQuery do not.
 */
export function jsonName(name: string, document: string): string {
  if (document === 'storage' || document === 'bigquery' || name.startsWith('$')) return name
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** `STORAGE_EMULATOR_HOST` (Node) and `BIGQUERY_EMULATOR_HOST` (Node, Python) leave the service path away. */
export function withServicePath(service: string, path: string): string {
  if (service === 'storage' && /^\/b(\/|$)/.test(path)) return `/storage/v1${path}`
  if (service === 'bigquery' && path.startsWith('/projects')) return `/bigquery/v2${path}`
  // So does `bq get-iam-policy`, whose own document repeats the path.
  if (path.startsWith('/bigquery/v2/bigquery/v2/')) return path.replace('/bigquery/v2', '')
  // `bq load` with an endpoint override joins the two the other way round.
  if (path.startsWith('/bigquery/v2/upload/'))
    return path.replace('/bigquery/v2/upload/', '/upload/bigquery/v2/')
  return path
}
