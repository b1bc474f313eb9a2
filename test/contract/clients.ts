/**
 * Names the client of an exchange from what it says about itself; a bare runtime (a test's own `fetch`) is
 * not a real client.
 */

export interface Client {
  readonly name: string
  readonly isReal: boolean
}

export const AUTH_LIBRARY = 'google-auth-library (Node)'

const AIRFLOW = 'Apache Airflow'
/**
 * Airflow's hooks give their name to each client, and google-cloud-bigquery, google-cloud-storage and gcloud-aio
 * put their own in its place; what is left is the account, which only the environment's processes have.
 */
const airflowAccount = /^caec-composer@/
const libraryOfHooks = /gl-python|gcloud-python|google-api-python-client|python-requests|aiohttp\//i

const known: readonly (readonly [RegExp, string])[] = [
  [/dbt-bigquery/i, 'dbt-bigquery'],
  [/\bgccl\/airflow_v/i, AIRFLOW],
  [/GHFS|hadoop|gcs-connector/i, 'Hadoop connector (Java)'],
  [
    /gcloud-node-storage|gl-node\S* .*gccl\/\S+.*storage|google-cloud-node-storage|gcloud-node\/storage/i,
    '@google-cloud/storage (Node)',
  ],
  [/gcloud-node-bigquery|google-cloud-node-bigquery/i, '@google-cloud/bigquery (Node)'],
  [/google-cloud-sdk gcloud\//i, 'gcloud'],
  // Its first request, for the discovery document, says no more than its library.
  [/google-cloud-sdk\d|^python-httplib2\//i, 'bq'],
  [/gl-python|gcloud-python|google-api-python-client/i, 'Google client for Python'],
  [/python-requests|python-urllib/i, 'google-auth (Python)'],
  [/Google-API-Java-Client|gl-java/i, 'Google client for Java'],
  [/gapic\/|gccl\/|gcloud-node/i, 'Google client for Node'],
  // The auth library alone: its own calls to STS and IAM credentials, and what this repository's actions ask
  // through it.
  [/gl-node|google-api-nodejs-client|gaxios|node-fetch/i, AUTH_LIBRARY],
]
const bare = /^(node|undici|jest|curl\/.*|)$/i

export function clientOf({
  userAgent = '',
  apiClient = '',
  account = '',
}: {
  readonly userAgent?: string
  readonly apiClient?: string
  readonly account?: string
}): Client {
  const text = `${userAgent} ${apiClient}`.trim()
  const isHook = airflowAccount.test(account) && libraryOfHooks.test(text) && !text.includes('dbt-')
  if (isHook) return { name: AIRFLOW, isReal: true }
  for (const [pattern, name] of known) if (pattern.test(text)) return { name, isReal: true }
  if (bare.test(text)) return { name: 'raw HTTP', isReal: false }
  return { name: userAgent.split(/[\s/(]/, 1)[0] || 'unnamed client', isReal: true }
}
