/**
 * CREATE of tables and views: the same rules as the REST methods, in one transaction with the rows.
 */
import { columnList, parseSchema, resultSchema, storedSchema } from '../../engine/data-types.ts'
import { checkTableId, showTable, tableKey } from '../../engine/names.ts'
import { physicalOf, type DatasetRecord, type TableRecord } from '../../engine/records.ts'
import { alreadyExists, datasetNotFound, invalid, invalidQuery } from '../../engine/refusals.ts'
import { Change, unchanged } from '../../engine/warehouse.ts'
import { createPhysical, defaultsOf, planTable, type TablePlan } from '../../resources/new-table.ts'
import { describeViewSchema } from '../../resources/schema-changes.ts'
import { addKeys } from '../../resources/table-keys.ts'
import {
  bodyOfOptions,
  readClustering,
  readPartitioning,
  readRange,
  readTableFields,
} from '../../resources/table-fields.ts'
import type { FieldSchema, Statement, TableHeader, TableReference } from '../../sql/types.ts'
import { targetOf } from '../catalog.ts'
import { requireToWriteView } from '../compile-view.ts'
import { ddlResult, type CatalogScope, type StatementResult, type StatementScope } from '../scope.ts'

import { copyRows, derive } from './derive.ts'
import { requireKind } from './kinds.ts'
import { splitMaterialized } from '../../resources/materialized.ts'

export const emptyHeader: TableHeader = { orReplace: false, ifNotExists: false, options: {} }

export async function runCreate(scope: StatementScope, first: Statement): Promise<StatementResult> {
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
    const derived = statement.source ? derive(scope, statement) : undefined
    const planned = planTable(room, {
      reference: target,
      dataset,
      ...(derived ?? planContent(scope, statement, header, target)),
      ...(before ? { before } : {}),
    })
    const outcome = ddlResult(before ? 'REPLACE' : 'CREATE', target)
    await session.inTransaction(async () => {
      await createPhysical(session, planned)
      if (derived?.hasRows) await copyRows(session, derived, planned)
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
  if (statement.source) derive(scope, statement)
  else planContent(scope, statement, header, target)
}

export function datasetToCreateIn(
  { room, principal, location }: CatalogScope,
  target: TableReference,
): DatasetRecord {
  const dataset = room.warehouse.dataset(target.datasetId)
  if (!dataset || dataset.location.toLowerCase() !== location.toLowerCase())
    throw datasetNotFound(target.projectId, target.datasetId, location)
  room.authority.requireOnDataset(principal, 'bigquery.tables.create', target.datasetId)
  return dataset
}

export function isSkipped(
  before: TableRecord | undefined,
  header: TableHeader,
  target: TableReference,
): boolean {
  if (!before || header.orReplace) return false
  if (header.ifNotExists) return true
  throw alreadyExists('Table', showTable(target))
}

function planContent(
  scope: CatalogScope,
  statement: Statement,
  header: TableHeader,
  target: TableReference,
): Pick<TablePlan, 'schema' | 'fields' | 'view' | 'materialized'> {
  const isMaterialized = statement.type === 'CREATE_MATERIALIZED_VIEW'
  const isView = isMaterialized || statement.type === 'CREATE_VIEW'
  if (isView) requireToWriteView(scope.room, scope.principal, target)
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
  const { options, materialized } = isMaterialized
    ? splitMaterialized(header.options)
    : { options: header.options, materialized: undefined }
  const fields = readTableFields(
    bodyOfOptions(options, { partitioning }),
    { partitioning, range, clustering, constraints },
    schema,
    scope.room.now(),
  )
  defaultsOf(scope.room, schema)
  if (!isView) return { schema, fields }
  if (statement.viewQuery === undefined) throw new Error('a compiled CREATE VIEW has no query')
  return { schema, fields, view: { query: statement.viewQuery }, ...(materialized ? { materialized } : {}) }
}

function tableSchema(statement: Statement, header: TableHeader): FieldSchema[] {
  if (statement.type === 'CREATE_TABLE') {
    if (!header.columns || header.columns.length === 0)
      throw invalidQuery('CREATE TABLE needs a list of columns.')
    return parseSchema(header.columns)
  }
  const made = storedSchema(statement.schema ?? [])
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
  requireKind(before, statement.type)
  if (before.kind === 'TABLE') {
    scope.room.authority.requireOnTable(scope.principal, 'bigquery.tables.updateData', before.reference)
  }
  scope.room.authority.requireOnTable(scope.principal, 'bigquery.tables.update', before.reference)
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
