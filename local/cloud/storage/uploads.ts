/**
 * `objects.insert`: media, multipart and resumable uploads. Content is digested as it arrives and compared
 * with what the client claimed before anything becomes visible.
 */
import { Readable } from 'node:stream'
import { missingCredentials } from '../error-reply.ts'
import { CloudError, type CloudRequest, type Reply } from '../kernel.ts'
import type { Catalog } from './catalog.ts'
import { readUploadRange, type UploadRange } from './content-range.ts'
import { claimsOf, requireDigests, type Digests } from './digest.ts'
import type { Guard } from './guard.ts'
import { newMetadata, readMetadata, requireAddress } from './metadata.ts'
import { readMultipart } from './multipart-related.ts'
import { requireObjectName } from './names.ts'
import { readPreconditions } from './preconditions.ts'
import { hashHeader, objectResource } from './resources.ts'
import type { Session, Sessions } from './sessions.ts'
import type { ObjectMetadata, StoredObject } from './stored.ts'
import { diskError, type Writes } from './writes.ts'

export interface Uploads {
  /** POST: the whole upload, or the start of a resumable one. */
  insert(request: CloudRequest): Promise<Reply>
  /** PUT on a session: content, or a status query. */
  resume(request: CloudRequest): Promise<Reply>
  /** DELETE on a session. */
  cancel(request: CloudRequest): Promise<Reply>
}

interface Target {
  readonly bucket: string
  readonly name: string
  readonly metadata: ObjectMetadata
  readonly claims: readonly Partial<Digests>[]
}

export function createUploads(
  catalog: Catalog,
  sessions: Sessions,
  guard: Guard,
  writes: Writes,
  origin: string,
): Uploads {
  const answer = (object: StoredObject): Reply => ({
    json: objectResource(object, origin),
    headers: {
      'x-goog-hash': hashHeader(object),
      'x-goog-generation': String(object.generation),
      'x-goog-metageneration': String(object.metageneration),
    },
  })

  function targetOf(
    request: CloudRequest,
    json: Record<string, unknown>,
    mediaType: string | undefined,
  ): Target {
    const query = request.url.searchParams
    const bucket = request.params.bucket!
    const named = query.get('name') ?? json.name
    const name = requireObjectName(typeof named === 'string' ? named : '')
    requireAddress(json, { bucket })
    const change = readMetadata({
      ...json,
      contentType: json.contentType ?? mediaType,
      contentEncoding: query.get('contentEncoding') ?? json.contentEncoding,
    })
    const target = { bucket, name, metadata: newMetadata(change), claims: claimsOf(json, request.headers) }
    writes.requireCreatable(request.principal, { ...target, preconditions: readPreconditions(query) })
    return target
  }

  async function whole(request: CloudRequest, isMultipart: boolean): Promise<Reply> {
    const writer = catalog.blobs.writer()
    let target: Target | undefined
    try {
      const stream = abortable(request)
      if (isMultipart) {
        await readMultipart(stream, request.headers['content-type'], {
          metadata: (json, mediaType) => {
            request.noteJson(json)
            target = targetOf(request, json, mediaType)
          },
          content: (chunk) => writer.write(chunk),
        })
      } else {
        target = targetOf(request, {}, request.headers['content-type'])
        for await (const chunk of stream) await writer.write(chunk as Buffer)
      }
      const content = await writer.finish()
      requireDigests(target!.claims, content)
      const { id: blob, ...digests } = content
      return answer(
        writes.create(request.principal, {
          ...target!,
          content: { blob, ...digests },
          preconditions: readPreconditions(request.url.searchParams),
        }),
      )
    } catch (error) {
      await writer.discard()
      throw diskError(error)
    }
  }

  async function start(request: CloudRequest): Promise<Reply> {
    const { headers } = request
    const json = await request.json()
    const target = targetOf(request, json, header(headers['x-upload-content-type']))
    const length = header(headers['x-upload-content-length'])
    if (length !== undefined && !/^\d{1,15}$/.test(length))
      throw new CloudError(400, 'invalid', 'Invalid X-Upload-Content-Length.')
    const session = sessions.begin({
      ...target,
      principal: request.principal,
      preconditions: readPreconditions(request.url.searchParams),
      expectedBytes: length === undefined ? undefined : Number(length),
    })
    const query = new URLSearchParams([...request.url.searchParams])
    query.set('uploadType', 'resumable')
    query.set('name', target.name)
    query.set('upload_id', session.start.id)
    const location = `${origin}/upload/storage/v1/b/${encodeURIComponent(target.bucket)}/o?${query}`
    return {
      status: 200,
      headers: {
        location,
        'x-guploader-uploadid': session.start.id,
        'content-type': 'text/plain; charset=utf-8',
      },
      body: '',
    }
  }

  function sessionOf(request: CloudRequest): Session {
    const session = sessions.find(request.url.searchParams.get('upload_id') ?? '')
    if (!session && request.headers.authorization === undefined) throw missingCredentials()
    if (!session || session.start.bucket !== request.params.bucket)
      throw new CloudError(404, 'notFound', 'No such upload session; it was never started or is too old.')
    return session
  }

  async function receive(request: CloudRequest, session: Session): Promise<Reply> {
    if (session.isCancelled) return { status: 499, headers: {}, body: '' }
    const stream = abortable(request)
    if (session.finished) {
      stream.resume()
      return answer(session.finished)
    }
    const range = readUploadRange(request.headers['content-range'])
    const { expectedBytes } = session.start
    if (range.total !== undefined && expectedBytes !== undefined && range.total !== expectedBytes)
      throw new CloudError(
        400,
        'badRequest',
        `The total size ${range.total} differs from X-Upload-Content-Length ${expectedBytes}.`,
      )
    const isComplete = range.start === undefined ? range.total === session.persistedBytes : range.isLast
    if (range.start === undefined && !isComplete) {
      stream.resume()
      return incomplete(session)
    }
    if ((range.start ?? 0) > session.persistedBytes) {
      throw new CloudError(
        400,
        'badRequest',
        `Invalid request. Bytes ${session.persistedBytes} to ${range.start! - 1} are missing before this chunk.`,
      )
    }
    const blob = await sessions
      .append(session, fresh(stream, range, session.persistedBytes), isComplete)
      .catch((error: unknown) => {
        throw diskError(error)
      })
    if (!blob) return incomplete(session)
    const { id, ...digests } = blob
    try {
      if (expectedBytes !== undefined && blob.size !== expectedBytes)
        throw new CloudError(
          400,
          'badRequest',
          `Received ${blob.size} bytes where X-Upload-Content-Length said ${expectedBytes}.`,
        )
      requireDigests([...session.start.claims, ...claimsOf({}, request.headers)], blob)
      const object = writes.create(session.start.principal, {
        ...session.start,
        content: { blob: id, ...digests },
        uploadId: session.start.id,
      })
      sessions.finish(session, object)
      return answer(object)
    } catch (error) {
      // Content or precondition failed for good: the client starts over. A full disk may pass.
      if (error instanceof CloudError && error.status < 500) sessions.drop(session)
      throw error
    }
  }

  return {
    async insert(request) {
      const query = request.url.searchParams
      guard.requireParameters(request.principal, query, request.headers)
      const uploadType = query.get('uploadType') ?? query.get('upload_protocol')
      if (uploadType === 'resumable') return await start(request)
      if (uploadType === 'multipart' || uploadType === 'media')
        return await whole(request, uploadType === 'multipart')
      throw new CloudError(
        400,
        'invalidParameter',
        `Invalid uploadType: '${(uploadType ?? '').slice(0, 40)}'. Use media, multipart or resumable.`,
        { location: 'uploadType' },
      )
    },
    resume(request) {
      const session = sessionOf(request)
      const turn = session.turn.then(() => receive(request, session))
      session.turn = turn.catch(() => undefined)
      return turn
    },
    async cancel(request) {
      const session = sessionOf(request)
      await session.turn
      if (!session.finished) sessions.drop(session)
      return { status: 499, headers: {}, body: '' }
    },
  }
}

/** Skips what is already persisted and holds the client to the length it announced. */
async function* fresh(stream: Readable, range: UploadRange, persistedBytes: number): AsyncGenerator<Buffer> {
  const start = range.start ?? persistedBytes
  let position = start
  for await (const chunk of stream) {
    const data = chunk as Buffer
    const skip = Math.min(data.length, Math.max(0, persistedBytes - position))
    position += data.length
    if (range.end !== undefined && position > range.end + 1) throw wrongLength(position - start, range)
    if (skip < data.length) yield data.subarray(skip)
  }
  if (range.end !== undefined && position !== range.end + 1) throw wrongLength(position - start, range)
  if (range.end === undefined && range.total !== undefined && position !== range.total)
    throw wrongLength(position - start, { ...range, end: range.total - 1 })
}

function wrongLength(received: number, { start = 0, end = 0 }: UploadRange): CloudError {
  return new CloudError(
    400,
    'badRequest',
    `Invalid request.  There were ${received} byte(s) (or more) in the request body.  There should have been ${end - start + 1} byte(s) ` +
      `(starting at offset ${start} and ending at offset ${end}) according to the Content-Range header.`,
  )
}

function incomplete(session: Session): Reply {
  const range: Record<string, string> =
    session.persistedBytes > 0 ? { range: `bytes=0-${session.persistedBytes - 1}` } : {}
  return { status: 308, headers: { ...range, 'x-guploader-uploadid': session.start.id }, body: '' }
}

/** A client that went away must not leave a reader waiting for ever behind gunzip. */
function abortable(request: CloudRequest): Readable {
  const { stream, signal } = request
  signal.addEventListener('abort', () => stream.destroy(new Error('the client closed the connection')), {
    once: true,
  })
  return stream
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
