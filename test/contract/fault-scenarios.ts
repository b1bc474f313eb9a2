/**
 * Of every action one small piece of work on the local cloud: how it begins, which request does the work, and
 * what is true afterwards. It refuses to know which faults there are.
 */
import type { IncomingMessage } from 'node:http'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { runBundle, type RunOptions, type RunResult } from '../support/runner.ts'
import { oidcVariables, overridesFor, signIn, type SignedInJob } from '../support/signed-in-job.ts'
import { providerName } from '../support/workflow-run.ts'

export interface Scenario {
  /** The work is undone: the next run has everything to do. */
  prepare(): Promise<void>
  /** Every API of the action answers at `origin`. */
  run(origin: string, more?: Partial<RunOptions>): Promise<RunResult>
  isWork(request: IncomingMessage): boolean
  /** What the work left, without what differs from run to run. */
  truth(): Promise<unknown>
}
export interface World {
  readonly origin: string
  readonly scenarios: Readonly<Record<ScenarioName, Scenario>>
  close(): Promise<void>
}
export const scenarioNames = ['auth', 'deploy-dags', 'publish-views', 'apply-ddl', 'submit-spark'] as const
export type ScenarioName = (typeof scenarioNames)[number]

const BUCKET = 'caec-local-dags'
const STAGING = 'caec-local-staging'
const FILES: Readonly<Record<string, string>> = {
  'dags/daily.py': "from airflow.sdk import DAG\nwith DAG('daily'):\n    pass\n",
  'dags/lib/steps.py': 'X = 1\n',
  'views/caec_insights/visits.sql': 'SELECT day FROM caec_analytics.visits',
  'ddl/caec_raw/orders.sql': 'CREATE TABLE caec_raw.orders (day DATE, id INT64)',
  'jobs/note.py': 'print("noted")\n',
}

export async function openWorld(): Promise<World> {
  const cloud = await openBigQuery({ services: ['storage', 'composer', 'bigquery', 'dataproc'] })
  const job = await signIn(cloud)
  for (const [name, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(job.workspace, name)), { recursive: true })
    await writeFile(join(job.workspace, name), text)
  }
  await cloud.api('data-eng', 'POST', '/datasets/caec_analytics/tables', {
    tableReference: { projectId: cloud.project, datasetId: 'caec_analytics', tableId: 'visits' },
    schema: { fields: [{ name: 'day', type: 'DATE' }] },
  })
  const access = (
    (await cloud.api('data-eng', 'GET', '/datasets/caec_analytics')).body as { access: unknown }
  ).access
  const act =
    (action: string, inputs: Record<string, string>) =>
    (origin: string, more: Partial<RunOptions> = {}): Promise<RunResult> =>
      runBundle(action, {
        job,
        ...more,
        env: { ...job.env, ...overrides(origin, job), ...more.env },
        with: inputs,
      })
  return {
    origin: cloud.origin,
    close: async () => {
      await Promise.all([job.close(), cloud.close()])
    },
    scenarios: {
      auth: authScenario(cloud, job),
      'deploy-dags': {
        prepare: () => empty(cloud, BUCKET, ''),
        run: act('deploy-dags', { environment: 'caec', location: 'us-central1', 'check-imports': 'false' }),
        isWork: ({ method, url }) => method === 'POST' && /^\/upload\/.*name=dags%2F/.test(url ?? ''),
        // Records tell times.
        truth: () => contents(cloud, BUCKET, 'dags/'),
      },
      'publish-views': {
        prepare: async () => {
          await cloud.api('data-eng', 'DELETE', '/datasets/caec_insights/tables/visits')
          await cloud.api('data-eng', 'PATCH', '/datasets/caec_analytics', { access })
        },
        run: act('publish-views', { source: 'views', location: 'us-central1' }),
        isWork: ({ method, url }) => method === 'POST' && /\/datasets\/caec_insights\/tables/.test(url ?? ''),
        truth: async () => {
          const view = (await cloud.api('data-eng', 'GET', '/datasets/caec_insights/tables/visits')).body
          const { body } = await cloud.api('data-eng', 'GET', '/datasets/caec_analytics')
          return [view?.view?.query, body.access]
        },
      },
      'apply-ddl': {
        prepare: async () => {
          await cloud.api('data-eng', 'DELETE', '/datasets/caec_raw/tables/orders')
        },
        run: act('apply-ddl', { source: 'ddl', location: 'us-central1' }),
        isWork: ({ method, url }) => method === 'POST' && /\/(jobs|queries)(\?|$)/.test(url ?? ''),
        truth: async () =>
          (await cloud.api('data-eng', 'GET', '/datasets/caec_raw/tables/orders')).body?.schema,
      },
      'submit-spark': {
        prepare: () => empty(cloud, STAGING, 'submit-spark/'),
        run: act('submit-spark', {
          main: 'jobs/note.py',
          region: 'us-central1',
          'staging-bucket': STAGING,
          'stage-only': 'true',
        }),
        isWork: ({ method, url }) => method === 'POST' && (url ?? '').startsWith('/upload/'),
        truth: () => contents(cloud, STAGING, 'submit-spark/'),
      },
    },
  }
}

/** The token services stay where the credentials file says: what is tested are the APIs of the work. */
function overrides(origin: string, job: SignedInJob): Record<string, string> {
  const { CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: sts, CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: iam } =
    job.env
  return {
    ...overridesFor(origin),
    CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: sts ?? '',
    CLOUDSDK_API_ENDPOINT_OVERRIDES_IAMCREDENTIALS: iam ?? '',
  }
}

function authScenario(cloud: BigQueryCloud, job: SignedInJob): Scenario {
  let last: RunResult | undefined
  return {
    prepare: () => {
      last = undefined
      return Promise.resolve()
    },
    run: async (origin, more = {}) => {
      last = await runBundle('auth', {
        job,
        ...more,
        env: { ...overridesFor(origin), ...(await oidcVariables(cloud)), ...more.env },
        with: {
          'workload-identity-provider': providerName,
          'service-account': 'caec-ci-deploy@caec-local.iam.gserviceaccount.com',
        },
      })
      return last
    },
    isWork: ({ url }) => (url ?? '').includes(':generateAccessToken'),
    truth: () => Promise.resolve(Object.keys(last?.exported ?? {}).sort()),
  }
}

interface Stored {
  readonly name: string
  readonly crc32c: string
  readonly metageneration: string
}
async function objects(cloud: BigQueryCloud, bucket: string, prefix: string): Promise<Stored[]> {
  const reply = await cloud.fetchAs(
    'data-eng',
    `/storage/v1/b/${bucket}/o?prefix=${encodeURIComponent(prefix)}`,
  )
  return ((await reply.json()) as { items?: Stored[] }).items ?? []
}
const contents = async (cloud: BigQueryCloud, bucket: string, prefix: string): Promise<unknown> =>
  (await objects(cloud, bucket, prefix)).map(({ name, crc32c, metageneration }) => [
    name,
    crc32c,
    metageneration,
  ])
async function empty(cloud: BigQueryCloud, bucket: string, prefix: string): Promise<void> {
  for (const { name } of await objects(cloud, bucket, prefix))
    await cloud.fetchAs('data-eng', `/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`, {
      method: 'DELETE',
    })
}
