/**
 * The token service's protocol: what a request must look like, each fault refused in its own words. Whose
 * tokens it takes: federation.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'
import {
  exchange,
  forgedToken,
  providerName,
  registerRun,
  requestOidcToken,
} from '../../support/workflow-run.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startTestCloud({ services: [] })
})
afterAll(() => cloud.close())

async function outcome(reply: Response | Promise<Response>): Promise<[number, string, string]> {
  const { status, json } = {
    status: (await reply).status,
    json: (await (await reply).json()) as { error?: string; error_description?: string },
  }
  return [status, json.error ?? '', json.error_description ?? '']
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
    for (const audience of [
      `https://iam.googleapis.com/${providerName}`,
      `//iam.googleapis.com/${providerName}`,
    ])
      expect((await exchange(cloud, await requestOidcToken(run, audience))).status).toBe(200)
  })
  it('accepts the token of a forged test helper, so that the refusals below are for their own reason', async () => {
    expect((await exchange(cloud, await forgedToken(cloud))).status).toBe(200)
  })

  const requests: { name: string; overrides: Record<string, string>; error: string; description: RegExp }[] =
    [
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
      {
        name: 'another grant',
        overrides: { grant_type: 'refresh_token' },
        error: 'unsupported_grant_type',
        description: /grant_type/,
      },
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
      {
        name: 'an unknown field',
        overrides: { client_secret: 'x' },
        error: 'invalid_request',
        description: /Unknown field "client_secret"/,
      },
      {
        name: 'options that are no JSON',
        overrides: { options: '{' },
        error: 'invalid_request',
        description: /"options"/,
      },
      {
        name: 'a field given in both spellings',
        overrides: { subjectToken: 'x' },
        error: 'invalid_request',
        description: /Repeated field "subject_token"/,
      },
    ]
  it.each(requests)('refuses $name', async ({ overrides, error, description }) => {
    const [status, code, text] = await outcome(exchange(cloud, await forgedToken(cloud), overrides))
    expect([status, code]).toEqual([400, error])
    expect(text).toMatch(description)
  })
  it.each([
    ['an actor', { actor_token: 'x' }, /actor_token/],
    [
      'an access boundary, which would narrow the token',
      { options: '{"accessBoundary":{}}' },
      /accessBoundary/,
    ],
  ])('does not ignore %s', async (_name, overrides: Record<string, string>, description) => {
    const [status, code, text] = await outcome(exchange(cloud, await forgedToken(cloud), overrides))
    expect([status, code]).toEqual([501, 'invalid_request'])
    expect(text).toMatch(description)
  })
  it('lets a client name the project to bill', async () => {
    expect((await exchange(cloud, await forgedToken(cloud), { options: '{"userProject":"1"}' })).status).toBe(
      200,
    )
  })
})
