/** What official clients send beside the discovery documents, each with the client that was seen sending it. Nothing else undocumented passes. */

export interface Tolerated {
  /** Query parameter. */
  readonly parameter: string
  /** The documents in whose requests it may occur. */
  readonly documents: readonly string[]
  /** Only these methods, when given. */
  readonly methods?: readonly string[]
  readonly sentBy: string
  readonly reason: string
}

export const toleratedParameters: readonly Tolerated[] = [
  {
    parameter: '$alt', documents: ['dataproc', 'composer', 'iamcredentials'], sentBy: 'google-gax (Node, REST fallback), google-api-core REST transports (Python)',
    reason: 'system parameter `alt` with enum encoding, see AIP-127 and google/api/http; value `json;enum-encoding=int`',
  },
  {
    parameter: 'uploadType', documents: ['bigquery', 'storage'], sentBy: 'all upload clients',
    reason: 'part of the upload protocol: https://cloud.google.com/storage/docs/uploading-objects',
  },
  {
    parameter: 'upload_id', documents: ['bigquery', 'storage'], sentBy: 'all resumable clients, from the Location header of the server',
    reason: 'address of an upload session: https://cloud.google.com/storage/docs/resumable-uploads#session-uris',
  },
  {
    parameter: 'prefix', documents: ['storage'], methods: ['storage.objects.delete'], sentBy: '@google-cloud/storage (Node), Bucket.deleteFiles',
    reason: 'it passes its list query on to each delete; Storage ignores unknown parameters',
  },
]

/** The newer APIs take a parameter's proto name as well as its JSON name (`batch_id`, `batchId`), see google/api/http.proto; Storage and BigQuery do not. */
export function jsonName(name: string, document: string): string {
  if (document === 'storage' || document === 'bigquery' || name.startsWith('$')) return name
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** `STORAGE_EMULATOR_HOST` (Node) and `BIGQUERY_EMULATOR_HOST` (Node, Python) leave the service path away. */
export function withServicePath(service: string, path: string): string {
  if (service === 'storage' && /^\/b(\/|$)/.test(path)) return `/storage/v1${path}`
  if (service === 'bigquery' && path.startsWith('/projects')) return `/bigquery/v2${path}`
  return path
}
