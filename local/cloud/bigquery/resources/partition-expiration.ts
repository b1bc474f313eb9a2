/**
 * Removes the rows of partitions that are past their table's partition expiration; it touches no other row.
 */
import { legacyTypeName } from '../engine/data-types.ts'
import { quoteName, tableKey } from '../engine/names.ts'
import { partitionField } from '../engine/partitions.ts'
import { physicalOf, type TableRecord } from '../engine/records.ts'
import { Change, unchanged } from '../engine/warehouse.ts'
import type { Room } from '../room.ts'
import { touch } from './new-table.ts'

export async function expirePartitions(room: Room): Promise<void> {
  for (const table of room.warehouse.tables.values()) {
    if (table.partitioning?.expirationMs)
      await room.warehouse.lock([tableKey(table.reference)], () => expireOne(room, table))
  }
}

/** A partition expires so long after its start, in UTC. */
async function expireOne(room: Room, seen: TableRecord): Promise<void> {
  const table = room.warehouse.table(seen.reference, room.now())
  if (!table?.partitioning?.expirationMs) return
  const { field, type, expirationMs } = table.partitioning
  const column = quoteName(field)
  const isZoned = legacyTypeName(partitionField(table)?.type ?? '') === 'TIMESTAMP'
  const start = `date_trunc('${type.toLowerCase()}', ${isZoned ? `make_timestamp(epoch_us(${column}))` : `CAST(${column} AS TIMESTAMP)`})`
  const latest = `make_timestamp(${(room.now() - Number(expirationMs)) * 1000})`
  await room.warehouse.database.withSession((session) =>
    session.inTransaction(async () => {
      const rows = await session.run(`DELETE FROM ${physicalOf(table)} WHERE ${start} <= ${latest}`)
      const change = new Change()
      if (rows > 0) change.putTable(touch(table, room.now()))
      change.verify.push(unchanged(room.warehouse, table.reference, table))
      await room.warehouse.commit(change, session)
    }),
  )
}
