/** DML, scripts and DDL as jobs report them, and INFORMATION_SCHEMA. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openBigQuery, raw, rowsOf, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
beforeAll(async () => {
  cloud = await openBigQuery()
  await cloud.query(
    'data-eng',
    "CREATE TABLE caec_raw.t PARTITION BY d CLUSTER BY n AS SELECT DATE_ADD(DATE '2020-01-01', INTERVAL MOD(n, 3) DAY) AS d, n, CONCAT('v', CAST(n AS STRING)) AS s FROM UNNEST(GENERATE_ARRAY(0, 9)) AS n",
  )
})
afterAll(() => cloud.close())

const job = (answer: any) =>
  cloud
    .api('data-eng', 'GET', `/jobs/${answer.body.jobReference.jobId}?location=us-central1`)
    .then((found) => found.body)

describe('statements', () => {
  it('report what DML changed', async () => {
    await cloud.query('data-eng', 'CREATE TABLE caec_raw.dml AS SELECT n, s FROM caec_raw.t')
    const stats = async (sql: string) => (await cloud.query('data-eng', sql)).body.dmlStats
    expect(await stats("INSERT INTO caec_raw.dml (n, s) VALUES (100, 'a'), (101, 'b')")).toEqual({
      insertedRowCount: '2',
      updatedRowCount: '0',
      deletedRowCount: '0',
    })
    expect(await stats("UPDATE caec_raw.dml SET s = 'c' WHERE n >= 100")).toEqual({
      insertedRowCount: '0',
      updatedRowCount: '2',
      deletedRowCount: '0',
    })
    expect(await stats('DELETE FROM caec_raw.dml WHERE n = 101')).toEqual({
      insertedRowCount: '0',
      updatedRowCount: '0',
      deletedRowCount: '1',
    })
    expect(
      await stats(
        "MERGE INTO caec_raw.dml AS t USING (SELECT 100 AS n, 'm' AS s UNION ALL SELECT 200, 'new') AS x ON t.n = x.n WHEN MATCHED THEN UPDATE SET s = x.s WHEN NOT MATCHED THEN INSERT (n, s) VALUES (x.n, x.s)",
      ),
    ).toEqual({ insertedRowCount: '1', updatedRowCount: '1', deletedRowCount: '0' })
    const answer = await cloud.query('data-eng', 'DELETE FROM caec_raw.dml WHERE TRUE')
    expect(answer.body.numDmlAffectedRows).toBe('12')
    expect((await job(answer)).statistics.query).toMatchObject({
      statementType: 'DELETE',
      numDmlAffectedRows: '12',
      dmlStats: { deletedRowCount: '12' },
    })
  })

  it('keep the target of concurrent changes whole: none is lost, none conflicts', async () => {
    await cloud.query('data-eng', 'CREATE TABLE caec_raw.busy (n INT64)')
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        cloud.query('data-eng', `INSERT INTO caec_raw.busy (n) VALUES (${n})`),
      ),
    )
    expect(answers.map((answer) => answer.status)).toEqual(Array(12).fill(200))
    expect((await cloud.query('data-eng', 'SELECT COUNT(DISTINCT n) AS c FROM caec_raw.busy')).rows).toEqual([
      ['12'],
    ])
  })

  it('run scripts with variables: the incremental overwrite that dbt emits', async () => {
    await cloud.query('data-eng', 'CREATE TABLE caec_raw.io PARTITION BY d AS SELECT d, n FROM caec_raw.t')
    const answer = await cloud.query(
      'data-eng',
      `
      DECLARE days ARRAY<DATE>;
      CREATE OR REPLACE TABLE caec_raw.io_tmp AS SELECT DATE '2020-01-02' AS d, 77 AS n;
      SET (days) = (SELECT AS STRUCT ARRAY_AGG(DISTINCT DATE(d) IGNORE NULLS) FROM caec_raw.io_tmp);
      MERGE INTO caec_raw.io AS dest USING (SELECT * FROM caec_raw.io_tmp) AS src ON FALSE
        WHEN NOT MATCHED BY SOURCE AND DATE(dest.d) IN UNNEST(days) THEN DELETE
        WHEN NOT MATCHED THEN INSERT (d, n) VALUES (d, n);
      DROP TABLE IF EXISTS caec_raw.io_tmp`,
    )
    expect(answer.status).toBe(200)
    expect((await job(answer)).statistics.query.statementType).toBe('SCRIPT')
    expect(
      (
        await cloud.query(
          'data-eng',
          'SELECT d, COUNT(*) AS c, MAX(n) AS m FROM caec_raw.io GROUP BY d ORDER BY d',
        )
      ).rows,
    ).toEqual([
      ['2020-01-01', '4', '9'],
      ['2020-01-02', '1', '77'],
      ['2020-01-03', '3', '8'],
    ])
  })

  it('report DDL and its target, and skip what exists', async () => {
    const ddl = async (sql: string) => (await job(await cloud.query('data-eng', sql))).statistics.query
    expect(await ddl('CREATE TABLE IF NOT EXISTS caec_raw.t (a INT64)')).toMatchObject({
      statementType: 'CREATE_TABLE',
      ddlOperationPerformed: 'SKIP',
      ddlTargetTable: raw('t'),
    })
    expect(await ddl('CREATE OR REPLACE TABLE caec_raw.made AS SELECT 1 AS a')).toMatchObject({
      statementType: 'CREATE_TABLE_AS_SELECT',
      ddlOperationPerformed: 'CREATE',
    })
    expect(await ddl('CREATE OR REPLACE TABLE caec_raw.made AS SELECT 2 AS a')).toMatchObject({
      ddlOperationPerformed: 'REPLACE',
    })
    expect(
      await ddl("ALTER TABLE caec_raw.made SET OPTIONS (description = 'd', labels = [('k', 'v')])"),
    ).toMatchObject({
      statementType: 'ALTER_TABLE',
      ddlOperationPerformed: 'ALTER',
    })
    expect((await cloud.api('data-eng', 'GET', '/datasets/caec_raw/tables/made')).body).toMatchObject({
      description: 'd',
      labels: { k: 'v' },
    })
    expect(await ddl('DROP TABLE caec_raw.made')).toMatchObject({
      statementType: 'DROP_TABLE',
      ddlOperationPerformed: 'DROP',
    })
    expect(await ddl('DROP TABLE IF EXISTS caec_raw.made')).toMatchObject({ ddlOperationPerformed: 'SKIP' })
  })
})

describe('INFORMATION_SCHEMA', () => {
  it('shows keys, arguments of functions, and jobs to those who may see them', async () => {
    const sql = async (text: string) => {
      const { status, body, rows } = await cloud.query('data-eng', text)
      return status === 200 ? rows : body
    }
    await sql('CREATE TABLE caec_raw.keyed (a INT64, b INT64, PRIMARY KEY (a, b) NOT ENFORCED)')
    await sql(
      'CREATE TABLE caec_raw.keying (x INT64, y INT64, CONSTRAINT to_keyed FOREIGN KEY (x, y) REFERENCES caec_raw.keyed (b, a) NOT ENFORCED)',
    )
    await sql(
      'CREATE FUNCTION caec_raw.with_two(n INT64, other ANY TYPE) RETURNS STRING AS (CAST(n AS STRING))',
    )
    const of = (view: string, columns: string, more = '') =>
      sql(`SELECT ${columns} FROM caec_raw.INFORMATION_SCHEMA.${view} ${more}`)
    expect(
      await of('TABLE_CONSTRAINTS', 'constraint_name, table_name, constraint_type, enforced', 'ORDER BY 1'),
    ).toEqual([
      ['keyed.pk$', 'keyed', 'PRIMARY KEY', 'NO'],
      ['keying.to_keyed', 'keying', 'FOREIGN KEY', 'NO'],
    ])
    expect(
      await of(
        'KEY_COLUMN_USAGE',
        'constraint_name, column_name, ordinal_position, position_in_unique_constraint',
        'ORDER BY 1, 3',
      ),
    ).toEqual([
      ['keyed.pk$', 'a', '1', null],
      ['keyed.pk$', 'b', '2', null],
      ['keying.to_keyed', 'x', '1', '2'],
      ['keying.to_keyed', 'y', '2', '1'],
    ])
    expect(
      await of(
        'CONSTRAINT_COLUMN_USAGE',
        'table_name, column_name',
        "WHERE constraint_name = 'keying.to_keyed'",
      ),
    ).toEqual([
      ['keyed', 'b'],
      ['keyed', 'a'],
    ])
    expect(
      await of('PARAMETERS', 'ordinal_position, is_result, parameter_name, data_type', 'ORDER BY 1'),
    ).toEqual([
      ['0', 'YES', null, 'STRING'],
      ['1', 'NO', 'n', 'INT64'],
      ['2', 'NO', 'other', 'ANY TYPE'],
    ])
    await sql('CREATE VIEW caec_raw.over_keyed AS SELECT a FROM caec_raw.keyed')
    expect(await of('VIEWS', 'view_definition, use_standard_sql', "WHERE table_name = 'over_keyed'")).toEqual(
      [['SELECT a FROM caec_raw.keyed', 'YES']],
    )
    await sql('CREATE TABLE caec_raw.deep (r STRUCT<x INT64, q STRUCT<y DATE>>)')
    expect(
      await of('COLUMN_FIELD_PATHS', 'column_name, field_path, data_type', "WHERE table_name = 'deep'"),
    ).toEqual([
      ['r', 'r', 'STRUCT<x INT64, q STRUCT<y DATE>>'],
      ['r', 'r.x', 'INT64'],
      ['r', 'r.q', 'STRUCT<y DATE>'],
      ['r', 'r.q.y', 'DATE'],
    ])
    await sql('INSERT INTO caec_raw.keyed VALUES (1, 2), (3, NULL)')
    expect(
      await sql(
        "SELECT total_rows, total_logical_bytes, table_type, deleted FROM `region-us-central1`.INFORMATION_SCHEMA.TABLE_STORAGE WHERE table_name = 'keyed'",
      ),
    ).toEqual([['2', '24', 'BASE TABLE', 'false']])
    const jobs = (view: string) =>
      sql(
        `SELECT statement_type, state, user_email FROM \`region-us-central1\`.INFORMATION_SCHEMA.${view} WHERE query LIKE 'CREATE FUNCTION caec_raw.with_two%'`,
      )
    expect(await jobs('JOBS_BY_USER')).toEqual([
      ['CREATE_FUNCTION', 'DONE', cloud.cloud.environment.serviceAccounts['data-eng']],
    ])
    const told =
      'SELECT destination_table.table_id, ARRAY(SELECT table_id FROM UNNEST(referenced_tables)), labels, error_result.reason FROM `region-us-central1`.INFORMATION_SCHEMA.JOBS_BY_USER WHERE job_id = @id'
    const configuration = {
      query: { query: 'CREATE TABLE caec_raw.told AS SELECT a FROM caec_raw.keyed', useLegacySql: false },
      labels: { team: 'data' },
    }
    await cloud.run('data-eng', configuration, 'told_of')
    const parameter = { name: 'id', parameterType: { type: 'STRING' }, parameterValue: { value: 'told_of' } }
    const { rows } = await cloud.query('data-eng', told, { queryParameters: [parameter] })
    expect(rows).toEqual([['told', [{ v: 'keyed' }], [{ v: { f: [{ v: 'team' }, { v: 'data' }] } }], null]])
    expect(await jobs('JOBS_BY_PROJECT')).toMatchObject({
      error: { code: 403, message: expect.stringContaining('bigquery.jobs.listAll') },
    })
  })

  it('shows tables, columns, partitions and storage of a dataset, and only what the caller may see', async () => {
    expect(
      (
        await cloud.query(
          'data-eng',
          "SELECT table_name, table_type FROM caec_raw.INFORMATION_SCHEMA.TABLES WHERE table_name = 't'",
        )
      ).rows,
    ).toEqual([['t', 'BASE TABLE']])
    expect(
      (
        await cloud.query(
          'data-eng',
          "SELECT column_name, data_type, is_partitioning_column, clustering_ordinal_position FROM `caec-local`.caec_raw.INFORMATION_SCHEMA.COLUMNS WHERE table_name = 't' ORDER BY ordinal_position",
        )
      ).rows,
    ).toEqual([
      ['d', 'DATE', 'YES', null],
      ['n', 'INT64', 'NO', '1'],
      ['s', 'STRING', 'NO', null],
    ])
    expect(
      (
        await cloud.query(
          'data-eng',
          "SELECT partition_id, total_rows FROM caec_raw.INFORMATION_SCHEMA.PARTITIONS WHERE table_name = 't' ORDER BY 1",
        )
      ).rows,
    ).toEqual([
      ['20200101', '4'],
      ['20200102', '3'],
      ['20200103', '3'],
    ])
    expect(
      (
        await cloud.query(
          'data-eng',
          "SELECT row_count, size_bytes FROM caec_raw.__TABLES__ WHERE table_id = 't'",
        )
      ).rows,
    ).toEqual([['10', '200']])
    expect(
      (await cloud.query('data-eng', 'SELECT schema_name FROM INFORMATION_SCHEMA.SCHEMATA ORDER BY 1')).rows,
    ).toEqual([['caec_analytics'], ['caec_insights'], ['caec_raw']])
    expect(
      (await cloud.query('analyst', 'SELECT schema_name FROM INFORMATION_SCHEMA.SCHEMATA')).rows,
    ).toEqual([['caec_insights']])
    expect((await cloud.query('analyst', 'SELECT * FROM caec_raw.INFORMATION_SCHEMA.TABLES')).status).toBe(
      403,
    )
    expect(
      (await cloud.query('data-eng', 'SELECT * FROM caec_raw.INFORMATION_SCHEMA.VECTOR_INDEXES')).body.error
        .message,
    ).toContain('is not supported by the local BigQuery')
  })
})

describe('a script', () => {
  it('lists its statements as child jobs', async () => {
    const { body } = await cloud.query(
      'data-eng',
      'DECLARE n INT64 DEFAULT 2; CREATE OR REPLACE TABLE caec_raw.child AS SELECT n AS a; SELECT a + n AS b FROM caec_raw.child',
    )
    expect(rowsOf({ body } as never)).toEqual([['4']])
    const parent = await job({ body })
    expect(parent.statistics).toMatchObject({ numChildJobs: '2', query: { statementType: 'SCRIPT' } })
    const children = (
      await cloud.api('data-eng', 'GET', `/jobs?parentJobId=${body.jobReference.jobId}&projection=full`)
    ).body.jobs
    expect(children.map((child: any) => child.statistics.query.statementType).sort()).toEqual([
      'CREATE_TABLE_AS_SELECT',
      'SELECT',
    ])
    expect(children.every((child: any) => child.statistics.parentJobId === body.jobReference.jobId)).toBe(
      true,
    )
  })
})
