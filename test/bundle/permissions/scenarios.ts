/**
 * One run of each action in each mode, made so that everything the mode can do is done: what the permissions
 * are recorded from and tested with.
 */
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { ensureDbt } from '../../../local/toolchain/index.ts'
import { repoRoot } from '../../support/cloud.ts'
import type { RoleCloud } from '../../support/permission-roles.ts'
import { runBundle, type Job, type RunResult } from '../../support/runner.ts'
import { oidcVariables, overridesFor } from '../../support/signed-in-job.ts'
import { providerName } from '../../support/workflow-run.ts'

export interface Place {
  readonly cloud: RoleCloud
  readonly job: Job
}
export interface Scenario {
  readonly action: string
  readonly mode: string
  /** Starts dbt or Airflow, or waits out refusals: the loop over its permissions is for the deep tests. */
  readonly isSlow?: boolean
  /** A post step warns and lets the job go on: there a refusal is a warning. */
  readonly isPost?: boolean
  readonly prepare?: (place: Place) => Promise<unknown>
  readonly run: (place: Place, env: Record<string, string>, variant: string) => Promise<RunResult>
}

async function write({ workspace }: Job, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(workspace, name)), { recursive: true })
    await writeFile(join(workspace, name), text)
  }
}
/** As an account that may do everything. */
export async function set(
  { cloud }: Place,
  method: string,
  path: string,
  body?: unknown,
  isRaw = false,
): Promise<any> {
  const reply = await fetch(cloud.origin + path, {
    method,
    headers: {
      authorization: `Bearer ${cloud.cloud.identity.mintAccessToken(cloud.cloud.environment.serviceAccounts.setter!)}`,
      ...(body === undefined || isRaw ? {} : { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : isRaw ? String(body) : JSON.stringify(body),
  })
  const text = await reply.text()
  if (!reply.ok && reply.status !== 404) throw new Error(`${method} ${path}: ${reply.status} ${text}`)
  return text === '' || !text.startsWith('{') ? undefined : JSON.parse(text)
}
const query = (place: Place, sql: string) =>
  set(place, 'POST', '/bigquery/v2/projects/caec-local/queries', { query: sql, useLegacySql: false })

// deploy-dags
const dags = '/storage/v1/b/caec-local-dags/o'
async function dagFolder(place: Place): Promise<void> {
  for (const { name } of (await set(place, 'GET', dags)).items ?? [])
    await set(place, 'DELETE', `${dags}/${encodeURIComponent(name)}`)
  for (const [name, text, isOwned] of [
    ['dags/kept.py', 'A = 1\n', false],
    ['dags/changed.py', 'B = 1\n', true],
    ['dags/gone.py', 'C = 1\n', true],
  ] as const) {
    await set(place, 'POST', `/upload${dags}?uploadType=media&name=${encodeURIComponent(name)}`, text, true)
    if (isOwned)
      await set(place, 'PATCH', `${dags}/${encodeURIComponent(name)}`, {
        metadata: { 'clickstream-owner': 'octo/clicks', 'clickstream-commit': '0'.repeat(40) },
      })
  }
  await rm(join(place.job.workspace, 'dags'), { recursive: true, force: true })
  await write(place.job, {
    'dags/kept.py': 'A = 1\n',
    'dags/changed.py': 'B = 2\n',
    'dags/new.py': 'D = 1\n',
  })
}
const deploy =
  (inputs: Record<string, string>) =>
  ({ job }: Place, env: Record<string, string>) =>
    runBundle('deploy-dags', {
      job,
      env,
      with: { environment: 'caec', location: 'us-central1', adopt: 'true', ...inputs },
    })

// submit-spark
let number = 0
async function sparkJob(place: Place): Promise<void> {
  await write(place.job, { 'jobs/hello.py': `print(${(number += 1)})\n` })
}
const submit =
  (inputs: Record<string, string>) =>
  ({ job }: Place, env: Record<string, string>) =>
    runBundle('submit-spark', {
      job,
      env,
      with: {
        main: 'jobs/hello.py',
        region: 'us-central1',
        'service-account': 'caec-spark@caec-local.iam.gserviceaccount.com',
        'staging-bucket': 'caec-local-staging',
        ...inputs,
      },
    })
const batches = '/v1/projects/caec-local/locations/us-central1/batches'
const long = { id: 'long-0', number: 0, proof: 'a'.repeat(32) }
/** One that has not ended; a denied cancel leaves it for the next try. */
async function longBatch(place: Place): Promise<void> {
  const { state } = await set(place, 'GET', `${batches}/${long.id}`)
  if (state === 'PENDING' || state === 'RUNNING') return
  long.id = `long-${(long.number += 1)}`
  await set(
    place,
    'POST',
    '/upload/storage/v1/b/caec-local-staging/o?uploadType=media&name=long.py',
    'import time\ntime.sleep(600)\n',
    true,
  )
  await set(place, 'POST', `${batches}?batchId=${long.id}`, {
    labels: { 'submit-spark-request': long.proof },
    pysparkBatch: { mainPythonFileUri: 'gs://caec-local-staging/long.py' },
    environmentConfig: {
      executionConfig: {
        serviceAccount: 'caec-spark@caec-local.iam.gserviceaccount.com',
        authenticationConfig: { userWorkloadAuthenticationType: 'SERVICE_ACCOUNT' },
      },
    },
  })
}

// publish-views, apply-ddl
const dataset = (id: string) => `/bigquery/v2/projects/caec-local/datasets/${id}`
async function views(place: Place): Promise<void> {
  const label = { 'clickstream-owner': 'permissions' }
  await query(place, 'CREATE TABLE IF NOT EXISTS caec_analytics.visits (day DATE, visitor INT64)')
  for (const view of ['made', 'changed', 'gone'])
    await set(place, 'DELETE', `${dataset('caec_insights')}/tables/${view}`)
  const { access } = await set(place, 'GET', dataset('caec_analytics'))
  const others = access.filter((entry: { view?: unknown }) => entry.view === undefined)
  await set(place, 'PATCH', dataset('caec_analytics'), { access: others })
  for (const view of ['changed', 'gone'])
    await set(place, 'POST', `${dataset('caec_insights')}/tables`, {
      tableReference: { projectId: 'caec-local', datasetId: 'caec_insights', tableId: view },
      labels: label,
      view: { query: 'SELECT day FROM `caec-local.caec_analytics.visits`', useLegacySql: false },
    })
  // A run after the first one: what is there is authorized.
  await set(place, 'PATCH', dataset('caec_analytics'), {
    access: [
      ...others,
      ...['changed', 'gone'].map((tableId) => ({
        view: { projectId: 'caec-local', datasetId: 'caec_insights', tableId },
      })),
    ],
  })
  await rm(join(place.job.workspace, 'views'), { recursive: true, force: true })
  await write(place.job, {
    'views/caec_insights/made.sql': 'SELECT day, COUNT(*) AS visits FROM caec_analytics.visits GROUP BY day',
    'views/caec_insights/changed.sql': '-- With words.\nSELECT day, visitor FROM caec_analytics.visits',
  })
}
async function functions(place: Place): Promise<void> {
  await query(place, 'CREATE TABLE IF NOT EXISTS caec_analytics.visits (day DATE, visitor INT64)')
  for (const name of ['made', 'changed', 'gone'])
    await set(place, 'DELETE', `${dataset('caec_insights')}/routines/${name}`)
  const { access } = await set(place, 'GET', dataset('caec_analytics'))
  await set(place, 'PATCH', dataset('caec_analytics'), {
    access: access.filter((entry: { routine?: unknown }) => entry.routine === undefined),
  })
  for (const name of ['changed', 'gone'])
    await query(
      place,
      `CREATE FUNCTION caec_insights.${name}() AS (1) OPTIONS (description = '[clickstream-owner=functions]')`,
    )
  await rm(join(place.job.workspace, 'functions'), { recursive: true, force: true })
  await write(place.job, {
    'functions/caec_insights/made.sql':
      'CREATE FUNCTION caec_insights.made() AS ((SELECT MAX(day) FROM caec_analytics.visits))',
    'functions/caec_insights/changed.sql': 'CREATE FUNCTION caec_insights.changed() AS (2)',
  })
}
const publish =
  (inputs: Record<string, string>) =>
  ({ job }: Place, env: Record<string, string>) =>
    runBundle('publish-views', {
      job,
      env,
      with: {
        source: 'views',
        location: 'us-central1',
        owner: 'permissions',
        adopt: 'true',
        prune: 'true',
        ...inputs,
      },
    })

async function tables(place: Place): Promise<void> {
  for (const table of ['ddl_new', 'ddl_old'])
    await set(place, 'DELETE', `${dataset('caec_raw')}/tables/${table}`)
  await query(
    place,
    "CREATE TABLE caec_raw.ddl_old (n INT64) OPTIONS (labels = [('clickstream-owner', 'permissions')])",
  )
  await write(place.job, {
    'ddl/caec_raw/ddl_new.sql': 'CREATE TABLE caec_raw.ddl_new (n INT64);\n',
    'ddl/caec_raw/ddl_old.sql': 'CREATE TABLE caec_raw.ddl_old (n INT64, word STRING);\n',
  })
}
async function schemas(place: Place): Promise<void> {
  await set(place, 'DELETE', `${dataset('ddl_made')}?deleteContents=true`)
  await set(place, 'PATCH', dataset('caec_raw'), {
    labels: { 'clickstream-owner': 'permissions' },
    description: 'Another',
  })
  await write(place.job, {
    'schemas/ddl_made.sql': "CREATE SCHEMA ddl_made OPTIONS (location = 'us-central1');\n",
    'schemas/caec_raw.sql': "CREATE SCHEMA caec_raw OPTIONS (description = 'As it came');\n",
  })
}
const applyDdl =
  (inputs: Record<string, string>) =>
  ({ job }: Place, env: Record<string, string>) =>
    runBundle('apply-ddl', {
      job,
      env,
      with: { source: 'ddl', location: 'us-central1', owner: 'permissions', ...inputs },
    })

// run-dbt: a table, an incremental model that replaces partitions, a view, a test, and a load from the lake.
async function dbtProject(place: Place): Promise<void> {
  await query(place, 'CREATE TABLE IF NOT EXISTS caec_raw.dbt_source (day DATE, n INT64)')
  await query(place, 'CREATE TABLE IF NOT EXISTS caec_raw.dbt_loaded (day DATE, n INT64)')
  await set(
    place,
    'POST',
    '/upload/storage/v1/b/caec-local-lake/o?uploadType=media&name=sessionized/load.csv',
    '2022-07-01,1\n',
    true,
  )
  for (const table of ['a_table', 'a_view', 'an_increment'])
    await set(place, 'DELETE', `${dataset('caec_analytics')}/tables/${table}`)
  await query(place, "CREATE TABLE caec_analytics.a_table AS SELECT DATE '2022-07-01' AS day, 1 AS n")
  await query(
    place,
    "CREATE TABLE caec_analytics.an_increment PARTITION BY day AS SELECT DATE '2022-07-01' AS day, 1 AS n",
  )
  await write(place.job, {
    'dbt/dbt_project.yml':
      "name: tiny\nversion: 1.0.0\nconfig-version: 2\nprofile: tiny\non-run-start: \"LOAD DATA INTO caec_raw.dbt_loaded (day DATE, n INT64) FROM FILES (format = 'CSV', uris = ['gs://caec-local-lake/sessionized/*.csv'])\"\n",
    'dbt/models/a_table.sql':
      '{{ config(materialized="table") }}\nselect day, n from `caec-local`.caec_raw.dbt_source\n',
    'dbt/models/a_view.sql': '{{ config(materialized="view") }}\nselect n from {{ ref("a_table") }}\n',
    'dbt/models/an_increment.sql':
      '{{ config(materialized="incremental", incremental_strategy="insert_overwrite", partition_by={"field": "day", "data_type": "date"}) }}\nselect day, n from {{ ref("a_table") }}\n',
    'dbt/models/a.yml':
      'models:\n  - name: a_table\n    columns:\n      - name: n\n        data_tests: [not_null]\n',
  })
}
const dbt =
  (inputs: Record<string, string>) =>
  async ({ job }: Place, env: Record<string, string>) => {
    const { python } = await ensureDbt(() => undefined)
    return runBundle('run-dbt', {
      job,
      env: { ...env, PATH: `${dirname(python)}${delimiter}${process.env.PATH}` },
      with: {
        commands: 'build',
        'project-dir': 'dbt',
        'project-id': 'caec-local',
        dataset: 'caec_analytics',
        location: 'us-central1',
        ...inputs,
      },
    })
  }

const signIn =
  (inputs: Record<string, string>) =>
  async ({ cloud, job }: Place, _env: Record<string, string>, variant: string) =>
    runBundle('auth', {
      job,
      env: { ...overridesFor(cloud.origin), ...(await oidcVariables(cloud)) },
      with: {
        'workload-identity-provider': providerName,
        'service-account': cloud.cloud.environment.serviceAccounts[variant]!,
        ...inputs,
      },
    })

/** Whether the run says that it was refused: a failed step, or the warning of a post step. */
export const refusalsIn = ({ isPost }: Scenario, result: RunResult): string[] =>
  result.annotations
    .filter(({ kind }) => kind === (isPost ? 'warning' : 'error'))
    .map(({ message }) => message)
    .filter((message) => !message.includes('CLOUDSDK_API_ENDPOINT_OVERRIDES'))

const every: readonly Scenario[] = [
  { action: 'apply-ddl', mode: 'dry-run', prepare: tables, run: applyDdl({ 'dry-run': 'true' }) },
  { action: 'apply-ddl', mode: 'apply', prepare: tables, run: applyDdl({}) },
  {
    action: 'apply-ddl',
    mode: 'apply with CREATE SCHEMA',
    prepare: schemas,
    run: applyDdl({ source: 'schemas' }),
  },
  { action: 'auth', mode: 'token-format: access_token', run: signIn({ 'token-format': 'access_token' }) },
  {
    action: 'auth',
    mode: 'token-format: id_token',
    run: signIn({ 'token-format': 'id_token', 'id-token-audience': 'https://airflow.example' }),
  },
  { action: 'deploy-dags', mode: 'dry-run', prepare: dagFolder, run: deploy({ 'dry-run': 'true' }) },
  { action: 'deploy-dags', mode: 'apply', prepare: dagFolder, run: deploy({ 'check-imports': 'false' }) },
  {
    action: 'deploy-dags',
    mode: 'apply with check-imports',
    isSlow: true,
    prepare: dagFolder,
    run: deploy({}),
  },
  { action: 'publish-views', mode: 'dry-run', prepare: views, run: publish({ 'dry-run': 'true' }) },
  { action: 'publish-views', mode: 'apply', prepare: views, run: publish({}) },
  {
    action: 'publish-views',
    mode: 'apply with functions',
    prepare: functions,
    run: publish({ source: 'functions', owner: 'functions' }),
  },
  { action: 'run-dbt', mode: 'dry-run', isSlow: true, prepare: dbtProject, run: dbt({ 'dry-run': 'true' }) },
  { action: 'run-dbt', mode: 'apply', isSlow: true, prepare: dbtProject, run: dbt({}) },
  { action: 'submit-spark', mode: 'dry-run', prepare: sparkJob, run: submit({ 'dry-run': 'true' }) },
  { action: 'submit-spark', mode: 'stage-only', prepare: sparkJob, run: submit({ 'stage-only': 'true' }) },
  { action: 'submit-spark', mode: 'apply', prepare: sparkJob, run: submit({}) },
  {
    action: 'submit-spark',
    mode: 'cancel',
    isSlow: true,
    isPost: true,
    prepare: longBatch,
    run: ({ job }, env) =>
      runBundle('submit-spark', {
        job,
        env,
        entry: 'post',
        state: {
          projectId: 'caec-local',
          region: 'us-central1',
          batchId: long.id,
          requestId: long.proof,
        },
        with: { main: 'jobs/hello.py', region: 'us-central1' },
      }),
  },
]
/** Of the actions that this checkout has. */
export const hasAction = ({ action }: { readonly action: string }): boolean =>
  existsSync(join(repoRoot, 'actions', action, 'action.yml'))
export const scenarios = every.filter(hasAction)
