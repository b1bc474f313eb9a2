/**
 * The identities a job can have: Google's input names, chains, users, several at once, one that is already
 * there, and one that outlives its tokens.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { connect } from '../../actions/_shared/google/connect.ts'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorsOf, type Job, openJob, runBundle } from '../support/runner.ts'
import { oidcVariables, overridesFor } from '../support/signed-in-job.ts'
import { providerName } from '../support/workflow-run.ts'

const deployer = 'caec-ci-deploy@caec-local.iam.gserviceaccount.com'
const tester = 'caec-ci-test@caec-local.iam.gserviceaccount.com'
let aheadMs = 0
let cloud: TestCloud
let job: Job
let oidc: Record<string, string>
beforeAll(async () => {
  cloud = await startTestCloud({ services: [], now: () => Date.now() + aheadMs })
  job = await openJob()
  oidc = await oidcVariables(cloud)
})
afterAll(() => Promise.all([cloud.close(), job.close()]))

async function signIn(inputs: Record<string, string>, env: Record<string, string> = {}) {
  const result = await runBundle('auth', {
    job,
    env: { ...overridesFor(cloud.origin), ...oidc, ...env },
    with: inputs,
  })
  const errors = errorsOf(result)
  return { ...result, errors }
}
const ours = { 'workload-identity-provider': providerName, 'service-account': deployer }

describe('inputs', () => {
  it('of google-github-actions/auth are taken as they are, so that moving is one changed line', async () => {
    const result = await signIn({
      workload_identity_provider: providerName,
      service_account: deployer,
      project_id: 'another-project',
      token_format: 'access_token',
      access_token_lifetime: '900s',
      create_credentials_file: 'false',
    })
    expect([result.exitCode, result.errors]).toEqual([0, []])
    expect(result.outputs).toMatchObject({
      project_id: 'another-project',
      principal: deployer,
      credentials_file_path: '',
    })
    expect(cloud.cloud.identity.authenticate(`Bearer ${result.outputs.access_token}`).email).toBe(deployer)
    expect(Date.parse(result.outputs['expires-at']!) - Date.now()).toBeLessThanOrEqual(900_000)
  })
  it('are refused when both names say different things', async () => {
    const { exitCode, errors } = await signIn({ ...ours, service_account: tester })
    expect([exitCode, errors]).toEqual([
      1,
      [expect.stringContaining('Reading input service_account: service-account says something else')],
    ])
  })
})

it('on a GitHub Enterprise Server the tokens are of its own issuer, and errors lead there', async () => {
  const server = {
    GITHUB_SERVER_URL: 'https://ghes.example',
    GITHUB_API_URL: 'https://ghes.example/api/v3',
    GITHUB_GRAPHQL_URL: 'https://ghes.example/api/graphql',
  }
  const result = await signIn(ours, server)
  expect([result.exitCode, result.errors]).toEqual([0, []])
  const [token = ''] = result.masks.filter((mask) => mask.startsWith('eyJ'))
  expect(decodeJwt(token).iss).toBe(`${cloud.origin}/_github`)
  const refused = await signIn(
    { ...ours, 'service-account': 'nobody@caec-local.iam.gserviceaccount.com' },
    server,
  )
  expect([refused.exitCode, refused.errors]).toEqual([
    1,
    [expect.stringMatching(/More: https:\/\/ghes\.example\/\S+troubleshooting\.md#[\w-]+$/)],
  ])
})

describe('an ID token', () => {
  it.each([
    ['false', undefined],
    ['true', deployer],
  ])('with id-token-include-email %s', async (included, email) => {
    const { outputs } = await signIn({
      ...ours,
      'token-format': 'id_token',
      'id-token-audience': 'https://app.example',
      'id-token-include-email': included,
    })
    expect(decodeJwt(outputs['id-token']!).email).toBe(email)
  })
})

describe('what is sent to Google', () => {
  const sent: { path: string; headers: Record<string, unknown>; body: string }[] = []
  /** @param andThen of the same job, before Google is gone. */
  async function recorded(
    inputs: Record<string, string>,
    andThen: (env: Record<string, string>) => Promise<void> = () => Promise.resolve(),
  ) {
    sent.length = 0
    const proxy = await openProxy(cloud.origin, (request, reply, body) => {
      const path = request.url ?? ''
      sent.push({ path, headers: request.headers, body: body.toString() })
      if (path.endsWith(':generateAccessToken') && body.includes('delegates')) {
        const expireTime = new Date(Date.now() + 3_600_000).toISOString()
        reply.end(JSON.stringify({ accessToken: 'ya29.of-the-chain', expireTime }))
        return true
      }
      if (path.endsWith(':signJwt')) {
        reply.end(JSON.stringify({ keyId: '1', signedJwt: 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln' }))
        return true
      }
      if (path === '/token') {
        reply.end(JSON.stringify({ access_token: 'ya29.of-the-user', expires_in: 3599 }))
        return true
      }
      return false
    })
    const overrides = { ...overridesFor(proxy.origin), CLOUDSDK_API_ENDPOINT_OVERRIDES_OAUTH2: proxy.origin }
    try {
      const result = await signIn(inputs, overrides)
      await andThen({ ...overrides, ...oidc, ...result.exported })
      return result
    } finally {
      proxy.close()
    }
  }
  it('carries request-reason in every call', async () => {
    const result = await recorded({ ...ours, 'request-reason': 'ticket 4711' })
    expect([result.exitCode, sent.length]).toEqual([0, 2])
    expect(sent.map(({ headers }) => headers['x-goog-request-reason'])).toEqual([
      'ticket 4711',
      'ticket 4711',
    ])
  })
  it('asks for the token of a user, masked, with access-token-subject', async () => {
    const result = await recorded({
      ...ours,
      'token-format': 'access_token',
      'access-token-subject': 'someone@example.com',
    })
    expect([result.exitCode, result.errors]).toEqual([0, []])
    expect(result.outputs['access-token']).toBe('ya29.of-the-user')
    expect(result.masks).toEqual(
      expect.arrayContaining(['ya29.of-the-user', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1In0.c2ln']),
    )
    expect(sent.map(({ path }) => path.replace(/.*:/, ':'))).toEqual([
      '/v1/token',
      ':generateAccessToken',
      ':signJwt',
      '/token',
    ])
  })
  it('names the chain of delegates, in the file of later steps too', async () => {
    const chain = [`projects/-/serviceAccounts/${tester}`]
    const result = await recorded({ ...ours, delegates: tester }, async (environment) => {
      const { client } = await connect(
        {},
        {
          environment,
          log: { info: () => undefined, debug: () => undefined, warning: () => undefined },
          mask: () => undefined,
        },
      )
      expect((await client.getRequestHeaders()).get('authorization')).toBe('Bearer ya29.of-the-chain')
    })
    expect([result.exitCode, result.errors]).toEqual([0, []])
    expect(JSON.parse(await readFile(result.outputs['credentials-file-path']!, 'utf8'))).toMatchObject({
      type: 'impersonated_service_account',
      service_account_impersonation_url: expect.stringMatching(`/${deployer}:generateAccessToken$`),
      delegates: chain,
      source_credentials: { type: 'external_account' },
    })
    const asked = sent.filter(({ path }) => path.endsWith(':generateAccessToken'))
    expect(asked.map(({ path }) => path)).toEqual(
      Array(2).fill(`/v1/projects/-/serviceAccounts/${deployer}:generateAccessToken`),
    )
    expect(asked.map(({ body }) => (JSON.parse(body) as { delegates: unknown }).delegates)).toEqual([
      chain,
      chain,
    ])
  })
  it('is told that the local cloud delegates nothing', async () => {
    const { exitCode, errors } = await signIn({ ...ours, delegates: tester })
    expect([exitCode, errors]).toEqual([
      1,
      [expect.stringContaining('Delegation chains are not implemented')],
    ])
  })
})

describe('several identities of one job', () => {
  it('stand side by side under their names', async () => {
    const first = await signIn(ours)
    const second = await signIn(
      { ...ours, 'credentials-name': 'reader-eu', 'project-id': 'another-project' },
      first.exported,
    )
    expect(second.errors).toEqual([])
    expect(second.exported).toEqual({
      GOOGLE_APPLICATION_CREDENTIALS_READER_EU: second.outputs['credentials-file-path'],
      GOOGLE_CLOUD_PROJECT_READER_EU: 'another-project',
    })
    expect(second.outputs['credentials-file-path']).not.toBe(first.outputs['credentials-file-path'])
  })
  it('are one when use-existing finds exactly this one, and two when not', async () => {
    const first = await signIn(ours)
    const again = await signIn({ ...ours, 'use-existing': 'true' }, first.exported)
    expect(again.errors).toEqual([])
    expect(again.outputs['credentials-file-path']).toBe(first.outputs['credentials-file-path'])
    expect([again.exported.GOOGLE_APPLICATION_CREDENTIALS, again.state]).toEqual([undefined, {}])
    const ofYesterday = join(job.temp, 'gha-creds-of-yesterday.json')
    const bearer = oidc.ACTIONS_ID_TOKEN_REQUEST_TOKEN!
    const text = await readFile(first.outputs['credentials-file-path']!, 'utf8')
    for (const content of [undefined, text.replace(bearer, `${bearer}-of-another-run`)]) {
      if (content !== undefined) await writeFile(ofYesterday, content)
      const stale = await signIn(
        { ...ours, 'use-existing': 'true' },
        { GOOGLE_APPLICATION_CREDENTIALS: ofYesterday },
      )
      expect(stale.outputs['credentials-file-path']).toMatch(/gha-creds-[0-9a-f]{16}\.json$/)
    }
    const other = await signIn(
      { ...ours, audience: `//iam.googleapis.com/${providerName}`, 'use-existing': 'true' },
      first.exported,
    )
    expect(other.errors).toEqual([])
    expect(other.outputs['credentials-file-path']).not.toBe(first.outputs['credentials-file-path'])
  })
})

describe('the place of the file', () => {
  it('may be a container: another HOME, a mounted folder for temporary files', async () => {
    const temp = join(job.temp, '__w', '_temp')
    await mkdir(temp, { recursive: true })
    const result = await signIn(ours, { RUNNER_TEMP: temp, HOME: '/github/home' })
    expect(result.outputs['credentials-file-path']!.startsWith(temp)).toBe(true)
  })
  it('that is not there is said in one sentence, and nothing is exported', async () => {
    const gone = join(job.temp, 'gone')
    await rm(gone, { recursive: true, force: true })
    for (const [folder, why] of [
      [gone, `temporary folder ${gone}: there is no such folder.`],
      ['', 'temporary folder RUNNER_TEMP: it is not set.'],
    ] as const) {
      const { exitCode, errors, exported } = await signIn(ours, {
        RUNNER_TEMP: folder,
        GITHUB_SERVER_URL: 'https://github.example.com',
      })
      expect([exitCode, errors.length]).toEqual([1, 1])
      expect(errors[0]).toContain(why)
      // On a server of one's own it is that server's page that explains it.
      expect(errors[0]).toMatch(/More: https:\/\/github\.example\.com\/.*#credentials-file/)
      expect(exported.GOOGLE_APPLICATION_CREDENTIALS).toBeUndefined()
    }
  })
})

describe('a job of ninety minutes', () => {
  it('outlives its tokens: each of GitHub five minutes, of STS ten, of the account an hour', async () => {
    aheadMs = 0
    const { exported } = await signIn(ours)
    const subjects: string[] = []
    const proxy = await openProxy(cloud.origin, () => false)
    const masks: string[] = []
    const google = await connect(
      {},
      {
        environment: { ...overridesFor(proxy.origin), ...oidc, ...exported },
        log: { info: () => undefined, debug: () => undefined, warning: () => undefined },
        mask: (secret) => {
          masks.push(secret)
          if (secret.startsWith('eyJ')) subjects.push(secret)
        },
      },
    )
    const whoAmI = () =>
      google.request<{ accessToken?: string }>({
        api: 'iamcredentials',
        verb: 'GET',
        path: `/v1/projects/-/serviceAccounts/${deployer}/allowedLocations`,
        method: 'iamcredentials.getAllowedLocations',
        resource: deployer,
      })
    await whoAmI()
    for (const minutes of [45, 90]) {
      aheadMs = minutes * 60_000
      // The last token ended at sixty minutes; the answer 401 makes a new chain, once.
      await whoAmI()
    }
    aheadMs = 0
    proxy.close()
    expect(new Set(subjects).size).toBe(2)
    expect(masks.filter((mask) => mask.startsWith('ya29.')).length).toBeGreaterThanOrEqual(4)
    await readFile(exported.GOOGLE_APPLICATION_CREDENTIALS!, 'utf8')
  })
})

describe('a token that is refused before its time', () => {
  /** Asks one API through a proxy that refuses the first token of the account, and of the API the first request. */
  async function ask(credentials: string): Promise<{ asked: string[]; status: number }> {
    const asked: string[] = []
    const proxy = await openProxy(cloud.origin, (request, reply) => {
      const place =
        /:generateAccessToken|allowedLocations|\/v1\/token/.exec(request.url ?? '')?.[0] ?? 'other'
      const isFirst = !asked.includes(place)
      asked.push(place)
      if (!isFirst || place === '/v1/token') return false
      reply.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"code":401}}')
      return true
    })
    const file = join(job.temp, 'refused.json')
    await writeFile(file, (await readFile(credentials, 'utf8')).replaceAll(cloud.origin, proxy.origin))
    // Google's library reads the process, not what it is given.
    const before = process.env.GOOGLE_APPLICATION_CREDENTIALS
    process.env.GOOGLE_APPLICATION_CREDENTIALS = file
    try {
      const google = await connect(
        {},
        {
          environment: {
            ...overridesFor(proxy.origin),
            GOOGLE_APPLICATION_CREDENTIALS: file,
            GOOGLE_CLOUD_PROJECT: 'caec-local',
          },
          log: { info: () => undefined, debug: () => undefined, warning: () => undefined },
          mask: () => undefined,
        },
      )
      const status = await google
        .request({
          api: 'iamcredentials',
          verb: 'GET',
          path: `/v1/projects/-/serviceAccounts/${deployer}/allowedLocations`,
          method: 'iamcredentials.getAllowedLocations',
          resource: deployer,
        })
        .then(
          () => 200,
          (error: unknown) => (error as { status: number }).status,
        )
      return { asked: asked.filter((place) => place !== 'other'), status }
    } finally {
      proxy.close()
      if (before === undefined) delete process.env.GOOGLE_APPLICATION_CREDENTIALS
      else process.env.GOOGLE_APPLICATION_CREDENTIALS = before
    }
  }

  it('is replaced once, by the account and by an API', async () => {
    const { exported } = await signIn(ours)
    const { asked, status } = await ask(exported.GOOGLE_APPLICATION_CREDENTIALS!)
    expect(status).toBe(200)
    const chain = ['/v1/token', ':generateAccessToken']
    expect(asked).toEqual([...chain, ...chain, 'allowedLocations', ...chain, 'allowedLocations'])
  })

  it("is replaced once where Google's library reads the credentials, too", async () => {
    const url = `${oidc.ACTIONS_ID_TOKEN_REQUEST_URL!}&audience=${encodeURIComponent(`https://iam.googleapis.com/${providerName}`)}`
    const reply = await fetch(url, {
      headers: { authorization: `Bearer ${oidc.ACTIONS_ID_TOKEN_REQUEST_TOKEN!}` },
    })
    const token = join(job.temp, 'subject-token')
    await writeFile(token, ((await reply.json()) as { value: string }).value)
    const credentials = join(job.temp, 'file-sourced.json')
    await writeFile(
      credentials,
      JSON.stringify({
        type: 'external_account',
        audience: `//iam.googleapis.com/${providerName}`,
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `${cloud.origin}/v1/token`,
        credential_source: { file: token },
      }),
    )
    const { asked, status } = await ask(credentials)
    expect(status).toBe(200)
    expect(asked).toEqual(['/v1/token', 'allowedLocations', '/v1/token', 'allowedLocations'])
  })
})
