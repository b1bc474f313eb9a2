/**
 * The structure of a table as lines of text that people and digests can compare: columns, partitions,
 * clustering. It refuses to know descriptions, labels and rows.
 */
import type { Column, ExistingTable } from '../../_shared/dataset.ts'

/** What a table and its file have in common. */
export type Shape = Pick<ExistingTable, 'columns' | 'timePartitioning' | 'rangePartitioning' | 'clustering'>

const SQL_TYPES: Readonly<Record<string, string>> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  RECORD: 'STRUCT',
}

export function shapeOf(table: Shape): string {
  return [
    ...linesOf(table.columns, ''),
    `PARTITION BY ${partitioningOf(table)}`,
    `CLUSTER BY ${table.clustering.join(', ') || 'nothing'}`,
  ].join('\n')
}

function linesOf(columns: readonly Column[], parent: string): string[] {
  return columns.flatMap((column) => [
    `${parent}${column.name} ${typeOf(column)}${column.mode === 'REQUIRED' ? ' NOT NULL' : ''}`,
    ...linesOf(column.fields ?? [], `${parent}${column.name}.`),
  ])
}

export function typeOf(column: Column): string {
  const limits = [column.maxLength, column.precision, column.scale]
    // Google sends a scale of 0 as nothing or as 0.
    .filter((limit, index) => limit !== undefined && !(index === 2 && limit === '0'))
  const type = `${SQL_TYPES[column.type] ?? column.type}${limits.length === 0 ? '' : `(${limits.join(', ')})`}`
  return column.mode === 'REPEATED' ? `ARRAY<${type}>` : type
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
