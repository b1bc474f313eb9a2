/** The official Node client, unmodified, through the whole chain of identities. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { BigQuery } from '@google-cloud/bigquery'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
let client: BigQuery
let folder: string
beforeAll(async () => {
  cloud = await openBigQuery()
  folder = await mkdtemp(join(tmpdir(), 'client '))
  client = new BigQuery({
    apiEndpoint: cloud.origin,
    projectId: cloud.project,
    keyFilename: cloud.cloud.describe().personas['data-eng']!,
    location: 'us-central1',
  })
})
afterAll(async () => {
  await cloud.close()
  await rm(folder, { recursive: true, force: true })
})

describe('@google-cloud/bigquery, unmodified, as the data engineer through the whole chain of identities', () => {
  it('makes datasets and tables, loads a file and queries it', async () => {
    const [dataset] = await client.createDataset('node', { location: 'us-central1' })
    const [table] = await dataset.createTable('events', {
      schema: 'id:integer,name:string,seen_at:timestamp',
      timePartitioning: { type: 'DAY', field: 'seen_at' },
    })
    const file = join(folder, 'events.csv')
    await writeFile(file, '1,a,2020-01-01 00:00:00 UTC\n2,b,2020-01-02T00:00:00Z\n')
    const [load] = await table.load(file, { sourceFormat: 'CSV', location: 'us-central1' })
    expect(load.status).toMatchObject({ state: 'DONE' })
    const [rows] = await client.query({
      query: 'SELECT id, name, seen_at FROM node.events WHERE id > @least ORDER BY id',
      params: { least: 1 },
    })
    expect(rows).toEqual([{ id: 2, name: 'b', seen_at: client.timestamp('2020-01-02T00:00:00.000Z') }])
    expect((await table.getRows())[0]).toHaveLength(2)
    expect((await dataset.getTables())[0].map((found) => found.id)).toEqual(['events'])
  })

  it('reads a dry run: schema, bytes and referenced tables', async () => {
    const [job] = await client.createQueryJob({
      query: 'SELECT name FROM node.events',
      dryRun: true,
      location: 'us-central1',
    })
    expect(job.metadata.statistics).toMatchObject({
      totalBytesProcessed: '6',
      query: {
        schema: { fields: [{ name: 'name', type: 'STRING' }] },
        referencedTables: [{ tableId: 'events' }],
      },
    })
  })

  it('pages a large result by itself', async () => {
    const [rows] = await client.query({
      query: 'SELECT n FROM UNNEST(GENERATE_ARRAY(1, 2500)) AS n ORDER BY n',
      maxResults: 1000,
    })
    expect(rows.map((row) => row.n)).toEqual(Array.from({ length: 2500 }, (_, n) => n + 1))
  })

  it('sees errors with their reasons', async () => {
    await expect(client.query('SELECT * FROM node.nothing')).rejects.toMatchObject({
      code: 404,
      errors: [{ reason: 'notFound' }],
    })
    await expect(client.query('SELECT FROM')).rejects.toMatchObject({
      code: 400,
      errors: [{ reason: 'invalidQuery' }],
    })
    await expect(client.createDataset('node')).rejects.toMatchObject({ code: 409 })
  })

  it('sends If-Match from the metadata it holds, so that a lost update is refused', async () => {
    const [first] = await client.dataset('node').getMetadata()
    await client.dataset('node').setMetadata({ description: 'theirs' })
    await expect(
      client.dataset('node').setMetadata({ etag: first.etag, description: 'mine' }),
    ).rejects.toMatchObject({ code: 412 })
  })
})
