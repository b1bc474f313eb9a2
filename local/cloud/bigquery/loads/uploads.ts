/**
 * Load jobs with the file in the request: multipart and resumable. The file is written to disk as it comes;
 * the job starts when all of it is there.
 */
import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, rm, stat } from 'node:fs/promises'
import { finished, pipeline } from 'node:stream/promises'
import { CloudError, type CloudRequest, type Reply } from '../../kernel.ts'
import { readUploadRange } from '../../storage/content-range.ts'
import { readMultipart } from '../../storage/multipart-related.ts'
import path from 'node:path'
import { invalid } from '../engine/refusals.ts'
import type { Body } from '../engine/request-body.ts'
import { startJob } from '../jobs/jobs.ts'
import type { JobDesk } from '../jobs/job-desk.ts'
import { checkProject, type Room } from '../room.ts'

interface Session {
  readonly file: string
  readonly body: Body
  readonly member: string
  received: number
  reply?: Reply
  turn: Promise<unknown>
  touchedMs: number
}

const sessionLifetimeMs = 3_600_000

export class Uploads {
  readonly #room: Room
  readonly #desk: JobDesk
  readonly #folder: string
  readonly #sessions = new Map<string, Session>()

  constructor(room: Room, desk: JobDesk, folder: string) {
    this.#room = room
    this.#desk = desk
    this.#folder = folder
  }

  /** Uploads of an earlier life cannot be continued: their clients start over. */
  async open(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true })
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
  }

  async insert(request: CloudRequest): Promise<Reply> {
    checkProject(this.#room, request.params.projectId)
    this.#room.authority.requireOnProject(request.principal, 'bigquery.jobs.create')
    const type = request.url.searchParams.get('uploadType')
    if (type === 'multipart') return this.#multipart(request)
    if (type === 'resumable') return this.#begin(request)
    throw invalid(`uploadType ${type ?? '(none)'} is not supported: use multipart or resumable.`)
  }

  async #multipart(request: CloudRequest): Promise<Reply> {
    const file = this.#newFile()
    const out = createWriteStream(file, { mode: 0o600 })
    const failed = finished(out)
    failed.catch(() => undefined)
    let body: Body = {}
    try {
      await readMultipart(request.stream, request.headers['content-type'], {
        metadata: (json) => {
          request.noteJson(json)
          body = json
        },
        content: async (chunk) => {
          if (!out.write(chunk))
            await Promise.race([new Promise<void>((resolve) => out.once('drain', () => resolve())), failed])
        },
      })
      out.end()
      await failed
      return await this.#start(request, body, file)
    } catch (error) {
      out.destroy()
      await rm(file, { force: true })
      throw error
    }
  }

  async #begin(request: CloudRequest): Promise<Reply> {
    const now = this.#room.now()
    for (const [id, session] of this.#sessions)
      if (session.touchedMs + sessionLifetimeMs < now) await this.#forget(id, session)
    // Kept until the bytes have come, in the form in which it was sent.
    const body = JSON.parse(JSON.stringify(await request.json())) as Body
    const id = randomUUID()
    const file = this.#newFile()
    await (await open(file, 'w', 0o600)).close()
    this.#sessions.set(id, {
      file,
      body,
      member: request.principal.member,
      received: 0,
      turn: Promise.resolve(),
      touchedMs: now,
    })
    const location = `${this.#room.origin}/upload/bigquery/v2/projects/${this.#room.environment.project}/jobs?uploadType=resumable&upload_id=${id}`
    return { headers: { location, 'x-guploader-uploadid': id }, body: '' }
  }

  async #forget(id: string, session: Session): Promise<void> {
    this.#sessions.delete(id)
    if (!session.reply) await rm(session.file, { force: true })
  }

  resume(request: CloudRequest): Promise<Reply> {
    const session = this.#sessions.get(request.url.searchParams.get('upload_id') ?? '')
    if (!session || session.member !== request.principal.member)
      throw new CloudError(404, 'notFound', 'Upload session not found.')
    const turn = session.turn.then(() => this.#receive(request, session))
    session.turn = turn.catch(() => undefined)
    return turn
  }

  async #receive(request: CloudRequest, session: Session): Promise<Reply> {
    session.touchedMs = this.#room.now()
    const header = request.headers['content-range']
    const range = readUploadRange(header)
    if (session.reply) {
      request.stream.resume()
      return session.reply
    }
    if (range.start !== undefined) {
      if (range.start !== session.received)
        throw new CloudError(
          400,
          'badRequest',
          `Invalid request. The next byte expected is ${session.received}, not ${range.start}.`,
        )
      const out = createWriteStream(session.file, { flags: 'r+', start: range.start })
      await pipeline(request.stream, out)
      const size = range.start + out.bytesWritten
      if (range.end !== undefined && size !== range.end + 1)
        throw new CloudError(
          400,
          'badRequest',
          `Invalid request. ${out.bytesWritten} bytes came where Content-Range said ${range.end - range.start + 1}.`,
        )
      session.received = size
    } else request.stream.resume()
    const isComplete = range.isLast || (range.start === undefined && range.total === session.received)
    if (!isComplete)
      return {
        status: 308,
        headers: session.received > 0 ? { range: `bytes=0-${session.received - 1}` } : {},
        body: '',
      }
    session.reply = await this.#start(request, session.body, session.file)
    return session.reply
  }

  async #start(request: CloudRequest, body: Body, file: string): Promise<Reply> {
    const { size } = await stat(file)
    return startJob({
      room: this.#room,
      desk: this.#desk,
      principal: request.principal,
      body,
      upload: { uri: 'upload', path: file, size },
    })
  }

  #newFile(): string {
    return path.join(this.#folder, randomUUID())
  }
}
