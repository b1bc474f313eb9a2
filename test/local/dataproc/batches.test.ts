import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { BatchControllerClient, protos } from '@google-cloud/dataproc'
import { OAuth2Client } from 'google-auth-library'
import { repoRoot, startTestCloud, type TestCloud } from '../../support/cloud.ts'
import {
  batchOf,
  BATCHES,
  createBatch,
  getBatch,
  putJob,
  readOutput,
  waitFor,
  WORKLOAD,
  STAGING,
} from '../../support/spark-batches.ts'

const WRITE_AND_READ = `
import os, sys
from pyspark.sql import SparkSession
from support_words import GREETING

spark = SparkSession.builder.getOrCreate()
spark.range(10).write.mode('overwrite').parquet(sys.argv[1])
print(GREETING, spark.read.parquet(sys.argv[1]).count(), 'rows', sys.argv[2])
print('secret', os.environ.get('CLICKSTREAM_TEST_SECRET'), 'zone', spark.conf.get('spark.sql.session.timeZone'))
`
/** Says when it runs, then waits; a child in a session of its own tries to stay behind. */
const SLEEP = `
import subprocess, time
child = subprocess.Popen(['sleep', '987'], start_new_session=True)
print('sleeping beside', child.pid, flush=True)
time.sleep(600)
`
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const pidIn = (output: string): number => Number(/sleeping beside (\d+)/.exec(output)![1])

async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 100))
}

describe('a Spark batch', () => {
  let cloud: TestCloud
  let nowShiftMs = 0
  beforeAll(async () => {
    process.env.CLICKSTREAM_TEST_SECRET = 'must not reach a job'
    cloud = await startTestCloud({ services: ['storage', 'dataproc'], now: () => Date.now() + nowShiftMs })
  })
  afterAll(async () => {
    delete process.env.CLICKSTREAM_TEST_SECRET
    await cloud.close()
  })

  async function startSleeping(batchId: string): Promise<number> {
    const main = await putJob(cloud, 'code/sleep.py', SLEEP)
    expect((await createBatch(cloud, `batchId=${batchId}`, batchOf(main))).status).toBe(200)
    for (;;) {
      const batch = await waitFor(cloud, batchId, ({ state }) => state === 'RUNNING')
      const output = await readOutput(cloud, batch)
      if (output.includes('sleeping beside')) return pidIn(output)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }

  it('runs with the official client: gs:// in and out, support code, output, usage, no inherited secret', async () => {
    const main = await putJob(cloud, 'code/write.py', WRITE_AND_READ)
    const zip = await zipOf('support_words.py', "GREETING = 'hello from the zip'\n")
    await cloud.cloud.storage.objects.put(
      cloud.cloud.identity.principalOf(WORKLOAD),
      STAGING,
      'code/support.zip',
      zip,
      'application/zip',
    )
    const authClient = new OAuth2Client()
    authClient.setCredentials({ access_token: cloud.tokenFor('ci-deploy') })
    const { hostname, port } = new URL(cloud.origin)
    const client = new BatchControllerClient({
      fallback: true,
      protocol: 'http',
      apiEndpoint: hostname,
      port: Number(port),
      projectId: 'caec-local',
      authClient: authClient as never,
    })
    const [operation] = await client.createBatch({
      parent: 'projects/caec-local/locations/us-central1',
      batchId: 'write-1',
      requestId: 'the-same-request',
      batch: {
        pysparkBatch: {
          mainPythonFileUri: main,
          pythonFileUris: [`gs://${STAGING}/code/support.zip`],
          args: ['gs://caec-local-lake/clean/', 'a b; $HOME "q"'],
        },
        labels: { team: 'data' },
        runtimeConfig: { version: '2.3', properties: { 'spark.executor.instances': '2' } },
        environmentConfig: { executionConfig: { serviceAccount: WORKLOAD, stagingBucket: STAGING } },
      },
    })
    const [batch] = await operation.promise()
    expect(batch).toMatchObject({
      state: protos.google.cloud.dataproc.v1.Batch.State.SUCCEEDED,
      creator: 'caec-ci-deploy@caec-local.iam.gserviceaccount.com',
      labels: { team: 'data' },
    })
    await client.close()

    const shown = await waitFor(
      cloud,
      'write-1',
      ({ runtimeInfo }) => runtimeInfo.approximateUsage !== undefined,
    )
    expect(shown.stateHistory.map(({ state }) => state)).toEqual(['PENDING', 'RUNNING'])
    expect(shown.runtimeInfo.approximateUsage).toEqual({
      milliDcuSeconds: expect.stringMatching(/^[1-9]\d*$/),
      shuffleStorageGbSeconds: expect.stringMatching(/^[1-9]\d*$/),
    })
    expect(shown.runtimeInfo.outputUri).toBe(
      `gs://${STAGING}/google-cloud-dataproc-metainfo/${shown.uuid}/jobs/srvls-batch-${shown.uuid}/driveroutput`,
    )
    const output = await readOutput(cloud, shown)
    expect(output).toContain('hello from the zip 10 rows a b; $HOME "q"')
    expect(output).toContain('secret None zone UTC')

    const again = await createBatch(cloud, 'batchId=write-1&requestId=the-same-request', batchOf(main))
    expect([again.status, again.json.name]).toEqual([200, shown.operation])
    const taken = await createBatch(cloud, 'batchId=write-1&requestId=another', batchOf(main))
    expect([taken.status, taken.json.error.status]).toEqual([409, 'ALREADY_EXISTS'])
  }, 120_000)

  it('fails with the exception of the job, and its operation carries it', async () => {
    const main = await putJob(cloud, 'code/raise.py', 'raise ValueError("the input is wrong")\n')
    await createBatch(cloud, 'batchId=raise-1', batchOf(main))
    const batch = await waitFor(cloud, 'raise-1', ({ state }) => state === 'FAILED')
    expect(batch.stateMessage).toContain('Job failed with message [ValueError: the input is wrong]')
    expect(await readOutput(cloud, batch)).toContain('Traceback (most recent call last):')
    const operation = await (await cloud.fetchAs('ci-deploy', `/v1/${batch.operation}`)).json()
    expect(operation).toMatchObject({ done: true, error: { code: 10, message: batch.stateMessage } })
  }, 60_000)

  it('reads with the rights of the workload account only', async () => {
    const main = await putJob(
      cloud,
      'code/steal.py',
      "from pyspark.sql import SparkSession\nSparkSession.builder.getOrCreate().read.text('gs://caec-local-dags/dags/').count()\n",
    )
    await createBatch(cloud, 'batchId=steal-1', batchOf(main))
    const batch = await waitFor(cloud, 'steal-1', ({ state }) => state === 'FAILED')
    expect(await readOutput(cloud, batch)).toContain(`${WORKLOAD} does not have storage.`)
  }, 90_000)

  it('cannot be deleted while it runs, is cancelled with everything it started, and queues the next', async () => {
    const child = await startSleeping('sleep-1')
    const refused = await cloud.fetchAs('ops', `${BATCHES}/sleep-1`, { method: 'DELETE' })
    expect([refused.status, (await refused.json()).error.status]).toEqual([400, 'FAILED_PRECONDITION'])
    const main = await putJob(cloud, 'code/sleep.py', SLEEP)
    await createBatch(cloud, 'batchId=queued-1', batchOf(main))
    expect((await getBatch(cloud, 'queued-1')).state).toBe('PENDING')
    for (const batchId of ['queued-1', 'sleep-1']) {
      const { operation } = await getBatch(cloud, batchId)
      const cancelled = await cloud.fetchAs('ci-deploy', `/v1/${operation}:cancel`, {
        method: 'POST',
        body: {},
      })
      expect([cancelled.status, await cancelled.json()]).toEqual([200, {}])
    }
    const batch = await waitFor(cloud, 'sleep-1', ({ state }) => state === 'CANCELLED')
    expect(batch.stateHistory.map(({ state }) => state)).toEqual(['PENDING', 'RUNNING', 'CANCELLING'])
    expect((await getBatch(cloud, 'queued-1')).stateHistory.map(({ state }) => state)).toEqual(['PENDING'])
    await gone(child)
    const operation = await (await cloud.fetchAs('ci-deploy', `/v1/${batch.operation}`)).json()
    expect(operation).toMatchObject({ done: true, error: { code: 1 } })
  }, 60_000)

  it('is ended when its time to live is over', async () => {
    const child = await startSleeping('ttl-1')
    nowShiftMs = 5 * 3600_000
    const batch = await waitFor(cloud, 'ttl-1', ({ state }) => state === 'CANCELLED')
    nowShiftMs = 0
    expect(batch.stateMessage).toContain('CANCELLED as ttl exceeded (14400s)')
    await gone(child)
  }, 60_000)
})

describe('a cloud that is killed while a batch runs', () => {
  it('leaves no process behind and shows the batch as failed after the restart', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'killed cloud '))
    const script = `import { startCloud } from ${JSON.stringify(join(repoRoot, 'local/cloud/server.ts'))}
      const cloud = await startCloud({ stateDir: ${JSON.stringify(stateDir)}, repoRoot: ${JSON.stringify(repoRoot)}, services: ['storage', 'dataproc'], log: () => {} })
      console.log(JSON.stringify({ origin: cloud.origin, token: cloud.identity.mintAccessToken('caec-data-eng@caec-local.iam.gserviceaccount.com') }))`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const line = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(String(data))),
    )
    const { origin, token } = JSON.parse(line) as { origin: string; token: string }
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(origin + path, {
        ...init,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      })
    await ask(`/upload/storage/v1/b/${STAGING}/o?uploadType=media&name=sleep.py`, {
      method: 'POST',
      body: SLEEP,
    })
    await ask(`${BATCHES}?batchId=killed-1`, {
      method: 'POST',
      body: JSON.stringify(batchOf(`gs://${STAGING}/sleep.py`)),
    })
    let log = ''
    while (!log.includes('sleeping beside')) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      const [run] = await readdir(join(stateDir, 'dataproc', 'runs')).catch(() => [])
      log = run
        ? await readFile(join(stateDir, 'dataproc', 'runs', run, 'driver.log'), 'utf8').catch(() => '')
        : ''
    }
    child.kill('SIGKILL')
    await gone(pidIn(log))
    const restarted = await startTestCloud({ stateDir, services: ['storage', 'dataproc'] })
    try {
      const batch = await getBatch(restarted, 'killed-1')
      expect(batch).toMatchObject({
        state: 'FAILED',
        stateMessage: expect.stringContaining('was interrupted'),
      })
      expect(await readdir(join(stateDir, 'dataproc')).then((names) => names.includes('runs'))).toBe(false)
    } finally {
      await restarted.close()
      await rm(stateDir, { recursive: true, force: true })
    }
  }, 60_000)
})

/** A stored (uncompressed) zip of one file, written by hand so that no tool of the machine is needed. */
async function zipOf(name: string, text: string): Promise<Buffer> {
  const { crc32 } = await import('node:zlib')
  const data = Buffer.from(text)
  const header = Buffer.alloc(26)
  header.writeUInt16LE(20, 0)
  header.writeUInt32LE(crc32(data), 10)
  header.writeUInt32LE(data.length, 14)
  header.writeUInt32LE(data.length, 18)
  header.writeUInt16LE(name.length, 22)
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), header, Buffer.from(name), data])
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\x00', 'latin1'),
    header,
    Buffer.alloc(14),
    Buffer.from(name),
  ])
  const end = Buffer.alloc(18)
  end.writeUInt16LE(1, 4)
  end.writeUInt16LE(1, 6)
  end.writeUInt32LE(central.length, 8)
  end.writeUInt32LE(local.length, 12)
  return Buffer.concat([local, central, Buffer.from('PK\x05\x06', 'latin1'), end])
}
