/** tables.*, tabledata.list and the common parts of jobs.*. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openBigQuery, raw, rowsOf, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
beforeAll(async () => {
  cloud = await openBigQuery()
})
afterAll(() => cloud.close())

const fields = [
  { name: 'd', type: 'DATE' },
  { name: 'n', type: 'INT64', mode: 'REQUIRED', description: 'a number' },
  { name: 's', type: 'STRING' },
]
const create = (tableId: string, more: Record<string, unknown> = {}) =>
  cloud.api('data-eng', 'POST', '/datasets/caec_raw/tables', {
    tableReference: raw(tableId),
    schema: { fields },
    ...more,
  })
const path = (tableId: string) => `/datasets/caec_raw/tables/${tableId}`
const data = async (tableId: string) => rowsOf(await cloud.api('data-eng', 'GET', `${path(tableId)}/data`))

describe('tables', () => {
  it('keep schema, partitioning, clustering, labels and descriptions, and answer in legacy type names', async () => {
    const { status, body } = await create('whole', {
      timePartitioning: { type: 'DAY', field: 'd' },
      clustering: { fields: ['n', 's'] },
      labels: { a: 'b' },
      description: 'all',
      requirePartitionFilter: true,
    })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      kind: 'bigquery#table',
      type: 'TABLE',
      id: 'caec-local:caec_raw.whole',
      numRows: '0',
      numBytes: '0',
      location: 'us-central1',
      description: 'all',
      labels: { a: 'b' },
      requirePartitionFilter: true,
      timePartitioning: { type: 'DAY', field: 'd' },
      clustering: { fields: ['n', 's'] },
      schema: {
        fields: [
          { name: 'd', type: 'DATE', mode: 'NULLABLE' },
          { name: 'n', type: 'INTEGER', mode: 'REQUIRED', description: 'a number' },
          { name: 's', type: 'STRING', mode: 'NULLABLE' },
        ],
      },
    })
  })

  it('have case-sensitive names and refuse a second of the same', async () => {
    await create('Case')
    expect((await create('case')).status).toBe(200)
    expect((await create('Case')).body.error).toMatchObject({
      code: 409,
      message: 'Already Exists: Table caec-local:caec_raw.Case',
    })
  })

  it('take rows with names and values that try to break out of SQL', async () => {
    const odd = [
      { name: 'a b', type: 'STRING' },
      { name: "q'x", type: 'STRING' },
    ]
    await create('we ird', { schema: { fields: odd } })
    await cloud.upload('data-eng', { destinationTable: raw('we ird') }, `"'); DROP TABLE data.t1; --",\\'\n`)
    expect(await data('we ird')).toEqual([["'); DROP TABLE data.t1; --", "\\'"]])
    expect((await create('bad"name')).status).toBe(400)
    expect((await create('x', { schema: { fields: [{ name: 'a"b', type: 'STRING' }] } })).status).toBe(400)
  })

  it("count rows and logical bytes by BigQuery's sizes, NULL as zero", async () => {
    await create('sized')
    await cloud.upload('data-eng', { destinationTable: raw('sized') }, '2020-01-01,1,é\n,2,\n')
    // 8 (date) + 8 + (2 + 2 bytes of é), then 8 alone
    expect((await cloud.api('data-eng', 'GET', path('sized'))).body).toMatchObject({
      numRows: '2',
      numBytes: '28',
    })
  })

  it('grow nullable columns and relax REQUIRED, and refuse every other change of schema', async () => {
    await create('grown')
    await cloud.upload('data-eng', { destinationTable: raw('grown') }, '2020-01-01,1,a\n')
    const relaxed = fields.map((field) => ({ ...field, mode: 'NULLABLE' }))
    const patch = (list: unknown[]) =>
      cloud.api('data-eng', 'PATCH', path('grown'), { schema: { fields: list } })
    expect((await patch([...relaxed, { name: 'x', type: 'FLOAT64' }])).status).toBe(200)
    expect(await data('grown')).toEqual([['2020-01-01', '1', 'a', null]])
    expect((await patch(relaxed)).body.error.message).toContain('Field x is missing in new schema')
    expect((await patch([...relaxed, { name: 'x', type: 'STRING' }])).body.error.message).toContain(
      'Field x has changed type from FLOAT to STRING',
    )
    expect(
      (
        await patch([
          ...relaxed,
          { name: 'x', type: 'FLOAT64' },
          { name: 'y', type: 'INT64', mode: 'REQUIRED' },
        ])
      ).body.error.message,
    ).toContain('Cannot add required fields')
  })

  it('refuse what is not supported by name', async () => {
    expect((await create('u', { encryptionConfiguration: { kmsKeyName: 'k' } })).body.error).toMatchObject({
      code: 501,
      errors: [{ reason: 'notImplemented' }],
    })
    expect(
      (await create('u', { schema: { fields: [{ name: 'g', type: 'GEOGRAPHY' }] } })).body.error.message,
    ).toBe('Columns of type GEOGRAPHY are not supported by the local BigQuery (column g).')
    const sheet = { sourceFormat: 'GOOGLE_SHEETS', sourceUris: ['https://docs.google.com/x'] }
    const refused = await create('u', { externalDataConfiguration: sheet })
    expect([refused.status, refused.body.error.message]).toEqual([
      501,
      expect.stringContaining('GOOGLE_SHEETS'),
    ])
    expect((await create('u', { view: { query: 'SELECT 1' } })).body.error.message).toContain(
      'set view.useLegacySql to false',
    )
    expect((await cloud.api('data-eng', 'POST', `${path('whole')}/insertAll`, {})).body.error).toMatchObject({
      code: 501,
      message: 'bigquery.tabledata.insertAll is not supported by the local BigQuery.',
    })
  })

  it('change under their etag only and vanish with delete', async () => {
    const { etag } = (await create('tagged')).body
    expect(
      (await cloud.api('data-eng', 'PATCH', path('tagged'), { description: 'a' }, { 'if-match': etag }))
        .status,
    ).toBe(200)
    expect(
      (await cloud.api('data-eng', 'PATCH', path('tagged'), { description: 'b' }, { 'if-match': etag }))
        .status,
    ).toBe(412)
    expect((await cloud.api('analyst', 'DELETE', path('tagged'))).status).toBe(403)
    expect((await cloud.api('data-eng', 'DELETE', path('tagged'))).status).toBe(204)
    expect((await cloud.api('data-eng', 'GET', path('tagged'))).body.error).toMatchObject({
      code: 404,
      message: 'Not found: Table caec-local:caec_raw.tagged',
    })
  })

  it('list models and routines as empty, not as missing', async () => {
    expect(await cloud.api('data-eng', 'GET', '/datasets/caec_raw/routines')).toMatchObject({
      status: 200,
      body: {},
    })
    expect((await cloud.api('data-eng', 'GET', '/datasets/caec_raw/models')).status).toBe(200)
    expect((await cloud.api('data-eng', 'GET', '/datasets/none/routines')).status).toBe(404)
  })

  it('page rows by token and position, in the order they came', async () => {
    await create('paged', { schema: { fields: [{ name: 'n', type: 'INT64' }] } })
    await cloud.upload(
      'data-eng',
      { destinationTable: raw('paged') },
      Array.from({ length: 25 }, (_, n) => `${n}\n`).join(''),
    )
    const seen: unknown[] = []
    for (let token = ''; ;) {
      const { body } = await cloud.api(
        'data-eng',
        'GET',
        `${path('paged')}/data?maxResults=10${token && `&pageToken=${token}`}`,
      )
      expect(body.totalRows).toBe('25')
      seen.push(...rowsOf({ body } as never).map((row) => Number(row[0])))
      if (!body.pageToken) break
      token = body.pageToken
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, n) => n))
    expect(rowsOf(await cloud.api('data-eng', 'GET', `${path('paged')}/data?startIndex=23`))).toEqual([
      ['23'],
      ['24'],
    ])
    expect((await cloud.api('data-eng', 'GET', `${path('paged')}/data?pageToken=forged`)).status).toBe(400)
  })
})

describe('jobs', () => {
  it('keep the id the client chose and refuse it a second time', async () => {
    await create('source')
    const copy = { copy: { sourceTable: raw('source'), destinationTable: raw('target') } }
    expect((await cloud.run('data-eng', copy, 'mine-1')).status).toEqual({ state: 'DONE' })
    const again = await cloud.api('data-eng', 'POST', '/jobs', {
      configuration: copy,
      jobReference: { projectId: 'caec-local', jobId: 'mine-1', location: 'us-central1' },
    })
    expect(again.body.error).toMatchObject({
      code: 409,
      message: 'Already Exists: Job caec-local:us-central1.mine-1',
      errors: [{ reason: 'duplicate' }],
    })
  })

  it('are found only where they ran and only by their owner or a job administrator', async () => {
    expect((await cloud.api('data-eng', 'GET', '/jobs/mine-1')).body.error).toMatchObject({
      code: 404,
      message: 'Not found: Job caec-local:mine-1',
    })
    expect((await cloud.api('data-eng', 'GET', '/jobs/mine-1?location=US-central1')).status).toBe(200)
    expect((await cloud.api('analyst', 'GET', '/jobs/mine-1?location=us-central1')).status).toBe(403)
    expect((await cloud.api('ops', 'GET', '/jobs/mine-1?location=us-central1')).status).toBe(200)
  })

  it('copy whole tables and single partitions', async () => {
    for (const name of ['from', 'into']) await create(name, { timePartitioning: { type: 'DAY', field: 'd' } })
    await cloud.upload('data-eng', { destinationTable: raw('from') }, '2020-01-01,1,a\n2020-01-02,2,b\n')
    await cloud.upload('data-eng', { destinationTable: raw('into') }, '2020-01-01,8,x\n2020-01-02,9,y\n')
    const job = await cloud.run('data-eng', {
      copy: {
        sourceTable: raw('from$20200102'),
        destinationTable: raw('into$20200102'),
        writeDisposition: 'WRITE_TRUNCATE',
      },
    })
    expect(job).toMatchObject({ status: { state: 'DONE' }, statistics: { copy: { copiedRows: '1' } } })
    expect(await data('into')).toEqual([
      ['2020-01-01', '8', 'x'],
      ['2020-01-02', '2', 'b'],
    ])
    const denied = await cloud.run('analyst', {
      copy: { sourceTable: raw('from'), destinationTable: raw('mine') },
    })
    expect(denied.status.errorResult).toMatchObject({ reason: 'accessDenied' })
  })

  it('need jobs.create on the project and legacy SQL switched off', async () => {
    expect(
      (await cloud.api('ops', 'POST', '/queries', { query: 'SELECT 1', useLegacySql: false })).body.error
        .message,
    ).toBe(
      'Access Denied: Project caec-local: User does not have bigquery.jobs.create permission in project caec-local.',
    )
    expect(
      (await cloud.api('data-eng', 'POST', '/queries', { query: 'SELECT 1' })).body.error.message,
    ).toContain('Legacy SQL is not supported')
  })

  it('are listed to their owner, and all of them under jobs.list', async () => {
    const ids = async (persona: 'data-eng' | 'analyst' | 'ops', query = '') =>
      ((await cloud.api(persona, 'GET', `/jobs${query}`)).body.jobs ?? []).map(
        (job: any) => job.jobReference.jobId,
      )
    expect(await ids('data-eng')).toContain('mine-1')
    expect(await ids('analyst')).not.toContain('mine-1')
    expect(await ids('ops', '?allUsers=true&maxResults=1000')).toContain('mine-1')
    expect((await cloud.api('analyst', 'GET', '/jobs?allUsers=true')).status).toBe(403)
  })

  it('run a request once, however often it comes', async () => {
    await create('counted')
    const query = 'INSERT INTO caec_raw.counted (n) VALUES (1)'
    const ask = (requestId: string) =>
      cloud.api('data-eng', 'POST', '/queries', { query, useLegacySql: false, requestId })
    const answers = await Promise.all([ask('the-same'), ask('the-same')])
    answers.push(await ask('the-same'))
    expect(answers.map(({ status, body }) => [status, body.numDmlAffectedRows])).toEqual(
      Array.from({ length: 3 }, () => [200, '1']),
    )
    expect(new Set(answers.map(({ body }) => body.jobReference.jobId)).size).toBe(1)
    await ask('another')
    expect(await data('counted')).toHaveLength(2)
    expect((await ask('x'.repeat(37))).body.error.message).toContain('at most 36 ASCII characters')
  })
})

it('names in a body are those of the URL', async () => {
  const elsewhere = { tableReference: { ...raw('moved'), datasetId: 'caec_analytics' }, schema: { fields } }
  const { status, body } = await cloud.api('data-eng', 'POST', '/datasets/caec_raw/tables', elsewhere)
  expect([status, body.error.message]).toEqual([
    400,
    "tableReference.datasetId 'caec_analytics' is not that of the request's URL, 'caec_raw'.",
  ])
  const other = {
    jobReference: { projectId: 'other', jobId: 'x' },
    configuration: { query: { query: 'SELECT 1' } },
  }
  expect((await cloud.api('data-eng', 'POST', '/jobs', other)).status).toBe(400)
})
