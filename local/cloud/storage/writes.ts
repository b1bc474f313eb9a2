/**
 * Turns finished contents into objects: permission, preconditions and the new generation in one synchronous
 * commit; an overwrite needs the right to delete.
 */
import { CloudError, type Principal } from '../kernel.ts'
import type { Catalog } from './catalog.ts'
import type { Guard } from './guard.ts'
import { requirePreconditions, type Preconditions } from './preconditions.ts'
import type { Change, ObjectMetadata, StoredObject } from './stored.ts'

export interface NewObject {
  readonly bucket: string
  readonly name: string
  readonly content: Pick<StoredObject, 'blob' | 'size' | 'crc32c' | 'md5Hash' | 'componentCount'>
  readonly metadata: ObjectMetadata
  readonly preconditions: Preconditions
  readonly uploadId?: string
}

export interface Writes {
  /** What can be known before the content arrives; throws the same refusals as `create`. */
  requireCreatable(principal: Principal, target: Pick<NewObject, 'bucket' | 'name' | 'preconditions'>): void
  /** `alsoRemove` vanishes in the same atomic step (moves). */
  create(
    principal: Principal,
    object: NewObject,
    alsoRemove?: { readonly bucket: string; readonly name: string },
  ): StoredObject
  replaceMetadata(object: StoredObject, metadata: ObjectMetadata): StoredObject
  remove(object: StoredObject): void
}

export function createWrites(catalog: Catalog, guard: Guard, now: () => number): Writes {
  const requireCreatable: Writes['requireCreatable'] = (principal, { bucket, name, preconditions }) => {
    catalog.bucket(bucket)
    guard.requireObject(principal, 'storage.objects.create', bucket, name)
    const current = catalog.find(bucket, name)
    if (current) guard.requireObject(principal, 'storage.objects.delete', bucket, name)
    requirePreconditions(preconditions, current)
  }
  return {
    requireCreatable,
    create(principal, { bucket, name, content, metadata, preconditions, uploadId }, alsoRemove) {
      requireCreatable(principal, { bucket, name, preconditions })
      const generation = catalog.nextGeneration()
      const nowMs = now()
      const object: StoredObject = {
        ...metadata,
        ...content,
        bucket,
        name,
        generation,
        metageneration: 1,
        storageClass: metadata.storageClass ?? catalog.bucket(bucket).storageClass,
        createdMs: nowMs,
        updatedMs: nowMs,
        classUpdatedMs: nowMs,
        uploadId,
      }
      const changes: Change[] = [{ kind: 'putObject', object }]
      if (alsoRemove) changes.push({ kind: 'removeObject', bucket: alsoRemove.bucket, name: alsoRemove.name })
      commit(catalog, changes)
      return object
    },
    replaceMetadata(object, metadata) {
      const {
        bucket,
        name,
        generation,
        blob,
        size,
        crc32c,
        md5Hash,
        componentCount,
        createdMs,
        classUpdatedMs,
        uploadId,
      } = object
      if (metadata.storageClass !== undefined && metadata.storageClass !== object.storageClass) {
        throw new CloudError(
          400,
          'invalid',
          'The storage class of an object can be changed by rewriting it only.',
        )
      }
      const next: StoredObject = {
        ...metadata,
        bucket,
        name,
        generation,
        metageneration: object.metageneration + 1,
        blob,
        size,
        crc32c,
        md5Hash,
        componentCount,
        storageClass: object.storageClass,
        createdMs,
        updatedMs: now(),
        classUpdatedMs,
        uploadId,
      }
      commit(catalog, [{ kind: 'putObject', object: next }])
      return next
    },
    remove: (object) => commit(catalog, [{ kind: 'removeObject', bucket: object.bucket, name: object.name }]),
  }
}

function commit(catalog: Catalog, changes: readonly Change[]): void {
  try {
    catalog.commit(changes)
  } catch (error) {
    throw diskError(error)
  }
}

/** A full disk is not our bug and not the client's: Google would say "try again later". */
export function diskError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return new CloudError(503, 'backendError', 'The disk that holds the local cloud is full.')
}
