/**
 * Ten ways in which a delivery goes wrong, as files through the real jobs, load and build: the run is red, each
 * is named by its check with its file or day, and what is published stays as it was, row by row. Nine come in
 * one delivery, for none hides another; the tenth, a partition loaded twice, keeps the models from being built.
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
const MINUTES = 60_000
const EVENTS = 1_200
const BASE_DAYS = 5
type Line = readonly [ms: number, visitor: string, event: string, item: string, order: string]

/**
 * A day of a shop with a hundred products. Each `part` of a day has visitors of its own, so two files of a day
 * repeat nothing of each other.
 */
const day = (index: number, part = 0, spoil: (line: Line) => Line = (line) => line): string =>
  [
    HEADER,
    ...Array.from({ length: EVENTS }, (_, n) => {
      const event = n % 10 === 9 ? 'transaction' : n % 4 === 3 ? 'addtocart' : 'view'
      const order = event === 'transaction' ? String(index * 100_000 + part * 10_000 + n) : ''
      const ms = MIDNIGHT + index * DAY_MS + n * 71_000
      const line: Line = [
        ms,
        String(100_000 * (part + 1) + index * 500 + (n % 400)),
        event,
        String(n % 100),
        order,
      ]
      // Every twentieth line, except where all are spoilt.
      return (n % 20 === 9 || spoil === swapped ? spoil(line) : line).join(',')
    }),
    '',
  ].join('\n')
const swapped = ([ms, visitor, event, item, order]: Line): Line => [ms, item, event, visitor, order]

const NEXT = BASE_DAYS
const delivered: readonly {
  readonly name: string
  readonly check: string
  readonly says: string
  readonly file: string
  readonly body: string | Uint8Array
}[] = [
  {
    name: 'a file delivered twice under another name',
    check: 'repeated_file',
    says: '2015-06-13_again.csv: 1200 of 1200 rows',
    file: '2015-06-13_again.csv',
    body: day(3),
  },
  {
    name: 'a truncated gzip',
    check: 'quarantined_files',
    says: 'cut.csv.gz {"file_unreadable": 1}',
    file: '2015-06-15-cut.csv.gz',
    body: gzipSync(day(NEXT, 1)).subarray(0, 4_000),
  },
  {
    name: 'swapped visitor and item columns',
    check: 'known_items',
    says: '0 of 1200 events',
    file: '2015-06-16.csv',
    body: day(NEXT + 1, 0, swapped),
  },
  {
    name: 'seconds instead of milliseconds',
    check: 'rejected_times',
    says: 'seconds.csv: 60 of 1200 rows (timestamp_before_2000)',
    file: '2015-06-15-seconds.csv',
    body: day(NEXT, 2, ([ms, ...rest]) => [Math.floor(ms / 1000), ...rest]),
  },
  {
    name: 'an unknown event',
    check: 'unknown_events',
    says: 'unknown.csv: 60 of 1200 rows (event_unknown)',
    file: '2015-06-15-unknown.csv',
    body: day(NEXT, 3, ([ms, visitor, , item]) => [ms, visitor, 'wishlist', item, '']),
  },
  {
    name: 'negative and empty ids',
    check: 'rejected_ids',
    says: 'ids.csv: 60 of 1200 rows',
    file: '2015-06-15-ids.csv',
    body: day(NEXT, 4, ([ms, visitor, event, item, order]) =>
      Number(visitor) % 40 < 20 ? [ms, `-${visitor}`, event, item, order] : [ms, visitor, event, '', order],
    ),
  },
  {
    name: 'purchases without order',
    check: 'rejected_orders',
    says: 'orders.csv: 60 of 1200 rows (transactionid_missing)',
    file: '2015-06-15-orders.csv',
    body: day(NEXT, 5, ([ms, visitor, , item]) => [ms, visitor, 'transaction', item, '']),
  },
  {
    name: 'future dates',
    check: 'future_rows',
    says: 'future.csv: 60 of 1200 rows (timestamp_in_future)',
    file: '2015-06-15-future.csv',
    body: day(NEXT, 6, ([ms, ...rest]) => [ms + 200 * 365 * DAY_MS, ...rest]),
  },
  {
    name: 'a missing day',
    check: 'missing_days',
    says: '2015-06-17',
    file: '2015-06-18.csv',
    body: day(NEXT + 3),
  },
]

let folder: string
let platform: Platform
let published: Record<string, unknown[]>

/** Every row of what is published, in an order of ours; without what was loaded, for that is what is judged. */
const readPublished = async (): Promise<Record<string, unknown[]>> => {
  const { 'caec_raw.sessionized_events': _loaded, ...rest } = await platform.readAll()
  const inOrder = (rows: unknown[]) =>
    rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  return Object.fromEntries(Object.entries(rest).map(([name, rows]) => [name, inOrder(rows)]))
}
const expectAsPublished = async (): Promise<void> => {
  const now = await readPublished()
  for (const name of Object.keys(published))
    expect({ name, rows: now[name] }).toEqual({ name, rows: published[name] })
}
const found = (): Promise<Record<string, unknown>[]> =>
  readRows(
    platform.cloud,
    "SELECT check_name, detail FROM caec_raw.quality_last_run WHERE verdict IN ('red', 'alarm')",
  )

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'corruptions '))
  platform = await deployPlatform(folder)
  for (let index = 0; index < BASE_DAYS; index++)
    await platform.putRaw(`2015-06-${10 + index}.csv`, day(index))
  expect(await platform.runNew()).toEqual({ isGreen: true, says: '' })
  published = await readPublished()
}, 40 * MINUTES)

afterAll(async () => {
  await platform?.cloud.close()
  await rm(folder, { recursive: true, force: true })
})

it('publishes what is sound', () => {
  expect(published['caec_analytics.fct_events']).toHaveLength(BASE_DAYS * EVENTS)
})

it(
  'names each of nine corruptions of one delivery, and leaves what is published',
  async () => {
    for (const { file, body } of delivered) await platform.putRaw(file, body)
    expect((await platform.runNew()).isGreen).toBe(false)
    const rows = await found()
    for (const { name, check, says } of delivered)
      expect({ name, found: rows.filter((row) => row.check_name === check) }).toEqual({
        name,
        found: [{ check_name: check, detail: expect.stringContaining(says) }],
      })
    expect(rows.map((row) => row.check_name).sort()).toEqual(delivered.map(({ check }) => check).sort())
    await expectAsPublished()
  },
  40 * MINUTES,
)

it(
  'names a partition that was loaded twice, and leaves what is published',
  async () => {
    for (const { file } of delivered) await platform.removeRaw(file)
    for (const statement of [
      "INSERT INTO caec_raw.sessionized_events SELECT * FROM caec_raw.sessionized_events WHERE event_date = DATE '2015-06-12'",
      "UPDATE caec_raw.loaded_days SET loaded_by = 'twice' WHERE event_date = DATE '2015-06-12'",
    ])
      await readRows(platform.cloud, statement)
    expect((await platform.runNew()).isGreen).toBe(false)
    expect(await found()).toContainEqual({ check_name: 'loaded_rows', detail: '1200 accepted, 2400 loaded' })
    await expectAsPublished()
  },
  40 * MINUTES,
)

it(
  'is green again when the day is loaded once more, and files that were taken back have left nothing',
  async () => {
    await readRows(
      platform.cloud,
      "UPDATE caec_raw.loaded_days SET version = 'none' WHERE event_date = DATE '2015-06-12'",
    )
    const run = await platform.runNew()
    expect({ ...run, found: await found() }).toEqual({ isGreen: true, says: '', found: [] })
    await expectAsPublished()
  },
  40 * MINUTES,
)
