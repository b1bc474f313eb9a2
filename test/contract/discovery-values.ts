/**
 * Judges JSON values and query parameters against the schemas of a discovery document; it reports, it never
 * repairs.
 */
import type { Document, Parameter, Schema } from './discovery-documents.ts'
import { jsonName } from './tolerated.ts'

export interface Side {
  readonly document: Document
  readonly side: 'request' | 'response'
  /** Method id, for fields that a document requires in one method's request only. */
  readonly methodId: string
  /** gax REST clients ask for enums as numbers. */
  readonly isEnumNumeric: boolean
}
export type Report = (where: string, what: string) => void

const formats: Readonly<Record<string, RegExp>> = {
  int64: /^-?\d{1,19}$/,
  uint64: /^\d{1,20}$/,
  byte: /^[A-Za-z0-9+/_-]*={0,2}$/,
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/,
  'google-datetime': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/,
  'google-duration': /^-?\d+(\.\d{1,9})?s$/,
}
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  uint32: [0, 2 ** 32 - 1],
}

export function judgeValue(value: unknown, schema: Schema, at: string, context: Side, report: Report): void {
  if (schema.$ref) {
    const target = context.document.schemas[schema.$ref]
    return target
      ? judgeValue(value, target, at, context, report)
      : report(at, `refers to ${schema.$ref}, which the document lacks`)
  }
  if (schema.type === 'any' || schema.type === undefined) return
  if (value === null) {
    // In a request null clears a field (JSON merge patch); Google never answers null for an absent one.
    if (context.side === 'response') report(at, 'is null')
    return
  }
  switch (schema.type) {
    case 'object':
      return judgeObject(value, schema, at, context, report)
    case 'array':
      if (!Array.isArray(value)) return report(at, `is ${kindOf(value)}, not an array`)
      return value.forEach((item, index) =>
        judgeValue(item, schema.items ?? { type: 'any' }, `${at}[${index}]`, context, report),
      )
    case 'string':
      return judgeString(value, schema, at, context, report)
    case 'boolean':
      return typeof value === 'boolean' ? undefined : report(at, `is ${kindOf(value)}, not a boolean`)
    case 'integer':
      return judgeInteger(value, schema, at, context, report)
    case 'number':
      return isNumber(value) ? undefined : report(at, `is ${kindOf(value)}, not a number`)
    default:
      return report(at, `has a type this validator does not know: ${schema.type}`)
  }
}

function judgeObject(value: unknown, schema: Schema, at: string, context: Side, report: Report): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return report(at, `is ${kindOf(value)}, not an object`)
  const properties = schema.properties ?? {}
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined) continue
    const inner =
      properties[name] ??
      (context.side === 'request' ? properties[jsonName(name, context.document.name)] : undefined) ??
      schema.additionalProperties
    if (inner) judgeValue(item, inner, `${at}.${name}`, context, report)
    else report(`${at}.${name}`, 'is a field the schema does not have')
  }
  for (const [name, inner] of Object.entries(properties)) {
    const isRequired = context.side === 'request' && inner.annotations?.required?.includes(context.methodId)
    if (isRequired && !(name in value)) report(`${at}.${name}`, 'is required and missing')
  }
}

function judgeString(value: unknown, schema: Schema, at: string, context: Side, report: Report): void {
  const { format = '' } = schema
  const isInt64 = format === 'int64' || format === 'uint64'
  // Google's parsers take a number where the wire form is a string; its answers are always strings.
  if (isInt64 && context.side === 'request' && Number.isSafeInteger(value)) return
  if (schema.enum && context.isEnumNumeric && Number.isInteger(value)) return
  if (typeof value !== 'string')
    return report(at, `is ${kindOf(value)}, not a string${format ? ` (${format})` : ''}`)
  if (value === 'REDACTED') return
  if (schema.enum && !schema.enum.includes(value))
    report(at, `is '${value.slice(0, 60)}', not one of ${schema.enum.join(', ').slice(0, 200)}`)
  if (formats[format] && !formats[format].test(value))
    report(at, `is '${value.slice(0, 60)}', not a ${format}`)
  if (schema.pattern && !new RegExp(schema.pattern).test(value))
    report(at, `does not match ${schema.pattern}`)
}

function judgeInteger(
  value: unknown,
  { format = 'int32' }: Schema,
  at: string,
  { side }: Side,
  report: Report,
): void {
  const number =
    side === 'request' && typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
  if (typeof number !== 'number' || !Number.isInteger(number))
    return report(at, `is ${kindOf(value)}, not an integer`)
  const [low, high] = ranges[format] ?? [-Infinity, Infinity]
  if (number < low || number > high) report(at, `is ${number}, outside ${format}`)
}

export function judgeParameter(
  name: string,
  texts: readonly string[],
  parameter: Parameter,
  report: Report,
): void {
  const at = `${parameter.location} ${name}`
  if (texts.length > 1 && !parameter.repeated) report(at, 'is given more than once')
  for (const text of texts) {
    if (text === 'REDACTED') continue
    if (parameter.type === 'boolean' && text !== 'true' && text !== 'false')
      report(at, `is '${text.slice(0, 40)}', not a boolean`)
    if (parameter.type === 'integer' && !/^-?\d+$/.test(text))
      report(at, `is '${text.slice(0, 40)}', not an integer`)
    if (parameter.type === 'number' && !Number.isFinite(Number(text)))
      report(at, `is '${text.slice(0, 40)}', not a number`)
    if (parameter.enum && !parameter.enum.includes(text))
      report(at, `is '${text.slice(0, 40)}', not one of ${parameter.enum.join(', ')}`)
    const format = formats[parameter.format ?? '']
    if (parameter.type === 'string' && format && !format.test(text))
      report(at, `is '${text.slice(0, 40)}', not a ${parameter.format}`)
    if (parameter.pattern && !new RegExp(parameter.pattern).test(text))
      report(at, `is '${text.slice(0, 80)}' and does not match ${parameter.pattern}`)
  }
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity'
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  return value === null
    ? 'null'
    : typeof value === 'object'
      ? 'an object'
      : `the ${typeof value} ${JSON.stringify(value)?.slice(0, 60)}`
}
