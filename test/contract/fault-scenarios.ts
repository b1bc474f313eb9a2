/**
 * Of every action one small piece of work on the local cloud: how it begins, which request does the work, and
 * what is true afterwards. It refuses to know which faults there are.
 */
import type { IncomingMessage } from 'node:http'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { startIssuesApi, type IssuesApi } from '../../local/github/issues-api.ts'
import { BATCHES, WORKLOAD, type ShownBatch } from '../support/spark-batches.ts'
import { runBundle, type RunOptions, type RunResult } from '../support/runner.ts'
import { oidcVariables, overridesFor, signIn, type SignedInJob } from '../support/signed-in-job.ts'
import { providerName } from '../support/workflow-run.ts'

export interface Scenario {
  /** Where its API is asked, when nothing is wrong. */
  readonly origin: string
  /** The work is undone: the next run has everything to do. */
  prepare(): Promise<void>
  /** Every API of the action answers at `origin`. */
  run(origin: string, more?: Partial<RunOptions>): Promise<RunResult>
  isWork(request: IncomingMessage): boolean
  /** What the work left, without what differs from run to run. */
  truth(): Promise<unknown>
  /** What it puts out when it stops on the way. */
  readonly puts: readonly string[]
}
export interface World {
  readonly scenarios: Readonly<Record<ScenarioName, Scenario>>
  close(): Promise<void>
}
export const scenarioNames = [
  'auth',
  'deploy-dags',
  'publish-views',
  'apply-ddl',
  'submit-spark',
  'submit-spark stage-only',
  'run-dbt',
  'comment-plan',
] as const
export const actionOf = (name: ScenarioName): string => name.split(' ')[0]!
export type ScenarioName = (typeof scenarioNames)[number]

/** Of every action that plans. */
const PLAN = ['plan', 'plan-digest']
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
  const [job, tester, github] = await Promise.all([
    signIn(cloud),
    signIn(cloud, 'ci-test'),
    startIssuesApi({ rightsOf: () => ({ login: BOT, mayAskWho: false, mayWrite: true }) }),
  ])
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
        with: { ...inputs, ...more.with },
      })
  const { origin } = cloud
  const spark = { main: 'jobs/note.py', region: 'us-central1', 'staging-bucket': STAGING }
  return {
    close: async () => {
      await Promise.all([job.close(), tester.close(), github.close(), cloud.close()])
    },
    scenarios: {
      auth: authScenario(cloud, job),
      'deploy-dags': {
        origin,
        puts: PLAN,
        prepare: () => empty(cloud, BUCKET, ''),
        run: act('deploy-dags', { environment: 'caec', location: 'us-central1', 'check-imports': 'false' }),
        isWork: ({ method, url }) => method === 'POST' && /^\/upload\/.*name=dags%2F/.test(url ?? ''),
        // Records tell times.
        truth: () => contents(cloud, BUCKET, 'dags/'),
      },
      'publish-views': {
        origin,
        puts: PLAN,
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
        origin,
        puts: PLAN,
        prepare: async () => {
          await cloud.api('data-eng', 'DELETE', '/datasets/caec_raw/tables/orders')
        },
        run: act('apply-ddl', { source: 'ddl', location: 'us-central1' }),
        isWork: ({ method, url }) => method === 'POST' && /\/(jobs|queries)(\?|$)/.test(url ?? ''),
        truth: async () =>
          (await cloud.api('data-eng', 'GET', '/datasets/caec_raw/tables/orders')).body?.schema,
      },
      'submit-spark': sparkScenario(cloud, (origin, more, id) =>
        act('submit-spark', {
          ...{ ...spark, 'service-account': WORKLOAD, wait: 'false', labels: `run=${id}` },
          // By itself it bears an outage of ten.
          'poll-tolerance-minutes': '1',
        })(origin, more),
      ),
      'run-dbt': {
        origin,
        puts: PLAN,
        prepare: async () => {
          await cloud.api('ci-test', 'POST', '/datasets', {
            datasetReference: { projectId: cloud.project, datasetId: CLOSED },
            location: 'us-central1',
            labels: { 'managed-by': 'run-dbt', repository: '123456', 'pull-request': '7' },
          })
        },
        // A pull request was closed: what its runs made goes, by requests of the action's own.
        run: (at, more = {}) =>
          runBundle('run-dbt', {
            job: tester,
            ...more,
            env: { ...tester.env, ...overrides(at, tester), ...OF_PULL_REQUEST, ...more.env },
            with: {
              ...{ dataset: 'caec_analytics', location: 'us-central1', cleanup: 'true', commands: '' },
              ...more.with,
            },
          }),
        isWork: ({ method, url }) => method === 'DELETE' && (url ?? '').includes(`/datasets/${CLOSED}`),
        truth: async () => (await cloud.api('ci-test', 'GET', `/datasets/${CLOSED}`)).status,
      },
      'comment-plan': commentScenario(github, job),
      'submit-spark stage-only': {
        origin,
        puts: [...PLAN, 'main-uri'],
        prepare: () => empty(cloud, STAGING, 'submit-spark/'),
        run: act('submit-spark', { ...spark, 'stage-only': 'true' }),
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

const BOT = 'github-actions[bot]'
const CLOSED = 'caec_analytics_pr_7'
const OF_PULL_REQUEST = {
  GITHUB_REPOSITORY_ID: '123456',
  GITHUB_EVENT_NAME: 'pull_request',
  GITHUB_REF: 'refs/pull/7/merge',
}

/** A batch that nobody waits for; each round's has labels of its own, and is another. */
function sparkScenario(
  cloud: BigQueryCloud,
  run: (origin: string, more: Partial<RunOptions>, id: string) => Promise<RunResult>,
): Scenario {
  let round = 0
  return {
    origin: cloud.origin,
    puts: [...PLAN, 'batch-id'],
    prepare: () => {
      round += 1
      // A round that finds its files staged would ask less often than the one before.
      return empty(cloud, STAGING, 'submit-spark/')
    },
    run: (origin, more = {}) => run(origin, more, `r${round}`),
    isWork: ({ method, url }) => method === 'POST' && (url ?? '').startsWith(`${BATCHES}?`),
    truth: async () => {
      const reply = await cloud.fetchAs('ops', `${BATCHES}?pageSize=1000`)
      const { batches = [] } = (await reply.json()) as {
        batches?: (ShownBatch & { labels?: Record<string, string> })[]
      }
      return batches.filter(({ labels }) => labels?.run === `r${round}`).length
    },
  }
}

/** Its API is GitHub's: none of Google's is asked. */
function commentScenario(github: IssuesApi, job: SignedInJob): Scenario {
  const plan = {
    ...{ schemaVersion: 1, action: 'publish-views', target: { project: 'p' }, owner: 'octo/clicks' },
    steps: [{ kind: 'create', target: 'shop.a', reason: 'new', state: 'planned' }],
    counts: { create: 1 },
    digest: 'ab'.repeat(32),
  }
  return {
    origin: github.url,
    puts: ['comment', 'digests'],
    prepare: async () => {
      for (const { id } of github.comments())
        await fetch(`${github.url}/repos/octo/clicks/issues/comments/${id}`, {
          method: 'DELETE',
          headers: { authorization: 'token ghs-job' },
        })
    },
    run: (origin, more = {}) =>
      runBundle('comment-plan', {
        job,
        ...more,
        env: { GITHUB_API_URL: origin, ...more.env },
        with: {
          plans: JSON.stringify({ views: plan }),
          environment: 'dev',
          'pull-request': '7',
          'github-token': 'ghs-job',
        },
      }),
    isWork: ({ method, url }) => method === 'POST' && (url ?? '').endsWith('/issues/7/comments'),
    truth: () => Promise.resolve(github.comments().map(({ body }) => body)),
  }
}

function authScenario(cloud: BigQueryCloud, job: SignedInJob): Scenario {
  let last: RunResult | undefined
  return {
    origin: cloud.origin,
    puts: [],
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
