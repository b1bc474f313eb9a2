/**
 * Serves content: whole, one byte range (206/416), by generation, and gunzipped for clients that cannot.
 * Several ranges in one request are answered whole.
 */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import type { CloudRequest, Reply } from '../kernel.ts'
import type { Catalog } from './catalog.ts'
import { etagOf, hashHeader } from './resources.ts'
import type { StoredObject } from './stored.ts'

const wholeReadBytes = 256 * 1024

export async function download(
  request: CloudRequest,
  catalog: Catalog,
  object: StoredObject,
): Promise<Reply> {
  const path = catalog.blobs.path(object.blob)
  const headers: Record<string, string> = {
    ...header('content-type', object.contentType ?? 'application/octet-stream'),
    'x-goog-generation': String(object.generation),
    'x-goog-metageneration': String(object.metageneration),
    'x-goog-storage-class': object.storageClass,
    'x-goog-stored-content-encoding': object.contentEncoding ?? 'identity',
    'x-goog-stored-content-length': String(object.size),
    'x-goog-hash': hashHeader(object),
    etag: etagOf(object.generation, object.metageneration),
    'last-modified': new Date(object.updatedMs).toUTCString(),
    ...header('cache-control', object.cacheControl ?? 'no-cache, no-store, max-age=0, must-revalidate'),
    ...header('content-disposition', object.contentDisposition),
    ...header('content-language', object.contentLanguage),
  }
  if (isTranscoded(request, object)) {
    const source = createReadStream(path)
    const plain = createGunzip()
    source.on('error', (error) => plain.destroy(error))
    return {
      headers: { ...headers, warning: '214 UploadServer gunzipped', vary: 'Accept-Encoding' },
      body: source.pipe(plain),
    }
  }
  Object.assign(headers, header('content-encoding', object.contentEncoding), { 'accept-ranges': 'bytes' })
  const range = readRange(request.headers.range, object.size)
  if (range === 'unsatisfiable') {
    const body = 'The requested range cannot be satisfied.'
    return {
      status: 416,
      headers: { 'content-type': 'text/html; charset=UTF-8', 'content-range': `bytes */${object.size}` },
      body,
    }
  }
  const { start, end } = range ?? { start: 0, end: object.size - 1 }
  const length = end - start + 1
  if (range) headers['content-range'] = `bytes ${start}-${end}/${object.size}`
  headers['content-length'] = String(length)
  if (length === 0) return { status: 200, headers, body: Buffer.alloc(0) }
  const status = range ? 206 : 200
  if (length === object.size && length <= wholeReadBytes)
    return { status, headers, body: await readFile(path) }
  return { status, headers, body: createReadStream(path, { start, end }) }
}

function readRange(
  text: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(text?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  if (match[1] === '') {
    const suffix = Number(match[2])
    return suffix === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - suffix), end: size - 1 }
  }
  const start = Number(match[1])
  const end = match[2] === '' ? size - 1 : Math.min(Number(match[2]), size - 1)
  if (match[2] !== '' && Number(match[2]) < start) return undefined
  return start >= size ? 'unsatisfiable' : { start, end }
}

/**
 * https://cloud.google.com/storage/docs/transcoding: stored gzip is unpacked unless the client takes gzip or
 * the object says `no-transform`.
 */
function isTranscoded(request: CloudRequest, object: StoredObject): boolean {
  if (object.contentEncoding !== 'gzip' || /no-transform/i.test(object.cacheControl ?? '')) return false
  return !/\bgzip\b/i.test(String(request.headers['accept-encoding'] ?? ''))
}

/** Header values are latin-1 on the wire; Google sends UTF-8 bytes. */
function header(name: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [name]: Buffer.from(value, 'utf8').toString('latin1') }
}
