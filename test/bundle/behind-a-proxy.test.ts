/**
 * The bundles as they run where nothing leaves a network but through a proxy: without any override, under the true
 * names of Google and GitHub. Without a proxy nothing of its client is loaded.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startIssuesApi, type IssuesApi } from '../../local/github/issues-api.ts'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { openConnectProxy, type ConnectProxy } from '../support/connect-proxy.ts'
import { covering, isLoaded } from '../support/loaded.ts'
import { errorsOf, openJob, runBundle, type Job } from '../support/runner.ts'
import { oidcVariables, overridesFor } from '../support/signed-in-job.ts'
import { providerName } from '../support/workflow-run.ts'

let cloud: TestCloud
let github: IssuesApi
let proxy: ConnectProxy
let job: Job
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'composer'] })
  github = await startIssuesApi({ rightsOf: () => ({ login: 'bot', mayAskWho: true, mayWrite: true }) })
  job = await openJob()
  proxy = await openConnectProxy({
    'googleapis.com': cloud.origin,
    'actions.githubusercontent.com': cloud.origin,
    'api.github.com': github.url,
  })
})
afterAll(async () => {
  proxy.close()
  await Promise.all([job.close(), github.close(), cloud.close()])
})

const SIGN_IN = {
  'workload-identity-provider': providerName,
  'service-account': 'caec-ci-deploy@caec-local.iam.gserviceaccount.com',
}
const PLANS = {
  views: {
    ...{ schemaVersion: 1, action: 'publish-views', target: { project: 'p' }, owner: '', steps: [] },
    ...{ counts: {}, digest: 'ab'.repeat(32) },
  },
}
const comment = (env: Record<string, string>) =>
  runBundle('comment-plan', {
    job,
    env,
    with: { plans: JSON.stringify(PLANS), 'pull-request': '7', 'github-token': 'ghs-job' },
  })

it('a job signs in and deploys through tunnels alone', async () => {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: local = '', ...oidc } = await oidcVariables(cloud)
  const { pathname, search } = new URL(local)
  const asked = `https://run.actions.githubusercontent.com${pathname}${search}`
  const env = { ...proxy.env, ...oidc, ACTIONS_ID_TOKEN_REQUEST_URL: asked }
  const auth = await runBundle('auth', { job, env, with: SIGN_IN })
  expect([auth.exitCode, errorsOf(auth)]).toEqual([0, []])
  await mkdir(join(job.workspace, 'dags'))
  await writeFile(join(job.workspace, 'dags/daily.py'), 'X = 1\n')
  const deployed = await runBundle('deploy-dags', {
    job,
    env: { ...env, ...auth.exported },
    with: { environment: 'caec', location: 'us-central1', 'check-imports': 'false' },
  })
  expect([deployed.exitCode, errorsOf(deployed)]).toEqual([0, []])
  expect([...proxy.hosts].sort()).toEqual([
    'composer.googleapis.com',
    'iamcredentials.googleapis.com',
    'run.actions.githubusercontent.com',
    'storage.googleapis.com',
    'sts.googleapis.com',
  ])
})

it('the comment is written through a tunnel', async () => {
  const result = await comment({ ...proxy.env, GITHUB_API_URL: 'https://api.github.com' })
  expect([result.exitCode, errorsOf(result), result.outputs.comment]).toEqual([0, [], 'created'])
  expect([proxy.hosts.has('api.github.com'), github.comments().length]).toEqual([true, 1])
})

it('a host of NO_PROXY is asked without it', async () => {
  const { HTTPS_PROXY: HTTP_PROXY = '' } = proxy.env
  // It forwards nothing that is no tunnel: whatever came here would be refused.
  const env = {
    HTTP_PROXY,
    NO_PROXY: '127.0.0.1',
    ...overridesFor(cloud.origin),
    ...(await oidcVariables(cloud)),
  }
  const result = await runBundle('auth', { job, env, with: SIGN_IN })
  expect([result.exitCode, errorsOf(result)]).toEqual([0, []])
})

it.each([
  ['without a proxy', false],
  ['behind one', true],
])('comment-plan %s: the client of proxies is loaded: %s', async (_, isProxied) => {
  const coverage = await mkdtemp(join(tmpdir(), 'coverage '))
  const where = isProxied
    ? { ...proxy.env, GITHUB_API_URL: 'https://api.github.com' }
    : { GITHUB_API_URL: github.url }
  const result = await comment({ ...where, ...covering(coverage) })
  expect(result.exitCode).toBe(0)
  expect(await isLoaded('comment-plan', 'class ProxyAgent extends', coverage)).toBe(isProxied)
  await rm(coverage, { recursive: true })
})
