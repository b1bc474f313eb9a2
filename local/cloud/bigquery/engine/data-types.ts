/**
 * Schemas in BigQuery's REST words: checks them and gives DuckDB's type for each; what has no exact twin is
 * refused by name.
 */
import { CloudError } from '../../kernel.ts'
import type { FieldSchema } from '../sql/types.ts'
import { quoteName } from './names.ts'

const aliases: Readonly<Record<string, string>> = {
  INT64: 'INTEGER',
  INT: 'INTEGER',
  BIGINT: 'INTEGER',
  SMALLINT: 'INTEGER',
  TINYINT: 'INTEGER',
  BYTEINT: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  STRUCT: 'RECORD',
  DECIMAL: 'NUMERIC',
  BIGDECIMAL: 'BIGNUMERIC',
}

const duckdbTypes: Readonly<Record<string, string>> = {
  INTEGER: 'BIGINT',
  FLOAT: 'DOUBLE',
  BOOLEAN: 'BOOLEAN',
  STRING: 'VARCHAR',
  BYTES: 'BLOB',
  DATE: 'DATE',
  DATETIME: 'TIMESTAMP',
  TIME: 'TIME',
  TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
  NUMERIC: 'DECIMAL(38,9)',
  JSON: 'JSON',
}

/** REST answers spell types in the legacy way (`INTEGER`, `RECORD`), whatever the request said. */
export function legacyTypeName(type: string): string {
  const upper = type.toUpperCase()
  return aliases[upper] ?? upper
}

export function duckdbType(field: FieldSchema): string {
  const type = legacyTypeName(field.type)
  const base =
    type === 'RECORD'
      ? `STRUCT(${(field.fields ?? []).map((inner) => `${quoteName(inner.name)} ${duckdbType(inner)}`).join(', ')})`
      : duckdbTypes[type]
  if (base === undefined)
    throw new CloudError(
      501,
      'notImplemented',
      `Columns of type ${type} are not supported by the local BigQuery (column ${field.name}).`,
    )
  return field.mode === 'REPEATED' ? `${base}[]` : base
}

export function columnDefinitions(schema: readonly FieldSchema[]): string {
  return schema
    .map(
      (field) =>
        `${quoteName(field.name)} ${duckdbType(field)}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}`,
    )
    .join(', ')
}

/** Checks a schema as a client sent it and spells it as Google answers it. */
export function parseSchema(given: unknown, where = 'schema'): FieldSchema[] {
  const list = Array.isArray(given) ? given : (given as { fields?: unknown } | null | undefined)?.fields
  if (!Array.isArray(list)) throw new CloudError(400, 'invalid', `${where} must have a list of fields.`)
  if (list.length > 10_000) throw new CloudError(400, 'invalid', 'Too many columns: at most 10000.')
  const seen = new Set<string>()
  return list.map((item: unknown) => {
    const field = parseField(item, where)
    const key = field.name.toLowerCase()
    if (seen.has(key)) throw new CloudError(400, 'invalid', `Duplicate field name: ${field.name}`)
    seen.add(key)
    return field
  })
}

const ignoredParts = [
  'policyTags',
  'dataPolicies',
  'foreignTypeDefinition',
  'rangeElementType',
  'defaultValueExpression',
  'generatedColumn',
  'roundingMode',
  'timestampPrecision',
  'precision',
  'scale',
  'maxLength',
  'collation',
]

const namePattern = /^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd} &%=+:'<>#|]{1,300}$/u

function parseField(given: unknown, where: string): FieldSchema {
  const item = (given ?? {}) as Record<string, unknown>
  const name = item.name
  if (typeof name !== 'string' || !namePattern.test(name))
    throw new CloudError(400, 'invalid', `Invalid field name "${String(name)}" in ${where}.`)
  if (typeof item.type !== 'string') throw new CloudError(400, 'invalid', `Field ${name} is missing a type.`)
  for (const part of ignoredParts) {
    const value = item[part]
    const isEmpty =
      value === undefined ||
      value === null ||
      value === '' ||
      JSON.stringify(value) === '{}' ||
      JSON.stringify(value) === '{"names":[]}' ||
      JSON.stringify(value) === '[]'
    if (!isEmpty && !(part === 'timestampPrecision' && Number(value) === 6))
      throw new CloudError(
        501,
        'notImplemented',
        `Field ${name}: ${part} is not supported by the local BigQuery.`,
      )
  }
  const type = legacyTypeName(item.type)
  const mode = typeof item.mode === 'string' && item.mode !== '' ? item.mode.toUpperCase() : 'NULLABLE'
  if (!['NULLABLE', 'REQUIRED', 'REPEATED'].includes(mode))
    throw new CloudError(400, 'invalid', `Invalid mode ${mode} of field ${name}.`)
  const description =
    typeof item.description === 'string' && item.description !== '' ? item.description : undefined
  if (description !== undefined && description.length > 1024)
    throw new CloudError(
      400,
      'invalid',
      `The description for field ${name} is too long. The maximum length is 1024 characters.`,
    )
  const fields = type === 'RECORD' ? parseSchema(item.fields ?? [], `${where}.${name}`) : undefined
  if (type === 'RECORD' && fields?.length === 0)
    throw new CloudError(400, 'invalid', `Field ${name} is type RECORD but has no schema`)
  const field: FieldSchema = {
    name,
    type,
    mode,
    ...(description === undefined ? {} : { description }),
    ...(fields ? { fields } : {}),
  }
  duckdbType(field)
  return field
}

/** Result columns are what a query makes: always nullable unless repeated, and each name once. */
export function resultSchema(schema: readonly FieldSchema[]): FieldSchema[] {
  const seen = new Set<string>()
  for (const field of schema) {
    if (seen.has(field.name.toLowerCase()))
      throw new CloudError(
        400,
        'invalidQuery',
        `Duplicate column names in the result are not supported when a destination table is present. Found duplicate(s): ${field.name}`,
      )
    seen.add(field.name.toLowerCase())
  }
  for (const field of schema) checkFieldName(field, 'invalidQuery')
  return schema.map((field) => ({
    ...field,
    type: legacyTypeName(field.type),
    mode: field.mode === 'REPEATED' ? 'REPEATED' : 'NULLABLE',
  }))
}

/** For names that come from a query or a file, not from a client's schema. */
export function checkFieldName(field: FieldSchema, reason: string): void {
  if (!namePattern.test(field.name))
    throw new CloudError(
      400,
      reason,
      `Invalid field name "${field.name}". Fields must contain the allowed characters, and be at most 300 characters long. For allowed characters, please refer to https://cloud.google.com/bigquery/docs/schemas#column_names`,
    )
  for (const inner of field.fields ?? []) checkFieldName(inner, reason)
}
