/**
 * The structure of a table as lines of text that people and digests can compare: columns, partitions,
 * clustering. It refuses to know descriptions, labels and rows.
 */
import { columnLines } from '../../_shared/columns.ts'
import type { ExistingTable } from '../../_shared/dataset.ts'

/** What a table and its file have in common. */
export type Shape = Pick<ExistingTable, 'columns' | 'timePartitioning' | 'rangePartitioning' | 'clustering'>

export function shapeOf(table: Shape): string {
  return [
    ...columnLines(table.columns),
    `PARTITION BY ${partitioningOf(table)}`,
    `CLUSTER BY ${table.clustering.join(', ') || 'nothing'}`,
  ].join('\n')
}

export function partitioningOf({
  timePartitioning,
  rangePartitioning,
}: Pick<Shape, 'timePartitioning' | 'rangePartitioning'>): string {
  if (rangePartitioning !== undefined) {
    const { field, range } = rangePartitioning
    return `ranges of ${field.toLowerCase()} (${range?.start} to ${range?.end} by ${range?.interval})`
  }
  return timePartitioning === undefined
    ? 'nothing'
    : `${timePartitioning.type} of ${timePartitioning.field?.toLowerCase() ?? 'ingestion time'}`
}
