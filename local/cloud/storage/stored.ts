/**
 * What the store keeps about buckets and objects, as written to the journal. It holds no HTTP and no policy.
 */

export interface StoredBucket {
  readonly name: string
  readonly location: string
  readonly locationType: string
  readonly storageClass: string
  readonly labels?: Readonly<Record<string, string>>
  readonly metageneration: number
  readonly generation: number
  readonly createdMs: number
  readonly updatedMs: number
}

/** The fields of an object that a client may set. */
export interface ObjectMetadata {
  readonly contentType?: string
  readonly contentEncoding?: string
  readonly contentDisposition?: string
  readonly contentLanguage?: string
  readonly cacheControl?: string
  readonly customTime?: string
  readonly storageClass?: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** Content on disk: an immutable file and the digests of exactly its bytes. */
export interface Blob {
  readonly id: string
  readonly size: number
  /** Base64, big-endian, as Google shows it. */
  readonly crc32c: string
  readonly md5Hash: string
}

export interface StoredObject extends ObjectMetadata {
  readonly bucket: string
  readonly name: string
  /** Microseconds since 1970 at creation, strictly growing; below 2^53 until the year 2255. */
  readonly generation: number
  readonly metageneration: number
  readonly blob: string
  readonly size: number
  readonly crc32c: string
  /** Absent on composite objects, as on Google. */
  readonly md5Hash?: string
  readonly componentCount?: number
  readonly storageClass: string
  readonly createdMs: number
  readonly updatedMs: number
  readonly classUpdatedMs: number
  /** The resumable session that made it, so that a finished session is still known after a crash. */
  readonly uploadId?: string
}

/** One atomic step; a journal line is a list of them. */
export type Change =
  | { readonly kind: 'putObject'; readonly object: StoredObject }
  | { readonly kind: 'removeObject'; readonly bucket: string; readonly name: string }
  | { readonly kind: 'putBucket'; readonly bucket: StoredBucket }
  | { readonly kind: 'removeBucket'; readonly name: string }
