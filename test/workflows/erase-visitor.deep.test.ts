/**
 * erase-visitor.yml on a platform with numbers: a dry run counts and changes nothing; then one visitor is gone
 * from files, lake, tables and views, and every row of everybody else is what it was.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { readRows } from '../dbt/warehouse.ts'
import { dayOf, days } from './nights.ts'
import { jobOf, openPlatforms, stepsOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
const HEADER = 'timestamp,visitorid,event,itemid,transactionid'
const FILE = 'workflows-examples/erase-visitor.yml'
let platforms: Platforms

const raw = (path: string, init?: Parameters<Platforms['dev']['fetchAs']>[2]): Promise<Response> =>
  platforms.dev.fetchAs('data-eng', path.replace('RAW', platforms.dev.cloud.environment.buckets.raw), init)
const put = async (name: string, body: string | Uint8Array): Promise<void> => {
  const path = `/upload/storage/v1/b/RAW/o?uploadType=media&name=events/${name}`
  expect((await raw(path, { method: 'POST', body })).status).toBe(200)
}
const read = async (name: string): Promise<string> =>
  (await raw(`/storage/v1/b/RAW/o/${encodeURIComponent(`events/${name}`)}?alt=media`)).text()

const TABLES = [
  'caec_raw.sessionized_events',
  'caec_analytics.fct_events',
  'caec_analytics.fct_events__staged',
  'caec_analytics.fct_sessions',
  'caec_analytics.fct_sessions__staged',
  'caec_analytics.dim_users',
  'caec_analytics.dim_users__staged',
  'caec_analytics.fct_visitor_days',
  'caec_analytics.fct_visitor_days__staged',
  'caec_analytics.fct_daily_events',
  'caec_analytics.fct_daily_events__staged',
  'caec_analytics.fct_daily_purchases',
  'caec_analytics.fct_daily_purchases__staged',
]
const rows = async (where: string): Promise<Record<string, unknown[]>> => {
  const found: Record<string, unknown[]> = {}
  for (const table of TABLES)
    found[table] = await readRows(platforms.dev, `SELECT * FROM ${table} WHERE visitor_id ${where}`)
  return found
}
const loads = (): Promise<unknown[]> =>
  readRows(platforms.dev, 'SELECT * FROM caec_raw.loaded_days ORDER BY event_date')

/** Of three days; visitor 2 buys on the first, goes over the midnight to the second, and is not there on the third. */
const line = (day: number, minute: number, visitor: string, rest = 'view,1,'): string =>
  `${days[day]! + minute * 60_000},${visitor},${rest}`
const first = [
  HEADER,
  line(0, 700, '2'),
  line(0, 701, '2', 'transaction,1,77'),
  line(0, 702, '20', 'transaction,1,78'),
  line(0, 1435, '2'),
  line(0, 1436, '3'),
]
const second = [HEADER, line(1, 5, '2'), line(1, 6, '3'), line(1, 700, '02')]
const third = [HEADER, line(2, 700, '3'), line(2, 701, '20')]

beforeAll(async () => {
  platforms = await openPlatforms()
  await put(`${dayOf(days[0]!)}.csv`, `${first.join('\n')}\n`)
  await put(`${dayOf(days[1]!)}.csv.gz`, gzipSync(`${second.join('\n')}\n`))
  await put(`${dayOf(days[2]!)}.csv`, `${third.join('\n')}\n`)
  const result = await platforms.run('workflows-examples/nightly.yml', { event: 'schedule' })
  expect(verdict(result)).toEqual({ days: 'success', compute: 'success' })
}, 40 * minutes)
afterAll(() => platforms?.close())

describe('erase-visitor.yml', () => {
  it(
    'counts when nothing else is said',
    async () => {
      const before = [await rows('IS NOT NULL'), await loads(), await read(`${dayOf(days[0]!)}.csv`)]
      const result = await platforms.run(FILE, { inputs: { visitor: '2' } })
      expect(verdict(result)).toEqual({ erase: 'success' })
      const job = jobOf(result, 'erase')
      expect(stepsOf(job)).toMatchObject({ Clean: 'skipped', Sessionize: 'skipped' })
      expect([await rows('IS NOT NULL'), await loads(), await read(`${dayOf(days[0]!)}.csv`)]).toEqual(before)
      const log = (name: string): Promise<string> =>
        readFile(job.steps.find((step) => step.name.startsWith(name))!.log!, 'utf8')
      expect(await log('Count, or load')).toContain('caec_analytics.fct_events: 4 rows of the visitor')
    },
    30 * minutes,
  )

  it(
    'refuses an id that would be more than an id',
    async () => {
      for (const visitor of ['', '2"}', '2 --mode=erase', "2'"]) {
        const result = await platforms.run(FILE, { inputs: { visitor, 'dry-run': 'false' } }).catch(String)
        if (typeof result === 'string') expect(result).toContain('visitor')
        else expect(verdict(result).erase).toContain('Checking the id')
      }
    },
    10 * minutes,
  )

  it(
    'takes one visitor out of everything, and nobody else',
    async () => {
      const [others, before] = [await rows("!= '2'"), (await loads()) as { event_date: string }[]]
      const result = await platforms.run(FILE, { inputs: { visitor: '2', 'dry-run': 'false' } })
      expect(verdict(result)).toEqual({ erase: 'success' })
      expect(await rows('IS NOT NULL')).toEqual(others)
      expect(await read(`${dayOf(days[0]!)}.csv`)).toBe(
        `${first.filter((text) => !text.includes(',2,')).join('\n')}\n`,
      )
      // Only the days that the visitor was on were loaded again.
      const after = (await loads()) as { event_date: string }[]
      expect(after.filter((day, index) => JSON.stringify(day) !== JSON.stringify(before[index]))).toEqual(
        after.filter(({ event_date }) => event_date !== dayOf(days[2]!)),
      )
    },
    30 * minutes,
  )
})
