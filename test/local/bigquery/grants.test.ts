/** GRANT, REVOKE and the policies of tables: who may read what, and where it is shown. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { asDataEngineer, openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
const { sql, refusal } = asDataEngineer(() => cloud)
let analyst = ''
beforeAll(async () => {
  cloud = await openBigQuery()
  analyst = `serviceAccount:${cloud.cloud.environment.serviceAccounts.analyst}`
  await sql("CREATE SCHEMA own OPTIONS(location = 'us-central1')")
  await sql('CREATE TABLE own.t AS SELECT 1 AS x')
  await sql('CREATE VIEW own.v AS SELECT 2 AS x')
})
afterAll(() => cloud.close())

const reads = async (name: string): Promise<number> =>
  (await cloud.query('analyst', `SELECT x FROM ${name}`)).status
const privileges = (where: string): Promise<unknown[][]> =>
  sql(
    `SELECT object_schema, object_name, object_type, privilege_type, grantee FROM \`region-us-central1\`.INFORMATION_SCHEMA.OBJECT_PRIVILEGES WHERE ${where} ORDER BY object_name, grantee`,
  )
const viewer = '`roles/bigquery.dataViewer`'

// https://cloud.google.com/bigquery/docs/reference/standard-sql/data-control-language
describe('GRANT and REVOKE', () => {
  it('give and take the right to read one table', async () => {
    expect(await reads('own.t')).toBe(403)
    await sql(`GRANT ${viewer} ON TABLE own.t TO "${analyst}", "user:raha@example.com"`)
    expect([await reads('own.t'), await reads('own.v')]).toEqual([200, 403])
    expect(await privileges("object_schema = 'own' AND grantee LIKE 'user:%'")).toEqual([
      ['own', 't', 'TABLE', 'roles/bigquery.dataViewer', 'user:raha@example.com'],
    ])
    // Replaced it is the same table; dropped and made anew it is another one.
    await sql('CREATE OR REPLACE TABLE own.t AS SELECT 2 AS x')
    expect(await reads('own.t')).toBe(200)
    await sql(`REVOKE ${viewer} ON TABLE own.t FROM "${analyst}"`)
    expect(await reads('own.t')).toBe(403)
    await sql('DROP TABLE own.t; CREATE TABLE own.t AS SELECT 1 AS x')
    expect(await privileges("object_schema = 'own'")).toEqual([])
  })

  it('write an access entry of a dataset', async () => {
    await sql(`GRANT ${viewer} ON SCHEMA own TO "${analyst}"`)
    expect([await reads('own.t'), await reads('own.v')]).toEqual([200, 200])
    expect(await privileges(`object_name = 'own' AND grantee = '${analyst}'`)).toEqual([
      [null, 'own', 'SCHEMA', 'roles/bigquery.dataViewer', analyst],
    ])
    await sql(`REVOKE ${viewer} ON SCHEMA own FROM "${analyst}"`)
    expect(await reads('own.t')).toBe(403)
    const { body } = await cloud.api('data-eng', 'GET', '/datasets/own')
    expect(body.access).toHaveLength(4)
  })

  it('say what is wrong, in a dry run as well', async () => {
    expect(await refusal('SELECT * FROM own.INFORMATION_SCHEMA.OBJECT_PRIVILEGES')).toContain('with a region')
    expect(await refusal('GRANT `roles/nothing` ON TABLE own.t TO "user:a@example.com"')).toBe(
      'Role roles/nothing is not supported for this resource.',
    )
    expect(await refusal(`GRANT ${viewer} ON TABLE own.v TO "user:a@example.com"`)).toContain('not a TABLE')
    const nobody = `serviceAccount:nobody@${cloud.project}.iam.gserviceaccount.com`
    expect(await refusal(`GRANT ${viewer} ON TABLE own.t TO "${nobody}"`)).toContain('does not exist')
    expect(await refusal(`GRANT ${viewer} ON FUNCTION own.f TO "${analyst}"`)).toContain('not supported')
    const dry = await cloud.query('analyst', `GRANT ${viewer} ON TABLE own.t TO "${analyst}"`, {
      dryRun: true,
    })
    expect(dry.body.error.message).toContain('bigquery.tables.setIamPolicy denied')
  })
})

it('the policy of a table is what GRANT wrote, guarded by its etag', async () => {
  const policy = (verb: string, body: unknown) =>
    cloud.api('data-eng', 'POST', `/datasets/own/tables/v:${verb}`, body)
  await sql(`GRANT ${viewer} ON VIEW own.v TO "${analyst}"`)
  const { body: before } = await policy('getIamPolicy', {})
  expect(before.bindings).toEqual([{ role: 'roles/bigquery.dataViewer', members: [analyst] }])
  // bq repeats the path: its document for policies names what ends the override once more.
  const asBq = await cloud.fetchAs(
    'data-eng',
    `/bigquery/v2/bigquery/v2/projects/${cloud.project}/datasets/own/tables/v:getIamPolicy`,
    { method: 'POST', body: { options: { requestedPolicyVersion: 1 } } },
  )
  expect([asBq.status, await asBq.json()]).toEqual([200, before])
  const after = await policy('setIamPolicy', { policy: { ...before, bindings: [] } })
  expect([after.status, await reads('own.v')]).toEqual([200, 403])
  expect((await policy('setIamPolicy', { policy: before })).status).toBe(409)
  const permissions = ['bigquery.tables.get', 'bigquery.tables.getData']
  expect((await policy('testIamPermissions', { permissions })).body).toEqual({ permissions })
})

// https://cloud.google.com/bigquery/docs/user-defined-aggregates#create-sql-udaf
describe('an aggregate function of SQL', () => {
  it('is the aggregates of its body over the rows of the query that calls it', async () => {
    await sql(
      'CREATE AGGREGATE FUNCTION own.scaled_sum(x FLOAT64, y FLOAT64) RETURNS FLOAT64 AS (SUM(x) / MAX(y))',
    )
    expect(
      await sql(
        'SELECT kind, own.scaled_sum(a, 2 * b) AS s, COUNT(*) FROM (SELECT 1 AS kind, 2.5 AS a, 1 AS b UNION ALL SELECT 1, 3.5, 2 UNION ALL SELECT 2, 8, 1) GROUP BY kind HAVING s > 1 ORDER BY kind',
      ),
    ).toEqual([
      ['1', '1.5', '2'],
      ['2', '4.0', '1'],
    ])
    expect((await cloud.api('data-eng', 'GET', '/datasets/own/routines/scaled_sum')).body.routineType).toBe(
      'AGGREGATE_FUNCTION',
    )
    await sql('DROP FUNCTION own.scaled_sum')
    expect(
      await sql(
        'CREATE TEMP AGGREGATE FUNCTION spread(x INT64) AS (MAX(x) - MIN(x)); SELECT spread(v) FROM UNNEST([3, 9, 4]) AS v',
      ),
    ).toEqual([['6']])
  })

  it.each([
    ['CREATE AGGREGATE FUNCTION own.f(x INT64) AS (SUM(x) + x)', 'must be inside of an aggregate function'],
    ['CREATE AGGREGATE FUNCTION own.f(x INT64, y INT64 NOT AGGREGATE) AS (SUM(x))', 'NOT AGGREGATE'],
    [
      'CREATE TEMP AGGREGATE FUNCTION f(x INT64) AS (SUM(x)); SELECT 1 FROM UNNEST([1]) AS v WHERE f(v) = 1',
      'not allowed in WHERE clause',
    ],
    [
      'CREATE TEMP AGGREGATE FUNCTION f(x INT64) AS (SUM(x)); SELECT f(SUM(v)) FROM UNNEST([1]) AS v',
      'not allowed in an argument of another aggregate function',
    ],
  ])('%s is refused', async (text, part) => {
    expect(await refusal(text)).toContain(part)
  })
})

it('SESSION_USER is who runs the query', async () => {
  expect(await sql('SELECT SESSION_USER()')).toEqual([[cloud.cloud.environment.serviceAccounts['data-eng']]])
})
