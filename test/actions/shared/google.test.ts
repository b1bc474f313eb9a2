import { describe, expect, it } from '@jest/globals'
import { GoogleApiError, InputError } from '../../../actions/_shared/errors.ts'
import { checkedHost, checkedUrl, readEndpoints } from '../../../actions/_shared/google/endpoints.ts'
import { endpointRules, projectOfServiceAccount } from '../../../actions/_shared/google/connect.ts'
import { apiPath } from '../../../actions/_shared/google/request.ts'
import { withRetries } from '../../../actions/_shared/google/retry.ts'
import { redact, translate } from '../../../actions/_shared/google/translate.ts'

const rules = { universeDomain: 'googleapis.com', allowedHosts: [] as string[] }
const asked = { method: 'storage.objects.get', resource: 'gs://b/o' }

describe('endpoints', () => {
  it.each([
    ['https://storage.googleapis.com/storage/v1/', 'https://storage.googleapis.com'],
    ['http://127.0.0.1:4000', 'http://127.0.0.1:4000'],
    ['http://[::1]:4000/bigquery/v2/', 'http://[::1]:4000'],
    ['https://storage-psc.p.googleapis.com/', 'https://storage-psc.p.googleapis.com'],
    ['http://localhost:1/proxy/storage/v1', 'http://localhost:1/proxy'],
  ])('takes %s', (value, root) =>
    expect(readEndpoints({ CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE: value }, rules).root('storage')).toBe(
      root,
    ),
  )
  it.each([
    'http://storage.googleapis.com/',
    'https://evil.example/',
    'https://googleapis.com.evil.example/',
    'https://sts.googleapis.com.evil.example/',
    'https://evilgoogleapis.com/',
    'https://user@storage.googleapis.com/',
    'https://127.0.0.1.evil.example/',
    'file:///etc/passwd',
    'storage.googleapis.com',
    'https://storage.googleapis.com/?x=1',
    'http://127.0.0.1.nip.io/',
  ])('refuses %s', (value) => {
    expect(() => readEndpoints({ CLOUDSDK_API_ENDPOINT_OVERRIDES_STS: value }, rules)).toThrow(InputError)
  })
  it('takes a host the author allows, and only that', () => {
    expect(
      checkedUrl('https://proxy.example/x', 'test', { ...rules, allowedHosts: ['proxy.example'] }).host,
    ).toBe('proxy.example')
    expect(() =>
      checkedUrl('https://a.proxy.example/x', 'test', { ...rules, allowedHosts: ['proxy.example'] }),
    ).toThrow(InputError)
    expect(
      checkedUrl('https://a.proxy.example/x', 'test', { ...rules, allowedHosts: ['.proxy.example'] }).host,
    ).toBe('a.proxy.example')
  })
  it.each(['evil.example/', 'a b', 'x:1', ''])('refuses %j as a host name', (host) =>
    expect(() => checkedHost(host, 'universe-domain')).toThrow(InputError),
  )
  it('takes another universe from the environment only when the author allows its hosts', () => {
    const variables = { GOOGLE_CLOUD_UNIVERSE_DOMAIN: 'evil.example' }
    expect(() => endpointRules({}, variables)).toThrow(/GOOGLE_CLOUD_UNIVERSE_DOMAIN.*evil\.example/)
    expect(() => endpointRules({ allowedHosts: ['other.example'] }, variables)).toThrow(InputError)
    expect(endpointRules({ allowedHosts: ['.evil.example'] }, variables).universeDomain).toBe('evil.example')
    expect(endpointRules({ universeDomain: 'own.example' }, variables).universeDomain).toBe('own.example')
    expect(endpointRules({}, { GOOGLE_CLOUD_UNIVERSE_DOMAIN: ' googleapis.com ' }).universeDomain).toBe(
      'googleapis.com',
    )
  })
  it('serves Dataproc per region and other universes at their domain', () => {
    const { root } = readEndpoints({}, { ...rules, universeDomain: 'example.goog' })
    expect([root('dataproc', 'us-central1'), root('sts')]).toEqual([
      'https://us-central1-dataproc.example.goog',
      'https://sts.example.goog',
    ])
  })
})

describe('request paths', () => {
  it('encodes each hole as one segment and refuses to climb', () => {
    expect(apiPath`/v1/projects/${'a/b?c#d'}/x:run`).toBe('/v1/projects/a%2Fb%3Fc%23d/x:run')
    expect(() => apiPath`/v1/${'..'}/x`).toThrow('cannot be a path segment')
    expect(() => apiPath`/v1/${''}/x`).toThrow('cannot be a path segment')
  })
})

describe('the project', () => {
  it.each([
    ['caec-dbt@my-project.iam.gserviceaccount.com', 'my-project'],
    ['https://x/v1/projects/-/serviceAccounts/a@p-1.iam.gserviceaccount.com:generateAccessToken', 'p-1'],
    ['a@p.example.com.iam.gserviceaccount.com', 'example.com:p'],
    ['123-compute@developer.gserviceaccount.com', undefined],
  ])('of %s is %s', (text, project) => expect(projectOfServiceAccount(text)).toBe(project))
})

describe('errors of Google', () => {
  it.each([
    [
      'legacy',
      {
        response: {
          status: 404,
          data: { error: { code: 404, message: 'No such object', errors: [{ reason: 'notFound' }] } },
        },
        message: 'x',
      },
      { status: 404, reason: 'notFound', isRetryable: false },
    ],
    [
      'rpc',
      {
        response: {
          status: 403,
          data: {
            error: { status: 'PERMISSION_DENIED', message: 'no', details: [{ reason: 'SERVICE_DISABLED' }] },
          },
        },
      },
      { status: 403, reason: 'SERVICE_DISABLED', hint: expect.stringContaining('Enable the API') },
    ],
    [
      'oauth',
      {
        response: {
          status: 400,
          data: {
            error: 'unauthorized_client',
            error_description: 'The given credential is rejected by the attribute condition.',
          },
        },
      },
      { status: 400, reason: 'unauthorized_client', hint: expect.stringContaining('attribute condition') },
    ],
    [
      'oauth of the library',
      new Error('Error code invalid_target: The target service'),
      { status: 400, reason: 'invalid_target' },
    ],
    [
      'bytes',
      { response: { status: 503, data: Buffer.from('<html>busy</html>') } },
      { status: 503, isRetryable: true },
    ],
    [
      'a dead connection',
      Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
      { status: 0, reason: 'ECONNRESET', isRetryable: true },
    ],
    [
      "a client library's",
      Object.assign(new Error('no'), {
        code: 412,
        errors: [{ reason: 'conditionNotMet', message: 'At least one' }],
      }),
      { status: 412, reason: 'conditionNotMet', isRetryable: false },
    ],
  ])('are read in the form %s', (_form, error, expected) =>
    expect(translate(error, asked)).toMatchObject({ code: 'GOOGLE_API', ...asked, ...expected }),
  )
  it('never carry tokens, keys or the request', () => {
    const fault = Object.assign(
      new Error(
        'Bearer ya29.secret-token token=ya29.secret-bare eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.sig -----BEGIN PRIVATE KEY-----abc-----END PRIVATE KEY-----',
      ),
      { config: { headers: { authorization: 'Bearer topsecret' } } },
    )
    const error = translate(fault, asked)
    expect(JSON.stringify({ ...error, message: error.message, cause: error.cause })).not.toMatch(
      /secret|eyJ|PRIVATE KEY-----abc/,
    )
    expect(redact('x'.repeat(5000))).toHaveLength(1000)
  })
})

describe('retries', () => {
  const fault = (status: number, isRetryable: boolean) =>
    new GoogleApiError('m', { ...asked, status, reason: 'r', isRetryable })
  const quick = { attempts: 3, firstPauseMs: 1, longestPauseMs: 2 }
  it('repeat what may pass, and give up with the last error', async () => {
    const lines: string[] = []
    let calls = 0
    await expect(
      withRetries(
        'x',
        async () => {
          calls += 1
          throw fault(503, true)
        },
        { log: (line) => lines.push(line), rules: quick },
      ),
    ).rejects.toMatchObject({ status: 503 })
    expect([calls, lines.length]).toEqual([3, 2])
  })
  it('do not repeat what will not', async () => {
    let calls = 0
    await expect(
      withRetries(
        'x',
        async () => {
          calls += 1
          throw fault(403, false)
        },
        { log: () => undefined, rules: quick },
      ),
    ).rejects.toMatchObject({ status: 403 })
    expect(calls).toBe(1)
  })
})
