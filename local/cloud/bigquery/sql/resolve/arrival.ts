/**
 * The pseudo columns of a table that is partitioned by arrival: `_PARTITIONTIME`, and `_PARTITIONDATE` where the
 * partitions are days. They have a name, and `*` does not show them.
 */
import { DATE, TIMESTAMP } from '../values/gtype.ts'
import type { Resolved } from '../types.ts'
import type { Column } from './scope.ts'
import { onceOnly, type Read } from './translation.ts'

const TIME = '_PARTITIONTIME'

export const isByArrival = ({
  partitionField,
}: Pick<Resolved & { kind: 'table' }, 'partitionField'>): boolean => partitionField === TIME

export function arrivalColumns(resolved: Resolved & { kind: 'table' }, label: string, read: Read): Column[] {
  if (!isByArrival(resolved)) return []
  const touch = onceOnly([() => void read.columns.add(TIME)])
  const hidden = { touch, isHidden: true, partitionOf: read }
  const day = (column: string): string => `CAST(make_timestamp(epoch_us(${column})) AS DATE)`
  const columns: Column[] = [{ name: TIME, type: TIMESTAMP, sql: `${label}."${TIME}"`, ...hidden }]
  if (resolved.partitionType === 'DAY')
    columns.push({
      name: '_PARTITIONDATE',
      type: DATE,
      sql: day(`${label}."${TIME}"`),
      partitionSql: day(`"${TIME}"`),
      ...hidden,
    })
  return columns
}
