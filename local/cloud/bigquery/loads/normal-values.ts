/** Values of files with each JSON in them as BigQuery keeps it, however deep it stands. */
import { legacyTypeName } from '../engine/data-types.ts'
import { quoteName, quoteText } from '../engine/names.ts'
import type { FieldSchema } from '../sql/types.ts'
import { normalJsonSql } from '../sql/values/normal-json.ts'

const holdsJson = (field: FieldSchema): boolean =>
  legacyTypeName(field.type) === 'JSON' || (field.fields ?? []).some(holdsJson)

export function withNormalJson(sql: string, field: FieldSchema, depth = 0): string {
  if (!holdsJson(field)) return sql
  if (field.mode === 'REPEATED') {
    const item = `json_item_${depth}`
    return `list_transform(${sql}, lambda ${item}: ${withNormalJson(item, { ...field, mode: 'NULLABLE' }, depth + 1)})`
  }
  if (!field.fields) return normalJsonSql(sql)
  const parts = field.fields.map(
    (part) =>
      `${quoteName(part.name)} := ${withNormalJson(`struct_extract(${sql}, ${quoteText(part.name)})`, part, depth)}`,
  )
  return `CASE WHEN ${sql} IS NOT NULL THEN struct_pack(${parts.join(', ')}) END`
}
