/**
 * The load, the models and the views on the local BigQuery: right numbers, and an incremental run that equals
 * a full refresh after every kind of change.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { repoRoot, startTestCloud, type TestCloud } from '../support/cloud.ts'
import { startDbt, type DbtOutcome, type DbtSession } from './dbt-session.ts'
import { cutSessions, dayOf, expectedViews, sessionRow, type Event } from './truth.ts'
import { putLake, readRows, sorted } from './warehouse.ts'

jest.setTimeout(600_000)

const MAY_30 = Date.parse('2015-05-30T00:00:00Z')
const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const view = (ms: number, visitor: number, item = 1): Event => ({ ms, visitor, type: 'view', item })

/**
 * Three days with a midnight and a month's end in between; visitor 50 is alone on the third day with a
 * session that a late event will move.
 */
const firstDays: Event[] = [
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
]
const newDay: Event[] = [view(MAY_30 + 3 * DAY_MS, 1), view(MAY_30 + 3 * DAY_MS + 1, 60)]
const lateEvents: Event[] = [
  view(MAY_30 + 55 * MINUTE_MS, 22),
  view(MAY_30 + 2 * DAY_MS - 10 * MINUTE_MS, 50, 9),
]

let test: TestCloud
let dbt: DbtSession
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dbt test '))
  test = await startTestCloud({ services: ['storage', 'bigquery'] })
  dbt = await startDbt(test, folder)
})
afterAll(async () => {
  await dbt?.close()
  await test?.close()
  await rm(folder, { recursive: true, force: true })
})

const load = (window = ''): Promise<DbtOutcome> =>
  dbt.run(
    'run-operation',
    'load_sessionized_events',
    '--args',
    `{lake: gs://${test.cloud.environment.buckets.lake}${window}}`,
  )
const failures = (outcome: DbtOutcome): unknown[] => [
  ...outcome.results.filter((result) => !['success', 'pass'].includes(result.status)),
  ...(outcome.success ? [] : [`failed: ${outcome.exception}`]),
]

async function dumpFacts(): Promise<Record<string, unknown>> {
  return Object.fromEntries(
    await Promise.all(
      ['fct_events', 'fct_sessions', 'dim_users'].map(async (table) => [
        table,
        await readRows(test, `SELECT * FROM caec_analytics.${table}`),
      ]),
    ),
  )
}

async function expectIncrementalEqualsFull(events: readonly Event[]): Promise<void> {
  expect(failures(await dbt.run('build'))).toEqual([])
  for (const model of ['fct_events', 'fct_sessions'])
    expect(await dbt.sentSql(`marts/${model}`)).toMatch(/merge into `caec-local`\.`caec_analytics`/)
  const incremental = await dumpFacts()
  expect(incremental.fct_sessions).toEqual(sorted(cutSessions(events).map(sessionRow)))
  expect(failures(await dbt.run('run', '--full-refresh'))).toEqual([])
  expect(await dumpFacts()).toEqual(incremental)
}

describe('the models', () => {
  it('build from a full load, with every test and unit test green', async () => {
    await putLake(test, folder, firstDays)
    expect(failures(await load())).toEqual([])
    expect(failures(await dbt.run('build'))).toEqual([])
    expect((await dumpFacts()).fct_sessions).toEqual(sorted(cutSessions(firstDays).map(sessionRow)))
  })

  it('give the views the numbers that plain loops over the events give', async () => {
    const names = new Map([[2, 'Lamp, "large"']])
    const lake = test.cloud.environment.buckets.lake
    await test.fetchAs('data-eng', `/upload/storage/v1/b/${lake}/o?uploadType=media&name=items/items.csv`, {
      method: 'POST',
      body: 'itemid,name\n2,"Lamp, ""large"""\n',
    })
    expect(
      failures(
        await dbt.run('run-operation', 'load_item_names', '--args', `{uri: gs://${lake}/items/items.csv}`),
      ),
    ).toEqual([])
    expect(failures(await dbt.run('run', '-s', 'dim_items'))).toEqual([])
    const expected = expectedViews(firstDays, names)
    const views = join(repoRoot, 'bigquery/views/caec_insights')
    const found: Record<string, unknown> = {}
    for (const file of await readdir(views)) {
      const rows = await readRows(test, await readFile(join(views, file), 'utf8'))
      expect(new Set(rows.map((row) => row.data_through))).toEqual(
        new Set([Math.max(...firstDays.map((event) => event.ms))]),
      )
      found[file.replace('.sql', '')] = sorted(rows.map(({ data_through: _, ...row }) => row))
    }
    expect(found).toEqual(
      Object.fromEntries(Object.entries(expected).map(([name, rows]) => [name, sorted(rows)])),
    )
  })

  it('do not change when nothing changed', async () => {
    await expectIncrementalEqualsFull(firstDays)
  })

  it('equal a full refresh after a new day, loaded alone', async () => {
    const events = [...firstDays, ...newDay]
    await putLake(test, folder, events)
    expect(failures(await load(', from: 2015-06-02, to: 2015-06-02'))).toEqual([])
    await expectIncrementalEqualsFull(events)
  })

  it('equal a full refresh after a day was loaded twice over and then repaired', async () => {
    const events = [...firstDays, ...newDay]
    const day = "event_date = DATE '2015-06-02'"
    const raw = 'caec_raw.sessionized_events'
    await readRows(test, `INSERT INTO ${raw} SELECT * FROM ${raw} WHERE ${day}`)
    expect(failures(await dbt.run('run', '-s', 'fct_events'))).toEqual([])
    expect(await readRows(test, `SELECT * FROM caec_analytics.fct_events WHERE ${day}`)).toHaveLength(4)
    expect(failures(await load(', from: 2015-06-02, to: 2015-06-02'))).toEqual([])
    await expectIncrementalEqualsFull(events)
  })

  it('equal a full refresh after late events that merge a session and empty a session day', async () => {
    const before = [...firstDays, ...newDay]
    const events = [...before, ...lateEvents]
    const sessionDays = (list: readonly Event[]): Set<string> =>
      new Set(cutSessions(list).map((session) => dayOf(session.events[0]!.ms)))
    expect(sessionDays(before).size).toBe(sessionDays(events).size + 1)
    await putLake(test, folder, events)
    expect(failures(await load(', from: 2015-05-30, to: 2015-06-01'))).toEqual([])
    await expectIncrementalEqualsFull(events)
  })

  it('equal a full refresh after a day has disappeared from a full load', async () => {
    const events = firstDays.filter((event) => dayOf(event.ms) !== '2015-06-01')
    await putLake(test, folder, events)
    expect(failures(await load())).toEqual([])
    await expectIncrementalEqualsFull(events)
  })
})

describe('the load', () => {
  it.each(['sessionized_events', 'item_names'])(
    'leaves %s exactly as its DDL file describes it',
    async (table) => {
      const tables = `/bigquery/v2/projects/${test.cloud.environment.project}/datasets`
      const shapeOf = async (dataset: string): Promise<unknown> => {
        const reply = await test.fetchAs('data-eng', `${tables}/${dataset}/tables/${table}`)
        const { schema, timePartitioning, clustering, description, labels, requirePartitionFilter } =
          (await reply.json()) as Record<string, unknown>
        expect(reply.status).toBe(200)
        return { schema, timePartitioning, clustering, description, labels, requirePartitionFilter }
      }
      const statement = await readFile(join(repoRoot, 'bigquery/ddl/caec_raw', `${table}.sql`), 'utf8')
      await readRows(test, statement.replace(`caec_raw.${table}`, `caec_analytics.${table}`))
      expect(await shapeOf('caec_raw')).toEqual(await shapeOf('caec_analytics'))
      await test.fetchAs('data-eng', `${tables}/caec_analytics/tables/${table}`, { method: 'DELETE' })
    },
  )

  it.each([
    [', from: 2015-06-02', 'both from and to'],
    [', from: 2015-06-02, to: 2015-06-01', 'after'],
    [', from: "2015-06-02\' or true", to: 2015-06-02', 'must be a day'],
  ])('refuses %p', async (window, message) => {
    const outcome = await load(window)
    expect(outcome.success).toBe(false)
    expect(
      `${outcome.exception} ${JSON.stringify(outcome.results)} ${(await dbt.log()).slice(-3_000)}`,
    ).toContain(message)
  })

  it('refuses a lake that is no gs:// path', async () => {
    const outcome = await dbt.run(
      'run-operation',
      'load_sessionized_events',
      '--args',
      '{lake: "gs://x\'] --"}',
    )
    expect(outcome.success).toBe(false)
    expect(`${outcome.exception} ${(await dbt.log()).slice(-3_000)}`).toContain('must be a gs:// path')
  })

  it('leaves the table as it was when a day has no files', async () => {
    const before = await readRows(test, 'SELECT * FROM caec_raw.sessionized_events')
    expect((await load(', from: 2016-01-01, to: 2016-01-01')).success).toBe(false)
    expect(await readRows(test, 'SELECT * FROM caec_raw.sessionized_events')).toEqual(before)
  })
})
