/** routines.*: insert, get, list, update and delete of SQL functions, each under the permission Google documents for it. */
import { randomUUID } from 'node:crypto'
import type { CloudRequest, Principal, Reply } from '../../kernel.ts'
import { referenceInBody } from '../body-reference.ts'
import type { RoutineRecord } from '../engine/records.ts'
import {
  alreadyExists,
  datasetNotFound,
  invalid,
  preconditionFailed,
  routineNotFound,
} from '../engine/refusals.ts'
import { makeEtag, page, present, requiredText } from '../engine/request-body.ts'
import { Change, routineKey } from '../engine/warehouse.ts'
import { createCatalog } from '../jobs/catalog.ts'
import { checkProject, type Room } from '../room.ts'
import type { RoutineBody, RoutineReference } from '../sql/types.ts'
import { findDataset } from './datasets.ts'
import { readRoutine, routineListItem, routineResource } from './routine-resource.ts'

export function checkRoutineId(id: string): string {
  if (!/^[A-Za-z0-9_]{1,256}$/.test(id)) throw invalid(`Invalid routine ID "${id}".`)
  return id
}

function referenceOf(room: Room, request: CloudRequest): RoutineReference {
  const { projectId, datasetId, routineId } = request.params as unknown as RoutineReference
  checkProject(room, projectId)
  findDataset(room, projectId, datasetId)
  return { projectId: room.environment.project, datasetId, routineId }
}

export function findRoutine(room: Room, reference: RoutineReference): RoutineRecord {
  const routine = room.warehouse.routines.get(routineKey(reference))
  if (!routine) throw routineNotFound(reference)
  return routine
}

/** The body must compile for the one who writes it, who must be allowed to read what it reads. */
export async function checkRoutine(
  room: Room,
  principal: Principal,
  routine: RoutineBody,
  location: string,
): Promise<void> {
  await room.warehouse.whileReading(() =>
    room.warehouse.database.withSession((session) =>
      room.compiler.checkRoutine(routine, {
        catalog: createCatalog({ room, principal, session, location }),
        variables: new Map(),
        parameters: [],
        describe: (sql) => session.describe(sql),
        email: principal.email,
        nowMicros: BigInt(room.now()) * 1000n,
      }),
    ),
  )
}

export function nextRoutine(
  room: Room,
  reference: RoutineReference,
  body: RoutineBody & { description?: string },
  before: RoutineRecord | undefined,
): RoutineRecord {
  const nowMs = room.now()
  return {
    ...body,
    reference,
    uid: before?.uid ?? randomUUID(),
    version: (before?.version ?? 0) + 1,
    creationMs: before?.creationMs ?? nowMs,
    modifiedMs: Math.max(nowMs, (before?.modifiedMs ?? 0) + 1),
  }
}

/** Puts `made` in the place of `seen`, or removes it; fails when the routine or its dataset changed since. */
export function routineChange(
  room: Room,
  reference: RoutineReference,
  seen: RoutineRecord | undefined,
  made?: RoutineRecord,
): Change {
  const change = new Change()
  if (made) change.putRoutine(made)
  else change.removeRoutine(reference)
  change.verify.push(() => {
    const now = room.warehouse.routines.get(routineKey(reference))
    if (now?.uid !== seen?.uid || now?.version !== seen?.version) throw preconditionFailed()
    if (!room.warehouse.dataset(reference.datasetId))
      throw datasetNotFound(reference.projectId, reference.datasetId)
  })
  return change
}

export function getRoutine(room: Room, request: CloudRequest): Reply {
  const reference = referenceOf(room, request)
  room.authority.requireOnRoutine(request.principal, 'bigquery.routines.get', reference)
  const mask = request.url.searchParams.get('readMask')
  const routine = findRoutine(room, reference)
  return { json: mask === null ? routineResource(routine) : routineListItem(routine, mask) }
}

export function listRoutines(room: Room, request: CloudRequest): Reply {
  const { projectId, datasetId } = request.params as { projectId: string; datasetId: string }
  findDataset(room, projectId, datasetId)
  room.authority.requireOnDataset(request.principal, 'bigquery.routines.list', datasetId)
  const mask = request.url.searchParams.get('readMask')
  const filter = request.url.searchParams.get('filter')
  const type = /^routineType:([A-Z_]+)$/.exec(filter ?? '')?.[1]
  if (filter && type === undefined) throw invalid(`Invalid filter: ${filter}; routineType:TYPE is expected.`)
  const routines = room.warehouse.routinesOf(datasetId)
  const { items, nextPageToken } = page(
    type === undefined ? routines : routines.filter((item) => routineResource(item).routineType === type),
    request.url.searchParams,
  )
  return {
    json: present({
      nextPageToken,
      routines: items.length > 0 ? items.map((item) => routineListItem(item, mask)) : undefined,
    }),
  }
}

export async function insertRoutine(room: Room, request: CloudRequest): Promise<Reply> {
  const { projectId, datasetId } = request.params as { projectId: string; datasetId: string }
  const dataset = findDataset(room, projectId, datasetId)
  room.authority.requireOnDataset(request.principal, 'bigquery.routines.create', datasetId)
  const body = await request.json()
  const routineId = checkRoutineId(
    requiredText(referenceInBody(room, body, 'routineReference', { datasetId }), 'routineId'),
  )
  const reference = { projectId: room.environment.project, datasetId, routineId }
  const routine = readRoutine(body)
  await checkRoutine(room, request.principal, routine, dataset.location)
  return room.warehouse.lock([`routine ${routineKey(reference)}`], async () => {
    if (room.warehouse.routines.has(routineKey(reference)))
      throw alreadyExists('Routine', `${reference.projectId}:${datasetId}.${routineId}`)
    const made = nextRoutine(room, reference, routine, undefined)
    await room.warehouse.commit(routineChange(room, reference, undefined, made))
    return { json: routineResource(made) }
  })
}

function checkMatch(request: CloudRequest, { uid, version }: RoutineRecord): void {
  const ifMatch = request.headers['if-match']
  if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== makeEtag(uid, version))
    throw preconditionFailed()
}

/** PUT: what the body does not name falls away. */
export async function updateRoutine(room: Room, request: CloudRequest): Promise<Reply> {
  const reference = referenceOf(room, request)
  room.authority.requireOnRoutine(request.principal, 'bigquery.routines.update', reference)
  const body = await request.json()
  referenceInBody(room, body, 'routineReference', { ...reference })
  const routine = readRoutine(body)
  const { location } = room.warehouse.dataset(reference.datasetId)!
  await checkRoutine(room, request.principal, routine, location)
  return room.warehouse.lock([`routine ${routineKey(reference)}`], async () => {
    const before = findRoutine(room, reference)
    checkMatch(request, before)
    const made = nextRoutine(room, reference, routine, before)
    await room.warehouse.commit(routineChange(room, reference, before, made))
    return { json: routineResource(made) }
  })
}

export async function deleteRoutine(room: Room, request: CloudRequest): Promise<Reply> {
  const reference = referenceOf(room, request)
  room.authority.requireOnRoutine(request.principal, 'bigquery.routines.delete', reference)
  await room.warehouse.lock([`routine ${routineKey(reference)}`], async () => {
    const before = findRoutine(room, reference)
    checkMatch(request, before)
    await room.warehouse.commit(routineChange(room, reference, before))
  })
  return { status: 204 }
}
