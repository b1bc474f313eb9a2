/**
 * Names, claims, conditions and rights that are refused, each with Google's code and reason; hostile names
 * that are allowed come back unharmed.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AccessDecision } from '../../../local/cloud/kernel.ts'
import type { TestCloud } from '../../support/cloud.ts'
import {
  bucket,
  caller,
  mediaPath,
  multipart,
  multipartPath,
  objectPath,
  reasonOf,
  resumablePath,
  startStorage,
  type Answer,
} from './support.ts'

let cloud: TestCloud
beforeAll(async () => {
  cloud = await startStorage()
})
afterAll(() => cloud.close())
const call = caller(() => cloud)

describe('object names', () => {
  it.each([
    ['parent steps', 'a/../../../etc/passwd'],
    ['an absolute path', '/etc/passwd'],
    ['a NUL', 'nul\u0000byte'],
    ['1024 bytes', 'x'.repeat(1024)],
    ['two slashes', 'a//b'],
    ['percent signs', '100%25%2F'],
    ['query characters', 'a?b#c&d=e+f'],
    ['unicode beyond the first plane', '😀/ÿ/\uffee'],
    ['quotes and backslashes', '"\\\'`$(x)'],
    ['a proto key', '__proto__'],
  ])('keeps %s as they are', async (_what, name) => {
    const created = await call('POST', mediaPath(name), { body: `content of ${name}` })
    expect([created.status, created.json.name]).toEqual([200, name])
    expect((await call('GET', `${objectPath(name)}?alt=media`)).text).toBe(`content of ${name}`)
    expect(
      (await call('GET', `/storage/v1/b/${bucket}/o?prefix=${encodeURIComponent(name)}`)).json.items.map(
        (item: { name: string }) => item.name,
      ),
    ).toContain(name)
  })

  it('never become file names', async () => {
    await call('POST', mediaPath('find-me-on-disk'), { body: 'x' })
    const files = await readdir(join(cloud.stateDir, 'storage'), { recursive: true })
    expect(files.filter((file) => file.includes('find-me') || file.includes('passwd'))).toEqual([])
  })

  it.each([
    ['empty', ''],
    ['CR', 'a\rb'],
    ['LF', 'a\nb'],
    ['longer than 1024 bytes', 'é'.repeat(513)],
    ['one dot', '.'],
    ['two dots', '..'],
    ['ACME challenges', '.well-known/acme-challenge/x'],
  ])('refuses %s with 400', async (_what, name) => {
    expect((await call('POST', mediaPath(name), { body: 'x' })).status).toBe(400)
    expect((await call('POST', resumablePath(name), { body: {} })).status).toBe(400)
  })

  it('refuses half a surrogate pair in JSON', async () => {
    expect((await call('POST', multipartPath, multipart('{"name":"\\ud800"}', 'x'))).status).toBe(400)
  })

  it('lists in the order of UTF-8 bytes', async () => {
    for (const name of ['o/\u{1f600}', 'o/\uffee', 'o/z']) await call('POST', mediaPath(name), { body: 'x' })
    const { json } = await call('GET', `/storage/v1/b/${bucket}/o?prefix=o/`)
    expect(json.items.map((item: { name: string }) => item.name)).toEqual(['o/z', 'o/\uffee', 'o/\u{1f600}'])
  })
})

it('lists as gcloud asks: folders among the prefixes, where there is no folder resource', async () => {
  await call('POST', mediaPath('tree/leaf'), { body: 'x' })
  const list = (more: string) =>
    call('GET', `/storage/v1/b/${bucket}/o?delimiter=/&prefix=tr${more}`).then(({ json }) => json.prefixes)
  expect([await list('&includeFoldersAsPrefixes=true'), await list('')]).toEqual([['tree/'], ['tree/']])
})

describe('uploads', () => {
  it.each(['\r\n', '\n'])(
    'reads multipart with line end %j and content that looks like a boundary',
    async (lineEnd) => {
      const content = `--===b=\r\nline\n\r--===b`
      const answer = await call('POST', multipartPath, multipart('{"name":"tricky"}', content, lineEnd))
      expect([answer.status, answer.json.contentType]).toEqual([200, 'text/plain'])
      expect((await call('GET', `${objectPath('tricky')}?alt=media`)).text).toBe(content)
    },
  )

  it.each(['"===b=="', "'===b=='", '===b=='])(
    'reads the boundary as clients write it: %s',
    async (boundary) => {
      const answer = await call('POST', multipartPath, {
        ...multipart('{"name":"quoted"}', 'x'),
        headers: { 'content-type': `multipart/related; boundary=${boundary}` },
      })
      expect([answer.status, answer.json.size]).toEqual([200, '1'])
    },
  )

  const wrong: [string, () => Promise<Answer>, string][] = [
    [
      'a wrong MD5 in the resource',
      () =>
        call('POST', multipartPath, multipart('{"name":"bad","md5Hash":"1B2M2Y8AsgTpgAmY7PhCfg=="}', 'x')),
      'invalid',
    ],
    [
      'a wrong CRC32C in the resource',
      () => call('POST', multipartPath, multipart('{"name":"bad","crc32c":"AAAAAA=="}', 'x')),
      'invalid',
    ],
    [
      'a wrong x-goog-hash',
      () => call('POST', mediaPath('bad'), { body: 'x', headers: { 'x-goog-hash': 'crc32c=AAAAAA==' } }),
      'invalid',
    ],
    [
      'a wrong Content-MD5',
      () =>
        call('POST', mediaPath('bad'), { body: 'x', headers: { 'content-md5': '1B2M2Y8AsgTpgAmY7PhCfg==' } }),
      'invalid',
    ],
    [
      'a body without its last boundary',
      () =>
        call('POST', multipartPath, {
          ...multipart('{"name":"bad"}', 'x'),
          body: '--===b==\r\n\r\n{"name":"bad"}\r\n--===b==\r\n\r\nx',
        }),
      'badContent',
    ],
    ['metadata that is not JSON', () => call('POST', multipartPath, multipart('{name}', 'x')), 'parseError'],
    [
      'an unknown field',
      () => call('POST', multipartPath, multipart('{"name":"bad","colour":"red"}', 'x')),
      'invalid',
    ],
    [
      'a header in a content type',
      () => call('POST', multipartPath, multipart('{"name":"bad","contentType":"a\\r\\nx-evil: 1"}', 'x')),
      'invalid',
    ],
    [
      'ACLs on a bucket with uniform access',
      () => call('POST', mediaPath('bad', '&predefinedAcl=publicRead'), { body: 'x' }),
      'invalid',
    ],
    [
      'an unknown upload type',
      () => call('POST', `/upload/storage/v1/b/${bucket}/o?uploadType=ftp&name=bad`, { body: 'x' }),
      'invalidParameter',
    ],
    [
      'an insert at the metadata address',
      () => call('POST', `/storage/v1/b/${bucket}/o`, { body: { name: 'bad' } }),
      'wrongUrlForUpload',
    ],
    [
      'a precondition that is no number',
      () => call('POST', mediaPath('bad', '&ifGenerationMatch=zero'), { body: 'x' }),
      'invalidParameter',
    ],
  ]
  it.each(wrong)('refuses %s and leaves nothing behind', async (_what, request, reason) => {
    const answer = await request()
    expect([answer.status, reasonOf(answer)]).toEqual([400, reason])
    expect((await call('GET', objectPath('bad'))).status).toBe(404)
  })

  it('accepts what matches: md5, crc32c, x-goog-hash', async () => {
    const answer = await call('POST', mediaPath('good'), {
      body: '0123456789',
      headers: { 'x-goog-hash': 'crc32c=KAwGng==,md5=eB5eJF1ptWaXm4bijSPyxw==' },
    })
    expect(answer.json).toMatchObject({ crc32c: 'KAwGng==', md5Hash: 'eB5eJF1ptWaXm4bijSPyxw==' })
    expect(answer.headers.get('x-goog-hash')).toBe('crc32c=KAwGng==,md5=eB5eJF1ptWaXm4bijSPyxw==')
  })
})

describe('preconditions', () => {
  let generation = ''
  beforeAll(async () => {
    generation = (await call('POST', mediaPath('pre'), { body: 'x' })).json.generation
  })

  it.each<[string, string, () => string, number]>([
    ['GET', '', () => `ifGenerationMatch=${generation}`, 200],
    ['GET', '', () => 'ifGenerationMatch=1', 412],
    ['GET', '', () => `ifGenerationNotMatch=${generation}`, 304],
    ['GET', '', () => 'ifMetagenerationMatch=1', 200],
    ['GET', '', () => 'ifMetagenerationMatch=2', 412],
    ['GET', '', () => 'ifMetagenerationNotMatch=1', 304],
    ['PATCH', '', () => 'ifMetagenerationMatch=7', 412],
    ['PATCH', '', () => `ifGenerationNotMatch=${generation}`, 412],
    ['POST', `/rewriteTo/b/${bucket}/o/pre2`, () => 'ifSourceGenerationMatch=1', 412],
    ['POST', `/rewriteTo/b/${bucket}/o/pre2`, () => 'ifSourceMetagenerationNotMatch=1', 412],
    ['POST', `/rewriteTo/b/${bucket}/o/pre`, () => 'ifGenerationMatch=0', 412],
    ['POST', `/moveTo/o/pre3`, () => 'ifSourceGenerationMatch=1', 412],
    ['POST', `/copyTo/b/${bucket}/o/pre4`, () => 'ifGenerationNotMatch=0', 412],
    ['POST', `/rewriteTo/b/${bucket}/o/pre2`, () => 'sourceGeneration=1', 404],
  ])('%s %s judges %s', async (method, path, query, status) => {
    expect(
      (await call(method, `${objectPath('pre')}${path}?${query()}`, method === 'GET' ? {} : { body: {} }))
        .status,
    ).toBe(status)
  })

  it('lets exactly one of many concurrent creators win, and one of many updaters per generation', async () => {
    for (let round = 0; round < 5; round++) {
      const name = `race/${round}`
      const created = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          call('POST', mediaPath(name, '&ifGenerationMatch=0'), { body: `writer ${index}` }),
        ),
      )
      const winners = created.filter((answer) => answer.status === 200)
      expect([winners.length, created.filter((answer) => answer.status === 412).length]).toEqual([1, 11])
      const next = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          call('POST', mediaPath(name, `&ifGenerationMatch=${winners[0]!.json.generation}`), {
            body: `update ${index}`,
          }),
        ),
      )
      expect(next.filter((answer) => answer.status === 200).length).toBe(1)
    }
  })
})

describe('rights', () => {
  beforeAll(async () => {
    await call('POST', mediaPath('right/theirs'), { body: 'x' })
  })

  const denied: [string, Parameters<typeof call>, string][] = [
    ['reading', ['GET', objectPath('right/theirs'), { as: 'analyst' }], 'storage.objects.get'],
    [
      'downloading',
      ['GET', `${objectPath('right/theirs')}?alt=media`, { as: 'analyst' }],
      'storage.objects.get',
    ],
    ['listing', ['GET', `/storage/v1/b/${bucket}/o`, { as: 'analyst' }], 'storage.objects.list'],
    [
      'overwriting with the right to create only',
      ['POST', mediaPath('right/theirs'), { as: 'analyst', body: 'y' }],
      'storage.objects.delete',
    ],
    [
      'overwriting by a resumable upload',
      ['POST', resumablePath('right/theirs'), { as: 'analyst', body: {} }],
      'storage.objects.delete',
    ],
    ['creating', ['POST', mediaPath('right/new'), { as: 'spark', body: 'y' }], 'storage.objects.create'],
    ['deleting', ['DELETE', objectPath('right/theirs'), { as: 'spark' }], 'storage.objects.delete'],
    ['patching', ['PATCH', objectPath('right/theirs'), { as: 'spark', body: {} }], 'storage.objects.update'],
    [
      'rewriting what may not be read',
      [
        'POST',
        `${objectPath('right/theirs')}/rewriteTo/b/${bucket}/o/right%2Fmine`,
        { as: 'analyst', body: {} },
      ],
      'storage.objects.get',
    ],
    [
      'rewriting where nothing may be created',
      [
        'POST',
        `${objectPath('right/theirs')}/rewriteTo/b/${bucket}/o/right%2Fmine`,
        { as: 'spark', body: {} },
      ],
      'storage.objects.create',
    ],
    [
      'moving',
      ['POST', `${objectPath('right/theirs')}/moveTo/o/right%2Fmine`, { as: 'spark', body: {} }],
      'storage.objects.move',
    ],
    ['seeing a bucket', ['GET', `/storage/v1/b/${bucket}`, { as: 'analyst' }], 'storage.buckets.get'],
    ['listing buckets', ['GET', '/storage/v1/b?project=caec-local', { as: 'spark' }], 'storage.buckets.list'],
    [
      'creating a bucket',
      ['POST', '/storage/v1/b?project=caec-local', { as: 'spark', body: { name: 'sparks-own' } }],
      'storage.buckets.create',
    ],
    [
      'listing outside the allowed prefix',
      ['GET', '/storage/v1/b/caec-local-dags/o?prefix=plugins/', { as: 'composer' }],
      'storage.objects.list',
    ],
    [
      'reading a missing object without the right to list',
      ['GET', objectPath('dags/none', 'caec-local-dags'), { as: 'composer' }],
      'storage.objects.list',
    ],
    [
      'downloading a missing object without the right to list',
      ['GET', `${objectPath('dags/none', 'caec-local-dags')}?alt=media`, { as: 'composer' }],
      'storage.objects.list',
    ],
    [
      'listing without a prefix where one is demanded',
      ['GET', '/storage/v1/b/caec-local-dags/o', { as: 'composer' }],
      'storage.objects.list',
    ],
  ]
  it.each(denied)('denies %s, naming the permission', async (_what, request, permission) => {
    const answer = await call(...request)
    expect([answer.status, reasonOf(answer)]).toEqual([403, 'forbidden'])
    expect(answer.json.error.message).toContain(permission)
  })

  it('allows listing below the allowed prefix', async () => {
    expect(
      (await call('GET', '/storage/v1/b/caec-local-dags/o?prefix=dags/', { as: 'composer' })).status,
    ).toBe(200)
  })

  it('asks for create and delete on the target and get on the source of a rewrite that overwrites', async () => {
    const decisions: AccessDecision[] = []
    const stop = cloud.cloud.access.onDecision((decision) => decisions.push(decision))
    await call('POST', `${objectPath('right/theirs')}/rewriteTo/b/${bucket}/o/good`, { body: {} })
    stop()
    expect(
      decisions.map(({ permission, resource }) => `${permission} ${resource.name.split('/objects/')[1]}`),
    ).toEqual([
      'storage.objects.get right/theirs',
      'storage.objects.create good',
      'storage.objects.delete good',
    ])
  })

  it('answers 401 without a token, everywhere', async () => {
    for (const path of [
      objectPath('right/theirs'),
      `/storage/v1/b/${bucket}`,
      `/b/${bucket}/o`,
      `/download${objectPath('right/theirs')}?alt=media`,
    ]) {
      expect((await fetch(cloud.origin + path)).status).toBe(401)
    }
    expect((await fetch(cloud.origin + mediaPath('x'), { method: 'POST', body: 'x' })).status).toBe(401)
  })

  it('answers 401 inside a batch whose inner call carries a wrong token', async () => {
    const body = `--B\r\nContent-Type: application/http\r\n\r\nGET ${objectPath('right/theirs')} HTTP/1.1\r\nAuthorization: Bearer wrong\r\n\r\n\r\n--B--`
    expect(
      (
        await call('POST', '/batch/storage/v1', {
          body,
          headers: { 'content-type': 'multipart/mixed; boundary=B' },
        })
      ).text,
    ).toContain('HTTP/1.1 401')
  })
})

describe('what is not implemented', () => {
  it.each([
    [`/storage/v1/b/${bucket}/o?matchGlob=**`, 'matchGlob'],
    [`/storage/v1/b/${bucket}/o/x?softDeleted=true`, 'softDeleted'],
    [`/storage/v1/b/${bucket}/managedFolders`, 'storage.managedFolders.list'],
    [`/storage/v1/b/${bucket}/iam`, 'storage.buckets.getIamPolicy'],
    [`/storage/v1/b/${bucket}/nonsense/x/y`, '/nonsense/x/y'],
  ])('%s is 501 and says %s', async (path, name) => {
    const answer = await call('GET', path)
    expect([answer.status, reasonOf(answer)]).toEqual([501, 'notImplemented'])
    expect(answer.json.error.message).toContain(name)
  })

  it('refuses object holds and bucket settings that would do nothing', async () => {
    expect((await call('PATCH', objectPath('good'), { body: { temporaryHold: true } })).status).toBe(501)
    const patch = (body: object) => call('PATCH', `/storage/v1/b/${bucket}`, { body })
    for (const [field, value] of Object.entries({
      versioning: { enabled: true },
      iamConfiguration: { publicAccessPrevention: 'inherited' },
      location: 'EU',
      name: 'another-bucket',
      softDeletePolicy: null,
    })) {
      const { status, json } = await patch({ [field]: value })
      expect([field, status, json.error.message]).toEqual([
        field,
        501,
        `The bucket field '${field}' with this value is not implemented by the local cloud.`,
      ])
    }
    const made = { name: 'a-public-bucket', iamConfiguration: { publicAccessPrevention: 'inherited' } }
    expect((await call('POST', '/storage/v1/b?project=caec-local', { body: made })).status).toBe(501)
    expect((await patch({ labels: { team: 'a' } })).json.labels).toEqual({ team: 'a' })
    const asItIs = (await call('GET', `/storage/v1/b/${bucket}`)).json
    const { name, iamConfiguration, softDeletePolicy } = asItIs
    const again = { name, iamConfiguration, softDeletePolicy, location: asItIs.location.toLowerCase() }
    expect((await patch(again)).status).toBe(200)
    const later = { enabled: true, lockedTime: '2000-01-01T00:00:00.000Z' }
    const moved = { iamConfiguration: { ...iamConfiguration, uniformBucketLevelAccess: later } }
    expect((await patch(moved)).status).toBe(501)
  })

  it('refuses a body that names another object than the address', async () => {
    const compose = { sourceObjects: [{ name: 'good' }], destination: { name: 'other' } }
    for (const [method, path, body, field] of [
      ['PATCH', objectPath('good'), { name: 'other' }, 'name'],
      ['PUT', objectPath('good'), { bucket: 'other' }, 'bucket'],
      ['POST', `${objectPath('composed')}/compose`, compose, 'name'],
    ] as const) {
      const answer = await call(method, path, { body })
      expect([answer.status, answer.json.error.message]).toEqual([
        400,
        `Value for field '${field}' does not match the request.`,
      ])
    }
  })

  it('refuses ACLs in the words Google uses for uniform access', async () => {
    expect((await call('GET', `${objectPath('good')}/acl`)).json.error.message).toMatch(
      /^Cannot get legacy ACL for an object when uniform bucket-level access is enabled/,
    )
  })

  it('writes no token to disk or log', async () => {
    const token = cloud.tokenFor('data-eng')
    await cloud.fetchAs('data-eng', resumablePath('token-check'), { method: 'POST', body: {} })
    const journal = await readFile(join(cloud.stateDir, 'storage', 'journal.ndjson'), 'utf8')
    expect(journal).not.toContain('ya29.')
    expect(cloud.lines.join('\n')).not.toContain(token.slice(0, 12))
  })
})
