/**
 * Makes clickstream files that are the same bytes on every machine, shaped by RetailRocket's published
 * statistics; it refuses to copy any of its rows.
 */
import { rm } from 'node:fs/promises'
import { act, type Action, type Shop } from './generator/actions.ts'
import { createEventFile } from './generator/event-file.ts'
import { createRandomSource, createScattering, type RandomSource } from './generator/random-source.ts'
import { planVisitorSizes } from './generator/visitor-sizes.ts'
import { planMoments, type Moment } from './generator/visits.ts'

const HEADER = 'timestamp,visitorid,event,itemid,transactionid'
/** RetailRocket's file: rows, distinct items, rows that repeat an earlier row, and the highest item id. */
const FULL = { rows: 2_756_101, items: 235_061, duplicates: 460, itemIds: 466_867 }
const MOST_ROWS = 1_000_000_000

export interface GeneratorOptions {
  readonly rows: number
  /** 0 to 2^32 - 1. */
  readonly seed: number
  readonly path: string
  readonly onProgress?: (rowsWritten: number, rows: number) => void
  /** Ends the work with its reason, soon and without a file. */
  readonly signal?: AbortSignal
}
export interface GeneratedEvents {
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
  const file = await createEventFile(path, HEADER, random)
  try {
    let written = 0
    for (const lines of visitorLines(rows, random)) {
      let isFull = false
      for (const line of lines) isFull = file.add(line) || isFull
      written += lines.length
      if (!isFull) continue
      await file.flush()
      options.signal?.throwIfAborted()
      options.onProgress?.(written, rows)
    }
    const result = await file.close()
    options.onProgress?.(result.rows, rows)
    return result
  } catch (error) {
    await file.abandon().catch(() => undefined)
    await rm(path, { force: true })
    throw error
  }
}

/**
 * The lines of one visitor after the other, in scattered order; surplus copies of rows are spread evenly over
 * the file.
 */
function* visitorLines(rows: number, random: RandomSource): Generator<string[]> {
  const duplicates = Math.floor((rows * FULL.duplicates) / FULL.rows)
  const events = rows - duplicates
  const sizes = planVisitorSizes(events)
  const shop: Shop = { items: Math.max(1, Math.floor((rows * FULL.items) / FULL.rows)), nextOrderId: 0 }
  const visitorOf = createScattering(sizes.visitors, random)
  const rankOf = createScattering(sizes.visitors, random)
  const itemOf = createScattering(Math.max(FULL.itemIds, shop.items), random)
  const moments: Moment[] = []
  let seen = 0
  let copied = 0
  for (let index = 0; index < sizes.visitors; index++) {
    const size = sizes.sizeAt(rankOf(index))
    const lines: string[] = []
    planMoments(random, size, moments)
    act(random, shop, moments, size, (action) => {
      const line = toLine(action, visitorOf(index), itemOf(action.itemRank))
      lines.push(line)
      seen++
      const isDue = copied < Math.floor((seen * duplicates) / events)
      if (!isDue || (action.event !== 'addtocart' && seen < events)) return
      // Nearly all repeated rows of RetailRocket are carts; the last row settles what is still owed.
      do {
        lines.push(line)
        copied++
      } while (seen === events && copied < duplicates)
    })
    yield lines
  }
}

function toLine(action: Action, visitor: number, item: number): string {
  return `${action.timestampMs},${visitor},${action.event},${item},${action.orderId ?? ''}`
}
