/**
 * How buckets and objects look in Google's JSON, their etags and download headers; it shows nothing the store
 * does not know.
 */
import type { StoredBucket, StoredObject } from './stored.ts'

export function objectResource(object: StoredObject, origin: string): Record<string, unknown> {
  const path = `b/${encodeURIComponent(object.bucket)}/o/${encodeURIComponent(object.name)}`
  const created = time(object.createdMs)
  return {
    kind: 'storage#object',
    id: `${object.bucket}/${object.name}/${object.generation}`,
    selfLink: `${origin}/storage/v1/${path}`,
    mediaLink: `${origin}/download/storage/v1/${path}?generation=${object.generation}&alt=media`,
    name: object.name,
    bucket: object.bucket,
    generation: String(object.generation),
    metageneration: String(object.metageneration),
    contentType: object.contentType,
    contentEncoding: object.contentEncoding,
    contentDisposition: object.contentDisposition,
    contentLanguage: object.contentLanguage,
    cacheControl: object.cacheControl,
    customTime: object.customTime,
    metadata: object.metadata,
    storageClass: object.storageClass,
    size: String(object.size),
    md5Hash: object.md5Hash,
    crc32c: object.crc32c,
    componentCount: object.componentCount,
    etag: etagOf(object.generation, object.metageneration),
    timeCreated: created,
    updated: time(object.updatedMs),
    timeStorageClassUpdated: time(object.classUpdatedMs),
    timeFinalized: created,
  }
}

/**
 * Uniform access and no soft delete are what the Terraform modules of this repository set; the local cloud
 * knows no other kind of bucket.
 */
export function bucketResource(
  bucket: StoredBucket,
  origin: string,
  projectNumber: string,
): Record<string, unknown> {
  return {
    kind: 'storage#bucket',
    id: bucket.name,
    selfLink: `${origin}/storage/v1/b/${encodeURIComponent(bucket.name)}`,
    name: bucket.name,
    projectNumber,
    generation: String(bucket.generation),
    metageneration: String(bucket.metageneration),
    location: bucket.location,
    locationType: bucket.locationType,
    storageClass: bucket.storageClass,
    etag: etagOf(bucket.generation, bucket.metageneration),
    timeCreated: time(bucket.createdMs),
    updated: time(bucket.updatedMs),
    labels: bucket.labels,
    iamConfiguration: {
      bucketPolicyOnly: { enabled: true, lockedTime: lockedTimeOf(bucket) },
      uniformBucketLevelAccess: { enabled: true, lockedTime: lockedTimeOf(bucket) },
      publicAccessPrevention: 'enforced',
    },
    softDeletePolicy: { retentionDurationSeconds: '0' },
  }
}

export function hashHeader(object: Pick<StoredObject, 'crc32c' | 'md5Hash'>): string {
  return `crc32c=${object.crc32c}${object.md5Hash ? `,md5=${object.md5Hash}` : ''}`
}

/** Google's etags are the base64 of a protobuf with generation (field 1) and metageneration (field 2). */
export function etagOf(generation: number, metageneration: number): string {
  return Buffer.from([0x08, ...varint(generation), 0x10, ...varint(metageneration)]).toString('base64')
}

function varint(value: number): number[] {
  const bytes: number[] = []
  let rest = BigInt(value)
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80)
    rest >>= 7n
  }
  return [...bytes, Number(rest)]
}

/** Until when Google would let uniform access be switched off again. */
export const lockedTimeOf = ({ createdMs }: Pick<StoredBucket, 'createdMs'>): string =>
  time(createdMs + 90 * 86_400_000)

function time(ms: number): string {
  return new Date(ms).toISOString()
}
