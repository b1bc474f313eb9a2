/**
 * The publish-views bundle on a project that is not empty: other owners, views made by hand, access lists of
 * others; what is not its own stays.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { analytics, insights, openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { errorOf, runBundle, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const VISITS = 'SELECT day, COUNT(*) AS visits FROM caec_analytics.visits GROUP BY day'
const CARTS = 'SELECT day FROM caec_analytics.carts'
const MARTS = ['mart_b', 'mart_c']
let cloud: BigQueryCloud
let job: SignedInJob
let atFirst: Record<string, any[]>

async function api(method: string, path: string, body?: unknown): Promise<any> {
  const answer = await cloud.api('data-eng', method, path, body)
  if (answer.status >= 400) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body
}
const accessOf = async (id: string): Promise<any[]> => (await api('GET', `/datasets/${id}`)).access
const viewsIn = async (id: string): Promise<string[]> =>
  ((await api('GET', `/datasets/${id}/tables`)).tables ?? [])
    .map(({ tableReference }: any) => tableReference.tableId)
    .sort()
const authorizedOn = async (id: string): Promise<string[]> =>
  (await accessOf(id)).flatMap(({ view }) => (view === undefined ? [] : [view.tableId])).sort()
const shown = (name: string, dataset = 'caec_insights') => api('GET', `/datasets/${dataset}/tables/${name}`)
const byHand = (name: string, query: string, more: object = {}) =>
  api('POST', '/datasets/caec_insights/tables', {
    tableReference: insights(name),
    view: { query, useLegacySql: false },
    ...more,
  })

beforeAll(async () => {
  cloud = await openBigQuery()
  job = await signIn(cloud)
  for (const id of MARTS)
    await api('POST', '/datasets', {
      datasetReference: { projectId: 'caec-local', datasetId: id },
      location: 'us-central1',
      access: (['ci-deploy', 'data-eng'] as const).map((persona) => ({
        role: 'OWNER',
        userByEmail: cloud.cloud.environment.serviceAccounts[persona],
      })),
    })
  const fields = [
    { name: 'day', type: 'DATE' },
    { name: 'visitor', type: 'INTEGER' },
  ]
  for (const reference of [
    analytics('visits'),
    analytics('carts'),
    { projectId: 'caec-local', datasetId: 'mart_b', tableId: 'only' },
  ])
    await api('POST', `/datasets/${reference.datasetId}/tables`, {
      tableReference: reference,
      schema: { fields },
    })
  atFirst = {}
  for (const id of ['caec_analytics', ...MARTS]) atFirst[id] = await accessOf(id)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))
beforeEach(async () => {
  await rm(join(job.workspace, 'views'), { recursive: true, force: true })
  for (const id of ['caec_insights', 'mart_c'])
    for (const name of await viewsIn(id)) await api('DELETE', `/datasets/${id}/tables/${name}`)
  for (const [id, access] of Object.entries(atFirst)) await api('PATCH', `/datasets/${id}`, { access })
})

async function write(files: Record<string, string | undefined>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(job.workspace, 'views', name)
    await mkdir(dirname(path), { recursive: true })
    if (text === undefined) await rm(path)
    else await writeFile(path, text)
  }
}
const publish = (inputs: Record<string, string> = {}, env: Record<string, string> = {}): Promise<RunResult> =>
  runBundle('publish-views', {
    job,
    env: { ...job.env, ...env },
    with: { source: 'views', location: 'us-central1', ...inputs },
  })
async function published(
  inputs: Record<string, string> = {},
  env: Record<string, string> = {},
): Promise<RunResult> {
  const result = await publish(inputs, env)
  expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
  return result
}

describe('publish-views beside others', () => {
  it("never deletes another repository's views, and two owners share a dataset", async () => {
    await write({ 'caec_insights/team_a.sql': VISITS })
    await published({}, { GITHUB_REPOSITORY_ID: '1' })
    await write({ 'caec_insights/team_a.sql': undefined, 'caec_insights/team_b.sql': CARTS })
    const other = await published({ prune: 'true' }, { GITHUB_REPOSITORY_ID: '2' })
    expect(other.outputs).toMatchObject({ created: '1', deleted: '0' })
    expect(await viewsIn('caec_insights')).toEqual(['team_a', 'team_b'])
    expect(await authorizedOn('caec_analytics')).toEqual(['team_a', 'team_b'])
    await write({ 'caec_insights/team_a.sql': CARTS })
    const refused = await publish({ adopt: 'true' }, { GITHUB_REPOSITORY_ID: '2' })
    expect([refused.exitCode, errorOf(refused)]).toEqual([
      1,
      expect.stringMatching(/caec_insights\.team_a: belongs to owner 1-views-\w{8}[\s\S]*#foreign-view/),
    ])
  })

  it('prunes nothing of another environment whose dataset is another value of a variable', async () => {
    await write({ '${out}/by_day.sql': VISITS })
    await published({ variables: 'out=mart_c' })
    const other = await published({ variables: 'out=caec_insights', prune: 'true' })
    expect(other.outputs).toMatchObject({ created: '1', deleted: '0' })
    expect(other.summary).toContain('Nothing was pruned in datasets that no file names')
    expect([await viewsIn('mart_c'), await viewsIn('caec_insights')]).toEqual([['by_day'], ['by_day']])
  })

  it('prunes nothing of another environment whose views have another value of a variable in their names', async () => {
    await write({ 'mart_c/${env}_by_day.sql': VISITS })
    await published({ variables: 'env=prod', owner: 'prod' })
    await published({ variables: 'env=prod', owner: 'prod', prune: 'true' })
    await published({ variables: 'env=qa' })
    const dev = await published({ variables: 'env=dev', prune: 'true' })
    expect(dev.outputs).toMatchObject({ created: '1', deleted: '0' })
    expect(dev.summary).toContain('it may be of another value of it')
    expect(await viewsIn('mart_c')).toEqual(['dev_by_day', 'prod_by_day', 'qa_by_day'])
  })

  it('prunes no view that a later run published', async () => {
    const run = (id: string) => ({ GITHUB_RUN_ID: id })
    await write({ 'caec_insights/a.sql': VISITS, 'caec_insights/b.sql': VISITS })
    await published({}, run('20'))
    await rm(join(job.workspace, 'views/caec_insights/b.sql'))
    const older = await published({ prune: 'true' }, run('9'))
    expect(older.outputs).toMatchObject({ unchanged: '1', deleted: '0' })
    expect(older.summary).toContain('published by run 20, which began after this one')
    expect((await published({ prune: 'true' }, run('21'))).outputs).toMatchObject({ deleted: '1' })
  })

  it('leaves a copy of its view that carries the labels, also when pruning', async () => {
    await write({ 'caec_insights/by_day.sql': VISITS })
    await published()
    const { view, labels } = await shown('by_day')
    await byHand('my_by_day', view.query, { labels })
    expect((await published({ prune: 'true' })).outputs).toMatchObject({ unchanged: '1', deleted: '0' })
    expect(await viewsIn('caec_insights')).toEqual(['by_day', 'my_by_day'])
  })

  it('marks views of the first releases by name, and only those that have a file', async () => {
    const labels = { 'managed-by': 'clickstream-actions' }
    await byHand('mine', VISITS.replace('FROM caec', 'FROM `caec-local`.caec'), { labels })
    await byHand('someones', 'SELECT 1 AS one', { labels })
    await write({ 'caec_insights/mine.sql': VISITS })
    expect((await published({ prune: 'true' })).outputs).toMatchObject({
      adopted: '1',
      deleted: '0',
      authorized: '1',
    })
    expect(await viewsIn('caec_insights')).toEqual(['mine', 'someones'])
    expect((await published({ prune: 'true' })).outputs).toMatchObject({ unchanged: '1', adopted: '0' })
  })

  it('shows on a project full of views made by hand what it would do, and does nothing to them', async () => {
    const own = { description: 'Ask Ada.', friendlyName: 'Finance', labels: { team: 'finance' } }
    await byHand('finance', 'SELECT day, visitor FROM `caec-local.caec_analytics.carts`', own)
    await byHand('equal', 'SELECT day -- hand-made\nFROM `caec-local`.caec_analytics.carts;', {
      labels: { 'managed-by': 'terraform' },
    })
    await byHand('other', 'SELECT 1 AS one')
    await api('PATCH', '/datasets/caec_insights/tables/finance', {
      expirationTime: '4102444800000',
      schema: {
        fields: [
          { name: 'day', type: 'DATE', description: 'The day.' },
          { name: 'visitor', type: 'INTEGER' },
        ],
      },
    })
    const before = await shown('finance')
    await write({
      'caec_insights/finance.sql': 'SELECT day, visitor, 1 AS one FROM caec_analytics.carts',
      'caec_insights/equal.sql': CARTS,
      'caec_insights/fresh.sql': VISITS,
    })
    for (const inputs of [{ 'dry-run': 'true' }, {}] as Record<string, string>[]) {
      const refused = await publish(inputs)
      const isPlan = inputs['dry-run'] === 'true'
      // A first look at what is there is no failure, and says what an apply would be told.
      const said = refused.annotations.filter(({ kind }) => kind === (isPlan ? 'warning' : 'error'))
      expect([refused.exitCode, said.map(({ message }) => message).join('\n')]).toEqual([
        isPlan ? 0 : 1,
        expect.stringMatching(
          /1 of 3 is not this owner's to replace: caec_insights\.finance: was not published by this action: query changed, adds column one/,
        ),
      ])
      if (!isPlan) expect(errorOf(refused)).toContain('#unowned-view')
      expect(refused.summary).toContain('adopt 1 / change 1 / conflict 1 / leave 1')
      expect(await shown('finance')).toEqual(before)
      expect(await viewsIn('caec_insights')).toEqual(['equal', 'finance', 'other'])
    }
    expect((await published({ adopt: 'true' })).outputs).toMatchObject({
      created: '1',
      adopted: '2',
      updated: '0',
    })
    const after = await shown('finance')
    expect(after).toMatchObject({ ...own, expirationTime: '4102444800000', labels: { team: 'finance' } })
    expect(after.schema.fields).toEqual([
      expect.objectContaining({ name: 'day', description: 'The day.' }),
      expect.objectContaining({ name: 'visitor' }),
      expect.objectContaining({ name: 'one' }),
    ])
    const equal = await shown('equal')
    expect([equal.view.query, equal.labels['managed-by']]).toEqual([
      expect.stringContaining('hand-made'),
      'terraform',
    ])
    expect((await published({ prune: 'true' })).outputs).toMatchObject({
      unchanged: '3',
      deleted: '0',
      authorized: '0',
    })
    expect(await viewsIn('caec_insights')).toContain('other')
  })
})

it('counts the views below that others made, before anything is written', async () => {
  const chain = (letter: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${letter}${String(index + 1).padStart(2, '0')}`)
  const made = chain('h', 10)
  for (const [index, name] of made.entries())
    await byHand(
      name,
      `SELECT day FROM \`caec-local.${index === 0 ? 'caec_analytics.visits' : `caec_insights.${made[index - 1]}`}\``,
    )
  const files = chain('n', 7).map((name, index, all): [string, string] => [
    `caec_insights/${name}.sql`,
    `SELECT day FROM caec_insights.${all[index - 1] ?? 'h10'}`,
  ])
  await write(Object.fromEntries(files))
  const refused = await publish()
  expect([refused.exitCode, errorOf(refused)]).toEqual([
    1,
    expect.stringContaining(
      'caec_insights.n07 (views/caec_insights/n07.sql) would read views through 17 levels, and BigQuery follows 16',
    ),
  ])
  expect(await viewsIn('caec_insights')).toEqual(made)
  await write({ [files[6]![0]]: undefined })
  expect((await published()).outputs).toMatchObject({ created: '6' })
})

describe('publish-views reconciles access', () => {
  it('takes entries away with what a view no longer reads, and with the view', async () => {
    await write({
      'caec_insights/y.sql': CARTS,
      'caec_insights/z.sql': 'SELECT day FROM mart_b.only',
    })
    await byHand('theirs', 'SELECT day FROM `caec-local.mart_b.only`')
    await api('PATCH', '/datasets/mart_b', { access: [...atFirst.mart_b!, { view: insights('theirs') }] })
    await published()
    expect([await authorizedOn('caec_analytics'), await authorizedOn('mart_b')]).toEqual([
      ['y'],
      ['theirs', 'z'],
    ])
    await write({
      'caec_insights/y.sql': "SELECT DATE '2026-01-01' AS day",
      'caec_insights/z.sql': undefined,
    })
    await published({ prune: 'true' })
    expect([await authorizedOn('caec_analytics'), await authorizedOn('mart_b')]).toEqual([[], ['theirs']])
    expect((await published({ prune: 'true' })).outputs).toMatchObject({ unchanged: '1', authorized: '0' })
  })

  it('takes the entry of a view made by hand away when it adopts the view with a file that reads elsewhere', async () => {
    await byHand('v', 'SELECT day FROM `caec-local.mart_b.only`')
    await byHand('theirs', 'SELECT day FROM `caec-local.mart_b.only`')
    await api('PATCH', '/datasets/mart_b', {
      access: [...atFirst.mart_b!, { view: insights('v') }, { view: insights('theirs') }],
    })
    await write({ 'caec_insights/v.sql': CARTS })
    const result = await published({ adopt: 'true' })
    expect(result.outputs).toMatchObject({ adopted: '1', authorized: '1' })
    expect([await authorizedOn('caec_analytics'), await authorizedOn('mart_b')]).toEqual([['v'], ['theirs']])
    expect((await published()).outputs).toMatchObject({ unchanged: '1', authorized: '0' })
  })

  it('sees a dataset whose last file went', async () => {
    await write({ 'mart_c/x.sql': VISITS, 'caec_insights/y.sql': CARTS })
    await published()
    await write({ 'mart_c/x.sql': undefined })
    expect((await published({ prune: 'true' })).outputs).toMatchObject({ deleted: '1' })
    expect([await viewsIn('mart_c'), await authorizedOn('caec_analytics')]).toEqual([[], ['y']])
    await write({ 'caec_insights/y.sql': undefined })
    const empty = await publish({ prune: 'true' })
    expect([empty.exitCode, errorOf(empty)]).toEqual([
      1,
      expect.stringMatching(
        /there is no \.sql file below views[\s\S]*prunes nothing: if the last view went on purpose, drop it by hand/,
      ),
    ])
    expect([await viewsIn('caec_insights'), await authorizedOn('caec_analytics')]).toEqual([['y'], ['y']])
  })

  it('leaves an authorized dataset to cover its views, makes one on purpose, and leaves a source alone', async () => {
    const dataset = {
      dataset: { projectId: 'caec-local', datasetId: 'caec_insights' },
      targetTypes: ['VIEWS'],
    }
    await write({ 'caec_insights/y.sql': CARTS, 'caec_insights/z.sql': 'SELECT day FROM mart_b.only' })
    await published({ 'authorize-except': 'mart_b' })
    expect([await authorizedOn('caec_analytics'), await authorizedOn('mart_b')]).toEqual([['y'], []])
    expect((await published({ 'authorize-datasets': 'true' })).outputs.authorized).toBe('2')
    for (const id of ['caec_analytics', 'mart_b']) {
      expect(await accessOf(id)).toContainEqual({ dataset })
      expect(await authorizedOn(id)).toEqual([])
    }
    expect((await cloud.query('analyst', 'SELECT * FROM caec_insights.y')).status).toBe(200)
    expect((await published()).outputs.authorized).toBe('0')
    // Nothing says who made the entry of a whole dataset: it stays.
    await write({ 'caec_insights/z.sql': undefined })
    await published({ 'authorize-datasets': 'true', prune: 'true' })
    expect(await accessOf('mart_b')).toContainEqual({ dataset })
  })

  it('wants no entry where everybody may read', async () => {
    const everybody = { role: 'READER', specialGroup: 'allAuthenticatedUsers' }
    await api('PATCH', '/datasets/mart_b', { access: [...atFirst.mart_b!, everybody] })
    await write({ 'caec_insights/z.sql': 'SELECT day FROM mart_b.only' })
    expect((await published()).outputs).toMatchObject({ created: '1', authorized: '0' })
    expect(await authorizedOn('mart_b')).toEqual([])
    expect((await cloud.query('analyst', 'SELECT * FROM caec_insights.z')).status).toBe(200)
  })

  it('names authorize-except where the access list of a source is not its own to change', async () => {
    const readers = [
      { role: 'READER', userByEmail: cloud.cloud.environment.serviceAccounts['ci-deploy'] },
      { role: 'OWNER', userByEmail: cloud.cloud.environment.serviceAccounts['data-eng'] },
    ]
    const reference = { projectId: 'caec-local', datasetId: 'open_data' }
    await api('POST', '/datasets', { datasetReference: reference, location: 'us-central1', access: readers })
    await api('POST', '/datasets/open_data/tables', {
      tableReference: { ...reference, tableId: 'days' },
      schema: { fields: [{ name: 'day', type: 'DATE' }] },
    })
    await write({ 'caec_insights/y.sql': 'SELECT day FROM open_data.days' })
    const refused = await publish()
    expect([refused.exitCode, errorOf(refused)]).toEqual([
      1,
      expect.stringMatching(/datasets\.setIamPolicy[\s\S]*authorize-except/),
    ])
    const result = await published({ 'authorize-except': 'caec-local.open_data' })
    expect(result.outputs).toMatchObject({ unchanged: '1', authorized: '0' })
    const wrong = await publish({ 'authorize-except': 'a b' })
    expect(errorOf(wrong)).toContain('datasets, each DATASET or PROJECT.DATASET')
  })
})

it('says of a source that is not there, or elsewhere, where it is and what to do', async () => {
  await write({
    'caec_insights/a.sql': 'SELECT day FROM no_mart.days',
    'caec_insights/b.sql': 'SELECT day FROM no_mart.days JOIN caec_insights.a USING (day)',
    'caec_insights/c.sql': VISITS,
  })
  const missing = await publish()
  expect([missing.exitCode, errorOf(missing)]).toEqual([
    1,
    expect.stringMatching(
      /Checking the views: views\/caec_insights\/a\.sql, views\/caec_insights\/b\.sql read the dataset no_mart, which is not there \(or its project is not\): make it with Terraform or CREATE SCHEMA, or correct the name\.[\s\S]*#not-found/,
    ),
  ])
  await write({ 'caec_insights/b.sql': undefined })
  const days = { projectId: 'caec-local', datasetId: 'mart_eu', tableId: 'days' }
  const inEurope = () =>
    api('POST', '/datasets', {
      datasetReference: { projectId: 'caec-local', datasetId: 'mart_eu' },
      location: 'EU',
      access: atFirst.mart_b,
    })
  await inEurope()
  const schema = { fields: [{ name: 'day', type: 'DATE' }] }
  await api('POST', '/datasets/mart_eu/tables', { tableReference: days, schema })
  await write({ 'caec_insights/a.sql': 'SELECT day FROM mart_eu.days' })
  const elsewhere = await publish()
  expect([elsewhere.exitCode, errorOf(elsewhere)]).toEqual([
    1,
    expect.stringMatching(
      /Checking the views: views\/caec_insights\/a\.sql reads the dataset mart_eu, which is in EU, and the views are in us-central1: BigQuery reads one location at a time; make the views' dataset in EU, or copy the data\.[\s\S]*#dataset-locations/,
    ),
  ])
  expect(await viewsIn('caec_insights')).toEqual([])
  // What was checked is not asked again: a source that moved since is seen by its access list.
  await api('DELETE', '/datasets/mart_eu?deleteContents=true')
  await api('POST', '/datasets', {
    datasetReference: { projectId: 'caec-local', datasetId: 'mart_eu' },
    location: 'us-central1',
    access: atFirst.mart_b,
  })
  await api('POST', '/datasets/mart_eu/tables', { tableReference: days, schema })
  await published()
  await api('DELETE', '/datasets/mart_eu?deleteContents=true')
  await inEurope()
  const moved = await publish()
  await api('DELETE', '/datasets/mart_eu')
  expect([moved.exitCode, errorOf(moved)]).toEqual([
    1,
    expect.stringMatching(/Comparing locations: mart_eu is in EU and caec_insights in us-central1;/),
  ])
})

it('names the dataset, the project or the location that is wrong, and does not blame the SQL', async () => {
  await write({ 'caec_nowhere/by_day.sql': VISITS })
  const none = 'has none of this name (or there is no such project); make it with Terraform or CREATE SCHEMA'
  expect(errorOf(await publish())).toContain(`Reading the dataset caec_nowhere: project caec-local ${none}`)
  await rm(join(job.workspace, 'views'), { recursive: true })
  await write({ 'caec_insights/by_day.sql': VISITS })
  expect(errorOf(await publish({ location: 'EU' }))).toContain(
    'the dataset caec_insights is in us-central1, not in EU; correct the input.',
  )
  expect(errorOf(await publish({ 'project-id': 'no-such-project' }))).toContain(
    `Reading the dataset caec_insights: project no-such-project ${none}`,
  )
})
