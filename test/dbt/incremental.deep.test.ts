/**
 * The models after every kind of change, each by itself: an incremental run equals a full refresh when nothing
 * changed, after a new day, after a day loaded twice, after late events, and after a day has disappeared.
 */
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals'
import { judge, keep, planted, smallShop } from './gate.ts'
import { failures, firstDays, lateEvents, newDay, openStory, type DbtStory } from './story.ts'
import { randomEvents } from './random-events.ts'
import { cutSessions, dayOf, sessionRow, type Event } from './truth.ts'
import { expectViews } from './view-numbers.ts'
import { putLake, readRows, sorted } from './warehouse.ts'

jest.setTimeout(600_000)

/** A row that clean accepted and nobody loaded: the gate holds the build back. */
const unloaded = `INSERT INTO caec_raw.file_counts VALUES ('planted', DATE '2015-06-01', 'clean', '', 1)`
const mended = "DELETE FROM caec_raw.file_counts WHERE file = 'planted'"

let story: DbtStory
beforeAll(async () => {
  story = await openStory()
})
afterAll(() => story?.close())

describe('the models', () => {
  it('build from a full load, with every test and unit test green', async () => {
    await putLake(story.test, story.folder, firstDays)
    expect(failures(await story.load())).toEqual([])
    expect(failures(await story.dbt.run('build'))).toEqual([])
    expect((await story.dumpFacts()).fct_sessions).toEqual(sorted(cutSessions(firstDays).map(sessionRow)))
  })

  it('do not change when nothing changed', async () => {
    await story.expectIncrementalEqualsFull(firstDays)
  })

  it('equal a full refresh after a new day, found by its version and loaded alone', async () => {
    const events = [...firstDays, ...newDay]
    await putLake(story.test, story.folder, events)
    expect(failures(await story.load())).toEqual([])
    await story.expectIncrementalEqualsFull(events)
  })

  it('read the days that changed and no other', async () => {
    const events = [...firstDays, ...newDay, { ...newDay[0]!, ms: newDay[0]!.ms + 5 }]
    await putLake(story.test, story.folder, events)
    expect(failures(await story.load())).toEqual([])
    expect(failures(await story.dbt.run('build', '--exclude-resource-type', 'unit_test'))).toEqual([])
    for (const [model, where] of [
      ['fct_events', "where event_date in (DATE '2015-06-02')"],
      [
        'fct_sessions',
        "where event_date in (DATE '2015-06-02') and date(session_start_ts) in (DATE '2015-06-02')",
      ],
    ] as const)
      expect(await story.dbt.compiledSql(`marts/${model}`)).toContain(where)
    await story.expectReadOnly(['2015-06-02'])
    expect(failures(await story.dbt.run('build', '--exclude-resource-type', 'unit_test'))).toEqual([])
    expect(
      [...(await story.dbt.compiledTests())].filter(
        ([, sql]) => sql.includes('`caec_analytics`') && sql.includes('2015-06-02'),
      ),
    ).toEqual([])
    expect(await story.dbt.compiledSql('marts/fct_events')).toContain('where false')
  })

  it('are tested on the session days of what is not published, and on no other, also when a red build left nothing to build', async () => {
    const build = () => story.dbt.run('build', '--exclude-resource-type', 'unit_test')
    const failed = async (): Promise<string[]> =>
      (await build()).results.filter(({ status }) => status === 'fail').map(({ name }) => name)
    const lengthen = (day: string, by: number) =>
      readRows(
        story.test,
        `UPDATE caec_analytics.fct_sessions__staged SET events = events + ${by} WHERE session_date = DATE '${day}'`,
      )
    await readRows(
      story.test,
      `UPDATE caec_raw.loaded_days SET loaded_by = 'another' WHERE event_date = DATE '2015-06-01'`,
    )
    await readRows(story.test, unloaded)
    expect((await build()).success).toBe(false)
    await readRows(story.test, mended)
    // A session that starts the day before may reach into the day.
    await lengthen('2015-05-31', 1)
    expect(await failed()).toContain('sessions_hold_every_event_once')
    await lengthen('2015-05-31', -1)
    await lengthen('2015-05-30', 1)
    expect(await failed()).toEqual([])
    await lengthen('2015-05-30', -1)
  })

  it('equal a full refresh after a build that ended half way, and what it had taken was withdrawn', async () => {
    await putLake(story.test, story.folder, [...firstDays, ...newDay, ...lateEvents])
    expect(failures(await story.load())).toEqual([])
    expect(failures(await story.dbt.run('run', '-s', 'fct_sessions'))).toEqual([])
    await putLake(story.test, story.folder, [...firstDays, ...newDay])
    expect(failures(await story.load())).toEqual([])
    await story.expectIncrementalEqualsFull([...firstDays, ...newDay])
  })

  it('equal a full refresh after a day was loaded twice over and then repaired', async () => {
    const day = "event_date = DATE '2015-06-02'"
    const raw = 'caec_raw.sessionized_events'
    await readRows(story.test, `INSERT INTO ${raw} SELECT * FROM ${raw} WHERE ${day}`)
    await readRows(story.test, `UPDATE caec_raw.loaded_days SET loaded_by = 'twice' WHERE ${day}`)
    expect(failures(await story.dbt.run('run', '-s', 'fct_events'))).toEqual([])
    expect(
      await readRows(story.test, `SELECT * FROM caec_analytics.fct_events__staged WHERE ${day}`),
    ).toHaveLength(4)
    expect(failures(await story.load(', from: 2015-06-02, to: 2015-06-02'))).toEqual([])
    await story.expectIncrementalEqualsFull([...firstDays, ...newDay])
  })

  it('equal a full refresh after late events that merge a session and empty a session day', async () => {
    const before = [...firstDays, ...newDay]
    const events = [...before, ...lateEvents]
    const sessionDays = (list: readonly Event[]): Set<string> =>
      new Set(cutSessions(list).map((session) => dayOf(session.events[0]!.ms)))
    expect(sessionDays(before).size).toBe(sessionDays(events).size + 1)
    await putLake(story.test, story.folder, events)
    expect(failures(await story.load())).toEqual([])
    await story.expectIncrementalEqualsFull(events)
  })

  it('equal a full refresh after a day between others has disappeared from a full load', async () => {
    const events = [...firstDays, ...newDay].filter((event) => dayOf(event.ms) !== '2015-06-01')
    await putLake(story.test, story.folder, events)
    expect(failures(await story.load())).toEqual([])
    const vars = '{gate: {missing_days: {from_rows: 1}}}'
    const red = await story.dbt.run('build', '--exclude-resource-type', 'unit_test', '--vars', vars)
    expect(`${red.success} ${JSON.stringify(failures(red))}`).toMatch(/^false .*missing_days of 2015-06-01/)
    await story.expectIncrementalEqualsFull(events, [
      '--vars',
      '{gate: {missing_days: {from_rows: 1, except: [2015-06-01]}}}',
    ])
  })
})

describe('a publication that was killed between two copies', () => {
  it('is made whole by the next build', async () => {
    const events = [...firstDays, ...newDay, ...lateEvents]
    await putLake(story.test, story.folder, events)
    expect(failures(await story.load())).toEqual([])
    await readRows(story.test, unloaded)
    const held = await story.dbt.run('build', '--exclude-resource-type', 'unit_test')
    expect(held.success).toBe(false)
    await readRows(story.test, mended)
    for (const mart of ['dim_users', 'fct_daily_commerce', 'fct_daily_entries'])
      await readRows(
        story.test,
        `CREATE OR REPLACE TABLE caec_analytics.${mart} COPY caec_analytics.${mart}__staged`,
      )
    await story.expectIncrementalEqualsFull(events)
  })
})

describe('the views', () => {
  // A case is a visitor after a build.
  let cases = 0
  afterAll(() => {
    expect(cases).toBeGreaterThan(50)
  })

  it.each([1, 2, 3])(
    'give of random events %d what plain loops give, built at once, after more have come, and after files were rewritten and removed',
    async (seed) => {
      const all = randomEvents(seed, 400)
      const vars = [
        '--vars',
        '{gate: {missing_days: {at_most: 1000}}}',
        '--exclude-resource-type',
        'unit_test',
      ]
      const left = all.filter(({ visitor }, n) => n % 7 !== 0 && visitor !== 1 + (seed % 20))
      for (const events of [all.filter((_, n) => n % 9 !== 0), all, left]) {
        await putLake(story.test, story.folder, events)
        expect(failures(await story.load())).toEqual([])
        if (events === all && seed === 2)
          // The facts alone: the daily marts still lack these days.
          expect(failures(await story.dbt.run('run', '-s', 'fct_events', 'fct_sessions'))).toEqual([])
        if (events === all && seed === 3)
          // As in a project from before these marts, or of fewer columns: they are built whole although few days changed.
          for (const change of [
            'DROP TABLE fct_daily_commerce',
            'ALTER TABLE fct_visitor_days DROP COLUMN session_events',
          ])
            await readRows(story.test, change.replace(/fct_\w+/, 'caec_analytics.$&__staged'))
        expect(failures(await story.dbt.run('build', ...vars))).toEqual([])
        await expectViews(story.test, events, new Map())
        cases += new Set(events.map(({ visitor }) => visitor)).size
      }
      const incremental = await story.dumpFacts()
      expect(failures(await story.dbt.run('build', '--full-refresh', ...vars))).toEqual([])
      expect(await story.dumpFacts()).toEqual(incremental)
    },
  )
})

describe('the gate', () => {
  beforeAll(async () => {
    const events = [...firstDays, ...newDay, ...lateEvents]
    await putLake(story.test, story.folder, events)
    expect(failures(await story.load())).toEqual([])
    // The random events before were of other days, which are gone now.
    const gone = ['--vars', '{gate: {missing_days: {at_most: 1000}}}']
    expect(failures(await story.dbt.run('build', '--exclude-resource-type', 'unit_test', ...gone))).toEqual(
      [],
    )
    await keep(story)
  })

  it.each(planted)('names $name', async ({ sql, red = [], alarm = [] }) => {
    const found = await judge(story, sql, smallShop)
    expect(found.outcome).toMatchObject({ success: true })
    expect({ red: found.red, alarm: found.alarm }).toEqual({ red, alarm })
  })

  it.each([
    ['{gate: {volumes: {at_most: 1}}}', "there is no check 'volumes'"],
    ['{gate: {volume: {most: 1}}}', "there is no key 'most'"],
    ['{gate: {volume: {at_most: many}}}', "at_most must be a number from 0 on, got 'many'"],
    ['{gate: {volume: {on_red: hope}}}', "on_red must be hold or alarm, got 'hope'"],
    ['{gate: {missing_days: {except: never}}}', "except must be a list, got 'never'"],
  ])('refuses %p', async (vars, message) => {
    const { outcome } = await judge(story, [], vars)
    expect(outcome.success).toBe(false)
    expect(`${outcome.exception} ${(await story.dbt.log()).slice(-3_000)}`).toContain(message)
  })

  it('of a warehouse whose ids are numbers refuse single days, and are right after everything was loaded once', async () => {
    const asNumbers = (table: string, day: string, cluster: string): Promise<unknown> =>
      readRows(
        story.test,
        `CREATE OR REPLACE TABLE ${table} PARTITION BY ${day} CLUSTER BY ${cluster} AS ` +
          `SELECT * REPLACE (CAST(visitor_id AS INT64) AS visitor_id) FROM ${table}`,
      )
    await asNumbers('caec_raw.sessionized_events', 'event_date', 'visitor_id')
    await asNumbers('caec_analytics.fct_events__staged', 'event_date', 'event_type')
    await asNumbers('caec_analytics.fct_sessions__staged', 'session_date', 'visitor_id')
    const events = [...firstDays, ...newDay]
    await putLake(story.test, story.folder, events)
    expect((await story.load()).success).toBe(false)
    expect((await story.dbt.log()).slice(-3_000)).toContain(
      'holds ids as numbers, as version 1 of the contract had them; load everything once with full: true',
    )
    expect(failures(await story.load(', full: true'))).toEqual([])
    expect(failures(await story.dbt.run('build'))).toEqual([])
    expect((await story.dumpFacts()).fct_sessions).toEqual(sorted(cutSessions(events).map(sessionRow)))
  })
})
