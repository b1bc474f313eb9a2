/**
 * Writes rows as BigQuery's CSV and JSON exports spell them; it refuses columns whose spelling in a format is
 * not known for sure.
 */
import {
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import { writeDatetime, writeFloat, writeText } from '../engine/cells.ts'
import { legacyTypeName } from '../engine/data-types.ts'
import { invalidQuery, unsupported } from '../engine/refusals.ts'
import type { FieldSchema } from '../sql/types.ts'
import type { ExportFormat } from './export-config.ts'

/** CSV is flat; NUMERIC in JSON and JSON values anywhere are written in a way that Google does not document. */
export function checkExportable(schema: readonly FieldSchema[], format: ExportFormat): void {
  for (const field of schema) {
    const type = legacyTypeName(field.type)
    if (format === 'CSV' && (field.mode === 'REPEATED' || type === 'RECORD'))
      throw invalidQuery(`Operation cannot be performed on a nested schema. Field: ${field.name}`)
    if (type === 'JSON' || type === 'INTERVAL' || (type === 'NUMERIC' && format === 'JSON'))
      throw unsupported(`A ${type} column (${field.name}) in a ${format} export, unless cast to STRING,`)
    checkExportable(field.fields ?? [], format)
  }
}

export function csvHeader(schema: readonly FieldSchema[], delimiter: string): string {
  return `${schema.map(({ name }) => name).join(delimiter)}\n`
}

/** NULL is nothing, an empty text is "". */
export function csvLine(
  row: readonly DuckDBValue[],
  schema: readonly FieldSchema[],
  delimiter: string,
): string {
  const cells = schema.map((field, index) => {
    const value = row[index] ?? null
    if (value === null) return ''
    const text = String(writeScalar(value, field))
    const isQuoted = text === '' || text.includes(delimiter) || /["\r\n]/.test(text)
    return isQuoted ? `"${text.replaceAll('"', '""')}"` : text
  })
  return `${cells.join(delimiter)}\n`
}

/** Without its NULLs, INT64 as text, and `<`, `>`, `&` escaped, as BigQuery does for who shows it in a page. */
export function jsonLine(row: readonly DuckDBValue[], schema: readonly FieldSchema[]): string {
  const text = JSON.stringify(members(row, schema))
  return `${text.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)}\n`
}

function members(values: readonly DuckDBValue[], schema: readonly FieldSchema[]): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const [index, field] of schema.entries()) {
    const value = values[index] ?? null
    if (field.mode === 'REPEATED')
      found[field.name] =
        value instanceof DuckDBListValue ? value.items.map((item) => jsonValue(item, field)) : []
    else if (value !== null) found[field.name] = jsonValue(value, field)
  }
  return found
}

function jsonValue(value: DuckDBValue, field: FieldSchema): unknown {
  if (value instanceof DuckDBStructValue) return members(Object.values(value.entries), field.fields ?? [])
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (typeof value === 'boolean') return value
  return writeScalar(value, field)
}

function writeScalar(value: DuckDBValue, field: FieldSchema): string {
  if (value instanceof DuckDBTimestampTZValue) return `${writeDatetime(value.micros).replace('T', ' ')} UTC`
  const text = writeText(value)
  if (text !== undefined) return text
  if (typeof value === 'number') return writeFloat(value)
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean')
    return String(value)
  throw new Error(`a value of column ${field.name} has no text`)
}
