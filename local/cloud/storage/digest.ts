/**
 * Running CRC32C and MD5 of content, and the check of what a client claimed; it refuses a claim that does not
 * hold.
 */
import { createHash, type Hash } from 'node:crypto'
import { crc32c } from '@node-rs/crc32'
import { CloudError } from '../kernel.ts'

export interface Digests {
  readonly crc32c: string
  readonly md5Hash: string
}
export interface Digest {
  update(chunk: Buffer): void
  /** The digests so far; more data may follow. */
  result(): Digests
}

export function createDigest(): Digest {
  const md5: Hash = createHash('md5')
  let crc = 0
  return {
    update(chunk) {
      md5.update(chunk)
      crc = crc32c(chunk, crc)
    },
    result() {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(crc >>> 0)
      return { crc32c: bytes.toString('base64'), md5Hash: md5.copy().digest('base64') }
    },
  }
}

/** Gathers claims from the object resource, `x-goog-hash: crc32c=…,md5=…` and `Content-MD5`. */
export function claimsOf(
  metadata: Record<string, unknown>,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Partial<Digests>[] {
  const claims: Partial<Digests>[] = []
  if (metadata.md5Hash !== undefined) claims.push({ md5Hash: String(metadata.md5Hash) })
  if (metadata.crc32c !== undefined) claims.push({ crc32c: String(metadata.crc32c) })
  if (typeof headers['content-md5'] === 'string') claims.push({ md5Hash: headers['content-md5'] })
  const hashHeader = headers['x-goog-hash']
  for (const item of (Array.isArray(hashHeader) ? hashHeader.join(',') : (hashHeader ?? '')).split(',')) {
    const [, kind, value] = /^\s*(crc32c|md5)=(\S+)\s*$/.exec(item) ?? []
    if (kind) claims.push(kind === 'md5' ? { md5Hash: value } : { crc32c: value })
  }
  return claims
}

export function requireDigests(claims: readonly Partial<Digests>[], actual: Digests): void {
  for (const { crc32c: crc, md5Hash: md5 } of claims) {
    if (md5 !== undefined && md5 !== actual.md5Hash) throw mismatch('MD5', md5, actual.md5Hash)
    if (crc !== undefined && crc !== actual.crc32c) throw mismatch('CRC32C', crc, actual.crc32c)
  }
}

function mismatch(kind: string, claimed: string, actual: string): CloudError {
  return new CloudError(
    400,
    'invalid',
    `Provided ${kind} hash "${claimed.slice(0, 64)}" doesn't match calculated ${kind} hash "${actual}".`,
  )
}
