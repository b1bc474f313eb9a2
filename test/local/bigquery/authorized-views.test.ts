/** Authorized views: who sees what through a view, link by link, and what ends the right. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { analytics, insights, openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
beforeAll(async () => {
  cloud = await openBigQuery()
  await cloud.query(
    'data-eng',
    'CREATE TABLE caec_analytics.secret AS SELECT n, n * 10 AS salary FROM UNNEST([1, 2, 3]) AS n',
  )
})
afterAll(() => cloud.close())

const view = (tableId: string, query: string, more = {}) =>
  cloud.api('ci-deploy', 'POST', '/datasets/caec_insights/tables', {
    tableReference: insights(tableId),
    view: { query, useLegacySql: false },
    ...more,
  })
const read = async (sql: string) => {
  const answer = await cloud.query('analyst', sql)
  return answer.status === 200 ? answer.rows : answer.body.error.message
}
const access = async () => (await cloud.api('ci-deploy', 'GET', '/datasets/caec_analytics')).body
const authorize = async (...entries: unknown[]) => {
  const { access: before, etag } = await access()
  const kept = before.filter((entry: any) => !entry.view && !entry.dataset)
  const { status } = await cloud.api(
    'ci-deploy',
    'PATCH',
    '/datasets/caec_analytics?updateMode=UPDATE_ACL',
    { access: [...kept, ...entries] },
    { 'if-match': etag },
  )
  expect(status).toBe(200)
}
const denied = (table: string) =>
  `Access Denied: Table caec-local:${table}: User does not have permission to query table caec-local:${table}, or perhaps it does not exist.`

describe('a view', () => {
  it('shows its reader nothing of a source that does not authorize it', async () => {
    expect(
      (
        await view('open', 'SELECT n FROM `caec-local.caec_analytics.secret`', {
          schema: { fields: [{ name: 'n', type: 'INT64', description: 'the number' }] },
        })
      ).body,
    ).toMatchObject({
      type: 'VIEW',
      view: { useLegacySql: false },
      schema: { fields: [{ name: 'n', type: 'INTEGER', description: 'the number' }] },
    })
    expect(await read('SELECT COUNT(*) AS c FROM caec_insights.open')).toBe(denied('caec_analytics.secret'))
  })

  it('shows its rows once the source authorizes it, and still not the source', async () => {
    await authorize({ view: insights('open') })
    expect(await read('SELECT n FROM caec_insights.open ORDER BY n')).toEqual([['1'], ['2'], ['3']])
    expect(await read('SELECT salary FROM caec_analytics.secret')).toBe(denied('caec_analytics.secret'))
    expect(
      await read('SELECT n FROM caec_insights.open WHERE n IN (SELECT n FROM caec_analytics.secret)'),
    ).toBe(denied('caec_analytics.secret'))
  })

  it('does not lend its right to a view that stands on it', async () => {
    await view(
      'outer',
      'SELECT o.n, s.salary FROM `caec-local.caec_insights.open` AS o JOIN `caec-local.caec_analytics.secret` AS s ON o.n = s.n',
    )
    expect(await read('SELECT * FROM caec_insights.outer')).toBe(denied('caec_analytics.secret'))
    await view('chain', 'SELECT n + 1 AS n FROM `caec-local.caec_insights.open`')
    expect(await read('SELECT n FROM caec_insights.chain ORDER BY n')).toEqual([['2'], ['3'], ['4']])
  })

  it('in a chain of private views needs every link', async () => {
    await cloud.query(
      'data-eng',
      'CREATE VIEW caec_analytics.middle AS SELECT n FROM `caec-local.caec_analytics.secret`',
    )
    await view('linked', 'SELECT n FROM `caec-local.caec_analytics.middle`')
    await authorize({ view: insights('open') })
    expect(await read('SELECT n FROM caec_insights.linked')).toBe(denied('caec_analytics.middle'))
    await authorize({ view: insights('open') }, { view: insights('linked') })
    expect(await read('SELECT n FROM caec_insights.linked')).toBe(denied('caec_analytics.secret'))
    await authorize({ view: insights('open') }, { view: insights('linked') }, { view: analytics('middle') })
    expect(await read('SELECT COUNT(*) AS c FROM caec_insights.linked')).toEqual([['3']])
  })

  it('may be covered by its dataset', async () => {
    await authorize({
      dataset: { dataset: { projectId: 'caec-local', datasetId: 'caec_insights' }, targetTypes: ['VIEWS'] },
    })
    expect(await read('SELECT COUNT(*) AS c FROM caec_insights.outer')).toEqual([['3']])
    await authorize({ view: insights('open') })
    expect(await read('SELECT COUNT(*) AS c FROM caec_insights.outer')).toBe(denied('caec_analytics.secret'))
  })

  it('can only be written by someone who may query what it reads', async () => {
    const made = await cloud.api('ci-plan', 'POST', '/datasets/caec_insights/tables', {
      tableReference: insights('x'),
      view: { query: 'SELECT 1 AS a', useLegacySql: false },
    })
    expect(made.body.error.message).toContain('bigquery.tables.create')
    expect((await view('x', 'SELECT * FROM `caec-local.caec_raw.t`')).body.error.message).toBe(
      denied('caec_raw.t'),
    )
    expect((await view('x', 'SELECT 1 AS a; SELECT 2 AS b')).status).toBe(400)
    expect(
      (await view('x', 'SELECT 1 AS a', { schema: { fields: [{ name: 'b', type: 'INT64' }] } })).body.error
        .message,
    ).toContain('does not match the columns of its query')
  })

  it('keeps its authorization when its query changes, but only under datasets.update of the source', async () => {
    await authorize({ view: insights('open') })
    const replaced = await cloud.query(
      'ci-deploy',
      'CREATE OR REPLACE VIEW caec_insights.open AS SELECT n * 2 AS n FROM `caec-local.caec_analytics.secret`',
    )
    expect(replaced.status).toBe(200)
    expect(await read('SELECT n FROM caec_insights.open ORDER BY n')).toEqual([['2'], ['4'], ['6']])
    // dbt may write this dataset and read the source, but has no datasets.update on the source.
    await cloud.api('data-eng', 'POST', '/datasets', {
      datasetReference: { datasetId: 'published' },
      access: [
        { role: 'OWNER', userByEmail: 'caec-data-eng@caec-local.iam.gserviceaccount.com' },
        { role: 'WRITER', userByEmail: 'caec-dbt@caec-local.iam.gserviceaccount.com' },
      ],
    })
    const write = (column: string) =>
      cloud.query(
        'dbt',
        `CREATE OR REPLACE VIEW published.v AS SELECT ${column} AS n FROM \`caec-local.caec_analytics.secret\``,
      )
    expect((await write('n')).status).toBe(200)
    await authorize(
      { view: insights('open') },
      { view: { projectId: 'caec-local', datasetId: 'published', tableId: 'v' } },
    )
    const refusal =
      'Access Denied: Dataset caec-local:caec_analytics: Permission bigquery.datasets.update denied on dataset caec-local:caec_analytics (or it may not exist).'
    expect((await write('salary')).body.error).toMatchObject({ code: 403, message: refusal })
    const patched = await cloud.api('dbt', 'PATCH', '/datasets/published/tables/v', {
      view: { query: 'SELECT salary AS n FROM `caec-local.caec_analytics.secret`', useLegacySql: false },
    })
    expect(patched.body.error).toMatchObject({ code: 403, message: refusal })
    expect((await cloud.query('data-eng', 'SELECT MAX(n) AS n FROM published.v')).rows).toEqual([['3']])
    // A whole dataset that is authorized is one for each view in it, also for one that is still to come.
    await authorize({
      dataset: { dataset: { projectId: 'caec-local', datasetId: 'published' }, targetTypes: ['VIEWS'] },
    })
    expect((await write('salary')).body.error).toMatchObject({ code: 403, message: refusal })
    const made = await cloud.query('dbt', 'CREATE VIEW published.w AS SELECT 1 AS n')
    expect(made.body.error).toMatchObject({ code: 403, message: refusal })
    const inserted = await cloud.api('dbt', 'POST', '/datasets/published/tables', {
      tableReference: { projectId: 'caec-local', datasetId: 'published', tableId: 'w' },
      view: { query: 'SELECT 1 AS n', useLegacySql: false },
    })
    expect(inserted.body.error).toMatchObject({ code: 403, message: refusal })
  })

  it('loses its authorization when it is deleted: one made anew under its name is another view', async () => {
    await authorize({ view: insights('open') })
    await cloud.api('ci-deploy', 'DELETE', '/datasets/caec_insights/tables/open')
    expect((await access()).access).toContainEqual({ view: insights('open') })
    await view('open', 'SELECT salary AS n FROM `caec-local.caec_analytics.secret`')
    expect(await read('SELECT n FROM caec_insights.open')).toBe(denied('caec_analytics.secret'))
    await authorize({ view: insights('open') })
    expect(await read('SELECT MAX(n) AS n FROM caec_insights.open')).toEqual([['30']])
  })
})
