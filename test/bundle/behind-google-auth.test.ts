/**
 * Every other action behind google-github-actions/auth as it is: its credentials file in the workspace and
 * its eight variables, nothing of our auth action.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { ensureDbt } from '../../local/toolchain/index.ts'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { errorOf, type Job, openJob, runBundle } from '../support/runner.ts'
import { overridesFor } from '../support/signed-in-job.ts'
import { providerName, registerRun } from '../support/workflow-run.ts'

const PROJECT = 'caec-local'
let cloud: TestCloud
let job: Job
let python: string
beforeAll(async () => {
  python = (await ensureDbt(() => undefined)).python
  cloud = await startTestCloud({ services: ['storage', 'bigquery', 'dataproc', 'composer'] })
  job = await openJob()
}, 600_000)
afterAll(() => Promise.all([job.close(), cloud.close()]))

/**
 * What that action leaves to later steps (its src/client/workload_identity_federation.ts and src/main.ts);
 * the job itself may also be without OIDC variables by then.
 */
async function googleAuth(account: string): Promise<Record<string, string>> {
  for (const name of await readdir(job.workspace))
    if (name.startsWith('gha-creds-')) await rm(join(job.workspace, name))
  const run = await registerRun(cloud)
  const url = new URL(run.requestUrl)
  url.searchParams.set('audience', `https://iam.googleapis.com/${providerName}`)
  const file = join(job.workspace, `gha-creds-${randomBytes(8).toString('hex')}.json`)
  await writeFile(
    file,
    JSON.stringify({
      universe_domain: 'googleapis.com',
      type: 'external_account',
      audience: `//iam.googleapis.com/${providerName}`,
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `${cloud.origin}/v1/token`,
      credential_source: {
        url,
        headers: { Authorization: `Bearer ${run.requestToken}` },
        format: { type: 'json', subject_token_field_name: 'value' },
      },
      service_account_impersonation_url: `${cloud.origin}/v1/projects/-/serviceAccounts/caec-${account}@${PROJECT}.iam.gserviceaccount.com:generateAccessToken`,
    }),
    { mode: 0o640 },
  )
  return {
    ...overridesFor(cloud.origin),
    ...Object.fromEntries(
      [
        'CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE',
        'GOOGLE_APPLICATION_CREDENTIALS',
        'GOOGLE_GHA_CREDS_PATH',
      ].map((name) => [name, file]),
    ),
    ...Object.fromEntries(
      [
        'CLOUDSDK_CORE_PROJECT',
        'CLOUDSDK_PROJECT',
        'GCLOUD_PROJECT',
        'GCP_PROJECT',
        'GOOGLE_CLOUD_PROJECT',
      ].map((name) => [name, PROJECT]),
    ),
  }
}
async function write(files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, name)), { recursive: true })
    await writeFile(join(job.workspace, name), text)
  }
}

it("deploy-dags deploys the whole workspace without that action's credentials file", async () => {
  await write({ 'daily.py': 'X = 1\n' })
  const result = await runBundle('deploy-dags', {
    job,
    env: await googleAuth('ci-deploy'),
    with: { environment: 'caec', location: 'us-central1', source: '.', 'check-imports': 'false' },
  })
  expect([result.exitCode, errorOf(result), result.outputs.uploaded]).toEqual([0, '', '1'])
  const listed = (await (await cloud.fetchAs('data-eng', '/storage/v1/b/caec-local-dags/o')).json()) as {
    items: { name: string }[]
  }
  expect(listed.items.map(({ name }) => name)).toEqual([
    expect.stringMatching(/^clickstream-deployments\/octo%2Fclicks\/dags\/records\/[\w-]+\.json$/),
    'dags/daily.py',
  ])
})

it('submit-spark runs a batch', async () => {
  await write({ 'jobs/hello.py': 'print("hello")\n' })
  const result = await runBundle('submit-spark', {
    job,
    env: await googleAuth('ci-deploy'),
    with: {
      main: 'jobs/hello.py',
      region: 'us-central1',
      'service-account': `caec-spark@${PROJECT}.iam.gserviceaccount.com`,
      'staging-bucket': `${PROJECT}-staging`,
    },
  })
  expect([result.exitCode, errorOf(result), result.outputs.state]).toEqual([0, '', 'SUCCEEDED'])
}, 120_000)

it('run-dbt builds a model', async () => {
  await write({
    'dbt/dbt_project.yml': 'name: tiny\nversion: 1.0.0\nconfig-version: 2\nprofile: tiny\n',
    'dbt/models/one.sql': 'select 1 as a\n',
  })
  const result = await runBundle('run-dbt', {
    // Google's Python library would ask the real iamcredentials.googleapis.com whatever the endpoint is.
    job,
    env: {
      ...(await googleAuth('dbt')),
      GOOGLE_AUTH_TRUST_BOUNDARY_ENABLED: 'false',
      PATH: `${dirname(python)}${delimiter}${process.env.PATH}`,
    },
    with: { commands: 'run', dataset: 'caec_analytics', location: 'us-central1' },
  })
  expect([result.exitCode, errorOf(result), result.outputs['nodes-passed']]).toEqual([0, '', '1'])
}, 120_000)

it('publish-views publishes a view', async () => {
  await write({ 'bigquery/views/caec_insights/one.sql': 'SELECT a FROM caec_analytics.one' })
  const result = await runBundle('publish-views', {
    job,
    env: await googleAuth('ci-deploy'),
    with: { location: 'us-central1' },
  })
  expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
  expect(result.outputs).toMatchObject({ created: '1', authorized: '1' })
})
