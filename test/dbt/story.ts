/**
 * The repository's dbt project on a local BigQuery, day by day: the events that change it, and what must hold after
 * each change. The short and the deep test share it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from '@jest/globals'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { startDbt, type DbtOutcome, type DbtSession } from './dbt-session.ts'
import { cutSessions, dayOf, sessionRow, type Event } from './truth.ts'
import { readRows, sorted } from './warehouse.ts'

const MAY_30 = Date.parse('2015-05-30T00:00:00Z')
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const view = (ms: number, visitor: number, item = 1): Event => ({ ms, visitor, type: 'view', item })

/** A visitor who never rests for half an hour, longer than a session may be. */
export const endless = { visitor: 30, start: MAY_30 + 3, id: `30-${MAY_30 + 3}` }

/**
 * What a shop tells besides: money in two currencies and none, a purchase after midnight credited to what came before it,
 * a campaign alone, pages with queries, a refund, steps at one instant, a visitor who buys at the third visit.
 */
function shopEvents(): Event[] {
  const at = (
    minutes: number,
    visitor: number,
    type: Event['type'],
    item: number,
    more: Event['more'] = {},
  ) => ({
    ms: MAY_30 + minutes * MINUTE_MS,
    visitor,
    type,
    item,
    more,
  })
  const ad = { traffic_source: 'google', traffic_medium: 'cpc', campaign: 'spring' }
  const page = 'https://shop.example/lamp'
  return [
    at(1430, 100, 'view', 9, { ...ad, page: `${page}?gclid=1`, device: 'mobile', country: 'Austria' }),
    at(1431, 100, 'addtocart', 9, { cents: 1999, currency: 'EUR', device: 'desktop' }),
    at(1431, 100, 'checkout', 9, { page: 'https://shop.example/checkout#pay' }),
    // A line before midnight, and lines of the same order after it.
    { ...at(1439, 100, 'transaction', 10, { cents: 7, currency: 'EUR' }), order: 100 },
    { ...at(1441, 100, 'transaction', 9, { cents: 1999, currency: 'EUR' }), order: 100 },
    { ...at(1441, 100, 'transaction', 10, { cents: 5, currency: 'EUR' }), order: 100 },
    at(1442, 100, 'view', 8, { traffic_source: 'mail', page: '?x' }),
    { ...at(1443, 100, 'refund', 9, { cents: 1000, currency: 'EUR' }), order: 100 },
    at(2, 101, 'view', 1, { campaign: 'spring' }),
    at(3, 101, 'addtocart', 1, { cents: 500, currency: 'USD' }),
    at(4, 101, 'addtocart', 2, { currency: 'USD' }),
    at(1500, 101, 'addtocart', 3, { cents: 700 }),
    at(1500, 101, 'view', 3, { ...ad, country: 'Chile' }),
    { ...at(2600, 101, 'transaction', 3, { cents: 333, currency: 'USD' }), order: 101 },
    { ...at(2600, 101, 'transaction', 4, { currency: 'CHF' }), order: 101 },
    at(2601, 102, 'view', 9, { traffic_medium: 'referral', device: 'tablet', page }),
  ]
}

/**
 * Three days with a midnight and a month's end in between; visitor 50 is alone on the third day with a
 * session that a late event will move.
 */
export const firstDays: Event[] = [
  ...Array.from({ length: 40 }, (_, n) => view(MAY_30 + n * 37 * MINUTE_MS, n % 7, n % 5)),
  view(MAY_30 + DAY_MS - MINUTE_MS, 20),
  { ms: MAY_30 + DAY_MS + MINUTE_MS, visitor: 20, type: 'addtocart', item: 1 },
  { ms: MAY_30 + DAY_MS + MINUTE_MS, visitor: 20, type: 'transaction', item: 1, order: 1 },
  { ms: MAY_30 + 5, visitor: 21, type: 'addtocart', item: 2 },
  view(MAY_30 + 6, 21, 2),
  { ms: MAY_30 + 7, visitor: 21, type: 'transaction', item: 2, order: 2 },
  { ms: MAY_30 + 7, visitor: 21, type: 'transaction', item: 3, order: 2 },
  view(MAY_30 + 10 * MINUTE_MS, 22),
  view(MAY_30 + 40 * MINUTE_MS, 22),
  view(MAY_30 + 70 * MINUTE_MS + 1, 22),
  view(MAY_30 + 2 * DAY_MS + 5 * MINUTE_MS, 50, 9),
  ...Array.from({ length: 52 }, (_, n) => view(endless.start + n * 29 * MINUTE_MS, endless.visitor)),
  ...shopEvents(),
]
export const newDay: Event[] = [view(MAY_30 + 3 * DAY_MS, 1), view(MAY_30 + 3 * DAY_MS + 1, 60)]
export const lateEvents: Event[] = [
  view(MAY_30 + 55 * MINUTE_MS, 22),
  view(MAY_30 + 2 * DAY_MS - 10 * MINUTE_MS, 50, 9),
]

const MARTS = [
  'fct_events',
  'fct_sessions',
  'dim_users',
  'fct_days',
  'fct_visitor_days',
  'fct_daily_events',
  'fct_daily_purchases',
  'fct_daily_sessions',
  'fct_daily_transitions',
  'fct_daily_entries',
  'fct_daily_commerce',
]

export interface DbtStory {
  readonly test: TestCloud
  readonly dbt: DbtSession
  readonly folder: string
  load(window?: string): Promise<DbtOutcome>
  /** The tables that dbt published. */
  dumpFacts(): Promise<Record<string, unknown>>
  /** Builds on top of what is there, then all anew, and compares. */
  expectIncrementalEqualsFull(events: readonly Event[], options?: readonly string[]): Promise<void>
  /**
   * Of the last build, whose unpublished days these were: models, tests and gate read each table by day where it may
   * differ, and not between.
   */
  expectReadOnly(days: readonly string[], builtWhole?: readonly string[]): Promise<void>
  close(): Promise<void>
}

export const failures = (outcome: DbtOutcome): unknown[] => [
  ...outcome.results.filter((result) => !['success', 'pass', 'no-op'].includes(result.status)),
  ...(outcome.success ? [] : [`failed: ${outcome.exception}`]),
]

/** For each table by day that is read, the days: a list or a range of constants; none where there is no such condition. */
const readsOf = (sql: string): string[][] =>
  [...sql.matchAll(/`(?:fct_\w+|stg_sessionized_events|sessionized_events)`([^`]*)/g)].map(([, rest]) =>
    daysOf(rest!),
  )

function daysOf(sql: string): string[] {
  const [, list, first, last] =
    /^(?: as \w+)?\s+where\s+(?:\w+ (?:= '\w+'|is not null)\s+and )?\w+ (?:in \(([^)]*)\)|between date '([\d-]+)' and date '([\d-]+)')/.exec(
      sql,
    ) ?? []
  if (list !== undefined) return list.match(/[\d-]{10}/g) ?? []
  if (first === undefined) return []
  const length = (Date.parse(last!) - Date.parse(first)) / DAY_MS + 1
  return Array.from({ length }, (_, n) => dayOf(Date.parse(first) + n * DAY_MS))
}

export async function openStory(): Promise<DbtStory> {
  const folder = await mkdtemp(join(tmpdir(), 'dbt test '))
  const test = await startTestCloud({ services: ['storage', 'bigquery'] })
  const dbt = await startDbt(test, folder)
  const dumpFacts = async (): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      await Promise.all(
        MARTS.map(async (table) => [table, await readRows(test, `SELECT * FROM caec_analytics.${table}`)]),
      ),
    )
  return {
    test,
    dbt,
    folder,
    load: (window = '') =>
      dbt.run(
        'run-operation',
        'load_sessionized_events',
        '--args',
        `{lake: gs://${test.cloud.environment.buckets.lake}${window}}`,
      ),
    dumpFacts,
    async expectIncrementalEqualsFull(events, options = []) {
      expect(failures(await dbt.run('build', ...options))).toEqual([])
      for (const model of ['fct_events', 'fct_sessions'])
        expect(await dbt.sentSql(`marts/${model}`)).toMatch(/merge into `caec-local`\.`caec_analytics`/)
      const incremental = await dumpFacts()
      expect(incremental.fct_sessions).toEqual(sorted(cutSessions(events).map(sessionRow)))
      expect(
        failures(
          await dbt.run('build', '--full-refresh', '--exclude-resource-type', 'unit_test', ...options),
        ),
      ).toEqual([])
      expect(await dumpFacts()).toEqual(incremental)
    },
    async expectReadOnly(days, builtWhole = []) {
      const near = (before: number, after: number): string[] =>
        days.flatMap((day) =>
          Array.from({ length: before + after + 1 }, (_, n) =>
            dayOf(Date.parse(day) + (n - before) * DAY_MS),
          ),
        )
      // A session that goes on over midnight, and the sessions beside it.
      const mayRead = (file: string): string[] =>
        file.includes('sessions_of_a_visitor_are_apart')
          ? near(2, 1)
          : near(1, /sessions_hold_every_event_once|^models\/marts/.test(file) ? 1 : 0)
      const tests = [...(await dbt.compiledTests())].filter(([file]) => !file.includes('unit_test'))
      // A visitor may have been there on any day, and dim_items is of names.
      const models = [...(await dbt.compiledMarts())].filter(
        ([file]) => !/dim_\w+\.sql$/.test(file) && !builtWhole.some((name) => file.endsWith(`/${name}.sql`)),
      )
      const read = [...tests, ...models].flatMap(([file, sql]) =>
        readsOf(sql).map((found) => ({ file, days: found })),
      )
      const beyond = read.filter(
        ({ file, days: found }) => found.length === 0 || found.some((day) => !mayRead(file).includes(day)),
      )
      expect(beyond).toEqual([])
      expect(models.length).toBeGreaterThan(7)
      expect(read.length).toBeGreaterThan(20 + models.length)
      // The gate compares a day with weeks before it.
      const judged = (await dbt.log()).split('INSERT INTO ').findLast((sql) => sql.includes('known_items'))
      const compared = readsOf(judged!.split(/^\S*\d\d:\d\d:\d\d\.\d+ \[/m)[0]!)
      expect(compared.filter((found) => found.length === 0)).toEqual([])
      expect(compared.length).toBeGreaterThan(8)
    },
    async close() {
      await dbt.close()
      await test.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
