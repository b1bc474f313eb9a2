/**
 * Looks at the person's own event file before anything is built; it refuses, in one sentence each, files that
 * cannot be clickstream events.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { UsageError } from '../usage-error.ts'

export interface EventFile {
  readonly path: string
  readonly name: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly isGzip: boolean
}

const columns = ['timestamp', 'visitorid', 'event', 'itemid', 'transactionid'] as const
const headBytes = 64 * 1024

/** `option` is what the person typed, for the message. */
export const checkEventFile = async (path: string, option = '--events'): Promise<EventFile> => {
  const file = await openRegular(path, option)
  const isGzip = /\.csv\.gz$/i.test(path)
  if (!isGzip && !/\.csv$/i.test(path))
    throw new UsageError(`${option} ${path}: the name must end in .csv or .csv.gz.`)
  const { head, sha256, sizeBytes, hasMoreLines } = await scan(path, isGzip, option)
  if (sizeBytes === 0) throw new UsageError(`${option} ${path}: the file is empty.`)
  const text = readableText(head, `${option} ${path}`)
  const names = headerOf(text, `${option} ${path}`)
  if (names.every((name) => /^[\d.\s]*$/.test(name) || ['view', 'addtocart', 'transaction'].includes(name))) {
    throw new UsageError(
      `${option} ${path}: there is no header line; the first line must name the columns ${columns.join(', ')}.`,
    )
  }
  const missing = columns.filter((column) => !names.includes(column))
  if (missing.length > 0) {
    throw new UsageError(
      `${option} ${path}: the column(s) ${missing.join(', ')} are missing; the header has ${names.map((name) => JSON.stringify(name.slice(0, 40))).join(', ')}.`,
    )
  }
  const twice = columns.find((column) => names.filter((name) => name === column).length > 1)
  if (twice) throw new UsageError(`${option} ${path}: the column ${twice} is named twice in the header.`)
  if (!hasMoreLines) throw new UsageError(`${option} ${path}: there is a header but no event below it.`)
  return { path, name: basename(path), sha256, sizeBytes: file.size, isGzip }
}

export const openRegular = async (path: string, option: string): Promise<{ size: number }> => {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === 'ENOENT'
        ? `${option} ${path}: there is no such file.`
        : `${option} ${path}: cannot be read (${error.code ?? error.message}).`,
    )
  })
  if (found.isDirectory())
    throw new UsageError(`${option} ${path}: this is a directory; name one .csv or .csv.gz file.`)
  if (!found.isFile()) throw new UsageError(`${option} ${path}: this is not a regular file.`)
  return found
}

/** One pass over everything: a gzip file may break at its very end, and the digest is wanted anyway. */
const scan = async (
  path: string,
  isGzip: boolean,
  option: string,
): Promise<{ head: Buffer; sha256: string; sizeBytes: number; hasMoreLines: boolean }> => {
  const digest = createHash('sha256')
  const head: Buffer[] = []
  let plainBytes = 0
  let [seenNewline, hasMoreLines] = [false, false]
  const look = (chunk: Buffer): void => {
    if (plainBytes < headBytes) head.push(chunk.subarray(0, headBytes - plainBytes))
    plainBytes += chunk.length
    if (hasMoreLines) return
    const newline = seenNewline ? 0 : chunk.indexOf(10) + 1
    if (!seenNewline && newline === 0) return
    seenNewline = true
    hasMoreLines = chunk.subarray(newline).some((byte) => byte !== 10 && byte !== 13 && byte !== 32)
  }
  const source = createReadStream(path).on('data', (chunk) => {
    digest.update(chunk)
  })
  try {
    if (isGzip)
      await pipeline(source, createGunzip(), async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) look(chunk)
      })
    else for await (const chunk of source) look(chunk as Buffer)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'Z_BUF_ERROR')
      throw new UsageError(`${option} ${path}: the gzip file is truncated; copy or download it again.`)
    if (code?.startsWith('Z_'))
      throw new UsageError(`${option} ${path}: this is not a sound gzip file (${message}).`)
    throw new UsageError(`${option} ${path}: cannot be read (${code ?? message}).`)
  }
  return { head: Buffer.concat(head), sha256: digest.digest('hex'), sizeBytes: plainBytes, hasMoreLines }
}

const readableText = (head: Buffer, what: string): string => {
  if (head[0] === 0x1f && head[1] === 0x8b)
    throw new UsageError(`${what}: the content is gzip; name the file .csv.gz.`)
  if (head.includes(0))
    throw new UsageError(`${what}: this is a binary file (or UTF-16); UTF-8 text is needed.`)
  try {
    // The head may end inside a character: stream mode leaves such a tail alone.
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
  } catch {
    throw new UsageError(`${what}: the text is not UTF-8.`)
  }
}

export const headerOf = (text: string, what: string): string[] => {
  const line = text.split(/\r?\n/, 1)[0] ?? ''
  try {
    return (parse(line, { relax_column_count: true })[0] ?? []).map((name) => name.trim())
  } catch {
    throw new UsageError(`${what}: the first line is not CSV.`)
  }
}
