/**
 * Query jobs: results, bytes, errors, destinations, parameters, cancelling, and no way out of the sandbox.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Persona } from '../../support/cloud.ts'
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

describe('queries', () => {
  it('answer schema, rows and bytes, and leave an anonymous table that only their caller can read for a day', async () => {
    const answer = await cloud.query('data-eng', 'SELECT n, s FROM caec_raw.t ORDER BY n DESC', {
      maxResults: 4,
    })
    expect(answer.rows).toEqual([
      ['9', 'v9'],
      ['8', 'v8'],
      ['7', 'v7'],
      ['6', 'v6'],
    ])
    expect(answer.body).toMatchObject({
      jobComplete: true,
      totalRows: '10',
      cacheHit: false,
      totalBytesProcessed: String(10 * 8 + 10 * 4),
      schema: {
        fields: [
          { name: 'n', type: 'INTEGER', mode: 'NULLABLE' },
          { name: 's', type: 'STRING', mode: 'NULLABLE' },
        ],
      },
    })
    const { configuration, statistics } = await job(answer)
    expect(statistics.query).toMatchObject({
      statementType: 'SELECT',
      cacheHit: false,
      totalBytesBilled: '10485760',
      referencedTables: [raw('t')],
    })
    const { datasetId, tableId } = configuration.query.destinationTable
    const table = await cloud.api('data-eng', 'GET', `/datasets/${datasetId}/tables/${tableId}`)
    expect(Number(table.body.expirationTime) - Number(table.body.creationTime)).toBe(86_400_000)
    expect(
      rowsOf(await cloud.api('data-eng', 'GET', `/datasets/${datasetId}/tables/${tableId}/data`)),
    ).toHaveLength(10)
    expect((await cloud.api('dbt', 'GET', `/datasets/${datasetId}/tables/${tableId}/data`)).status).toBe(403)
    expect(
      (await cloud.api('data-eng', 'GET', '/datasets?all=true')).body.datasets.some(
        (d: any) => d.datasetReference.datasetId === datasetId,
      ),
    ).toBe(false)
  })

  it('page getQueryResults by token, give only the count for maxResults=0, and timestamps as asked', async () => {
    const first = await cloud.query(
      'data-eng',
      "SELECT n, TIMESTAMP '2020-01-01 00:00:00.5' AS ts FROM caec_raw.t ORDER BY n",
      { maxResults: 3 },
    )
    const path = `/queries/${first.body.jobReference.jobId}?location=us-central1`
    const count = (await cloud.api('data-eng', 'GET', `${path}&maxResults=0`)).body
    expect([count.totalRows, count.rows]).toEqual(['10', undefined])
    const next = await cloud.api(
      'data-eng',
      'GET',
      `${path}&pageToken=${first.body.pageToken}&formatOptions.useInt64Timestamp=true`,
    )
    expect(rowsOf(next).map((row) => row[0])).toEqual(['3', '4', '5', '6', '7', '8', '9'])
    expect(rowsOf(next)[0]![1]).toBe('1577836800500000')
    expect(first.rows[0]![1]).toBe('1.5778368005E9')
    expect(next.body.pageToken).toBeUndefined()
  })

  it('count bytes of the columns and partitions they read, in a dry run as well', async () => {
    const dry = async (query: string) =>
      (
        await cloud.api('data-eng', 'POST', '/jobs', {
          configuration: { dryRun: true, query: { query, useLegacySql: false } },
        })
      ).body
    const one = await dry("SELECT s FROM caec_raw.t WHERE d = '2020-01-02'")
    // n = 1, 4, 7: 3 dates of 8 and 3 strings of 2 + 2
    expect(one.statistics).toMatchObject({
      totalBytesProcessed: '36',
      query: {
        statementType: 'SELECT',
        schema: { fields: [{ name: 's', type: 'STRING' }] },
        referencedTables: [raw('t')],
      },
    })
    expect(one.status).toEqual({ state: 'DONE' })
    expect(one.jobReference.jobId).toBeUndefined()
    expect((await dry('SELECT COUNT(*) AS c FROM caec_raw.t')).statistics.totalBytesProcessed).toBe('0')
    expect(
      (await dry('SELECT a.s FROM caec_raw.t AS a JOIN caec_raw.t AS b ON a.n = b.n')).statistics
        .totalBytesProcessed,
    ).toBe('120')
    expect((await dry('DELETE FROM caec_raw.t WHERE n = 1')).statistics).not.toHaveProperty(
      'totalBytesProcessed',
    )
    expect((await dry('SELECT * FROM caec_raw.missing')).error).toMatchObject({ code: 404 })
    expect(await dry('CREATE TABLE caec_raw.dry AS SELECT 1 AS a')).toMatchObject({
      statistics: { query: { ddlTargetTable: raw('dry'), schema: { fields: [{ name: 'a' }] } } },
    })
    expect((await cloud.api('data-eng', 'GET', '/datasets/caec_raw/tables/dry')).status).toBe(404)
  })

  it('ask in a dry run of CREATE for what the statement itself would need', async () => {
    const dry = async (persona: Persona, query: string) =>
      (
        await cloud.api(persona, 'POST', '/jobs', {
          configuration: { dryRun: true, query: { query, useLegacySql: false } },
          jobReference: { projectId: 'caec-local', location: 'us-central1' },
        })
      ).body
    expect(await dry('data-eng', 'CREATE TABLE caec_raw.dry (n INT64)')).toMatchObject({
      statistics: { query: { statementType: 'CREATE_TABLE', ddlTargetTable: raw('dry') } },
    })
    expect((await dry('data-eng', 'CREATE TABLE caec_raw.t (n INT64)')).error).toMatchObject({
      code: 409,
      errors: [{ reason: 'duplicate' }],
      message: expect.stringContaining('Already Exists: Table caec-local:caec_raw.t'),
    })
    expect(
      (await dry('data-eng', 'CREATE TABLE IF NOT EXISTS caec_raw.t (other STRING)')).error,
    ).toBeUndefined()
    expect((await dry('data-eng', 'CREATE TABLE caec_raw.dry (n FLOAT64) CLUSTER BY n')).error).toMatchObject(
      { code: 400, message: expect.stringContaining('cannot be used for clustering') },
    )
    expect((await dry('data-eng', 'CREATE TABLE caec_missing.dry (n INT64)')).error).toMatchObject({
      code: 404,
    })
    expect((await dry('ci-plan', 'CREATE TABLE caec_raw.dry (n INT64)')).error).toMatchObject({
      code: 403,
      message: expect.stringContaining('bigquery.tables.create'),
    })
    expect((await dry('ci-plan', 'CREATE VIEW caec_insights.dry AS SELECT 1 AS n')).error).toMatchObject({
      code: 403,
      message: expect.stringContaining('bigquery.tables.create'),
    })
    expect((await cloud.api('data-eng', 'GET', '/datasets/caec_raw/tables/dry')).status).toBe(404)
  })

  it('stop before they start when they would bill more than allowed', async () => {
    const { body } = await cloud.query('data-eng', 'SELECT n FROM caec_raw.t', {
      maximumBytesBilled: '1000000',
    })
    expect(body.error).toMatchObject({
      code: 400,
      message: 'Query exceeded limit for bytes billed: 1000000. 10485760 or higher required.',
      errors: [{ reason: 'bytesBilledLimitExceeded' }],
    })
  })

  it('refuse to scan a table that requires a partition filter', async () => {
    await cloud.query(
      'data-eng',
      'CREATE TABLE caec_raw.strict (d DATE, n INT64) PARTITION BY d OPTIONS (require_partition_filter = TRUE)',
    )
    expect((await cloud.query('data-eng', 'SELECT n FROM caec_raw.strict')).body.error.message).toBe(
      "Cannot query over table 'caec-local.caec_raw.strict' without a filter over column(s) 'd' that can be used for partition elimination",
    )
    expect(
      (await cloud.query('data-eng', "SELECT n FROM caec_raw.strict WHERE d >= '2020-01-01'")).status,
    ).toBe(200)
  })

  it('prune a table of days by the day of its TIMESTAMP, in every form, also through WITH and joins', async () => {
    await cloud.query(
      'data-eng',
      `CREATE TABLE caec_raw.daily (ts TIMESTAMP, n INT64) PARTITION BY DATE(ts) OPTIONS (require_partition_filter = TRUE) AS
       SELECT TIMESTAMP_ADD(TIMESTAMP '2026-01-01 10:00:00', INTERVAL n DAY), n FROM UNNEST(GENERATE_ARRAY(0, 3)) AS n`,
    )
    const bytesOf = async (query: string) => {
      const { body } = await cloud.api('data-eng', 'POST', '/jobs', {
        configuration: { dryRun: true, query: { query, useLegacySql: false } },
      })
      return body.statistics?.totalBytesProcessed ?? body.error.message
    }
    const day = 16 // a TIMESTAMP and an INT64
    const source = 'WITH source AS (SELECT * FROM caec_raw.daily)'
    for (const [query, days] of [
      ["SELECT n FROM caec_raw.daily WHERE DATE(ts) = '2026-01-02'", 1],
      ["SELECT n FROM caec_raw.daily WHERE DATE(ts) BETWEEN '2026-01-01' AND '2026-01-02'", 2],
      ["SELECT n FROM caec_raw.daily WHERE TIMESTAMP_TRUNC(ts, DAY) = TIMESTAMP '2026-01-02'", 1],
      ["SELECT n FROM caec_raw.daily WHERE CAST(ts AS DATE) = '2026-01-02'", 1],
      [`${source} SELECT n FROM source WHERE DATE(ts) = '2026-01-02'`, 1],
      [
        `${source}, named AS (SELECT ts AS seen, n FROM source) SELECT n FROM named WHERE DATE(seen) > '2026-01-02'`,
        2,
      ],
      [
        `${source} SELECT n FROM source WHERE DATE(ts) = '2026-01-02' UNION ALL SELECT n FROM source WHERE DATE(ts) = '2026-01-04'`,
        2,
      ],
      [
        "SELECT d.n FROM caec_raw.daily AS d LEFT JOIN (SELECT 1 AS n) USING (n) WHERE DATE(d.ts) = '2026-01-02'",
        1,
      ],
      [
        "SELECT s.n FROM (SELECT 1 AS n) AS s LEFT JOIN caec_raw.daily AS d ON d.n = s.n AND DATE(ts) = '2026-01-02'",
        1,
      ],
    ] as const)
      expect([query, await bytesOf(query)]).toEqual([query, String(days * day)])
    for (const query of [
      `${source} SELECT n FROM source WHERE DATE(ts) = '2026-01-02' UNION ALL SELECT n FROM source`,
      'WITH few AS (SELECT * FROM caec_raw.daily LIMIT 1) SELECT n FROM few WHERE DATE(ts) = "2026-01-02"',
      "SELECT d.n FROM caec_raw.daily AS d LEFT JOIN (SELECT 1 AS n) AS s ON s.n = d.n AND DATE(ts) = '2026-01-02'",
      'SELECT s.n FROM (SELECT 1 AS n) AS s LEFT JOIN caec_raw.daily AS d ON d.n = s.n WHERE d.ts IS NULL',
    ])
      expect([query, await bytesOf(query)]).toEqual([query, expect.stringContaining('without a filter over')])
  })

  it('say what a statement raises as it was written, whatever it looks like', async () => {
    for (const text of [
      'upload failed to sync',
      'No space left on device',
      'bad value gs://b/incoming/a.csv in row',
      'IO Error: database has been invalidated',
      'x\n\nLINE 1: y',
    ])
      expect([
        (
          await cloud.query('data-eng', 'SELECT ERROR(@text)', {
            parameterMode: 'NAMED',
            queryParameters: [
              { name: 'text', parameterType: { type: 'STRING' }, parameterValue: { value: text } },
            ],
          })
        ).body.error,
      ]).toEqual([expect.objectContaining({ code: 400, message: text })])
    const failed = await cloud.query(
      'data-eng',
      "SELECT CAST(x AS INT64) FROM UNNEST(['failed to write']) AS x",
    )
    expect(failed.body.error).toMatchObject({ code: 400, message: 'Bad int64 value: failed to write' })
  })

  it('report errors by reason with the status that belongs to it, in the job and in its results', async () => {
    const failed = async (sql: string) => {
      const done = await cloud.run('data-eng', { query: { query: sql, useLegacySql: false } })
      const results = await cloud.api(
        'data-eng',
        'GET',
        `/queries/${done.jobReference.jobId}?location=us-central1`,
      )
      return [done.status.errorResult.reason, results.status, results.body.error.errors[0].reason]
    }
    expect(await failed('SELEC 1')).toEqual(['invalidQuery', 400, 'invalidQuery'])
    expect(await failed('SELECT * FROM caec_raw.missing')).toEqual(['notFound', 404, 'notFound'])
    expect(await failed('SELECT * FROM nowhere.t')).toEqual(['notFound', 404, 'notFound'])
    expect(await failed('CREATE TABLE caec_raw.t (a INT64)')).toEqual(['duplicate', 409, 'duplicate'])
    expect(await failed('SELECT 1 AS a, 2 AS a')).toEqual(['invalidQuery', 400, 'invalidQuery'])
    expect(await failed("SELECT CAST('x' AS INT64)")).toEqual(['invalidQuery', 400, 'invalidQuery'])
  })

  it('write a destination table under its dispositions', async () => {
    const into = (sql: string, more = {}) =>
      cloud.run('data-eng', {
        query: { query: sql, useLegacySql: false, destinationTable: raw('into'), ...more },
      })
    expect((await into('SELECT 1 AS a')).configuration.query.destinationTable).toEqual(raw('into'))
    expect((await into('SELECT 2 AS a')).status.errorResult.reason).toBe('duplicate')
    await into('SELECT 2 AS a', { writeDisposition: 'WRITE_APPEND' })
    expect((await cloud.query('data-eng', 'SELECT a FROM caec_raw.into ORDER BY a')).rows).toEqual([
      ['1'],
      ['2'],
    ])
    expect(
      (await into("SELECT 'x' AS a", { writeDisposition: 'WRITE_APPEND' })).status.errorResult.message,
    ).toContain('Field a has changed type from INTEGER to STRING')
    await into("SELECT 'x' AS b", { writeDisposition: 'WRITE_TRUNCATE' })
    expect((await cloud.query('data-eng', 'SELECT * FROM caec_raw.into')).rows).toEqual([['x']])
    expect(
      (
        await cloud.run('data-eng', {
          query: {
            query: 'SELECT 1 AS a',
            useLegacySql: false,
            destinationTable: raw('never'),
            createDisposition: 'CREATE_NEVER',
          },
        })
      ).status.errorResult.reason,
    ).toBe('notFound')
  })

  it('refuse to replace a table under another partitioning, as BigQuery does', async () => {
    const { body } = await cloud.query('data-eng', 'CREATE OR REPLACE TABLE caec_raw.t AS SELECT 1 AS a')
    expect(body.error.message).toContain(
      'Cannot replace a table with a different partitioning spec. Instead, DROP the table, and then recreate it.',
    )
    expect((await cloud.query('data-eng', 'SELECT COUNT(*) AS c FROM caec_raw.t')).rows).toEqual([['10']])
  })

  it('take named and positional parameters of every shape, and values that try to break out', async () => {
    const named = await cloud.query('data-eng', 'SELECT @n + 1 AS n, @s AS s, @l AS l, @ts AS ts, @j AS j', {
      parameterMode: 'NAMED',
      formatOptions: { useInt64Timestamp: true },
      queryParameters: [
        { name: 'n', parameterType: { type: 'INT64' }, parameterValue: { value: '41' } },
        { name: 's', parameterType: { type: 'STRING' }, parameterValue: { value: "'); DROP TABLE x; --" } },
        {
          name: 'l',
          parameterType: { type: 'ARRAY', arrayType: { type: 'INT64' } },
          parameterValue: { arrayValues: [{ value: '1' }, { value: '2' }] },
        },
        {
          name: 'ts',
          parameterType: { type: 'TIMESTAMP' },
          parameterValue: { value: '2020-01-01 01:00:00+01:00' },
        },
        { name: 'j', parameterType: { type: 'JSON' }, parameterValue: { value: '{"b": 1, "a": "\'"}' } },
      ],
    })
    expect(named.rows).toEqual([
      ['42', "'); DROP TABLE x; --", [{ v: '1' }, { v: '2' }], '1577836800000000', '{"a":"\'","b":1}'],
    ])
    const positional = await cloud.query('data-eng', 'SELECT ? AS a, ? AS b', {
      parameterMode: 'POSITIONAL',
      queryParameters: [
        { parameterType: { type: 'DATE' }, parameterValue: { value: '2020-01-01' } },
        { parameterType: { type: 'FLOAT64' }, parameterValue: {} },
      ],
    })
    expect(positional.rows).toEqual([['2020-01-01', null]])
    for (const [type, value] of [
      ['INT64', '1; DROP'],
      ['JSON', '{"a":1,}'],
    ])
      expect(
        (
          await cloud.query('data-eng', 'SELECT @n AS n', {
            queryParameters: [{ name: 'n', parameterType: { type }, parameterValue: { value } }],
          })
        ).status,
      ).toBe(400)
  })

  it('answer an INTERVAL in its canonical form, and store none', async () => {
    const sql =
      "SELECT INTERVAL '10:20:30.52' HOUR TO SECOND AS a, INTERVAL '-1-2 3 -4:5:6.000007' YEAR TO SECOND AS b, [DATE '2021-05-20' - DATE '2020-04-19'] AS c, STRUCT(INTERVAL 14 MONTH AS m) AS d, JUSTIFY_HOURS(INTERVAL -12345 MINUTE) AS e"
    const { rows, body } = await cloud.query('data-eng', sql)
    expect(rows).toEqual([
      [
        '0-0 0 10:20:30.520',
        '-1-2 3 -4:5:6.000007',
        [{ v: '0-0 396 0:0:0' }],
        { f: [{ v: '1-2 0 0:0:0' }] },
        '0-0 -8 -13:45:0',
      ],
    ])
    expect(body.schema.fields.map(({ type }: { type: string }) => type)).toEqual([
      ...['INTERVAL', 'INTERVAL', 'INTERVAL', 'RECORD', 'INTERVAL'],
    ])
    const stored = await cloud.query('data-eng', `CREATE TABLE caec_raw.intervals AS ${sql}`)
    expect(stored.body.error.message).toContain('A column of type INTERVAL (a) is not supported')
    expect((await cloud.query('data-eng', `CREATE VIEW caec_raw.intervals AS ${sql}`)).status).toBe(200)
    const viewed = await cloud.query(
      'data-eng',
      'SELECT a, EXTRACT(HOUR FROM b) AS h FROM caec_raw.intervals',
    )
    expect(viewed.rows).toEqual([['0-0 0 10:20:30.520', '-4']])
  })

  it('never read a file of this machine, by any way of writing it', async () => {
    for (const sql of [
      "SELECT * FROM read_csv('/etc/passwd')",
      'SELECT * FROM `/etc/passwd`',
      "SELECT read_text('/etc/passwd')",
      "COPY (SELECT 1) TO '/tmp/x'",
      "ATTACH '/tmp/x.db'",
      'INSTALL httpfs',
      'SELECT * FROM data.t1',
      'SELECT * FROM control.ledger',
      'PRAGMA database_list',
    ]) {
      const { status, body } = await cloud.query('data-eng', sql)
      expect({ sql, isRefused: status >= 400 && status < 500 }).toEqual({ sql, isRefused: true })
      expect(JSON.stringify(body)).not.toContain('root:')
    }
  })

  it('can be cancelled and timed out, and others run meanwhile', async () => {
    const slow =
      'SELECT COUNT(*) AS c FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS a, UNNEST(GENERATE_ARRAY(1, 100000)) AS b WHERE MOD(a * b, 7) = 3'
    const started = await cloud.query('data-eng', slow, { timeoutMs: 50 })
    expect(started.body.jobComplete).toBe(false)
    expect((await cloud.query('data-eng', 'SELECT 1 AS a')).rows).toEqual([['1']])
    const path = `/jobs/${started.body.jobReference.jobId}`
    await cloud.api('data-eng', 'POST', `${path}/cancel?location=us-central1`)
    const done = await cloud.finished('data-eng', started.body)
    expect(done.status.errorResult).toEqual({
      reason: 'stopped',
      message: 'Job execution was cancelled: User requested cancellation',
    })
    const late = await cloud.run('data-eng', {
      jobTimeoutMs: '100',
      query: { query: slow, useLegacySql: false },
    })
    expect(late.status.errorResult.reason).toBe('stopped')
  })

  it('read tables whose names begin alike through a prefix, with the rest of the name as _TABLE_SUFFIX', async () => {
    for (const sql of [
      "CREATE TABLE caec_raw.ev_20260101 AS SELECT 1 AS id, 'a' AS name",
      "CREATE TABLE caec_raw.ev_20260102 AS SELECT 2 AS id, 'b' AS name, 0.5 AS score",
    ])
      expect((await cloud.query('data-eng', sql)).status).toBe(200)
    const rows = async (sql: string) => (await cloud.query('data-eng', sql)).rows
    // The newest table says the columns; what an older one lacks is NULL.
    expect(await rows('SELECT *, _TABLE_SUFFIX AS day FROM `caec_raw.ev_*` ORDER BY id')).toEqual([
      ['1', 'a', null, '20260101'],
      ['2', 'b', '0.5', '20260102'],
    ])
    expect(
      await rows(
        "SELECT t.id FROM caec_raw.`ev_*` AS t WHERE _TABLE_SUFFIX BETWEEN '20260102' AND '20260131'",
      ),
    ).toEqual([['2']])
    expect((await cloud.query('data-eng', 'SELECT * FROM `caec_raw.nosuch_*`')).status).toBe(404)
    expect((await cloud.query('dbt', 'SELECT * FROM `caec_raw.ev_*`')).status).toBe(
      (await cloud.query('dbt', 'SELECT * FROM caec_raw.ev_20260101')).status,
    )
  })

  it('compute NUMERIC as BigQuery does and say an overflow in its words', async () => {
    const answer = await cloud.query(
      'data-eng',
      "SELECT NUMERIC '1' / 3, ROUND(NUMERIC '2.345', 2), 1 / NUMERIC '4'",
    )
    expect(answer.rows).toEqual([['0.333333333', '2.35', '0.25']])
    const failed = await cloud.query('data-eng', 'SELECT 9223372036854775807 + 1')
    expect(failed.body.error.message).toBe('int64 overflow: 9223372036854775807 + 1')
    const own = await cloud.query('data-eng', "SELECT ERROR('bad value /home/x in row')")
    expect(own.body.error.message).toBe('bad value /home/x in row')
  })

  it('take a table as it is for one that did not change since, and every row for a sample of 100 percent', async () => {
    const count = async (more: string) => cloud.query('data-eng', `SELECT COUNT(*) FROM caec_raw.t ${more}`)
    expect((await count('AS x FOR SYSTEM_TIME AS OF CURRENT_TIMESTAMP()')).rows).toEqual([['10']])
    expect((await count('TABLESAMPLE SYSTEM (100 PERCENT) WHERE n > 4')).rows).toEqual([['5']])
    for (const [more, message] of [
      [
        "FOR SYSTEM_TIME AS OF TIMESTAMP '2020-01-01'",
        'before the last change of the table is not supported',
      ],
      ['FOR SYSTEM_TIME AS OF TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 DAY)', 'is in the future'],
      ['TABLESAMPLE SYSTEM (101 PERCENT)', 'between 0 and 100'],
    ] as const)
      expect((await count(more)).body.error.message).toContain(message)
    // Whatever the rows are: nothing is answered about another time.
    await cloud.query('data-eng', 'CREATE TABLE caec_raw.emptied (x INT64)')
    const answer = await cloud.query(
      'data-eng',
      "CREATE TABLE caec_raw.copied AS SELECT * FROM caec_raw.emptied FOR SYSTEM_TIME AS OF '2020-01-01'",
    )
    expect(answer.body.error.message).toContain('is not supported')
    expect(
      (
        await cloud.query(
          'data-eng',
          'WITH a AS (SELECT 1 AS x) SELECT * FROM a TABLESAMPLE SYSTEM (100 PERCENT)',
        )
      ).body.error.message,
    ).toContain('for tables only')
  })
})
