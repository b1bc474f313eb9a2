/**
 * Load jobs: every format, disposition and partition, from gs:// and from the request, and what they refuse.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { DuckDBInstance } from '@duckdb/node-api'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBigQuery, raw, rowsOf, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
let folder: string
beforeAll(async () => {
  cloud = await openBigQuery()
  folder = await mkdtemp(join(tmpdir(), 'parquet '))
})
afterAll(async () => {
  await cloud.close()
  await rm(folder, { recursive: true, force: true })
})

const fields = [
  { name: 'd', type: 'DATE' },
  { name: 'n', type: 'INT64' },
  { name: 's', type: 'STRING' },
]
const table = (tableId: string) => `/datasets/caec_raw/tables/${tableId}`
const data = async (tableId: string, query = '') =>
  rowsOf(await cloud.api('data-eng', 'GET', `${table(tableId)}/data${query}`))
const put = (name: string, content: Buffer | string) =>
  cloud.fetchAs(
    'data-eng',
    `/upload/storage/v1/b/caec-local-lake/o?uploadType=media&name=${encodeURIComponent(name)}`,
    {
      method: 'POST',
      body: content,
    },
  )

async function parquet(sql: string): Promise<Buffer> {
  const file = join(folder, `${Math.random()}.parquet`)
  const connection = await (await DuckDBInstance.create()).connect()
  await connection.run("SET TimeZone = 'UTC'")
  await connection.run(`COPY (${sql}) TO '${file}' (FORMAT parquet)`)
  connection.disconnectSync()
  return readFile(file)
}

describe('CSV loads', () => {
  it('create the table from the schema given and read every type', async () => {
    const schema = {
      fields: [
        ...fields,
        { name: 'ts', type: 'TIMESTAMP' },
        { name: 'f', type: 'FLOAT64' },
        { name: 'b', type: 'BOOL' },
        { name: 'x', type: 'NUMERIC' },
        { name: 'dt', type: 'DATETIME' },
        { name: 't', type: 'TIME' },
        { name: 'y', type: 'BYTES' },
      ],
    }
    const csv =
      'd,n,s,ts,f,b,x,dt,t,y\n2020-01-01,1,"a ""q"", b",2020-01-01 00:00:00.5 UTC,1.5,true,1.10,2020-01-01T10:00:00,01:02:03.5,aGk=\n2020-01-02,,,2020-01-02T01:00:00+01:00,1e20,no,,,,\n'
    const job = await cloud.upload(
      'data-eng',
      { destinationTable: raw('typed'), schema, skipLeadingRows: 1 },
      csv,
    )
    expect(job.status).toEqual({ state: 'DONE' })
    expect(job.statistics.load).toMatchObject({
      outputRows: '2',
      inputFiles: '1',
      inputFileBytes: String(csv.length),
      badRecords: '0',
    })
    expect(await data('typed', '?formatOptions.useInt64Timestamp=true')).toEqual([
      [
        '2020-01-01',
        '1',
        'a "q", b',
        '1577836800500000',
        '1.5',
        'true',
        '1.1',
        '2020-01-01T10:00:00',
        '01:02:03.500',
        'aGk=',
      ],
      ['2020-01-02', null, null, '1577923200000000', '1.0E20', 'false', null, null, null, null],
    ])
    expect((await data('typed'))[0]![3]).toBe('1.5778368005E9')
    expect((await data('typed', '?formatOptions.timestampOutputFormat=ISO8601_STRING'))[0]![3]).toBe(
      '2020-01-01T00:00:00.500Z',
    )
  })

  it('say what is wrong with a file in words of BigQuery, and nothing of where it lies', async () => {
    const said = async (content: string, more = {}) =>
      (
        await cloud.upload(
          'data-eng',
          { destinationTable: raw('words'), schema: { fields }, ...more },
          content,
        )
      ).status.errorResult.message
    const json = { sourceFormat: 'NEWLINE_DELIMITED_JSON' }
    expect(await said('2020-01-01,1,a,b\n')).toBe(
      'Error while reading data, error message: Too many values in line. (line 1)',
    )
    expect(await said('2020-01-01,1,a\n2020-01-01\n')).toBe(
      'Error while reading data, error message: CSV table references column position 1, but line contains only 1 columns. (line 2)',
    )
    expect(await said('2020-01-01,1,"a\n')).toContain('Missing close quote character')
    expect(await said('{"d": ', json)).toContain('JSON parsing error')
    expect(await said('no parquet', { sourceFormat: 'PARQUET', schema: undefined })).toBe(
      'Error while reading data, error message: Input file is not in Parquet format.',
    )
  })

  it('append by default, replace with WRITE_TRUNCATE, refuse with WRITE_EMPTY', async () => {
    const load = (writeDisposition?: string) =>
      cloud.upload(
        'data-eng',
        {
          destinationTable: raw('ways'),
          schema: { fields },
          ...(writeDisposition ? { writeDisposition } : {}),
        },
        '2020-01-01,1,a\n',
      )
    await load()
    await load()
    expect(await data('ways')).toHaveLength(2)
    expect((await load('WRITE_EMPTY')).status.errorResult).toMatchObject({
      reason: 'duplicate',
      message: 'Already Exists: Table caec-local:caec_raw.ways',
    })
    await load('WRITE_TRUNCATE')
    expect(await data('ways')).toHaveLength(1)
  })

  it('refuse what does not parse, by value, type and field, and change nothing', async () => {
    await cloud.upload(
      'data-eng',
      { destinationTable: raw('strict'), schema: { fields } },
      '2020-01-01,1,a\n',
    )
    for (const [row, what] of [
      ['2020-01-01,1.5,a', "'1.5' as INT64 for field n (position 1)"],
      ['2020-02-30,1,a', "'2020-02-30' as DATE for field d (position 0)"],
      ['01.02.2020,1,a', "'01.02.2020' as DATE"],
    ] as const) {
      const { status } = await cloud.upload(
        'data-eng',
        { destinationTable: raw('strict'), schema: { fields } },
        `2020-01-01,2,b\n${row}\n`,
      )
      expect(status.errorResult.reason).toBe('invalid')
      expect(status.errorResult.message).toContain(what)
    }
    expect(
      (
        await cloud.upload(
          'data-eng',
          { destinationTable: raw('strict'), schema: { fields } },
          '2020-01-01,2\n',
        )
      ).status.errorResult.reason,
    ).toBe('invalid')
    expect(await data('strict')).toEqual([['2020-01-01', '1', 'a']])
  })

  it('replace one partition and leave the others, refuse rows of another day', async () => {
    await cloud.api('data-eng', 'POST', '/datasets/caec_raw/tables', {
      tableReference: raw('days'),
      schema: { fields },
      timePartitioning: { type: 'DAY', field: 'd' },
    })
    await cloud.upload(
      'data-eng',
      { destinationTable: raw('days') },
      '2020-01-01,1,a\n2020-01-02,2,b\n2020-01-02,3,c\n',
    )
    const job = await cloud.upload(
      'data-eng',
      { destinationTable: raw('days$20200102'), writeDisposition: 'WRITE_TRUNCATE' },
      '2020-01-02,9,z\n',
    )
    expect(job.status).toEqual({ state: 'DONE' })
    expect(await data('days')).toEqual([
      ['2020-01-01', '1', 'a'],
      ['2020-01-02', '9', 'z'],
    ])
    const wrong = await cloud.upload(
      'data-eng',
      { destinationTable: raw('days$20200102'), writeDisposition: 'WRITE_TRUNCATE' },
      '2020-01-03,9,z\n',
    )
    expect(wrong.status.errorResult.message).toBe(
      'Some rows belong to different partitions rather than destination partition 20200102',
    )
    const id = await cloud.upload('data-eng', { destinationTable: raw('days$202001') }, '2020-01-02,9,z\n')
    expect(id.status.errorResult.reason).toBe('invalid')
    expect(await data('days')).toHaveLength(2)
  })

  it('read gzip by its first bytes and a resumable upload in chunks', async () => {
    await cloud.upload(
      'data-eng',
      { destinationTable: raw('zipped'), schema: { fields } },
      gzipSync('2020-01-01,1,a\n'),
    )
    expect(await data('zipped')).toEqual([['2020-01-01', '1', 'a']])
    const content = '2020-01-01,1,a\n2020-01-02,2,b\n'
    const start = await cloud.fetchAs(
      'data-eng',
      '/upload/bigquery/v2/projects/caec-local/jobs?uploadType=resumable',
      {
        method: 'POST',
        body: { configuration: { load: { destinationTable: raw('chunked'), schema: { fields } } } },
      },
    )
    const session = start.headers.get('location')!
    const first = await cloud.fetchAs('data-eng', session, {
      method: 'PUT',
      body: content.slice(0, 20),
      headers: { 'content-range': `bytes 0-19/${content.length}` },
    })
    expect([first.status, first.headers.get('range')]).toEqual([308, 'bytes=0-19'])
    expect(
      (
        await cloud.fetchAs('analyst', session, {
          method: 'PUT',
          body: 'x',
          headers: { 'content-range': `bytes 20-20/${content.length}` },
        })
      ).status,
    ).toBe(404)
    const last = await cloud.fetchAs('data-eng', session, {
      method: 'PUT',
      body: content.slice(20),
      headers: { 'content-range': `bytes 20-${content.length - 1}/${content.length}` },
    })
    await cloud.finished('data-eng', await last.json())
    expect(await data('chunked')).toHaveLength(2)
  })
})

describe('loads from gs://', () => {
  it('read Parquet by its own schema: instants are TIMESTAMP, wall times DATETIME', async () => {
    await put(
      'p/a.parquet',
      await parquet(
        "SELECT DATE '2020-01-01' AS d, 1::BIGINT AS n, 'a' AS s, TIMESTAMPTZ '2020-01-01 00:00:00+00' AS ts, TIMESTAMP '2020-01-01 01:00:00' AS dt, 1.5::DECIMAL(10,2) AS x, [1, 2] AS l, {'k': 1} AS r",
      ),
    )
    const job = await cloud.run('data-eng', {
      load: {
        sourceUris: ['gs://caec-local-lake/p/*.parquet'],
        sourceFormat: 'PARQUET',
        destinationTable: raw('parquet'),
        parquetOptions: { enableListInference: true },
      },
    })
    expect(job.status).toEqual({ state: 'DONE' })
    const { body } = await cloud.api('data-eng', 'GET', table('parquet'))
    expect(body.schema.fields.map((f: any) => `${f.name} ${f.type} ${f.mode}`)).toEqual([
      'd DATE NULLABLE',
      'n INTEGER NULLABLE',
      's STRING NULLABLE',
      'ts TIMESTAMP NULLABLE',
      'dt DATETIME NULLABLE',
      'x NUMERIC NULLABLE',
      'l INTEGER REPEATED',
      'r RECORD NULLABLE',
    ])
    expect(await data('parquet', '?formatOptions.useInt64Timestamp=true')).toEqual([
      [
        '2020-01-01',
        '1',
        'a',
        '1577836800000000',
        '2020-01-01T01:00:00',
        '1.5',
        [{ v: '1' }, { v: '2' }],
        { f: [{ v: '1' }] },
      ],
    ])
  })

  it('take partition keys from the path and overwrite one day from its folder', async () => {
    for (const day of ['2020-01-01', '2020-01-02'])
      await put(
        `h/event_date=${day}/part-0.parquet`,
        await parquet(`SELECT 'a' AS s, ${day.slice(-1)}::BIGINT AS n`),
      )
    const load = (uri: string, target: string, more = {}) =>
      cloud.run('data-eng', {
        load: {
          sourceUris: [uri],
          sourceFormat: 'PARQUET',
          destinationTable: raw(target),
          hivePartitioningOptions: { mode: 'AUTO', sourceUriPrefix: 'gs://caec-local-lake/h/' },
          timePartitioning: { type: 'DAY', field: 'event_date' },
          writeDisposition: 'WRITE_TRUNCATE',
          ...more,
        },
      })
    expect((await load('gs://caec-local-lake/h/*', 'hive')).status).toEqual({ state: 'DONE' })
    await put('h/event_date=2020-01-02/part-0.parquet', await parquet("SELECT 'b' AS s, 7::BIGINT AS n"))
    expect((await load('gs://caec-local-lake/h/event_date=2020-01-02/*', 'hive$20200102')).status).toEqual({
      state: 'DONE',
    })
    expect((await data('hive')).sort()).toEqual([
      ['a', '1', '2020-01-01'],
      ['b', '7', '2020-01-02'],
    ])
  })

  it('read NDJSON with nested and repeated fields and refuse unknown ones', async () => {
    const schema = {
      fields: [
        { name: 'n', type: 'INT64' },
        { name: 'tags', type: 'STRING', mode: 'REPEATED' },
        { name: 'r', type: 'RECORD', fields: [{ name: 'k', type: 'TIMESTAMP' }] },
      ],
    }
    await put('j.json', '{"n": 1, "tags": ["a","b"], "r": {"k": "2020-01-01 00:00:00"}}\n{"n": "2"}\n')
    const load = {
      sourceUris: ['gs://caec-local-lake/j.json'],
      sourceFormat: 'NEWLINE_DELIMITED_JSON',
      destinationTable: raw('json'),
      schema,
    }
    expect((await cloud.run('data-eng', { load })).status).toEqual({ state: 'DONE' })
    expect(await data('json', '?formatOptions.useInt64Timestamp=true')).toEqual([
      ['1', [{ v: 'a' }, { v: 'b' }], { f: [{ v: '1577836800000000' }] }],
      ['2', [], null],
    ])
    await put('j.json', '{"n": 1, "more": 1}\n')
    expect((await cloud.run('data-eng', { load })).status.errorResult.message).toContain(
      'No such field: more',
    )
  })

  it('keep JSON as a value of it: members in order, the first of equal keys', async () => {
    const inner = [{ name: 'j', type: 'JSON' }]
    const fields = [
      { name: 'j', type: 'JSON' },
      { name: 'r', type: 'RECORD', fields: inner },
      { name: 'l', type: 'RECORD', mode: 'REPEATED', fields: inner },
    ]
    await put('v.json', '{"j":{"b":1,"a":2,"b":3},"r":{"j":{"z":1, "y":2}},"l":[{"j":{"d":1,"c":[2,1]}}]}\n')
    await put('v.csv', '"{ ""b"": 1.50, ""a"": [] }"\n')
    const load = (file: string, sourceFormat: string, schema: object[]) =>
      cloud.run('data-eng', {
        load: {
          sourceUris: [`gs://caec-local-lake/${file}`],
          sourceFormat,
          destinationTable: raw(file.replace('.', '_')),
          schema: { fields: schema },
        },
      })
    expect((await load('v.json', 'NEWLINE_DELIMITED_JSON', fields)).status).toEqual({ state: 'DONE' })
    expect((await load('v.csv', 'CSV', inner)).status).toEqual({ state: 'DONE' })
    expect(await data('v_json')).toEqual([
      ['{"a":2,"b":1}', { f: [{ v: '{"y":2,"z":1}' }] }, [{ v: { f: [{ v: '{"c":[2,1],"d":1}' }] } }]],
    ])
    expect(await data('v_csv')).toEqual([['{"a":[],"b":1.5}']])
  })

  it('LOAD DATA overwrites one partition from a folder through the same code', async () => {
    await cloud.query(
      'data-eng',
      'CREATE TABLE caec_raw.sql_days (s STRING, n INT64, event_date DATE) PARTITION BY event_date',
    )
    for (const day of ['2020-02-01', '2020-02-02'])
      await put(
        `l/event_date=${day}/part-0.parquet`,
        await parquet(`SELECT 'a' AS s, ${day.slice(-1)}::BIGINT AS n`),
      )
    const statement = (
      day: string,
    ) => `LOAD DATA INTO caec_raw.sql_days OVERWRITE PARTITIONS (event_date = DATE '${day}')
      FROM FILES (format = 'PARQUET', uris = ['gs://caec-local-lake/l/event_date=${day}/*.parquet'], hive_partition_uri_prefix = 'gs://caec-local-lake/l') WITH PARTITION COLUMNS (event_date DATE)`
    for (const day of ['2020-02-01', '2020-02-02', '2020-02-02']) {
      const answer = await cloud.query('data-eng', statement(day))
      expect(answer.body.error?.message).toBeUndefined()
    }
    expect(
      (await cloud.query('data-eng', 'SELECT s, n, event_date FROM caec_raw.sql_days ORDER BY n')).rows,
    ).toEqual([
      ['a', '1', '2020-02-01'],
      ['a', '2', '2020-02-02'],
    ])
  })

  it("need the caller's own right on the objects and on the table", async () => {
    await put('secret.csv', '2020-01-01,1,a\n')
    const load = {
      sourceUris: ['gs://caec-local-lake/secret.csv'],
      destinationTable: raw('denied'),
      schema: { fields },
    }
    expect((await cloud.run('analyst', { load })).status.errorResult.reason).toBe('forbidden')
    expect(
      (
        await cloud.run('dbt', {
          load: { ...load, destinationTable: { ...raw('x'), datasetId: 'caec_insights' } },
        })
      ).status.errorResult,
    ).toMatchObject({
      reason: 'accessDenied',
    })
    expect(
      (await cloud.run('data-eng', { load: { ...load, sourceUris: ['gs://caec-local-lake/nothing.csv'] } }))
        .status.errorResult,
    ).toMatchObject({
      reason: 'notFound',
      message: 'Not found: URI gs://caec-local-lake/nothing.csv',
    })
    expect(
      (await cloud.run('data-eng', { load: { ...load, sourceUris: ['/etc/passwd'] } })).status.errorResult
        .reason,
    ).toBe('invalid')
  })

  it('refuse options that would change the result and are not done', async () => {
    const answer = await cloud.api('data-eng', 'POST', '/jobs', {
      configuration: { load: { sourceUris: ['gs://b/x'], destinationTable: raw('x'), sourceFormat: 'AVRO' } },
    })
    expect(answer.body.error).toMatchObject({
      code: 501,
      message: 'The source format AVRO is not supported by the local BigQuery.',
    })
    expect(
      (
        await cloud.api('data-eng', 'POST', '/jobs', {
          configuration: { load: { sourceUris: ['gs://b/x'], destinationTable: raw('x'), maxBadRecords: 3 } },
        })
      ).status,
    ).toBe(501)
  })
})
