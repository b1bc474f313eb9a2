import { describe, expect, it } from '@jest/globals'
import { GoogleApiError, InputError, wrongValue } from '../../../actions/_shared/errors.ts'
import { readAnswer } from '../../../actions/_shared/google/answer.ts'
import { checkedHost, checkedUrl, readEndpoints } from '../../../actions/_shared/google/endpoints.ts'
import { endpointRules, projectOfServiceAccount } from '../../../actions/_shared/google/connect.ts'
import { apiPath } from '../../../actions/_shared/google/request.ts'
import { withRetries } from '../../../actions/_shared/google/retry.ts'
import { redact, translate } from '../../../actions/_shared/google/translate.ts'
import { hideSecrets } from '../../../actions/_shared/secrets.ts'
import { played, useOwnClock } from '../../support/own-clock.ts'

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
  useOwnClock()
  const fault = (status: number, isRetryable: boolean) =>
    new GoogleApiError('m', { ...asked, status, reason: 'r', isRetryable })
  const quick = { budgetMs: 200, tryMs: 200, firstPauseMs: 1, longestPauseMs: 2 }
  const seen = (lines: string[] = []) => ({ log: (line: string) => void lines.push(line), rules: quick })
  const failing = (error: Error, options: Parameters<typeof withRetries>[2] = seen()) => {
    let calls = 0
    const end = withRetries(
      asked,
      async () => {
        calls += 1
        throw error
      },
      options,
    ).then(
      () => undefined,
      (failure: GoogleApiError) => failure,
    )
    return played(
      end.then((failure) => ({ failure, calls })),
      1,
    )
  }
  it('repeat what may pass until the budget is spent, and say so with the last error', async () => {
    const lines: string[] = []
    const { failure, calls } = await failing(fault(503, true), seen(lines))
    expect(failure).toMatchObject({ status: 503, isRetryable: false })
    expect(failure?.message).toMatch(/^m \(\d+ tries in [\d.]+ (ms|s)\)$/)
    // 200 ms of pauses of 1 or 2 ms.
    expect(calls).toBeGreaterThan(99)
    expect(lines[0]).toMatch(/^storage\.objects\.get: 503; try 2 in \d+ ms \(\d+ ms left\)\.$/)
  })
  it.each<[string, number, string]>([
    ['503 backendError', 503, 'backendError'],
    ['503', 503, 'HTTP_503'],
    ['ECONNRESET', 0, 'ECONNRESET'],
    ["200, an answer that is cut off, empty or a stranger's", 200, 'notGoogle'],
  ])('say why: %s', async (why, status, reason) => {
    const lines: string[] = []
    await failing(new GoogleApiError('m', { ...fault(status, true), status, reason }), seen(lines))
    expect(lines[0]).toMatch(/^storage\.objects\.get: (.*); try 2 in /)
    expect(/get: (.*); try 2/.exec(lines[0]!)?.[1]).toBe(why)
  })
  it('do not repeat what will not pass', async () => {
    expect(await failing(fault(403, false))).toMatchObject({ failure: { status: 403 }, calls: 1 })
  })
  it('repeat what must not be done twice only when it was refused before the work', async () => {
    const once = { ...seen(), isRepeatable: false }
    expect((await failing(fault(503, true), once)).calls).toBe(1)
    expect((await failing(fault(429, true), once)).calls).toBeGreaterThan(1)
  })
  it('obey Retry-After, and fail at once when it asks for more than is left', async () => {
    const wish = (retryAfterMs: number) =>
      new GoogleApiError('m', { ...asked, status: 429, reason: 'r', isRetryable: true, retryAfterMs })
    const lines: string[] = []
    expect((await failing(wish(70), seen(lines))).calls).toBeLessThanOrEqual(3)
    expect(lines[0]).toContain('try 2 in 70 ms, as the server asks')
    const { failure, calls } = await failing(wish(600_000))
    expect([calls, failure?.message]).toEqual([
      1,
      expect.stringContaining('the server asks to wait 600 s more'),
    ])
    // Nothing is no leave to ask without a pause.
    const slow = { ...seen(), rules: { ...quick, firstPauseMs: 40, longestPauseMs: 40 } }
    expect((await failing(wish(0), slow)).calls).toBeLessThanOrEqual(11)
  })
  it('tell the answer that was there, not the last try that had no time for one', async () => {
    let calls = 0
    const call = withRetries(
      asked,
      () => (++calls === 1 ? Promise.reject(fault(503, true)) : new Promise<never>(() => undefined)),
      { ...seen(), rules: { ...quick, firstPauseMs: 190, longestPauseMs: 190 } },
    ).catch((error: GoogleApiError) => error)
    expect(await played(call, 1)).toMatchObject({ status: 503, isRetryable: false })
    expect(calls).toBe(2)
  })
  it('end a call that never settles', async () => {
    const lines: string[] = []
    const call = withRetries(asked, () => new Promise<never>(() => undefined), {
      log: (line) => lines.push(line),
      rules: { ...quick, tryMs: 60 },
    }).catch((error: GoogleApiError) => error)
    const failure = await played(call)
    expect(failure).toMatchObject({ reason: 'TIMEOUT', problem: 'no-answer', ...asked })
    expect(lines.length).toBeGreaterThan(0)
  })
  it('give a try no more than thirty seconds where nothing else is said', async () => {
    const began = Date.now()
    const ends: number[] = []
    const call = withRetries(
      asked,
      ({ signal, timeoutMs }) => {
        signal.addEventListener('abort', () => ends.push((Date.now() - began) / 1000))
        ends.push(timeoutMs / 1000)
        return new Promise<never>(() => undefined)
      },
      { log: () => undefined },
    ).catch((error: GoogleApiError) => error)
    expect(await played(call)).toMatchObject({ reason: 'TIMEOUT' })
    expect(ends.slice(0, 2)).toEqual([30, 30])
  })
})

describe('reasons come before statuses and digits', () => {
  const wire = (status: number, reason: string, message: string) => ({
    response: {
      status,
      data: { error: { code: status, message, status: 'PERMISSION_DENIED', errors: [{ reason }] } },
    },
  })
  it.each(['rateLimitExceeded', 'quotaExceeded', 'jobRateLimitExceeded', 'userRateLimitExceeded'])(
    '403 %s is repeated and not called a missing permission',
    (reason) => {
      const error = translate(wire(403, reason, 'Exceeded rate limits'), asked)
      expect(error).toMatchObject({ reason, isRetryable: true, problem: 'quota' })
      expect(error.hint).not.toMatch(/[Gg]rant/)
    },
  )
  it('403 accessDenied is a missing permission', () =>
    expect(translate(wire(403, 'accessDenied', 'no'), asked)).toMatchObject({
      isRetryable: false,
      problem: 'permission-denied',
    }))
  it.each([['40134'], ['39999']])('a refused port %s is repeated, whatever its digits', (port) =>
    expect(
      translate(
        Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), { code: 'ECONNREFUSED' }),
        asked,
      ).isRetryable,
    ).toBe(true),
  )
  it.each([
    ['7', 7000],
    [new Date(Date.now() + 60_000).toUTCString(), expect.any(Number)],
    ['soon', undefined],
  ])('reads Retry-After: %s', (value, expected) =>
    expect(
      translate(
        { response: { status: 429, headers: new Headers({ 'retry-after': value }), data: '' } },
        asked,
      ).retryAfterMs,
    ).toEqual(expected),
  )
  it('calls a page of a proxy a page, and a page of Google not', () => {
    const page = (title: string) => ({
      response: { status: 403, data: `<!DOCTYPE html><html><head><title>${title}</title></head></html>` },
    })
    expect(translate(page('Blocked by policy'), asked).problem).toBe('not-google')
    expect(translate(page('Error 403 (Forbidden)!!1'), asked).problem).toBe('permission-denied')
  })
})

describe('an answer', () => {
  const read = (status: number, text: string, promised?: 'json' | 'nothing-or-json') => {
    try {
      return readAnswer({ status, text }, asked, promised)
    } catch (error) {
      return error as GoogleApiError
    }
  }
  it('of Google is a JSON object, or nothing where nothing belongs', () => {
    expect(read(200, '{"a":1}')).toEqual({ a: 1 })
    expect(read(204, '', 'nothing-or-json')).toEqual({})
    expect(read(200, '{}', 'nothing-or-json')).toEqual({})
  })
  it.each([
    [200, '<!DOCTYPE html><html>Sign in</html>', 'json', 'a web page of', false],
    [200, '<!DOCTYPE html><html>Sign in</html>', 'nothing-or-json', 'a web page of', false],
    [200, '', 'json', 'it is empty', true],
    [200, '', 'nothing-or-json', 'it is empty', true],
    [204, '', 'json', 'it is empty', true],
    [200, '{"items": [{"na', 'json', 'unfinished', true],
    [200, 'ok', 'json', 'text of 2 characters', false],
    [200, '"ok"', 'json', 'not an object', false],
  ] as const)('%s %j where %s belongs is not', (status, text, promised, words, isRetryable) => {
    const error = read(status, text, promised)
    expect(error).toMatchObject({
      code: 'GOOGLE_API',
      reason: 'notGoogle',
      problem: 'not-google',
      isRetryable,
    })
    expect((error as Error).message).toContain(words)
    expect((error as Error).message).toContain("is not Google's")
    expect((error as Error).message).not.toContain('Sign in')
  })
})

describe('secrets', () => {
  const key = JSON.stringify({
    type: 'service_account',
    private_key_id: '0123456789abcdef0123456789abcdef01234567',
    private_key: '-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n',
  })
  it.each([
    [`x ${key}`],
    ['{"access_token":"abc.def-123","expires_in":1}'],
    ['grant_type=x&subject_token=abcdefgh.ijk&y=1'],
    ['https://user:abc.def-123@proxy.example:3128'],
    [`ghp_${'a'.repeat(36)}`],
    [JSON.stringify(key)],
  ])('are taken out of %j', (text) =>
    expect(hideSecrets(text)).not.toMatch(/MIIE|0123456789abcdef0123|abc\.def|abcdefgh|aaaaaaaa/),
  )
  it.each([[key], [`eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.sig`], ['-----BEGIN PRIVATE KEY-----']])(
    'pasted into a wrong input are not echoed',
    (given) => {
      const { message } = wrongValue('workload-identity-provider', given, 'the name of a provider')
      expect(message).toBe(
        `Reading input workload-identity-provider: a text of ${given.length} characters that looks like a key or a token is not the name of a provider; correct it in the step's "with".`,
      )
    },
  )
  it('leave an ordinary value alone', () =>
    expect(wrongValue('main', 'gs://b/x.py', 'y').message).toContain('"gs://b/x.py"'))
})
