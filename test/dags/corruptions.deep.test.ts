/**
 * Ten ways in which a delivery goes wrong, each as files through the real jobs, load and build: the run is red
 * and names the check, and what is published stays as it was, row by row.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { readRows } from '../dbt/warehouse.ts'
import { deployPlatform, type Platform } from './platform.ts'

const HEADER = 'timestamp,visitorid,event,itemid,transactionid'
const MIDNIGHT = Date.parse('2015-06-10T00:00:00Z')
const DAY_MS = 86_400_000
const EVENTS = 1_200
type Line = readonly [ms: number, visitor: string, event: string, item: string, order: string]

/** A day of a shop with a hundred products; `spoil` says what becomes of its lines. */
const day = (index: number, spoil: (line: Line, n: number) => Line = (line) => line): Line[] =>
  Array.from({ length: EVENTS }, (_, n): Line => {
    const event = n % 10 === 9 ? 'transaction' : n % 4 === 3 ? 'addtocart' : 'view'
    const order = event === 'transaction' ? String(index * 10_000 + n) : ''
    const ms = MIDNIGHT + index * DAY_MS + n * 71_000
    return spoil([ms, String(100_000 + index * 500 + (n % 400)), event, String(n % 100), order], n)
  })
const csvOf = (lines: readonly Line[]): string =>
  [HEADER, ...lines.map((line) => line.join(',')), ''].join('\n')
const NEXT = 5
/** Every twentieth line. */
const some =
  (change: (line: Line) => Line) =>
  (line: Line, n: number): Line =>
    n % 20 === 9 ? change(line) : line

const corruptions: readonly {
  readonly name: string
  readonly check: string
  readonly file?: readonly [name: string, body: string | Uint8Array]
  readonly sql?: readonly string[]
}[] = [
  {
    name: 'a file delivered twice under another name',
    check: 'repeated_file',
    file: ['2015-06-13 (copy).csv', csvOf(day(3))],
  },
  {
    name: 'a truncated gzip',
    check: 'quarantined_files',
    file: ['2015-06-15.csv.gz', gzipSync(csvOf(day(NEXT))).subarray(0, 4_000)],
  },
  {
    name: 'swapped visitor and item columns',
    check: 'known_items',
    file: [
      '2015-06-15-swapped.csv',
      csvOf(day(NEXT, ([ms, visitor, event, item, order]) => [ms, item, event, visitor, order])),
    ],
  },
  {
    name: 'seconds instead of milliseconds',
    check: 'rejected_times',
    file: [
      '2015-06-15-seconds.csv',
      csvOf(
        day(
          NEXT,
          some(([ms, ...rest]) => [Math.floor(ms / 1000), ...rest]),
        ),
      ),
    ],
  },
  {
    name: 'an unknown event',
    check: 'unknown_events',
    file: [
      '2015-06-15-unknown.csv',
      csvOf(
        day(
          NEXT,
          some(([ms, visitor, , item]) => [ms, visitor, 'wishlist', item, '']),
        ),
      ),
    ],
  },
  {
    name: 'negative and empty ids',
    check: 'rejected_ids',
    file: [
      '2015-06-15-ids.csv',
      csvOf(
        day(
          NEXT,
          some(([ms, visitor, event, item, order]) => [
            ms,
            ms % 2_000 === 0 ? '' : `-${visitor}`,
            event,
            ms % 2_000 === 0 ? item : '',
            order,
          ]),
        ),
      ),
    ],
  },
  {
    name: 'purchases without order',
    check: 'rejected_orders',
    file: [
      '2015-06-15-orders.csv',
      csvOf(
        day(
          NEXT,
          some(([ms, visitor, , item]) => [ms, visitor, 'transaction', item, '']),
        ),
      ),
    ],
  },
  {
    name: 'future dates',
    check: 'future_rows',
    file: [
      '2015-06-15-future.csv',
      csvOf(
        day(
          NEXT,
          some(([ms, ...rest]) => [ms + 200 * 365 * DAY_MS, ...rest]),
        ),
      ),
    ],
  },
  { name: 'a missing day', check: 'missing_days', file: ['2015-06-16.csv', csvOf(day(NEXT + 1))] },
  {
    name: 'a partition loaded twice',
    check: 'loaded_rows',
    sql: [
      "INSERT INTO caec_raw.sessionized_events SELECT * FROM caec_raw.sessionized_events WHERE event_date = DATE '2015-06-12'",
      "UPDATE caec_raw.loaded_days SET loaded_by = 'twice' WHERE event_date = DATE '2015-06-12'",
    ],
  },
]

let folder: string
let platform: Platform
let published: Record<string, unknown[]>

/** Without what was loaded: it is what is judged. */
const readPublished = async (): Promise<Record<string, unknown[]>> => {
  const { 'caec_raw.sessionized_events': _loaded, ...rest } = await platform.readAll()
  return rest
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corruptions '))
  platform = await deployPlatform(folder)
  for (let index = 0; index < NEXT; index++)
    await platform.putRaw(`2015-06-${10 + index}.csv`, csvOf(day(index)))
  expect(await platform.runNew()).toEqual({ isGreen: true, says: '' })
  published = await readPublished()
}, 15 * 60_000)

afterAll(async () => {
  await platform?.cloud.close()
  await rm(folder, { recursive: true, force: true })
})

it('publishes what is sound', () => {
  expect(published['caec_analytics.fct_events']).toHaveLength(NEXT * EVENTS)
})

it.each(corruptions)(
  'is red for $name, names $check and leaves what is published',
  async ({ check, file, sql = [] }) => {
    if (file !== undefined) await platform.putRaw(...file)
    for (const statement of sql) await readRows(platform.cloud, statement)
    const run = await platform.runNew()
    const found = await readRows(
      platform.cloud,
      "SELECT DISTINCT check_name FROM caec_raw.quality_results WHERE verdict IN ('red', 'alarm') AND run_id = (SELECT run_id FROM caec_raw.quality_results ORDER BY judged_at DESC LIMIT 1)",
    )
    expect({ isGreen: run.isGreen, found: found.map((row) => row.check_name) }).toEqual({
      isGreen: false,
      found: expect.arrayContaining([check]),
    })
    const now = await readPublished()
    for (const name of Object.keys(published))
      expect({ name, rows: now[name] }).toEqual({ name, rows: published[name] })
    if (file !== undefined) await platform.removeRaw(file[0])
  },
  5 * 60_000,
)

it(
  'is green again when the day is repaired',
  async () => {
    await readRows(
      platform.cloud,
      "UPDATE caec_raw.loaded_days SET version = 'none' WHERE event_date = DATE '2015-06-12'",
    )
    await platform.putRaw('2015-06-15.csv', csvOf(day(NEXT)))
    expect(await platform.runNew()).toEqual({ isGreen: true, says: '' })
    expect((await readPublished())['caec_analytics.fct_events']).toHaveLength((NEXT + 1) * EVENTS)
  },
  5 * 60_000,
)
