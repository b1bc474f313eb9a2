/** Publishing functions and the views that call them, killed at every request: the next run does the rest. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { analytics, openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorOf, runBundle, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const FIRST: Record<string, string> = {
  'caec_insights/a_by_day.sql':
    'SELECT day, caec_insights.twice(visitor) AS doubled FROM caec_insights.since(DATE "2026-01-01")',
  'caec_insights/base.sql': 'SELECT day, visitor FROM caec_analytics.visits',
  'caec_insights/last_day.sql':
    'CREATE FUNCTION caec_insights.last_day() AS ((SELECT MAX(day) FROM caec_analytics.visits))',
  'caec_insights/since.sql':
    'CREATE TABLE FUNCTION caec_insights.since(first DATE) AS SELECT day, visitor FROM caec_insights.base WHERE day >= first',
  'caec_insights/twice.sql': 'CREATE FUNCTION caec_insights.twice(x INT64) RETURNS INT64 AS (2 * x)',
}
/** A body is another one, one function and its only caller are gone. */
const SECOND: Record<string, string> = {
  'caec_insights/base.sql': FIRST['caec_insights/base.sql']!,
  'caec_insights/since.sql': FIRST['caec_insights/since.sql']!,
  'caec_insights/twice.sql': 'CREATE FUNCTION caec_insights.twice(x INT64) RETURNS INT64 AS (x + x)',
}
const AFTER_FIRST = {
  views: ['a_by_day', 'base'],
  functions: ['last_day', 'since', 'twice'],
  authorized: ['base', 'last_day'],
}
const AFTER_SECOND = { views: ['base'], functions: ['since', 'twice'], authorized: ['base'] }

let cloud: BigQueryCloud
let job: SignedInJob
let accessAtFirst: object[]
beforeAll(async () => {
  cloud = await openBigQuery()
  job = await signIn(cloud)
  await api('POST', '/datasets/caec_analytics/tables', {
    tableReference: analytics('visits'),
    schema: {
      fields: [
        { name: 'day', type: 'DATE' },
        { name: 'visitor', type: 'INTEGER' },
      ],
    },
  })
  const filled = await cloud.query('data-eng', "INSERT caec_analytics.visits VALUES (DATE '2026-11-29', 7)")
  expect(filled.status).toBe(200)
  accessAtFirst = (await api('GET', '/datasets/caec_analytics')).access
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

async function api(method: string, path: string, body?: unknown): Promise<any> {
  const answer = await cloud.api('data-eng', method, path, body)
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}
async function state() {
  const { tables = [] } = await api('GET', '/datasets/caec_insights/tables')
  const { routines = [] } = await api('GET', '/datasets/caec_insights/routines')
  const { access } = await api('GET', '/datasets/caec_analytics')
  return {
    views: tables.map(({ tableReference }: any) => tableReference.tableId).sort(),
    functions: routines.map(({ routineReference }: any) => routineReference.routineId).sort(),
    authorized: access
      .flatMap(({ view, routine }: any) =>
        (view?.tableId ?? routine?.routineId) ? [view?.tableId ?? routine?.routineId] : [],
      )
      .sort(),
  }
}
async function reset(): Promise<void> {
  const { views, functions } = await state()
  for (const name of views) await api('DELETE', `/datasets/caec_insights/tables/${name}`)
  for (const name of functions) await api('DELETE', `/datasets/caec_insights/routines/${name}`)
  await api('PATCH', '/datasets/caec_analytics', { access: accessAtFirst })
}
async function write(files: Record<string, string>): Promise<void> {
  await rm(join(job.workspace, 'views'), { recursive: true, force: true })
  for (const [name, text] of Object.entries(files)) {
    const path = join(job.workspace, 'views', name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
  }
}
/** Killed at the request of that number; every other time the request still arrives, and its answer finds nobody. */
async function publish(killedAt?: number): Promise<RunResult & { readonly requests: number }> {
  let requests = 0
  let child: ChildProcess | undefined
  const proxy = await openProxy(cloud.origin, async (_request, _reply, _body, forward) => {
    requests += 1
    if (killedAt === undefined || requests < killedAt) return false
    if (requests === killedAt && killedAt % 2 === 0) await forward()
    child!.kill('SIGKILL')
    return true
  })
  try {
    const result = await runBundle('publish-views', {
      job,
      env: { ...job.env, CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: proxy.origin },
      with: { source: 'views', location: 'us-central1', owner: 'me', prune: 'true' },
      onStart: (started) => {
        child = started
      },
    })
    return { ...result, requests }
  } finally {
    proxy.close()
  }
}
async function converges(wanted: object, count: number): Promise<void> {
  const rerun = await publish()
  expect([rerun.exitCode, errorOf(rerun)]).toEqual([0, ''])
  expect(await state()).toEqual(wanted)
  expect((await publish()).outputs).toMatchObject({ unchanged: String(count), authorized: '0', deleted: '0' })
}
/** What an analyst reads through a view, a table function and a function that reads private rows itself. */
async function answers(sql: string, wanted: unknown[]): Promise<void> {
  const { status, body } = await cloud.query('analyst', sql)
  expect([sql, status, body.rows?.[0]?.f.map(({ v }: { v: unknown }) => v)]).toEqual([sql, 200, wanted])
}

it('a first run, killed at any request, is done by the next one', async () => {
  await write(FIRST)
  await reset()
  const { requests } = await publish()
  expect(requests).toBeGreaterThan(15)
  for (let nth = 1; nth <= requests; nth += 1) {
    await reset()
    expect((await publish(nth)).exitCode).not.toBe(0)
    await converges(AFTER_FIRST, 5)
    await answers('SELECT doubled, caec_insights.last_day() FROM caec_insights.a_by_day', [
      '14',
      '2026-11-29',
    ])
  }
}, 1_200_000)

it('a change with a function pruned, killed at any request, is done by the next one', async () => {
  let requests = 1
  for (let nth = 0; nth <= requests; nth += 1) {
    await reset()
    await write(FIRST)
    await publish()
    await write(SECOND)
    const run = await publish(nth === 0 ? undefined : nth)
    if (nth === 0) requests = run.requests
    await converges(AFTER_SECOND, 3)
    expect((await api('GET', '/datasets/caec_insights/routines/twice')).definitionBody).toBe('x + x')
    await answers('SELECT caec_insights.twice(visitor) FROM caec_insights.since(DATE "2026-01-01")', ['14'])
  }
  expect(requests).toBeGreaterThan(10)
}, 1_200_000)
