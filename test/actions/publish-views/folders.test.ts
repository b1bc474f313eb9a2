/** Every fixture file is read, and names exactly the tables that are written in it. */
import { describe, expect, it } from '@jest/globals'
import path from 'node:path'
import { nameKey, shortName } from '../../../actions/_shared/dataset.ts'
import { readSqlFiles } from '../../../actions/_shared/sql-files.ts'
import { readStatement } from '../../../actions/apply-ddl/src/statement.ts'
import { readDefinition } from '../../../actions/publish-views/src/definition.ts'
import { readMetadata } from '../../../actions/publish-views/src/metadata.ts'
import { qualify, scanReferences } from '../../../actions/publish-views/src/sql.ts'

const workspace = path.resolve(import.meta.dirname, '../../fixtures')
const read = (source: string, projectId: string, layout: Parameters<typeof readSqlFiles>[2]) =>
  readSqlFiles(
    {
      workspace,
      sourceDir: path.join(workspace, source),
      source,
      variables: { project: projectId, env: 'dev' },
    },
    projectId,
    layout,
  )
const LAYOUT = { noun: 'view', leaves: ['view', 'udf', 'function'] }
/** All that exist; whatever else is found was invented. */
const TABLES = /^(caec_analytics\.(visits|carts|dev_events)|caec_insights\.(z_base|a_reads_z|folder_plain))$/

describe('the folder of views', () => {
  it('is read whole, and no comment, string, alias or CTE is taken for a table', async () => {
    const files = await read('sql-views', 'caec-local', LAYOUT)
    expect(files.length).toBeGreaterThanOrEqual(60)
    for (const { name, file, sql, metadata } of files) {
      const { query } = readDefinition(sql, name, metadata && readMetadata(metadata.text))
      const found = scanReferences(query, 'caec-local').map(
        ({ datasetId, tableId }) => `${datasetId}.${tableId}`,
      )
      expect([file, found.filter((reference) => !TABLES.test(reference))]).toEqual([file, []])
      const written = qualify(query, 'caec-local', scanReferences(query, 'caec-local'))
      expect([
        file,
        scanReferences(written, 'elsewhere').every(({ projectId }) => projectId === 'caec-local'),
      ]).toEqual([file, true])
    }
  })

  it('may hold functions, whose calls are found', async () => {
    const files = await read('sql-views', 'caec-local', LAYOUT)
    const functions = files.filter(({ name }) => name.tableId.startsWith('fn_'))
    const kinds = functions.map(({ name, sql, metadata }) => {
      const { routine } = readDefinition(sql, name, metadata && readMetadata(metadata.text))
      return [name.tableId, routine?.kind, routine?.arguments.map((argument) => argument.name)]
    })
    expect(kinds).toEqual([
      ['fn_clean', 'SCALAR_FUNCTION', ['word']],
      ['fn_per_visitor', 'SCALAR_FUNCTION', ['amount', 'visitors']],
      ['fn_since', 'TABLE_VALUED_FUNCTION', ['first', 'country_wanted']],
    ])
    const known = new Set(functions.map(({ name }) => nameKey({ ...name, isRoutine: true })))
    const { sql } = files.find(({ name }) => name.tableId === 'calls_functions')!
    expect(scanReferences(sql, 'caec-local', known).map(shortName)).toEqual([
      'caec_insights.fn_clean()',
      'caec_insights.fn_since()',
    ])
  })

  it('may hold materialized views', async () => {
    const files = await read('sql-views-materialized', 'my-project', LAYOUT)
    const definitions = files.map(({ name, sql }) => [name.tableId, readDefinition(sql, name).materialized])
    expect(definitions).toEqual([
      [
        'daily',
        {
          timePartitioning: { type: 'DAY', field: 'day' },
          clustering: ['country'],
          enableRefresh: true,
          refreshIntervalMs: '3600000',
        },
      ],
      ['folder', {}],
      ['hourly', { timePartitioning: { type: 'HOUR', field: 'hour' }, maxStaleness: '0-0 0 4:0:0' }],
      ['outer', { allowNonIncrementalDefinition: true, maxStaleness: '0-0 0 12:0:0' }],
    ])
  })
})

it('the folder of tables is read whole', async () => {
  const files = await read('sql-tables', 'caec-local', { noun: 'table', hasDatasets: true })
  expect(files.length).toBeGreaterThanOrEqual(40)
  for (const { name, file, sql } of files)
    expect([file, readStatement(sql, name).columns.length > 0]).toEqual([file, true])
})
