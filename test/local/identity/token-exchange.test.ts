/** The token service accepts one good token and refuses each single fault, in its own words. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, importJWK, SignJWT, UnsecuredJWT, type JWK } from 'jose'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'
import { exchange, providerName, registerRun, requestOidcToken, trustedClaims } from '../../support/workflow-run.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
})
afterAll(() => cloud.close())

async function outcome(reply: Response | Promise<Response>): Promise<[number, string, string]> {
  const { status, json } = { status: (await reply).status, json: (await (await reply).json()) as { error?: string; error_description?: string } }
  return [status, json.error ?? '', json.error_description ?? '']
}

/** A token signed with the issuer's own key but with claims it would never write. */
async function forge(changes: Record<string, unknown>, header: { alg?: string; kid?: string } = {}): Promise<string> {
  const stored = JSON.parse(await readFile(join(cloud.stateDir, 'identity/signing-key.json'), 'utf8')) as JWK
  const second = Math.floor(Date.now() / 1000)
  const { keys } = (await (await fetch(`${cloud.origin}/_github/.well-known/jwks`)).json()) as { keys: JWK[] }
  const claims = {
    ...trustedClaims,
    job_workflow_ref: 'x',
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

describe('token exchange', () => {
  it('exchanges the token of a registered run for a bearer that expires within ten minutes', async () => {
    const reply = await exchange(cloud, await requestOidcToken(await registerRun(cloud)))
    expect(reply.status).toBe(200)
    expect(await reply.json()).toEqual({
      access_token: expect.stringMatching(/^ya29\./),
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      token_type: 'Bearer',
      expires_in: 600,
    })
  })
  it('takes REST JSON as well as the form', async () => {
    const subjectToken = await requestOidcToken(await registerRun(cloud))
    const reply = await fetch(`${cloud.origin}/v1/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        grantType: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requestedTokenType: 'urn:ietf:params:oauth:token-type:access_token',
        subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
        subjectToken,
        audience: `//iam.googleapis.com/${providerName}`,
        scope: 'https://www.googleapis.com/auth/cloud-platform',
      }),
    })
    expect(reply.status).toBe(200)
  })
  it('accepts both spellings of the default audience', async () => {
    const run = await registerRun(cloud)
    for (const audience of [`https://iam.googleapis.com/${providerName}`, `//iam.googleapis.com/${providerName}`])
      expect((await exchange(cloud, await requestOidcToken(run, audience))).status).toBe(200)
  })
  it('accepts the token of a forged test helper, so that the refusals below are for their own reason', async () => {
    expect((await exchange(cloud, await forge({}))).status).toBe(200)
  })

  const second = () => Math.floor(Date.now() / 1000)
  const rejected = 'The given credential is rejected by the attribute condition.'
  const refusals: { name: string; token: () => Promise<string>; error: string; description: string | RegExp }[] = [
    { name: 'another repository', token: () => forge({ repository_id: '999' }), error: 'unauthorized_client', description: rejected },
    { name: 'another owner under the same names', token: () => forge({ repository_owner_id: '999' }), error: 'unauthorized_client', description: rejected },
    {
      name: 'a foreign run that is registered',
      token: async () => requestOidcToken(await registerRun(cloud, { repository_id: '12', repository: 'evil/fork' })),
      error: 'unauthorized_client',
      description: rejected,
    },
    {
      name: 'a missing claim of the mapping',
      token: () => forge({ actor_id: undefined }),
      error: 'invalid_grant',
      description: /^Could not obtain a value for attribute.actor_id from the given credential: No such key: actor_id/,
    },
    {
      name: 'a claim that is not text',
      token: () => forge({ actor_id: 77 }),
      error: 'invalid_grant',
      description: "The mapped attribute 'attribute.actor_id' must be of type STRING.",
    },
    {
      name: 'a token for another audience',
      token: () => forge({ aud: 'https://github.com/example' }),
      error: 'invalid_grant',
      description: /^The audience in ID Token \[https:\/\/github.com\/example\] does not match the expected audience/,
    },
    {
      name: 'an expired token',
      token: () => forge({ iat: second() - 900, exp: second() - 600 }),
      error: 'invalid_grant',
      description: /^ID Token issued at \d+ is stale to sign-in\.$/,
    },
    {
      name: 'a token from the future',
      token: () => forge({ iat: second() + 600, exp: second() + 900 }),
      error: 'invalid_grant',
      description: /is in the future/,
    },
    {
      name: 'a token that is not valid yet',
      token: () => forge({ nbf: second() + 600, exp: second() + 900 }),
      error: 'invalid_grant',
      description: /is not valid before/,
    },
    { name: 'a token without an end', token: () => forge({ exp: undefined }), error: 'invalid_grant', description: /must contain the claims/ },
    { name: 'a token that lives too long', token: () => forge({ exp: second() + 90_000 }), error: 'invalid_grant', description: /must not exceed 24 hours/ },
    {
      name: 'another issuer',
      token: () => forge({ iss: 'https://token.actions.githubusercontent.com' }),
      error: 'invalid_grant',
      description: /^The issuer in ID Token https:\/\/token\.actions.* does not match the expected ones/,
    },
    {
      name: 'a persona token shown to the GitHub provider',
      token: () => forge({ iss: `${cloud.origin}/_local/personas` }),
      error: 'invalid_grant',
      description: /^The issuer in ID Token/,
    },
    {
      name: 'alg none',
      token: async () => new UnsecuredJWT({ ...trustedClaims, iss: `${cloud.origin}/_github` }).encode(),
      error: 'invalid_grant',
      description: /^The algorithm 'none' of the ID Token is not supported/,
    },
    {
      name: 'a shared-secret signature',
      token: async () => new SignJWT({ iss: `${cloud.origin}/_github` }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32)),
      error: 'invalid_grant',
      description: /^The algorithm 'HS256'/,
    },
    {
      name: 'another key',
      token: async () => {
        const { privateKey } = await generateKeyPair('RS256')
        return new SignJWT({ ...trustedClaims, iss: `${cloud.origin}/_github` }).setProtectedHeader({ alg: 'RS256' }).sign(privateKey)
      },
      error: 'invalid_grant',
      description: 'Unable to verify the ID Token signature.',
    },
    {
      name: 'changed claims under a good signature',
      token: async () => {
        const [head, , signature] = (await forge({})).split('.')
        return [head, Buffer.from(JSON.stringify({ iss: `${cloud.origin}/_github`, repository_id: '1' })).toString('base64url'), signature].join('.')
      },
      error: 'invalid_grant',
      description: 'Unable to verify the ID Token signature.',
    },
    {
      name: 'something that is no token',
      token: async () => 'abc',
      error: 'invalid_grant',
      description: 'The given credential is not a valid JSON Web Token.',
    },
  ]
  it.each(refusals)('refuses $name', async ({ token, error, description }) => {
    const [status, code, text] = await outcome(exchange(cloud, await token()))
    expect([status, code]).toEqual([400, error])
    if (typeof description === 'string') expect(text).toBe(description)
    else expect(text).toMatch(description)
  })

  const requests: { name: string; overrides: Record<string, string>; error: string; description: RegExp }[] = [
    {
      name: 'an audience that is no provider',
      overrides: { audience: 'example' },
      error: 'invalid_request',
      description: /full resource name of the Identity Provider/,
    },
    {
      name: 'a project id in the audience',
      overrides: { audience: `//iam.googleapis.com/${providerName.replace('100000000001', 'caec-local')}` },
      error: 'invalid_request',
      description: /full resource name/,
    },
    {
      name: 'an unknown provider',
      overrides: { audience: `//iam.googleapis.com/${providerName}x` },
      error: 'invalid_target',
      description: /^The target service indicated by the "audience" parameters is invalid\./,
    },
    {
      name: 'an unknown pool',
      overrides: { audience: `//iam.googleapis.com/${providerName.replace('/github/', '/gitlab/')}` },
      error: 'invalid_target',
      description: /pool or provider is disabled or deleted/,
    },
    { name: 'another grant', overrides: { grant_type: 'refresh_token' }, error: 'unsupported_grant_type', description: /grant_type/ },
    {
      name: 'another requested type',
      overrides: { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      error: 'invalid_request',
      description: /requested_token_type/,
    },
    {
      name: 'another subject type',
      overrides: { subject_token_type: 'urn:ietf:params:oauth:token-type:saml2' },
      error: 'invalid_request',
      description: /subject_token_type/,
    },
    { name: 'no scope', overrides: { scope: '' }, error: 'invalid_scope', description: /scope/ },
    { name: 'an unknown field', overrides: { client_secret: 'x' }, error: 'invalid_request', description: /Unknown field "client_secret"/ },
    { name: 'options that are no JSON', overrides: { options: '{' }, error: 'invalid_request', description: /"options"/ },
    { name: 'a field given in both spellings', overrides: { subjectToken: 'x' }, error: 'invalid_request', description: /Repeated field "subject_token"/ },
  ]
  it.each(requests)('refuses $name', async ({ overrides, error, description }) => {
    const [status, code, text] = await outcome(exchange(cloud, await forge({}), overrides))
    expect([status, code]).toEqual([400, error])
    expect(text).toMatch(description)
  })
  it.each([
    ['an actor', { actor_token: 'x' }, /actor_token/],
    ['an access boundary, which would narrow the token', { options: '{"accessBoundary":{}}' }, /accessBoundary/],
  ])('does not ignore %s', async (_name, overrides: Record<string, string>, description) => {
    const [status, code, text] = await outcome(exchange(cloud, await forge({}), overrides))
    expect([status, code]).toEqual([501, 'invalid_request'])
    expect(text).toMatch(description)
  })
  it('lets a client name the project to bill', async () => {
    expect((await exchange(cloud, await forge({}), { options: '{"userProject":"1"}' })).status).toBe(200)
  })
})
