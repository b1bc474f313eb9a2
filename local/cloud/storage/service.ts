/**
 * Cloud Storage's JSON API over objects on disk: the table of its methods and the order in which its parts
 * open. It refuses what it does not know by name.
 */
import { join } from 'node:path'
import {
  CloudError,
  type CloudRequest,
  type Reply,
  type Route,
  type Service,
  type ServiceContext,
} from '../kernel.ts'
import { answerBatch } from './batch.ts'
import { createBuckets } from './buckets.ts'
import { openCatalog } from './catalog.ts'
import { createCopies } from './copies.ts'
import { createGuard } from './guard.ts'
import { createObjectStore, type ObjectStore } from './object-store.ts'
import { createObjects } from './objects.ts'
import { selectFields } from './partial-response.ts'
import { refusedRoutes } from './refused.ts'
import { openSessions } from './sessions.ts'
import { createUploads } from './uploads.ts'
import { createWrites } from './writes.ts'

export interface StorageService extends Service {
  readonly objects: ObjectStore
}

type Handler = (request: CloudRequest) => Promise<Reply> | Reply

export async function createStorage(context: ServiceContext): Promise<StorageService> {
  const { stateDir, origin, environment, access, now, log, dispatch } = context
  const catalog = openCatalog(stateDir, now, log)
  const sessions = openSessions(join(stateDir, 'uploads'), catalog.blobs, now, catalog.byUpload())
  catalog.blobs.sweep(sessions.isBlobKept)
  const guard = createGuard(access, environment)
  const writes = createWrites(catalog, guard, now)
  const buckets = createBuckets(catalog, guard, environment, now, origin)
  const objects = createObjects(catalog, guard, writes, origin)
  const copies = createCopies(catalog, guard, writes, origin)
  const uploads = createUploads(catalog, sessions, guard, writes, origin)
  buckets.createMissing()

  const methods: readonly (readonly [string, Route['method'], string, Handler])[] = [
    ['storage.buckets.list', 'GET', 'b', buckets.list],
    ['storage.buckets.insert', 'POST', 'b', buckets.insert],
    ['storage.buckets.get', 'GET', 'b/{bucket}', buckets.get],
    ['storage.buckets.patch', 'PATCH', 'b/{bucket}', buckets.patch],
    ['storage.buckets.delete', 'DELETE', 'b/{bucket}', buckets.remove],
    ['storage.buckets.getStorageLayout', 'GET', 'b/{bucket}/storageLayout', buckets.storageLayout],
    ['storage.buckets.testIamPermissions', 'GET', 'b/{bucket}/iam/testPermissions', buckets.testPermissions],
    ['storage.objects.list', 'GET', 'b/{bucket}/o', objects.list],
    ['storage.objects.insert', 'POST', 'b/{bucket}/o', wrongUploadAddress],
    ['storage.objects.get', 'GET', 'b/{bucket}/o/{object}', objects.get],
    ['storage.objects.patch', 'PATCH', 'b/{bucket}/o/{object}', objects.patch],
    ['storage.objects.update', 'PUT', 'b/{bucket}/o/{object}', objects.update],
    ['storage.objects.delete', 'DELETE', 'b/{bucket}/o/{object}', objects.remove],
    [
      'storage.objects.testIamPermissions',
      'GET',
      'b/{bucket}/o/{object}/iam/testPermissions',
      objects.testPermissions,
    ],
    ['storage.objects.compose', 'POST', 'b/{bucket}/o/{object}/compose', copies.compose],
    [
      'storage.objects.copy',
      'POST',
      'b/{sourceBucket}/o/{sourceObject}/copyTo/b/{destinationBucket}/o/{destinationObject}',
      copies.copy,
    ],
    [
      'storage.objects.rewrite',
      'POST',
      'b/{sourceBucket}/o/{sourceObject}/rewriteTo/b/{destinationBucket}/o/{destinationObject}',
      copies.rewrite,
    ],
    ['storage.objects.move', 'POST', 'b/{bucket}/o/{sourceObject}/moveTo/o/{destinationObject}', copies.move],
  ]
  const named: Pick<Route, 'id' | 'method' | 'path' | 'handler'>[] = [
    ...methods.map(([id, method, path, handler]) => ({ id, method, path, handler: withFields(handler) })),
    ...refusedRoutes(),
  ]
  // A session address is a capability, as on Google: whoever holds it may send content without a token (https://cloud.google.com/storage/docs/resumable-uploads#session-uris).
  const uploadRoutes = ['/upload/storage/v1', '/resumable/upload/storage/v1'].flatMap((base): Route[] => [
    {
      id: 'storage.objects.insert',
      method: 'POST',
      path: `${base}/b/{bucket}/o`,
      handler: withFields(uploads.insert),
    },
    {
      id: 'storage.objects.insert',
      method: 'PUT',
      path: `${base}/b/{bucket}/o`,
      isPublic: true,
      handler: withFields(uploads.resume),
    },
    {
      id: 'storage.objects.insert',
      method: 'DELETE',
      path: `${base}/b/{bucket}/o`,
      isPublic: true,
      handler: uploads.cancel,
    },
  ])
  return {
    name: 'storage',
    errorStyle: 'legacy',
    // gcloud asks for folder resources and old versions in a listing; these buckets cannot have any.
    idleParameters: {
      'storage.objects.delete': ['prefix'],
      'storage.objects.list': ['includeFoldersAsPrefixes', 'versions'],
    },
    objects: createObjectStore(catalog, guard, writes),
    routes: [
      // Clients given STORAGE_EMULATOR_HOST leave `/storage/v1` away.
      ...['/storage/v1/', '/'].flatMap((base) =>
        named.map((route): Route => ({ ...route, path: base + route.path })),
      ),
      {
        id: 'storage.objects.get',
        method: 'GET',
        path: '/download/storage/v1/b/{bucket}/o/{object}',
        handler: objects.getMedia,
      },
      ...uploadRoutes,
      ...['/batch/storage/v1', '/batch'].map((path): Route => ({
        id: 'storage.batch',
        method: 'POST',
        path,
        handler: (request) => answerBatch(request, dispatch),
      })),
    ],
    async close() {
      catalog.close()
    },
  }
}

function withFields(handler: Handler): Handler {
  return async (request) => {
    const reply = await handler(request)
    if (reply.json === undefined) return reply
    return { ...reply, json: selectFields(reply.json, request.url.searchParams.get('fields')) }
  }
}

function wrongUploadAddress(): never {
  throw new CloudError(
    400,
    'wrongUrlForUpload',
    'Upload requests must include an uploadType URL parameter and a URL path beginning with /upload/',
    { location: 'uploadType' },
  )
}
