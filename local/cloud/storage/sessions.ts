/**
 * Resumable upload sessions: persisted before their address is given out, content appended in 256 KiB quanta,
 * all of it surviving kill -9. The last quantum and the journal line make the object; a session never shows a
 * half object.
 */
import { randomBytes } from 'node:crypto'
import {
  createReadStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { Principal } from '../kernel.ts'
import type { Blobs } from './blobs.ts'
import { createDigest, type Digest, type Digests } from './digest.ts'
import type { Preconditions } from './preconditions.ts'
import type { Blob, ObjectMetadata, StoredObject } from './stored.ts'

/** What the first request fixed; written to disk. */
export interface SessionStart {
  readonly id: string
  readonly bucket: string
  readonly name: string
  readonly principal: Principal
  readonly metadata: ObjectMetadata
  readonly preconditions: Preconditions
  readonly claims: readonly Partial<Digests>[]
  /** From `X-Upload-Content-Length`. */
  readonly expectedBytes?: number
  readonly blob: string
  readonly createdMs: number
}
export interface Session {
  readonly start: SessionStart
  /** Bytes safely in the file: a multiple of 256 KiB. */
  persistedBytes: number
  digest?: Digest
  /** Set when the object exists. */
  finished?: StoredObject
  isCancelled: boolean
  /** Requests of one session are taken one at a time. */
  turn: Promise<unknown>
}
export interface Sessions {
  begin(start: Omit<SessionStart, 'id' | 'blob' | 'createdMs'>): Session
  find(id: string): Session | undefined
  /**
   * Appends from the current end; returns the bytes after the last whole quantum when `isLast`, else drops
   * them.
   */
  append(session: Session, chunks: AsyncIterable<Buffer>, isLast: boolean): Promise<Blob | undefined>
  /** Remembers the object for status queries; only the latest thousand are kept, Spark makes many. */
  finish(session: Session, object: StoredObject): void
  /** Forgets a failed or cancelled session and its content. */
  drop(session: Session): void
  isBlobKept(blob: string): boolean
}

const quantumBytes = 256 * 1024
const lifetimeMs = 7 * 86_400_000
const finishedLimit = 1000

export function openSessions(
  dir: string,
  blobs: Blobs,
  now: () => number,
  made: ReadonlyMap<string, StoredObject>,
): Sessions {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const sessions = new Map<string, Session>()
  const fileOf = (id: string) => join(dir, `${id}.json`)
  const finishedIds: string[] = []
  const rememberFinished = (id: string) => {
    finishedIds.push(id)
    if (finishedIds.length <= finishedLimit) return
    const oldest = finishedIds.shift()!
    sessions.delete(oldest)
    rmSync(fileOf(oldest), { force: true })
  }
  for (const start of readStarts(dir)) {
    const finished = made.get(start.id)
    if (start.createdMs + lifetimeMs < now()) {
      rmSync(fileOf(start.id), { force: true })
      continue
    }
    const persistedBytes = finished ? finished.size : wholeQuanta(blobs, start.blob)
    sessions.set(start.id, { start, finished, persistedBytes, isCancelled: false, turn: Promise.resolve() })
    if (finished) rememberFinished(start.id)
  }
  return {
    begin(given) {
      const start: SessionStart = {
        ...given,
        id: randomBytes(24).toString('base64url'),
        blob: blobs.newId(),
        createdMs: now(),
      }
      writeFileSync(`${fileOf(start.id)}.new`, JSON.stringify(start), { mode: 0o600 })
      renameSync(`${fileOf(start.id)}.new`, fileOf(start.id))
      const session: Session = {
        start,
        persistedBytes: 0,
        digest: createDigest(),
        isCancelled: false,
        turn: Promise.resolve(),
      }
      sessions.set(start.id, session)
      return session
    },
    find: (id) => sessions.get(id),
    append: (session, chunks, isLast) =>
      appendChunks(session, blobs.path(session.start.blob), chunks, isLast),
    finish(session, object) {
      session.finished = object
      rememberFinished(session.start.id)
    },
    drop(session) {
      session.isCancelled = true
      rmSync(fileOf(session.start.id), { force: true })
      rmSync(blobs.path(session.start.blob), { force: true })
    },
    isBlobKept: (blob) => [...sessions.values()].some((session) => session.start.blob === blob),
  }
}

async function appendChunks(
  session: Session,
  path: string,
  chunks: AsyncIterable<Buffer>,
  isLast: boolean,
): Promise<Blob | undefined> {
  const digest = (session.digest ??= await digestOf(path, session.persistedBytes))
  const file = await open(path, 'a', 0o600)
  let tail: Buffer = Buffer.alloc(0)
  const persist = async (data: Buffer) => {
    await file.writeFile(data)
    digest.update(data)
    session.persistedBytes += data.length
  }
  try {
    // A write cut short by a crash or a full disk left bytes that were never counted.
    if ((await file.stat()).size !== session.persistedBytes) await file.truncate(session.persistedBytes)
    for await (const chunk of chunks) {
      tail = tail.length === 0 ? chunk : Buffer.concat([tail, chunk])
      const whole = tail.length - (tail.length % quantumBytes)
      if (whole === 0) continue
      await persist(tail.subarray(0, whole))
      tail = tail.subarray(whole)
    }
    if (!isLast) return undefined
    if (tail.length > 0) await persist(tail)
    return { id: session.start.blob, size: session.persistedBytes, ...digest.result() }
  } finally {
    await file.close()
  }
}

async function digestOf(path: string, bytes: number): Promise<Digest> {
  const digest = createDigest()
  if (bytes === 0) return digest
  for await (const chunk of createReadStream(path, { end: bytes - 1 })) digest.update(chunk as Buffer)
  return digest
}

/** A tail beyond the last quantum is cut off when the next bytes come. */
function wholeQuanta(blobs: Blobs, blob: string): number {
  const size = blobs.sizeOf(blob) ?? 0
  return size - (size % quantumBytes)
}

/** A `.new` file belongs to a session whose address was never given out. */
function readStarts(dir: string): SessionStart[] {
  const starts: SessionStart[] = []
  for (const file of readdirSync(dir)) {
    if (file.endsWith('.json')) starts.push(JSON.parse(readFileSync(join(dir, file), 'utf8')) as SessionStart)
    else rmSync(join(dir, file), { force: true })
  }
  return starts
}
