/**
 * Reads what a client wants to set on an object; unsupported features are refused by name, wrong types and
 * values that could break a header are 400.
 */
import { CloudError } from '../kernel.ts'
import type { ObjectMetadata } from './stored.ts'

const texts = [
  'contentType',
  'contentEncoding',
  'contentDisposition',
  'contentLanguage',
  'cacheControl',
  'storageClass',
  'customTime',
] as const
const storageClasses = new Set(['STANDARD', 'NEARLINE', 'COLDLINE', 'ARCHIVE'])
/** Sent back by clients that echo a resource; Google ignores them on input. */
const outputOnly = new Set([
  'kind',
  'id',
  'selfLink',
  'mediaLink',
  'name',
  'bucket',
  'generation',
  'metageneration',
  'size',
  'etag',
  'owner',
  'timeCreated',
  'updated',
  'timeDeleted',
  'timeStorageClassUpdated',
  'timeFinalized',
  'softDeleteTime',
  'hardDeleteTime',
  'restoreToken',
  'componentCount',
  'retentionExpirationTime',
  'md5Hash',
  'crc32c',
])
const unsupported = new Set([
  'retention',
  'temporaryHold',
  'eventBasedHold',
  'contexts',
  'kmsKeyName',
  'customerEncryption',
])

export type MetadataChange = { readonly [K in keyof ObjectMetadata]?: ObjectMetadata[K] | null } & {
  readonly metadata?: Readonly<Record<string, string | null>> | null
}

/** A body that names another object than the address would be obeyed nowhere. */
export function requireAddress(
  json: Record<string, unknown>,
  address: Readonly<Partial<Record<'bucket' | 'name', string>>>,
): void {
  for (const [field, value] of Object.entries(address)) {
    if (json[field] !== undefined && json[field] !== null && json[field] !== value)
      throw new CloudError(400, 'invalid', `Value for field '${field}' does not match the request.`)
  }
}

/** `null` clears a field; absent fields are left alone. */
export function readMetadata(json: Record<string, unknown>): MetadataChange {
  const change: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(json)) {
    if (value === undefined) continue
    if ((texts as readonly string[]).includes(field))
      change[field] = value === null ? null : readText(field, value)
    else if (field === 'metadata') change.metadata = value === null ? null : readCustom(value)
    else if (field === 'acl') refuseAcl(value)
    else if (unsupported.has(field)) refuseUnsupported(field, value)
    else if (!outputOnly.has(field))
      throw new CloudError(
        400,
        'invalid',
        `Invalid JSON payload received. Unknown name "${field.slice(0, 100)}": Cannot find field.`,
      )
  }
  if (typeof change.storageClass === 'string' && !storageClasses.has(change.storageClass)) {
    throw new CloudError(
      400,
      'invalid',
      `Invalid argument: storage class '${change.storageClass.slice(0, 40)}'.`,
    )
  }
  if (
    typeof change.customTime === 'string' &&
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(change.customTime)
  )
    throw invalidField('customTime')
  return change
}

/** The metadata of a new object: cleared fields are simply absent. */
export function newMetadata(change: MetadataChange): ObjectMetadata {
  return applyMetadata({}, change)
}

/** Patch semantics: `metadata` is merged key by key. */
export function applyMetadata(current: ObjectMetadata, change: MetadataChange): ObjectMetadata {
  const next: Record<string, unknown> = { ...current, ...change }
  if (change.metadata) next.metadata = withoutNulls({ ...current.metadata, ...change.metadata })
  const size = Object.entries((next.metadata ?? {}) as Record<string, string>).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  )
  if (size > 8192)
    throw new CloudError(400, 'invalid', 'The total size of custom metadata is limited to 8 KiB.')
  if (change.customTime === null && current.customTime)
    throw new CloudError(400, 'invalid', 'Custom time cannot be removed once set.')
  if (
    change.customTime &&
    current.customTime &&
    Date.parse(change.customTime) < Date.parse(current.customTime)
  ) {
    throw new CloudError(400, 'invalid', 'Custom time cannot be set to an earlier time.')
  }
  return withoutNulls(next)
}

/** Only the fields a client may set, without the store's own. */
export function metadataOf(object: ObjectMetadata): ObjectMetadata {
  const {
    contentType,
    contentEncoding,
    contentDisposition,
    contentLanguage,
    cacheControl,
    customTime,
    storageClass,
    metadata,
  } = object
  return withoutNulls({
    contentType,
    contentEncoding,
    contentDisposition,
    contentLanguage,
    cacheControl,
    customTime,
    storageClass,
    metadata,
  })
}

function readText(field: string, value: unknown): string {
  if (
    typeof value !== 'string' ||
    !value.isWellFormed() ||
    /[\u0000-\u001f\u007f]/.test(value) ||
    value.length > 4096
  )
    throw invalidField(field)
  return value
}

function readCustom(value: unknown): Record<string, string | null> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidField('metadata')
  for (const [key, item] of Object.entries(value)) {
    if (
      key === '' ||
      (item !== null && (typeof item !== 'string' || !item.isWellFormed())) ||
      !key.isWellFormed()
    )
      throw invalidField(`metadata.${key.slice(0, 60)}`)
  }
  return { ...value }
}

function withoutNulls<T extends object>(value: T): T {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== null && item !== undefined),
  ) as T
}

function refuseAcl(value: unknown): void {
  if (value === null || (Array.isArray(value) && value.length === 0)) return
  throw legacyAclRefusal('insert')
}

/** Google's words for ACLs on buckets with uniform bucket-level access. */
export function legacyAclRefusal(verb: 'get' | 'insert' | 'update' | 'delete'): CloudError {
  return new CloudError(
    400,
    'invalid',
    `Cannot ${verb} legacy ACL for an object when uniform bucket-level access is enabled. ` +
      'Read more at https://cloud.google.com/storage/docs/uniform-bucket-level-access',
  )
}

function refuseUnsupported(field: string, value: unknown): void {
  if (value === null || value === false) return
  throw new CloudError(
    501,
    'notImplemented',
    `The object field '${field}' is not implemented by the local cloud.`,
  )
}

function invalidField(field: string): CloudError {
  return new CloudError(400, 'invalid', `Invalid value for field '${field}'.`)
}
