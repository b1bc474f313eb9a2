/** Who may become which service account, and Google's own client running the whole chain unmodified. */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { readFile, stat } from 'node:fs/promises'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { GoogleAuth } from 'google-auth-library'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'
import { federatedToken, impersonate, providerName, registerRun } from '../../support/workflow-run.ts'

let cloud: TestCloud
let account: (name: string) => string
let nowMs = Date.now()
beforeAll(async () => {
  cloud = await startTestCloud({ services: [], now: () => nowMs })
  account = (name) => cloud.cloud.environment.serviceAccounts[name]!
})
afterAll(() => cloud.close())
const locations = (token: string) =>
  fetch(`${cloud.origin}/v1/projects/-/serviceAccounts/x/allowedLocations`, {
    headers: { authorization: `Bearer ${token}` },
  })

describe('generateAccessToken', () => {
  it('lets the trusted repository in its environment become ci-deploy and dbt', async () => {
    const token = await federatedToken(cloud, await registerRun(cloud))
    for (const name of ['ci-deploy', 'dbt', 'ci-plan']) {
      const reply = await impersonate(cloud, token, account(name))
      expect(reply.status).toBe(200)
      const { accessToken, expireTime } = (await reply.json()) as { accessToken: string; expireTime: string }
      expect(expireTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
      expect(cloud.cloud.identity.authenticate(`Bearer ${accessToken}`)).toMatchObject({
        member: `serviceAccount:${account(name)}`,
        email: account(name),
        memberSets: [],
      })
    }
  })
  it.each([
    ['another environment', { environment: 'prod' }],
    ['no environment', { environment: undefined }],
  ])('denies ci-deploy to %s, and still allows ci-plan', async (_name, claims) => {
    const token = await federatedToken(cloud, await registerRun(cloud, claims))
    const denied = await impersonate(cloud, token, account('ci-deploy'))
    expect(denied.status).toBe(403)
    expect(await denied.json()).toEqual({
      error: {
        code: 403,
        status: 'PERMISSION_DENIED',
        message: "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
        details: [
          {
            '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
            reason: 'IAM_PERMISSION_DENIED',
            domain: 'iam.googleapis.com',
            metadata: { permission: 'iam.serviceAccounts.getAccessToken' },
          },
        ],
      },
    })
    expect((await impersonate(cloud, token, account('ci-plan'))).status).toBe(200)
  })
  it.each(['pull_request', 'workflow_dispatch'])(
    'lets a %s run of the repository become ci-test, whatever its environment',
    async (event) => {
      for (const environment of ['dev', undefined]) {
        const token = await federatedToken(
          cloud,
          await registerRun(cloud, { event_name: event, environment }),
        )
        expect((await impersonate(cloud, token, account('ci-test'))).status).toBe(200)
      }
    },
  )
  it.each(['pull_request_target', 'issue_comment', 'workflow_run', 'push', 'schedule'])(
    'denies ci-test to a %s run',
    async (event) => {
      const token = await federatedToken(cloud, await registerRun(cloud, { event_name: event }))
      expect((await impersonate(cloud, token, account('ci-test'))).status).toBe(403)
    },
  )
  it('denies accounts that are not bound, that do not exist, and impersonation from one account to another', async () => {
    const token = await federatedToken(cloud, await registerRun(cloud))
    for (const email of [account('spark'), account('data-eng'), 'nobody@caec-local.iam.gserviceaccount.com'])
      expect((await impersonate(cloud, token, email)).status).toBe(403)
    expect((await impersonate(cloud, cloud.tokenFor('data-eng'), account('ci-deploy'))).status).toBe(403)
  })
  it('refuses a lifetime beyond an hour, a missing scope, a chain and an unknown field', async () => {
    const token = await federatedToken(cloud, await registerRun(cloud))
    const scope = ['https://www.googleapis.com/auth/cloud-platform']
    const answer = async (body: unknown) => {
      const reply = await impersonate(cloud, token, account('ci-deploy'), body)
      return [reply.status, ((await reply.json()) as { error: { message: string } }).error?.message]
    }
    expect(await answer({ scope, lifetime: '3601s' })).toEqual([
      400,
      'The access token lifetime cannot exceed 3600 seconds.',
    ])
    expect(await answer({})).toEqual([400, 'At least one scope is required.'])
    expect(await answer({ scope, lifetime: '1h' })).toEqual([
      400,
      expect.stringContaining("Invalid value at 'lifetime'"),
    ])
    expect(await answer({ scope, delegates: ['a'] })).toEqual([
      501,
      expect.stringContaining('Delegation chains'),
    ])
    expect(await answer({ scope, lifeTime: '1s' })).toEqual([
      400,
      expect.stringContaining('Unknown name "lifeTime"'),
    ])
  })
  it('gives tokens that end when they say', async () => {
    const token = await federatedToken(cloud, await registerRun(cloud))
    const { accessToken } = (await (
      await impersonate(cloud, token, account('ci-deploy'), {
        scope: ['https://www.googleapis.com/auth/cloud-platform'],
        lifetime: '60s',
      })
    ).json()) as { accessToken: string }
    expect((await locations(accessToken)).status).toBe(200)
    nowMs += 61_000
    const expired = await locations(accessToken)
    nowMs -= 61_000
    expect(expired.status).toBe(401)
    expect(expired.headers.get('www-authenticate')).toContain('error="invalid_token"')
    expect(await expired.json()).toMatchObject({
      error: { status: 'UNAUTHENTICATED', details: [{ reason: 'ACCESS_TOKEN_EXPIRED' }] },
    })
  })
  it('refuses a token whose scopes are for another service', async () => {
    const token = await federatedToken(cloud, await registerRun(cloud))
    const { accessToken } = (await (
      await impersonate(cloud, token, account('ci-deploy'), {
        scope: ['https://www.googleapis.com/auth/devstorage.read_only'],
      })
    ).json()) as { accessToken: string }
    const reply = await locations(accessToken)
    expect([reply.status, ((await reply.json()) as { error: { message: string } }).error.message]).toEqual([
      403,
      'Request had insufficient authentication scopes.',
    ])
  })
})

describe('generateIdToken', () => {
  it('signs for the account and audience with a published key', async () => {
    const token = await federatedToken(cloud, await registerRun(cloud))
    const reply = await fetch(
      `${cloud.origin}/v1/projects/-/serviceAccounts/${account('ci-deploy')}:generateIdToken`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
        body: JSON.stringify({ audience: 'https://service.example', includeEmail: true }),
      },
    )
    const { token: idToken } = (await reply.json()) as { token: string }
    const { payload } = await jwtVerify(
      idToken,
      createRemoteJWKSet(new URL(`${cloud.origin}/oauth2/v3/certs`)),
      {
        audience: 'https://service.example',
        issuer: 'https://accounts.google.com',
      },
    )
    expect(payload).toMatchObject({
      email: account('ci-deploy'),
      email_verified: true,
      sub: expect.stringMatching(/^\d{21}$/),
    })
  })
})

describe("Google's own client, unmodified", () => {
  // The library warns of configurations from strangers on every use.
  beforeAll(() => {
    jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  })
  afterAll(() => {
    jest.restoreAllMocks()
  })
  it('runs the whole chain as a workflow job', async () => {
    const run = await registerRun(cloud)
    const auth = new GoogleAuth({
      scopes: 'https://www.googleapis.com/auth/cloud-platform',
      credentials: {
        type: 'external_account',
        audience: `//iam.googleapis.com/${providerName}`,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `${cloud.origin}/v1/token`,
        service_account_impersonation_url: `${cloud.origin}/v1/projects/-/serviceAccounts/${account('ci-deploy')}:generateAccessToken`,
        credential_source: {
          url: `${run.requestUrl}&audience=${encodeURIComponent(`https://iam.googleapis.com/${providerName}`)}`,
          headers: { Authorization: `Bearer ${run.requestToken}` },
          format: { type: 'json', subject_token_field_name: 'value' },
        },
      } as never,
    })
    const token = await (await auth.getClient()).getAccessToken()
    expect(cloud.cloud.identity.authenticate(`Bearer ${token.token}`).email).toBe(account('ci-deploy'))
  })
  it("runs the whole chain with every persona's credentials file, which only its owner can read", async () => {
    const files = cloud.cloud.describe().personas
    expect(Object.keys(files).sort()).toEqual([
      'analyst',
      'ci-deploy',
      'ci-plan',
      'ci-test',
      'composer',
      'data-eng',
      'dbt',
      'eraser',
      'ops',
      'spark',
    ])
    for (const [name, file] of Object.entries(files)) {
      expect((await stat(file)).mode & 0o777).toBe(0o600)
      const client = await new GoogleAuth({
        keyFilename: file,
        scopes: 'https://www.googleapis.com/auth/cloud-platform',
      }).getClient()
      expect(cloud.cloud.identity.authenticate(`Bearer ${(await client.getAccessToken()).token}`).email).toBe(
        account(name),
      )
    }
  })
  it('does not let one persona become another', async () => {
    const file = JSON.parse(await readFile(cloud.cloud.describe().personas.analyst!, 'utf8')) as Record<
      string,
      unknown
    >
    const stolen = {
      ...file,
      service_account_impersonation_url: String(file.service_account_impersonation_url).replace(
        'caec-analyst',
        'caec-data-eng',
      ),
    }
    const client = await new GoogleAuth({
      credentials: stolen as never,
      scopes: 'https://www.googleapis.com/auth/cloud-platform',
    }).getClient()
    await expect(client.getAccessToken()).rejects.toThrow(/getAccessToken' denied|403/)
  })
})
