/**
 * Cloud Storage as the actions need it: list, read, write, copy, relabel, delete, each guarded by a generation. It
 * refuses unguarded changes and returns plain values.
 */
import { createHash } from 'node:crypto'
import { CRC32C, Storage as Client, type File } from '@google-cloud/storage'
import type { Google } from './connect.ts'
import { allPages } from './pages.ts'
import { answeredBy, change, isMissing, notGoogles, repeat } from './storage-tries.ts'
import { carryRequests, download, upload } from './storage-transport.ts'
import type { Asked } from './translate.ts'

export interface StoredObject {
  readonly name: string
  readonly sizeBytes: number
  readonly generation: string
  readonly metageneration: string
  readonly crc32c: string
  /** Absent for composite objects. */
  readonly md5?: string
  /** When this version was written or relabelled, by Google's clock; NaN when the answer does not say. */
  readonly updatedMs: number
  readonly metadata: Readonly<Record<string, string>>
}
/** `'0'` means: only if the object does not exist. */
export type Generation = string

export interface ObjectStorage {
  list(bucket: string, prefix: string): Promise<StoredObject[]>
  /**
   * undefined when there is none, also for an identity that may read objects but not list them: Google
   * answers it 403 for a missing object.
   */
  stat(bucket: string, name: string): Promise<StoredObject | undefined>
  read(bucket: string, name: string, range?: { generation?: Generation; startByte?: number }): Promise<Buffer>
  /** The four changes: `stop` ends repeating, not the try that is on its way. */
  write(
    bucket: string,
    name: string,
    data: Buffer,
    options: {
      ifGeneration: Generation
      contentType: string
      metadata?: Readonly<Record<string, string>>
      stop?: AbortSignal
    },
  ): Promise<StoredObject>
  /** Inside the bucket, without the bytes coming here; the copy has this metadata and no other. */
  copy(
    bucket: string,
    from: { name: string; generation: Generation; crc32c: string },
    to: string,
    options: {
      ifGeneration: Generation
      contentType: string
      metadata: Readonly<Record<string, string>>
      stop?: AbortSignal
    },
  ): Promise<StoredObject>
  setMetadata(
    bucket: string,
    name: string,
    metadata: Readonly<Record<string, string>>,
    guard: { ifMetageneration: string; ifGeneration: Generation; stop?: AbortSignal },
  ): Promise<void>
  remove(bucket: string, name: string, guard: { ifGeneration: Generation; stop?: AbortSignal }): Promise<void>
}

/** What `shape` reads; a listing of many thousand objects need not carry more. */
const LISTED =
  'kind,nextPageToken,items(kind,name,size,generation,metageneration,crc32c,md5Hash,updated,metadata)'

export function openStorage(google: Google): ObjectStorage {
  const client = new Client({
    projectId: google.projectId,
    authClient: google.client,
    // Without the flag the client sends no token to a custom endpoint.
    apiEndpoint: google.endpoints.root('storage'),
    useAuthWithCustomEndpoint: true,
    // Repeated here, where a lost answer can be looked up before the next try.
    retryOptions: { autoRetry: false, maxRetries: 0 },
  })
  carryRequests(client, google)
  const file = (bucket: string, name: string, generation?: Generation): File =>
    client.bucket(bucket).file(name, generation === undefined ? {} : { generation })
  const uri = (bucket: string, name: string) => `gs://${bucket}/${name}`
  const asked = (method: string, bucket: string, name: string): Asked => ({
    method: `storage.objects.${method}`,
    resource: uri(bucket, name),
  })
  const log = (line: string) => google.log.info(line)
  const stat: ObjectStorage['stat'] = async (bucket, name) => {
    const call = asked('get', bucket, name)
    try {
      return await repeat(call, { log }, async () => {
        const [, answer] = await file(bucket, name).getMetadata()
        return shape((answer as { body?: unknown }).body, call, name)
      })
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }
  return {
    stat,
    list: async (bucket, prefix) => {
      const call = asked('list', bucket, prefix)
      const pages = await allPages(call, (pageToken) =>
        repeat(call, { log }, async () => {
          const [, , answer] = await client.bucket(bucket).getFiles({
            prefix,
            pageToken,
            maxResults: 1000,
            // One page per call: with paging of its own the library takes maxResults for the total.
            autoPaginate: false,
            fields: LISTED,
          })
          return answeredBy<ListPage>(answer, 'storage#objects', call)
        }),
      )
      return pages.flatMap(({ items = [] }) => items.map((item) => shape(item, call)))
    },
    read: (bucket, name, range = {}) => {
      const call = asked('get', bucket, name)
      return repeat(call, { log }, async () => {
        const { data, crc32c } = await download(google, bucket, name, range, call)
        // The checksum is that of the whole object, as it is stored.
        if (crc32c !== undefined && !range.startByte && digestsOf(data).crc32c !== crc32c)
          throw notGoogles(call, 'its content does not have the checksum it tells')
        return data
      })
    },
    write: (bucket, name, data, options) => {
      const call = asked('insert', bucket, name)
      const { crc32c } = digestsOf(data)
      const metadata = options.metadata ?? {}
      const isOurs = (object: StoredObject | undefined) =>
        object !== undefined &&
        object.crc32c === crc32c &&
        object.generation !== options.ifGeneration &&
        holds(object.metadata, metadata)
      return change(
        call,
        { log, stop: options.stop, sizeBytes: data.length },
        async () => {
          const { contentType, ifGeneration } = options
          const answer = await upload(
            google,
            { bucket, name, data },
            // With the checksum in the request Google compares before anything becomes visible.
            { contentType, cacheControl: 'no-cache', crc32c, metadata },
            { ifGenerationMatch: ifGeneration },
          )
          const written = shape(answer, call, name)
          if (!isOurs(written)) throw notGoogles(call, 'it tells a checksum or metadata that was not sent')
          return written
        },
        async () => {
          const object = await stat(bucket, name)
          return isOurs(object) ? object : undefined
        },
      )
    },
    copy: (bucket, from, to, options) => {
      const call = { method: 'storage.objects.rewrite', resource: `${uri(bucket, from.name)} → ${to}` }
      const isOurs = (object: StoredObject | undefined) =>
        object !== undefined &&
        object.crc32c === from.crc32c &&
        object.generation !== options.ifGeneration &&
        holds(object.metadata, options.metadata)
      return change(
        call,
        { log, stop: options.stop },
        async () => {
          const [, answer] = await file(bucket, from.name, from.generation).copy(file(bucket, to), {
            contentType: options.contentType,
            cacheControl: 'no-cache',
            metadata: { ...options.metadata },
            preconditionOpts: { ifGenerationMatch: Number(options.ifGeneration) },
          })
          const { resource } = answeredBy<{ resource?: unknown }>(answer, 'storage#rewriteResponse', call)
          const copied = shape(resource, call, to)
          if (!isOurs(copied))
            throw notGoogles(call, 'it tells a checksum or metadata that was not asked for')
          return copied
        },
        async () => {
          const object = await stat(bucket, to)
          return isOurs(object) ? object : undefined
        },
      )
    },
    setMetadata: async (bucket, name, metadata, guard) => {
      const call = asked('patch', bucket, name)
      const isOurs = (object: StoredObject | undefined) =>
        object !== undefined &&
        object.generation === guard.ifGeneration &&
        object.metageneration !== guard.ifMetageneration &&
        holds(object.metadata, metadata)
      await change(
        call,
        { log, stop: guard.stop },
        async () => {
          const [answer] = await file(bucket, name).setMetadata(
            { metadata: { ...metadata } },
            {
              ifMetagenerationMatch: Number(guard.ifMetageneration),
              ifGenerationMatch: Number(guard.ifGeneration),
            },
          )
          const patched = shape(answer, call, name)
          if (!isOurs(patched)) throw notGoogles(call, 'it tells metadata that was not sent')
          return patched
        },
        async () => {
          const object = await stat(bucket, name)
          return isOurs(object) ? object : undefined
        },
      )
    },
    remove: async (bucket, name, guard) => {
      const call = asked('delete', bucket, name)
      await change(
        call,
        { log, stop: guard.stop },
        async () => {
          const [answer] = await file(bucket, name).delete({ ifGenerationMatch: Number(guard.ifGeneration) })
          const { statusCode } = answer as unknown as { statusCode: number }
          if (statusCode !== 204) throw notGoogles(call, `it is ${statusCode} instead of 204`)
          return true
        },
        async () => (await stat(bucket, name)) === undefined || undefined,
      )
    },
  }
}

/** What Cloud Storage stores beside an object of these bytes. */
export function digestsOf(data: Buffer): { md5: string; crc32c: string } {
  const crc32c = new CRC32C()
  crc32c.update(data)
  return { md5: createHash('md5').update(data).digest('base64'), crc32c: crc32c.toString() }
}

/** Splits `gs://bucket/name`; undefined for anything else. */
export function parseUri(uri: string): { bucket: string; name: string } | undefined {
  const match = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])\/([^\r\n]+)$/.exec(uri)
  return match ? { bucket: match[1]!, name: match[2]! } : undefined
}

function holds(there: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => there[key] === value)
}

interface ListPage {
  readonly items?: readonly unknown[]
  readonly nextPageToken?: string
}
interface ObjectResource {
  readonly name?: string
  readonly size?: string
  readonly generation?: string
  readonly metageneration?: string
  readonly crc32c?: string
  readonly md5Hash?: string
  readonly updated?: string
  readonly metadata?: Readonly<Record<string, unknown>>
}

/** Refuses what is not an object of Cloud Storage, or another one than `name`. */
function shape(answer: unknown, call: Asked, name?: string): StoredObject {
  const object = answeredBy<ObjectResource>(answer, 'storage#object', call)
  const { generation = '', crc32c = '' } = object
  if (
    !/^[1-9]\d*$/.test(generation) ||
    crc32c === '' ||
    !object.name ||
    (name ?? object.name) !== object.name
  )
    throw notGoogles(call, 'it is an object without a name, generation or checksum, or another one')
  const custom = Object.entries(object.metadata ?? {})
    .filter(([, value]) => value != null)
    .map(([key, value]): [string, string] => [key, String(value)])
  return {
    name: object.name,
    sizeBytes: Number(object.size ?? 0),
    generation,
    metageneration: object.metageneration ?? '',
    crc32c,
    md5: object.md5Hash ?? undefined,
    updatedMs: Date.parse(object.updated ?? ''),
    metadata: Object.fromEntries(custom),
  }
}
