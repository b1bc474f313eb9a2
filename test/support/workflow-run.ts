/** Registers a workflow run with a local cloud and talks to its token service, as a job on a runner would. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { importJWK, SignJWT, type JWK } from 'jose'
import type { TestCloud } from './cloud.ts'

/** The repository that environment.yaml of dev trusts, in its protected environment. */
export const trustedClaims = {
  repository: 'example/clickstream-platform',
  repository_id: '200000000001',
  repository_owner: 'example',
  repository_owner_id: '200000000002',
  ref: 'refs/heads/main',
  sha: 'a'.repeat(40),
  environment: 'dev',
  event_name: 'workflow_dispatch',
  workflow_ref: 'example/clickstream-platform/.github/workflows/pipeline.yml@refs/heads/main',
  run_id: '4711',
  run_attempt: '1',
  actor: 'someone',
  actor_id: '77',
} as const

export interface RegisteredRun {
  readonly id: string
  readonly requestUrl: string
  readonly requestToken: string
}

export async function registerRun(
  cloud: TestCloud,
  claims: Record<string, unknown> = {},
  extra: Record<string, unknown> = {},
): Promise<RegisteredRun> {
  const reply = await fetch(`${cloud.origin}/_local/runs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${cloud.cloud.identity.adminToken}` },
    body: JSON.stringify({ claims: { ...trustedClaims, ...claims }, ...extra }),
  })
  if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`)
  return (await reply.json()) as RegisteredRun
}

export const providerName =
  'projects/100000000001/locations/global/workloadIdentityPools/github/providers/actions'

export async function requestOidcToken(
  run: RegisteredRun,
  audience = `https://iam.googleapis.com/${providerName}`,
): Promise<string> {
  const reply = await fetch(`${run.requestUrl}&audience=${encodeURIComponent(audience)}`, {
    headers: { authorization: `bearer ${run.requestToken}` },
  })
  if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`)
  return ((await reply.json()) as { value: string }).value
}

export function exchange(
  cloud: TestCloud,
  subjectToken: string,
  overrides: Record<string, string> = {},
): Promise<Response> {
  return fetch(`${cloud.origin}/v1/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: subjectToken,
      audience: `//iam.googleapis.com/${providerName}`,
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      ...overrides,
    }),
  })
}

export async function federatedToken(cloud: TestCloud, run: RegisteredRun): Promise<string> {
  const reply = await exchange(cloud, await requestOidcToken(run))
  if (!reply.ok) throw new Error(`${reply.status} ${await reply.text()}`)
  return ((await reply.json()) as { access_token: string }).access_token
}

export function impersonate(
  cloud: TestCloud,
  token: string,
  email: string,
  body: unknown = { scope: ['https://www.googleapis.com/auth/cloud-platform'] },
): Promise<Response> {
  return fetch(
    `${cloud.origin}/v1/projects/-/serviceAccounts/${encodeURIComponent(email)}:generateAccessToken`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    },
  )
}

/** A token signed with the issuer's own key but with claims it would never write. */
export async function forgedToken(
  cloud: TestCloud,
  changes: Record<string, unknown> = {},
  header: { alg?: string; kid?: string } = {},
): Promise<string> {
  const stored = JSON.parse(await readFile(join(cloud.stateDir, 'identity/signing-key.json'), 'utf8')) as JWK
  const second = Math.floor(Date.now() / 1000)
  const { keys } = (await (await fetch(`${cloud.origin}/_github/.well-known/jwks`)).json()) as { keys: JWK[] }
  const claims = {
    ...trustedClaims,
    job_workflow_ref: trustedClaims.workflow_ref,
    iss: `${cloud.origin}/_github`,
    aud: `//iam.googleapis.com/${providerName}`,
    sub: 'x',
    iat: second,
    exp: second + 300,
    ...changes,
  }
  return new SignJWT(Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined)))
    .setProtectedHeader({ alg: 'RS256', kid: keys[0]!.kid, ...header })
    .sign(await importJWK(stored, 'RS256'))
}
