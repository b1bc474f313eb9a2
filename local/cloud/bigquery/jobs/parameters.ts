/**
 * Query parameters from REST into DuckDB expressions; every value is quoted and cast, types outside the list
 * are refused.
 */
import { legacyTypeName } from '../engine/data-types.ts'
import { quoteName, quoteText } from '../engine/names.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import { isRecord, requiredText, text, type Body } from '../engine/request-body.ts'
import { jsonTrouble, normalJson } from '../sql/values/normal-json.ts'

export interface Parameter {
  readonly name?: string
  readonly type: string
  readonly duckdb: string
}

const duckdbNames: Readonly<Record<string, string>> = {
  INTEGER: 'BIGINT',
  FLOAT: 'DOUBLE',
  BOOLEAN: 'BOOLEAN',
  STRING: 'VARCHAR',
  DATE: 'DATE',
  DATETIME: 'TIMESTAMP',
  TIME: 'TIME',
  TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
  NUMERIC: 'DECIMAL(38,9)',
  JSON: 'JSON',
}
const sqlNames: Readonly<Record<string, string>> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL' }

export function readParameters(given: unknown, mode: string | undefined): Parameter[] {
  if (given === undefined || given === null) return []
  if (!Array.isArray(given)) throw invalid("Invalid value at 'queryParameters': a list is expected.")
  if (given.length > 10_000) throw invalid('Too many query parameters.')
  const parameters = given.map((item: unknown) => {
    if (!isRecord(item)) throw invalid("Invalid value at 'queryParameters': objects are expected.")
    const name = text(item, 'name')
    const type = item.parameterType
    if (!isRecord(type)) throw invalid('A query parameter needs a parameterType.')
    const value = isRecord(item.parameterValue) ? item.parameterValue : {}
    return { ...(name ? { name } : {}), type: writeSqlType(type), duckdb: writeValue(type, value) }
  })
  const named = parameters.filter((parameter) => parameter.name !== undefined).length
  if (named !== 0 && named !== parameters.length)
    throw invalid('Query parameters must be all named or all positional.')
  if (
    mode !== undefined &&
    parameters.length > 0 &&
    mode.toUpperCase() !== (named > 0 ? 'NAMED' : 'POSITIONAL')
  )
    throw invalid(`parameterMode ${mode} does not fit the parameters given.`)
  return parameters
}

const innerTypes = (type: Body): Body[] => {
  if (!Array.isArray(type.structTypes)) throw invalid('A STRUCT parameter needs structTypes.')
  return type.structTypes as Body[]
}

function writeSqlType(type: Body): string {
  const name = legacyTypeName(requiredText(type, 'type'))
  if (name === 'ARRAY') return `ARRAY<${writeSqlType(arrayType(type))}>`
  if (name === 'RECORD')
    return `STRUCT<${innerTypes(type)
      .map((field) => `${text(field, 'name') ?? ''} ${writeSqlType(field.type as Body)}`.trim())
      .join(', ')}>`
  return sqlNames[name] ?? name
}

function arrayType(type: Body): Body {
  if (!isRecord(type.arrayType)) throw invalid('An ARRAY parameter needs an arrayType.')
  return type.arrayType
}

function writeDuckdbType(type: Body): string {
  const name = legacyTypeName(requiredText(type, 'type'))
  if (name === 'ARRAY') return `${writeDuckdbType(arrayType(type))}[]`
  if (name === 'RECORD')
    return `STRUCT(${innerTypes(type)
      .map((field) => `${quoteName(requiredText(field, 'name'))} ${writeDuckdbType(field.type as Body)}`)
      .join(', ')})`
  const duckdb = name === 'BYTES' ? 'BLOB' : duckdbNames[name]
  if (duckdb === undefined) throw unsupported(`A query parameter of type ${name}`)
  return duckdb
}

function writeValue(type: Body, value: Body): string {
  const name = legacyTypeName(requiredText(type, 'type'))
  const target = writeDuckdbType(type)
  if (name === 'ARRAY') {
    const items = Array.isArray(value.arrayValues) ? (value.arrayValues as Body[]) : []
    return `CAST([${items.map((item) => writeValue(arrayType(type), item)).join(', ')}] AS ${target})`
  }
  if (name === 'RECORD') {
    const values = isRecord(value.structValues) ? value.structValues : {}
    const fields = innerTypes(type).map(
      (field) =>
        `${quoteName(requiredText(field, 'name'))} := ${writeValue(field.type as Body, (values[requiredText(field, 'name')] ?? {}) as Body)}`,
    )
    return `CAST(struct_pack(${fields.join(', ')}) AS ${target})`
  }
  const given = value.value
  if (given === undefined || given === null) return `CAST(NULL AS ${target})`
  if (name === 'BYTES') return `from_base64(${quoteText(String(given))})`
  if (name === 'JSON') return `CAST(${quoteText(checkJson(String(given)))} AS JSON)`
  return `CAST(${quoteText(checkScalar(name, String(given)))} AS ${target})`
}

function checkJson(given: string): string {
  const trouble = jsonTrouble(given)
  if (trouble !== undefined)
    throw invalid(`Invalid value for query parameter of type JSON: ${trouble}: ${JSON.stringify(given)}`)
  return normalJson(given)
}

const shapes: Readonly<Record<string, RegExp>> = {
  INTEGER: /^[+-]?\d{1,19}$/,
  FLOAT: /^([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?(nan|inf|infinity))$/i,
  BOOLEAN: /^(true|false)$/i,
  DATE: /^\d{4}-\d{1,2}-\d{1,2}$/,
  DATETIME: /^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?)?$/,
  TIME: /^\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?$/,
  TIMESTAMP:
    /^\d{4}-\d{1,2}-\d{1,2}([ Tt]\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?)?\s?(Z|z|UTC|[+-]\d{1,2}(:\d{2})?)?$/,
  NUMERIC: /^[+-]?\d{1,29}(\.\d{1,9})?$/,
}

function checkScalar(type: string, given: string): string {
  if (shapes[type] && !shapes[type].test(given))
    throw invalid(
      `Invalid value for query parameter of type ${sqlNames[type] ?? type}: ${JSON.stringify(given)}`,
    )
  if (type !== 'TIMESTAMP') return given
  const zoned = given.replace(/\s?(Z|z|UTC)$/, '+00')
  return /[+-]\d{1,2}(:\d{2})?$/.test(zoned.slice(10)) ? zoned : `${zoned}+00`
}
