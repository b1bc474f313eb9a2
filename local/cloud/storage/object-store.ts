/**
 * Objects for the other rooms of this cloud: the same permissions and the same commit as over HTTP, without
 * the wire. It hands out no object the principal may not read.
 */
import { createReadStream } from 'node:fs'
import type { Principal } from '../kernel.ts'
import type { Catalog } from './catalog.ts'
import type { Guard } from './guard.ts'
import { listPage } from './listing.ts'
import { requireObjectName } from './names.ts'
import type { StoredObject } from './stored.ts'
import { diskError, type Writes } from './writes.ts'

export interface ObjectFile {
  /**
   * An immutable file that holds exactly the object's bytes; it stays readable for some minutes after the
   * object is replaced.
   */
  readonly path: string
  readonly size: number
  /** Decimal, as in the JSON API. */
  readonly generation: string
}
export interface ObjectStat extends ObjectFile {
  readonly md5Hash: string | undefined
  readonly crc32c: string
  readonly updatedMs: number
  readonly contentType: string | undefined
}
export interface ListedObject extends ObjectFile {
  readonly name: string
}

export interface ObjectStore {
  /**
   * Needs `storage.objects.get`; `undefined` when there is no such object, 404 when there is no such bucket.
   */
  stat(principal: Principal, bucket: string, name: string): Promise<ObjectStat | undefined>
  /**
   * All objects below the prefix in listing order. Needs `storage.objects.list`, and `storage.objects.get` on
   * each, since it gives out content.
   */
  list(principal: Principal, bucket: string, prefix: string): Promise<ListedObject[]>
  /** Needs `storage.objects.create`, and `storage.objects.delete` to overwrite. */
  put(
    principal: Principal,
    bucket: string,
    name: string,
    data: Buffer | string,
    contentType: string,
  ): Promise<{ readonly generation: string }>
  /** The same with the bytes of a file. */
  putFile(
    principal: Principal,
    bucket: string,
    name: string,
    file: string,
    contentType: string,
  ): Promise<{ readonly generation: string }>
  /** Whether an object of this name, or with `after` given of such a beginning and end, is there; asks for no right. */
  hasLike(bucket: string, before: string, after?: string): boolean
}

export function createObjectStore(catalog: Catalog, guard: Guard, writes: Writes): ObjectStore {
  const file = (object: StoredObject): ObjectFile => ({
    path: catalog.blobs.path(object.blob),
    size: object.size,
    generation: String(object.generation),
  })
  const put = async (
    principal: Principal,
    bucket: string,
    name: string,
    chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
    contentType: string,
  ): Promise<{ generation: string }> => {
    writes.requireCreatable(principal, { bucket, name: requireObjectName(name), preconditions: {} })
    const writer = catalog.blobs.writer()
    try {
      for await (const chunk of chunks) await writer.write(chunk)
      const { id: blob, ...digests } = await writer.finish()
      const object = writes.create(principal, {
        bucket,
        name,
        content: { blob, ...digests },
        metadata: { contentType },
        preconditions: {},
      })
      return { generation: String(object.generation) }
    } catch (error) {
      await writer.discard()
      throw diskError(error)
    }
  }
  return {
    async stat(principal, bucket, name) {
      catalog.bucket(bucket)
      guard.requireObject(principal, 'storage.objects.get', bucket, name)
      const object = catalog.find(bucket, name)
      return (
        object && {
          ...file(object),
          md5Hash: object.md5Hash,
          crc32c: object.crc32c,
          updatedMs: object.updatedMs,
          contentType: object.contentType,
        }
      )
    },
    async list(principal, bucket, prefix) {
      catalog.bucket(bucket)
      guard.requireList(principal, bucket, prefix)
      const { names } = listPage(catalog.names(bucket), {
        prefix,
        delimiter: '',
        startOffset: '',
        isTrailingDelimiterIncluded: false,
        maxResults: Infinity,
      })
      return names.map((name) => {
        guard.requireObject(principal, 'storage.objects.get', bucket, name)
        return { name, ...file(catalog.find(bucket, name)!) }
      })
    },
    put: (principal, bucket, name, data, contentType) =>
      put(principal, bucket, name, [Buffer.from(data)], contentType),
    putFile: (principal, bucket, name, path, contentType) =>
      put(principal, bucket, name, createReadStream(path), contentType),
    hasLike(bucket, before, after) {
      catalog.bucket(bucket)
      if (after === undefined) return catalog.find(bucket, before) !== undefined
      const shortest = before.length + after.length
      const isLike = (name: string) =>
        name.length >= shortest && name.startsWith(before) && name.endsWith(after)
      return catalog.names(bucket).some(isLike)
    },
  }
}
