/**
 * The load, the models and the views on the local BigQuery: right numbers, and an incremental run that equals
 * a full refresh after a new day and late events. The deep test has each kind of change by itself.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { repoRoot } from '../support/cloud.ts'
import { judge, keep, plantedTogether, smallShop } from './gate.ts'
import { failures, firstDays, lateEvents, newDay, openStory, type DbtStory } from './story.ts'
import { cutSessions, dayOf, sessionRow, type Event } from './truth.ts'
import { expectViews } from './view-numbers.ts'
import { putLake, readRows, sorted } from './warehouse.ts'

jest.setTimeout(600_000)

const names = new Map([[2, 'Lamp, "large"']])

let story: DbtStory
beforeAll(async () => {
  story = await openStory()
})
afterAll(() => story?.close())

describe('the models', () => {
  it('build from a full load, with every test and unit test green', async () => {
    await putLake(story.test, story.folder, firstDays)
    expect(failures(await story.load())).toEqual([])
    const lake = story.test.cloud.environment.buckets.lake
    // One product has a name.
    await story.test.fetchAs(
      'data-eng',
      `/upload/storage/v1/b/${lake}/o?uploadType=media&name=items/items.csv`,
      {
        method: 'POST',
        body: 'itemid,name\n2,"Lamp, ""large"""\n',
      },
    )
    expect(
      failures(
        await story.dbt.run(
          'run-operation',
          'load_item_names',
          '--args',
          `{uri: gs://${lake}/items/items.csv}`,
        ),
      ),
    ).toEqual([])
    expect(failures(await story.dbt.run('build'))).toEqual([])
    expect((await story.dumpFacts()).fct_sessions).toEqual(sorted(cutSessions(firstDays).map(sessionRow)))
  })

  it('give the views the numbers that plain loops over the events give', async () => {
    await expectViews(story.test, firstDays, names)
  })

  it('equal a full refresh after a new day and late events that merge a session and empty a session day', async () => {
    const before = [...firstDays, ...newDay]
    const events = [...before, ...lateEvents]
    const sessionDays = (list: readonly Event[]): Set<string> =>
      new Set(cutSessions(list).map((session) => dayOf(session.events[0]!.ms)))
    expect(sessionDays(before).size).toBe(sessionDays(events).size + 1)
    await putLake(story.test, story.folder, events)
    // No day is named: what changed is found.
    expect(failures(await story.load())).toEqual([])
    await story.expectIncrementalEqualsFull(events)
    await expectViews(story.test, events, names)
  })
})

describe('what is published', () => {
  const raw = 'caec_raw.sessionized_events'
  /** As a load leaves a day. */
  const touched = (day = '2015-06-02'): Promise<unknown> =>
    readRows(
      story.test,
      `UPDATE caec_raw.loaded_days SET loaded_by = GENERATE_UUID() WHERE event_date = DATE '${day}'`,
    )
  const tables = async (): Promise<unknown> => [
    await story.dumpFacts(),
    await readRows(story.test, 'SELECT * FROM caec_analytics.dim_items'),
  ]

  it('stays exactly as it was when a test of a mart fails, facts and visitors alike, or when nothing was tested', async () => {
    const before = await tables()
    // As when a late event joins two sessions and a day after it was not loaded again; and somebody is new.
    const insert = async (visitor: number): Promise<void> => {
      await readRows(
        story.test,
        `INSERT INTO caec_raw.file_counts VALUES ('planted-${visitor}', DATE '2015-06-02', 'clean', '', 1)`,
      )
      await readRows(
        story.test,
        `INSERT INTO ${raw} SELECT 'planted-${visitor}', TIMESTAMP_ADD(event_ts, INTERVAL 1 MINUTE), '${visitor}', event_type, item_id, ` +
          `transaction_id, 'planted-${visitor}', TIMESTAMP_ADD(event_ts, INTERVAL 1 MINUTE), * EXCEPT (event_id, event_ts, visitor_id, event_type, item_id, transaction_id, session_id, session_start_ts) FROM ${raw} WHERE visitor_id = '60'`,
      )
    }
    await insert(61)
    await insert(60)
    await touched()
    // The second has nothing left to build, and tests what is not published all the same.
    for (let builds = 0; builds < 2; builds++) {
      const red = await story.dbt.run('build', '--exclude-resource-type', 'unit_test')
      expect(red.results.filter(({ status }) => status === 'fail').map(({ name }) => name)).toEqual([
        'sessions_of_a_visitor_are_apart',
      ])
    }
    expect(await tables()).toEqual(before)
    expect((await story.dbt.log()).slice(-5_000)).toContain(
      'not published, the tables stay as they were: 2 not green',
    )
    // The gate found it, too, and its results are kept although nothing was published.
    expect(
      await readRows(
        story.test,
        "SELECT check_name, event_date, value, at_most, detail, published_at FROM caec_raw.quality_last_run WHERE verdict = 'red' ORDER BY check_name",
      ),
    ).toMatchObject([
      { check_name: 'data_tests', detail: 'sessions_of_a_visitor_are_apart' },
      {
        check_name: 'session_gaps',
        event_date: '2015-06-02',
        value: 1,
        at_most: 0,
        detail: '3 first events, 4 sessions',
        published_at: null,
      },
    ])
    await readRows(story.test, `DELETE FROM ${raw} WHERE session_id = 'planted-60'`)
    await readRows(story.test, `DELETE FROM caec_raw.file_counts WHERE file = 'planted-60'`)
    await touched()
    expect(failures(await story.dbt.run('run'))).toEqual([])
    expect(await tables()).toEqual(before)
  })

  it('follows as a whole when everything is green, and what lies between days far apart is not read', async () => {
    await touched('2015-05-30')
    // As in a project from before a column was added: this mart is built whole although two days changed.
    const commerce = 'caec_analytics.fct_daily_commerce'
    const sold = await readRows(story.test, `SELECT * FROM ${commerce}`)
    await readRows(story.test, `ALTER TABLE ${commerce}__staged DROP COLUMN refunded_value`)
    expect(failures(await story.dbt.run('build', '--exclude-resource-type', 'unit_test'))).toEqual([])
    await story.expectReadOnly(['2015-05-30', '2015-06-02'], ['fct_daily_commerce'])
    expect(await readRows(story.test, `SELECT * FROM ${commerce}`)).toEqual(sold)
    expect(
      await readRows(
        story.test,
        'SELECT COUNT(DISTINCT published_at) AS times, COUNTIF(published_at IS NULL) AS missing FROM caec_raw.quality_last_run',
      ),
    ).toEqual([{ times: 1, missing: 0 }])
    const published = await story.dumpFacts()
    for (const [table, rows] of Object.entries(published).filter(([, rows]) =>
      (rows as object[]).some((row) => 'visitor_id' in row),
    ))
      expect({
        table,
        visitors: (rows as { visitor_id: string }[]).filter((row) => row.visitor_id === '61').length,
        // Who only looked bought nothing.
      }).toEqual({ table, visitors: table === 'fct_daily_purchases' ? 0 : 1 })
  })
})

describe('the gate', () => {
  beforeAll(() => keep(story))

  it('finds nothing in what is sound, and names each of many corruptions', async () => {
    const sound = await judge(story, [], smallShop)
    expect(sound).toMatchObject({ outcome: { success: true }, red: [], alarm: [] })
    const check = () => story.dbt.run('run-operation', 'check_gate', '--vars', smallShop)
    expect((await check()).success).toBe(true)
    // Of sessions cut at another gap than the gate is told.
    const tenMinutes = smallShop.replace('{', '{session_gap_minutes: 10, ')
    expect((await judge(story, [], tenMinutes)).red).toEqual(['session_gaps'])
    const { sql, red, alarm } = plantedTogether()
    const found = await judge(story, sql, smallShop)
    expect({ red: found.red, alarm: found.alarm }).toEqual({ red, alarm })
    const outcome = await check()
    expect(outcome.success).toBe(false)
    expect(`${outcome.exception} ${(await story.dbt.log()).slice(-5_000)}`).toContain(
      'quarantined_files: gs://raw/a.csv.gz {"file_unreadable": 1}',
    )
  })

  it('misses published days that the load has no more, also the last ones and of a small shop, until it is told so', async () => {
    const sql = [`DELETE FROM caec_raw.loaded_days WHERE event_date > DATE '2015-05-31'`]
    const lost = await judge(story, sql, '{}')
    expect(lost.red).toEqual(['missing_days'])
    expect(lost.details.missing_days).toBe(
      '2015-06-01, 2015-06-02: published before, without events now: 2; bring their raw files back and compute them, ' +
        'or, if they are gone on purpose, build once with --vars {gate: {missing_days: {at_most: 2}}}',
    )
    expect((await judge(story, sql, '{gate: {missing_days: {at_most: 2}}}')).red).toEqual([])
    expect(
      (await judge(story, sql, '{gate: {missing_days: {except: [2015-06-02]}}}')).details.missing_days,
    ).toMatch(/^2015-06-01: published before/)
  })

  it('refuses thresholds it does not know', async () => {
    const { outcome } = await judge(story, [], '{gate: {volume: {most: 1}}}')
    expect(outcome.success).toBe(false)
    expect(`${outcome.exception} ${(await story.dbt.log()).slice(-3_000)}`).toContain(
      "there is no key 'most'",
    )
  })
})

describe('the load', () => {
  it.each([
    'sessionized_events',
    'item_names',
    'lake_days',
    'loaded_days',
    'quarantined_files',
    'file_counts',
    'quality_results',
  ])('leaves %s exactly as its DDL file describes it', async (table) => {
    const tables = `/bigquery/v2/projects/${story.test.cloud.environment.project}/datasets`
    const shapeOf = async (dataset: string): Promise<unknown> => {
      const reply = await story.test.fetchAs('data-eng', `${tables}/${dataset}/tables/${table}`)
      const { schema, timePartitioning, clustering, description, labels, requirePartitionFilter } =
        (await reply.json()) as Record<string, unknown>
      expect(reply.status).toBe(200)
      return { schema, timePartitioning, clustering, description, labels, requirePartitionFilter }
    }
    const statement = await readFile(join(repoRoot, 'bigquery/ddl/caec_raw', `${table}.sql`), 'utf8')
    await readRows(story.test, statement.replace(`caec_raw.${table}`, `caec_analytics.${table}`))
    expect(await shapeOf('caec_raw')).toEqual(await shapeOf('caec_analytics'))
    await story.test.fetchAs('data-eng', `${tables}/caec_analytics/tables/${table}`, { method: 'DELETE' })
  })

  it.each([
    [', from: 2015-06-02', 'both from and to'],
    [', from: 2015-06-02, to: 2015-06-01', 'after'],
    [', from: "2015-06-02\' or true", to: 2015-06-02', 'must be a day'],
  ])('refuses %p', async (window, message) => {
    const outcome = await story.load(window)
    expect(outcome.success).toBe(false)
    expect(
      `${outcome.exception} ${JSON.stringify(outcome.results)} ${(await story.dbt.log()).slice(-3_000)}`,
    ).toContain(message)
  })

  it('refuses a lake that is no gs:// path', async () => {
    const outcome = await story.dbt.run(
      'run-operation',
      'load_sessionized_events',
      '--args',
      '{lake: "gs://x\'] --"}',
    )
    expect(outcome.success).toBe(false)
    expect(`${outcome.exception} ${(await story.dbt.log()).slice(-3_000)}`).toContain('must be a gs:// path')
  })

  it('leaves the table as it was when a day has no files, or none of the days loaded before is there', async () => {
    const before = await readRows(story.test, 'SELECT * FROM caec_raw.sessionized_events')
    expect((await story.load(', from: 2016-01-01, to: 2016-01-01')).success).toBe(false)
    expect((await story.dbt.log()).slice(-3_000)).toContain('has no sessionized day 2016-01-01')
    await putLake(story.test, story.folder, [{ ms: 0, visitor: 1, type: 'view', item: 1 }])
    expect((await story.load()).success).toBe(false)
    expect((await story.dbt.log()).slice(-3_000)).toContain('has none of the 4 days loaded before')
    expect(await readRows(story.test, 'SELECT * FROM caec_raw.sessionized_events')).toEqual(before)
  })
})
