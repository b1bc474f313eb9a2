/**
 * CREATE, DROP and ALTER of tables, views and schemas: the same rules as the REST methods, in one transaction
 * with the rows.
 */
import { columnList, parseSchema, resultSchema } from '../engine/data-types.ts'
import { checkDatasetId, checkTableId, showTable, tableKey } from '../engine/names.ts'
import { physicalOf, type DatasetRecord, type TableRecord } from '../engine/records.ts'
import {
  alreadyExists,
  datasetNotFound,
  invalid,
  invalidQuery,
  tableNotFound,
  unsupported,
} from '../engine/refusals.ts'
import { Change, unchanged } from '../engine/warehouse.ts'
import { createDataset, removeDataset } from '../resources/datasets.ts'
import { createPhysical, defaultsOf, planTable } from '../resources/new-table.ts'
import { describeViewSchema } from '../resources/schema-changes.ts'
import { addKeys } from '../resources/table-keys.ts'
import {
  bodyOfOptions,
  readClustering,
  readLabelPairs,
  readPartitioning,
  readRange,
  readTableFields,
  type TableFields,
} from '../resources/table-fields.ts'
import type { FieldSchema, Statement, TableHeader, TableReference } from '../sql/types.ts'
import { runAlter } from './alter.ts'
import { splitPath, targetOf } from './catalog.ts'
import { requireToChangeView } from './compile-view.ts'
import { ddlResult, type CatalogScope, type StatementResult, type StatementScope } from './scope.ts'

export function runDdl(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  switch (statement.type) {
    case 'CREATE_TABLE':
    case 'CREATE_TABLE_AS_SELECT':
    case 'CREATE_VIEW':
      return runCreate(scope, statement)
    case 'DROP_TABLE':
    case 'DROP_VIEW':
      return runDrop(scope, statement)
    case 'ALTER_TABLE':
    case 'ALTER_VIEW':
      return runAlter(scope, statement)
    case 'CREATE_SCHEMA':
      return runCreateSchema(scope, statement)
    case 'DROP_SCHEMA':
      return runDropSchema(scope, statement)
    default:
      throw unsupported(`The statement ${statement.type.replaceAll('_', ' ')}`)
  }
}

const emptyHeader: TableHeader = { orReplace: false, ifNotExists: false, options: {} }

async function runCreate(scope: StatementScope, first: Statement): Promise<StatementResult> {
  const { room, session } = scope
  const target = targetOf(scope, first.target)
  checkTableId(target.tableId)
  return room.warehouse.lock([tableKey(target)], async () => {
    const dataset = datasetToCreateIn(scope, target)
    const statement = await scope.recompile()
    const header = statement.header ?? emptyHeader
    const stored = room.warehouse.tables.get(tableKey(target))
    const before = room.warehouse.table(target, room.now())
    if (isSkipped(before, header, target)) return ddlResult('SKIP', target)
    if (before) checkReplaceable(scope, statement, before)
    const planned = planTable(room, {
      reference: target,
      dataset,
      ...planContent(scope, statement, header, target),
      ...(before ? { before } : {}),
    })
    const outcome = ddlResult(before ? 'REPLACE' : 'CREATE', target)
    await session.inTransaction(async () => {
      await createPhysical(session, planned)
      if (statement.type === 'CREATE_TABLE_AS_SELECT') {
        for (const sql of statement.duckdb.slice(0, -1)) await session.run(sql)
        await session.run(
          `INSERT INTO ${physicalOf(planned)} (${columnList(planned.schema)}) ${statement.duckdb.at(-1)!}`,
        )
      }
      if (before) checkSameSpec(before, planned)
      const change = new Change()
      change.putTable(planned)
      change.verify.push(unchanged(room.warehouse, target, stored))
      scope.conclude(change, outcome)
      await room.warehouse.commit(change, session)
    })
    return outcome
  })
}

/**
 * What a dry run of CREATE answers for: the right to create, an object of this name, and a definition that
 * fits together.
 */
export function dryCreate(scope: CatalogScope, statement: Statement): void {
  const target = targetOf(scope, statement.target)
  checkTableId(target.tableId)
  datasetToCreateIn(scope, target)
  const header = statement.header ?? emptyHeader
  const before = scope.room.warehouse.table(target, scope.room.now())
  if (isSkipped(before, header, target)) return
  if (before) checkReplaceable(scope, statement, before)
  planContent(scope, statement, header, target)
}

function datasetToCreateIn(
  { room, principal, location }: CatalogScope,
  target: TableReference,
): DatasetRecord {
  const dataset = room.warehouse.dataset(target.datasetId)
  if (!dataset || dataset.location.toLowerCase() !== location.toLowerCase())
    throw datasetNotFound(target.projectId, target.datasetId, location)
  room.authority.requireOnDataset(principal, 'bigquery.tables.create', target.datasetId)
  return dataset
}

function isSkipped(before: TableRecord | undefined, header: TableHeader, target: TableReference): boolean {
  if (!before || header.orReplace) return false
  if (header.ifNotExists) return true
  throw alreadyExists('Table', showTable(target))
}

function planContent(
  scope: CatalogScope,
  statement: Statement,
  header: TableHeader,
  target: TableReference,
): { schema: readonly FieldSchema[]; fields: TableFields; view?: { query: string } } {
  const isView = statement.type === 'CREATE_VIEW'
  const schema = isView
    ? describeColumns(resultSchema(statement.schema ?? []), header.columns, target)
    : tableSchema(statement, header)
  const { range: ranges, ...byTime } = header.partitionBy ?? {}
  const range = ranges ? readRange({ ...byTime, range: ranges }, schema) : undefined
  const partitioning = header.partitionBy && !ranges ? readPartitioning(byTime, schema) : undefined
  const constraints = header.keys
    ? addKeys(undefined, header.keys, schema, (path) => targetOf(scope, path))
    : undefined
  const clustering = header.clusterBy ? readClustering(header.clusterBy, schema) : undefined
  const fields = readTableFields(
    bodyOfOptions(header.options, { partitioning }),
    { partitioning, range, clustering, constraints },
    schema,
    scope.room.now(),
  )
  defaultsOf(scope.room, schema)
  if (!isView) return { schema, fields }
  if (statement.viewQuery === undefined) throw new Error('a compiled CREATE VIEW has no query')
  return { schema, fields, view: { query: statement.viewQuery } }
}

function tableSchema(statement: Statement, header: TableHeader): FieldSchema[] {
  if (statement.type === 'CREATE_TABLE') {
    if (!header.columns || header.columns.length === 0)
      throw invalidQuery('CREATE TABLE needs a list of columns.')
    return parseSchema(header.columns)
  }
  const made = resultSchema(statement.schema ?? [])
  if (!header.columns || header.columns.length === 0) return made
  const declared = parseSchema(header.columns)
  if (declared.length !== made.length)
    throw invalidQuery(
      `The number of columns in the column definition list (${declared.length}) does not match the number of columns produced by the query (${made.length}).`,
    )
  return declared
}

/** The column list of a view names and describes; types come from the query. */
function describeColumns(
  made: readonly FieldSchema[],
  columns: readonly FieldSchema[] | undefined,
  target: TableReference,
): readonly FieldSchema[] {
  if (!columns || columns.length === 0) return made
  if (columns.length !== made.length)
    throw invalidQuery(
      `The column list of view ${showTable(target)} has ${columns.length} columns, its query ${made.length}.`,
    )
  const renamed = made.map((field, index) => ({ ...field, name: columns[index]!.name }))
  return describeViewSchema(
    renamed,
    columns.map((column, index) => ({ ...column, type: made[index]!.type })),
    showTable(target),
  )
}

function checkReplaceable(scope: CatalogScope, statement: Statement, before: TableRecord): void {
  const wanted = statement.type === 'CREATE_VIEW' ? 'VIEW' : 'TABLE'
  if (before.kind !== wanted)
    throw invalid(
      `${showTable(before.reference)} is not allowed for this operation because it is currently a ${before.kind}.`,
    )
  if (wanted === 'TABLE') {
    scope.room.authority.requireOnTable(scope.principal, 'bigquery.tables.updateData', before.reference)
    scope.room.authority.requireOnTable(scope.principal, 'bigquery.tables.update', before.reference)
  } else {
    scope.room.authority.requireOnTable(scope.principal, 'bigquery.tables.update', before.reference)
    requireToChangeView(scope.room, scope.principal, before)
  }
}

function checkSameSpec(before: TableRecord, after: TableRecord): void {
  const partition = (table: TableRecord): string =>
    table.partitioning
      ? `interval(type:${table.partitioning.type.toLowerCase()},field:${table.partitioning.field})`
      : table.range
        ? `range(field:${table.range.field},${JSON.stringify(table.range.range)})`
        : 'none'
  const cluster = (table: TableRecord): string =>
    table.clustering ? `clustering(${table.clustering.join(',')})` : 'none'
  if (partition(before) !== partition(after))
    throw invalid(
      `Cannot replace a table with a different partitioning spec. Instead, DROP the table, and then recreate it. New partitioning spec is ${partition(after)} and existing spec is ${partition(before)}`,
    )
  if (cluster(before) !== cluster(after))
    throw invalid(
      `Cannot replace a table with a different clustering spec. Instead, DROP the table, and then recreate it. New clustering spec is ${cluster(after)} and existing spec is ${cluster(before)}`,
    )
}

async function runDrop(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal } = scope
  const target = targetOf(scope, statement.target)
  const wanted = statement.type === 'DROP_VIEW' ? 'VIEW' : 'TABLE'
  return room.warehouse.lock([tableKey(target)], async () => {
    const before = room.warehouse.table(target, room.now())
    if (!before && statement.ifExists) return ddlResult('SKIP', target)
    if (!room.warehouse.dataset(target.datasetId))
      throw datasetNotFound(target.projectId, target.datasetId, scope.location)
    room.authority.requireOnTable(principal, 'bigquery.tables.delete', target)
    if (!before) throw tableNotFound(target, scope.location)
    if (before.kind !== wanted)
      throw invalidQuery(
        `Cannot drop ${showTable(target)} which has type ${before.kind}. An object of type ${wanted} was expected.`,
      )
    const outcome = ddlResult('DROP', target)
    const change = new Change()
    change.removeTable(target)
    change.verify.push(unchanged(room.warehouse, target, before))
    scope.conclude(change, outcome)
    await room.warehouse.commit(change)
    return outcome
  })
}

function schemaTarget(scope: StatementScope, statement: Statement): string {
  const parts = splitPath(statement.target ?? [])
  if (parts.length > 2 || (parts.length === 2 && parts[0] !== scope.room.environment.project))
    throw invalidQuery(`Invalid schema name: ${parts.join('.')}`)
  return checkDatasetId(parts.at(-1))
}

async function runCreateSchema(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal } = scope
  const datasetId = schemaTarget(scope, statement)
  const done = (operation: string): StatementResult => ({
    query: {
      ddlOperationPerformed: operation,
      ddlTargetDataset: { projectId: room.environment.project, datasetId },
    },
    result: { totalRows: '0', schema: [] },
  })
  const header = statement.header ?? emptyHeader
  if (header.orReplace) throw unsupported('CREATE OR REPLACE SCHEMA')
  if (header.ifNotExists && room.warehouse.dataset(datasetId)) return done('SKIP')
  const body: Record<string, unknown> = { location: scope.location }
  for (const [name, value] of Object.entries(header.options)) {
    if (name === 'location' || name === 'description') body[name] = value
    else if (name === 'friendly_name') body.friendlyName = value
    else if (name === 'labels') body.labels = readLabelPairs(value)
    else if (name === 'default_table_expiration_days')
      body.defaultTableExpirationMs = String(Math.round(Number(value) * 86_400_000))
    else if (name === 'default_partition_expiration_days')
      body.defaultPartitionExpirationMs = String(Math.round(Number(value) * 86_400_000))
    else throw unsupported(`The schema option ${name}`)
  }
  await createDataset(room, principal, datasetId, body)
  return done('CREATE')
}

async function runDropSchema(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal } = scope
  const datasetId = schemaTarget(scope, statement)
  const done = (operation: string): StatementResult => ({
    query: {
      ddlOperationPerformed: operation,
      ddlTargetDataset: { projectId: room.environment.project, datasetId },
    },
    result: { totalRows: '0', schema: [] },
  })
  if (!room.warehouse.dataset(datasetId)) {
    if (statement.ifExists) return done('SKIP')
    throw datasetNotFound(room.environment.project, datasetId, scope.location)
  }
  await removeDataset(room, principal, datasetId, statement.isCascade === true)
  return done('DROP')
}
