/**
 * The methods of the Cloud Storage API that this cloud knows by name and does not do: 501, except access
 * control lists, which Google refuses on uniform buckets too.
 */
import { CloudError, type Route } from '../kernel.ts'
import { legacyAclRefusal } from './metadata.ts'

type Verb = Route['method']
const resources: readonly (readonly [string, string, Partial<Record<string, Verb>>])[] = [
  ['storage.anywhereCaches', 'b/{bucket}/anywhereCaches', { insert: 'POST', list: 'GET' }],
  ['storage.anywhereCaches', 'b/{bucket}/anywhereCaches/{anywhereCacheId}', { get: 'GET', update: 'PATCH' }],
  ['storage.rapidCaches', 'b/{bucket}/rapidCaches', { insert: 'POST', list: 'GET' }],
  ['storage.rapidCaches', 'b/{bucket}/rapidCaches/{rapidCacheId}', { get: 'GET', update: 'PATCH' }],
  ['storage.buckets', 'b/{bucket}', { update: 'PUT' }],
  ['storage.buckets', 'b/{bucket}/iam', { getIamPolicy: 'GET', setIamPolicy: 'PUT' }],
  ['storage.buckets', 'b/{bucket}/lockRetentionPolicy', { lockRetentionPolicy: 'POST' }],
  ['storage.buckets', 'b/{bucket}/relocate', { relocate: 'POST' }],
  ['storage.buckets', 'b/{bucket}/restore', { restore: 'POST' }],
  ['storage.buckets.operations', 'b/{bucket}/operations', { list: 'GET' }],
  ['storage.buckets.operations', 'b/{bucket}/operations/{operationId}', { get: 'GET' }],
  ['storage.folders', 'b/{bucket}/folders', { insert: 'POST', list: 'GET' }],
  ['storage.folders', 'b/{bucket}/folders/{folder}', { get: 'GET', delete: 'DELETE' }],
  ['storage.folders', 'b/{bucket}/folders/{folder}/deleteRecursive', { deleteRecursive: 'POST' }],
  [
    'storage.folders',
    'b/{bucket}/folders/{sourceFolder}/renameTo/folders/{destinationFolder}',
    { rename: 'POST' },
  ],
  ['storage.managedFolders', 'b/{bucket}/managedFolders', { insert: 'POST', list: 'GET' }],
  [
    'storage.managedFolders',
    'b/{bucket}/managedFolders/{managedFolder}',
    { get: 'GET', delete: 'DELETE', update: 'PATCH' },
  ],
  [
    'storage.managedFolders',
    'b/{bucket}/managedFolders/{managedFolder}/iam',
    { getIamPolicy: 'GET', setIamPolicy: 'PUT' },
  ],
  [
    'storage.managedFolders',
    'b/{bucket}/managedFolders/{managedFolder}/iam/testPermissions',
    { testIamPermissions: 'GET' },
  ],
  ['storage.notifications', 'b/{bucket}/notificationConfigs', { insert: 'POST', list: 'GET' }],
  [
    'storage.notifications',
    'b/{bucket}/notificationConfigs/{notification}',
    { get: 'GET', delete: 'DELETE' },
  ],
  ['storage.objects', 'b/{bucket}/o/bulkRestore', { bulkRestore: 'POST' }],
  ['storage.objects', 'b/{bucket}/o/{object}/iam', { getIamPolicy: 'GET', setIamPolicy: 'PUT' }],
  ['storage.objects', 'b/{bucket}/o/{object}/restore', { restore: 'POST' }],
  ['storage.objects', 'b/{bucket}/o/{object}/viewFullContext', { viewFullContext: 'GET' }],
]
const accessControlLists: readonly (readonly [string, string])[] = [
  ['storage.bucketAccessControls', 'b/{bucket}/acl'],
  ['storage.defaultObjectAccessControls', 'b/{bucket}/defaultObjectAcl'],
  ['storage.objectAccessControls', 'b/{bucket}/o/{object}/acl'],
]

/** Relative paths, like those of Google's discovery document. */
export function refusedRoutes(): Pick<Route, 'id' | 'method' | 'path' | 'handler'>[] {
  const notImplemented = resources.flatMap(([resource, path, methods]) =>
    Object.entries(methods).map(([name, method]) => {
      const id = `${resource}.${name}`
      return {
        id,
        method: method!,
        path,
        handler: () => {
          throw new CloudError(501, 'notImplemented', `${id} is not implemented by the local cloud.`)
        },
      }
    }),
  )
  const lists = accessControlLists.flatMap(([resource, path]) => [
    refuseAcl(`${resource}.list`, 'GET', path, 'get'),
    refuseAcl(`${resource}.insert`, 'POST', path, 'insert'),
    refuseAcl(`${resource}.get`, 'GET', `${path}/{entity}`, 'get'),
    refuseAcl(`${resource}.patch`, 'PATCH', `${path}/{entity}`, 'update'),
    refuseAcl(`${resource}.update`, 'PUT', `${path}/{entity}`, 'update'),
    refuseAcl(`${resource}.delete`, 'DELETE', `${path}/{entity}`, 'delete'),
  ])
  return [...notImplemented, ...lists]
}

function refuseAcl(id: string, method: Verb, path: string, verb: Parameters<typeof legacyAclRefusal>[0]) {
  return {
    id,
    method,
    path,
    handler: () => {
      throw legacyAclRefusal(verb)
    },
  }
}
