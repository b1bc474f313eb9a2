/**
 * Google's own clients, unmodified and through the whole credential chain, against the local cloud; each
 * exchange is held against Google's discovery documents.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BigQuery } from '@google-cloud/bigquery'
import { BatchControllerClient } from '@google-cloud/dataproc'
import { Storage } from '@google-cloud/storage'
import { IdentityPoolClient } from 'google-auth-library'
import { ensureChecks } from '../../local/toolchain/index.ts'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import { checkExchanges, type RecordedExchange, type Verdict } from './discovery.ts'
import { findDocuments, loadDiscovery } from './discovery-documents.ts'

type ClientOptions = NonNullable<ConstructorParameters<typeof BatchControllerClient>[0]>

const run = promisify(execFile)
const exchanges: RecordedExchange[] = []
let cloud: TestCloud
let python: string

beforeAll(async () => {
  python = (await ensureChecks(() => undefined)).python
  cloud = await startTestCloud({
    services: ['storage', 'bigquery', 'dataproc'],
    onExchange: (exchange) => exchanges.push(JSON.parse(JSON.stringify(exchange)) as RecordedExchange),
  })
}, 600_000)
afterAll(() => cloud.close())

/** The persona's credentials file, as the clients read it themselves from GOOGLE_APPLICATION_CREDENTIALS. */
function externalAccount(file: string): IdentityPoolClient {
  return new IdentityPoolClient({
    ...JSON.parse(readFileSync(file, 'utf8')),
    scopes: ['https://www.googleapis.com/auth/cloud-platform'],
  })
}

async function runPython(script: string, ...words: string[]): Promise<string> {
  const { env, personas } = cloud.cloud.describe()
  const environment = {
    ...process.env,
    ...env,
    GOOGLE_APPLICATION_CREDENTIALS: personas['data-eng'],
    API_ENDPOINT_OVERRIDE: cloud.origin,
  }
  const { stdout } = await run(python, [join(import.meta.dirname, script), ...words], {
    env: environment,
  }).catch((error: { stdout?: string; stderr?: string }) => {
    throw new Error(`${error.stdout}\n${error.stderr}`)
  })
  return stdout
}

/** Judges what was sent since the last call. */
function verdict(): Verdict {
  return checkExchanges(exchanges.splice(0), loadDiscovery(findDocuments(python)))
}

describe('contract with Google', () => {
  it('holds for the Python Storage client', async () => {
    const stdout = await runPython(
      'official_storage_client.py',
      cloud.cloud.environment.project,
      cloud.cloud.environment.buckets.staging,
    )
    expect(stdout.trim().split('\n').at(-1)).toBe('permissions')
    const { violations, byMethod } = verdict()
    expect(violations).toEqual([])
    expect(Object.keys(byMethod)).toEqual(
      expect.arrayContaining([
        'storage.objects.insert',
        'storage.objects.copy',
        'storage.objects.rewrite',
        'storage.batch',
        'sts.token',
        'iamcredentials.projects.serviceAccounts.generateAccessToken',
      ]),
    )
  }, 120_000)

  it('holds for the Node Storage client', async () => {
    const { environment } = cloud.cloud
    const storage = new Storage({
      apiEndpoint: cloud.origin,
      projectId: environment.project,
      useAuthWithCustomEndpoint: true,
      authClient: externalAccount(cloud.cloud.describe().personas['data-eng']!),
    })
    const bucket = storage.bucket(environment.buckets.staging)
    const file = bucket.file('node/contract.txt')
    await file.save('one', {
      resumable: false,
      validation: 'crc32c',
      preconditionOpts: { ifGenerationMatch: 0 },
      metadata: { cacheControl: 'no-store', metadata: { owner: 'x' } },
    })
    const [uri] = await bucket
      .file('node/resumable')
      .createResumableUpload({ metadata: { contentType: 'text/plain' } })
    await bucket.file('node/resumable').save('two', { uri })
    await file.copy(bucket.file('node/copied'))
    await bucket.file('node/copied').setMetadata({ metadata: { a: 'b' } })
    await bucket.combine([file, bucket.file('node/resumable')], bucket.file('node/combined'))
    expect((await bucket.file('node/combined').download())[0].toString()).toBe('onetwo')
    expect((await bucket.getFiles({ prefix: 'node/' }))[0].length).toBe(4)
    await bucket.deleteFiles({ prefix: 'node/' })
    await expect(file.getMetadata()).rejects.toMatchObject({ code: 404 })
    await bucket.getMetadata()
    const { violations, checked } = verdict()
    expect(violations).toEqual([])
    expect(checked).toBeGreaterThan(14)
  })

  it('holds for the Python BigQuery client', async () => {
    const { project, datasets } = cloud.cloud.environment
    const stdout = await runPython(
      'official_bigquery_client.py',
      project,
      cloud.origin,
      datasets.raw,
      datasets.raw,
    )
    expect(stdout.trim().split('\n').at(-1)).toBe('delete')
    const { violations, byMethod } = verdict()
    expect(violations).toEqual([])
    expect(Object.keys(byMethod)).toEqual(
      expect.arrayContaining([
        'bigquery.jobs.insert',
        'bigquery.jobs.getQueryResults',
        'bigquery.tables.insert',
        'bigquery.tables.patch',
      ]),
    )
  }, 120_000)

  it('holds for the Node BigQuery client', async () => {
    const { project, datasets, region } = cloud.cloud.environment
    const bigquery = new BigQuery({
      apiEndpoint: cloud.origin,
      projectId: project,
      authClient: externalAccount(cloud.cloud.describe().personas['data-eng']!),
    })
    const table = bigquery.dataset(datasets.raw).table('node_events')
    await table.create({
      schema: [
        { name: 'id', type: 'INTEGER' },
        { name: 'at', type: 'TIMESTAMP' },
      ],
    })
    await bigquery.query({
      query: `INSERT INTO ${datasets.raw}.node_events VALUES (1, TIMESTAMP '2026-01-01 00:00:00 UTC')`,
      location: region,
    })
    const [rows] = await bigquery.query({
      query: `SELECT id FROM ${datasets.raw}.node_events WHERE id = @id`,
      params: { id: 1 },
      location: region,
    })
    expect(rows).toEqual([{ id: 1 }])
    const [job] = await bigquery.createQueryJob({ query: 'SELECT 1 AS one', dryRun: true, location: region })
    expect(job.metadata.statistics.query.schema.fields[0].name).toBe('one')
    expect((await table.getRows())[0].length).toBe(1)
    expect((await bigquery.dataset(datasets.raw).getTables())[0].map((each) => each.id)).toContain(
      'node_events',
    )
    await table.setMetadata({ description: 'from Node' })
    await table.delete()
    const { violations, byMethod } = verdict()
    expect(violations).toEqual([])
    expect(Object.keys(byMethod)).toContain('bigquery.tabledata.list')
  }, 60_000)

  it('holds for the Node Dataproc client over REST', async () => {
    const { project, region } = cloud.cloud.environment
    const { hostname, port } = new URL(cloud.origin)
    const authClient = externalAccount(cloud.cloud.describe().personas['data-eng']!)
    const batches = new BatchControllerClient({
      apiEndpoint: hostname,
      port: Number(port),
      protocol: 'http',
      fallback: true,
      projectId: project,
      authClient,
    } as unknown as ClientOptions)
    const parent = `projects/${project}/locations/${region}`
    expect(
      (await batches.listBatches({ parent, filter: 'state = SUCCEEDED', orderBy: 'create_time desc' }))[0],
    ).toEqual([])
    await expect(batches.getBatch({ name: `${parent}/batches/none-such` })).rejects.toThrow(/none-such/)
    await expect(
      batches.createBatch({
        parent,
        batchId: 'x',
        requestId: 'one',
        batch: { pysparkBatch: { mainPythonFileUri: 'gs://b/x.py' }, labels: { team: 'a' } },
      }),
    ).rejects.toThrow(/INVALID_ARGUMENT/)
    await batches.close()
    const { violations, byMethod } = verdict()
    expect(violations).toEqual([])
    expect(byMethod['dataproc.projects.locations.batches.list']!.clients).toEqual({
      'Google client for Node': 1,
    })
  })
})
