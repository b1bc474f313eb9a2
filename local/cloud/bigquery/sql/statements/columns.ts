/**
 * Column definitions as fields of a schema: types with their limits, NOT NULL and descriptions at every level,
 * defaults. Limits BigQuery does not have are its own errors.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { ColumnSyntax } from '../parse/statement-syntax.ts'
import type { OptionSyntax, TypeSyntax } from '../parse/syntax.ts'
import type { FieldSchema } from '../types.ts'
import { anonymousField, fieldOf, typeFromSyntax } from '../values/gtype.ts'
import { readOptions } from './options.ts'

export function readColumns(columns: readonly ColumnSyntax[], nowMicros: bigint): FieldSchema[] {
  return columns.map((column) => {
    const field = fieldOfSyntax(column.name, column.type, nowMicros)
    if (column.isRequired && field.mode === 'REPEATED')
      throw invalid(`NOT NULL cannot be used on ARRAY column ${column.name}`, column.at)
    return {
      ...field,
      ...(column.isRequired ? { mode: 'REQUIRED' } : {}),
      ...descriptionOf(column.options, nowMicros, column.at),
      ...(column.defaultText === undefined ? {} : { defaultValueExpression: column.defaultText }),
    }
  })
}

function descriptionOf(
  options: readonly OptionSyntax[],
  nowMicros: bigint,
  at: Position,
): { description?: string } {
  const { description, ...others } = readOptions(options, nowMicros)
  const other = Object.keys(others)[0]
  if (other) throw unsupported(`Column option ${other}`, at)
  return description === undefined || description === null ? {} : { description: String(description) }
}

function fieldOfSyntax(name: string, syntax: TypeSyntax, nowMicros: bigint): FieldSchema {
  if (syntax.kind === 'array') {
    if (syntax.element.kind === 'array') typeFromSyntax(syntax)
    return { ...fieldOfSyntax(name, syntax.element, nowMicros), mode: 'REPEATED' }
  }
  if (syntax.kind === 'struct')
    return {
      name,
      type: 'RECORD',
      mode: 'NULLABLE',
      fields: syntax.fields.map((field, i) => {
        const inner = fieldOfSyntax(field.name ?? anonymousField(i), field.type, nowMicros)
        if (field.isRequired && inner.mode === 'REPEATED')
          throw invalid(`NOT NULL cannot be used on ARRAY field ${inner.name}`, syntax.at)
        return {
          ...inner,
          ...(field.isRequired ? { mode: 'REQUIRED' } : {}),
          ...descriptionOf(field.options ?? [], nowMicros, syntax.at),
        }
      }),
    }
  const { parameters, ...plain } = syntax
  return { ...fieldOf(name, typeFromSyntax(plain)), ...limitsOf(syntax.name, parameters, syntax.at) }
}

/** https://cloud.google.com/bigquery/docs/reference/standard-sql/data-types#parameterized_data_types */
function limitsOf(
  type: string,
  parameters: readonly number[] | undefined,
  at: Position,
): Partial<FieldSchema> {
  if (!parameters) return {}
  const [first = 0, second] = parameters
  if (type === 'STRING' || type === 'BYTES') {
    if (parameters.length !== 1) throw invalid(`${type} type must have exactly one parameter`, at)
    if (first < 1) throw invalid(`${type} length must be greater than 0`, at)
    return { maxLength: String(first) }
  }
  if (type !== 'NUMERIC' && type !== 'DECIMAL') throw invalid(`${type} does not support type parameters`, at)
  const scale = second ?? 0
  if (parameters.length > 2) throw invalid('NUMERIC type takes a precision and a scale', at)
  if (scale > 9) throw invalid('In NUMERIC(P, S), S must be between 0 and 9', at)
  if (first < Math.max(1, scale) || first > 29 + scale)
    throw invalid(`In NUMERIC(P, ${scale}), P must be between ${Math.max(1, scale)} and ${29 + scale}`, at)
  return { precision: String(first), ...(second === undefined ? {} : { scale: String(second) }) }
}
