/**
 * Copy, rewrite, move and compose. Copies share the content on disk, so they cost one journal line; a rewrite
 * is always done in one call, as on Google within one location.
 */
import { createReadStream } from 'node:fs'
import { CloudError, type CloudRequest, type Reply } from '../kernel.ts'
import type { Catalog } from './catalog.ts'
import type { Guard } from './guard.ts'
import { metadataOf, newMetadata, readMetadata, requireAddress } from './metadata.ts'
import { requireObjectName } from './names.ts'
import { readNumber, readPreconditions, requirePreconditions } from './preconditions.ts'
import { objectResource } from './resources.ts'
import type { StoredObject } from './stored.ts'
import { diskError, type Writes } from './writes.ts'

export interface Copies {
  copy(request: CloudRequest): Promise<Reply>
  rewrite(request: CloudRequest): Promise<Reply>
  move(request: CloudRequest): Promise<Reply>
  compose(request: CloudRequest): Promise<Reply>
}

const composeLimit = 32

export function createCopies(catalog: Catalog, guard: Guard, writes: Writes, origin: string): Copies {
  function sourceOf(request: CloudRequest, bucket: string, permissions: readonly string[]): StoredObject {
    const name = request.params.sourceObject!
    const query = request.url.searchParams
    guard.requireParameters(request.principal, query, request.headers)
    catalog.bucket(bucket)
    for (const permission of permissions) guard.requireObject(request.principal, permission, bucket, name)
    const source = requireLive(catalog, bucket, name, readNumber(query, 'sourceGeneration'))
    requirePreconditions(readPreconditions(query, 'Source'), source)
    return source
  }

  async function duplicate(request: CloudRequest): Promise<{ source: StoredObject; object: StoredObject }> {
    const { sourceBucket, destinationBucket, destinationObject } = request.params
    const json = await request.json()
    const source = sourceOf(request, sourceBucket!, ['storage.objects.get'])
    // A body replaces the source's metadata as a whole, an empty one keeps it:
    // https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite
    const given = newMetadata(readMetadata(json))
    const isKept = Object.keys(given).length === 0
    const metadata = isKept ? { ...metadataOf(source), storageClass: undefined } : given
    const object = writes.create(request.principal, {
      bucket: destinationBucket!,
      name: requireObjectName(destinationObject!),
      content: contentOf(source),
      metadata,
      preconditions: readPreconditions(request.url.searchParams),
    })
    return { source, object }
  }

  return {
    async copy(request) {
      return { json: objectResource((await duplicate(request)).object, origin) }
    },
    async rewrite(request) {
      const query = request.url.searchParams
      if (query.get('rewriteToken'))
        throw new CloudError(400, 'invalid', 'Invalid rewrite token: rewrites here are done in one call.', {
          location: 'rewriteToken',
        })
      const limit = readNumber(query, 'maxBytesRewrittenPerCall')
      if (limit !== undefined && (Number(limit) <= 0 || Number(limit) % (1024 * 1024) !== 0))
        throw new CloudError(400, 'invalid', 'maxBytesRewrittenPerCall must be a positive multiple of 1 MiB.')
      const { object } = await duplicate(request)
      const size = String(object.size)
      return {
        json: {
          kind: 'storage#rewriteResponse',
          totalBytesRewritten: size,
          objectSize: size,
          done: true,
          resource: objectResource(object, origin),
        },
      }
    },
    async move(request) {
      const { bucket, sourceObject, destinationObject } = request.params
      const target = requireObjectName(destinationObject!)
      if (target === sourceObject)
        throw new CloudError(400, 'invalid', 'The source and destination object names must be different.')
      const source = sourceOf(request, bucket!, ['storage.objects.move', 'storage.objects.get'])
      const object = writes.create(
        request.principal,
        {
          bucket: bucket!,
          name: target,
          content: contentOf(source),
          metadata: metadataOf(source),
          preconditions: readPreconditions(request.url.searchParams),
        },
        { bucket: bucket!, name: source.name },
      )
      return { json: objectResource(object, origin) }
    },
    async compose(request) {
      const { bucket, object } = request.params
      const name = requireObjectName(object!)
      const json = await request.json()
      guard.requireParameters(request.principal, request.url.searchParams, request.headers)
      if (json.deleteSourceObjects === true)
        throw new CloudError(
          501,
          'notImplemented',
          'deleteSourceObjects of objects.compose is not implemented by the local cloud.',
        )
      const preconditions = readPreconditions(request.url.searchParams)
      const destination = (json.destination ?? {}) as Record<string, unknown>
      requireAddress(destination, { bucket: bucket!, name })
      const metadata = newMetadata(readMetadata(destination))
      const sources = readSources(json.sourceObjects).map(({ source, generation, generationMatch }) => {
        guard.requireObject(request.principal, 'storage.objects.get', bucket!, source)
        const found = requireLive(catalog, bucket!, source, generation)
        requirePreconditions({ generationMatch }, found)
        return found
      })
      writes.requireCreatable(request.principal, { bucket: bucket!, name, preconditions })
      const { id: blob, size, crc32c } = await concatenate(catalog, sources)
      const componentCount = sources.reduce((sum, source) => sum + (source.componentCount ?? 1), 0)
      const composed = writes.create(request.principal, {
        bucket: bucket!,
        name,
        content: { blob, size, crc32c, componentCount },
        metadata,
        preconditions,
      })
      return { json: objectResource(composed, origin) }
    },
  }
}

/** 404 in Google's words; a generation that is not the live one is gone, since versioning is off. */
export function requireLive(
  catalog: Catalog,
  bucket: string,
  name: string,
  generation: string | undefined,
): StoredObject {
  const object = catalog.find(bucket, name)
  if (object && (generation === undefined || generation === String(object.generation))) return object
  throw new CloudError(404, 'notFound', `No such object: ${bucket}/${name}`)
}

function contentOf({ blob, size, crc32c, md5Hash, componentCount }: StoredObject) {
  return { blob, size, crc32c, md5Hash, componentCount }
}

async function concatenate(catalog: Catalog, sources: readonly StoredObject[]) {
  const writer = catalog.blobs.writer()
  try {
    for (const source of sources) {
      if (source.size === 0) continue
      for await (const chunk of createReadStream(catalog.blobs.path(source.blob)))
        await writer.write(chunk as Buffer)
    }
    return await writer.finish()
  } catch (error) {
    await writer.discard()
    throw diskError(error)
  }
}

function readSources(value: unknown): { source: string; generation?: string; generationMatch?: string }[] {
  if (!Array.isArray(value) || value.length === 0)
    throw new CloudError(400, 'required', 'You must provide at least one source component.')
  if (value.length > composeLimit)
    throw new CloudError(
      400,
      'invalid',
      `The number of source components provided (${value.length}) exceeds the maximum (${composeLimit})`,
    )
  return value.map(
    (item: {
      name?: unknown
      generation?: unknown
      objectPreconditions?: { ifGenerationMatch?: unknown }
    }) => {
      if (typeof item?.name !== 'string')
        throw new CloudError(400, 'required', 'Each source component needs a name.')
      return {
        source: item.name,
        generation: readGeneration(item.generation),
        generationMatch: readGeneration(item.objectPreconditions?.ifGenerationMatch),
      }
    },
  )
}

function readGeneration(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (!/^\d{1,19}$/.test(String(value)))
    throw new CloudError(400, 'invalid', 'Invalid generation of a source component.')
  return String(BigInt(String(value)))
}
