/**
 * Folders of view and table files in the manner of public ones, through the bundles: planned, applied, nothing to do
 * without a query job, changed, pruned.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { cp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Exchange } from '../../local/cloud/gateway.ts'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { repoRoot } from '../support/cloud.ts'
import { errorOf, runBundle } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const MINUTES = 60_000
/** From CREATE to the bracket that opens the columns, comments before it left alone. */
const STATEMENT = /^\uFEFF?create\b[^(]*\(/im
const exchanges: Exchange[] = []
let cloud: BigQueryCloud
let job: SignedInJob

async function api(method: string, path: string, body?: unknown): Promise<any> {
  const answer = await cloud.api('data-eng', method, path, body)
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}
async function make(sql: string): Promise<void> {
  const { status, body } = await cloud.query('data-eng', sql)
  if (status !== 200) throw new Error(JSON.stringify(body))
}

beforeAll(async () => {
  cloud = await openBigQuery({ onExchange: (exchange) => exchanges.push(exchange) })
  job = await signIn(cloud)
  for (const datasetId of ['mart_c', 'reports', 'shop'])
    await api('POST', '/datasets', {
      datasetReference: { projectId: 'caec-local', datasetId },
      location: 'us-central1',
      access: (['ci-deploy', 'data-eng'] as const).map((persona) => ({
        role: 'OWNER',
        userByEmail: cloud.cloud.environment.serviceAccounts[persona],
      })),
    })
  await make(
    'CREATE TABLE caec_analytics.visits (day DATE, visitor INT64, country STRING, amount NUMERIC, tags ARRAY<STRING>)',
  )
  await make('CREATE TABLE caec_analytics.carts (day DATE, item INT64, visitor INT64)')
  await make(
    'CREATE TABLE caec_analytics.dev_events (day DATE, id INT64) PARTITION BY day OPTIONS (require_partition_filter = TRUE)',
  )
  await make('CREATE TABLE shop.visits (day DATE, country STRING) PARTITION BY day')
  await make('CREATE TABLE shop.orders (ts TIMESTAMP, id INT64, amount NUMERIC) PARTITION BY DATE(ts)')
  for (const table of ['a', 'b']) await make(`CREATE TABLE shop.${table} (id INT64)`)
  for (const folder of ['sql-views', 'sql-tables', 'sql-views-materialized']) {
    await cp(join(repoRoot, 'test/fixtures', folder), join(job.workspace, folder), { recursive: true })
    for (const file of await filesIn(folder))
      await rewrite(folder, file, (text) =>
        file.includes('crlf') ? text.replace(/\r?\n/g, '\r\n') : text.replaceAll('my-project', 'caec-local'),
      )
  }
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

const filesIn = async (folder: string): Promise<string[]> =>
  (await readdir(join(job.workspace, folder), { recursive: true }))
    .filter((name) => name.endsWith('.sql'))
    .sort()
async function rewrite(folder: string, file: string, change: (text: string) => string): Promise<void> {
  const path = join(job.workspace, folder, file)
  await writeFile(path, change(await readFile(path, 'utf8')))
}
const bundle = (action: string, source: string, inputs: Record<string, string>) =>
  runBundle(action, {
    job,
    env: job.env,
    with: { source, location: 'us-central1', variables: 'project=caec-local\nenv=dev', ...inputs },
  })
async function run(action: string, source: string, inputs: Record<string, string> = {}) {
  exchanges.length = 0
  const result = await bundle(action, source, inputs)
  expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
  const asked = exchanges.filter(({ service }) => service === 'bigquery')
  return {
    outputs: result.outputs,
    summary: result.summary,
    jobs: asked.filter(({ id }) => id?.startsWith('bigquery.jobs.')).length,
    writes: asked.filter(({ method, id }) => method !== 'GET' && !id?.startsWith('bigquery.jobs.')).length,
  }
}

describe('a folder of views as people write them', () => {
  const publish = (inputs: Record<string, string> = {}) =>
    run('publish-views', 'sql-views', { prune: 'true', ...inputs })
  const functionsIn = async (id: string): Promise<string[]> =>
    ((await api('GET', `/datasets/${id}/routines`)).routines ?? []).map(
      (routine: any) => routine.routineReference.routineId,
    )
  const viewsIn = async (id: string): Promise<string[]> =>
    ((await api('GET', `/datasets/${id}/tables?maxResults=1000`)).tables ?? []).map(
      (table: any) => table.tableReference.tableId,
    )

  it(
    'is planned, published and then left alone without a query job',
    async () => {
      const count = String((await filesIn('sql-views')).length)
      expect(Number(count)).toBeGreaterThanOrEqual(60)
      const planned = await publish({ 'dry-run': 'true' })
      expect([planned.outputs.created, planned.writes]).toEqual([count, 0])
      expect((await publish()).outputs).toMatchObject({ created: count, updated: '0' })
      const made = [...(await viewsIn('caec_insights')), ...(await viewsIn('mart_c'))]
      expect(await functionsIn('caec_insights')).toEqual(['fn_clean', 'fn_per_visitor', 'fn_since'])
      expect(made.length + 3).toBe(Number(count))
      const again = await publish()
      expect(again).toMatchObject({ outputs: { unchanged: count, authorized: '0' }, jobs: 0, writes: 0 })
      expect(await api('GET', '/datasets/caec_insights/tables/folder_metadata')).toMatchObject({
        friendlyName: 'Folder with metadata',
        description: 'One row per visit.\nEnvironment dev.',
        labels: { team: 'growth', env: 'dev' },
      })
      expect((await api('GET', '/datasets/caec_insights/tables/create_expires')).expirationTime).toBe(
        String(Date.UTC(2099, 0, 1)),
      )
      expect((await api('GET', '/datasets/caec_insights/tables/literal_dollar')).view.query).toContain(
        '${not_a_variable}',
      )
    },
    20 * MINUTES,
  )

  it(
    'lets an analyst read every view of it, and nothing below',
    async () => {
      for (const view of await viewsIn('caec_insights'))
        expect([
          view,
          (await cloud.query('analyst', `SELECT * FROM caec_insights.\`${view}\``)).status,
        ]).toEqual([view, 200])
      expect((await cloud.query('analyst', 'SELECT * FROM caec_analytics.visits')).status).toBe(403)
    },
    20 * MINUTES,
  )

  it(
    'changes what changed, shows its lines, and prunes what went',
    async () => {
      const add = (text: string) =>
        text.replace('2 * COUNT(*) AS twice', '2 * COUNT(*) AS twice, <b> AS html'.replace('<b>', '3'))
      await rewrite('sql-views', 'caec_insights/z_base.sql', add)
      await rewrite('sql-views', 'caec_insights/create_columns.sql', (text) =>
        text.replace('How many', 'How <b>many</b>'),
      )
      await rm(join(job.workspace, 'sql-views/caec_insights/window.sql'))
      await rm(join(job.workspace, 'sql-views/caec_insights/folder_both'), { recursive: true })
      const changed = await publish()
      expect(changed.outputs).toMatchObject({ created: '0', updated: '2', deleted: '2' })
      expect(changed.summary).toMatch(/caec&#95;insights\.z&#95;base: what changes[\s\S]*3 AS html/)
      expect(changed.summary).toContain('adds column html')
      expect(changed.summary).not.toContain('<b>')
      expect(await publish()).toMatchObject({ outputs: { updated: '0', deleted: '0' }, jobs: 0, writes: 0 })
      expect(await viewsIn('caec_insights')).not.toContain('folder_both')
    },
    20 * MINUTES,
  )

  it(
    'updates each of its files, and prunes all but one',
    async () => {
      const files = await filesIn('sql-views')
      for (const file of files) await rewrite('sql-views', file, (text) => `${text}\n-- Changed.`)
      expect((await publish()).outputs).toMatchObject({ created: '0', updated: String(files.length) })
      for (const file of files)
        if (!file.endsWith('z_base.sql')) await rm(join(job.workspace, 'sql-views', file))
      for (const file of await readdir(join(job.workspace, 'sql-views'), { recursive: true }))
        if (file.endsWith('.yaml')) await rm(join(job.workspace, 'sql-views', file))
      const refused = await bundle('publish-views', 'sql-views', { prune: 'true' })
      expect([refused.exitCode, errorOf(refused)]).toEqual([
        1,
        expect.stringContaining(`${files.length - 1} of ${files.length} published views would be deleted`),
      ])
      expect((await publish({ 'max-delete-percent': '100' })).outputs).toMatchObject({
        unchanged: '1',
        deleted: String(files.length - 1),
      })
      expect([
        await viewsIn('caec_insights'),
        await viewsIn('mart_c'),
        await functionsIn('caec_insights'),
      ]).toEqual([['z_base'], [], []])
    },
    20 * MINUTES,
  )
})

it('publishes a folder of materialized views, changes how each is refreshed, and prunes it', async () => {
  const publish = (inputs: Record<string, string> = {}) =>
    run('publish-views', 'sql-views-materialized', inputs)
  expect((await publish({ 'dry-run': 'true' })).outputs).toMatchObject({ created: '4' })
  expect((await publish()).outputs).toMatchObject({ created: '4' })
  expect(await publish()).toMatchObject({ outputs: { unchanged: '4' }, jobs: 0, writes: 0 })
  const shown = (name: string) => api('GET', `/datasets/reports/tables/${name}`)
  expect(await shown('daily')).toMatchObject({
    timePartitioning: { field: 'day' },
    clustering: { fields: ['country'] },
    materializedView: { refreshIntervalMs: '3600000' },
  })
  expect(await shown('hourly')).toMatchObject({ maxStaleness: '0-0 0 4:0:0', description: 'By hour' })
  const change = (file: string, from: string, to: string) =>
    rewrite('sql-views-materialized', `reports/${file}`, (text) => {
      expect(text).toContain(from)
      return text.replace(from, to)
    })
  await change('daily.sql', 'refresh_interval_minutes = 60', 'refresh_interval_minutes = 120')
  await change('hourly.sql', '"4:0:0"', '"2:0:0"')
  await change('outer.sql', "'gold'", "'silver'")
  await change('folder/view.sql', 'reports.folder as', "reports.folder options (description = 'By id') as")
  expect((await publish()).outputs).toMatchObject({ created: '0', updated: '4' })
  expect(await publish()).toMatchObject({ outputs: { unchanged: '4' }, jobs: 0, writes: 0 })
  expect(await shown('daily')).toMatchObject({ materializedView: { refreshIntervalMs: '7200000' } })
  expect(await shown('hourly')).toMatchObject({ maxStaleness: '0-0 0 2:0:0', description: 'By hour' })
  expect(await shown('outer')).toMatchObject({ labels: { tier: 'silver' } })
  expect(await shown('folder')).toMatchObject({ description: 'By id' })
  for (const file of await filesIn('sql-views-materialized'))
    if (!file.endsWith('daily.sql')) await rm(join(job.workspace, 'sql-views-materialized', file))
  expect((await publish({ prune: 'true' })).outputs).toMatchObject({ unchanged: '1', deleted: '3' })
  expect(
    ((await api('GET', '/datasets/reports/tables')).tables ?? []).map(
      ({ tableReference }: any) => tableReference.tableId,
    ),
  ).toEqual(['daily'])
})

describe('a folder of tables as people write them', () => {
  it(
    'is planned, made, left alone and changed',
    async () => {
      const count = String((await filesIn('sql-tables')).length)
      expect(Number(count)).toBeGreaterThanOrEqual(40)
      const apply = (inputs: Record<string, string> = {}) => run('apply-ddl', 'sql-tables', inputs)
      const planned = await apply({ 'dry-run': 'true' })
      expect([planned.outputs.created, planned.writes]).toEqual([count, 0])
      expect((await apply()).outputs).toMatchObject({ created: count })
      expect(await apply()).toMatchObject({ outputs: { unchanged: count }, jobs: 0, writes: 0 })
      await rewrite('sql-tables', 'caec_raw/plain.sql', (text) =>
        text.replace('id INT64', 'id INT64, added STRING'),
      )
      await rewrite('sql-tables', 'caec_raw/labels.sql', (text) => text.replace("'1'", "'2'"))
      const changed = await apply()
      expect(changed.outputs).toMatchObject({ updated: '2', created: '0' })
      expect(changed.summary).toContain('+ added STRING')
      expect(await apply()).toMatchObject({ outputs: { unchanged: count }, jobs: 0, writes: 0 })
      // Each gets a column more, behind the first bracket of its statement and before its first column.
      const files = await filesIn('sql-tables')
      for (const file of files)
        await rewrite('sql-tables', file, (text) => text.replace(STATEMENT, '$& more_of_it STRING,'))
      expect((await apply()).outputs).toMatchObject({ updated: count, created: '0', unchanged: '0' })
      expect(await apply()).toMatchObject({ outputs: { unchanged: count }, jobs: 0, writes: 0 })
      const { rows } = await cloud.query(
        'data-eng',
        "SELECT COUNT(DISTINCT table_name) FROM caec_raw.INFORMATION_SCHEMA.COLUMNS WHERE column_name = 'more_of_it'",
      )
      expect(rows).toEqual([[count]])
    },
    20 * MINUTES,
  )
})
