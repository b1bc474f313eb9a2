/**
 * Cloud Storage as the actions need it: list, read, write, relabel, delete, each guarded by a generation. It
 * refuses unguarded changes and returns plain values.
 */
import { createHash } from 'node:crypto'
import { CRC32C, Storage as Client, type File } from '@google-cloud/storage'
import { GoogleApiError } from '../errors.ts'
import type { Google } from './connect.ts'
import { translate } from './translate.ts'

export interface StoredObject {
  readonly name: string
  readonly sizeBytes: number
  readonly generation: string
  readonly metageneration: string
  readonly crc32c: string
  /** Absent for composite objects. */
  readonly md5?: string
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
  write(
    bucket: string,
    name: string,
    data: Buffer,
    options: { ifGeneration: Generation; contentType: string; metadata?: Record<string, string> },
  ): Promise<{ generation: Generation }>
  setMetadata(
    bucket: string,
    name: string,
    metadata: Record<string, string>,
    guard: { ifMetageneration: string; ifGeneration: Generation },
  ): Promise<void>
  remove(bucket: string, name: string, guard: { ifGeneration: Generation }): Promise<void>
}

export function openStorage(google: Google): ObjectStorage {
  const override = google.endpoints.overrides.find(({ api }) => api === 'storage')
  const client = new Client({
    projectId: google.projectId,
    authClient: google.client,
    // Without the flag the client sends no token to a custom endpoint.
    ...(override
      ? { apiEndpoint: override.root, useAuthWithCustomEndpoint: true }
      : { apiEndpoint: google.endpoints.root('storage'), useAuthWithCustomEndpoint: true }),
    retryOptions: {
      autoRetry: true,
      maxRetries: 5,
      retryDelayMultiplier: 2,
      maxRetryDelay: 20,
      totalTimeout: 300,
    },
  })
  const file = (bucket: string, name: string, generation?: Generation): File =>
    client.bucket(bucket).file(name, generation === undefined ? {} : { generation })
  const asking = async <T>(method: string, resource: string, ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask()
    } catch (error) {
      throw translate(error, { method: `storage.objects.${method}`, resource })
    }
  }
  const uri = (bucket: string, name: string) => `gs://${bucket}/${name}`
  return {
    list: (bucket, prefix) =>
      asking('list', uri(bucket, prefix), async () => {
        const [files] = await client.bucket(bucket).getFiles({ prefix, autoPaginate: true, maxResults: 1000 })
        return files.map((found) => shape(found.metadata))
      }),
    stat: async (bucket, name) => {
      try {
        return await asking('get', uri(bucket, name), async () =>
          shape((await file(bucket, name).getMetadata())[0]),
        )
      } catch (error) {
        // An object that is there never asks for the right to list, so this refusal means that there is none.
        if (
          error instanceof GoogleApiError &&
          (error.status === 404 || (error.status === 403 && /\bstorage\.objects\.list\b/.test(error.message)))
        )
          return undefined
        throw error
      }
    },
    read: (bucket, name, range = {}) =>
      asking('get', uri(bucket, name), async () => {
        // Validation needs the whole object.
        const [content] = await file(bucket, name, range.generation).download({
          ...(range.startByte ? { start: range.startByte, validation: false } : { validation: 'crc32c' }),
          decompress: false,
        })
        return content
      }),
    write: (bucket, name, data, options) =>
      asking('insert', uri(bucket, name), async () => {
        const target = file(bucket, name)
        await target.save(data, {
          resumable: data.length > 8 * 1024 * 1024,
          validation: 'crc32c',
          contentType: options.contentType,
          preconditionOpts: { ifGenerationMatch: Number(options.ifGeneration) },
          metadata: { cacheControl: 'no-cache', metadata: options.metadata },
        })
        return { generation: String(target.metadata.generation) }
      }),
    setMetadata: (bucket, name, metadata, guard) =>
      asking('patch', uri(bucket, name), async () => {
        await file(bucket, name).setMetadata(
          { metadata },
          {
            ifMetagenerationMatch: Number(guard.ifMetageneration),
            ifGenerationMatch: Number(guard.ifGeneration),
          },
        )
      }),
    remove: (bucket, name, guard) =>
      asking('delete', uri(bucket, name), async () => {
        await file(bucket, name).delete({ ifGenerationMatch: Number(guard.ifGeneration) })
      }),
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

function shape(metadata: File['metadata']): StoredObject {
  const custom = Object.entries(metadata.metadata ?? {})
    .filter(([, value]) => value != null)
    .map(([key, value]): [string, string] => [key, String(value)])
  return {
    name: metadata.name ?? '',
    sizeBytes: Number(metadata.size ?? 0),
    generation: String(metadata.generation),
    metageneration: String(metadata.metageneration ?? ''),
    crc32c: metadata.crc32c ?? '',
    md5: metadata.md5Hash ?? undefined,
    metadata: Object.fromEntries(custom),
  }
}
