/** `objects.*` that read, list or change one object in place, and its permission test. */
import { CloudError, type CloudRequest, type Reply } from '../kernel.ts'
import type { Catalog } from './catalog.ts'
import { requireLive } from './copies.ts'
import { download } from './downloads.ts'
import type { Guard } from './guard.ts'
import { listPage, readListQuery, writeToken } from './listing.ts'
import { applyMetadata, metadataOf, newMetadata, readMetadata, requireAddress } from './metadata.ts'
import {
  isModified,
  preconditionFailed,
  readNumber,
  readPreconditions,
  requirePreconditions,
} from './preconditions.ts'
import { etagOf, objectResource } from './resources.ts'
import type { StoredObject } from './stored.ts'
import type { Writes } from './writes.ts'

export interface Objects {
  get(request: CloudRequest): Promise<Reply>
  /** GET on `/download/…`, which serves content even without `alt=media`. */
  getMedia(request: CloudRequest): Promise<Reply>
  list(request: CloudRequest): Reply
  patch(request: CloudRequest): Promise<Reply>
  update(request: CloudRequest): Promise<Reply>
  remove(request: CloudRequest): Reply
  testPermissions(request: CloudRequest): Reply
}

export function createObjects(catalog: Catalog, guard: Guard, writes: Writes, origin: string): Objects {
  function live(request: CloudRequest, permissions: readonly string[]): StoredObject {
    const { bucket, object } = request.params
    const query = request.url.searchParams
    guard.requireParameters(request.principal, query, request.headers)
    catalog.bucket(bucket!)
    for (const permission of permissions) guard.requireObject(request.principal, permission, bucket!, object!)
    // Who may not list is not told that an object is missing: Google answers 403 instead of 404.
    if (catalog.find(bucket!, object!) === undefined)
      guard.requireBucket(request.principal, 'storage.objects.list', bucket!)
    return requireLive(catalog, bucket!, object!, readNumber(query, 'generation'))
  }

  async function read(request: CloudRequest, isMedia: boolean): Promise<Reply> {
    const alt = request.url.searchParams.get('alt') ?? 'json'
    if (alt !== 'json' && alt !== 'media')
      throw new CloudError(
        400,
        'invalidParameter',
        `Invalid value for parameter 'alt': ${alt.slice(0, 20)}`,
        { location: 'alt' },
      )
    const wantsContent = isMedia || alt === 'media'
    let object: StoredObject
    try {
      object = live(request, ['storage.objects.get'])
    } catch (error) {
      // Content requests get their 404 as text, not JSON.
      if (!wantsContent || !(error instanceof CloudError) || error.status !== 404) throw error
      return { status: 404, headers: { 'content-type': 'text/html; charset=UTF-8' }, body: error.message }
    }
    const etag = etagOf(object.generation, object.metageneration)
    const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
    if (ifMatch !== undefined && !namesEtag(ifMatch, etag)) throw preconditionFailed()
    const isFresh =
      isModified(readPreconditions(request.url.searchParams), object) &&
      !(ifNoneMatch !== undefined && namesEtag(ifNoneMatch, etag))
    if (!isFresh) return { status: 304, headers: { etag }, body: '' }
    return wantsContent
      ? await download(request, catalog, object)
      : { json: objectResource(object, origin), headers: { etag } }
  }

  async function change(request: CloudRequest, isPatch: boolean): Promise<Reply> {
    const json = await request.json()
    const object = live(request, ['storage.objects.get', 'storage.objects.update'])
    requirePreconditions(readPreconditions(request.url.searchParams), object)
    requireAddress(json, { bucket: object.bucket, name: object.name })
    const given = readMetadata(json)
    const metadata = isPatch ? applyMetadata(metadataOf(object), given) : newMetadata(given)
    return { json: objectResource(writes.replaceMetadata(object, metadata), origin) }
  }

  return {
    get: (request) => read(request, false),
    getMedia: (request) => read(request, true),
    list(request) {
      const { bucket } = request.params
      const query = request.url.searchParams
      catalog.bucket(bucket!)
      guard.requireList(request.principal, bucket!, query.get('prefix') ?? '')
      guard.requireParameters(request.principal, query, request.headers)
      const page = listPage(catalog.names(bucket!), readListQuery(query))
      const items = page.names.map((name) => objectResource(catalog.find(bucket!, name)!, origin))
      return {
        json: {
          kind: 'storage#objects',
          nextPageToken: page.next && writeToken(page.next),
          prefixes: page.prefixes.length > 0 ? page.prefixes : undefined,
          items: items.length > 0 ? items : undefined,
        },
      }
    },
    patch: (request) => change(request, true),
    update: (request) => change(request, false),
    remove(request) {
      const object = live(request, ['storage.objects.delete'])
      requirePreconditions(readPreconditions(request.url.searchParams), object)
      writes.remove(object)
      return { status: 204 }
    },
    testPermissions(request) {
      const { bucket, object } = request.params
      requireLive(catalog, bucket!, object!, readNumber(request.url.searchParams, 'generation'))
      return permissionAnswer(request, (permission) =>
        guard.allowsOnObject(request.principal, permission, bucket!, object!),
      )
    },
  }
}

export function permissionAnswer(request: CloudRequest, allows: (permission: string) => boolean): Reply {
  const asked = request.url.searchParams.getAll('permissions')
  if (asked.length === 0)
    throw new CloudError(400, 'required', 'Required parameter: permissions', { location: 'permissions' })
  for (const permission of asked) {
    if (!/^storage\.\w+\.\w+$/.test(permission))
      throw new CloudError(
        400,
        'invalid',
        `Permission ${permission.slice(0, 100)} is not valid for this resource.`,
        { location: 'permissions' },
      )
  }
  return { json: { kind: 'storage#testIamPermissionsResponse', permissions: asked.filter(allows) } }
}

function namesEtag(header: string, etag: string): boolean {
  return header.split(',').some((item) =>
    ['*', etag].includes(
      item
        .trim()
        .replace(/^W\//, '')
        .replace(/^"(.*)"$/, '$1'),
    ),
  )
}
