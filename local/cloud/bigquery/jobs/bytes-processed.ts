/**
 * `totalBytesProcessed` from the columns and partitions a statement reads; says nothing where BigQuery's own
 * rule is not known exactly.
 */
import type { Session } from '../engine/database.ts'
import { hasKnownSize, measureColumns, totalSizeExpression } from '../engine/logical-size.ts'
import { showTable, tableKey } from '../engine/names.ts'
import { physicalOf } from '../engine/records.ts'
import { CloudError } from '../../kernel.ts'
import { invalidQuery } from '../engine/refusals.ts'
import type { Room } from '../room.ts'
import type { Statement, TableRead } from '../sql/types.ts'

const mebibyte = 1_048_576n
const minimumBilledPerTable = 10n * mebibyte

export interface Bytes {
  readonly processed: bigint
  readonly billed: bigint
}

/** Undefined for UPDATE, DELETE and MERGE: there BigQuery also counts the whole partitions it rewrites. */
export async function measureBytes(
  room: Room,
  session: Session,
  statement: Statement,
): Promise<Bytes | undefined> {
  if (['UPDATE', 'DELETE', 'MERGE', 'SCRIPT'].includes(statement.type)) return undefined
  if (statement.references.some((reference) => /^INFORMATION_SCHEMA\.|^__TABLES__$/.test(reference.tableId)))
    return undefined
  // BigQuery reads the rows it keeps, not those of the base tables.
  const stored = statement.references.map((reference) => room.warehouse.tables.get(tableKey(reference)))
  if (stored.some((table) => table?.materialized || table?.external)) return undefined
  let [processed, billed] = [0n, 0n]
  for (const reads of groupByTable(statement.reads)) {
    const bytes = await measureTableRead(room, session, reads)
    if (bytes === undefined) return undefined
    processed += bytes
    billed +=
      bytes === 0n
        ? 0n
        : bytes > minimumBilledPerTable
          ? ((bytes + mebibyte - 1n) / mebibyte) * mebibyte
          : minimumBilledPerTable
  }
  return { processed, billed }
}

/** A table read twice is charged once for the columns and partitions of both. */
function groupByTable(reads: readonly TableRead[]): TableRead[][] {
  const groups = new Map<string, TableRead[]>()
  for (const read of reads)
    groups.set(tableKey(read.reference), [...(groups.get(tableKey(read.reference)) ?? []), read])
  return [...groups.values()]
}

async function measureTableRead(
  room: Room,
  session: Session,
  reads: readonly TableRead[],
): Promise<bigint | undefined> {
  const table = room.warehouse.tables.get(tableKey(reads[0]!.reference))
  if (table?.kind !== 'TABLE') return undefined
  const isAll = reads.some((read) => read.columns === 'all')
  const names = new Set(
    reads.flatMap((read) => (read.columns === 'all' ? [] : read.columns.map((name) => name.toLowerCase()))),
  )
  const fields = isAll ? table.schema : table.schema.filter((field) => names.has(field.name.toLowerCase()))
  if (fields.length === 0) return 0n
  if (!fields.every(hasKnownSize)) return undefined
  // Whole ranges are read, and which ones a predicate leaves is not known here.
  if (table.range && reads.every((read) => read.partitionPredicate !== undefined)) return undefined
  const predicates = reads.map((read) => read.partitionPredicate)
  if (!predicates.every((predicate) => predicate !== undefined)) return measureColumns(session, table, fields)
  const where = predicates.map((predicate) => `(${predicate})`).join(' OR ')
  const [row] = await session.rows(
    `SELECT CAST(${totalSizeExpression(fields)} AS BIGINT) FROM ${physicalOf(table)} WHERE ${where}`,
  )
  return BigInt(row?.[0] as bigint)
}

/** A view may be made over such a table; who queries it must filter. */
export function checkPartitionFilters(room: Room, statement: Statement): void {
  if (statement.type === 'CREATE_VIEW' || statement.type === 'CREATE_MATERIALIZED_VIEW') return
  for (const read of statement.reads) {
    const table = room.warehouse.tables.get(tableKey(read.reference))
    const field = table?.partitioning?.field ?? table?.range?.field
    if (table?.requirePartitionFilter && field !== undefined && read.partitionPredicate === undefined) {
      throw invalidQuery(
        `Cannot query over table '${showTable(read.reference).replace(':', '.')}' without a filter over column(s) '${field}' that can be used for partition elimination`,
      )
    }
  }
}

export function checkBytesBilled(bytes: Bytes | undefined, maximum: number | undefined): void {
  if (bytes === undefined || maximum === undefined || bytes.billed <= BigInt(maximum)) return
  throw new CloudError(
    400,
    'bytesBilledLimitExceeded',
    `Query exceeded limit for bytes billed: ${maximum}. ${bytes.billed} or higher required.`,
  )
}
