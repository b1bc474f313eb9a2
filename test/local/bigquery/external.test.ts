/** External tables over files in Cloud Storage: read as they are now, with the rights of who queries, never written. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { asDataEngineer, openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
const { sql, refusal } = asDataEngineer(() => cloud)
beforeAll(async () => {
  cloud = await openBigQuery()
  await put('ext/day=2026-01-01/a.csv', 'id,name\n1,ann\n2,\n')
  await put('ext/day=2026-01-02/b.csv', 'id,name\n3,"c, d"\n')
  await put('ext/rows.json', '{"id": 1, "tags": ["a", "b"]}\n{"id": 2}\n')
})
afterAll(() => cloud.close())

const put = (name: string, content: string) =>
  cloud.fetchAs(
    'data-eng',
    `/upload/storage/v1/b/caec-local-lake/o?uploadType=media&name=${encodeURIComponent(name)}`,
    { method: 'POST', body: content },
  )
const files = "uris = ['gs://caec-local-lake/ext/*.csv'], format = 'CSV'"
const hive = "hive_partition_uri_prefix = 'gs://caec-local-lake/ext'"

// https://cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#create_external_table_statement
describe('an external table', () => {
  it('reads CSV with the columns it names, and what was added since', async () => {
    await sql(
      `CREATE EXTERNAL TABLE caec_raw.named (id INT64, name STRING) OPTIONS (${files}, skip_leading_rows = 1, description = 'from files')`,
    )
    expect(await sql('SELECT * FROM caec_raw.named ORDER BY id')).toEqual([
      ['1', 'ann'],
      ['2', null],
      ['3', 'c, d'],
    ])
    await put('ext/later.csv', 'id,name\n4,dot\n')
    expect(await sql('SELECT COUNT(*), MAX(n.id) FROM caec_raw.named AS n')).toEqual([['4', '4']])
    await cloud.fetchAs('data-eng', '/storage/v1/b/caec-local-lake/o/ext%2Flater.csv', { method: 'DELETE' })
  })

  it('finds its columns in the files, those of hive partitions among them', async () => {
    await sql(
      `CREATE OR REPLACE EXTERNAL TABLE caec_raw.found WITH PARTITION COLUMNS (day DATE) OPTIONS (${files}, ${hive})`,
    )
    expect(await sql("SELECT id, day FROM caec_raw.found WHERE day > '2026-01-01'")).toEqual([
      ['3', '2026-01-02'],
    ])
    expect(await sql('SELECT id FROM caec_raw.found ORDER BY id')).toEqual([['1'], ['2'], ['3']])
    await sql(
      "CREATE EXTERNAL TABLE caec_raw.lines OPTIONS (uris = ['gs://caec-local-lake/ext/rows.json'], format = 'JSON')",
    )
    expect(await sql('SELECT id, tags[SAFE_OFFSET(1)] FROM caec_raw.lines ORDER BY id')).toEqual([
      ['1', 'b'],
      ['2', null],
    ])
    await sql('CREATE VIEW caec_raw.of_lines AS SELECT COUNT(*) AS n FROM caec_raw.lines')
    expect(await sql('SELECT n FROM caec_raw.of_lines')).toEqual([['2']])
  })

  it('is of type EXTERNAL for REST, which makes it as well', async () => {
    const made = await cloud.api('data-eng', 'POST', '/datasets/caec_raw/tables', {
      tableReference: { projectId: cloud.project, datasetId: 'caec_raw', tableId: 'by_rest' },
      schema: { fields: [{ name: 'id', type: 'INT64' }] },
      externalDataConfiguration: {
        sourceFormat: 'NEWLINE_DELIMITED_JSON',
        sourceUris: ['gs://caec-local-lake/ext/rows.json'],
        ignoreUnknownValues: true,
      },
    })
    expect([made.status, made.body.type]).toEqual([200, 'EXTERNAL'])
    expect(await sql('SELECT SUM(id) FROM caec_raw.by_rest')).toEqual([['3']])
    const { body } = await cloud.api('data-eng', 'GET', '/datasets/caec_raw/tables/named')
    expect(body).toMatchObject({
      type: 'EXTERNAL',
      description: 'from files',
      externalDataConfiguration: { sourceFormat: 'CSV', csvOptions: { skipLeadingRows: '1' } },
    })
    expect(
      await sql("SELECT table_type FROM caec_raw.INFORMATION_SCHEMA.TABLES WHERE table_name = 'by_rest'"),
    ).toEqual([['EXTERNAL']])
  })

  it('is read with the rights of who queries', async () => {
    const { serviceAccounts } = cloud.cloud.environment
    const made = await cloud.api('data-eng', 'POST', '/datasets', {
      datasetReference: { projectId: cloud.project, datasetId: 'caec_shared' },
      access: [
        { role: 'OWNER', userByEmail: serviceAccounts['data-eng'] },
        { role: 'READER', userByEmail: serviceAccounts.analyst },
      ],
    })
    expect(made.status).toBe(200)
    await sql(
      `CREATE EXTERNAL TABLE caec_shared.named (id INT64, name STRING) OPTIONS (${files}, skip_leading_rows = 1)`,
    )
    await sql('CREATE TABLE caec_shared.own AS SELECT 1 AS x')
    expect((await cloud.query('analyst', 'SELECT * FROM caec_shared.own')).status).toBe(200)
    // The table may be read, the files may not.
    const { status, body } = await cloud.query('analyst', 'SELECT * FROM caec_shared.named')
    expect([status, body.error.message]).toEqual([403, expect.stringContaining('storage.objects')])
  })

  it.each([
    ['INSERT INTO caec_raw.named VALUES (9, "x")', 'Cannot modify external table'],
    ['DELETE FROM caec_raw.named WHERE TRUE', 'Cannot modify external table'],
    ['DROP TABLE caec_raw.named', 'which has type EXTERNAL'],
    ['DROP EXTERNAL TABLE caec_raw.of_lines', 'which has type VIEW'],
    [
      `CREATE EXTERNAL TABLE caec_raw.bad OPTIONS (uris = ['gs://caec-local-lake/ext/rows.json'], format = 'AVRO')`,
      'The source format AVRO is not supported',
    ],
    [
      `CREATE EXTERNAL TABLE caec_raw.bad (x INT64) OPTIONS (uris = ['https://drive'], format = 'GOOGLE_SHEETS')`,
      'is not supported',
    ],
    [
      'CREATE EXTERNAL TABLE caec_raw.bad (x INT64) WITH PARTITION COLUMNS (d DATE) OPTIONS (uris = ["gs://a/b"], format = "CSV")',
      'needs the option hive_partition_uri_prefix',
    ],
  ])('refuses %s', async (text, message) => {
    expect(await refusal(text)).toContain(message)
  })

  it('goes by its own DROP, and its files stay', async () => {
    await sql('DROP EXTERNAL TABLE caec_raw.found; DROP EXTERNAL TABLE IF EXISTS caec_raw.found')
    expect(await sql('SELECT COUNT(*) FROM caec_raw.named')).toEqual([['3']])
  })
})
