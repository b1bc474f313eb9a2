/**
 * CREATE TABLE … LIKE, COPY and CLONE, and CREATE SNAPSHOT TABLE: a table made after another one, as it is when
 * the statement runs. A snapshot stays as it was made.
 */
import { columnList } from '../../engine/data-types.ts'
import type { Session } from '../../engine/database.ts'
import { showTable } from '../../engine/names.ts'
import { ARRIVAL, isByArrival, kindOf, physicalOf, type TableRecord } from '../../engine/records.ts'
import { invalid, tableNotFound } from '../../engine/refusals.ts'
import { bodyOfOptions, readTableFields, type TableFields } from '../../resources/table-fields.ts'
import type { FieldSchema, Statement } from '../../sql/types.ts'
import { targetOf } from '../catalog.ts'
import type { CatalogScope } from '../scope.ts'

export interface Derivation {
  readonly base: TableRecord
  readonly schema: readonly FieldSchema[]
  readonly fields: TableFields & Pick<TableRecord, 'base'>
  readonly hasRows: boolean
}

export function derive(scope: CatalogScope, statement: Statement): Derivation {
  const { room, principal } = scope
  const { how, path } = statement.source!
  const source = targetOf(scope, path)
  room.authority.requireOnTable(principal, 'bigquery.tables.get', source)
  if (how !== 'LIKE') room.authority.requireToQuery(principal, source, [])
  const base = room.warehouse.table(source, room.now())
  if (!base) throw tableNotFound(source, scope.location)
  if (base.kind !== 'TABLE' || (how === 'LIKE' && kindOf(base) !== 'TABLE'))
    throw invalid(
      `Using ${showTable(source)} as a source of ${how} is not supported: it is a ${kindOf(base)}.`,
    )
  const { description, friendlyName, labels, partitioning, range, clustering, requirePartitionFilter } = base
  const kept: TableFields = {
    ...{ description, friendlyName, labels, partitioning, range, clustering, requirePartitionFilter },
    ...(how === 'LIKE' ? {} : { constraints: base.constraints }),
  }
  const fields = readTableFields(
    bodyOfOptions(statement.header?.options ?? {}, kept),
    kept,
    base.schema,
    room.now(),
  )
  const made = { reference: base.reference, timeMs: room.now() }
  return {
    base,
    schema: base.schema,
    hasRows: how !== 'LIKE',
    fields: {
      ...fields,
      ...(how === 'SNAPSHOT' ? { base: { kind: 'SNAPSHOT', ...made } } : {}),
      ...(how === 'CLONE' ? { base: { kind: 'CLONE', ...made } } : {}),
    },
  }
}

/** Rows keep the time at which they arrived. */
export async function copyRows(
  session: Session,
  { base, schema }: Derivation,
  table: TableRecord,
): Promise<void> {
  const columns = `${columnList(schema)}${isByArrival(table) ? `, "${ARRIVAL}"` : ''}`
  await session.run(
    `INSERT INTO ${physicalOf(table)} (${columns}) SELECT ${columns} FROM ${physicalOf(base)}`,
  )
}
