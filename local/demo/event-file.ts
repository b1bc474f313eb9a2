/**
 * Looks at one of the person's own event files before anything is built, and finds out its source; it refuses,
 * in one sentence each, files that cannot be clickstream events.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { UsageError } from '../usage-error.ts'
import { avroNames } from './avro-names.ts'
import type { EventSource, Kind } from './event-source.ts'

export interface EventFile {
  readonly path: string
  readonly name: string
  readonly sha256: string
  readonly sizeBytes: number
  readonly isGzip: boolean
  readonly kind: Kind
  readonly source: EventSource
}

/** There is nothing in it, which matters only where it is alone. */
export class EmptyFile extends UsageError {}
/** A `.json` file may be anything, and this one is not of events. */
export class NoEvents extends UsageError {}

const headBytes = 1024 * 1024
const TEXT = /\.(csv|ndjson|jsonl|json)(\.gz)?$/i
export const ENDINGS = '.csv, .ndjson or .jsonl, or one of them and .gz, or .parquet or .avro'

export const kindOf = (path: string): Kind | undefined => {
  if (/\.parquet$/i.test(path)) return 'parquet'
  if (/\.avro$/i.test(path)) return 'avro'
  const [, ending] = TEXT.exec(path) ?? []
  return ending === undefined ? undefined : ending.toLowerCase() === 'csv' ? 'csv' : 'ndjson'
}
const mayBeAnything = (path: string): boolean => /\.json(\.gz)?$/i.test(path)

/** The file as one of `sources`. `option` is what the person typed, for the message. */
export const checkEventFile = async (
  path: string,
  { sources, isNamed }: { readonly sources: readonly EventSource[]; readonly isNamed: boolean },
  option = '--events',
): Promise<EventFile> => {
  const what = `${option} ${path}`
  const file = await openRegular(path, option)
  const kind = kindOf(path)
  if (kind === undefined) throw new UsageError(`${what}: the name must end in ${ENDINGS}.`)
  const candidates = sources.filter((source) => source.kinds.includes(kind))
  if (candidates.length === 0)
    throw new UsageError(
      `${what}: source ${sources[0]?.name ?? ''} is ${sources[0]?.kinds.join(' or ') ?? ''}, and this is ${kind}.`,
    )
  const isGzip = /\.gz$/i.test(path)
  const { head, sha256, sizeBytes, hasMoreLines } = await scan(path, isGzip, option)
  if (sizeBytes === 0) throw new EmptyFile(`${what}: the file is empty.`)
  const known = { path, name: basename(path), sha256, sizeBytes: file.size, isGzip, kind }
  if (kind === 'parquet') {
    const names = await parquetNames(path, what)
    return { ...known, source: sourceOfNames(names, what, 'its schema', candidates) }
  }
  if (kind === 'avro') {
    const names = avroNames(head)
    if (names === undefined) throw new UsageError(`${what}: this is not a sound Avro file.`)
    return { ...known, source: sourceOfNames(names, what, 'its schema', candidates) }
  }
  const text = readableText(head, what, candidates[0]?.encoding ?? 'UTF-8')
  const source = sourceOf(text, kind, what, candidates, mayBeAnything(path) && !isNamed)
  if (kind === 'csv' && !hasMoreLines)
    throw new EmptyFile(`${what}: there is a header but no event below it.`)
  return { ...known, source }
}

const sourceOf = (
  text: string,
  kind: Kind,
  what: string,
  candidates: readonly EventSource[],
  isMaybe: boolean,
): EventSource => {
  try {
    return kind === 'csv' ? sourceOfHeader(text, what, candidates) : sourceOfObject(text, what, candidates)
  } catch (error) {
    throw isMaybe && error instanceof UsageError ? new NoEvents(error.message) : error
  }
}

const quoted = (names: readonly string[]): string =>
  names
    .slice(0, 40)
    .map((name) => JSON.stringify(name.slice(0, 40)))
    .join(', ')

const sourceOfHeader = (text: string, what: string, candidates: readonly EventSource[]): EventSource => {
  const namesFor = (source: EventSource): string[] => columnsOf(text, what, source)
  const found = candidates.find((source) => {
    const names = namesFor(source)
    return source.needed.every((column) => names.filter((name) => name === column).length === 1)
  })
  if (found !== undefined) return found
  const likeliest = candidates[0]!
  const names = namesFor(likeliest)
  if (names.every((name) => /^[\d.\s]*$/.test(name) || ['view', 'addtocart', 'transaction'].includes(name)))
    throw new UsageError(
      `${what}: there is no header line; the first line must name the columns ${likeliest.needed.join(', ')}.`,
    )
  const missing = likeliest.needed.filter((column) => !names.includes(column))
  if (missing.length > 0)
    throw new UsageError(
      `${what}: the column(s) ${missing.join(', ')} are missing; the header has ${quoted(names)}.`,
    )
  const twice = likeliest.needed.find((column) => names.filter((name) => name === column).length > 1)
  throw new UsageError(`${what}: the column ${twice ?? ''} is named twice in the header.`)
}

/** As the job does: the first object tells. */
const sourceOfObject = (text: string, what: string, candidates: readonly EventSource[]): EventSource => {
  const line =
    text
      .replace(/^\uFEFF/, '')
      .trimStart()
      .split(/\r?\n/, 1)[0] ?? ''
  let first: unknown
  try {
    first = JSON.parse(line)
  } catch {
    first = undefined
  }
  if (typeof first !== 'object' || first === null || Array.isArray(first))
    throw new UsageError(
      `${what}: the first line is no JSON object${line.trimStart().startsWith('[') ? ' but a list' : ''}; each line must be one event.`,
    )
  return sourceOfNames(Object.keys(first), what, 'its first object', candidates)
}

const sourceOfNames = (
  names: readonly string[],
  what: string,
  whose: string,
  candidates: readonly EventSource[],
): EventSource => {
  const found = candidates.find((source) => source.needed.every((name) => names.includes(name)))
  if (found !== undefined) return found
  const wanted = candidates.map(({ name, needed }) => `${name} needs ${needed.join(' and ')}`).join(', ')
  throw new UsageError(`${what}: ${whose} is of no source: ${wanted}; it has ${quoted(names)}.`)
}

const parquetNames = async (path: string, what: string): Promise<string[]> => {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  try {
    const names = await connection.runAndReadAll(
      `SELECT column_name FROM (DESCRIBE FROM read_parquet('${path.replaceAll("'", "''").replaceAll(/[*?[]/g, '[$&]')}'))`,
    )
    return names.getRows().map(([name]) => String(name))
  } catch (error) {
    throw new UsageError(
      `${what}: this is not a sound Parquet file (${(error as Error).message.split('\n')[0]}).`,
    )
  } finally {
    connection.closeSync()
  }
}

export const openRegular = async (path: string, option: string): Promise<{ size: number }> => {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === 'ENOENT'
        ? `${option} ${path}: there is no such file.`
        : `${option} ${path}: cannot be read (${error.code ?? error.message}).`,
    )
  })
  if (found.isDirectory()) throw new UsageError(`${option} ${path}: this is a directory; name a file.`)
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

const readableText = (head: Buffer, what: string, encoding: string): string => {
  if (head[0] === 0x1f && head[1] === 0x8b)
    throw new UsageError(`${what}: the content is gzip; let the name end in .gz.`)
  if (head.includes(0))
    throw new UsageError(`${what}: this is a binary file (or UTF-16); ${encoding} text is needed.`)
  try {
    // The head may end inside a character: stream mode leaves such a tail alone.
    return new TextDecoder(encoding, { fatal: true }).decode(head, { stream: true })
  } catch {
    throw new UsageError(`${what}: the text is not ${encoding}.`)
  }
}

export const columnsOf = (
  text: string,
  what: string,
  { delimiter, isCaseIgnored }: Pick<EventSource, 'delimiter' | 'isCaseIgnored'>,
): string[] => {
  const line = text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? ''
  try {
    return (parse(line, { relax_column_count: true, delimiter })[0] ?? []).map((name) =>
      isCaseIgnored ? name.trim().toLowerCase() : name.trim(),
    )
  } catch {
    throw new UsageError(`${what}: the first line is not CSV.`)
  }
}
