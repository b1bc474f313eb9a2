import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startTestCloud, type TestCloud } from '../../support/cloud.ts'
import { batchOf, BATCHES, createBatch, WORKLOAD } from '../../support/spark-batches.ts'

const MAIN = 'gs://caec-local-staging/code/absent.py'

describe('requests for batches', () => {
  let cloud: TestCloud
  beforeAll(async () => {
    cloud = await startTestCloud({ services: ['storage', 'dataproc'] })
  })
  afterAll(() => cloud.close())

  const execution = (fields: Record<string, unknown>) => batchOf(MAIN, {}, fields)
  const cases: {
    name: string
    query?: string
    body: Record<string, unknown>
    status: number
    rpcStatus: string
    message: string
  }[] = [
    {
      name: 'an unknown field',
      body: { ...batchOf(MAIN), nonsense: 1 },
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'Invalid JSON payload received. Unknown name "nonsense" at \'batch\': Cannot find field.',
    },
    {
      name: 'an unknown nested field',
      body: batchOf(MAIN, { mainFile: 'x' }),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'Unknown name "mainFile" at \'batch.pysparkBatch\'',
    },
    {
      name: 'a wrong type',
      body: batchOf(MAIN, { args: 'one' }),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: "Invalid value at 'batch.pysparkBatch.args'",
    },
    {
      name: 'an unknown query parameter',
      query: 'batchId=b-0001&speed=9',
      body: batchOf(MAIN),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'Unknown name "speed": Cannot bind query parameter.',
    },
    {
      name: 'no workload',
      body: {},
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'Batch config is required',
    },
    {
      name: 'a short id',
      query: 'batchId=abc',
      body: batchOf(MAIN),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: '4-63 characters',
    },
    {
      name: 'an id with capitals',
      query: 'batchId=ABCDE',
      body: batchOf(MAIN),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: '4-63 characters',
    },
    {
      name: 'a main file that is no Python',
      body: batchOf('gs://caec-local-staging/code/job.txt'),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'Unsupported file type',
    },
    {
      name: 'a file of this machine',
      body: batchOf('file:///etc/passwd.py'),
      status: 501,
      rpcStatus: 'UNIMPLEMENTED',
      message: "of the managed runtime's image is not implemented",
    },
    {
      name: 'a file name that Spark would split',
      body: batchOf(MAIN, { fileUris: ['gs://caec-local-staging/a,b.txt'] }),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'Invalid file name',
    },
    {
      name: 'a staging bucket given as a URI',
      body: execution({ stagingBucket: 'gs://caec-local-staging' }),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'a bucket name is needed',
    },
    {
      name: 'a ttl under ten minutes',
      body: execution({ ttl: '599s' }),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'between 10 minutes and 14 days',
    },
    {
      name: 'an idle ttl',
      body: execution({ idleTtl: '600s' }),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'idle_ttl cannot be set',
    },
    {
      name: 'a property that would take the batch elsewhere',
      body: { ...batchOf(MAIN), runtimeConfig: { properties: { 'spark.master': 'yarn' } } },
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'unsupported properties: [spark.master]',
    },
    {
      name: 'a label key with capitals',
      body: { ...batchOf(MAIN), labels: { Team: 'x' } },
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'Invalid label key',
    },
    {
      name: 'an R batch',
      body: { sparkRBatch: { mainRFileUri: 'gs://b0b/q.R' } },
      status: 501,
      rpcStatus: 'UNIMPLEMENTED',
      message: 'batch.sparkRBatch is not implemented',
    },
    {
      name: 'a network, of which the environment has none to name',
      body: execution({ networkUri: 'nothing' }),
      status: 501,
      rpcStatus: 'UNIMPLEMENTED',
      message: 'batch.environmentConfig.executionConfig.networkUri is not implemented',
    },
    {
      name: 'a network beside a subnet',
      body: execution({ networkUri: 'default', subnetworkUri: 'caec' }),
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: "oneof field 'network' is already set",
    },
    {
      name: 'a file of the managed image',
      body: { sparkBatch: { mainJarFileUri: 'file:///usr/lib/spark/examples/jars/spark-examples.jar' } },
      status: 501,
      rpcStatus: 'UNIMPLEMENTED',
      message: "of the managed runtime's image is not implemented",
    },
    {
      name: 'a jar and a class to begin with',
      body: { sparkBatch: { mainJarFileUri: 'gs://b0b/a.jar', mainClass: 'X' } },
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: "oneof field 'driver' is already set",
    },
    {
      name: 'SQL that is not a file of SQL',
      body: { sparkSqlBatch: { queryFileUri: 'gs://b0b/q.txt' } },
      status: 400,
      rpcStatus: 'INVALID_ARGUMENT',
      message: 'Unsupported file type',
    },
    {
      name: 'another runtime',
      body: { ...batchOf(MAIN), runtimeConfig: { version: '3.0' } },
      status: 501,
      rpcStatus: 'UNIMPLEMENTED',
      message: 'runtime version "3.0"',
    },
    {
      name: 'a container image',
      body: { ...batchOf(MAIN), runtimeConfig: { containerImage: 'x' } },
      status: 501,
      rpcStatus: 'UNIMPLEMENTED',
      message: 'batch.runtimeConfig.containerImage',
    },
    {
      name: 'end user credentials',
      body: execution({ authenticationConfig: { userWorkloadAuthenticationType: 'END_USER_CREDENTIALS' } }),
      status: 501,
      rpcStatus: 'UNIMPLEMENTED',
      message: 'END_USER_CREDENTIALS',
    },
    {
      name: 'no workload account',
      body: execution({ serviceAccount: undefined }),
      status: 501,
      rpcStatus: 'UNIMPLEMENTED',
      message: 'default compute account',
    },
    {
      name: 'an account that does not exist',
      body: execution({ serviceAccount: 'nobody@caec-local.iam.gserviceaccount.com' }),
      status: 404,
      rpcStatus: 'NOT_FOUND',
      message: 'nobody@caec-local.iam.gserviceaccount.com does not exist',
    },
  ]
  it.each(cases)('refuses $name', async ({ query = 'batchId=b-0001', body, status, rpcStatus, message }) => {
    const { status: found, json } = await createBatch(cloud, query, body)
    expect({ found, error: json.error }).toMatchObject({
      found: status,
      error: { code: status, status: rpcStatus, message: expect.stringContaining(message) },
    })
  })

  it('refuses who may not create batches, and who may not act as the workload account', async () => {
    const denied = await createBatch(cloud, 'batchId=b-0001', batchOf(MAIN), 'analyst')
    expect([denied.status, denied.json.error.message]).toEqual([
      403,
      expect.stringContaining('dataproc.batches.create'),
    ])
    const notAs = await createBatch(
      cloud,
      'batchId=b-0001',
      batchOf(MAIN, {}, { serviceAccount: 'caec-ops@caec-local.iam.gserviceaccount.com' }),
    )
    expect([notAs.status, notAs.json.error.status, notAs.json.error.message]).toEqual([
      403,
      'PERMISSION_DENIED',
      expect.stringContaining('iam.serviceAccounts.actAs'),
    ])
  })

  it('says not found for batches and operations that are not there, and refuses another region', async () => {
    expect((await cloud.fetchAs('ci-deploy', `${BATCHES}/nothing`)).status).toBe(404)
    expect(
      (await cloud.fetchAs('ci-deploy', '/v1/projects/caec-local/regions/us-central1/operations/none'))
        .status,
    ).toBe(404)
    expect(
      (await cloud.fetchAs('ci-deploy', '/v1/projects/caec-local/locations/europe-west1/batches/nothing'))
        .status,
    ).toBe(501)
    expect(
      (await cloud.fetchAs('ci-deploy', '/v1/projects/other/locations/us-central1/batches/nothing')).status,
    ).toBe(403)
  })

  it('fails a batch whose file is missing, with the file in its message, and then lists, filters, pages and deletes it', async () => {
    for (const batchId of ['gone-1', 'gone-2', 'gone-3']) {
      const { status } = await createBatch(cloud, `batchId=${batchId}`, {
        ...batchOf(MAIN),
        labels: { number: batchId.slice(-1) },
      })
      expect(status).toBe(200)
    }
    const list = async (query: string) =>
      (await (await cloud.fetchAs('ci-deploy', `${BATCHES}?${query}`)).json()) as {
        batches: { name: string; state: string; stateMessage: string }[]
        nextPageToken?: string
        error?: { message: string }
      }
    let all = await list('')
    while (all.batches.some(({ state }) => state !== 'FAILED')) {
      await new Promise((resolve) => setTimeout(resolve, 200))
      all = await list('')
    }
    expect(all.batches[0]!.stateMessage).toContain(`Job failed with message [File not found: ${MAIN}]`)
    const names = (page: { batches: { name: string }[] }) =>
      page.batches.map(({ name }) => name.split('/').at(-1))
    expect(names(await list(`filter=${encodeURIComponent('labels.number = 2 AND state = FAILED')}`))).toEqual(
      ['gone-2'],
    )
    expect(
      names(
        await list(
          `filter=${encodeURIComponent('batch_id = "gone-1" OR batch_id = "gone-3"')}&orderBy=create_time`,
        ),
      ).sort(),
    ).toEqual(['gone-1', 'gone-3'])
    expect((await list('filter=speed%20%3D%203')).error!.message).toContain('unknown field "speed"')
    const first = await list('pageSize=2')
    const second = await list(`pageSize=2&pageToken=${first.nextPageToken}`)
    expect([...names(first), ...names(second)]).toEqual(names(all))
    expect(second.nextPageToken).toBeUndefined()
    expect((await cloud.fetchAs('ci-deploy', `${BATCHES}/gone-1`, { method: 'DELETE' })).status).toBe(403)
    const deleted = await cloud.fetchAs('ops', `${BATCHES}/gone-1`, { method: 'DELETE' })
    expect([deleted.status, await deleted.json()]).toEqual([200, {}])
    expect((await cloud.fetchAs('ci-deploy', `${BATCHES}/gone-1`)).status).toBe(404)
  })

  it.each([
    ['caec', 200],
    ['projects/caec-local/regions/us-central1/subnetworks/caec', 200],
    ['https://www.googleapis.com/compute/v1/projects/caec-local/regions/us-central1/subnetworks/caec', 200],
    ['default', 200],
    // Of other projects this cloud knows nothing.
    ['projects/host/regions/us-central1/subnetworks/shared', 200],
    ['cacc', 400],
    ['projects/caec-local/regions/europe-west1/subnetworks/caec', 400],
  ])('runs in the subnet %s, or says that it is not there', async (subnetworkUri, status) => {
    const answer = await createBatch(cloud, `batchId=subnet-${subnetworkUri.length}-${status}`, {
      pysparkBatch: { mainPythonFileUri: MAIN },
      environmentConfig: { executionConfig: { serviceAccount: WORKLOAD, subnetworkUri } },
    })
    expect(answer.status).toBe(status)
    if (status === 400)
      expect(answer.json.error).toMatchObject({
        status: 'INVALID_ARGUMENT',
        message: expect.stringMatching(
          /The resource 'projects\/caec-local\/regions\/[a-z0-9-]+\/subnetworks\/ca[ce]c' was not found/,
        ),
      })
  })

  it('says that a batch without a subnet would run in the default network', async () => {
    const said = () => cloud.lines.filter((line) => line.includes('names no subnet'))
    const before = said().length
    await createBatch(cloud, 'batchId=without-subnet', batchOf(MAIN))
    expect(said().slice(before)).toEqual([
      "dataproc: batch without-subnet names no subnet: Google would take the network default; this environment's is projects/caec-local/regions/us-central1/subnetworks/caec",
    ])
  })

  it('says which fields of a batch have no effect here', async () => {
    const said = () => cloud.lines.filter((line) => line.includes('has no effect'))
    const before = said().length
    await createBatch(cloud, 'batchId=without-effect', {
      ...execution({ networkTags: ['spark'], resourceManagerTags: { 'tagKeys/1': 'tagValues/2' } }),
      runtimeConfig: { cohort: 'nightly' },
    })
    expect(said().slice(before)).toEqual([
      'dataproc: batch without-effect has environmentConfig.executionConfig.networkTags, environmentConfig.executionConfig.resourceManagerTags, runtimeConfig.cohort, kept and shown; here it has no effect',
    ])
  })

  it('takes enum numbers and snake_case as proto JSON does', async () => {
    const body = {
      pyspark_batch: { main_python_file_uri: MAIN },
      runtime_config: { version: '2.3' },
      environment_config: {
        execution_config: {
          service_account: WORKLOAD,
          authentication_config: { user_workload_authentication_type: 1 },
        },
      },
    }
    const { status, json } = await createBatch(cloud, 'batch_id=snake-1&$alt=json;enum-encoding=int', body)
    expect([status, json.metadata.batch]).toEqual([
      200,
      'projects/caec-local/locations/us-central1/batches/snake-1',
    ])
  })
})
