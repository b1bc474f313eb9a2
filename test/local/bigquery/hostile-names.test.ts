/**
 * Names an attacker chooses (objects, hive keys, columns in files, datasets) are refused or stay names;
 * numbers and nesting that would break something are refused.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { openBigQuery, raw, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
beforeAll(async () => {
  cloud = await openBigQuery()
})
afterAll(() => cloud.close())

const put = async (name: string, content: string): Promise<void> => {
  const answer = await cloud.fetchAs(
    'data-eng',
    `/upload/storage/v1/b/caec-local-raw/o?uploadType=media&name=${encodeURIComponent(name)}`,
    { method: 'POST', body: content },
  )
  expect(answer.status).toBe(200)
}
const load = async (folder: string, more = {}) => {
  const { status } = await cloud.run('data-eng', {
    load: {
      sourceUris: [`gs://caec-local-raw/${folder}/*`],
      sourceFormat: 'CSV',
      autodetect: true,
      destinationTable: raw(folder),
      ...more,
    },
  })
  return status
}
const hive = (folder: string) => ({
  hivePartitioningOptions: { mode: 'AUTO', sourceUriPrefix: `gs://caec-local-raw/${folder}/` },
})

describe('a hive partition in an object name', () => {
  it('that is not valid percent-encoding is refused by name', async () => {
    await put('broken/day=%zz/x.csv', 'n\n1\n')
    expect((await load('broken', hive('broken'))).errorResult).toEqual({
      reason: 'invalid',
      message:
        'The hive partition value in gs://caec-local-raw/broken/day=%zz/x.csv (segment day=%zz) is not valid percent-encoding.',
    })
  })

  it('stays a value when it looks like SQL', async () => {
    await put(`sql/day='; DROP TABLE x; --/x.csv`, 'n\n1\n')
    expect(await load('sql', hive('sql'))).toEqual({ state: 'DONE' })
    expect((await cloud.query('data-eng', 'SELECT day FROM caec_raw.sql')).rows).toEqual([
      ["'; DROP TABLE x; --"],
    ])
  })

  it('makes no column that BigQuery would refuse', async () => {
    await put('column/a"b,c=1/x.csv', 'n\n1\n')
    expect((await load('column', hive('column'))).errorResult).toMatchObject({
      reason: 'invalid',
      message: expect.stringMatching(/^Invalid field name "a"b,c"/),
    })
  })
})

describe('a CSV file whose columns are to be found out', () => {
  it.each([
    ['numbers', '1,2\n3,4\n', {}],
    ['onerow', '1\n', {}],
    ['texts', 'a,b\nc,d\n', {}],
    ['told', 'n\n1\n', { skipLeadingRows: 0 }],
  ])('is refused when its first row is no header, and no row is lost: %s', async (folder, content, more) => {
    await put(`${folder}/x.csv`, content)
    expect((await load(folder, more)).errorResult).toEqual({
      reason: 'invalid',
      message:
        'Autodetecting the columns of a CSV file without a header is not supported by the local BigQuery: give a schema, or skipLeadingRows.',
    })
  })

  it('has its names from the first row where only that row is text', async () => {
    await put('header/x.csv', 'n,day\n1,2020-01-02\n3,2020-01-04\n')
    expect(await load('header')).toEqual({ state: 'DONE' })
    expect((await cloud.query('data-eng', 'SELECT n, day FROM caec_raw.header ORDER BY n')).rows).toEqual([
      ['1', '2020-01-02'],
      ['3', '2020-01-04'],
    ])
  })
})

describe('a column name in a file', () => {
  it('with characters BigQuery refuses makes no table', async () => {
    await put('json/x.json', '{"a\\"b": 1}\n')
    expect((await load('json', { sourceFormat: 'NEWLINE_DELIMITED_JSON' })).errorResult).toMatchObject({
      reason: 'invalid',
      message: expect.stringMatching(/^Invalid field name "a"b"/),
    })
  })
})

describe('a request meant to break', () => {
  it('is refused as too complex, not answered with an internal error', async () => {
    const { status, body } = await cloud.query('data-eng', `SELECT ${'1+'.repeat(50_000)}1`)
    expect({ status, message: body.error.message }).toEqual({ status: 400, message: 'Query is too complex' })
  })

  it.each(['timeoutMs', 'maxResults'])('is refused when %s is negative', async (name) => {
    const { status, body } = await cloud.query('data-eng', 'SELECT 1', { [name]: -1 })
    expect({ status, message: body.error?.message }).toEqual({
      status: 400,
      message: `Invalid value at '${name}': an integer that is not negative is expected.`,
    })
  })
})

describe("the hidden dataset of somebody's results", () => {
  it('cannot be created by another, who would then list and drop what is in it', async () => {
    const analyst = cloud.cloud.environment.serviceAccounts.analyst!
    const datasetId = `_${createHash('sha1').update(`serviceAccount:${analyst}`).digest('hex')}`
    const { body } = await cloud.query('analyst', 'SELECT 1 AS n')
    const message = `Invalid dataset ID "${datasetId}". It is reserved for the results of queries.`
    const created = await cloud.api('data-eng', 'POST', '/datasets', { datasetReference: { datasetId } })
    expect({ status: created.status, message: created.body.error?.message }).toEqual({ status: 400, message })
    expect((await cloud.query('data-eng', `CREATE SCHEMA ${datasetId}`)).body.error.message).toBe(message)
    expect((await cloud.api('data-eng', 'GET', `/datasets/${datasetId}/tables`)).status).toBe(404)
    expect((await cloud.query('data-eng', `DROP SCHEMA ${datasetId} CASCADE`)).status).toBe(404)
    expect(
      (await cloud.api('analyst', 'GET', `/queries/${body.jobReference.jobId}?location=us-central1`)).body
        .totalRows,
    ).toBe('1')
  })
})
