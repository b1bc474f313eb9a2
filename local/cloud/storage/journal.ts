/**
 * The append-only record of every change: one JSON line is one atomic step. A line is handed to the kernel
 * before a caller is answered, so kill -9 loses nothing acknowledged; a torn last line is cut off at start.
 * Power loss may cost the last second (see `syncEveryMs`).
 */
import {
  closeSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs'
import type { Change } from './stored.ts'

export interface Journal {
  /** Returns when the line is in the file. */
  append(changes: readonly Change[]): void
  close(): void
}

const syncEveryMs = 1000

/** Replays the file through `apply`, then opens it for appending. */
export function openJournal(path: string, apply: (change: Change) => void): Journal {
  const descriptor = openSync(path, 'a+', 0o600)
  const data = readFileSync(descriptor)
  const end = data.lastIndexOf(0x0a) + 1
  if (end < data.length) ftruncateSync(descriptor, end)
  let line = 0
  for (const text of data.subarray(0, end).toString('utf8').split('\n')) {
    line++
    if (text === '') continue
    let changes: Change[]
    try {
      changes = JSON.parse(text) as Change[]
    } catch {
      throw new Error(`${path}:${line} is damaged; remove the state directory to start anew`)
    }
    for (const change of changes) apply(change)
  }
  return appendTo(descriptor)
}

/** Replaces the file by one that holds only `changes`, atomically. */
export function compactJournal(path: string, changes: Iterable<Change>): void {
  const temporary = `${path}.compacting`
  const descriptor = openSync(temporary, 'w', 0o600)
  let block = ''
  for (const change of changes) {
    block += `${JSON.stringify([change])}\n`
    if (block.length > 1_000_000) {
      writeAll(descriptor, block)
      block = ''
    }
  }
  writeAll(descriptor, block)
  fsyncSync(descriptor)
  closeSync(descriptor)
  renameSync(temporary, path)
}

function appendTo(descriptor: number): Journal {
  let isDirty = false
  let isOpen = true
  const timer = setInterval(() => {
    if (!isDirty) return
    isDirty = false
    fdatasync(descriptor, () => undefined)
  }, syncEveryMs).unref()
  return {
    append(changes) {
      writeAll(descriptor, `${JSON.stringify(changes)}\n`)
      isDirty = true
    },
    close() {
      clearInterval(timer)
      if (!isOpen) return
      isOpen = false
      fsyncSync(descriptor)
      closeSync(descriptor)
    },
  }
}

/** A line that could not be written whole (disk full) must not stay as a torn middle of the file. */
function writeAll(descriptor: number, text: string): void {
  const data = Buffer.from(text)
  let written = 0
  try {
    while (written < data.length) written += writeSync(descriptor, data, written)
  } catch (error) {
    if (written > 0) ftruncateSync(descriptor, fstatSync(descriptor).size - written)
    throw error
  }
}
