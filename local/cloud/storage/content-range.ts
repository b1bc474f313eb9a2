/**
 * Reads the `Content-Range` of a resumable upload; an unreadable one is refused rather than taken for a whole
 * upload.
 */
import { CloudError } from '../kernel.ts'

export interface UploadRange {
  /** Absent for a status query (`bytes *\/…`). */
  readonly start?: number
  /**
   * Inclusive; absent when the client does not know it yet (`bytes 0-*\/*`: everything up to the end of the
   * body, which ends the object).
   */
  readonly end?: number
  /** Absent while the client does not know it. */
  readonly total?: number
  /** True when this request carries the last byte. */
  readonly isLast: boolean
}

export function readUploadRange(text: string | undefined): UploadRange {
  if (text === undefined) return { start: 0, isLast: true }
  const match = /^bytes\s+(?:(\*)|(\d+)-(\*|-?\d+))\/(\*|\d+)$/.exec(text.trim())
  if (!match) throw invalidRange(text)
  const total = match[4] === '*' ? undefined : Number(match[4])
  if (match[1]) return { total, isLast: false }
  const start = Number(match[2])
  if (match[3] === '*') return { start, total, isLast: true }
  const end = Number(match[3])
  // Node's client sends `bytes 0--1/0` for an empty object in chunks.
  if (end < start - 1 || (total !== undefined && end >= total && total > 0)) throw invalidRange(text)
  return { start, end, total, isLast: total !== undefined && end === total - 1 }
}

function invalidRange(text: string): CloudError {
  return new CloudError(400, 'badRequest', `Failed to parse Content-Range header: '${text.slice(0, 100)}'.`)
}
