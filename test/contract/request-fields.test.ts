/**
 * Every field of Google's that a body for the local BigQuery may hold is used or refused: sent alone, it may not be
 * answered with success and read by nobody.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { ensureChecks } from '../../local/toolchain/index.ts'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { findDocuments, type Document } from './discovery-documents.ts'
import { single } from './single-fields.ts'

let cloud: BigQueryCloud
let schemas: Document['schemas']
beforeAll(async () => {
  const documents = findDocuments((await ensureChecks(() => undefined)).python)
  schemas = (JSON.parse(readFileSync(join(documents, 'bigquery.v2.json'), 'utf8')) as Document).schemas
  cloud = await openBigQuery()
  await cloud.api('data-eng', 'POST', '/datasets', { datasetReference: { datasetId: 'swept' } })
  await cloud.api('data-eng', 'POST', '/datasets/swept/tables', {
    tableReference: place(SOURCE),
    schema: columns,
  })
}, 600_000)
afterAll(() => cloud.close())

const SOURCE = 'sources'
const place = (tableId: string) => ({ projectId: 'caec-local', datasetId: 'swept', tableId })
const columns = {
  fields: [
    { name: 'id', type: 'INTEGER' },
    { name: 'at', type: 'TIMESTAMP' },
  ],
}
const query = { query: 'SELECT 1 AS x', useLegacySql: false }
const load = (tableId: string) => ({
  sourceUris: ['gs://caec-local-raw/x.csv'],
  destinationTable: place(tableId),
  schema: columns,
})
let count = 0
const bodies: [string, string, (name: string, part: Record<string, unknown>) => unknown][] = [
  ['Dataset', '/datasets', (name, part) => ({ datasetReference: { datasetId: name }, ...part })],
  [
    'Table',
    '/datasets/swept/tables',
    (name, part) => ({ tableReference: place(name), schema: columns, ...part }),
  ],
  [
    'TableFieldSchema',
    '/datasets/swept/tables',
    (name, part) => ({
      tableReference: place(name),
      schema: { fields: [{ name: 'a', type: 'STRING', ...part }] },
    }),
  ],
  [
    'SetIamPolicyRequest',
    `/datasets/swept/tables/${SOURCE}:setIamPolicy`,
    (_name, part) => ({ policy: { bindings: [] }, ...part }),
  ],
  ['QueryRequest', '/queries', (_name, part) => ({ ...query, ...part })],
  ['JobConfiguration', '/jobs', (_name, part) => ({ configuration: { query, ...part } })],
  ['JobConfigurationQuery', '/jobs', (_name, part) => ({ configuration: { query: { ...query, ...part } } })],
  [
    'JobConfigurationLoad',
    '/jobs',
    (name, part) => ({ configuration: { load: { ...load(name), ...part } } }),
  ],
  [
    'JobConfigurationTableCopy',
    '/jobs',
    (name, part) => ({
      configuration: { copy: { sourceTable: place(SOURCE), destinationTable: place(name), ...part } },
    }),
  ],
  [
    'JobConfigurationExtract',
    '/jobs',
    (name, part) => ({
      configuration: {
        extract: {
          sourceTable: place(SOURCE),
          destinationUris: [`gs://caec-local-staging/${name}.csv`],
          ...part,
        },
      },
    }),
  ],
  [
    'Routine',
    '/datasets/swept/routines',
    (name, part) => ({
      routineReference: { projectId: 'caec-local', datasetId: 'swept', routineId: name },
      routineType: 'SCALAR_FUNCTION',
      language: 'SQL',
      definitionBody: '1',
      ...part,
    }),
  ],
]

it.each(bodies)(
  'nothing of a %s sent to %s is ignored',
  async (schema, path, bodyOf) => {
    const send = async (part: Record<string, unknown>) =>
      cloud.api('data-eng', 'POST', path, bodyOf(`n${count++}`, part))
    expect(await send({})).toMatchObject({ status: 200 })
    const from = cloud.lines.length
    for (const part of single({ $ref: schema }, schemas)) await send(part as Record<string, unknown>)
    expect(cloud.lines.slice(from).filter((line) => line.endsWith('was ignored'))).toEqual([])
  },
  300_000,
)

it.each<[string, string, Record<string, unknown>]>([
  // Shown with the job, and so read; a table that stays, or columns of other types, would be the answer.
  [
    'destinationTableProperties.expirationTime',
    'load',
    { destinationTableProperties: { expirationTime: '2126-11-30T00:00:00Z' } },
  ],
  [
    'hivePartitioningOptions.requirePartitionFilter',
    'load',
    { hivePartitioningOptions: { requirePartitionFilter: true } },
  ],
  ['parquetOptions.mapTargetType', 'load', { parquetOptions: { mapTargetType: 'ARRAY_OF_STRUCT' } }],
  ['decimalTargetTypes', 'load', { decimalTargetTypes: ['STRING'] }],
  ['destinationExpirationTime', 'copy', { destinationExpirationTime: '2126-11-30T00:00:00Z' }],
])('%s of a %s job is refused by name', async (name, kind, part) => {
  const whole = kind === 'load' ? load('x') : { sourceTable: place(SOURCE), destinationTable: place('x') }
  const { body } = await cloud.api('data-eng', 'POST', '/jobs', {
    configuration: { [kind]: { ...whole, ...part } },
  })
  expect(body.error).toMatchObject({
    code: 501,
    message: `configuration.${kind}.${name} is not supported by the local BigQuery.`,
  })
})

it('what is "not set", and what is done anyway, passes; a dataset goes back as it was read', async () => {
  const asked = {
    defaultRoundingMode: 'ROUND_HALF_AWAY_FROM_ZERO',
    isCaseInsensitive: false,
    maxTimeTravelHours: '168',
    storageBillingModel: 'STORAGE_BILLING_MODEL_UNSPECIFIED',
  }
  const datasetReference = { datasetId: 'as_it_is' }
  const made = await cloud.api('data-eng', 'POST', '/datasets', { datasetReference, ...asked })
  expect(made.status).toBe(200)
  expect((await cloud.api('data-eng', 'PUT', '/datasets/as_it_is', made.body)).status).toBe(200)
  const short = await cloud.api('data-eng', 'PATCH', '/datasets/as_it_is', { maxTimeTravelHours: '48' })
  expect(short.body.error.message).toBe('Dataset.maxTimeTravelHours is not supported by the local BigQuery.')
})
