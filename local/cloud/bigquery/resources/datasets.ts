/**
 * datasets.*: get, list, insert, patch, update, delete, each under the permission Google documents for it and
 * for its mode.
 */
import { randomUUID } from 'node:crypto'
import type { CloudRequest, Principal, Reply } from '../../kernel.ts'
import { referenceInBody } from '../body-reference.ts'
import {
  bindingKeys,
  defaultAccess,
  entriesOfBindings,
  parseAccess,
  reconcile,
} from '../access/access-entries.ts'
import { checkDatasetId } from '../engine/names.ts'
import type { AccessEntry, DatasetRecord } from '../engine/records.ts'
import { alreadyExists, datasetNotFound, invalid, preconditionFailed } from '../engine/refusals.ts'
import {
  count,
  isSet,
  makeEtag,
  page,
  parseLabels,
  present,
  refuseAsked,
  requiredText,
  text,
  type Body,
} from '../engine/request-body.ts'
import { Change } from '../engine/warehouse.ts'
import { checkProject, type Room } from '../room.ts'
import { datasetListItem, datasetResource, type DatasetView } from './dataset-resource.ts'

export function findDataset(room: Room, projectId: string, datasetId: string): DatasetRecord {
  checkProject(room, projectId)
  const dataset = room.warehouse.dataset(datasetId)
  if (!dataset) throw datasetNotFound(room.environment.project, datasetId)
  return dataset
}

export function getDataset(room: Room, request: CloudRequest): Reply {
  const { projectId, datasetId } = request.params as { projectId: string; datasetId: string }
  const dataset = findDataset(room, projectId, datasetId)
  checkPolicyVersion(request.url)
  const view = readView(request.url.searchParams.get('datasetView'))
  if (view !== 'ACL') room.authority.requireOnDataset(request.principal, 'bigquery.datasets.get', datasetId)
  if (view === 'ACL')
    room.authority.requireOnDataset(request.principal, 'bigquery.datasets.getIamPolicy', datasetId)
  return { json: datasetResource(dataset, room.origin, view) }
}

/** Versions differ only for entries with a condition, which are refused here. */
function checkPolicyVersion(url: URL): void {
  const given = url.searchParams.get('accessPolicyVersion') ?? '1'
  if (!['0', '1', '3'].includes(given)) throw invalid(`Invalid value at 'accessPolicyVersion': ${given}`)
}

function readView(given: string | null): DatasetView {
  if (given === null || given === '' || given === 'DATASET_VIEW_UNSPECIFIED') return 'FULL'
  if (given === 'METADATA' || given === 'ACL' || given === 'FULL') return given
  throw invalid(`Invalid value at 'datasetView': ${given}`)
}

export function listDatasets(room: Room, request: CloudRequest): Reply {
  checkProject(room, request.params.projectId)
  const query = request.url.searchParams
  const filters = (query.get('filter') ?? '')
    .split(/\s+/)
    .filter(Boolean)
    .map((part) => {
      const match = /^labels\.([^:]+)(?::(.*))?$/.exec(part)
      if (!match) throw invalid(`Invalid filter: ${part}`)
      return { key: match[1]!, value: match[2] }
    })
  const visible = [...room.warehouse.datasets.values()]
    .filter((dataset) =>
      room.authority.mayOnDataset(request.principal, 'bigquery.datasets.get', dataset.datasetId),
    )
    .filter((dataset) => isSet(query.get('all')) || !dataset.datasetId.startsWith('_'))
    .filter((dataset) =>
      filters.every(
        ({ key, value }) =>
          dataset.labels?.[key] !== undefined && (value === undefined || dataset.labels[key] === value),
      ),
    )
    .sort((a, b) => (a.datasetId < b.datasetId ? -1 : 1))
  const { items, nextPageToken } = page(visible, query)
  return {
    json: present({
      kind: 'bigquery#datasetList',
      etag: makeEtag('datasets', visible.length),
      nextPageToken,
      datasets: items.length > 0 ? items.map(datasetListItem) : undefined,
    }),
  }
}

export async function insertDataset(room: Room, request: CloudRequest): Promise<Reply> {
  checkProject(room, request.params.projectId)
  checkPolicyVersion(request.url)
  const body = await request.json()
  const datasetId = checkDatasetId(
    requiredText(referenceInBody(room, body, 'datasetReference', {}), 'datasetId'),
  )
  const dataset = await createDataset(room, request.principal, datasetId, body)
  return { json: datasetResource(dataset, room.origin) }
}

/** Shared by datasets.insert and CREATE SCHEMA. */
export async function createDataset(
  room: Room,
  principal: Principal,
  datasetId: string,
  body: Body,
): Promise<DatasetRecord> {
  room.authority.requireOnProject(principal, 'bigquery.datasets.create')
  // Its owner could list and drop the results of whoever this name belongs to.
  if (/^(_[0-9a-f]{40}$|_script)/.test(datasetId))
    throw invalid(`Invalid dataset ID "${datasetId}". It is reserved for the results of queries.`)
  const own =
    body.access === undefined || body.access === null
      ? defaultAccess(principal.email)
      : parseAccess(body.access, [], room.warehouse)
  return addDataset(room, datasetId, body, own)
}

export async function addDataset(
  room: Room,
  datasetId: string,
  body: Body,
  access: readonly AccessEntry[],
): Promise<DatasetRecord> {
  const bound = entriesOfBindings(room.access.datasetBindings(datasetId))
  const nowMs = room.now()
  const dataset: DatasetRecord = {
    projectId: room.environment.project,
    datasetId,
    uid: randomUUID(),
    version: 1,
    location: text(body, 'location') ?? room.environment.region,
    ...readFields(body, {}),
    access: reconcile(access, [], bound),
    appliedBindings: bindingKeys(bound),
    creationMs: nowMs,
    modifiedMs: nowMs,
  }
  const change = new Change()
  change.putDataset(dataset)
  change.verify.push(() => {
    if (room.warehouse.dataset(datasetId)) throw alreadyExists('Dataset', `${dataset.projectId}:${datasetId}`)
  })
  await room.warehouse.commit(change)
  return dataset
}

type Fields = Pick<
  DatasetRecord,
  'description' | 'friendlyName' | 'labels' | 'defaultTableExpirationMs' | 'defaultPartitionExpirationMs'
>

const REFUSED = [
  'defaultEncryptionConfiguration',
  'externalCatalogDatasetOptions',
  'externalDatasetReference',
  'defaultCollation',
  'defaultRoundingMode',
  'isCaseInsensitive',
  'linkedDatasetSource',
  'maxTimeTravelHours',
  'resourceTags',
  'storageBillingModel',
]
const DONE = {
  defaultRoundingMode: ['ROUND_HALF_AWAY_FROM_ZERO'],
  maxTimeTravelHours: ['168', 168],
  storageBillingModel: ['LOGICAL'],
}

function readFields(body: Body, before: Fields): Fields {
  refuseAsked(body, REFUSED, 'Dataset', DONE)
  const duration = (name: 'defaultTableExpirationMs' | 'defaultPartitionExpirationMs') => {
    if (!(name in body)) return before[name]
    const value = count(body, name)
    if (value !== undefined && name === 'defaultTableExpirationMs' && value !== 0 && value < 3_600_000)
      throw invalid('The minimum default table expiration is 3600000 milliseconds (one hour).')
    return value ? String(value) : undefined
  }
  return {
    description: 'description' in body ? text(body, 'description') || undefined : before.description,
    friendlyName: 'friendlyName' in body ? text(body, 'friendlyName') || undefined : before.friendlyName,
    labels: 'labels' in body ? parseLabels(body.labels, before.labels) : before.labels,
    defaultTableExpirationMs: duration('defaultTableExpirationMs'),
    defaultPartitionExpirationMs: duration('defaultPartitionExpirationMs'),
  }
}

/**
 * PATCH keeps what the body does not name; PUT starts from nothing except `access`, which Google keeps when
 * absent.
 */
export async function changeDataset(room: Room, request: CloudRequest, isPatch: boolean): Promise<Reply> {
  const { projectId, datasetId } = request.params as { projectId: string; datasetId: string }
  findDataset(room, projectId, datasetId)
  const body = await request.json()
  referenceInBody(room, body, 'datasetReference', { datasetId })
  checkPolicyVersion(request.url)
  const mode = request.url.searchParams.get('updateMode') ?? 'UPDATE_MODE_UNSPECIFIED'
  const needed = neededToUpdate(mode)
  for (const permission of needed) room.authority.requireOnDataset(request.principal, permission, datasetId)
  const isAcl = mode !== 'UPDATE_METADATA' && body.access !== undefined && body.access !== null
  const isMetadata = mode !== 'UPDATE_ACL'
  const ifMatch = request.headers['if-match']
  let after: DatasetRecord | undefined
  await room.warehouse.lock([`dataset ${datasetId}`], async () => {
    const before = findDataset(room, projectId, datasetId)
    if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== makeEtag(before.uid, before.version))
      throw preconditionFailed()
    const location = text(body, 'location')
    if (location !== undefined && location.toLowerCase() !== before.location.toLowerCase())
      throw invalid('Cannot change the location of a dataset.')
    after = {
      ...before,
      version: before.version + 1,
      modifiedMs: Math.max(room.now(), before.modifiedMs + 1),
      ...(isMetadata ? readFields(body, isPatch ? before : {}) : {}),
      access: isAcl ? parseAccess(body.access, before.access, room.warehouse) : before.access,
    }
    const change = new Change()
    change.putDataset(after)
    change.verify.push(() => {
      if (room.warehouse.dataset(datasetId)?.version !== before.version) throw preconditionFailed()
    })
    await room.warehouse.commit(change)
  })
  return { json: datasetResource(after!, room.origin) }
}

/** ALTER SCHEMA SET OPTIONS: labels are said whole. */
export async function alterDataset(
  room: Room,
  principal: Principal,
  datasetId: string,
  body: Body,
): Promise<void> {
  room.authority.requireOnDataset(principal, 'bigquery.datasets.update', datasetId)
  await room.warehouse.lock([`dataset ${datasetId}`], async () => {
    const before = findDataset(room, room.environment.project, datasetId)
    const change = new Change()
    change.putDataset({
      ...before,
      version: before.version + 1,
      modifiedMs: Math.max(room.now(), before.modifiedMs + 1),
      ...readFields(body, 'labels' in body ? { ...before, labels: {} } : before),
    })
    change.verify.push(() => {
      if (room.warehouse.dataset(datasetId)?.version !== before.version) throw preconditionFailed()
    })
    await room.warehouse.commit(change)
  })
}

function neededToUpdate(mode: string): string[] {
  switch (mode) {
    case 'UPDATE_MODE_UNSPECIFIED':
    case '':
      return ['bigquery.datasets.update']
    case 'UPDATE_FULL':
      return ['bigquery.datasets.update', 'bigquery.datasets.setIamPolicy']
    case 'UPDATE_METADATA':
      return ['bigquery.datasets.update']
    case 'UPDATE_ACL':
      return ['bigquery.datasets.setIamPolicy']
    default:
      throw invalid(`Invalid value at 'updateMode': ${mode}`)
  }
}

export async function deleteDataset(room: Room, request: CloudRequest): Promise<Reply> {
  const { projectId, datasetId } = request.params as { projectId: string; datasetId: string }
  findDataset(room, projectId, datasetId)
  await removeDataset(
    room,
    request.principal,
    datasetId,
    isSet(request.url.searchParams.get('deleteContents')),
  )
  return { status: 204 }
}

/** Shared by datasets.delete and DROP SCHEMA. */
export async function removeDataset(
  room: Room,
  principal: Principal,
  datasetId: string,
  isCascade: boolean,
): Promise<void> {
  room.authority.requireOnDataset(principal, 'bigquery.datasets.delete', datasetId)
  if (isCascade) room.authority.requireOnDataset(principal, 'bigquery.tables.delete', datasetId)
  await room.warehouse.whileReading(async () => {
    const tables = room.warehouse.tablesOf(datasetId, room.now())
    const routines = room.warehouse.routinesOf(datasetId)
    if (tables.length + routines.length > 0 && !isCascade)
      throw invalidInUse(room.environment.project, datasetId)
    const change = new Change()
    for (const table of tables) change.removeTable(table.reference)
    for (const routine of routines) change.removeRoutine(routine.reference)
    change.removeDataset(datasetId)
    change.verify.push(() => {
      if (
        room.warehouse.tablesOf(datasetId, room.now()).length !== tables.length ||
        room.warehouse.routinesOf(datasetId).length !== routines.length
      )
        throw invalidInUse(room.environment.project, datasetId)
    })
    await room.warehouse.commit(change)
  })
}

const invalidInUse = (projectId: string, datasetId: string) =>
  Object.assign(invalid(`Dataset ${projectId}:${datasetId} is still in use`), { reason: 'resourceInUse' })
