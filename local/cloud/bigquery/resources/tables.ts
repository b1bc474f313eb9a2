/**
 * tables.*: get, list, insert, patch, update, delete of tables and views, each under the permission Google
 * documents for it.
 */
import type { CloudRequest, Reply } from '../../kernel.ts'
import { referenceInBody } from '../body-reference.ts'
import { measureTable } from '../engine/logical-size.ts'
import { checkTableId, showTable, tableKey } from '../engine/names.ts'
import { kindOf, type TableRecord } from '../engine/records.ts'
import { alreadyExists, invalid, preconditionFailed, tableNotFound, unsupported } from '../engine/refusals.ts'
import { isSet, makeEtag, page, present, record, requiredText, type Body } from '../engine/request-body.ts'
import { Change, unchanged } from '../engine/warehouse.ts'
import { compileView, requireToWriteView } from '../jobs/compile-view.ts'
import { checkProject, type Room } from '../room.ts'
import { describeFiles } from '../loads/external-rows.ts'
import type { FieldSchema, TableReference } from '../sql/types.ts'
import { findDataset } from './datasets.ts'
import { readExternal } from './external.ts'
import { createPhysical, defaultsOf, planTable, touch } from './new-table.ts'
import { applyStatements, describeViewSchema, planSchemaChange } from './schema-changes.ts'
import { readTableFields, refuseUnsupportedParts, schemaOfBody } from './table-fields.ts'
import { readQuery } from './table-query.ts'
import { asAsked, tableListItem, tableResource } from './table-resource.ts'

export function referenceOfRequest(room: Room, request: CloudRequest): TableReference {
  const { projectId, datasetId, tableId } = request.params as {
    projectId: string
    datasetId: string
    tableId: string
  }
  checkProject(room, projectId)
  // Python's list_partitions reads `table$__PARTITIONS_SUMMARY__`; no table is called so, and 404 would say there is none.
  if (tableId.includes('$'))
    throw unsupported(
      `A table with a partition decorator (${tableId}), for whose partitions there is INFORMATION_SCHEMA.PARTITIONS,`,
    )
  return { projectId: room.environment.project, datasetId, tableId }
}

export function findTable(room: Room, reference: TableReference): TableRecord {
  const table = room.warehouse.table(reference, room.now())
  if (table) return table
  findDataset(room, reference.projectId, reference.datasetId)
  throw tableNotFound(reference)
}

async function show(room: Room, table: TableRecord): Promise<Record<string, unknown>> {
  return tableResource(
    table,
    table.kind === 'TABLE' ? await measureTable(room.warehouse, table) : undefined,
    room.origin,
  )
}

export async function getTable(room: Room, request: CloudRequest): Promise<Reply> {
  const reference = referenceOfRequest(room, request)
  if (!room.warehouse.tables.has(tableKey(reference)))
    findDataset(room, reference.projectId, reference.datasetId)
  room.authority.requireOnTable(request.principal, 'bigquery.tables.get', reference)
  return { json: asAsked(await show(room, findTable(room, reference)), request.url.searchParams) }
}

export function listTables(room: Room, request: CloudRequest): Reply {
  const { projectId, datasetId } = request.params as { projectId: string; datasetId: string }
  findDataset(room, projectId, datasetId)
  room.authority.requireOnDataset(request.principal, 'bigquery.tables.list', datasetId)
  const tables = room.warehouse.tablesOf(datasetId, room.now())
  const { items, nextPageToken } = page(tables, request.url.searchParams)
  return {
    json: present({
      kind: 'bigquery#tableList',
      etag: makeEtag(datasetId, tables.length),
      nextPageToken,
      tables: items.length > 0 ? items.map(tableListItem) : undefined,
      totalItems: tables.length,
    }),
  }
}

export async function insertTable(room: Room, request: CloudRequest): Promise<Reply> {
  const { projectId, datasetId } = request.params as { projectId: string; datasetId: string }
  const dataset = findDataset(room, projectId, datasetId)
  room.authority.requireOnDataset(request.principal, 'bigquery.tables.create', datasetId)
  const body = await request.json()
  refuseUnsupportedParts(body)
  const reference = {
    projectId: room.environment.project,
    datasetId,
    tableId: checkTableId(
      requiredText(referenceInBody(room, body, 'tableReference', { datasetId }), 'tableId'),
    ),
  }
  const { view, materialized } = readQuery(body)
  if (view) requireToWriteView(room, request.principal, reference)
  const files = record(body, 'externalDataConfiguration')
  if (files && view) throw invalid('A table cannot be both a view and an external table.')
  const given = schemaOfBody(body) ?? (files ? schemaOfBody(files) : undefined)
  const external = files ? { ...readExternal(files), ...(given ? { autodetect: false } : {}) } : undefined
  const schema = view
    ? describeViewSchema(
        await compileView(room, request.principal, view.query, dataset.location),
        given,
        showTable(reference),
      )
    : external
      ? await schemaOfFiles(room, request, reference, external, given)
      : (given ?? [])
  const fields = readTableFields(body, {}, schema, room.now())
  if (
    (view ?? external) &&
    !materialized &&
    (fields.partitioning || fields.range || fields.clustering || fields.constraints)
  )
    throw invalid('A view cannot be partitioned or clustered.')
  const table = await room.warehouse.lock([tableKey(reference)], async () => {
    const expired = room.warehouse.tables.get(tableKey(reference))
    if (room.warehouse.table(reference, room.now())) throw alreadyExists('Table', showTable(reference))
    const planned = planTable(room, {
      reference,
      dataset,
      schema,
      fields,
      ...(view ? { view } : {}),
      ...(external ? { external } : {}),
      ...(materialized ? { materialized } : {}),
    })
    const change = new Change()
    change.putTable(planned)
    change.verify.push(unchanged(room.warehouse, reference, expired))
    await room.warehouse.database.withSession((session) =>
      session.inTransaction(async () => {
        if (schema.length > 0 || view || external) await createPhysical(session, planned)
        else throw invalid(`Table ${showTable(reference)} needs a schema.`)
        await room.warehouse.commit(change, session)
      }),
    )
    return planned
  })
  return { json: await show(room, table) }
}

function schemaOfFiles(
  room: Room,
  { principal }: CloudRequest,
  reference: TableReference,
  external: Body,
  given: readonly FieldSchema[] | undefined,
): Promise<readonly FieldSchema[]> {
  return room.warehouse.database.withSession((session) =>
    describeFiles(room, principal, session, { reference, external, ...(given ? { schema: given } : {}) }),
  )
}

/** PATCH keeps what the body does not name; PUT starts from nothing. */
export async function changeTable(room: Room, request: CloudRequest, isPatch: boolean): Promise<Reply> {
  const reference = referenceOfRequest(room, request)
  if (!room.warehouse.tables.has(tableKey(reference)))
    findDataset(room, reference.projectId, reference.datasetId)
  room.authority.requireOnTable(request.principal, 'bigquery.tables.update', reference)
  const body = await request.json()
  referenceInBody(room, body, 'tableReference', { ...reference })
  refuseUnsupportedParts(body)
  if (isSet(request.url.searchParams.get('autodetect_schema')))
    throw unsupported('bigquery.tables.update with autodetect_schema')
  const ifMatch = request.headers['if-match']
  const after = await room.warehouse.lock([tableKey(reference)], async () => {
    const before = findTable(room, reference)
    if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== makeEtag(before.uid, before.version))
      throw preconditionFailed()
    if (before.external && !(isPatch && Object.keys(body).every((name) => DESCRIBES.has(name))))
      throw unsupported('A change of the columns or files of an external table')
    const plan =
      before.kind === 'VIEW'
        ? await planViewChange(room, request, body, before, isPatch)
        : planTableChange(room, body, before, isPatch)
    const change = new Change()
    change.putTable(plan.table)
    change.verify.push(unchanged(room.warehouse, reference, before))
    await room.warehouse.database.withSession((session) =>
      session.inTransaction(async () => {
        await applyStatements(session, plan.statements)
        await room.warehouse.commit(change, session)
      }),
    )
    return plan.table
  })
  return { json: await show(room, after) }
}

interface PlannedChange {
  readonly table: TableRecord
  readonly statements: readonly string[]
}

/** What a patch may say of a table without touching what it holds. */
const DESCRIBES = new Set([
  'labels',
  'description',
  'friendlyName',
  'expirationTime',
  'tableReference',
  'etag',
])

function planTableChange(room: Room, body: Body, before: TableRecord, isPatch: boolean): PlannedChange {
  if ([body.view, body.materializedView].some((value) => value !== undefined && value !== null))
    throw invalid(`Cannot convert table ${showTable(before.reference)} to a view.`)
  const wanted = schemaOfBody(body)
  if (wanted && kindOf(before) === 'SNAPSHOT') throw invalid('The schema of a snapshot cannot be changed.')
  const defaults = wanted ? defaultsOf(room, wanted) : before.defaults
  const { schema, statements } = wanted
    ? planSchemaChange(before, wanted, defaults)
    : { schema: before.schema, statements: [] }
  const kept = isPatch ? before : { partitioning: before.partitioning, range: before.range }
  const fields = readTableFields(body, kept, schema, room.now())
  if (
    before.partitioning &&
    fields.partitioning &&
    (fields.partitioning.field !== before.partitioning.field ||
      fields.partitioning.type !== before.partitioning.type)
  ) {
    throw invalid('Cannot change partitioning of an existing table.')
  }
  if (JSON.stringify(before.range) !== JSON.stringify(fields.range))
    throw invalid('Cannot change partitioning of an existing table.')
  if (!before.partitioning && fields.partitioning)
    throw invalid('Cannot convert non partitioned table to partitioned table.')
  return {
    statements,
    table: touch(before, room.now(), {
      ...fields,
      partitioning: fields.partitioning ?? before.partitioning,
      schema,
      ...(defaults ? { defaults } : {}),
    }),
  }
}

async function planViewChange(
  room: Room,
  request: CloudRequest,
  body: Body,
  before: TableRecord,
  isPatch: boolean,
): Promise<PlannedChange> {
  const { view, materialized } = readQuery(body, before)
  if (view && Boolean(materialized) !== Boolean(before.materialized))
    throw invalid(`Cannot change the type of ${showTable(before.reference)}: it is a ${kindOf(before)}.`)
  // Only the options of a materialized view may change.
  if (before.materialized && view && view.query !== before.view!.query)
    throw invalid(`The query of the materialized view ${showTable(before.reference)} cannot be changed.`)
  if (!view && !isPatch) throw invalid('view.query is required to update a view.')
  const isNewQuery = view !== undefined && view.query !== before.view!.query
  if (isNewQuery) requireToWriteView(room, request.principal, before.reference)
  const computed =
    isNewQuery || schemaOfBody(body)
      ? await compileView(room, request.principal, (view ?? before.view!).query, before.location)
      : before.schema
  const schema = describeViewSchema(computed, schemaOfBody(body), showTable(before.reference))
  const fields = readTableFields(body, isPatch ? before : {}, schema, room.now())
  return {
    statements: [],
    table: touch(before, room.now(), {
      ...fields,
      schema,
      view: view ?? before.view!,
      ...(materialized ? { materialized } : {}),
    }),
  }
}

export async function deleteTable(room: Room, request: CloudRequest): Promise<Reply> {
  const reference = referenceOfRequest(room, request)
  if (!room.warehouse.tables.has(tableKey(reference)))
    findDataset(room, reference.projectId, reference.datasetId)
  room.authority.requireOnTable(request.principal, 'bigquery.tables.delete', reference)
  await room.warehouse.whileReading(() =>
    room.warehouse.lock([tableKey(reference)], async () => {
      const before = findTable(room, reference)
      const ifMatch = request.headers['if-match']
      if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== makeEtag(before.uid, before.version))
        throw preconditionFailed()
      const change = new Change()
      change.removeTable(reference)
      change.verify.push(unchanged(room.warehouse, reference, before))
      await room.warehouse.commit(change)
    }),
  )
  return { status: 204 }
}
