/** Objects beside plain tables and views: materialized views, derived tables, functions, datasets' options. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
beforeAll(async () => {
  cloud = await openBigQuery()
  await sql(
    "CREATE TABLE caec_raw.base (id INT64 NOT NULL, day DATE, PRIMARY KEY (id) NOT ENFORCED) PARTITION BY day CLUSTER BY id OPTIONS (description = 'the base')",
  )
  await sql("INSERT INTO caec_raw.base VALUES (1, '2020-01-01'), (2, '2020-01-01'), (3, '2020-01-02')")
})
afterAll(() => cloud.close())

async function sql(
  text: string,
  as: Parameters<BigQueryCloud['query']>[0] = 'data-eng',
): Promise<unknown[][]> {
  const { status, body, rows } = await cloud.query(as, text)
  if (status !== 200) throw new Error(body.error.message)
  return rows
}
const refusal = async (
  text: string,
  as: Parameters<BigQueryCloud['query']>[0] = 'data-eng',
): Promise<string> => {
  const { status, body } = await cloud.query(as, text)
  expect([text, status]).not.toEqual([text, 200])
  return body.error.message
}
const dataset = '/datasets/caec_raw'
const get = async (path: string) => (await cloud.api('data-eng', 'GET', `${dataset}${path}`)).body
const table = (name: string) => get(`/tables/${name}`)

describe('materialized views', () => {
  it('are read as views, keep their options and are listed as what they are', async () => {
    await sql(
      'CREATE MATERIALIZED VIEW caec_raw.daily PARTITION BY day CLUSTER BY n OPTIONS (enable_refresh = FALSE, refresh_interval_minutes = 60, max_staleness = INTERVAL "4:0:0" HOUR TO SECOND, description = "per day") AS SELECT day, COUNT(*) AS n FROM caec_raw.base GROUP BY day',
    )
    expect(await table('daily')).toMatchObject({
      type: 'MATERIALIZED_VIEW',
      description: 'per day',
      maxStaleness: '0-0 0 4:0:0',
      materializedView: { enableRefresh: false, refreshIntervalMs: '3600000' },
      timePartitioning: { type: 'DAY', field: 'day' },
      clustering: { fields: ['n'] },
    })
    expect((await table('daily')).view).toBeUndefined()
    expect(await sql('SELECT n FROM caec_raw.daily ORDER BY n')).toEqual([['1'], ['2']])
    await sql('ALTER MATERIALIZED VIEW caec_raw.daily SET OPTIONS (enable_refresh = TRUE)')
    expect((await table('daily')).materializedView).toMatchObject({
      enableRefresh: true,
      refreshIntervalMs: '3600000',
    })
    expect(
      await sql("SELECT table_type FROM caec_raw.INFORMATION_SCHEMA.TABLES WHERE table_name = 'daily'"),
    ).toEqual([['MATERIALIZED VIEW']])
    expect(await refusal('DROP VIEW caec_raw.daily')).toContain('has type MATERIALIZED_VIEW')
    expect(await refusal('CREATE OR REPLACE VIEW caec_raw.daily AS SELECT 1 AS x')).toContain(
      'currently a MATERIALIZED_VIEW',
    )
    expect(
      await refusal('CREATE MATERIALIZED VIEW caec_raw.sorted AS SELECT id FROM caec_raw.base ORDER BY id'),
    ).toContain('ORDER BY')
    await sql('DROP MATERIALIZED VIEW caec_raw.daily')
  })

  it('come through tables.insert; their query cannot change', async () => {
    const body = {
      tableReference: { projectId: cloud.project, datasetId: 'caec_raw', tableId: 'rest' },
      materializedView: {
        query: 'SELECT day, COUNT(*) AS n FROM caec_raw.base GROUP BY day',
        refreshIntervalMs: '120000',
      },
    }
    const made = await cloud.api('data-eng', 'POST', `${dataset}/tables`, body)
    expect(made.body).toMatchObject({
      type: 'MATERIALIZED_VIEW',
      materializedView: { enableRefresh: true, refreshIntervalMs: '120000' },
    })
    const patch = (materializedView: unknown) =>
      cloud.api('data-eng', 'PATCH', `${dataset}/tables/rest`, { materializedView })
    expect((await patch({ query: 'SELECT 1 AS day, 2 AS n' })).status).toBe(400)
    expect(
      (await patch({ ...body.materializedView, enableRefresh: false })).body.materializedView.enableRefresh,
    ).toBe(false)
  })
})

describe('tables made after another', () => {
  it('LIKE has its shape, COPY and CLONE its rows, a snapshot stays', async () => {
    await sql('CREATE TABLE caec_raw.alike LIKE caec_raw.base')
    await sql("CREATE TABLE caec_raw.copied COPY caec_raw.base OPTIONS (description = 'a copy')")
    await sql('CREATE TABLE caec_raw.cloned CLONE caec_raw.base')
    await sql(
      'CREATE SNAPSHOT TABLE caec_raw.kept CLONE caec_raw.base OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 DAY))',
    )
    await sql("INSERT INTO caec_raw.base VALUES (4, '2020-01-03')")
    const counts = ['alike', 'copied', 'cloned', 'kept', 'base'].map(
      (name) => `SELECT '${name}' AS t, COUNT(*) AS n FROM caec_raw.${name}`,
    )
    expect(await sql(`${counts.join(' UNION ALL ')} ORDER BY t`)).toEqual([
      ['alike', '0'],
      ['base', '4'],
      ['cloned', '3'],
      ['copied', '3'],
      ['kept', '3'],
    ])
    expect(await table('alike')).toMatchObject({
      description: 'the base',
      timePartitioning: { field: 'day' },
      clustering: { fields: ['id'] },
    })
    expect(await table('copied')).toMatchObject({
      description: 'a copy',
      type: 'TABLE',
      tableConstraints: { primaryKey: { columns: ['id'] } },
    })
    const base = { projectId: cloud.project, datasetId: 'caec_raw', tableId: 'base' }
    expect(await table('cloned')).toMatchObject({
      type: 'TABLE',
      cloneDefinition: { baseTableReference: base },
    })
    expect(await table('kept')).toMatchObject({
      type: 'SNAPSHOT',
      snapshotDefinition: { baseTableReference: base },
    })
    expect(await refusal('DELETE FROM caec_raw.kept WHERE TRUE')).toContain('Cannot modify snapshot')
    expect(await refusal('DROP TABLE caec_raw.kept')).toContain('has type SNAPSHOT')
    await sql('DROP SNAPSHOT TABLE caec_raw.kept')
  })
})

describe('functions', () => {
  it('of a script are inlined, with their arguments coerced once', async () => {
    expect(
      await sql(
        `CREATE TEMP FUNCTION half(x FLOAT64) AS (x / 2);
         CREATE TEMP FUNCTION quarter(x FLOAT64) RETURNS FLOAT64 AS (half(half(x)));
         CREATE TEMPORARY FUNCTION pick(items ARRAY<INT64>, least INT64) AS ((SELECT SUM(i) FROM UNNEST(items) AS i WHERE i >= least));
         CREATE TEMP FUNCTION same(x ANY TYPE) AS (x);
         SELECT quarter(id), pick([id, 2, 3], 2), same('a'), same(id) FROM caec_raw.base WHERE id < 3 ORDER BY id`,
      ),
    ).toEqual([
      ['0.25', '5', 'a', '1'],
      ['0.5', '7', 'a', '2'],
    ])
    expect(await refusal('CREATE TEMP FUNCTION f(x INT64) AS (x + y); SELECT f(1)')).toContain(
      'Unrecognized name: y',
    )
    expect(await refusal("CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f('a')")).toContain(
      'Argument x of f',
    )
    expect(await refusal('CREATE TEMP FUNCTION f(x INT64) AS (x); SELECT f(1, 2)')).toContain(
      'Number of arguments',
    )
    expect(
      await refusal('CREATE TEMP FUNCTION f(x INT64) RETURNS INT64 LANGUAGE js AS "return x"; SELECT f(1)'),
    ).toContain('A JavaScript function is not supported')
  })

  it('of a dataset are kept, listed, called from views and dropped', async () => {
    await sql(
      "CREATE FUNCTION caec_raw.twice(x INT64) RETURNS INT64 AS (x * 2) OPTIONS (description = 'doubles')",
    )
    expect(await get('/routines/twice')).toMatchObject({
      routineType: 'SCALAR_FUNCTION',
      language: 'SQL',
      arguments: [{ name: 'x', dataType: { typeKind: 'INT64' } }],
      returnType: { typeKind: 'INT64' },
      definitionBody: 'x * 2',
      description: 'doubles',
    })
    await sql(
      'CREATE VIEW caec_raw.doubled AS SELECT caec_raw.twice(id) AS n FROM caec_raw.base WHERE id = 3',
    )
    expect(await sql('SELECT n FROM caec_raw.doubled')).toEqual([['6']])
    expect(
      await sql(`SELECT \`${cloud.project}.caec_raw.twice\`(4), \`${cloud.project}\`.caec_raw.twice(5)`),
    ).toEqual([['8', '10']])
    expect(await refusal('CREATE FUNCTION caec_raw.twice(x INT64) AS (x)')).toContain(
      'Already Exists: Routine',
    )
    await sql('CREATE OR REPLACE FUNCTION caec_raw.twice(x INT64) AS (x * 20)')
    expect(await sql('SELECT n FROM caec_raw.doubled')).toEqual([['60']])
    expect(
      await sql('SELECT routine_name, routine_definition FROM caec_raw.INFORMATION_SCHEMA.ROUTINES'),
    ).toEqual([['twice', 'x * 20']])
    await sql('DROP FUNCTION caec_raw.twice')
    expect(await refusal('SELECT caec_raw.twice(1)')).toContain('Function not found: caec_raw.twice')
    await sql('DROP FUNCTION IF EXISTS caec_raw.twice')
  })

  it('of tables take arguments and give rows', async () => {
    await sql(
      'CREATE TABLE FUNCTION caec_raw.of_day(wanted DATE) AS SELECT id FROM caec_raw.base WHERE day = wanted',
    )
    expect(
      await sql("SELECT COUNT(*) FROM caec_raw.of_day(DATE '2020-01-01') AS o JOIN caec_raw.base USING (id)"),
    ).toEqual([['2']])
    expect((await get('/routines/of_day')).routineType).toBe('TABLE_VALUED_FUNCTION')
    await sql('DROP TABLE FUNCTION caec_raw.of_day')
  })

  it('have REST methods, and JavaScript is refused by name', async () => {
    const reference = { projectId: cloud.project, datasetId: 'caec_raw', routineId: 'plus' }
    const body = {
      routineReference: reference,
      routineType: 'SCALAR_FUNCTION',
      language: 'SQL',
      arguments: [{ name: 'x', dataType: { typeKind: 'INT64' } }],
      definitionBody: 'x + 1',
    }
    const made = await cloud.api('data-eng', 'POST', `${dataset}/routines`, body)
    expect([made.status, made.body.routineReference]).toEqual([200, reference])
    expect((await cloud.api('data-eng', 'POST', `${dataset}/routines`, body)).status).toBe(409)
    expect(
      (await cloud.api('data-eng', 'POST', `${dataset}/routines`, { ...body, language: 'JAVASCRIPT' }))
        .status,
    ).toBe(501)
    expect(
      (await cloud.api('data-eng', 'PUT', `${dataset}/routines/plus`, { ...body, definitionBody: 'x + y' }))
        .status,
    ).toBe(400)
    const put = await cloud.api(
      'data-eng',
      'PUT',
      `${dataset}/routines/plus`,
      { ...body, definitionBody: 'x + 2' },
      { 'if-match': made.body.etag },
    )
    expect(put.body.definitionBody).toBe('x + 2')
    expect(
      (await cloud.api('data-eng', 'PUT', `${dataset}/routines/plus`, body, { 'if-match': made.body.etag }))
        .status,
    ).toBe(412)
    expect((await get('/routines')).routines).toHaveLength(1)
    expect(await sql('SELECT caec_raw.plus(1)')).toEqual([['3']])
    expect((await cloud.api('data-eng', 'DELETE', `${dataset}/routines/plus`)).status).toBe(204)
    expect((await cloud.api('data-eng', 'GET', `${dataset}/routines/plus`)).status).toBe(404)
  })
})

describe('authorized functions', () => {
  it('read what their dataset was given, until they are made anew', async () => {
    await sql('CREATE TABLE caec_analytics.sized AS SELECT x FROM UNNEST([1, 2, 3, 4]) AS x', 'dbt')
    await sql(
      'CREATE FUNCTION caec_insights.size() AS ((SELECT COUNT(*) FROM caec_analytics.sized))',
      'ci-deploy',
    )
    expect(await refusal('SELECT caec_insights.size()', 'analyst')).toContain('Access Denied')
    const { body } = await cloud.api('ci-deploy', 'GET', '/datasets/caec_analytics')
    const routine = { projectId: cloud.project, datasetId: 'caec_insights', routineId: 'size' }
    const grant = () =>
      cloud.api('ci-deploy', 'PATCH', '/datasets/caec_analytics?updateMode=UPDATE_ACL', {
        access: [...body.access, { routine }],
      })
    expect((await grant()).status).toBe(200)
    expect(await sql('SELECT caec_insights.size()', 'analyst')).toEqual([['4']])
    await sql('DROP FUNCTION caec_insights.size', 'ci-deploy')
    await sql(
      'CREATE FUNCTION caec_insights.size() AS ((SELECT COUNT(*) FROM caec_analytics.sized))',
      'ci-deploy',
    )
    expect(await refusal('SELECT caec_insights.size()', 'analyst')).toContain('Access Denied')
  })
})

describe('schemas', () => {
  it('have options that ALTER SCHEMA changes', async () => {
    await sql(
      "CREATE SCHEMA made OPTIONS (description = 'one', labels = [('a', 'b')], default_table_expiration_days = 2)",
    )
    await sql("ALTER SCHEMA made SET OPTIONS (description = 'two', labels = [('c', 'd')])")
    const { body } = await cloud.api('data-eng', 'GET', '/datasets/made')
    expect(body).toMatchObject({
      description: 'two',
      labels: { c: 'd' },
      defaultTableExpirationMs: '172800000',
    })
    await sql('DROP SCHEMA made')
  })
})
