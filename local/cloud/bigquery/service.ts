/**
 * BigQuery's REST API over one DuckDB file: the table of its methods and the order in which its parts open.
 * It refuses by name what it does not do.
 */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import {
  CloudError,
  type CloudRequest,
  type Reply,
  type Route,
  type Service,
  type ServiceContext,
} from '../kernel.ts'
import type { ObjectStore } from '../storage/object-store.ts'
import { selectFields } from '../storage/partial-response.ts'
import { Authority } from './access/authority.ts'
import { present } from './engine/request-body.ts'
import { Warehouse } from './engine/warehouse.ts'
import { JobDesk } from './jobs/job-desk.ts'
import { cancelJob, deleteJob, getJob, getQueryResults, insertJob, listJobs, runQuery } from './jobs/jobs.ts'
import { Sessions } from './jobs/sessions.ts'
import { listTableData } from './jobs/query-results.ts'
import { Uploads } from './loads/uploads.ts'
import { expirePartitions } from './resources/partition-expiration.ts'
import {
  changeDataset,
  deleteDataset,
  findDataset,
  getDataset,
  insertDataset,
  listDatasets,
} from './resources/datasets.ts'
import {
  deleteRoutine,
  getRoutine,
  insertRoutine,
  listRoutines,
  updateRoutine,
} from './resources/routines.ts'
import { provisionDatasets } from './resources/provision.ts'
import { getTablePolicy, setTablePolicy, testTablePermissions } from './resources/table-policy.ts'
import { changeTable, deleteTable, getTable, insertTable, listTables } from './resources/tables.ts'
import { checkProject, type Room } from './room.ts'
import { createCompiler } from './sql/index.ts'
import type { Compiler } from './sql/types.ts'

export type BigQueryContext = ServiceContext & {
  readonly objects: ObjectStore
  /** Default: the compiler of `sql/`. */ readonly compiler?: Compiler
}

type Handler = (request: CloudRequest) => Promise<Reply> | Reply

const housekeepingMs = 600_000
const jobLifetimeMs = 180 * 86_400_000

export async function createBigQuery(context: BigQueryContext): Promise<Service> {
  await mkdir(context.stateDir, { recursive: true, mode: 0o700 })
  const compiler = context.compiler ?? (await createCompiler())
  const warehouse = await Warehouse.open(context.stateDir)
  const { access, environment, origin, now, log, objects } = context
  const room: Room = {
    warehouse,
    compiler,
    objects,
    sessions: new Sessions(),
    environment,
    access,
    origin,
    now,
    log,
    authority: new Authority(access, environment, warehouse),
  }
  const desk = new JobDesk(room)
  await desk.recover()
  await provisionDatasets(room)
  const keepHouse = async (): Promise<void> => {
    await warehouse.purgeExpired(now(), jobLifetimeMs)
    await expirePartitions(room)
    await room.sessions.closeExpired(room)
  }
  await keepHouse()
  const uploads = new Uploads(room, desk, path.join(context.stateDir, 'uploads'))
  await uploads.open()
  const timer = setInterval(
    () => void keepHouse().catch((error: Error) => log(`bigquery housekeeping: ${error.message}`)),
    housekeepingMs,
  )
  timer.unref()
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    clearInterval(timer)
    await desk.close()
    warehouse.close()
  }
  return {
    name: 'bigquery',
    errorStyle: 'legacy',
    routes: createRoutes(room, desk, uploads),
    idleParameters: {
      'bigquery.jobs.get': ['projection'],
      'bigquery.jobs.cancel': ['projection'],
      // One project and no model: there is no second page.
      'bigquery.projects.list': ['maxResults', 'pageToken'],
      'bigquery.models.list': ['maxResults', 'pageToken'],
    },
    close: () => (closing ??= close()),
  }
}

function createRoutes(room: Room, desk: JobDesk, uploads: Uploads): Route[] {
  const dataset = '/datasets/{datasetId}'
  const table = `${dataset}/tables/{tableId}`
  const routine = `${dataset}/routines/{routineId}`
  const methods: readonly (readonly [string, Route['method'], string, Handler])[] = [
    ['projects.list', 'GET', '', (request) => listProjects(room, request)],
    [
      'projects.getServiceAccount',
      'GET',
      '/{projectId}/serviceAccount',
      (request) => getServiceAccount(room, request),
    ],
    ['datasets.list', 'GET', '/{projectId}/datasets', (request) => listDatasets(room, request)],
    ['datasets.insert', 'POST', '/{projectId}/datasets', (request) => insertDataset(room, request)],
    ['datasets.get', 'GET', `/{projectId}${dataset}`, (request) => getDataset(room, request)],
    ['datasets.patch', 'PATCH', `/{projectId}${dataset}`, (request) => changeDataset(room, request, true)],
    ['datasets.update', 'PUT', `/{projectId}${dataset}`, (request) => changeDataset(room, request, false)],
    ['datasets.delete', 'DELETE', `/{projectId}${dataset}`, (request) => deleteDataset(room, request)],
    ['tables.list', 'GET', `/{projectId}${dataset}/tables`, (request) => listTables(room, request)],
    ['tables.insert', 'POST', `/{projectId}${dataset}/tables`, (request) => insertTable(room, request)],
    ['tables.get', 'GET', `/{projectId}${table}`, (request) => getTable(room, request)],
    ['tables.patch', 'PATCH', `/{projectId}${table}`, (request) => changeTable(room, request, true)],
    ['tables.update', 'PUT', `/{projectId}${table}`, (request) => changeTable(room, request, false)],
    ['tables.delete', 'DELETE', `/{projectId}${table}`, (request) => deleteTable(room, request)],
    [
      'tables.getIamPolicy',
      'POST',
      `/{projectId}${table}:getIamPolicy`,
      (request) => getTablePolicy(room, request),
    ],
    [
      'tables.setIamPolicy',
      'POST',
      `/{projectId}${table}:setIamPolicy`,
      (request) => setTablePolicy(room, request),
    ],
    [
      'tables.testIamPermissions',
      'POST',
      `/{projectId}${table}:testIamPermissions`,
      (request) => testTablePermissions(room, request),
    ],
    ['tabledata.list', 'GET', `/{projectId}${table}/data`, (request) => listTableData(room, request)],
    [
      'models.list',
      'GET',
      `/{projectId}${dataset}/models`,
      (request) => listNothing(room, request, 'bigquery.models.list'),
    ],
    ['routines.list', 'GET', `/{projectId}${dataset}/routines`, (request) => listRoutines(room, request)],
    ['routines.insert', 'POST', `/{projectId}${dataset}/routines`, (request) => insertRoutine(room, request)],
    ['routines.get', 'GET', `/{projectId}${routine}`, (request) => getRoutine(room, request)],
    ['routines.update', 'PUT', `/{projectId}${routine}`, (request) => updateRoutine(room, request)],
    ['routines.delete', 'DELETE', `/{projectId}${routine}`, (request) => deleteRoutine(room, request)],
    ['jobs.list', 'GET', '/{projectId}/jobs', (request) => listJobs(room, request)],
    ['jobs.insert', 'POST', '/{projectId}/jobs', (request) => insertJob(room, desk, request)],
    ['jobs.get', 'GET', '/{projectId}/jobs/{jobId}', (request) => getJob(room, desk, request)],
    ['jobs.cancel', 'POST', '/{projectId}/jobs/{jobId}/cancel', (request) => cancelJob(room, desk, request)],
    [
      'jobs.delete',
      'DELETE',
      '/{projectId}/jobs/{jobId}/delete',
      (request) => deleteJob(room, desk, request),
    ],
    ['jobs.query', 'POST', '/{projectId}/queries', (request) => runQuery(room, desk, request)],
    [
      'jobs.getQueryResults',
      'GET',
      '/{projectId}/queries/{jobId}',
      (request) => getQueryResults(room, desk, request),
    ],
    ...refusedMethods(dataset, table),
  ]
  const routes = methods.flatMap(([id, method, suffix, handler]): Route[] => [
    { id: `bigquery.${id}`, method, path: `/bigquery/v2/projects${suffix}`, handler: withFields(handler) },
    { id: `bigquery.${id}`, method, path: `/projects${suffix}`, handler: withFields(handler) },
    // bq describes a table's policy by a document of its own, whose paths repeat what ends the override.
    ...(/^tables\..*Iam/.test(id)
      ? [
          {
            id: `bigquery.${id}`,
            method,
            path: `/bigquery/v2/bigquery/v2/projects${suffix}`,
            handler: withFields(handler),
          },
        ]
      : []),
  ])
  const uploadRoutes = [
    '/upload/bigquery/v2',
    '/resumable/upload/bigquery/v2',
    '/upload',
    '/bigquery/v2/upload',
  ].flatMap((base): Route[] => [
    {
      id: 'bigquery.jobs.insert',
      method: 'POST',
      path: `${base}/projects/{projectId}/jobs`,
      handler: (request) => uploads.insert(request),
    },
    {
      id: 'bigquery.jobs.insert',
      method: 'PUT',
      path: `${base}/projects/{projectId}/jobs`,
      handler: (request) => uploads.resume(request),
    },
  ])
  return [...routes, ...uploadRoutes]
}

/** Google's methods that exist, are known here, and are not done. */
function refusedMethods(
  dataset: string,
  table: string,
): (readonly [string, Route['method'], string, Handler])[] {
  const refuse =
    (id: string): Handler =>
    () => {
      throw new CloudError(501, 'notImplemented', `bigquery.${id} is not supported by the local BigQuery.`)
    }
  const known: readonly (readonly [string, Route['method'], string])[] = [
    ['datasets.undelete', 'POST', `/{projectId}${dataset}:undelete`],
    ['tabledata.insertAll', 'POST', `/{projectId}${table}/insertAll`],
    ['models.get', 'GET', `/{projectId}${dataset}/models/{modelId}`],
    ['models.patch', 'PATCH', `/{projectId}${dataset}/models/{modelId}`],
    ['models.delete', 'DELETE', `/{projectId}${dataset}/models/{modelId}`],
    ['rowAccessPolicies.list', 'GET', `/{projectId}${table}/rowAccessPolicies`],
    ['rowAccessPolicies.insert', 'POST', `/{projectId}${table}/rowAccessPolicies`],
  ]
  return known.map(([id, method, path]) => [id, method, path, refuse(id)] as const)
}

function listProjects(room: Room, { principal }: CloudRequest): Reply {
  const { project, projectNumber } = room.environment
  const isVisible =
    room.authority.mayOnProject(principal, 'bigquery.jobs.create') ||
    room.authority.mayOnProject(principal, 'resourcemanager.projects.get')
  const item = {
    kind: 'bigquery#project',
    id: project,
    numericId: projectNumber,
    projectReference: { projectId: project },
    friendlyName: project,
  }
  return {
    json: present({
      kind: 'bigquery#projectList',
      projects: isVisible ? [item] : undefined,
      totalItems: isVisible ? 1 : 0,
    }),
  }
}

function getServiceAccount(room: Room, request: CloudRequest): Reply {
  checkProject(room, request.params.projectId)
  return {
    json: {
      kind: 'bigquery#getServiceAccountResponse',
      email: `bq-${room.environment.projectNumber}@bigquery-encryption.iam.gserviceaccount.com`,
    },
  }
}

/** There are none here, and a 404 would make dbt believe that the dataset is empty. */
function listNothing(room: Room, request: CloudRequest, permission: string): Reply {
  const { projectId, datasetId } = request.params as { projectId: string; datasetId: string }
  findDataset(room, projectId, datasetId)
  room.authority.requireOnDataset(request.principal, permission, datasetId)
  return { json: {} }
}

function withFields(handler: Handler): Handler {
  return async (request) => {
    const reply = await handler(request)
    const fields = request.url.searchParams.get('fields')
    return fields && reply.json !== undefined ? { ...reply, json: selectFields(reply.json, fields) } : reply
  }
}
