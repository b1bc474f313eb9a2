/**
 * How each operation of operations.yaml is asked for over HTTP; each caller gets something of its own to
 * change, so that nobody's try decides another's.
 */
import type { Persona, TestCloud } from '../../support/cloud.ts'

export interface Asked {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly text?: string
}
/** What the set-up left for the requests to point at. */
export interface Scene {
  readonly job: string
  readonly batch: string
  readonly operation: string
  readonly batchRequestId: string
}
interface Operation {
  /** Prepared by somebody who may, before the caller tries. */
  readonly prepare?: (cloud: TestCloud, caller: Persona) => Promise<unknown>
  readonly ask: (caller: Persona, scene: Scene) => Asked | Promise<Asked>
  /** What an allowed try gets, when it is not 2xx: it came past the gate and fails for what it asked. */
  readonly allowed?: number
}

const bucketOf = {
  raw: 'caec-local-raw',
  lake: 'caec-local-lake',
  staging: 'caec-local-staging',
  dags: 'caec-local-dags',
}
type Bucket = keyof typeof bucketOf
const object = (bucket: Bucket, name: string) =>
  `/storage/v1/b/${bucketOf[bucket]}/o/${encodeURIComponent(name)}`
const upload = (bucket: Bucket, name: string): Asked => ({
  method: 'POST',
  path: `/upload/storage/v1/b/${bucketOf[bucket]}/o?uploadType=media&name=${encodeURIComponent(name)}`,
  text: 'x',
})
const list = (bucket: Bucket, prefix?: string): Asked => ({
  method: 'GET',
  path: `/storage/v1/b/${bucketOf[bucket]}/o${prefix === undefined ? '' : `?prefix=${encodeURIComponent(prefix)}`}`,
})
const read = (bucket: Bucket, name: string): Asked => ({
  method: 'GET',
  path: `${object(bucket, name)}?alt=media`,
})

const tables = '/bigquery/v2/projects/caec-local'
const dataset = (id: string) => `${tables}/datasets/${id}`
const query = (sql: string): Asked => ({
  method: 'POST',
  path: `${tables}/queries`,
  body: { query: sql, useLegacySql: false },
})
const viewOf = (caller: string) => ({
  tableReference: { projectId: 'caec-local', datasetId: 'caec_insights', tableId: viewName(caller) },
  view: { query: 'SELECT 1 AS n', useLegacySql: false },
})
const viewName = (caller: string) => `v_${caller.replaceAll('-', '_')}`
const own = (caller: string) => `caec_pr_${caller.replaceAll('-', '_')}`

const batches = '/v1/projects/caec-local/locations/us-central1/batches'
export const batchBody = (account: string) => ({
  pysparkBatch: { mainPythonFileUri: 'gs://caec-local-staging/none/missing.py' },
  environmentConfig: {
    executionConfig: {
      serviceAccount: account,
      authenticationConfig: { userWorkloadAuthenticationType: 'SERVICE_ACCOUNT' },
    },
  },
})
const account = (name: string) => `caec-${name}@caec-local.iam.gserviceaccount.com`
const environments = '/v1/projects/caec-local/locations/us-central1/environments'
const impersonate = (name: string): Asked => ({
  method: 'POST',
  path: `/v1/projects/-/serviceAccounts/${account(name)}:generateAccessToken`,
  body: { scope: ['https://www.googleapis.com/auth/cloud-platform'] },
})

/** Everything below is done by the data engineer, who may. */
export const by = async (cloud: TestCloud, asked: Asked): Promise<Response> =>
  send(cloud, cloud.tokenFor('data-eng'), asked)
export const send = (
  cloud: TestCloud,
  token: string,
  { method, path, body, text }: Asked,
): Promise<Response> =>
  fetch(cloud.origin + path, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? text : JSON.stringify(body),
  })
const put =
  (bucket: Bucket, name: (caller: Persona) => string) => async (cloud: TestCloud, caller: Persona) =>
    by(cloud, upload(bucket, name(caller)))

export const operations: Readonly<Record<string, Operation>> = {
  'upload-raw': { ask: (caller) => upload('raw', `events/by-${caller}.csv`) },
  'read-raw': { ask: () => read('raw', 'events/there.csv') },
  'list-raw': { ask: () => list('raw', 'events/') },
  'delete-raw': {
    prepare: put('raw', (caller) => `events/for-${caller}.csv`),
    ask: (caller) => ({ method: 'DELETE', path: object('raw', `events/for-${caller}.csv`) }),
  },
  'read-lake': { ask: () => read('lake', 'sessionized/event_date=2022-07-01/part-0.parquet') },
  'read-rejected': { ask: () => read('lake', 'rejected/event_date=2022-07-01/part-0.parquet') },
  'list-lake': { ask: () => list('lake', 'sessionized/') },
  'rewrite-lake': {
    prepare: put('lake', (caller) => `clean/${caller}`),
    ask: (caller) => upload('lake', `clean/${caller}`),
  },
  'stage-code': { ask: (caller) => upload('staging', `submit-spark/${caller}/new.py`) },
  'read-code': { ask: () => read('staging', 'submit-spark/there.py') },
  'read-driver-output': { ask: () => read('staging', 'google-cloud-dataproc-metainfo/there') },
  'list-code': { ask: () => list('staging', 'submit-spark/') },
  'replace-code': {
    prepare: put('staging', (caller) => `submit-spark/${caller}/old.py`),
    ask: (caller) => upload('staging', `submit-spark/${caller}/old.py`),
  },
  'read-dbt-state': { ask: () => read('staging', 'run-dbt/state/there.json') },
  'replace-dbt-state': {
    prepare: put('staging', (caller) => `run-dbt/state/${caller}.json`),
    ask: (caller) => upload('staging', `run-dbt/state/${caller}.json`),
  },
  'read-dag': { ask: () => read('dags', 'dags/there.py') },
  'list-dags': { ask: () => list('dags', 'dags/') },
  'write-dag': { ask: (caller) => upload('dags', `dags/by-${caller}.py`) },
  'replace-dag': {
    prepare: put('dags', (caller) => `dags/old-${caller}.py`),
    ask: (caller) => upload('dags', `dags/old-${caller}.py`),
  },
  'mark-dag': {
    ask: () => ({
      method: 'PATCH',
      path: object('dags', 'dags/there.py'),
      body: { metadata: { owner: 'me' } },
    }),
  },
  'delete-dag': {
    prepare: put('dags', (caller) => `dags/for-${caller}.py`),
    ask: (caller) => ({ method: 'DELETE', path: object('dags', `dags/for-${caller}.py`) }),
  },
  'write-plugin': { ask: (caller) => upload('dags', `plugins/by-${caller}.py`) },
  'write-beside-dags': { ask: (caller) => upload('dags', `dags-${caller}/x.py`) },
  'list-dag-bucket': { ask: () => list('dags') },
  'see-bucket': { ask: () => ({ method: 'GET', path: `/storage/v1/b/${bucketOf.raw}` }) },
  'list-buckets': { ask: () => ({ method: 'GET', path: '/storage/v1/b?project=caec-local' }) },
  'create-bucket': {
    ask: (caller) => ({
      method: 'POST',
      path: '/storage/v1/b?project=caec-local',
      body: { name: `caec-made-by-${caller}`, location: 'us-central1' },
    }),
  },

  query: { ask: () => query('SELECT 1 AS n') },
  'read-raw-table': { ask: () => query('SELECT n FROM caec_raw.there') },
  'write-raw-table': { ask: () => query('INSERT INTO caec_raw.there (n) VALUES (1)') },
  'define-raw': {
    ask: (caller) => ({
      method: 'POST',
      path: `${dataset('caec_raw')}/tables`,
      body: {
        tableReference: { projectId: 'caec-local', datasetId: 'caec_raw', tableId: viewName(caller) },
        schema: { fields: [{ name: 'n', type: 'INTEGER' }] },
      },
    }),
  },
  'redefine-raw': {
    ask: () => ({
      method: 'PATCH',
      path: `${dataset('caec_raw')}/tables/there`,
      body: { description: 'loaded' },
    }),
  },
  'see-raw-table': { ask: () => ({ method: 'GET', path: `${dataset('caec_raw')}/tables/there` }) },
  'read-analytics': { ask: () => query('SELECT n FROM caec_analytics.there') },
  'write-analytics': { ask: () => query('INSERT INTO caec_analytics.there (n) VALUES (1)') },
  'create-analytics': {
    ask: (caller) => ({
      method: 'POST',
      path: `${dataset('caec_analytics')}/tables`,
      body: {
        tableReference: { projectId: 'caec-local', datasetId: 'caec_analytics', tableId: viewName(caller) },
        schema: { fields: [{ name: 'n', type: 'INTEGER' }] },
      },
    }),
  },
  'see-analytics': { ask: () => ({ method: 'GET', path: `${dataset('caec_analytics')}/tables/there` }) },
  'list-analytics': { ask: () => ({ method: 'GET', path: `${dataset('caec_analytics')}/tables` }) },
  'see-list': { ask: () => ({ method: 'GET', path: dataset('caec_analytics') }) },
  'see-list-alone': { ask: () => ({ method: 'GET', path: `${dataset('caec_analytics')}?datasetView=ACL` }) },
  'change-list': {
    ask: () => ({ method: 'PATCH', path: dataset('caec_analytics'), body: { description: 'facts' } }),
  },
  'change-list-alone': {
    ask: () => ({ method: 'PATCH', path: `${dataset('caec_analytics')}?updateMode=UPDATE_ACL`, body: {} }),
  },
  'share-raw': { ask: () => ({ method: 'PATCH', path: dataset('caec_raw'), body: { description: 'raw' } }) },
  'share-insights': {
    ask: () => ({ method: 'PATCH', path: dataset('caec_insights'), body: { description: 'views' } }),
  },
  'read-view': { ask: () => query('SELECT n FROM caec_insights.there') },
  'create-view': {
    ask: (caller) => ({ method: 'POST', path: `${dataset('caec_insights')}/tables`, body: viewOf(caller) }),
  },
  'replace-view': {
    ask: () => ({
      method: 'PATCH',
      path: `${dataset('caec_insights')}/tables/there`,
      body: { description: 'a view' },
    }),
  },
  'delete-view': {
    prepare: (cloud, caller) =>
      by(cloud, {
        method: 'POST',
        path: `${dataset('caec_insights')}/tables`,
        body: viewOf(`for_${caller}`),
      }),
    ask: (caller) => ({
      method: 'DELETE',
      path: `${dataset('caec_insights')}/tables/${viewName(`for_${caller}`)}`,
    }),
  },
  'create-dataset': {
    ask: (caller) => ({
      method: 'POST',
      path: `${tables}/datasets`,
      body: { datasetReference: { projectId: 'caec-local', datasetId: `${own(caller)}_new` } },
    }),
  },
  'drop-own-dataset': { ask: (caller) => query(`CREATE SCHEMA ${own(caller)}; DROP SCHEMA ${own(caller)}`) },
  'drop-analytics': {
    ask: () => ({ method: 'DELETE', path: `${dataset('caec_analytics')}?deleteContents=true` }),
  },
  'read-others-job': {
    ask: (_caller, { job }) => ({ method: 'GET', path: `${tables}/jobs/${job}?location=us-central1` }),
  },
  'list-all-jobs': { ask: () => ({ method: 'GET', path: `${tables}/jobs?allUsers=true` }) },
  'cancel-others-job': {
    ask: (_caller, { job }) => ({
      method: 'POST',
      path: `${tables}/jobs/${job}/cancel?location=us-central1`,
    }),
  },

  // The same request id answers with the batch of the set-up, after the same checks: no Spark runs.
  'submit-batch': {
    ask: (_caller, { batchRequestId }) => ({
      method: 'POST',
      path: `${batches}?batchId=again-1&requestId=${batchRequestId}`,
      body: batchBody(account('spark')),
    }),
  },
  'submit-erasure': {
    ask: (_caller, { batchRequestId }) => ({
      method: 'POST',
      path: `${batches}?batchId=again-3&requestId=${batchRequestId}`,
      body: batchBody(account('eraser')),
    }),
  },
  'submit-as-other': {
    ask: (_caller, { batchRequestId }) => ({
      method: 'POST',
      path: `${batches}?batchId=again-2&requestId=${batchRequestId}`,
      body: batchBody(account('ops')),
    }),
  },
  'see-batch': { ask: (_caller, { batch }) => ({ method: 'GET', path: `${batches}/${batch}` }) },
  'list-batches': { ask: () => ({ method: 'GET', path: batches }) },
  'see-operation': { ask: (_caller, { operation }) => ({ method: 'GET', path: `/v1/${operation}` }) },
  'list-operations': {
    ask: () => ({ method: 'GET', path: '/v1/projects/caec-local/regions/us-central1/operations' }),
  },
  'cancel-batch': {
    ask: (_caller, { operation }) => ({ method: 'POST', path: `/v1/${operation}:cancel`, body: {} }),
  },
  'delete-batch': { ask: () => ({ method: 'DELETE', path: `${batches}/no-such-batch` }), allowed: 404 },

  'see-environment': { ask: () => ({ method: 'GET', path: `${environments}/caec` }) },
  'list-environments': { ask: () => ({ method: 'GET', path: environments }) },
  // No Airflow is started: the right is asked first, then the local cloud says that it does not know this
  // command.
  'airflow-command': {
    ask: () => ({
      method: 'POST',
      path: `${environments}/caec:executeAirflowCommand`,
      body: { command: 'none-such' },
    }),
    allowed: 501,
  },

  'impersonate-deploy': { ask: () => impersonate('ci-deploy') },
  'impersonate-spark': { ask: () => impersonate('spark') },
  'impersonate-data-eng': { ask: () => impersonate('data-eng') },
  'identity-token': {
    ask: () => ({
      method: 'POST',
      path: `/v1/projects/-/serviceAccounts/${account('composer')}:generateIdToken`,
      body: { audience: 'https://airflow.example' },
    }),
  },
}
