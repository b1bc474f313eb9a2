/** The auth bundle as a runner spawns it, against the local cloud's issuer, STS and IAM credentials. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { GoogleAuth } from 'google-auth-library'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { errorOf, type Job, openJob, runBundle } from '../support/runner.ts'
import { openProxy } from '../support/proxy.ts'
import { oidcVariables, overridesFor } from '../support/signed-in-job.ts'
import { providerName } from '../support/workflow-run.ts'

const deployer = 'caec-ci-deploy@caec-local.iam.gserviceaccount.com'
let cloud: TestCloud
let job: Job
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
  job = await openJob()
})
afterAll(() => Promise.all([cloud.close(), job.close()]))

async function signIn(
  inputs: Record<string, string> = {},
  options: { claims?: Record<string, unknown>; env?: Record<string, string> } = {},
) {
  const env = {
    ...overridesFor(cloud.origin),
    ...(await oidcVariables(cloud, options.claims)),
    ...options.env,
  }
  return {
    env,
    result: await runBundle('auth', {
      job,
      env,
      with: { 'workload-identity-provider': providerName, 'service-account': deployer, ...inputs },
    }),
  }
}

describe('auth', () => {
  it('leaves a credentials file, eight variables and outputs under both spellings', async () => {
    const { result } = await signIn()
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    const path = result.outputs['credentials-file-path']!
    expect(basename(path)).toMatch(/^gha-creds-[0-9a-f]{16}\.json$/)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(path.startsWith(job.temp)).toBe(true)
    expect(result.exported).toEqual({
      CLOUDSDK_CORE_PROJECT: 'caec-local',
      CLOUDSDK_PROJECT: 'caec-local',
      GCLOUD_PROJECT: 'caec-local',
      GCP_PROJECT: 'caec-local',
      GOOGLE_CLOUD_PROJECT: 'caec-local',
      CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE: path,
      GOOGLE_APPLICATION_CREDENTIALS: path,
      GOOGLE_GHA_CREDS_PATH: path,
    })
    expect(result.outputs).toMatchObject({
      'project-id': 'caec-local',
      project_id: 'caec-local',
      credentials_file_path: path,
      'access-token': '',
      access_token: '',
      auth_token: result.outputs['auth-token'],
    })
    expect(result.outputs['auth-token']).toMatch(/^ya29\./)
    expect(Date.parse(result.outputs['access-token-expiry']!)).toBeGreaterThan(Date.now())
    expect(result.summary).toContain(`<td>caec-ci-deploy&#64;caec-local.iam.gserviceaccount.com</td>`)
  })

  it("writes a file from which Google's own client obtains the service account's token", async () => {
    const { result } = await signIn()
    const client = await new GoogleAuth({
      keyFilename: result.outputs['credentials-file-path'],
      scopes: ['https://www.googleapis.com/auth/cloud-platform'],
    }).getClient()
    const { token } = await client.getAccessToken()
    expect(cloud.cloud.identity.authenticate(`Bearer ${token}`).email).toBe(deployer)
  })

  it('puts out an access token of the asked lifetime only when asked', async () => {
    const { result } = await signIn({ 'token-format': 'access_token', 'access-token-lifetime': '900' })
    expect(cloud.cloud.identity.authenticate(`Bearer ${result.outputs.access_token}`).email).toBe(deployer)
    const leftMs = Date.parse(result.outputs['access-token-expiry']!) - Date.now()
    expect(leftMs).toBeGreaterThan(600_000)
    expect(leftMs).toBeLessThanOrEqual(900_000)
  })

  it('masks every token before anything else can print it, and prints none', async () => {
    const { result, env } = await signIn({ 'token-format': 'access_token' })
    const unmasked =
      result.log
        .split('\n')
        .filter((line) => !line.startsWith('::add-mask::'))
        .join('\n') + result.summary
    const secrets = [
      env.ACTIONS_ID_TOKEN_REQUEST_TOKEN!,
      result.outputs['auth-token']!,
      result.outputs['access-token']!,
    ]
    for (const secret of secrets) {
      expect(result.masks).toContain(secret)
      expect(unmasked).not.toContain(secret)
    }
    expect(result.masks.some((mask) => mask.startsWith('eyJ'))).toBe(true)
    expect(unmasked).not.toMatch(/eyJ|ya29\./)
  })

  it('takes the project from project-id before that of the service account', async () => {
    expect((await signIn({ 'project-id': 'another-project' })).result.exported.GOOGLE_CLOUD_PROJECT).toBe(
      'another-project',
    )
  })

  it('federates directly without a service account', async () => {
    const { result } = await signIn({ 'service-account': '', 'project-id': 'caec-local' })
    expect(errorOf(result)).toBe('')
    expect(cloud.cloud.identity.authenticate(`Bearer ${result.outputs['auth-token']}`).member).toMatch(
      /^principal:\/\//,
    )
    expect(result.outputs.principal).toBe(
      `principalSet://iam.googleapis.com/${providerName.replace(/\/providers\/.*/, '')}/*`,
    )
    const file = JSON.parse(await readFile(result.outputs['credentials-file-path']!, 'utf8'))
    expect(file.service_account_impersonation_url).toBeUndefined()
  })

  it('leaves no file and no credentials variable when told so', async () => {
    const { result } = await signIn({ 'create-credentials-file': 'false' })
    expect(result.outputs['credentials-file-path']).toBe('')
    expect(Object.keys(result.exported).sort()).toEqual([
      'CLOUDSDK_CORE_PROJECT',
      'CLOUDSDK_PROJECT',
      'GCLOUD_PROJECT',
      'GCP_PROJECT',
      'GOOGLE_CLOUD_PROJECT',
    ])
  })

  it('removes its file at the end of the job, and only that', async () => {
    const { result } = await signIn()
    const path = result.outputs['credentials-file-path']!
    const post = await runBundle('auth', { job, entry: 'post', state: result.state })
    expect(post.exitCode).toBe(0)
    expect(await readdir(job.temp)).not.toContain(basename(path))
    const again = await runBundle('auth', { job, entry: 'post', state: result.state })
    expect([again.exitCode, again.annotations]).toEqual([0, []])
    const foreign = await runBundle('auth', {
      job,
      entry: 'post',
      state: { 'credentials-file-path': join(job.temp, 'precious.json') },
    })
    expect([foreign.exitCode, foreign.annotations[0]?.kind, foreign.annotations[0]?.message]).toEqual([
      0,
      'warning',
      expect.stringContaining('not a credentials file that this action wrote'),
    ])
  })
})

describe('auth refuses', () => {
  it('a job without OIDC, naming the permission', async () => {
    const result = await runBundle('auth', { job, with: { 'workload-identity-provider': providerName } })
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining('id-token: write')])
  })

  it('a job whose claims fail the condition, with those claims beside the refusal', async () => {
    const { result } = await signIn({}, { claims: { repository_id: '999' } })
    expect(result.exitCode).toBe(1)
    expect(errorOf(result)).toContain('rejected by the attribute condition')
    expect(errorOf(result)).toContain('repository_id=999')
    expect(errorOf(result)).toContain("The provider's attribute condition says no to this job")
    expect(result.exported).toEqual({})
    expect(result.outputs['credentials-file-path']).toBeUndefined()
  })

  it('an account the job may not act as, naming the missing role', async () => {
    const { result } = await signIn({ 'service-account': 'caec-spark@caec-local.iam.gserviceaccount.com' })
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringMatching(
        /403[\s\S]*iam\.serviceAccounts\.getAccessToken[\s\S]*roles\/iam\.workloadIdentityUser/,
      ),
    ])
  })

  it('a provider that is not there', async () => {
    const { result } = await signIn({
      'workload-identity-provider': providerName.replace('providers/actions', 'providers/other'),
    })
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining('invalid_target')])
  })

  it('an endpoint override to a host nobody allowed, before any token is made', async () => {
    const { result } = await signIn(
      {},
      { env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: 'https://sts.googleapis.com.evil.example/' } },
    )
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining('sts.googleapis.com.evil.example'),
    ])
    expect(result.masks.some((mask) => mask.startsWith('eyJ'))).toBe(false)
  })

  it.each([
    [
      'projects/my-project/locations/global/workloadIdentityPools/github/providers/actions',
      'number of the project',
    ],
    [`${providerName}/../../x`, 'workload-identity-provider'],
  ])('the provider %s', async (provider, words) => {
    const { result } = await signIn({ 'workload-identity-provider': provider })
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining(words)])
  })
})

describe('auth, when the network is unwell', () => {
  it('repeats the exchange after 503 and broken connections', async () => {
    let failures = 3
    let seen = 0
    const flaky = await openProxy(cloud.origin, (request, reply) => {
      seen += 1
      failures -= 1
      if (failures < 0) return false
      if (failures % 2 === 0) request.socket.destroy()
      else reply.writeHead(503).end()
      return true
    })
    const { result } = await signIn({}, { env: { CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: flaky.origin } })
    flaky.close()
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(seen).toBeGreaterThanOrEqual(4)
  })
})
