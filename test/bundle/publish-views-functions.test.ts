/** Functions and recursive views through the bundle: published with the views that call them, authorized, left alone, refused, pruned. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Exchange } from '../../local/cloud/gateway.ts'
import { analytics, openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { openProxy } from '../support/proxy.ts'
import { errorOf, runBundle } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const exchanges: Exchange[] = []
let cloud: BigQueryCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await openBigQuery({ onExchange: (exchange) => exchanges.push(exchange) })
  job = await signIn(cloud)
  const made = await cloud.api('data-eng', 'POST', '/datasets/caec_analytics/tables', {
    tableReference: analytics('visits'),
    schema: {
      fields: [
        { name: 'day', type: 'DATE' },
        { name: 'visitor', type: 'INTEGER' },
      ],
    },
  })
  expect(made.status).toBe(200)
  expect(await rows('data-eng', "INSERT caec_analytics.visits VALUES (DATE '2026-11-29', 7)")).toEqual([])
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

async function rows(who: 'data-eng' | 'analyst', sql: string): Promise<unknown[]> {
  const { status, body } = await cloud.query(who, sql)
  if (status !== 200) throw new Error(JSON.stringify(body))
  return (body.rows ?? []).map(({ f }: { f: { v: unknown }[] }) => f.map(({ v }) => v))
}
const routine = async (name: string) =>
  (await cloud.api('data-eng', 'GET', `/datasets/caec_insights/routines/${name}`)).body
const entries = async (): Promise<object[]> => {
  const { access } = (await cloud.api('data-eng', 'GET', '/datasets/caec_analytics')).body
  return access.filter(({ view, routine: found }: any) => (view ?? found) !== undefined)
}
const text = async (source: string): Promise<string> => (await routine(source)).definitionBody

const FILES = {
  // In the order of names each comes before what it needs.
  'caec_insights/a_by_day.sql':
    'SELECT visit.day, caec_insights.twice(visit.visitor) AS doubled\nFROM caec_insights.since(DATE "2026-01-01") visit',
  'caec_insights/since.sql':
    '-- Visits since a day.\nCREATE OR REPLACE TABLE FUNCTION caec_insights.since(first DATE)\nAS SELECT day, visitor FROM caec_insights.z_base WHERE day >= first;\n',
  'caec_insights/twice/udf.sql':
    "CREATE FUNCTION IF NOT EXISTS `caec-local.caec_insights.twice`(x INT64)\nRETURNS INT64 AS (\n  2 * caec_insights.same(x)\n) OPTIONS (description = 'Two of it');\n",
  'caec_insights/same.sql': 'CREATE FUNCTION caec_insights.same(x ANY TYPE) AS (x)',
  'caec_insights/last_day.sql':
    'CREATE FUNCTION caec_insights.last_day() AS ((SELECT MAX(day) FROM caec_analytics.visits))',
  'caec_insights/z_base.sql': 'SELECT day, visitor FROM caec_analytics.visits',
}
async function publish(
  files: Record<string, string>,
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
) {
  await rm(join(job.workspace, 'views'), { recursive: true, force: true })
  for (const [name, body] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, 'views', name)), { recursive: true })
    await writeFile(join(job.workspace, 'views', name), body)
  }
  exchanges.length = 0
  return runBundle('publish-views', {
    job,
    env: { ...job.env, ...env },
    with: { source: 'views', location: 'us-central1', owner: 'me', ...inputs },
  })
}
async function published(files: Record<string, string>, inputs?: Record<string, string>) {
  const result = await publish(files, inputs)
  expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
  return result
}
async function refused(files: Record<string, string>, words: RegExp, inputs?: Record<string, string>) {
  const result = await publish(files, inputs)
  expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringMatching(words)])
}
const writes = () =>
  exchanges.filter(
    ({ service, method, id }) => service === 'bigquery' && (method !== 'GET' || id?.includes('jobs')),
  )

it('plans them with the views that wait for them, then makes each after what it needs', async () => {
  const planned = await published(FILES, { 'dry-run': 'true' })
  expect(planned.outputs).toMatchObject({ created: '6', authorized: '2' })
  expect((await published(FILES)).outputs).toMatchObject({ created: '6', authorized: '2' })
  expect(await routine('twice')).toMatchObject({
    routineType: 'SCALAR_FUNCTION',
    definitionBody: '2 * `caec-local.caec_insights.same`(x)',
    arguments: [{ name: 'x', dataType: { typeKind: 'INT64' } }],
    returnType: { typeKind: 'INT64' },
    description: expect.stringMatching(
      /^Two of it\n\[managed-by=clickstream-actions clickstream-owner=me clickstream-digest=[0-9a-f]{40} clickstream-name=[0-9a-f]{16} clickstream-run=\d+\]$/,
    ),
  })
  expect(await text('since')).toBe(
    'SELECT day, visitor FROM `caec-local.caec_insights.z_base` WHERE day >= first',
  )
  expect(
    await rows('analyst', 'SELECT doubled, caec_insights.last_day() FROM caec_insights.a_by_day'),
  ).toEqual([['14', '2026-11-29']])
  expect(await entries()).toEqual([
    { view: { projectId: 'caec-local', datasetId: 'caec_insights', tableId: 'z_base' } },
    { routine: { projectId: 'caec-local', datasetId: 'caec_insights', routineId: 'last_day' } },
  ])
})

it('leaves alone what is as its file says, without a query job', async () => {
  expect((await published(FILES, { prune: 'true' })).outputs).toMatchObject({
    unchanged: '6',
    authorized: '0',
  })
  expect(writes()).toEqual([])
})

it('changes a body and grants again; a member that no file names stays', async () => {
  const before = await routine('last_day')
  const changed = {
    ...FILES,
    'caec_insights/last_day.sql': FILES['caec_insights/last_day.sql'].replace('MAX', 'MIN'),
  }
  let sent: Record<string, unknown> = {}
  const proxy = await openProxy(cloud.origin, async (request, reply, body, forward) => {
    if (!request.url!.includes('/routines/last_day')) return false
    const answer = (json: object) =>
      Boolean(reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json)))
    if (request.method === 'GET')
      return answer({ ...JSON.parse(String((await forward()).body)), strictMode: true })
    // The local BigQuery knows no such member of a function.
    sent = JSON.parse(String(body)) as Record<string, unknown>
    const { strictMode: _member, ...known } = sent
    const path = '/datasets/caec_insights/routines/last_day'
    return answer((await cloud.api('data-eng', request.method!, path, known)).body)
  })
  const { exitCode, outputs, summary } = await publish(
    changed,
    {},
    { CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: proxy.origin },
  )
  proxy.close()
  expect([exitCode, sent.strictMode]).toEqual([0, true])
  expect(outputs).toMatchObject({ updated: '1', unchanged: '5', authorized: '1' })
  expect(summary).toContain('caec&#95;insights.last&#95;day()')
  const after = await routine('last_day')
  expect([after.definitionBody, after.creationTime]).toEqual([
    '(SELECT MIN(day) FROM `caec-local.caec_analytics.visits`)',
    before.creationTime,
  ])
  await published(FILES)
})

it.each<[string, Record<string, string>, RegExp]>([
  [
    'another argument',
    {
      'caec_insights/twice/udf.sql':
        'CREATE FUNCTION caec_insights.twice(x FLOAT64) RETURNS INT64 AS (CAST(x AS INT64))',
    },
    /twice\(\).*takes \(x FLOAT64\) instead of \(x INT64\).*allow-breaking/,
  ],
  [
    'another result',
    {
      'caec_insights/twice/udf.sql':
        "CREATE FUNCTION caec_insights.twice(x INT64) AS (CONCAT('x', CAST(x AS STRING)))",
    },
    /changes result from INTEGER to STRING/,
  ],
  [
    'a column of a table function that is gone',
    {
      'caec_insights/a_by_day.sql': 'SELECT DATE "2026-01-01" AS day, 1 AS doubled',
      'caec_insights/since.sql':
        'CREATE TABLE FUNCTION caec_insights.since(first DATE) AS SELECT visitor FROM caec_insights.z_base',
    },
    /drops column day/,
  ],
  [
    'a body that is wrong, at its line',
    { 'caec_insights/same.sql': 'CREATE FUNCTION caec_insights.same(x INT64)\nAS (\n  x + missing\n)' },
    /same\.sql: .*missing/,
  ],
  [
    'Python',
    {
      'caec_insights/same.sql':
        'CREATE FUNCTION caec_insights.same(x INT64) RETURNS INT64 LANGUAGE python AS "return x"',
    },
    /same\.sql:1: a function in PYTHON is not published here/,
  ],
])('refuses %s', async (_what, files, words) => {
  await refused({ ...FILES, ...files }, words)
  expect(writes().filter(({ id }) => !id?.includes('jobs'))).toEqual([])
})

it("replaces nobody else's function, and adopts on request; a look says what it finds", async () => {
  const make = (sql: string) => rows('data-eng', sql)
  await make('CREATE FUNCTION caec_insights.by_hand(x INT64) AS (x + 1)')
  await make('CREATE FUNCTION caec_insights.equal(x INT64) AS (x)')
  await make(
    "CREATE FUNCTION caec_insights.foreign(x INT64) AS (x) OPTIONS (description = '[clickstream-owner=you]')",
  )
  await make('CREATE FUNCTION caec_insights.left_alone(x INT64) AS (x)')
  const files = {
    ...FILES,
    'caec_insights/by_hand.sql': 'CREATE FUNCTION caec_insights.by_hand(x INT64) AS (x + 2)',
    'caec_insights/equal.sql': 'CREATE FUNCTION caec_insights.equal(x INT64) AS ( x )',
    'caec_insights/foreign.sql': 'CREATE FUNCTION caec_insights.foreign(x INT64) AS (x)',
  }
  const look = await published(files, { 'dry-run': 'true' })
  expect(look.summary).toContain('adopt 1 / change 0 / conflict 2 / leave 1')
  await refused(
    files,
    /by_hand\(\): was not published by this action: query changed.*foreign\(\): belongs to owner you/,
  )
  expect(await text('by_hand')).toBe('x + 1')
  const { 'caec_insights/foreign.sql': _foreign, ...ours } = files
  expect((await published(ours, { adopt: 'true' })).outputs).toMatchObject({ adopted: '2' })
  expect([await text('by_hand'), await text('foreign')]).toEqual(['x + 2', 'x'])
})

it('deletes what has no file any more, with its entry, and nothing else', async () => {
  const { 'caec_insights/last_day.sql': _gone, ...rest } = FILES
  expect((await published(rest, { prune: 'true' })).outputs).toMatchObject({ deleted: '3', unchanged: '5' })
  expect((await routine('last_day')).error?.code).toBe(404)
  expect(await entries()).toHaveLength(1)
  expect([await text('foreign'), await text('left_alone')]).toEqual(['x', 'x'])
  // Also in a dataset whose last file went.
  const datasetReference = { projectId: 'caec-local', datasetId: 'mart_f' }
  const access = (['ci-deploy', 'data-eng'] as const).map((persona) => ({
    role: 'OWNER',
    userByEmail: cloud.cloud.environment.serviceAccounts[persona],
  }))
  const dataset = { datasetReference, location: 'us-central1', access }
  expect((await cloud.api('data-eng', 'POST', '/datasets', dataset)).status).toBe(200)
  await published({
    ...rest,
    'mart_f/only.sql': 'CREATE FUNCTION mart_f.only() AS ((SELECT MAX(day) FROM caec_analytics.visits))',
  })
  expect(await entries()).toHaveLength(2)
  expect((await published(rest, { prune: 'true' })).outputs).toMatchObject({ deleted: '1', unchanged: '5' })
  const left = await cloud.api('data-eng', 'GET', '/datasets/mart_f/routines')
  expect([left.body.routines ?? [], await entries()]).toEqual([[], [expect.anything()]])
})

it('judges what reads a table that asks for a filter, and a new function', async () => {
  const made = await cloud.query(
    'data-eng',
    'CREATE TABLE caec_analytics.filtered (day DATE, n INT64) PARTITION BY day OPTIONS (require_partition_filter = true)',
  )
  expect(made.status).toBe(200)
  const result = await published({
    'caec_insights/k_key.sql': 'CREATE FUNCTION caec_insights.k_key(x INT64) AS (x + 1)',
    'caec_insights/k_view.sql': 'SELECT day, caec_insights.k_key(n) AS key FROM caec_analytics.filtered',
    'caec_insights/k_rows.sql':
      'CREATE TABLE FUNCTION caec_insights.k_rows() AS SELECT day FROM caec_analytics.filtered',
  })
  expect(result.outputs).toMatchObject({ created: '3' })
  const filtered = "SELECT key FROM caec_insights.k_view WHERE day = '2026-11-29'"
  expect(await rows('analyst', filtered)).toEqual([])
})

it('takes a recursive view and its reader in one run, and names with a digit first or a space', async () => {
  await rows('data-eng', 'CREATE TABLE caec_analytics.2024_orders (n INT64)')
  const result = await published({
    'caec_insights/2024_view.sql':
      'CREATE VIEW caec_insights.2024_view AS SELECT n FROM caec_analytics.2024_orders',
    'caec_insights/monthly orders.sql': 'SELECT 1 AS one',
    'caec_insights/r_reader.sql': 'WITH t AS (SELECT n FROM caec_insights.r_tree) SELECT n FROM t',
    'caec_insights/r_tree.sql':
      '-- Numbers.\nWITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < 3)\nSELECT t.n FROM t',
  })
  expect(result.outputs).toMatchObject({ created: '4', authorized: '1' })
  expect(await rows('analyst', 'SELECT one FROM caec_insights.`monthly orders`')).toEqual([['1']])
  expect(await rows('analyst', 'SELECT n FROM caec_insights.2024_view')).toEqual([])
  expect(await rows('data-eng', 'SELECT SUM(n) FROM caec_insights.r_reader')).toEqual([['6']])
})

it('stops where BigQuery reads a table that the text spells and the scan does not find', async () => {
  const sql =
    'CREATE TABLE FUNCTION caec_insights.behind() AS SELECT COUNT(*) AS visits FROM caec_analytics.visits'
  expect((await cloud.query('data-eng', sql)).status).toBe(200)
  await refused(
    {
      'caec_insights/l.sql': 'SELECT caec_analytics.visits FROM caec_insights.behind() AS caec_analytics',
    },
    /BigQuery reads caec_analytics\.visits here, and this action does not find where; write the name as/,
  )
})

it('publishes JavaScript as BigQuery takes it; the local one, which does not run it, says so', async () => {
  const files = {
    'caec_insights/slug.sql':
      "CREATE FUNCTION caec_insights.slug(x STRING) RETURNS STRING DETERMINISTIC LANGUAGE js\nOPTIONS (library = 'gs://caec-local-lake/a.js')\nAS r'return x.replace(/\\W/g, \"-\") // FROM a.b';\n",
  }
  await refused(files, /BigQuery refuses 1 of 1: views\/caec_insights\/slug\.sql: [^\n]*JavaScript/)
  const asked: string[] = []
  let inserted: Record<string, unknown> = {}
  const proxy = await openProxy(cloud.origin, (request, reply, body) => {
    const answer = (json: object) =>
      Boolean(reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json)))
    const sent = request.method === 'POST' ? JSON.parse(String(body)) : {}
    if (request.url!.includes('/routines')) {
      if (request.method !== 'POST') return false
      inserted = sent
      return answer({ ...sent, etag: 'e' })
    }
    if (!String(body).includes('LANGUAGE js')) return false
    asked.push(sent.configuration.query.query)
    return answer({
      kind: 'bigquery#job',
      jobReference: { projectId: 'caec-local', jobId: 'j' },
      status: { state: 'DONE' },
      statistics: { query: { schema: { fields: [{ name: 'result', type: 'STRING' }] } } },
    })
  })
  const result = await publish(files, {}, { CLOUDSDK_API_ENDPOINT_OVERRIDES_BIGQUERY: proxy.origin })
  proxy.close()
  expect([result.exitCode, errorOf(result), result.outputs.created]).toEqual([0, '', '1'])
  const tail =
    '(`x` STRING) RETURNS STRING DETERMINISTIC LANGUAGE js OPTIONS (library = ["gs://caec-local-lake/a.js"]) AS "return x.replace(/\\\\W/g, \\"-\\") // FROM a.b"'
  expect(asked).toEqual([
    `CREATE TEMP FUNCTION this_function${tail};\nSELECT this_function(CAST(NULL AS STRING)) AS result`,
    `CREATE OR REPLACE FUNCTION \`caec-local.caec_insights.slug\`${tail}`,
  ])
  expect(inserted).toMatchObject({
    routineType: 'SCALAR_FUNCTION',
    language: 'JAVASCRIPT',
    definitionBody: 'return x.replace(/\\W/g, "-") // FROM a.b',
    importedLibraries: ['gs://caec-local-lake/a.js'],
    determinismLevel: 'DETERMINISTIC',
    arguments: [{ name: 'x', argumentKind: 'FIXED_TYPE', dataType: { typeKind: 'STRING' } }],
    returnType: { typeKind: 'STRING' },
  })
})
