/**
 * Every query parameter that Google describes for a method the local BigQuery or Storage answers is used or refused:
 * sent alone, it may not be answered with success and read by nobody.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { ensureChecks } from '../../local/toolchain/index.ts'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { findDocuments, methodsOf, type Document, type Parameter } from './discovery-documents.ts'

let cloud: BigQueryCloud
let documents: string
let names: Readonly<Record<string, string>>
const reference = { projectId: 'caec-local', datasetId: 'swept', tableId: 't' }
beforeAll(async () => {
  documents = findDocuments((await ensureChecks(() => undefined)).python)
  cloud = await openBigQuery()
  await cloud.api('data-eng', 'POST', '/datasets', { datasetReference: { datasetId: 'swept' } })
  await cloud.api('data-eng', 'POST', '/datasets/swept/tables', {
    tableReference: reference,
    schema: { fields: [{ name: 'x', type: 'INTEGER' }] },
  })
  await cloud.query('data-eng', 'CREATE FUNCTION swept.f() AS (1)')
  const job = (await cloud.query('data-eng', 'SELECT 1 AS x')).body.jobReference.jobId as string
  await cloud.fetchAs('data-eng', '/upload/storage/v1/b/caec-local-raw/o?uploadType=media&name=one', {
    method: 'POST',
    body: 'one',
  })
  const bigquery = {
    projectsId: 'caec-local',
    datasetsId: 'swept',
    tablesId: 't',
    routinesId: 'f',
    jobsId: job,
  }
  names = { ...bigquery, queriesId: job, bucket: 'caec-local-raw', object: 'one' }
}, 600_000)
afterAll(() => cloud.close())

const sample = ({ type, format, enum: words, pattern }: Parameter): string =>
  type === 'boolean'
    ? 'true'
    : (words?.at(-1) ?? (type === 'integer' || format ? '1' : pattern === undefined ? 'x' : 'caec-local'))

it.each(['bigquery', 'storage'])(
  'no parameter of %s is ignored',
  async (name) => {
    const file = { bigquery: 'bigquery.v2.json', storage: 'storage.v1.json' }[name] ?? ''
    const document = JSON.parse(readFileSync(join(documents, file), 'utf8')) as Document
    let taken = 0
    for (const { httpMethod, flatPath, path, parameters = {} } of methodsOf(document)) {
      if (httpMethod !== 'GET' && httpMethod !== 'PATCH') continue
      const address = (flatPath ?? path).replaceAll(/\{\+?(\w+)\}/g, (_, key: string) => names[key] ?? 'none')
      const queries = Object.entries(parameters).filter(([, { location }]) => location === 'query')
      const required = queries.filter(([, { required }]) => required)
      for (const [key, parameter] of queries) {
        const query = new URLSearchParams(required.map(([one, its]) => [one, sample(its)]))
        query.set(key, sample(parameter))
        const { status } = await cloud.fetchAs('data-eng', `/${document.servicePath}${address}?${query}`, {
          method: httpMethod,
          ...(httpMethod === 'PATCH' ? { body: {} } : {}),
        })
        if (status < 300) taken++
      }
    }
    expect(taken).toBeGreaterThan(10)
    expect(cloud.lines.filter((line) => line.startsWith(name) && line.endsWith('was ignored'))).toEqual([])
  },
  300_000,
)

it('and those that are used choose: a view of a table, members and types of routines', async () => {
  const get = async (path: string) => (await cloud.api('data-eng', 'GET', path)).body
  const basic = await get('/datasets/swept/tables/t?view=BASIC')
  expect([basic.numRows, basic.schema.fields.length]).toEqual([undefined, 1])
  expect((await get('/datasets/swept/tables/t?view=FULL')).numRows).toBe('0')
  const masked = await get('/datasets/swept/routines/f?readMask=definitionBody')
  expect(Object.keys(masked).sort()).toEqual(['definitionBody', 'routineReference'])
  const listed = async (type: string) =>
    (await get(`/datasets/swept/routines?filter=routineType:${type}`)).routines
  expect([(await listed('SCALAR_FUNCTION')).length, await listed('PROCEDURE')]).toEqual([1, undefined])
})
