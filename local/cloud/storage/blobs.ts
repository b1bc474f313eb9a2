/**
 * Object contents on disk: immutable files with random names (never an object's name), shared by copies and
 * counted. A file without a journal line is nothing: it is swept at start. Replaced content stays readable
 * for a while, because a query may still be reading it.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeSync } from 'node:fs'
import { open, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { createDigest } from './digest.ts'
import type { Blob } from './stored.ts'

export interface BlobWriter {
  write(chunk: Buffer): Promise<void>
  finish(): Promise<Blob>
  discard(): Promise<void>
}

export interface Blobs {
  newId(): string
  path(id: string): string
  /** Size on disk, `undefined` when the file is gone. */
  sizeOf(id: string): number | undefined
  writer(): BlobWriter
  retain(id: string): void
  release(id: string): void
  /** Removes files that nothing counts and `isKept` does not claim; only at start, before any upload. */
  sweep(isKept: (id: string) => boolean): void
  close(): void
}

const graceMs = 10 * 60_000
const smallBytes = 128 * 1024
const flushBytes = 1024 * 1024

export function openBlobs(dir: string): Blobs {
  for (let index = 0; index < 256; index++)
    mkdirSync(join(dir, index.toString(16).padStart(2, '0')), { recursive: true, mode: 0o700 })
  const counts = new Map<string, number>()
  const trash: { readonly id: string; readonly sinceMs: number }[] = []
  const path = (id: string) => join(dir, id.slice(0, 2), id)
  const newId = () => randomBytes(16).toString('hex')
  const remove = (id: string) => {
    if (!counts.has(id)) rmSync(path(id), { force: true })
  }
  const emptyTrash = (beforeMs: number) => {
    while (trash.length > 0 && trash[0]!.sinceMs < beforeMs) remove(trash.shift()!.id)
  }
  const timer = setInterval(() => emptyTrash(performance.now() - graceMs), 30_000).unref()
  return {
    newId,
    path,
    sizeOf: (id) => statSync(path(id), { throwIfNoEntry: false })?.size,
    writer: () => createWriter(newId(), path),
    retain: (id) => void counts.set(id, (counts.get(id) ?? 0) + 1),
    release(id) {
      const count = (counts.get(id) ?? 0) - 1
      if (count > 0) return void counts.set(id, count)
      counts.delete(id)
      trash.push({ id, sinceMs: performance.now() })
    },
    sweep(isKept) {
      for (const shard of readdirSync(dir)) {
        for (const id of readdirSync(join(dir, shard))) {
          if (!counts.has(id) && !isKept(id)) rmSync(join(dir, shard, id), { force: true })
        }
      }
    },
    close() {
      clearInterval(timer)
      emptyTrash(Infinity)
    },
  }
}

/**
 * Small contents are written in one blocking step (0.03 ms against 0.3 ms through the thread pool); larger
 * ones stream to the file.
 */
function createWriter(id: string, path: (id: string) => string): BlobWriter {
  const digest = createDigest()
  let size = 0
  let pending: Buffer[] = []
  let pendingBytes = 0
  let file: FileHandle | undefined
  const flush = async () => {
    if (pendingBytes === 0) return
    const data = pending.length === 1 ? pending[0]! : Buffer.concat(pending, pendingBytes)
    pending = []
    pendingBytes = 0
    file ??= await open(path(id), 'wx', 0o600)
    await file.writeFile(data)
  }
  return {
    async write(chunk) {
      digest.update(chunk)
      size += chunk.length
      pending.push(chunk)
      pendingBytes += chunk.length
      if (pendingBytes >= flushBytes) await flush()
    },
    async finish() {
      if (!file && size <= smallBytes) writeSmall(path(id), Buffer.concat(pending, pendingBytes))
      else await flush()
      await file?.close()
      return { id, size, ...digest.result() }
    },
    async discard() {
      await file?.close().catch(() => undefined)
      await rm(path(id), { force: true })
    },
  }
}

function writeSmall(path: string, data: Buffer): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    for (let written = 0; written < data.length;) written += writeSync(descriptor, data, written)
  } finally {
    closeSync(descriptor)
  }
}
