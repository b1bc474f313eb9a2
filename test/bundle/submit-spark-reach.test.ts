/**
 * What people bring to submit-spark: SQL with variables, an early start and a late wait, a limit on cost, and every
 * field of the service. Batches run for real; what the local cloud does not run is seen in the request.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestCloud, type TestCloud } from '../support/cloud.ts'
import {
  BATCHES,
  errorOf,
  openSparkJob,
  showBatch,
  STAGING,
  WORKLOAD,
  type SparkJob,
} from './submit-spark-jobs.ts'

let cloud: TestCloud
let job: SparkJob
beforeAll(async () => {
  cloud = await startTestCloud({ services: ['storage', 'dataproc'] })
  job = await openSparkJob(cloud)
  await job.write({
    'jobs/echo.py': 'import sys\nprint(sys.argv[1:])\n',
    'jobs/fails.py': 'raise ValueError("no")\n',
    'jobs/slow.py': 'import time\nprint("started", flush=True)\ntime.sleep(600)\n',
    'jobs/sum.sql': 'SELECT concat("total ", sum(d)) FROM (SELECT explode(sequence(1, ${last})) AS d);\n',
  })
})
afterAll(() => Promise.all([job?.close(), cloud?.close()]))

const requestOf = async (inputs: Record<string, string>): Promise<Record<string, unknown>> => {
  const result = await job.submit({ 'dry-run': 'true', ...inputs })
  expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
  const { steps } = JSON.parse(result.outputs.plan!) as { steps: { kind: string; after?: string }[] }
  return JSON.parse(steps.find(({ kind }) => kind === 'submit')!.after!) as Record<string, unknown>
}

describe('submit-spark', () => {
  it('runs a file of SQL with its variables', async () => {
    const result = await job.submit({ main: 'jobs/sum.sql', 'query-variables': 'last=4' })
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(result.log).toContain('│ total 10')
  }, 180_000)

  it('takes empty arguments and arguments of several lines', async () => {
    const result = await job.submit({ main: 'jobs/echo.py', 'args-json': '["a", "", "two\\nlines", " b "]' })
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(result.log).toContain("│ ['a', '', 'two\\nlines', ' b ']")
  }, 120_000)

  it('starts without waiting; a later job attaches, prints the whole output and reports', async () => {
    const started = await job.submit({ main: 'jobs/echo.py', args: 'later', wait: 'false' })
    expect([started.exitCode, errorOf(started)]).toEqual([0, ''])
    expect(['PENDING', 'RUNNING', 'SUCCEEDED']).toContain(started.outputs.state)
    expect(started.state).toEqual({})
    const attached = await job.submit(
      { attach: started.outputs['batch-id']!, 'service-account': '', 'staging-bucket': '' },
      { env: { GITHUB_JOB: 'finish' } },
    )
    expect([attached.exitCode, errorOf(attached), attached.outputs.state]).toEqual([0, '', 'SUCCEEDED'])
    expect(attached.log).toContain("│ ['later']")
    expect(attached.state.batchId).toBe(started.outputs['batch-id'])
  }, 120_000)

  it('of a batch that has failed, a look without waiting is red', async () => {
    const failed = await job.submit({ main: 'jobs/fails.py' })
    const looked = await job.submit({
      attach: failed.outputs['batch-id']!,
      wait: 'false',
      ...{ 'service-account': '', 'staging-bucket': '' },
    })
    expect([looked.exitCode, looked.outputs.state]).toEqual([1, 'FAILED'])
    expect(errorOf(looked)).toMatch(/Running batch fails-\S+: it failed: .*ValueError: no/)
  }, 120_000)

  it("never cancels another run's batch that it is attached to", async () => {
    const started = await job.submit({ main: 'jobs/slow.py', wait: 'false' })
    const id = started.outputs['batch-id']!
    const other = { env: { GITHUB_RUN_ID: '4712' } }
    const attached = await job.submit(
      { attach: id, 'max-cost-usd': '0.000001', 'price-per-dcu-hour-usd': '1000' },
      other,
    )
    expect([attached.exitCode, errorOf(attached)]).toEqual([
      1,
      expect.stringContaining('another run made it, so it is not cancelled'),
    ])
    await job.submit({ attach: id }, { ...other, entry: 'post', state: attached.state })
    expect((await showBatch(cloud, id)).state).toBe('RUNNING')
    const { operation } = (await showBatch(cloud, id)) as unknown as { operation: string }
    await cloud.fetchAs('ops', `/v1/${operation}:cancel`, { method: 'POST', body: {} })
  }, 120_000)

  it('cancels its batch beyond max-cost-usd', async () => {
    const result = await job.submit({
      main: 'jobs/slow.py',
      args: 'dear',
      'max-cost-usd': '0.01',
      'price-per-dcu-hour-usd': '1000',
    })
    expect([result.exitCode, result.outputs.state]).toEqual([1, 'CANCELLED'])
    expect(errorOf(result)).toContain('it had used more than $0.01 and was cancelled (max-cost-usd)')
    expect(result.annotations.map(({ message }) => message).join()).toContain(
      '$0.01 (max-cost-usd); cancelling it',
    )
  }, 120_000)

  it('asks for what the service offers, field by field', async () => {
    expect(
      await requestOf({
        main: 'gs://b0b/app.jar',
        'main-class': 'org.example.Main',
        args: '--day\n2026-11-01',
        jars: 'file:///usr/lib/spark/jars/extra.jar',
        archives: 'gs://b0b/env.tar.gz#environment',
        'container-image': 'us-docker.pkg.dev/p/r/image:1',
        'kms-key': 'projects/p/locations/us/keyRings/r/cryptoKeys/k',
        metastore: 'projects/p/locations/us-central1/services/m',
        'history-server': 'projects/p/regions/us-central1/clusters/h',
        cohort: 'nightly',
        autotuning: 'scaling, broadcast-hash-join',
        labels: 'Team=Naïve & Co',
      }),
    ).toEqual({
      sparkBatch: {
        mainClass: 'org.example.Main',
        args: ['--day', '2026-11-01'],
        jarFileUris: ['gs://b0b/app.jar', 'file:///usr/lib/spark/jars/extra.jar'],
        archiveUris: ['gs://b0b/env.tar.gz#environment'],
      },
      labels: expect.objectContaining({ team: 'naive-co', 'submit-spark-request': expect.any(String) }),
      runtimeConfig: {
        version: '2.3',
        containerImage: 'us-docker.pkg.dev/p/r/image:1',
        cohort: 'nightly',
        autotuningConfig: { scenarios: ['SCALING', 'BROADCAST_HASH_JOIN'] },
      },
      environmentConfig: {
        executionConfig: {
          serviceAccount: WORKLOAD,
          stagingBucket: STAGING,
          authenticationConfig: { userWorkloadAuthenticationType: 'SERVICE_ACCOUNT' },
          kmsKey: 'projects/p/locations/us/keyRings/r/cryptoKeys/k',
        },
        peripheralsConfig: {
          metastoreService: 'projects/p/locations/us-central1/services/m',
          sparkHistoryServerConfig: { dataprocCluster: 'projects/p/regions/us-central1/clusters/h' },
        },
      },
    })
  }, 60_000)

  it('says how a label is set when that is not how it was written', async () => {
    const result = await job.submit({ main: 'jobs/echo.py', labels: 'Team=Naïve', 'dry-run': 'true' })
    expect(result.summary).toContain('The label Team=Naïve is set as team=naive')
  })

  it('names the prices it counts with', async () => {
    const result = await job.submit({ main: 'jobs/echo.py', args: 'prices' })
    expect(result.summary).toContain('prices of us-central1, standard tier, read on 2026-09-28')
  }, 120_000)
})

describe('submit-spark refuses before anything is uploaded', () => {
  it.each([
    ['a wheel', { main: 'jobs/echo.py', 'py-files': 'dist/x-1.0-py3-none-any.whl' }, 'Unpack the wheel'],
    ['a class for Python', { main: 'jobs/echo.py', 'main-class': 'a.B' }, 'goes with a .jar main'],
    ['variables for Python', { main: 'jobs/echo.py', 'query-variables': 'a=1' }, 'goes with a .sql main'],
    [
      'both kinds of arguments',
      { main: 'jobs/echo.py', args: 'a', 'args-json': '["b"]' },
      'args is given as well',
    ],
    ['arguments that are not texts', { main: 'jobs/echo.py', 'args-json': '[1]' }, 'a JSON array of strings'],
    ['attach beside main', { main: 'jobs/echo.py', attach: 'some-batch' }, 'take one of the two out'],
    ['neither main nor attach', { main: '' }, 'main: it is required'],
    ['its own label', { main: 'jobs/echo.py', labels: 'submit-spark-request=x' }, 'is set by the action'],
  ])('%s', async (_name, inputs, words) => {
    const before = await (await cloud.fetchAs('ops', BATCHES)).text()
    const result = await job.submit({ ...inputs, 'dry-run': 'true' })
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining(words)])
    expect(await (await cloud.fetchAs('ops', BATCHES)).text()).toBe(before)
  })
})
