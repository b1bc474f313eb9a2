/**
 * Schemas in BigQuery's REST words: checks them and gives DuckDB's type for each; what has no exact twin is
 * refused by name.
 */
import { CloudError } from '../../kernel.ts'
import type { FieldSchema } from '../sql/types.ts'
import { quoteName } from './names.ts'
import { unsupported } from './refusals.ts'

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
  INTERVAL: 'INTERVAL',
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

export function columnDefinitions(
  schema: readonly FieldSchema[],
  defaults: Readonly<Record<string, string>> = {},
): string {
  return schema
    .map((field) => {
      const standard = defaults[field.name]
      return `${quoteName(field.name)} ${duckdbType(field)}${field.mode === 'REQUIRED' ? ' NOT NULL' : ''}${standard === undefined ? '' : ` DEFAULT ${standard}`}`
    })
    .join(', ')
}

export const columnList = (schema: readonly FieldSchema[]): string =>
  schema.map((field) => quoteName(field.name)).join(', ')

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

const refusedParts = [
  'categories',
  'dataGovernanceTagsInfo',
  'dataPolicyList',
  'policyTags',
  'dataPolicies',
  'foreignTypeDefinition',
  'rangeElementType',
  'generatedColumn',
  'roundingMode',
  'timestampPrecision',
  'collation',
]

const namePattern = /^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd} &%=+:'<>#|]{1,300}$/u

function parseField(given: unknown, where: string): FieldSchema {
  const item = (given ?? {}) as Record<string, unknown>
  const name = item.name
  if (typeof name !== 'string' || !namePattern.test(name))
    throw new CloudError(400, 'invalid', `Invalid field name "${String(name)}" in ${where}.`)
  if (typeof item.type !== 'string') throw new CloudError(400, 'invalid', `Field ${name} is missing a type.`)
  for (const part of refusedParts) {
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
  if (type !== 'RECORD' && Array.isArray(item.fields) && item.fields.length > 0)
    throw new CloudError(400, 'invalid', `Field ${name} of type ${type} cannot have fields.`)
  const fields = type === 'RECORD' ? parseSchema(item.fields ?? [], `${where}.${name}`) : undefined
  if (type === 'RECORD' && fields?.length === 0)
    throw new CloudError(400, 'invalid', `Field ${name} is type RECORD but has no schema`)
  const field: FieldSchema = {
    name,
    type,
    mode,
    ...(description === undefined ? {} : { description }),
    ...(fields ? { fields } : {}),
    ...parseLimits(item, name, type),
    ...parseDefault(item, name, where),
  }
  duckdbType(field)
  refuseIntervals([field])
  return field
}

/** INTERVAL is a type of results and views, not of what is stored. */
function refuseIntervals(schema: readonly FieldSchema[]): void {
  for (const { name, type, fields } of schema) {
    if (type === 'INTERVAL') throw unsupported(`A column of type INTERVAL (${name})`)
    refuseIntervals(fields ?? [])
  }
}

/** https://cloud.google.com/bigquery/docs/reference/rest/v2/tables#TableFieldSchema */
function parseLimits(item: Record<string, unknown>, name: string, type: string): Partial<FieldSchema> {
  const [maxLength, precision, scale] = ['maxLength', 'precision', 'scale'].map((part) => {
    const value = item[part]
    if (value === undefined || value === null || value === '' || Number(value) === 0) return undefined
    if (!/^\d+$/.test(String(value)))
      throw new CloudError(400, 'invalid', `Invalid ${part} of field ${name}.`)
    return String(value)
  })
  if (maxLength !== undefined && type !== 'STRING' && type !== 'BYTES')
    throw new CloudError(400, 'invalid', `Field ${name} of type ${type} cannot have a maxLength.`)
  if ((precision ?? scale) !== undefined && type !== 'NUMERIC')
    throw new CloudError(400, 'invalid', `Field ${name} of type ${type} cannot have a precision or scale.`)
  if (scale !== undefined && precision === undefined)
    throw new CloudError(400, 'invalid', `Field ${name} has a scale without a precision.`)
  const digits = Number(scale ?? 0)
  if (
    precision !== undefined &&
    (digits > 9 || Number(precision) < digits || Number(precision) > 29 + digits)
  )
    throw new CloudError(400, 'invalid', `Invalid precision or scale of field ${name}.`)
  return {
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(precision === undefined ? {} : { precision }),
    ...(scale === undefined ? {} : { scale }),
  }
}

function parseDefault(item: Record<string, unknown>, name: string, where: string): Partial<FieldSchema> {
  const value = item.defaultValueExpression
  if (value === undefined || value === null || value === '') return {}
  if (typeof value !== 'string')
    throw new CloudError(400, 'invalid', `Invalid defaultValueExpression of field ${name}.`)
  if (where.includes('.'))
    throw new CloudError(400, 'invalid', `Default value is not allowed on the nested field ${name}.`)
  return { defaultValueExpression: value }
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
  return schema.map(resultField)
}

/** Of a table that a query makes. */
export function storedSchema(schema: readonly FieldSchema[]): FieldSchema[] {
  refuseIntervals(schema)
  return resultSchema(schema)
}

/** A query's result carries no limit, no default and no NOT NULL of the columns it comes from. */
function resultField(field: FieldSchema): FieldSchema {
  const {
    maxLength: _length,
    precision: _precision,
    scale: _scale,
    defaultValueExpression: _default,
    ...plain
  } = field
  return {
    ...plain,
    type: legacyTypeName(field.type),
    mode: field.mode === 'REPEATED' ? 'REPEATED' : 'NULLABLE',
    ...(field.fields ? { fields: field.fields.map(resultField) } : {}),
  }
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
