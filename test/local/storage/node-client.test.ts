/** The real Node client against Storage over HTTP, with its own checksum validation switched on. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Storage, type File } from '@google-cloud/storage'
import { OAuth2Client } from 'google-auth-library'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'

let cloud: TestCloud
let storage: Storage

beforeAll(async () => {
  cloud = await startTestCloud({
    services: ['storage'],
    accessFile: join(import.meta.dirname, 'access.yaml'),
  })
  const authClient = new OAuth2Client()
  authClient.setCredentials({ access_token: cloud.tokenFor('data-eng'), expiry_date: Date.now() + 3_000_000 })
  storage = new Storage({
    apiEndpoint: cloud.origin,
    projectId: cloud.cloud.environment.project,
    useAuthWithCustomEndpoint: true,
    authClient,
    retryOptions: { autoRetry: false },
  })
})
afterAll(() => cloud.close())

const staging = () => storage.bucket(cloud.cloud.environment.buckets.staging)

describe('uploads', () => {
  it('stores a multipart upload and gives it back with matching checksums', async () => {
    const file = staging().file('node/multipart ü.txt')
    await file.save('hello, wörld', {
      resumable: false,
      validation: 'crc32c',
      contentType: 'text/plain',
      metadata: { metadata: { owner: 'node' } },
    })
    const [content] = await file.download({ validation: 'crc32c' })
    expect(content.toString()).toBe('hello, wörld')
    const [metadata] = await file.getMetadata()
    expect(metadata).toMatchObject({
      contentType: 'text/plain',
      size: '13',
      metadata: { owner: 'node' },
      metageneration: '1',
    })
  })

  it('stores resumable uploads of several chunks and of unknown length', async () => {
    const data = randomBytes(3 * 1024 * 1024 + 12345)
    for (const chunkSize of [1024 * 1024, undefined]) {
      const file = staging().file(`node/resumable-${chunkSize}`)
      const uri = await openSession(file)
      await pipeline(
        Readable.from(slices(data, 100_000)),
        file.createWriteStream({ uri, chunkSize, validation: 'crc32c' }),
      )
      expect((await file.download({ validation: 'crc32c' }))[0].equals(data)).toBe(true)
    }
  })

  it.each([true, false])('stores an empty object (resumable: %s)', async (isResumable) => {
    const file = staging().file(`node/empty-${isResumable}`)
    await file.save(Buffer.alloc(0), isResumable ? { uri: await openSession(file) } : { resumable: false })
    expect((await file.getMetadata())[0].size).toBe('0')
    expect((await file.download())[0].length).toBe(0)
  })

  it('refuses a second creation with ifGenerationMatch 0 as 412 conditionNotMet', async () => {
    const file = staging().file('node/once')
    const preconditionOpts = { ifGenerationMatch: 0 }
    await file.save('a', { resumable: false, preconditionOpts })
    await expect(file.save('b', { resumable: false, preconditionOpts })).rejects.toMatchObject({
      code: 412,
      errors: [{ reason: 'conditionNotMet' }],
    })
    await expect(file.createResumableUpload({ preconditionOpts })).rejects.toMatchObject({ status: 412 })
    expect((await file.download())[0].toString()).toBe('a')
  })
})

describe('reading and changing', () => {
  it('lists with prefix, delimiter and pages', async () => {
    for (const name of ['l/a/1', 'l/a/2', 'l/b', 'l/c/3'])
      await staging().file(name).save('x', { resumable: false })
    const [files, , answer] = await staging().getFiles({ prefix: 'l/', delimiter: '/', autoPaginate: false })
    expect(files.map((file) => file.name)).toEqual(['l/b'])
    expect((answer as { prefixes: string[] }).prefixes).toEqual(['l/a/', 'l/c/'])
    const paged: string[] = []
    let query: object | null = { prefix: 'l/', maxResults: 1, autoPaginate: false }
    while (query) {
      const [page, next]: [File[], object | null, unknown] = await staging().getFiles(query)
      paged.push(...page.map((file) => file.name))
      query = next
    }
    expect(paged).toEqual(['l/a/1', 'l/a/2', 'l/b', 'l/c/3'])
  })

  it('reads a range', async () => {
    const file = staging().file('node/range')
    await file.save('0123456789', { resumable: false })
    expect((await file.download({ start: 3, end: 5 }))[0].toString()).toBe('345')
  })

  it('copies, renames, combines, patches and deletes', async () => {
    const source = staging().file('node/source')
    await source.save('source', { resumable: false, contentType: 'text/x-source' })
    await source.copy(staging().file('node/copy'))
    expect((await staging().file('node/copy').getMetadata())[0].contentType).toBe('text/x-source')
    await staging().file('node/copy').moveFileAtomic(staging().file('node/moved'))
    expect((await staging().file('node/copy').exists())[0]).toBe(false)
    await staging().combine([source, staging().file('node/moved')], staging().file('node/combined'))
    expect((await staging().file('node/combined').download())[0].toString()).toBe('sourcesource')
    const [patched] = await source.setMetadata({ cacheControl: 'no-store', metadata: { k: 'v' } })
    expect(patched).toMatchObject({
      cacheControl: 'no-store',
      metadata: { k: 'v' },
      metageneration: '2',
      contentType: 'text/x-source',
    })
    await source.delete({ ifGenerationMatch: patched.generation })
    await expect(source.download()).rejects.toMatchObject({ code: 404 })
  })

  it('creates, shows, lists and deletes buckets', async () => {
    const [bucket] = await storage.createBucket('node-made-bucket', { location: 'us-central1' })
    expect((await bucket.getMetadata())[0]).toMatchObject({
      location: 'US-CENTRAL1',
      locationType: 'region',
      iamConfiguration: { uniformBucketLevelAccess: { enabled: true } },
    })
    expect((await storage.getBuckets())[0].map((each) => each.name)).toContain('node-made-bucket')
    await bucket.delete()
    expect((await bucket.exists())[0]).toBe(false)
  })

  it('answers which permissions the caller has', async () => {
    const [granted] = await staging().iam.testPermissions(['storage.objects.get'])
    expect(granted).toEqual({ 'storage.objects.get': true })
  })
})

/**
 * The client sends its token when it opens a session, but `save` and `createWriteStream` on another endpoint
 * drop it: the session's address is enough, as on Google.
 */
async function openSession(file: File): Promise<string> {
  return (await file.createResumableUpload())[0]
}

function* slices(data: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < data.length; at += size) yield data.subarray(at, at + size)
}
