/**
 * Puts the rows of a query, a load or a copy into a table under write and create dispositions; whole table or
 * one partition, always in the caller's transaction.
 */
import type { Principal } from '../../kernel.ts'
import { columnDefinitions, columnList, legacyTypeName } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import { checkTableId, showTable, tableKey } from '../engine/names.ts'
import { partitionPredicate, partitionStart } from '../engine/partitions.ts'
import { ARRIVAL, isByArrival, physicalOf, type TableRecord } from '../engine/records.ts'
import { alreadyExists, datasetNotFound, invalid, tableNotFound } from '../engine/refusals.ts'
import { Change, unchanged } from '../engine/warehouse.ts'
import { createPhysical, planTable, touch } from '../resources/new-table.ts'
import type { TableFields } from '../resources/table-fields.ts'
import type { Room } from '../room.ts'
import type { FieldSchema, TableReference } from '../sql/types.ts'

export interface TableWrite {
  readonly room: Room
  readonly principal: Principal
  readonly session: Session
  readonly target: TableReference
  readonly partitionId?: string
  /** DuckDB SELECT whose columns are `schema`, by position. */
  readonly source: string
  readonly schema: readonly FieldSchema[]
  readonly writeDisposition: 'WRITE_EMPTY' | 'WRITE_APPEND' | 'WRITE_TRUNCATE'
  readonly createDisposition: 'CREATE_IF_NEEDED' | 'CREATE_NEVER'
  /** For a table made or replaced by this write. */
  readonly fields?: TableFields
  readonly schemaUpdateOptions?: readonly string[]
}
export interface Written {
  readonly table: TableRecord
  readonly change: Change
  readonly rows: number
}

/** The caller holds the lock of the target and an open transaction; `change` is what to commit. */
export async function writeTable(write: TableWrite): Promise<Written> {
  const { room, target } = write
  const before = room.warehouse.table(target, room.now())
  const stored = room.warehouse.tables.get(tableKey(target))
  const dataset = room.warehouse.dataset(target.datasetId)
  if (!dataset) throw datasetNotFound(target.projectId, target.datasetId)
  requireRights(write, before)
  if (before?.external) throw invalid(`Cannot write to ${showTable(target)}: it is an external table.`)
  if (before?.kind === 'VIEW') throw invalid(`Cannot write to ${showTable(target)}: it is a view.`)
  if (before?.base?.kind === 'SNAPSHOT')
    throw invalid(`Cannot write to ${showTable(target)}: it is a snapshot.`)
  const change = new Change()
  change.verify.push(unchanged(room.warehouse, target, stored))
  const isWhole = write.partitionId === undefined
  const isReplace = before !== undefined && write.writeDisposition === 'WRITE_TRUNCATE' && isWhole
  if (before && write.writeDisposition === 'WRITE_EMPTY' && (await hasRows(write, before)))
    throw alreadyExists('Table', showTable(target))
  if (!before && write.createDisposition === 'CREATE_NEVER') throw tableNotFound(target)
  const written =
    before && !isReplace ? await writeInto(write, before) : await writeNew(write, before, dataset)
  change.putTable(written.table)
  return { ...written, change }
}

function requireRights(
  { room, principal, target, writeDisposition, partitionId }: TableWrite,
  before: TableRecord | undefined,
): void {
  if (!before) room.authority.requireOnDataset(principal, 'bigquery.tables.create', target.datasetId)
  room.authority.requireOnTable(principal, 'bigquery.tables.updateData', target)
  if (before && writeDisposition === 'WRITE_TRUNCATE' && partitionId === undefined)
    room.authority.requireOnTable(principal, 'bigquery.tables.update', target)
}

async function hasRows({ session, partitionId }: TableWrite, table: TableRecord): Promise<boolean> {
  const where = partitionId === undefined ? '' : ` WHERE ${partitionPredicate(table, partitionId)}`
  return (await session.rows(`SELECT 1 FROM ${physicalOf(table)}${where} LIMIT 1`)).length > 0
}

async function writeNew(
  write: TableWrite,
  before: TableRecord | undefined,
  dataset: Parameters<typeof planTable>[1]['dataset'],
): Promise<Omit<Written, 'change'>> {
  const { room, session, target } = write
  checkTableId(target.tableId)
  // Truncating keeps how a table is organised and described unless the job says otherwise.
  const kept = before
    ? {
        partitioning: before.partitioning,
        range: before.range,
        constraints: before.constraints,
        isHistoryKept: before.isHistoryKept,
        isFineGrained: before.isFineGrained,
        clustering: before.clustering,
        description: before.description,
        labels: before.labels,
        requirePartitionFilter: before.requirePartitionFilter,
        expirationMs: before.expirationMs,
        friendlyName: before.friendlyName,
      }
    : {}
  const given = Object.fromEntries(
    Object.entries(write.fields ?? {}).filter(([, value]) => value !== undefined),
  )
  const schema = before ? carryDescriptions(write.schema, before.schema) : write.schema
  const planned = planTable(room, {
    reference: target,
    dataset,
    schema,
    fields: { ...kept, ...given },
    ...(before ? { before } : {}),
  })
  const table = before ? { ...planned, creationMs: before.creationMs } : planned
  if (write.partitionId !== undefined && !table.partitioning && !table.range)
    throw invalid(
      `Table ${showTable(target)} must be created with timePartitioning to write its partition $${write.partitionId}.`,
    )
  await createPhysical(session, table)
  const arrival = arrivalOf(table, write.partitionId)
  const source = arrival ? `SELECT *${arrival.value} FROM (${write.source})` : write.source
  const rows = await session.run(
    `INSERT INTO ${physicalOf(table)} (${columnList(write.schema)}${arrival?.column ?? ''}) ${source}`,
  )
  if (write.partitionId !== undefined && !arrival)
    await checkPartition(session, table, physicalOf(table), write.partitionId)
  return { table, rows }
}

function carryDescriptions(schema: readonly FieldSchema[], before: readonly FieldSchema[]): FieldSchema[] {
  return schema.map((field) => {
    const old = before.find((item) => item.name.toLowerCase() === field.name.toLowerCase())
    return field.description === undefined && old?.description !== undefined
      ? { ...field, description: old.description }
      : field
  })
}

async function writeInto(write: TableWrite, before: TableRecord): Promise<Omit<Written, 'change'>> {
  const { session, partitionId, room } = write
  const schema = await extendSchema(write, before)
  const columns = columnList(write.schema)
  const arrival = arrivalOf(before, partitionId)
  const relation = physicalOf(before)
  if (partitionId === undefined) {
    const rows = await session.run(`INSERT INTO ${relation} (${columns}) ${write.source}`)
    return { rows, table: touch(before, room.now(), { schema }) }
  }
  await session.run(`CREATE TEMP TABLE partition_rows (${columnDefinitions(write.schema)})`)
  const rows = await session.run(`INSERT INTO partition_rows ${write.source}`)
  if (!arrival) await checkPartition(session, before, 'partition_rows', partitionId)
  if (write.writeDisposition === 'WRITE_TRUNCATE')
    await session.run(`DELETE FROM ${relation} WHERE ${partitionPredicate(before, partitionId)}`)
  await session.run(
    `INSERT INTO ${relation} (${columns}${arrival?.column ?? ''}) SELECT *${arrival?.value ?? ''} FROM partition_rows`,
  )
  await session.run('DROP TABLE partition_rows')
  return { rows, table: touch(before, room.now(), { schema }) }
}

/** Rows that are sent to `t$20150503` of a table by arrival arrived that day. */
const arrivalOf = (table: TableRecord, partitionId: string | undefined) =>
  partitionId !== undefined && isByArrival(table)
    ? { column: `, "${ARRIVAL}"`, value: `, ${partitionStart(table, partitionId)}` }
    : undefined

async function checkPartition(
  session: Session,
  table: TableRecord,
  relation: string,
  partitionId: string,
): Promise<void> {
  const strangers = await session.rows(
    `SELECT 1 FROM ${relation} WHERE (${partitionPredicate(table, partitionId)}) IS NOT TRUE LIMIT 1`,
  )
  if (strangers.length > 0)
    throw invalid(`Some rows belong to different partitions rather than destination partition ${partitionId}`)
}

/** Columns must fit by name and type; new ones only where the job allows them. */
async function extendSchema(write: TableWrite, before: TableRecord): Promise<readonly FieldSchema[]> {
  const { session } = write
  const known = new Map(before.schema.map((field) => [field.name.toLowerCase(), field]))
  const added: FieldSchema[] = []
  for (const field of write.schema) {
    const old = known.get(field.name.toLowerCase())
    if (!old) added.push(field)
    else if (
      legacyTypeName(old.type) !== legacyTypeName(field.type) ||
      (old.mode === 'REPEATED') !== (field.mode === 'REPEATED')
    ) {
      throw invalid(
        `Provided Schema does not match Table ${showTable(before.reference)}. Field ${field.name} has changed type from ${old.type} to ${field.type}`,
      )
    }
  }
  if (added.length === 0) return before.schema
  if (!write.schemaUpdateOptions?.includes('ALLOW_FIELD_ADDITION'))
    throw invalid(
      `Provided Schema does not match Table ${showTable(before.reference)}. Cannot add fields (field: ${added[0]!.name})`,
    )
  write.room.authority.requireOnTable(write.principal, 'bigquery.tables.update', before.reference)
  const nullable = added.map((field) => (field.mode === 'REQUIRED' ? { ...field, mode: 'NULLABLE' } : field))
  for (const field of nullable)
    await session.run(`ALTER TABLE ${physicalOf(before)} ADD COLUMN ${columnDefinitions([field])}`)
  return [...before.schema, ...nullable]
}
