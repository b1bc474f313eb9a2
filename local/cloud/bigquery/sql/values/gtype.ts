/**
 * The types of GoogleSQL: their names, their DuckDB and REST forms, and what coerces to what. Types without
 * an exact DuckDB form are refused.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { TypeSyntax } from '../parse/syntax.ts'
import type { FieldSchema } from '../types.ts'

export type ScalarName =
  | 'INT64'
  | 'FLOAT64'
  | 'NUMERIC'
  | 'BOOL'
  | 'STRING'
  | 'BYTES'
  | 'DATE'
  | 'DATETIME'
  | 'TIME'
  | 'TIMESTAMP'
  | 'JSON'
  | 'INTERVAL'
  | 'NULL'
export type GType =
  | { readonly kind: 'scalar'; readonly name: ScalarName }
  | { readonly kind: 'array'; readonly element: GType }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] }
export interface StructField {
  readonly name: string
  readonly type: GType
}

const scalar = (name: ScalarName): GType => ({ kind: 'scalar', name })
export const INT64 = scalar('INT64'),
  FLOAT64 = scalar('FLOAT64'),
  NUMERIC = scalar('NUMERIC'),
  BOOL = scalar('BOOL'),
  STRING = scalar('STRING'),
  BYTES = scalar('BYTES'),
  DATE = scalar('DATE'),
  DATETIME = scalar('DATETIME'),
  TIME = scalar('TIME'),
  TIMESTAMP = scalar('TIMESTAMP'),
  JSON_TYPE = scalar('JSON'),
  INTERVAL = scalar('INTERVAL'),
  NULL_TYPE = scalar('NULL')

export const arrayOf = (element: GType): GType => ({ kind: 'array', element })
export const isScalar = (type: GType, ...names: ScalarName[]): boolean =>
  type.kind === 'scalar' && (names.length === 0 || names.includes(type.name))
export const isNullType = (type: GType): boolean => isScalar(type, 'NULL')

/** Anonymous fields of a STRUCT carry this name in results, as BigQuery's REST API shows them. */
export const anonymousField = (index: number): string => `_field_${index + 1}`

/** JSON has no equality: it cannot be grouped, made distinct, joined by name or partitioned by. */
export const isGroupable = (type: GType): boolean =>
  type.kind === 'array'
    ? isGroupable(type.element)
    : type.kind === 'struct'
      ? type.fields.every((field) => isGroupable(field.type))
      : type.name !== 'JSON'

export function typeName(type: GType): string {
  if (type.kind === 'array') return `ARRAY<${typeName(type.element)}>`
  if (type.kind === 'struct')
    return `STRUCT<${type.fields.map((field, i) => (field.name === anonymousField(i) ? '' : `${field.name} `) + typeName(field.type)).join(', ')}>`
  return type.name === 'NULL' ? 'INT64' : type.name
}

export function sameType(a: GType, b: GType): boolean {
  if (a.kind === 'scalar' || b.kind === 'scalar')
    return a.kind === b.kind && (a as { name: string }).name === (b as { name: string }).name
  if (a.kind === 'array' || b.kind === 'array')
    return a.kind === 'array' && b.kind === 'array' && sameType(a.element, b.element)
  return (
    a.fields.length === b.fields.length &&
    a.fields.every((field, i) => sameType(field.type, b.fields[i]!.type))
  )
}

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`

const DUCKDB: Readonly<Record<ScalarName, string>> = {
  INT64: 'BIGINT',
  FLOAT64: 'DOUBLE',
  NUMERIC: 'DECIMAL(38,9)',
  BOOL: 'BOOLEAN',
  STRING: 'VARCHAR',
  BYTES: 'BLOB',
  DATE: 'DATE',
  DATETIME: 'TIMESTAMP',
  TIME: 'TIME',
  TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
  JSON: 'JSON',
  INTERVAL: 'INTERVAL',
  NULL: 'BIGINT',
}

export function duckdbType(type: GType): string {
  if (type.kind === 'array') return `${duckdbType(type.element)}[]`
  if (type.kind === 'struct')
    return `STRUCT(${type.fields.map((field) => `${quoteName(field.name)} ${duckdbType(field.type)}`).join(', ')})`
  return DUCKDB[type.name]
}

const NAMES: Readonly<Record<string, ScalarName>> = {
  INT64: 'INT64',
  INT: 'INT64',
  SMALLINT: 'INT64',
  INTEGER: 'INT64',
  BIGINT: 'INT64',
  TINYINT: 'INT64',
  BYTEINT: 'INT64',
  FLOAT64: 'FLOAT64',
  NUMERIC: 'NUMERIC',
  DECIMAL: 'NUMERIC',
  BOOL: 'BOOL',
  BOOLEAN: 'BOOL',
  STRING: 'STRING',
  BYTES: 'BYTES',
  DATE: 'DATE',
  DATETIME: 'DATETIME',
  TIME: 'TIME',
  TIMESTAMP: 'TIMESTAMP',
  JSON: 'JSON',
}

/** A type where values are made; limits and attributes belong to stored columns (`columnOfSyntax`). */
export function typeFromSyntax(syntax: TypeSyntax): GType {
  if (syntax.kind === 'name' && syntax.parameters)
    throw unsupported(`A parameterized type (${syntax.name}(…)) outside a column list`, syntax.at)
  if (syntax.kind === 'struct' && syntax.fields.some((field) => field.isRequired || field.options))
    throw invalid('Attributes of STRUCT fields are allowed in column definitions only', syntax.at)
  if (syntax.kind === 'array') {
    if (syntax.element.kind === 'array')
      throw invalid(
        'Cannot construct array with element type ARRAY because nested arrays are not supported',
        syntax.at,
      )
    return arrayOf(typeFromSyntax(syntax.element))
  }
  if (syntax.kind === 'struct')
    return {
      kind: 'struct',
      fields: syntax.fields.map((field, i) => ({
        name: field.name ?? anonymousField(i),
        type: typeFromSyntax(field.type),
      })),
    }
  const name = NAMES[syntax.name]
  if (name) return scalar(name)
  if (['BIGNUMERIC', 'BIGDECIMAL', 'GEOGRAPHY', 'RANGE', 'INTERVAL'].includes(syntax.name))
    throw unsupported(`Type ${syntax.name}`, syntax.at)
  throw invalid(`Type not found: ${syntax.name}`, syntax.at)
}

const REST: Readonly<Record<ScalarName, string>> = {
  INT64: 'INTEGER',
  FLOAT64: 'FLOAT',
  NUMERIC: 'NUMERIC',
  BOOL: 'BOOLEAN',
  STRING: 'STRING',
  BYTES: 'BYTES',
  DATE: 'DATE',
  DATETIME: 'DATETIME',
  TIME: 'TIME',
  TIMESTAMP: 'TIMESTAMP',
  JSON: 'JSON',
  INTERVAL: 'INTERVAL',
  NULL: 'INTEGER',
}

export function fieldOf(name: string, type: GType): FieldSchema {
  if (type.kind === 'array') return { ...fieldOf(name, type.element), mode: 'REPEATED' }
  if (type.kind === 'struct')
    return {
      name,
      type: 'RECORD',
      mode: 'NULLABLE',
      fields: type.fields.map((field) => fieldOf(field.name, field.type)),
    }
  return { name, type: REST[type.name], mode: 'NULLABLE' }
}

const FROM_REST: Readonly<Record<string, ScalarName>> = { ...NAMES, FLOAT: 'FLOAT64', INTERVAL: 'INTERVAL' }

export function typeOfField(field: FieldSchema, at?: Position): GType {
  const rest = field.type.toUpperCase()
  const single: GType =
    rest === 'RECORD' || rest === 'STRUCT'
      ? {
          kind: 'struct',
          fields: (field.fields ?? []).map((inner) => ({ name: inner.name, type: typeOfField(inner, at) })),
        }
      : scalar(FROM_REST[rest] ?? refuseField(field, at))
  return field.mode === 'REPEATED' ? arrayOf(single) : single
}

function refuseField(field: FieldSchema, at?: Position): never {
  throw unsupported(`Type ${field.type} of column ${field.name}`, at)
}
