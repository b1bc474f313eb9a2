/**
 * The batches and operations methods of Managed Service for Apache Spark; it checks who asks and hands the
 * work to batch-runs.
 */
import { randomUUID } from 'node:crypto'
import {
  CloudError,
  type CloudRequest,
  type Principal,
  type Reply,
  type Route,
  type Service,
} from '../kernel.ts'
import {
  batchName,
  isTerminal,
  newRecord,
  showBatch,
  showOperation,
  type BatchRecord,
} from './batch-record.ts'
import { listBatches } from './batch-list.ts'
import { fieldsWithoutEffect, readBatch } from './batch-request.ts'
import { openBatchRuns, type RunRooms } from './batch-runs.ts'
import { openBatchStore } from './batch-store.ts'
import { requireAt } from '../location.ts'
import { missingSubnetwork, subnetworkOf } from '../subnetwork.ts'
import { invalid, readMessage, readQuery } from '../message-fields.ts'

export async function createDataproc(room: RunRooms): Promise<Service> {
  const { access, environment } = room
  const store = await openBatchStore(room.stateDir)
  const runs = await openBatchRuns(room, store)
  const place = { project: environment.project }

  function requireIn(request: CloudRequest, permission: string, tail = ''): string {
    const kind = tail.startsWith('/batches/')
      ? 'Batch'
      : tail.startsWith('/operations/')
        ? 'Operation'
        : 'Location'
    requireAt(request, room, permission, { tail, type: `dataproc.googleapis.com/${kind}` })
    return environment.region
  }

  async function createBatch(request: CloudRequest): Promise<Reply> {
    const query = readQuery(request.url, ['batchId', 'requestId'])
    const location = requireIn(request, 'dataproc.batches.create')
    const batch = readBatch(await request.json(), { stagingBucket: environment.buckets.staging })
    const subnetwork = batch.environmentConfig.executionConfig.subnetworkUri
    const missing = subnetwork && missingSubnetwork(environment, subnetwork)
    if (missing)
      throw invalid(
        'batch.environment_config.execution_config.subnetwork_uri',
        `The resource '${missing.slice(0, 300)}' was not found`,
      )
    const batchId = query.batchId || randomUUID()
    if (!/^[a-z0-9][a-z0-9-]{2,61}[a-z0-9]$/.test(batchId))
      throw invalid(
        'batch_id',
        `Invalid batch id ${JSON.stringify(batchId.slice(0, 80))}: it must be 4-63 characters of lowercase letters, digits and hyphens.`,
      )
    const requestId = query.requestId || undefined
    if (requestId !== undefined && !/^[A-Za-z0-9_-]{1,40}$/.test(requestId))
      throw invalid('request_id', 'Invalid request id: at most 40 letters, digits, underscores and hyphens.')
    requireActAs(request.principal, batch.environmentConfig.executionConfig.serviceAccount)
    const earlier =
      requestId &&
      store.all().find((record) => record.requestId === requestId && record.location === location)
    if (earlier) return { json: showOperation(earlier, place) }
    if (store.find(location, batchId))
      throw new CloudError(
        409,
        'alreadyExists',
        `Already exists: Failed to create batch: Batch projects/${place.project}/locations/${location}/batches/${batchId}`,
      )
    const record = newRecord(
      {
        uuid: randomUUID(),
        batchId,
        location,
        operationId: randomUUID(),
        requestId,
        request: batch,
        createdMs: room.now(),
      },
      request.principal,
    )
    const own = subnetworkOf(environment)
    if (subnetwork === undefined && own !== undefined)
      room.log(
        `dataproc: batch ${batchId} names no subnet: Google would take the network default; this environment's is ${own}`,
      )
    const idle = fieldsWithoutEffect(batch)
    if (idle.length > 0)
      room.log(`dataproc: batch ${batchId} has ${idle.join(', ')}, kept and shown; here it has no effect`)
    await runs.submit(record)
    return { json: showOperation(record, place) }
  }

  function requireActAs(principal: Principal, account: string): void {
    if (!Object.values(environment.serviceAccounts).includes(account))
      throw new CloudError(404, 'notFound', `Service account ${account} does not exist.`)
    access.require(principal, 'iam.serviceAccounts.actAs', {
      name: `projects/${place.project}/serviceAccounts/${account}`,
      type: 'iam.googleapis.com/ServiceAccount',
      service: 'iam.googleapis.com',
    })
  }

  function findBatch(request: CloudRequest, permission: string): BatchRecord {
    const { batch } = request.params as { batch: string }
    const location = requireIn(request, permission, `/batches/${batch}`)
    const record = store.find(location, batch)
    if (!record)
      throw new CloudError(
        404,
        'notFound',
        `Not found: Batch projects/${place.project}/locations/${location}/batches/${batch}`,
      )
    return record
  }

  function findOperation(request: CloudRequest, permission: string): BatchRecord {
    const { operation } = request.params as { operation: string }
    const location = requireIn(request, permission, `/operations/${operation}`)
    const record = store.all().find((one) => one.operationId === operation && one.location === location)
    if (!record)
      throw new CloudError(
        404,
        'notFound',
        `Not found: Operation projects/${place.project}/regions/${location}/operations/${operation}`,
      )
    return record
  }

  function list(request: CloudRequest): Reply {
    const query = readQuery(request.url, ['pageSize', 'pageToken', 'filter', 'orderBy'])
    const location = requireIn(request, 'dataproc.batches.list')
    const page = listBatches(
      store.all().filter((record) => record.deletedMs === undefined && record.location === location),
      query,
    )
    return {
      json: {
        batches: page.records.map((record) => showBatch(record, place)),
        ...(page.nextPageToken ? { nextPageToken: page.nextPageToken } : {}),
      },
    }
  }

  async function deleteBatch(request: CloudRequest): Promise<Reply> {
    readQuery(request.url, [])
    const record = findBatch(request, 'dataproc.batches.delete')
    if (!isTerminal(record)) {
      throw new CloudError(
        400,
        'failedPrecondition',
        `Batch ${batchName(record, place)} is in state ${record.states.at(-1)!.state} and cannot be deleted; it must be CANCELLED, SUCCEEDED or FAILED.`,
        { rpcStatus: 'FAILED_PRECONDITION' },
      )
    }
    record.deletedMs = room.now()
    await store.save(record)
    return { json: {} }
  }

  async function cancelOperation(request: CloudRequest): Promise<Reply> {
    readQuery(request.url, [])
    const record = findOperation(request, 'dataproc.operations.cancel')
    readMessage(await request.json(), {}, '')
    await runs.cancel(record)
    return { json: {} }
  }

  function listOperations(request: CloudRequest): Reply {
    const query = readQuery(request.url, ['pageSize', 'pageToken', 'filter', 'returnPartialSuccess'])
    if (query.filter)
      throw new CloudError(
        501,
        'notImplemented',
        'A filter on operations is not implemented by the local cloud.',
      )
    const location = requireIn(request, 'dataproc.operations.list')
    const page = listBatches(
      store.all().filter((record) => record.location === location),
      query,
    )
    return {
      json: {
        operations: page.records.map((record) => showOperation(record, place)),
        ...(page.nextPageToken ? { nextPageToken: page.nextPageToken } : {}),
      },
    }
  }

  const getOperation = (request: CloudRequest): Reply => {
    readQuery(request.url, [])
    return { json: showOperation(findOperation(request, 'dataproc.operations.get'), place) }
  }
  const getBatch = (request: CloudRequest): Reply => {
    readQuery(request.url, [])
    return { json: showBatch(findBatch(request, 'dataproc.batches.get'), place) }
  }

  const batches = '/v1/projects/{project}/locations/{location}/batches'
  // The operation of a batch is named under regions; clients that know it from a location ask there.
  const operationRoutes = ['locations', 'regions'].flatMap((parent): Route[] => {
    const id = `dataproc.projects.${parent}.operations`
    const path = `/v1/projects/{project}/${parent}/{location}/operations`
    return [
      { id: `${id}.list`, method: 'GET', path, handler: listOperations },
      { id: `${id}.get`, method: 'GET', path: `${path}/{operation}`, handler: getOperation },
      { id: `${id}.cancel`, method: 'POST', path: `${path}/{operation}:cancel`, handler: cancelOperation },
    ]
  })
  return {
    name: 'dataproc',
    errorStyle: 'rpc',
    close: runs.close,
    routes: [
      {
        id: 'dataproc.projects.locations.batches.create',
        method: 'POST',
        path: batches,
        handler: createBatch,
      },
      { id: 'dataproc.projects.locations.batches.list', method: 'GET', path: batches, handler: list },
      {
        id: 'dataproc.projects.locations.batches.get',
        method: 'GET',
        path: `${batches}/{batch}`,
        handler: getBatch,
      },
      {
        id: 'dataproc.projects.locations.batches.delete',
        method: 'DELETE',
        path: `${batches}/{batch}`,
        handler: deleteBatch,
      },
      ...operationRoutes,
    ],
  }
}
