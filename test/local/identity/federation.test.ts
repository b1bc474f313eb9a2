/**
 * Whose token becomes which identity, over HTTP, as one table: each case accepted, or refused for its own
 * reason. `google` is Google's published text; where there is none, `says` shows which fault was seen.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createHmac } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportSPKI, generateKeyPair, importJWK, SignJWT, UnsecuredJWT, type CryptoKey, type JWK } from 'jose'
import { repoRoot, startTestCloud, type TestCloud } from '../../support/cloud.ts'
import {
  exchange,
  forgedToken,
  impersonate,
  providerName,
  registerRun,
  requestOidcToken,
  trustedClaims,
} from '../../support/workflow-run.ts'

const pinned = `octo/flows/.github/workflows/deploy.yml@${'b'.repeat(40)}`
let folder: string
/** One as the repository says, one with a pinned deploy workflow, one with the provider disabled. */
let clouds: Readonly<Record<'plain' | 'pinned' | 'disabled', TestCloud>>
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'federation '))
  const changed = async (file: string, name: string, from: string, to: string) => {
    await writeFile(
      join(folder, name),
      (await readFile(join(repoRoot, file), 'utf8')).replace(from, () => to),
    )
    return join(folder, name)
  }
  const environmentFile = await changed(
    'terraform-infra/environments/dev/environment.yaml',
    'environment.yaml',
    'deployWorkflow: any',
    `deployWorkflow: ${pinned}`,
  )
  const accessFile = await changed(
    'terraform-infra/access.yaml',
    'access.yaml',
    '  issuer: https',
    '  disabled: true\n  issuer: https',
  )
  const [plain, pinnedCloud, disabled] = await Promise.all([
    startTestCloud({ services: [] }),
    startTestCloud({ services: [], environmentFile }),
    startTestCloud({ services: [], accessFile }),
  ])
  clouds = { plain: plain, pinned: pinnedCloud, disabled: disabled }
})
afterAll(async () => {
  await Promise.all(Object.values(clouds).map((cloud) => cloud.close()))
  await rm(folder, { recursive: true, force: true })
})

type Claims = Record<string, unknown>
/** A token as the issuer itself writes it for a registered run. */
const minted =
  (claims: Claims = {}, audience?: string) =>
  async (cloud: TestCloud) =>
    requestOidcToken(await registerRun(cloud, claims), audience)
const forged = (claims: Claims) => (cloud: TestCloud) => forgedToken(cloud, claims)
const second = () => Math.floor(Date.now() / 1000)
const bare = (cloud: TestCloud) => ({
  ...trustedClaims,
  iss: `${cloud.origin}/_github`,
  aud: `//iam.googleapis.com/${providerName}`,
  iat: second(),
  exp: second() + 300,
})

interface Case {
  readonly name: string
  readonly token: (cloud: TestCloud) => Promise<string>
  readonly on?: keyof typeof clouds
  readonly become?: string
  readonly audience?: string
  /** Absent: accepted. */
  readonly refused?: {
    readonly at: 'exchange' | 'impersonation'
    readonly code: string
    readonly google?: string
    readonly says?: RegExp
  }
}
const condition = {
  at: 'exchange',
  code: 'unauthorized_client',
  google: 'The given credential is rejected by the attribute condition.',
} as const
const target = {
  at: 'exchange',
  code: 'invalid_target',
  google:
    'The target service indicated by the "audience" parameters is invalid. This might either be because the pool or provider is disabled or deleted or because it doesn\'t exist.',
} as const
const unbound = {
  at: 'impersonation',
  code: 'PERMISSION_DENIED',
  google: "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
} as const
const grant = (says: RegExp) => ({ at: 'exchange', code: 'invalid_grant', says }) as const
const pullRequest = { event_name: 'pull_request', ref: 'refs/pull/7/merge', environment: undefined }

const cases: readonly Case[] = [
  { name: 'a run in the environment becomes ci-deploy', token: minted(), become: 'ci-deploy' },
  { name: 'a run in the environment becomes dbt', token: minted(), become: 'dbt' },
  { name: 'a pull request becomes ci-plan', token: minted(pullRequest), become: 'ci-plan' },
  {
    name: 'a scheduled run becomes ci-plan',
    token: minted({ event_name: 'schedule', environment: undefined }),
    become: 'ci-plan',
  },
  {
    name: 'a push becomes ci-plan',
    token: minted({ event_name: 'push', environment: undefined }),
    become: 'ci-plan',
  },
  { name: 'a pull request becomes ci-test', token: minted(pullRequest), become: 'ci-test' },
  { name: 'a dispatched test becomes ci-test', token: minted({ environment: undefined }), become: 'ci-test' },
  {
    name: 'a run of a renamed repository keeps what it had',
    token: minted({ repository: 'example/renamed' }),
    become: 'ci-deploy',
  },
  {
    name: 'the pinned workflow, called, becomes ci-deploy',
    token: minted({ job_workflow_ref: pinned }),
    on: 'pinned',
    become: 'ci-deploy',
  },

  {
    name: 'another repository_id under the same name',
    token: forged({ repository_id: '999' }),
    refused: condition,
  },
  {
    name: 'another owner id under the same names',
    token: forged({ repository_owner_id: '999' }),
    refused: condition,
  },
  {
    name: 'a pull request in a fork',
    token: minted({
      ...pullRequest,
      repository: 'stranger/clickstream-platform',
      repository_id: '12',
      repository_owner: 'stranger',
      repository_owner_id: '13',
    }),
    refused: condition,
  },
  {
    name: 'a repository moved to another owner',
    token: minted({
      repository_owner: 'stranger',
      repository_owner_id: '13',
      repository: 'stranger/clickstream-platform',
    }),
    refused: condition,
  },
  ...['pull_request_target', 'issue_comment', 'workflow_run'].flatMap((event): Case[] =>
    ['ci-plan', 'ci-test'].map((become) => ({
      name: `a run that a stranger triggers (${event}) as ${become}`,
      token: minted({ event_name: event, environment: undefined }),
      become,
      refused: unbound,
    })),
  ),
  {
    name: 'the wrong environment',
    token: minted({ environment: 'prod' }),
    become: 'ci-deploy',
    refused: unbound,
  },
  {
    name: 'no environment',
    token: minted({ environment: undefined }),
    become: 'ci-deploy',
    refused: unbound,
  },
  { name: 'a pull request as ci-deploy', token: minted(pullRequest), become: 'ci-deploy', refused: unbound },
  // Which branches may use an environment is GitHub's rule; the token of another branch therefore never names
  // it.
  {
    name: 'another branch, which GitHub keeps out of the environment',
    token: minted({ ref: 'refs/heads/feature', environment: undefined }),
    become: 'ci-deploy',
    refused: unbound,
  },
  {
    name: 'an environment in other letters',
    token: minted({ environment: 'Dev' }),
    become: 'ci-deploy',
    refused: unbound,
  },
  { name: 'a push as ci-test', token: minted({ event_name: 'push' }), become: 'ci-test', refused: unbound },
  { name: 'a workflow run as a persona', token: minted(), become: 'data-eng', refused: unbound },
  { name: 'a workflow run as the Spark workload', token: minted(), become: 'spark', refused: unbound },
  {
    name: 'the wrong job_workflow_ref',
    token: minted({ job_workflow_ref: pinned.replace('deploy', 'other') }),
    on: 'pinned',
    become: 'ci-deploy',
    refused: unbound,
  },
  {
    name: 'no job_workflow_ref where one is pinned',
    token: forged({ job_workflow_ref: undefined }),
    on: 'pinned',
    refused: grant(/^Could not obtain a value for attribute\.\w+ from the given credential/),
  },

  { name: 'an unknown provider', token: minted(), audience: `${providerName}x`, refused: target },
  {
    name: 'an unknown pool',
    token: minted(),
    audience: providerName.replace('/github/', '/gitlab/'),
    refused: target,
  },
  { name: 'a disabled provider', token: minted(), on: 'disabled', refused: target },
  {
    name: 'the wrong audience',
    token: minted({}, 'https://github.com/example'),
    refused: grant(
      /^The audience in ID Token \[https:\/\/github\.com\/example\] does not match the expected audience/,
    ),
  },
  {
    name: 'an expired token',
    token: forged({ iat: second() - 900, exp: second() - 600 }),
    refused: grant(/^ID Token issued at \d+ is stale to sign-in\.$/),
  },
  {
    name: 'a token from the future',
    token: forged({ iat: second() + 600, exp: second() + 900 }),
    refused: grant(/is in the future/),
  },
  {
    name: 'a token that is not valid yet',
    token: forged({ nbf: second() + 600, exp: second() + 900 }),
    refused: grant(/is not valid before/),
  },
  {
    name: 'a token without an end',
    token: forged({ exp: undefined }),
    refused: grant(/must contain the claims/),
  },
  {
    name: 'a token that lives too long',
    token: forged({ exp: second() + 90_000 }),
    refused: grant(/must not exceed 24 hours/),
  },
  {
    name: "GitHub's own issuer, which is not this cloud's",
    token: forged({ iss: 'https://token.actions.githubusercontent.com' }),
    refused: grant(
      /^The issuer in ID Token https:\/\/token\.actions\.githubusercontent\.com does not match the expected ones/,
    ),
  },
  {
    name: "a persona's token shown to the GitHub provider",
    token: (cloud) => forgedToken(cloud, { iss: `${cloud.origin}/_local/personas` }),
    refused: grant(/^The issuer in ID Token/),
  },
  {
    name: 'alg: none',
    token: async (cloud) => new UnsecuredJWT(bare(cloud)).encode(),
    refused: grant(/^The algorithm 'none'/),
  },
  {
    name: 'HS256 with the public key as the secret',
    token: signedWithThePublicKey,
    refused: grant(/^The algorithm 'HS256'/),
  },
  {
    name: "another key under the issuer's key id",
    token: async (cloud) => signedWithAnotherKey(cloud, true),
    refused: grant(/^Unable to verify the ID Token signature\.$/),
  },
  {
    name: 'another key',
    token: async (cloud) => signedWithAnotherKey(cloud, false),
    refused: grant(/^Unable to verify the ID Token signature\.$/),
  },
  {
    name: 'changed claims under a good signature',
    token: tampered,
    refused: grant(/^Unable to verify the ID Token signature\.$/),
  },
  {
    name: 'a missing claim of the mapping',
    token: forged({ actor_id: undefined }),
    refused: grant(
      /^Could not obtain a value for attribute\.actor_id from the given credential: No such key: actor_id/,
    ),
  },
  {
    name: 'a claim that is not text',
    token: forged({ actor_id: 77 }),
    refused: grant(/^The mapped attribute 'attribute\.actor_id' must be of type STRING\.$/),
  },
  {
    name: 'something that is no token',
    token: async () => 'abc',
    refused: grant(/^The given credential is not a valid JSON Web Token\.$/),
  },
]

async function publicKey(cloud: TestCloud): Promise<JWK> {
  return ((await (await fetch(`${cloud.origin}/_github/.well-known/jwks`)).json()) as { keys: JWK[] })
    .keys[0]!
}
async function signedWithThePublicKey(cloud: TestCloud): Promise<string> {
  const key = await publicKey(cloud)
  const secret = await exportSPKI((await importJWK(key, 'RS256', { extractable: true })) as CryptoKey)
  const text = [{ alg: 'HS256', kid: key.kid }, bare(cloud)]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}
async function signedWithAnotherKey(cloud: TestCloud, hasItsId: boolean): Promise<string> {
  const { privateKey } = await generateKeyPair('RS256')
  return new SignJWT(bare(cloud))
    .setProtectedHeader({ alg: 'RS256', ...(hasItsId ? { kid: (await publicKey(cloud)).kid } : {}) })
    .sign(privateKey)
}
async function tampered(cloud: TestCloud): Promise<string> {
  const [head, , signature] = (await forgedToken(cloud)).split('.')
  return [
    head,
    Buffer.from(JSON.stringify({ ...bare(cloud), environment: 'prod' })).toString('base64url'),
    signature,
  ].join('.')
}

interface Said {
  readonly access_token?: string
  readonly error?: string | { readonly status: string; readonly message: string }
  readonly error_description?: string
}

describe('federation', () => {
  it.each(cases)('$name', async ({ token, on = 'plain', become, audience = providerName, refused }) => {
    const cloud = clouds[on]
    const exchanged = await exchange(cloud, await token(cloud), {
      audience: `//iam.googleapis.com/${audience}`,
    })
    const first = (await exchanged.json()) as Said
    if (refused?.at === 'exchange') {
      expect([exchanged.status, first.error, first.access_token]).toEqual([400, refused.code, undefined])
      if (refused.google !== undefined) expect(first.error_description).toBe(refused.google)
      if (refused.says !== undefined) expect(first.error_description).toMatch(refused.says)
      return
    }
    expect([exchanged.status, first.error_description]).toEqual([200, undefined])
    const reply = await impersonate(
      cloud,
      first.access_token!,
      cloud.cloud.environment.serviceAccounts[become!]!,
    )
    const second = (await reply.json()) as Said
    expect([reply.status, second.error]).toEqual(
      refused
        ? [403, expect.objectContaining({ status: refused.code, message: refused.google })]
        : [200, undefined],
    )
  })

  it('keeps google.subject within 127 bytes for the longest names GitHub allows, where the `sub` of the same token is far longer', async () => {
    const claims = {
      repository: `${'o'.repeat(39)}/${'r'.repeat(100)}`,
      repository_owner: 'o'.repeat(39),
      ref: `refs/heads/${'b'.repeat(240)}`,
      environment: 'e'.repeat(255),
      run_id: '9'.repeat(20),
    }
    for (const immutableSubject of [true, false]) {
      const run = await registerRun(clouds.plain, claims, { immutableSubject })
      const token = await requestOidcToken(run)
      const { sub } = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string }
      const { access_token: accessToken } = (await (await exchange(clouds.plain, token)).json()) as {
        access_token: string
      }
      const subject = clouds.plain.cloud.identity
        .authenticate(`Bearer ${accessToken}`)
        .member.split('/subject/')[1]!
      expect([Buffer.byteLength(sub) > 127, subject]).toEqual([
        true,
        `repository:${trustedClaims.repository_id}:run:${claims.run_id}`,
      ])
      expect(Buffer.byteLength(subject)).toBeLessThanOrEqual(127)
      // The longest ids there can be are 20 digits each.
      expect(Buffer.byteLength(`repository:${'9'.repeat(20)}:run:${'9'.repeat(20)}`)).toBeLessThanOrEqual(127)
    }
  })
})
