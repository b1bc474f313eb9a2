/** The GitHub-shaped issuer: its tokens, both forms of sub, and whom it signs nothing for. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'
import { registerRun, requestOidcToken, trustedClaims } from '../../support/workflow-run.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
})
afterAll(() => cloud.close())
const admin = () => ({ authorization: `Bearer ${cloud.cloud.identity.adminToken}` })

describe('the GitHub-shaped issuer', () => {
  it('signs tokens that verify through its own discovery document', async () => {
    const discovery = (await (
      await fetch(`${cloud.origin}/_github/.well-known/openid-configuration`)
    ).json()) as {
      issuer: string
      jwks_uri: string
      id_token_signing_alg_values_supported: string[]
    }
    expect(discovery).toMatchObject({
      issuer: `${cloud.origin}/_github`,
      id_token_signing_alg_values_supported: ['RS256'],
    })
    const token = await requestOidcToken(await registerRun(cloud), 'my-audience')
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(discovery.jwks_uri)), {
      issuer: discovery.issuer,
      audience: 'my-audience',
    })
    expect(payload.exp! - payload.iat!).toBe(300)
    expect(payload).toMatchObject({
      ...trustedClaims,
      sub: 'repo:example@200000000002/clickstream-platform@200000000001:environment:dev',
      jti: expect.any(String),
      nbf: expect.any(Number),
      job_workflow_ref: trustedClaims.workflow_ref,
      runner_environment: 'self-hosted',
      ref_type: 'branch',
      repository_visibility: 'private',
    })
  })
  it('publishes no private part of its key', async () => {
    const { keys } = (await (await fetch(`${cloud.origin}/_github/.well-known/jwks`)).json()) as {
      keys: Record<string, string>[]
    }
    expect(Object.keys(keys[0]!).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  })
  it.each([
    ['old form, environment', { environment: 'dev' }, 'repo:example/clickstream-platform:environment:dev'],
    ['old form, branch', { environment: undefined }, 'repo:example/clickstream-platform:ref:refs/heads/main'],
    [
      'old form, pull request',
      { environment: undefined, event_name: 'pull_request', ref: 'refs/pull/5/merge' },
      'repo:example/clickstream-platform:pull_request',
    ],
    [
      'old form, environment with a colon',
      { environment: 'a:b' },
      'repo:example/clickstream-platform:environment:a%3Ab',
    ],
  ])('writes sub in the %s', async (_name, claims, sub) => {
    expect(
      decodeJwt(await requestOidcToken(await registerRun(cloud, claims, { immutableSubject: false }))).sub,
    ).toBe(sub)
  })
  it("uses the owner's address as audience when none is asked for", async () => {
    const run = await registerRun(cloud)
    const reply = await fetch(run.requestUrl, { headers: { authorization: `bearer ${run.requestToken}` } })
    const { value, count } = (await reply.json()) as { value: string; count: number }
    expect([decodeJwt(value).aud, count]).toEqual(['https://github.com/example', value.length])
  })
  it('signs nothing without the request token, for another run, or after the end of the run', async () => {
    const [one, other] = [await registerRun(cloud), await registerRun(cloud)]
    const ask = (authorization?: string) =>
      fetch(one.requestUrl, { headers: authorization ? { authorization } : {} }).then((reply) => reply.status)
    expect([
      await ask(),
      await ask('bearer wrong'),
      await ask(`bearer ${other.requestToken}`),
      await ask(`bearer ${one.requestToken}`),
    ]).toEqual([401, 401, 401, 200])
    expect(
      (await fetch(`${cloud.origin}/_local/runs/${one.id}`, { method: 'DELETE', headers: admin() })).status,
    ).toBe(200)
    expect(await ask(`bearer ${one.requestToken}`)).toBe(401)
  })
})

describe('registering a run', () => {
  it('needs the admin token: a data token is not enough', async () => {
    for (const authorization of [undefined, 'Bearer x', `Bearer ${cloud.tokenFor('ops')}`]) {
      const reply = await fetch(`${cloud.origin}/_local/runs`, {
        method: 'POST',
        headers: authorization ? { authorization } : {},
        body: JSON.stringify({ claims: trustedClaims }),
      })
      expect(reply.status).toBe(401)
    }
  })
  it.each([
    [
      'a claim the issuer writes itself',
      { ...trustedClaims, sub: 'repo:x' },
      /claim 'sub' is not one a run can choose/,
    ],
    ['another lifetime', { ...trustedClaims, exp: '1' }, /claim 'exp'/],
    ['a missing id', { ...trustedClaims, repository_id: undefined }, /claim 'repository_id' is missing/],
    [
      'an id that is no number',
      { ...trustedClaims, repository_id: '1" || true' },
      /must be a number as text/,
    ],
    ['a claim that is not text', { ...trustedClaims, run_number: 5 }, /claim 'run_number' must be text/],
    ['a repository without owner', { ...trustedClaims, repository: 'x' }, /OWNER\/REPO/],
  ])('refuses %s', async (_name, claims, message) => {
    const reply = await fetch(`${cloud.origin}/_local/runs`, {
      method: 'POST',
      headers: admin(),
      body: JSON.stringify({ claims }),
    })
    expect([reply.status, ((await reply.json()) as { error: { message: string } }).error.message]).toEqual([
      400,
      expect.stringMatching(message),
    ])
  })
})
