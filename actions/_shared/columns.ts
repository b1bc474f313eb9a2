/** Columns as lines of text that people and digests can compare; it refuses to know their descriptions. */
import type { Column } from './dataset.ts'

const SQL_TYPES: Readonly<Record<string, string>> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  RECORD: 'STRUCT',
}

/** A line per column and per field of one: `amount NUMERIC NOT NULL`, `place.city STRING`. */
export function columnLines(columns: readonly Column[], parent = ''): string[] {
  return columns.flatMap((column) => [
    `${parent}${column.name} ${typeOf(column)}${column.mode === 'REQUIRED' ? ' NOT NULL' : ''}`,
    ...columnLines(column.fields ?? [], `${parent}${column.name}.`),
  ])
}

export function typeOf(column: Column): string {
  const limits = [column.maxLength, column.precision, column.scale]
    // Google sends a scale of 0 as nothing or as 0.
    .filter((limit, index) => limit !== undefined && !(index === 2 && limit === '0'))
  const type = `${SQL_TYPES[column.type] ?? column.type}${limits.length === 0 ? '' : `(${limits.join(', ')})`}`
  return column.mode === 'REPEATED' ? `ARRAY<${type}>` : type
}
