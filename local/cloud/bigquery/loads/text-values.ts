/**
 * Texts of CSV and JSON files as typed DuckDB expressions: what BigQuery would not parse is an error that
 * names the value and the field.
 */
import { duckdbType, legacyTypeName } from '../engine/data-types.ts'
import { quoteText } from '../engine/names.ts'
import type { FieldSchema } from '../sql/types.ts'
import { raised } from '../sql/values/raised.ts'

const shapes: Readonly<Record<string, string>> = {
  INTEGER: '\\s*[+-]?[0-9]+\\s*',
  FLOAT:
    '\\s*([+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?([nN][aA][nN]|[iI][nN][fF]([iI][nN][iI][tT][yY])?))\\s*',
  NUMERIC: '\\s*[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?\\s*',
  DATE: '\\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}\\s*',
  TIME: '\\s*[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\\.[0-9]{1,6})?\\s*',
  DATETIME: '\\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ Tt][0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\\.[0-9]{1,6})?)?\\s*',
  TIMESTAMP:
    '\\s*[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ Tt][0-9]{1,2}:[0-9]{1,2}(:[0-9]{1,2}(\\.[0-9]{1,6})?)?)?\\s*(Z|z|UTC|[+-][0-9]{1,2}(:?[0-9]{2})?)?\\s*',
}
const sqlNames: Readonly<Record<string, string>> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL' }

/** `source` is a VARCHAR expression. */
export function parseText(source: string, field: FieldSchema, position: number): string {
  const type = legacyTypeName(field.type)
  const complaint = raised(
    `'Error while reading data, error message: Could not parse ''' || ${source} || ${quoteText(`' as ${sqlNames[type] ?? type} for field ${field.name} (position ${position})`)}`,
  )
  if (type === 'STRING') return source
  if (type === 'BYTES') return `from_base64(${source})`
  if (type === 'JSON') return `CAST(${source} AS JSON)`
  if (type === 'BOOLEAN') {
    const text = `lower(trim(${source}))`
    return `CASE WHEN ${source} IS NULL THEN NULL WHEN ${text} IN ('true','t','yes','y','1') THEN TRUE WHEN ${text} IN ('false','f','no','n','0') THEN FALSE ELSE ${complaint} END`
  }
  const value =
    type === 'TIMESTAMP' ? `regexp_replace(trim(${source}), '\\s*(Z|z|UTC)$', '+00')` : `trim(${source})`
  return `CASE WHEN ${source} IS NULL THEN NULL WHEN regexp_full_match(${source}, ${quoteText(shapes[type] ?? '.*')}) THEN coalesce(TRY_CAST(${value} AS ${duckdbType({ ...field, mode: 'NULLABLE' })}), ${complaint}) ELSE ${complaint} END`
}
