/** Rows that leave BigQuery as files: EXPORT DATA and extract jobs, what they write and what they refuse. */
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { Persona } from '../../support/cloud.ts'
import { openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
const LAKE = 'gs://caec-local-lake'
beforeAll(async () => {
  cloud = await openBigQuery()
  await cloud.query(
    'data-eng',
    `CREATE TABLE caec_raw.carts AS
     SELECT 1 AS id, 'a "b", c' AS note, TIMESTAMP '2026-01-02 03:04:05.5+00' AS seen, 0.5 AS share, TRUE AS paid, b'ab' AS code
     UNION ALL SELECT 2, '', NULL, 3.0, FALSE, NULL`,
  )
})
afterAll(() => cloud.close())

const sql = (text: string, persona: Persona = 'data-eng') => cloud.query(persona, text)
async function object(name: string): Promise<Buffer | undefined> {
  const answer = await cloud.fetchAs(
    'data-eng',
    `/storage/v1/b/caec-local-lake/o/${encodeURIComponent(name)}?alt=media`,
  )
  return answer.status === 200 ? Buffer.from(await answer.arrayBuffer()) : undefined
}
const text = async (name: string): Promise<string | undefined> => (await object(name))?.toString()
const exporting = (options: string, query = 'SELECT * FROM caec_raw.carts ORDER BY id') =>
  `EXPORT DATA OPTIONS (${options}) AS ${query}`
const refusal = async (statement: string, persona: Persona = 'data-eng') => {
  const { status, body } = await sql(statement, persona)
  return [status, body.error?.message]
}

describe('EXPORT DATA', () => {
  it('writes CSV: a header if asked for, quotes where needed, nothing for NULL and "" for an empty text', async () => {
    expect(
      (await sql(exporting(`uri = '${LAKE}/csv/carts-*.csv', format = 'CSV', header = true`))).status,
    ).toBe(200)
    expect(await text('csv/carts-000000000000.csv')).toBe(
      'id,note,seen,share,paid,code\n' +
        '1,"a ""b"", c",2026-01-02 03:04:05.500 UTC,0.5,true,YWI=\n' +
        '2,"",,3.0,false,\n',
    )
    await sql(
      exporting(
        `uri = '${LAKE}/tabs/*.csv', format = 'CSV', field_delimiter = '\\t'`,
        'SELECT id, paid FROM caec_raw.carts ORDER BY id DESC',
      ),
    )
    expect(await text('tabs/000000000000.csv')).toBe('2\tfalse\n1\ttrue\n')
  })

  it('writes JSON lines: INT64 as text, NULLs left out, nested rows, signs of markup escaped', async () => {
    await sql(
      exporting(
        `uri = '${LAKE}/json/*.json.gz', format = 'json', compression = 'GZIP'`,
        `SELECT 7 AS id, '<a&b>' AS note, CAST(NULL AS STRING) AS gone, [1, 2] AS list, CAST([] AS ARRAY<STRING>) AS none,
           STRUCT(DATE '2026-01-02' AS day, [STRUCT(0.25 AS share)] AS parts) AS cart, CAST('inf' AS FLOAT64) AS endless`,
      ),
    )
    const line = gunzipSync((await object('json/000000000000.json.gz'))!).toString()
    expect(line).toContain('"note":"\\u003ca\\u0026b\\u003e"')
    expect(line.endsWith('}\n')).toBe(true)
    expect(JSON.parse(line)).toEqual({
      id: '7',
      note: '<a&b>',
      list: ['1', '2'],
      none: [],
      cart: { day: '2026-01-02', parts: [{ share: 0.25 }] },
      endless: 'Infinity',
    })
  })

  it('writes Parquet that LOAD DATA reads back to the same rows', async () => {
    await sql(exporting(`uri = '${LAKE}/parquet/*.parquet', format = 'PARQUET', compression = 'SNAPPY'`))
    await sql(
      `LOAD DATA INTO caec_raw.carts_back FROM FILES (format = 'PARQUET', uris = ['${LAKE}/parquet/*.parquet'])`,
    )
    const [there, back] = await Promise.all(
      ['carts', 'carts_back'].map(
        async (name) => (await sql(`SELECT * FROM caec_raw.${name} ORDER BY id`)).rows,
      ),
    )
    expect(there).toHaveLength(2)
    expect(back).toEqual(there)
  })

  it('says how many rows and files it wrote, and which statement it was', async () => {
    const job = await cloud.run('data-eng', {
      query: {
        query: exporting(`uri = '${LAKE}/said/*.csv', format = 'CSV'`),
        useLegacySql: false,
      },
    })
    expect(job.status.errorResult).toBeUndefined()
    expect(job.statistics.query).toMatchObject({
      statementType: 'EXPORT_DATA',
      exportDataStatistics: { fileCount: '1', rowCount: '2' },
    })
  })

  it('leaves files that are there unless it may overwrite them', async () => {
    const options = `uri = '${LAKE}/kept/*.csv', format = 'CSV'`
    await sql(exporting(options, 'SELECT 1 AS id'))
    expect(await refusal(exporting(options, 'SELECT 2 AS id'))).toEqual([
      400,
      `Destination ${LAKE}/kept/*.csv holds files already; with overwrite = true they may be replaced.`,
    ])
    expect(await text('kept/000000000000.csv')).toBe('1\n')
    await sql(exporting(`${options}, overwrite = true`, 'SELECT 2 AS id'))
    expect(await text('kept/000000000000.csv')).toBe('2\n')
  })

  it('runs in a script, and as the hook of dbt, whose statement ends with a semicolon', async () => {
    const { status } = await sql(
      `DECLARE day DATE DEFAULT DATE '2026-01-02';
       EXECUTE IMMEDIATE FORMAT("EXPORT DATA OPTIONS (uri = '${LAKE}/%t/*.csv', format = 'CSV') AS SELECT 1 AS id", day);
       ${exporting(`uri = '${LAKE}/script/*.csv', format = 'CSV'`, 'SELECT day')};`,
    )
    expect(status).toBe(200)
    expect(await text('2026-01-02/000000000000.csv')).toBe('1\n')
    expect(await text('script/000000000000.csv')).toBe('2026-01-02\n')
  })

  it('writes as its caller: who may not write there is refused, and nothing is written', async () => {
    const [status, message] = await refusal(
      exporting(`uri = '${LAKE}/analyst/*.csv', format = 'CSV'`, 'SELECT 1 AS id'),
      'analyst',
    )
    expect(status).toBe(403)
    expect(message).toContain('storage.objects.create')
    expect(await object('analyst/000000000000.csv')).toBeUndefined()
  })

  it.each([
    [`uri = '${LAKE}/x.csv', format = 'CSV'`, undefined, 400, 'exactly one wildcard'],
    [`uri = '${LAKE}/*/*.csv', format = 'CSV'`, undefined, 400, 'exactly one wildcard'],
    [`uri = 's3://x/*.csv', format = 'CSV'`, undefined, 400, 'Invalid destination URI'],
    [`uri = '${LAKE}/x/*'`, undefined, 400, 'needs the options uri and format'],
    [`uri = '${LAKE}/x/*', format = 'XML'`, undefined, 400, 'Invalid value for the export format: XML'],
    [`uri = '${LAKE}/x/*', format = 'AVRO'`, undefined, 400, 'The export format AVRO is not supported'],
    [`uri = '${LAKE}/x/*', format = 'CSV', compression = 'SNAPPY'`, undefined, 400, 'Compression SNAPPY'],
    [`uri = '${LAKE}/x/*', format = 'JSON', field_delimiter = ';'`, undefined, 400, 'Only exports to CSV'],
    [`uri = '${LAKE}/x/*', format = 'CSV', colour = 'red'`, undefined, 400, 'option colour'],
    [`uri = '${LAKE}/x/*', format = 'CSV'`, 'SELECT [1] AS list', 400, 'nested schema. Field: list'],
    [
      `uri = '${LAKE}/x/*', format = 'JSON'`,
      'SELECT NUMERIC "1.5" AS n',
      400,
      'A NUMERIC column (n) in a JSON',
    ],
    [`uri = 'gs://nobodys-bucket/*', format = 'CSV'`, undefined, 404, 'bucket'],
  ])('refuses %s, and says why', async (options, query, status, message) => {
    expect(await refusal(exporting(options, query))).toEqual([status, expect.stringContaining(message)])
  })

  it('is judged by a dry run, which writes nothing', async () => {
    const dry = (options: string) => cloud.query('data-eng', exporting(options), { dryRun: true })
    expect((await dry(`uri = '${LAKE}/dry/*.csv', format = 'CSV'`)).status).toBe(200)
    expect((await dry(`uri = '${LAKE}/dry.csv', format = 'CSV'`)).status).toBe(400)
    expect(await object('dry/000000000000.csv')).toBeUndefined()
  })
})

describe('an extract job', () => {
  const extract = (more: Record<string, unknown>, table = 'carts', persona: Persona = 'data-eng') =>
    cloud.run(persona, {
      extract: {
        sourceTable: { projectId: cloud.project, datasetId: 'caec_raw', tableId: table },
        ...more,
      },
    })

  it('writes CSV with a header to the name it was given, over what is there', async () => {
    for (const printHeader of [undefined, false]) {
      const job = await extract({ destinationUris: [`${LAKE}/extract/carts.csv`], printHeader })
      expect(job.status).toEqual({ state: 'DONE' })
      expect(job.configuration.jobType).toBe('EXTRACT')
      expect(job.statistics.extract).toEqual({ destinationUriFileCounts: ['1'] })
      const lines = (await text('extract/carts.csv'))!.split('\n')
      expect(lines[0]!.startsWith('id,note')).toBe(printHeader === undefined)
      expect(lines).toHaveLength(printHeader === undefined ? 4 : 3)
    }
  })

  it('writes one partition as JSON lines', async () => {
    await sql(
      `CREATE TABLE caec_raw.days PARTITION BY day AS
       SELECT DATE '2026-01-01' AS day, 'a' AS v UNION ALL SELECT DATE '2026-01-02', 'b'`,
    )
    await extract(
      { destinationUris: [`${LAKE}/extract/day-*.json`], destinationFormat: 'NEWLINE_DELIMITED_JSON' },
      'days$20260102',
    )
    expect(await text('extract/day-000000000000.json')).toBe('{"day":"2026-01-02","v":"b"}\n')
  })

  it.each([
    ['a view', 'carts_view', {}, 'because it is currently a VIEW'],
    ['a table that is not there', 'nothing', {}, 'Not found: Table'],
    ['a nested table as CSV', 'nested', {}, 'nested schema. Field: list'],
  ])('refuses %s', async (_, table, more, message) => {
    await sql('CREATE OR REPLACE VIEW caec_raw.carts_view AS SELECT id FROM caec_raw.carts')
    await sql('CREATE OR REPLACE TABLE caec_raw.nested AS SELECT [1] AS list')
    const job = await extract({ destinationUris: [`${LAKE}/refused.csv`], ...more }, table)
    expect(job.status.errorResult.message).toContain(message)
    expect(await object('refused.csv')).toBeUndefined()
  })

  it.each([
    [{ destinationUris: [] }, 400],
    [{ destinationUris: [`${LAKE}/a*`, `${LAKE}/b*`] }, 501],
    [{ destinationUris: [`${LAKE}/a*`], destinationFormat: 'AVRO' }, 501],
    [{ destinationUris: [`${LAKE}/a*`], sourceModel: { modelId: 'm' } }, 501],
  ])('refuses what it does not do: %j', async (more, status) => {
    const { status: answered } = await cloud.api('data-eng', 'POST', '/jobs', {
      configuration: {
        extract: {
          sourceTable: { projectId: cloud.project, datasetId: 'caec_raw', tableId: 'carts' },
          ...more,
        },
      },
    })
    expect(answered).toBe(status)
  })
})
