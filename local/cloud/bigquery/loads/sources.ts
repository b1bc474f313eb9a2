/**
 * Finds the files a load reads: gs:// addresses through the object store as the caller, or an uploaded file;
 * the engine sees them only as links under random names.
 */
import { randomUUID } from 'node:crypto'
import { copyFile, link, open, rm } from 'node:fs/promises'
import path from 'node:path'
import { CloudError, type Principal } from '../../kernel.ts'
import { invalid } from '../engine/refusals.ts'
import type { Room } from '../room.ts'

export interface SourceFile {
  /** `gs://bucket/name`, or `upload`. */
  readonly uri: string
  readonly path: string
  readonly size: number
}
/** A source the engine may read now. */
export interface LinkedFile extends SourceFile {
  readonly linked: string
  readonly isGzip: boolean
}

export async function findSources(
  room: Room,
  principal: Principal,
  uris: readonly string[],
): Promise<SourceFile[]> {
  if (uris.length === 0) throw invalid('Required parameter is missing: sourceUris')
  if (uris.length > 10_000) throw invalid('A load job can name at most 10,000 source URIs.')
  const found = await Promise.all(uris.map((uri) => findOne(room, principal, uri)))
  const seen = new Set<string>()
  return found.flat().filter((file) => !seen.has(file.uri) && seen.add(file.uri))
}

async function findOne(room: Room, principal: Principal, uri: string): Promise<SourceFile[]> {
  const match = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])\/(.+)$/s.exec(uri)
  if (!match) throw invalid(`Source URI must be a Google Cloud Storage location: ${uri}`)
  const [bucket, name] = [match[1]!, match[2]!]
  const stars = name.split('*').length - 1
  if (stars > 1) throw invalid(`Invalid source URI ${uri}: only one '*' is allowed.`)
  if (stars === 0) {
    const stat = await room.objects.stat(principal, bucket, name)
    if (!stat) throw new CloudError(404, 'notFound', `Not found: URI ${uri}`)
    return [{ uri, path: stat.path, size: stat.size }]
  }
  const [before, after] = name.split('*') as [string, string]
  const listed = await room.objects.list(principal, bucket, before)
  const matching = listed.filter(
    (object) =>
      object.name.endsWith(after) &&
      object.name.length >= before.length + after.length &&
      !(object.name.endsWith('/') && object.size === 0),
  )
  if (matching.length === 0) throw new CloudError(404, 'notFound', `Not found: Files ${uri}`)
  return matching.map((object) => ({
    uri: `gs://${bucket}/${object.name}`,
    path: object.path,
    size: object.size,
  }))
}

/** Hard links (copies across devices) with unguessable names, gone again when the work ends. */
export async function withLinkedFiles<T>(
  room: Room,
  files: readonly SourceFile[],
  extension: string,
  work: (linked: readonly LinkedFile[]) => Promise<T>,
): Promise<T> {
  const linked: LinkedFile[] = []
  try {
    for (const file of files) {
      const isGzip = await startsWithGzip(file.path)
      const target = path.join(
        room.warehouse.database.incomingDir,
        `${randomUUID()}.${extension}${isGzip ? '.gz' : ''}`,
      )
      await link(file.path, target).catch(() => copyFile(file.path, target))
      linked.push({ ...file, linked: target, isGzip })
    }
    return await work(linked)
  } finally {
    await Promise.all(linked.map((file) => rm(file.linked, { force: true })))
  }
}

async function startsWithGzip(file: string): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0)
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b
  } finally {
    await handle.close()
  }
}
