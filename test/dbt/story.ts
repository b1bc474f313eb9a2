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
import { cutSessions, sessionRow, type Event } from './truth.ts'
import { readRows, sorted } from './warehouse.ts'

const MAY_30 = Date.parse('2015-05-30T00:00:00Z')
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const view = (ms: number, visitor: number, item = 1): Event => ({ ms, visitor, type: 'view', item })

/** A visitor who never rests for half an hour, longer than a session may be. */
export const endless = { visitor: 30, start: MAY_30 + 3, id: `30-${MAY_30 + 3}` }

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
]
export const newDay: Event[] = [view(MAY_30 + 3 * DAY_MS, 1), view(MAY_30 + 3 * DAY_MS + 1, 60)]
export const lateEvents: Event[] = [
  view(MAY_30 + 55 * MINUTE_MS, 22),
  view(MAY_30 + 2 * DAY_MS - 10 * MINUTE_MS, 50, 9),
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
  close(): Promise<void>
}

export const failures = (outcome: DbtOutcome): unknown[] => [
  ...outcome.results.filter((result) => !['success', 'pass'].includes(result.status)),
  ...(outcome.success ? [] : [`failed: ${outcome.exception}`]),
]

export async function openStory(): Promise<DbtStory> {
  const folder = await mkdtemp(join(tmpdir(), 'dbt test '))
  const test = await startTestCloud({ services: ['storage', 'bigquery'] })
  const dbt = await startDbt(test, folder)
  const dumpFacts = async (): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      await Promise.all(
        ['fct_events', 'fct_sessions', 'dim_users'].map(async (table) => [
          table,
          await readRows(test, `SELECT * FROM caec_analytics.${table}`),
        ]),
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
    async close() {
      await dbt.close()
      await test.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
