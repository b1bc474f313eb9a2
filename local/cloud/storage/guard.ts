/**
 * Names storage resources the way IAM conditions see them and asks for permissions; it decides nothing
 * itself.
 */
import { CloudError, type Access, type Environment, type Principal, type Resource } from '../kernel.ts'
import { legacyAclRefusal } from './metadata.ts'

export interface Guard {
  requireObject(principal: Principal, permission: string, bucket: string, name: string): void
  requireBucket(principal: Principal, permission: string, bucket: string): void
  /** Listing is judged on the bucket, with the prefix as an attribute for conditions. */
  requireList(principal: Principal, bucket: string, prefix: string): void
  requireProject(principal: Principal, permission: string): void
  allowsOnBucket(principal: Principal, permission: string, bucket: string): boolean
  allowsOnObject(principal: Principal, permission: string, bucket: string, name: string): boolean
  /** Parameters every method has: `userProject`, `projection`, ACL shorthands, customer keys. */
  requireParameters(
    principal: Principal,
    query: URLSearchParams,
    headers: Readonly<Record<string, unknown>>,
  ): void
}

const service = 'storage.googleapis.com'
const unsupportedParameters = [
  'kmsKeyName',
  'destinationKmsKeyName',
  'softDeleted',
  'restoreToken',
  'overrideUnlockedRetention',
  'dropContextGroups',
  'enableObjectRetention',
  'filter',
]
const aclParameters = ['predefinedAcl', 'destinationPredefinedAcl', 'predefinedDefaultObjectAcl']

export function createGuard(access: Access, environment: Environment): Guard {
  const project: Resource = {
    name: `projects/${environment.project}`,
    type: 'cloudresourcemanager.googleapis.com/Project',
    service: 'cloudresourcemanager.googleapis.com',
  }
  return {
    requireObject: (principal, permission, bucket, name) =>
      access.require(principal, permission, objectOf(bucket, name)),
    requireBucket: (principal, permission, bucket) => access.require(principal, permission, bucketOf(bucket)),
    requireList: (principal, bucket, prefix) =>
      access.require(
        principal,
        'storage.objects.list',
        bucketOf(bucket, { 'storage.googleapis.com/objectListPrefix': prefix }),
      ),
    requireProject: (principal, permission) => access.require(principal, permission, project),
    allowsOnBucket: (principal, permission, bucket) => access.allows(principal, permission, bucketOf(bucket)),
    allowsOnObject: (principal, permission, bucket, name) =>
      access.allows(principal, permission, objectOf(bucket, name)),
    requireParameters(principal, query, headers) {
      const userProject = query.get('userProject')
      if (userProject !== null) {
        if (userProject !== environment.project && userProject !== environment.projectNumber) {
          throw new CloudError(
            400,
            'invalid',
            `User project specified in the request is invalid: '${userProject.slice(0, 60)}'.`,
            { location: 'userProject' },
          )
        }
        access.require(principal, 'serviceusage.services.use', project)
      }
      const projection = query.get('projection')
      if (projection !== null && projection !== 'full' && projection !== 'noAcl')
        throw new CloudError(400, 'invalidParameter', `Invalid value for parameter 'projection'.`, {
          location: 'projection',
        })
      for (const name of unsupportedParameters) {
        const value = query.get(name)
        if (value !== null && value.toLowerCase() !== 'false')
          throw new CloudError(
            501,
            'notImplemented',
            `The parameter '${name}' is not implemented by the local cloud.`,
            { location: name },
          )
      }
      for (const name of aclParameters) if (query.has(name)) throw legacyAclRefusal('insert')
      for (const name of Object.keys(headers)) {
        if (/^x-goog-(copy-source-)?encryption-/.test(name))
          throw new CloudError(
            501,
            'notImplemented',
            'Customer-supplied encryption keys are not implemented by the local cloud.',
            { location: name },
          )
      }
    },
  }
}

function bucketOf(bucket: string, attributes?: Record<string, string>): Resource {
  return { name: `projects/_/buckets/${bucket}`, type: `${service}/Bucket`, service, attributes }
}

function objectOf(bucket: string, name: string): Resource {
  return { name: `projects/_/buckets/${bucket}/objects/${name}`, type: `${service}/Object`, service }
}
