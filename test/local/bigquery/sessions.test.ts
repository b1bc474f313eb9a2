/** Sessions: what one query of them leaves for the next, who may use them, and when they end. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { Persona } from '../../support/cloud.ts'
import { openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
let nowMs = Date.UTC(2026, 0, 2)
beforeAll(async () => {
  cloud = await openBigQuery({ now: () => nowMs })
})
afterAll(() => cloud.close())

async function opened(sql = 'SELECT 1'): Promise<string> {
  const { status, body } = await cloud.query('data-eng', sql, { createSession: true })
  expect([status, body.error]).toEqual([200, undefined])
  return body.sessionInfo.sessionId as string
}
const within = (session: string, sql: string, persona: Persona = 'data-eng') =>
  cloud.query(persona, sql, { connectionProperties: [{ key: 'session_id', value: session }] })
const message = async (asked: Promise<{ body: any }>): Promise<string> => (await asked).body.error?.message

it('keeps temporary tables and functions for its next queries, and for no other', async () => {
  const session = await opened('CREATE TEMP TABLE carts AS SELECT 1 AS id')
  expect((await within(session, 'INSERT INTO carts VALUES (2)')).body.numDmlAffectedRows).toBe('1')
  await within(session, 'CREATE TEMP FUNCTION twice(x INT64) AS (2 * x)')
  const { rows, body } = await within(session, 'SELECT SUM(twice(id)) FROM _SESSION.carts')
  expect(rows).toEqual([['6']])
  expect(body.sessionInfo).toEqual({ sessionId: session })
  expect(await message(cloud.query('data-eng', 'SELECT * FROM carts'))).toContain('carts')
  expect(await message(within(await opened(), 'SELECT * FROM carts'))).toContain('carts')
})

it('is told in the job, and taken by jobs.insert', async () => {
  const job = await cloud.run('data-eng', {
    query: { query: 'CREATE TEMP TABLE t AS SELECT 7 AS n', useLegacySql: false, createSession: true },
  })
  expect(job.configuration.query.createSession).toBe(true)
  const properties = [{ key: 'session_id', value: job.statistics.sessionInfo.sessionId }]
  const next = await cloud.run('data-eng', {
    query: { query: 'SELECT n FROM t', useLegacySql: false, connectionProperties: properties },
  })
  expect(next.status.errorResult).toBeUndefined()
  expect(next.configuration.query.connectionProperties).toEqual(properties)
  expect(next.statistics.sessionInfo).toEqual({ sessionId: properties[0]!.value })
})

it('knows its tables in a script and in a dry run', async () => {
  const session = await opened()
  await within(
    session,
    'CREATE TEMP TABLE a AS SELECT 1 AS n; CREATE TEMP TABLE b AS SELECT n + 1 AS n FROM a',
  )
  expect((await within(session, 'SELECT n FROM b')).rows).toEqual([['2']])
  const dry = await cloud.query('data-eng', 'SELECT n FROM b', {
    dryRun: true,
    connectionProperties: [{ key: 'session_id', value: session }],
  })
  expect([dry.status, dry.body.schema?.fields[0].name]).toEqual([200, 'n'])
})

it('runs its queries one after the other', async () => {
  const session = await opened('CREATE TEMP TABLE steps (n INT64)')
  const answers = await Promise.all(
    [1, 2, 3, 4].map((n) =>
      within(session, `INSERT INTO steps SELECT ${n} FROM (SELECT COUNT(*) FROM steps)`),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200])
  expect((await within(session, 'SELECT COUNT(*) FROM steps')).rows).toEqual([['4']])
})

it("is nobody else's", async () => {
  const session = await opened()
  expect(await message(within(session, 'SELECT 1', 'analyst'))).toContain('belongs to somebody else')
})

it('ends when it is told to, with its tables, and a day after its last query', async () => {
  const session = await opened('CREATE TEMP TABLE gone AS SELECT 1 AS n')
  expect((await within(session, 'CALL BQ.ABORT_SESSION()')).status).toBe(200)
  expect(await message(within(session, 'SELECT 1'))).toContain('is not found')
  const named = await opened()
  expect((await cloud.query('data-eng', `CALL BQ.ABORT_SESSION('${named}')`)).status).toBe(200)
  expect(await message(within(named, 'SELECT 1'))).toContain('is not found')
  const idle = await opened()
  nowMs += 86_400_000
  expect((await within(idle, 'SELECT 1')).status).toBe(200)
  nowMs += 86_400_001
  expect(await message(within(idle, 'SELECT 1'))).toContain('has expired')
})

it('refuses what it would lose: its variables, a transaction that stays open, other properties', async () => {
  const session = await opened()
  expect(await message(within(session, 'DECLARE n INT64 DEFAULT 1; SELECT n'))).toBe(
    'A variable of a session (DECLARE outside of BEGIN … END) is not supported by the local BigQuery.',
  )
  expect((await within(session, 'BEGIN DECLARE n INT64 DEFAULT 1; SELECT n; END')).status).toBe(200)
  expect(await message(within(session, 'BEGIN TRANSACTION; SELECT 1'))).toContain('goes on after its query')
  expect(
    await message(
      cloud.query('data-eng', 'SELECT 1', { connectionProperties: [{ key: 'time_zone', value: 'UTC' }] }),
    ),
  ).toBe('The connection property time_zone is not supported by the local BigQuery.')
  expect(
    await message(
      cloud.query('data-eng', 'SELECT 1', {
        createSession: true,
        connectionProperties: [{ key: 'session_id', value: session }],
      }),
    ),
  ).toContain('cannot create a session')
})

it('is not there when the query that would open it fails', async () => {
  const { status, body } = await cloud.query('data-eng', 'SELECT nothing', { createSession: true })
  expect([status, body.sessionInfo]).toEqual([400, undefined])
})
