/**
 * `buckets.*`: get, list, insert, patch, delete, layout and permission test. Every bucket has uniform access
 * and no versions; a request for anything else is refused by name.
 */
import { CloudError, type CloudRequest, type Environment, type Reply } from '../kernel.ts'
import type { Catalog } from './catalog.ts'
import type { Guard } from './guard.ts'
import { readMaxResults } from './listing.ts'
import { compareNames, requireBucketName } from './names.ts'
import { permissionAnswer } from './objects.ts'
import { isModified, readPreconditions, requirePreconditions } from './preconditions.ts'
import { bucketResource, lockedTimeOf } from './resources.ts'
import type { StoredBucket } from './stored.ts'

export interface Buckets {
  /** Makes the buckets of the environment that do not exist yet. */
  createMissing(): void
  get(request: CloudRequest): Reply
  list(request: CloudRequest): Reply
  insert(request: CloudRequest): Promise<Reply>
  patch(request: CloudRequest): Promise<Reply>
  remove(request: CloudRequest): Reply
  storageLayout(request: CloudRequest): Reply
  testPermissions(request: CloudRequest): Reply
}

export function createBuckets(
  catalog: Catalog,
  guard: Guard,
  environment: Environment,
  now: () => number,
  origin: string,
): Buckets {
  const show = (bucket: StoredBucket): Reply => ({
    json: bucketResource(bucket, origin, environment.projectNumber),
  })

  function add(
    name: string,
    settings: Pick<StoredBucket, 'location' | 'labels' | 'storageClass'>,
  ): StoredBucket {
    const nowMs = now()
    const locationType = settings.location.includes('-') ? 'region' : 'multi-region'
    const bucket: StoredBucket = {
      name,
      ...settings,
      locationType,
      metageneration: 1,
      generation: catalog.nextGeneration(),
      createdMs: nowMs,
      updatedMs: nowMs,
    }
    catalog.commit([{ kind: 'putBucket', bucket }])
    return bucket
  }

  function existing(request: CloudRequest, permission: string): StoredBucket {
    const bucket = catalog.bucket(request.params.bucket!)
    guard.requireBucket(request.principal, permission, bucket.name)
    if (request.url.searchParams.get('projection') === 'full')
      guard.requireBucket(request.principal, 'storage.buckets.getIamPolicy', bucket.name)
    guard.requireParameters(request.principal, request.url.searchParams, request.headers)
    return bucket
  }

  return {
    createMissing() {
      for (const name of Object.values(environment.buckets)) {
        if (!catalog.hasBucket(name))
          add(name, { location: environment.region.toUpperCase(), storageClass: 'STANDARD' })
      }
    },
    get(request) {
      const bucket = existing(request, 'storage.buckets.get')
      if (request.url.searchParams.has('generation'))
        throw new CloudError(
          501,
          'notImplemented',
          'storage.buckets.get with generation is not implemented by the local cloud.',
        )
      return isModified(readPreconditions(request.url.searchParams), bucket)
        ? show(bucket)
        : { status: 304, body: '' }
    },
    list(request) {
      const query = request.url.searchParams
      requireProject(query.get('project'), environment)
      guard.requireProject(request.principal, 'storage.buckets.list')
      guard.requireParameters(request.principal, query, request.headers)
      const after = query.get('pageToken')
        ? Buffer.from(query.get('pageToken')!, 'base64').toString('utf8')
        : ''
      const matching = catalog
        .buckets()
        .filter(
          (bucket) =>
            bucket.name.startsWith(query.get('prefix') ?? '') && compareNames(bucket.name, after) > 0,
        )
      const page = matching.slice(0, readMaxResults(query))
      const items = page.map((bucket) => bucketResource(bucket, origin, environment.projectNumber))
      const nextPageToken =
        page.length < matching.length ? Buffer.from(page.at(-1)!.name).toString('base64') : undefined
      return { json: { kind: 'storage#buckets', nextPageToken, items: items.length > 0 ? items : undefined } }
    },
    async insert(request) {
      const json = await request.json()
      const query = request.url.searchParams
      requireProject(query.get('project'), environment)
      guard.requireProject(request.principal, 'storage.buckets.create')
      guard.requireParameters(request.principal, query, request.headers)
      const name = requireBucketName(typeof json.name === 'string' ? json.name : '')
      const { labels, storageClass = 'STANDARD' } = readSettings(json)
      const location = readLocation(json.location)
      if (catalog.hasBucket(name))
        throw new CloudError(
          409,
          'conflict',
          'Your previous request to create the named bucket succeeded and you already own it.',
        )
      return show(add(name, { location, labels: withoutNulls(labels), storageClass }))
    },
    async patch(request) {
      const json = await request.json()
      const bucket = existing(request, 'storage.buckets.update')
      requirePreconditions(readPreconditions(request.url.searchParams), bucket)
      const { labels, storageClass } = readSettings(json, bucket)
      const next: StoredBucket = {
        ...bucket,
        labels: labels === null ? undefined : withoutNulls({ ...bucket.labels, ...labels }),
        storageClass: storageClass ?? bucket.storageClass,
        metageneration: bucket.metageneration + 1,
        updatedMs: now(),
      }
      catalog.commit([{ kind: 'putBucket', bucket: next }])
      return show(next)
    },
    remove(request) {
      const bucket = existing(request, 'storage.buckets.delete')
      requirePreconditions(readPreconditions(request.url.searchParams), bucket)
      if (catalog.names(bucket.name).length > 0)
        throw new CloudError(409, 'conflict', 'The bucket you tried to delete is not empty.')
      catalog.commit([{ kind: 'removeBucket', name: bucket.name }])
      return { status: 204 }
    },
    storageLayout(request) {
      const bucket = catalog.bucket(request.params.bucket!)
      guard.requireList(request.principal, bucket.name, request.url.searchParams.get('prefix') ?? '')
      const { name, location, locationType } = bucket
      return {
        json: {
          kind: 'storage#storageLayout',
          bucket: name,
          location,
          locationType,
          hierarchicalNamespace: { enabled: false },
        },
      }
    },
    testPermissions(request) {
      const bucket = catalog.bucket(request.params.bucket!)
      return permissionAnswer(request, (permission) =>
        guard.allowsOnBucket(request.principal, permission, bucket.name),
      )
    },
  }
}

function requireProject(project: string | null, environment: Environment): void {
  if (project === null)
    throw new CloudError(400, 'required', 'Required parameter: project', { location: 'project' })
  if (project !== environment.project && project !== environment.projectNumber)
    throw new CloudError(400, 'invalid', `Unknown project id: ${project.slice(0, 60)}`)
}

function readLocation(value: unknown): string {
  const location = typeof value === 'string' ? value.toUpperCase() : value === undefined ? 'US' : ''
  if (!/^(US|EU|ASIA|[A-Z]+-[A-Z]+\d+)$/.test(location))
    throw new CloudError(
      400,
      'invalid',
      `The specified location constraint is not valid: '${String(value).slice(0, 40)}'.`,
    )
  return location
}

interface BucketSettings {
  readonly labels?: Record<string, string | null> | null
  readonly storageClass?: string
}

/**
 * Settings that would silently do nothing here (lifecycle, versions, retention, public access, another location)
 * are refused; those that say what is the case anyway pass.
 */
function readSettings(json: Record<string, unknown>, bucket?: StoredBucket): BucketSettings {
  for (const [field, value] of Object.entries(json)) {
    if (!isAsIs(field, value, bucket))
      throw new CloudError(
        501,
        'notImplemented',
        `The bucket field '${field.slice(0, 60)}' with this value is not implemented by the local cloud.`,
      )
  }
  const labels = json.labels
  if (labels !== undefined && labels !== null) {
    const isMap =
      typeof labels === 'object' &&
      !Array.isArray(labels) &&
      Object.values(labels).every((item) => item === null || typeof item === 'string')
    if (!isMap) throw new CloudError(400, 'invalid', "Invalid value for field 'labels'.")
  }
  const storageClass = json.storageClass
  if (
    storageClass !== undefined &&
    !['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'].includes(storageClass as string)
  )
    throw new CloudError(400, 'invalid', 'Invalid storage class.')
  return { labels: labels as BucketSettings['labels'], storageClass: storageClass as string | undefined }
}

function isAsIs(field: string, value: unknown, bucket: StoredBucket | undefined): boolean {
  // Of these a patch to null would ask for Google's own defaults, which are others.
  if (value === null) return bucket === undefined || !['iamConfiguration', 'softDeletePolicy'].includes(field)
  // Google takes another location and keeps the bucket where it is.
  if (field === 'name') return bucket === undefined || value === bucket.name
  if (field === 'location') return bucket === undefined || String(value).toUpperCase() === bucket.location
  if (['labels', 'storageClass', 'kind'].includes(field)) return true
  const inner = value as Record<string, unknown>
  if (field === 'iamConfiguration')
    return Object.entries(inner).every(([key, item]) =>
      key === 'publicAccessPrevention' ? item === 'enforced' : isUniformAccess(item, bucket),
    )
  if (field === 'versioning' || field === 'hierarchicalNamespace') return inner.enabled === false
  if (field === 'softDeletePolicy') return String(inner.retentionDurationSeconds) === '0'
  return false
}

/** Clients send back what they read, the time that Google sets included. */
function isUniformAccess(item: unknown, bucket: StoredBucket | undefined): boolean {
  const { enabled, lockedTime } = (item ?? {}) as { enabled?: unknown; lockedTime?: unknown }
  return (
    enabled === true &&
    (lockedTime === undefined || (bucket !== undefined && lockedTime === lockedTimeOf(bucket)))
  )
}

function withoutNulls(
  labels: Record<string, string | null> | null | undefined,
): Record<string, string> | undefined {
  const kept = Object.entries(labels ?? {}).filter((entry): entry is [string, string] => entry[1] !== null)
  return kept.length > 0 ? Object.fromEntries(kept) : undefined
}
