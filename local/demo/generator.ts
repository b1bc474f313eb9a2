/**
 * Makes clickstream files that are the same bytes on every machine, shaped by RetailRocket's published
 * statistics; it refuses to copy any of its rows.
 */
import { rm } from 'node:fs/promises'
import { createEventFile } from './generator/event-file.ts'
import { eventRows } from './generator/event-rows.ts'
import { ga4Rows } from './generator/ga4-rows.ts'
import { createRandomSource, createScattering, type RandomSource } from './generator/random-source.ts'
import { retailrocketRows } from './generator/retailrocket-rows.ts'
import type { Items, RowWriter } from './generator/row-writer.ts'
import { planVisitorSizes } from './generator/visitor-sizes.ts'
import { planMoments, type Moment } from './generator/visits.ts'

/** Each is a source of its own name in spark/tables/sources. */
const WRITERS = { retailrocket: retailrocketRows, ga4: ga4Rows, events: eventRows }
export type Shape = keyof typeof WRITERS
export const SHAPES = Object.keys(WRITERS) as readonly Shape[]
/** RetailRocket's file: rows, distinct items, rows that repeat an earlier row, and the highest item id. */
const FULL = { rows: 2_756_101, items: 235_061, duplicates: 460, itemIds: 466_867 }
const MOST_ROWS = 1_000_000_000

export interface GeneratorOptions {
  /** Events. In the shape `events` one with several items is several lines. */
  readonly rows: number
  /** `retailrocket` without it. */
  readonly shape?: Shape
  /** 0 to 2^32 - 1. */
  readonly seed: number
  readonly path: string
  readonly onProgress?: (rowsWritten: number, rows: number) => void
  /** Ends the work with its reason, soon and without a file. */
  readonly signal?: AbortSignal
}
export interface GeneratedEvents {
  /** Lines that are no header. */
  readonly rows: number
  readonly bytes: number
  readonly sha256: string
}

/**
 * Writes exactly `rows` events to `path` (replaced) and tells their digest. A failed run leaves no file.
 * Throws RangeError on rows or seed out of range.
 */
export async function generateEvents(options: GeneratorOptions): Promise<GeneratedEvents> {
  const { rows, seed, path } = options
  if (!Number.isInteger(rows) || rows < 1 || rows > MOST_ROWS)
    throw new RangeError(`rows must be a whole number from 1 to ${MOST_ROWS}, got ${rows}`)
  if (!Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
    throw new RangeError(`seed must be a whole number from 0 to 4294967295, got ${seed}`)
  const random = createRandomSource(seed)
  const writer = WRITERS[options.shape ?? 'retailrocket'](random, planItems(rows, random))
  // Of its own: what happens in the shop does not hang on how many rows lie in memory.
  const file = await createEventFile(path, writer, createRandomSource(~seed))
  try {
    let written = 0
    for (const { lines, events } of visitorLines(rows, random, writer)) {
      let isFull = false
      for (const line of lines) isFull = file.add(line) || isFull
      written += events
      if (!isFull) continue
      await file.flush()
      options.signal?.throwIfAborted()
      options.onProgress?.(written, rows)
    }
    const result = await file.close()
    options.onProgress?.(rows, rows)
    return result
  } catch (error) {
    await file.abandon().catch(() => undefined)
    await rm(path, { force: true })
    throw error
  }
}

function planItems(rows: number, random: RandomSource): Items {
  const count = Math.max(1, Math.floor((rows * FULL.items) / FULL.rows))
  return { count, idOf: createScattering(Math.max(FULL.itemIds, count), random) }
}

/**
 * The lines of one visitor after the other, in scattered order; surplus copies of events are spread evenly
 * over the file.
 */
function* visitorLines(
  rows: number,
  random: RandomSource,
  writer: RowWriter,
): Generator<{ lines: readonly string[]; events: number }> {
  const duplicates = Math.floor((rows * FULL.duplicates) / FULL.rows)
  const events = rows - duplicates
  const sizes = planVisitorSizes(events)
  const visitorOf = createScattering(sizes.visitors, random)
  const rankOf = createScattering(sizes.visitors, random)
  const moments: Moment[] = []
  let seen = 0
  let copied = 0
  for (let index = 0; index < sizes.visitors; index++) {
    const size = sizes.sizeAt(rankOf(index))
    const lines: string[] = []
    const before = seen + copied
    planMoments(random, size, moments)
    writer.visit(visitorOf(index), moments, size, (own, isCart) => {
      lines.push(...own)
      seen++
      const isDue = copied < Math.floor((seen * duplicates) / events)
      if (!isDue || (!isCart && seen < events)) return
      // Nearly all repeated rows of RetailRocket are carts; the last event settles what is still owed.
      do {
        lines.push(...own)
        copied++
      } while (seen === events && copied < duplicates)
    })
    yield { lines, events: seen + copied - before }
  }
}
