/**
 * Splits an event file into one file a day, as a producer would deliver them, for the first days of its
 * calendar; it refuses a file without one usable time.
 */
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createGunzip } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { headerOf } from './event-file.ts'
import { UsageError } from '../usage-error.ts'

export interface DayFile {
  readonly day: string
  readonly path: string
}
export interface DayFiles {
  readonly files: readonly DayFile[]
  /** Days of the whole file, from its first event to its last. */
  readonly calendarDays: number
}

const DAY_MS = 86_400_000
const EARLIEST_MS = Date.UTC(2000, 0, 1)

/**
 * Writes the first `days` days of the calendar into `folder`. Rows whose time cannot be read go with the
 * first day, so that they are counted and rejected there.
 */
export async function splitByDay(
  source: { readonly path: string; readonly name: string; readonly isGzip: boolean },
  days: number,
  folder: string,
  nowMs = Date.now(),
): Promise<DayFiles> {
  let header: string | undefined
  let position = -1
  let [firstDay, lastDay] = [Infinity, -Infinity]
  const dayOf = (line: string): number | undefined => {
    const ms = Number(fieldAt(line, position))
    return Number.isFinite(ms) && ms >= EARLIEST_MS && ms <= nowMs ? Math.floor(ms / DAY_MS) : undefined
  }
  for await (const line of linesOf(source)) {
    if (header === undefined) {
      header = line.replace(/^\uFEFF/, '')
      position = headerOf(header, source.name).indexOf('timestamp')
      continue
    }
    const day = dayOf(line)
    if (day === undefined) continue
    firstDay = Math.min(firstDay, day)
    lastDay = Math.max(lastDay, day)
  }
  if (header === undefined || firstDay === Infinity)
    throw new UsageError(
      `${source.name} holds no event with a time between 2000 and now, so it has no days for the orchestrator to run over.`,
    )
  const count = Math.min(days, lastDay - firstDay + 1)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const files = Array.from({ length: count }, (_, index) => {
    const day = new Date((firstDay + index) * DAY_MS).toISOString().slice(0, 10)
    const path = join(folder, `${day}.csv`)
    const stream = createWriteStream(path, { mode: 0o600 })
    stream.write(`${header}\n`)
    return { day, path, stream }
  })
  let isHeader = true
  for await (const line of linesOf(source)) {
    if (isHeader || line.trim() === '') {
      isHeader = false
      continue
    }
    const index = (dayOf(line) ?? firstDay) - firstDay
    if (index < count) await write(files[index]!.stream, `${line}\n`)
  }
  await Promise.all(
    files.map(async ({ stream }) => {
      stream.end()
      await once(stream, 'finish')
    }),
  )
  return { files: files.map(({ day, path }) => ({ day, path })), calendarDays: lastDay - firstDay + 1 }
}

async function* linesOf({
  path,
  isGzip,
}: {
  readonly path: string
  readonly isGzip: boolean
}): AsyncGenerator<string> {
  const file = createReadStream(path)
  yield* createInterface({ input: isGzip ? file.pipe(createGunzip()) : file, crlfDelay: Infinity })
}

/** A row is a line, as the jobs read it; only one with quotes needs more than its commas. */
function fieldAt(line: string, position: number): string {
  let fields: readonly string[] = line.split(',')
  if (line.includes('"')) {
    try {
      fields = parse(line, { relax_column_count: true })[0] ?? []
    } catch {
      return 'not CSV'
    }
  }
  return fields[position]?.trim() || 'nothing'
}

async function write(stream: WriteStream, text: string): Promise<void> {
  if (!stream.write(text)) await once(stream, 'drain')
}
