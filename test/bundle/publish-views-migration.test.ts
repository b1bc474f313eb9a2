/** docs/migrate.md tells how views move here; its SQL is made as people make it, and then published by its files. */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fencesOf } from '../docs/markdown.ts'
import { analytics, insights, openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { repoRoot } from '../support/cloud.ts'
import { errorOf, runBundle } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

/** Path → text, of the SQL below one heading. */
function filesOf(heading: string): Record<string, string> {
  const page = readFileSync(join(repoRoot, 'docs/migrate.md'), 'utf8')
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))!
  const files = fencesOf(section)
    .filter(({ language }) => language === 'sql')
    .map(({ text }) => [/^-- (\S+)/.exec(text)![1]!, text.slice(text.indexOf('\n') + 1)] as const)
  expect(files).not.toEqual([])
  return Object.fromEntries(files)
}
let cloud: BigQueryCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await openBigQuery()
  job = await signIn(cloud)
  for (const table of ['visits', 'carts'])
    await api('POST', '/datasets/caec_analytics/tables', {
      tableReference: analytics(table),
      schema: {
        fields: [
          { name: 'day', type: 'DATE' },
          { name: 'visitor', type: 'INTEGER' },
        ],
      },
    })
})
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(() => rm(join(job.workspace, 'bigquery'), { recursive: true, force: true }))

async function api(method: string, path: string, body?: unknown): Promise<any> {
  const answer = await cloud.api('data-eng', method, path, body)
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}
const shown = (name: string) => api('GET', `/datasets/caec_insights/tables/${name}`)
const entries = async (): Promise<string[]> =>
  (await api('GET', '/datasets/caec_analytics')).access.flatMap(({ view }: any) =>
    view === undefined ? [] : [view.tableId],
  )
async function byHand(sql: string): Promise<void> {
  const { status, body } = await cloud.query('data-eng', sql)
  if (status !== 200) throw new Error(JSON.stringify(body))
}
async function publish(files: Record<string, string>, inputs: Record<string, string> = {}) {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, name)), { recursive: true })
    await writeFile(join(job.workspace, name), text)
  }
  const result = await runBundle('publish-views', {
    job,
    env: job.env,
    with: { location: 'us-central1', variables: 'project=caec-local', ...inputs },
  })
  expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
  return result
}

it('from bq query with a file: the view stays as it is written, is marked and authorized', async () => {
  const files = filesOf('From bq query with a file')
  for (const sql of Object.values(files)) await byHand(sql.replaceAll('${project}', 'caec-local'))
  const before = await shown('daily_carts')
  expect((await publish(files, { 'dry-run': 'true' })).summary).toContain('adopt 1 / change 0 / conflict 0')
  expect((await publish(files)).outputs).toMatchObject({ adopted: '1', updated: '0', authorized: '1' })
  expect((await shown('daily_carts')).view).toEqual(before.view)
  expect((await publish(files)).outputs).toMatchObject({ unchanged: '1', authorized: '0' })
  expect((await cloud.query('analyst', 'SELECT * FROM caec_insights.daily_carts')).status).toBe(200)
})

it('from a folder of CREATE OR REPLACE VIEW: equal ones are marked, a different one waits for adopt, others are left', async () => {
  const files = filesOf('From a folder of CREATE OR REPLACE VIEW')
  expect(Object.keys(files)).toHaveLength(2)
  const [visitors = '', lastDays = ''] = Object.values(files)
  await byHand(visitors.replace('2026', '2025').replace('COUNT(DISTINCT visitor)', 'COUNT(visitor)'))
  await byHand(lastDays.replaceAll('FROM caec', 'FROM `caec-local`.caec'))
  await byHand('CREATE VIEW caec_insights.somebody AS SELECT 1 AS one')
  const look = await publish(files, { 'dry-run': 'true' })
  expect(look.summary).toMatch(/adopt 1 \/ change 0 \/ conflict 1 \/ leave \d+/)
  expect(look.summary).toMatch(/caec&#95;insights\.visitors: what changes[\s\S]*COUNT\(DISTINCT visitor\)/)
  expect((await publish(files, { adopt: 'true' })).outputs).toMatchObject({ adopted: '2' })
  expect(await shown('visitors')).toMatchObject({
    description: 'Visitors by day; 2026.',
    labels: { team: 'growth' },
  })
  const again = await publish(files, { prune: 'true' })
  expect(again.outputs).toMatchObject({ unchanged: '2', authorized: '0' })
  expect((await shown('somebody')).view.query).toBe('SELECT 1 AS one')
})

it("from dbt's grant_access_to: the entry is found, and other models' entries stay", async () => {
  const files = filesOf("From dbt's grant_access_to")
  for (const name of ['buyers', 'model_of_dbt'])
    await api('POST', '/datasets/caec_insights/tables', {
      tableReference: insights(name),
      labels: { made_by: 'dbt' },
      view: {
        query: 'SELECT DISTINCT visitor FROM `caec-local`.`caec_analytics`.`carts`',
        useLegacySql: false,
      },
    })
  const { access } = await api('GET', '/datasets/caec_analytics')
  const granted = ['buyers', 'model_of_dbt'].map((name) => ({ view: insights(name) }))
  await api('PATCH', '/datasets/caec_analytics', { access: [...access, ...granted] })
  expect((await publish(files)).outputs).toMatchObject({ adopted: '1' })
  expect(await entries()).toEqual(expect.arrayContaining(['buyers', 'model_of_dbt']))
  expect(await shown('buyers')).toMatchObject({ labels: { made_by: 'dbt' } })
  const moved = { [Object.keys(files)[0]!]: "SELECT DATE '2026-01-01' AS day, 1 AS visitor" }
  await publish(moved, { 'allow-breaking': 'true' })
  expect(await entries()).not.toContain('buyers')
  expect(await entries()).toContain('model_of_dbt')
})
