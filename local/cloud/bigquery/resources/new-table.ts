/** Makes the record of a new or replaced table and its empty physical table; the caller commits. */
import { randomUUID } from 'node:crypto'
import { columnDefinitions } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import {
  ARRIVAL,
  relationOf,
  type DatasetRecord,
  type Materialized,
  type TableRecord,
} from '../engine/records.ts'
import type { Room } from '../room.ts'
import type { FieldSchema, TableReference } from '../sql/types.ts'
import type { TableFields } from './table-fields.ts'

export interface TablePlan {
  readonly reference: TableReference
  readonly dataset: Pick<
    DatasetRecord,
    'location' | 'defaultTableExpirationMs' | 'defaultPartitionExpirationMs'
  >
  readonly schema: readonly FieldSchema[]
  readonly fields: TableFields & Pick<TableRecord, 'base'>
  readonly view?: { readonly query: string }
  readonly materialized?: Materialized
  readonly external?: TableRecord['external']
  /** The table it replaces: same identity, next version. */
  readonly before?: TableRecord
  readonly ownerMember?: string
}

export function planTable(room: Room, plan: TablePlan): TableRecord {
  const nowMs = room.now()
  const isView = plan.view !== undefined || plan.external !== undefined
  const before = plan.before?.kind === (isView ? 'VIEW' : 'TABLE') ? plan.before : undefined
  const lifetime = plan.dataset.defaultTableExpirationMs
  const { partitioning, ...fields } = plan.fields
  const partitionLifetime = plan.dataset.defaultPartitionExpirationMs
  const partitioned =
    partitioning && !partitioning.expirationMs && partitionLifetime
      ? { ...partitioning, expirationMs: partitionLifetime }
      : partitioning
  const defaults = isView ? {} : defaultsOf(room, plan.schema)
  const hasDefaults = Object.keys(defaults).length > 0
  return {
    reference: plan.reference,
    uid: before?.uid ?? randomUUID(),
    version: (plan.before?.version ?? 0) + 1,
    kind: isView ? 'VIEW' : 'TABLE',
    location: plan.dataset.location,
    schema: plan.schema,
    ...(hasDefaults ? { defaults } : {}),
    ...fields,
    ...(partitioned ? { partitioning: partitioned } : {}),
    // Replaced is the same table: who may read it stays.
    ...(before?.grants ? { grants: before.grants } : {}),
    ...(plan.materialized ? { materialized: plan.materialized } : {}),
    ...(plan.external ? { external: plan.external } : {}),
    ...(plan.view ? { view: plan.view } : {}),
    ...(isView ? {} : { physical: room.warehouse.nextPhysical() }),
    ...(fields.expirationMs === undefined && lifetime && !partitioned
      ? { expirationMs: nowMs + Number(lifetime) }
      : {}),
    ...(plan.ownerMember === undefined ? {} : { ownerMember: plan.ownerMember }),
    creationMs: nowMs,
    modifiedMs: nowMs,
  }
}

export async function createPhysical(session: Session, table: TableRecord): Promise<void> {
  if (table.physical !== undefined)
    await session.run(`CREATE TABLE ${relationOf(table.physical)} (${physicalColumns(table)})`)
}

/** In UTC, without a time zone library: the start of the day, hour, month or year in which a row arrives. */
const arrivalDefault = (unit: string): string =>
  `to_timestamp(epoch(date_trunc('${unit.toLowerCase()}', make_timestamp(epoch_us(now())))))`

function physicalColumns(table: TableRecord): string {
  const columns = columnDefinitions(table.schema, table.defaults)
  return table.partitioning?.field === ARRIVAL
    ? `${columns}, "${ARRIVAL}" TIMESTAMP WITH TIME ZONE DEFAULT ${arrivalDefault(table.partitioning.type)}`
    : columns
}

/** What fills a column that a write does not name; DuckDB evaluates it for each row. */
export function defaultsOf(room: Room, schema: readonly FieldSchema[]): Record<string, string> {
  return Object.fromEntries(
    schema
      .filter((field) => field.defaultValueExpression !== undefined)
      .map((field) => [field.name, room.compiler.compileDefault(field)]),
  )
}

/** The next version of a table whose rows or fields changed in place. */
export function touch(table: TableRecord, nowMs: number, changes: Partial<TableRecord> = {}): TableRecord {
  return {
    ...table,
    ...changes,
    version: table.version + 1,
    modifiedMs: Math.max(nowMs, table.modifiedMs + 1),
  }
}
