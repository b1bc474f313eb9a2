/**
 * The structure of a table as texts that people and digests can compare: columns, partitions, clustering, and what
 * rests on them. It refuses to know descriptions, labels and rows.
 */
import { columnLines } from '../../_shared/columns.ts'
import type { Column, ExistingTable } from '../../_shared/dataset.ts'

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

/** What a table has beside its shape, by the name that people have for it. */
export function restOf(table: ExistingTable): Readonly<Record<string, readonly string[]>> {
  const { constraints, timePartitioning, isFilterRequired, defaultCollation = '' } = table
  const foreign = (constraints?.foreignKeys ?? []).map(({ referencedTable, columnReferences = [] }) =>
    [
      referencedTable.projectId,
      referencedTable.datasetId,
      referencedTable.tableId,
      ...columnReferences.flatMap(({ referencingColumn, referencedColumn }) => [
        referencingColumn,
        referencedColumn,
      ]),
    ].join('.'),
  )
  return {
    keys: [(constraints?.primaryKey?.columns ?? []).join(), ...foreign.sort()],
    defaults: eachWith(table.columns, 'defaultValueExpression'),
    'partition options': [timePartitioning?.expirationMs ?? '', String(isFilterRequired)],
    collations: [defaultCollation, ...eachWith(table.columns, 'collation')],
  }
}

function eachWith(
  columns: readonly Column[],
  member: 'defaultValueExpression' | 'collation',
  parent = '',
): string[] {
  return columns.flatMap(({ name, fields = [], [member]: value = '' }) => [
    ...(value === '' ? [] : [`${parent}${name} ${value}`]),
    ...eachWith(fields, member, `${parent}${name}.`),
  ])
}
