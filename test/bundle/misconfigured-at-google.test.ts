/**
 * What is wrong on Google's side and not in an input (a bucket that is not there, a right, an API that is off), seen
 * by somebody who reads the message alone: it names the thing and says what to do.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { runBundle } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'
import { errorOf, isCreate, openSparkJob, STAGING, type Fault, type SparkJob } from './submit-spark-jobs.ts'

let cloud: BigQueryCloud
let spark: SparkJob
let tester: SignedInJob
beforeAll(async () => {
  cloud = await openBigQuery({ services: ['storage', 'dataproc', 'bigquery'] })
  spark = await openSparkJob(cloud)
  tester = await signIn(cloud, 'ci-test')
  await spark.write({ 'job.py': 'print(1)\n' })
})
afterAll(() => Promise.all([spark?.close(), tester?.close(), cloud?.close()]))

const off = (reply: Parameters<Fault>[1], service: string): true => {
  const message = `${service} API has not been used in project 100000000001 before or it is disabled. Enable it by visiting https://console.developers.google.com/apis/api/${service} then retry.`
  const error = {
    code: 403,
    message,
    status: 'PERMISSION_DENIED',
    details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SERVICE_DISABLED' }],
  }
  reply.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
  return true
}

it.each<[string, Record<string, string>, RegExp]>([
  [
    'a bucket that is not there',
    { 'staging-bucket': 'caec-nobody-has-this' },
    /caec-nobody-has-this[\s\S]*(does not exist|404)[\s\S]*Check the name/,
  ],
  [
    'an account it may not act as',
    { main: 'gs://b0b/job.py', 'service-account': 'caec-dbt@caec-local.iam.gserviceaccount.com' },
    /iam\.serviceAccounts\.actAs[\s\S]*Grant roles\/iam\.serviceAccountUser on the workload's service account/,
  ],
  ['a main file that is not there', { main: `gs://${STAGING}/no/such.py` }, /such\.py/],
])(
  'submit-spark with %s',
  async (_, inputs, wanted) => {
    const result = await spark.submit({ main: 'job.py', ...inputs })
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringMatching(wanted)])
  },
  120_000,
)

it('submit-spark where the API is off', async () => {
  const result = await spark.through(
    (request, reply) => (isCreate(request) ? off(reply, 'dataproc.googleapis.com') : false),
    (env) => spark.submit({ main: 'job.py', args: 'off' }, { env }),
  )
  expect([result.exitCode, errorOf(result)]).toEqual([
    1,
    expect.stringMatching(
      /dataproc\.googleapis\.com API has not been used[\s\S]*Enable the API in the project/,
    ),
  ])
}, 120_000)

it('submit-spark by a job that may not stage', async () => {
  const result = await spark.submit({ main: 'job.py', args: 'unheard' }, { env: tester.env })
  expect([result.exitCode, errorOf(result)]).toEqual([
    1,
    expect.stringMatching(/storage\.objects\.\w+[\s\S]*Grant the permission named above/),
  ])
}, 120_000)

const dbt = (inputs: Record<string, string>, env: Record<string, string> = {}) =>
  runBundle('run-dbt', {
    job: spark,
    env: { ...tester.env, GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge', ...env },
    with: { dataset: 'd', location: 'us-central1', cleanup: 'true', ...inputs },
  })

it.each<[string, Record<string, string>, RegExp]>([
  [
    'a project that is not there',
    { 'project-id': 'nobody-has-this-project' },
    /nobody-has-this-project[\s\S]*(Check the name|Grant the permission)/,
  ],
  [
    'an account it may not become',
    { 'impersonate-service-account': 'caec-spark@caec-local.iam.gserviceaccount.com' },
    /iamcredentials\.generateAccessToken on caec-spark@\S+: 403[\s\S]*roles\/iam\.serviceAccountTokenCreator/,
  ],
])(
  'run-dbt with %s',
  async (_, inputs, wanted) => {
    const result = await dbt(inputs)
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringMatching(wanted)])
  },
  120_000,
)

it('run-dbt where the API is off', async () => {
  const result = await spark.through(
    (_, reply) => off(reply, 'bigquery.googleapis.com'),
    ({ CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: origin }) =>
      dbt({}, { CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: origin! }),
  )
  expect([result.exitCode, errorOf(result)]).toEqual([
    1,
    expect.stringMatching(
      /bigquery\.googleapis\.com API has not been used[\s\S]*Enable the API in the project/,
    ),
  ])
}, 120_000)
