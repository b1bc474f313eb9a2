/**
 * Splits event files into files of one day, as a producer would deliver them, for the first days of their
 * calendar; it refuses events without one usable time.
 */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { columnsOf } from './event-file.ts'
import type { EventSource, Kind } from './event-source.ts'
import { UsageError } from '../usage-error.ts'

export interface DayFile {
  readonly path: string
  /** Begins with the day, which is what the DAG waits for. */
  readonly objectName: string
}
export interface Day {
  readonly day: string
  readonly files: readonly DayFile[]
}
export interface Days {
  readonly days: readonly Day[]
  /** Days of all events, from the first one to the last. */
  readonly calendarDays: number
}
interface SourceFile {
  readonly path: string
  readonly isGzip: boolean
  readonly kind: Kind
  readonly source: EventSource
}

const DAY_MS = 86_400_000
const EARLIEST_MS = Date.UTC(2000, 0, 1)

/**
 * Writes the first `days` days of the calendar into `folder`: of each kind of file (its source, and its header
 * where it has one) one file a day. Rows whose time cannot be read go with the first day, so that they are
 * counted and rejected there.
 */
export async function splitByDay(
  { files, name }: { readonly files: readonly SourceFile[]; readonly name: string },
  days: number,
  folder: string,
  nowMs = Date.now(),
): Promise<Days> {
  const packed = files.find(({ kind }) => kind === 'parquet' || kind === 'avro')
  if (packed !== undefined)
    throw new UsageError(
      `--orchestrate delivers lines day by day, and ${basename(packed.path)} has none; run it without --orchestrate, or as one JSON object a line.`,
    )
  const dayOf = (ms: number): number | undefined =>
    Number.isFinite(ms) && ms >= EARLIEST_MS && ms <= nowMs ? Math.floor(ms / DAY_MS) : undefined
  let [firstDay, lastDay] = [Infinity, -Infinity]
  for (const file of files)
    for await (const { ms } of rowsOf(file)) {
      const day = dayOf(ms)
      if (day === undefined) continue
      firstDay = Math.min(firstDay, day)
      lastDay = Math.max(lastDay, day)
    }
  if (firstDay === Infinity)
    throw new UsageError(
      `${name} holds no event with a time between 2000 and now, so it has no days for the orchestrator to run over.`,
    )
  const count = Math.min(days, lastDay - firstDay + 1)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const dayName = (index: number): string => new Date((firstDay + index) * DAY_MS).toISOString().slice(0, 10)
  const kinds = new Map<string, { files: DayFile[]; streams: WriteStream[] }>()
  const kindOf = (
    { kind: ending, source }: SourceFile,
    header: string,
  ): { files: DayFile[]; streams: WriteStream[] } => {
    const key = `${source.name}\n${header}`
    const known = kinds.get(key)
    if (known !== undefined) return known
    const suffix = `${kinds.size === 0 ? '' : `-${kinds.size + 1}`}.${ending}`
    const made = Array.from({ length: count }, (_, index) => {
      const objectName = `${dayName(index)}${suffix}`
      const path = join(folder, objectName)
      const stream = createWriteStream(path, { mode: 0o600, encoding: 'latin1' })
      if (ending === 'csv') stream.write(`${header}\n`, 'latin1')
      return { file: { path, objectName }, stream }
    })
    const kind = { files: made.map(({ file }) => file), streams: made.map(({ stream }) => stream) }
    kinds.set(key, kind)
    return kind
  }
  for (const file of files)
    for await (const { ms, line, header } of rowsOf(file)) {
      if (line.trim() === '') continue
      const index = (dayOf(ms) ?? firstDay) - firstDay
      if (index < count) await write(kindOf(file, header).streams[index]!, `${line}\n`)
    }
  await Promise.all(
    [...kinds.values()]
      .flatMap(({ streams }) => streams)
      .map(async (stream) => {
        stream.end()
        await once(stream, 'finish')
      }),
  )
  return {
    days: Array.from({ length: count }, (_, index) => ({
      day: dayName(index),
      files: [...kinds.values()].map((kind) => kind.files[index]!),
    })),
    calendarDays: lastDay - firstDay + 1,
  }
}

/** Lines keep their bytes, whatever their encoding is: each byte is one character on the way. */
async function* rowsOf({
  path,
  isGzip,
  kind,
  source,
}: SourceFile): AsyncGenerator<{ ms: number; line: string; header: string }> {
  const file = createReadStream(path)
  const lines = createInterface({
    input: (isGzip ? file.pipe(createGunzip()) : file).setEncoding('latin1'),
    crlfDelay: Infinity,
  })
  let header: string | undefined
  let timeOf: (line: string) => string = (line) => namedValue(line, source.timeAt)
  for await (const line of lines) {
    if (header === undefined) {
      header = kind === 'csv' ? line.replace(/^\xEF\xBB\xBF/, '') : ''
      if (kind === 'csv') {
        const text = new TextDecoder(source.encoding).decode(Buffer.from(header, 'latin1'))
        const position = columnsOf(text, path, source).indexOf(source.timeAt[0] ?? '')
        timeOf = (row) => fieldAt(row, position, source.delimiter)
        continue
      }
    }
    yield { ms: msOf(timeOf(line), source.timeUnit), line, header }
  }
}

function msOf(text: string, unit: EventSource['timeUnit']): number {
  if (unit === 'iso') return Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
  const number = text === '' ? NaN : Number(text)
  return unit === 's' ? number * 1000 : unit === 'us' ? number / 1000 : number
}

/** A row is a line, as the jobs read it; only one with quotes needs more than its delimiters. */
function fieldAt(line: string, position: number, delimiter: string): string {
  let fields: readonly string[] = line.split(delimiter)
  if (line.includes('"')) {
    try {
      fields = parse(line, { relax_column_count: true, delimiter })[0] ?? []
    } catch {
      return ''
    }
  }
  return fields[position]?.trim() ?? ''
}

function namedValue(line: string, names: readonly string[]): string {
  try {
    let value: unknown = JSON.parse(line.replace(/^\xEF\xBB\xBF/, ''))
    for (const name of names) value = (value as Record<string, unknown> | null | undefined)?.[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
  } catch {
    return ''
  }
}

async function write(stream: WriteStream, text: string): Promise<void> {
  if (!stream.write(text, 'latin1')) await once(stream, 'drain')
}
