/** Types as routines show them (`StandardSqlDataType`), to and from columns. Types that are not there are refused by name. */
import type { FieldSchema } from '../sql/types.ts'
import { legacyTypeName, parseSchema } from './data-types.ts'
import { invalid } from './refusals.ts'
import { isRecord } from './request-body.ts'

const KINDS: Readonly<Record<string, string>> = {
  INTEGER: 'INT64',
  FLOAT: 'FLOAT64',
  BOOLEAN: 'BOOL',
  RECORD: 'STRUCT',
}

export function writeStandardType(field: FieldSchema): Record<string, unknown> {
  if (field.mode === 'REPEATED')
    return { typeKind: 'ARRAY', arrayElementType: writeStandardType({ ...field, mode: 'NULLABLE' }) }
  const type = legacyTypeName(field.type)
  if (type !== 'RECORD') return { typeKind: KINDS[type] ?? type }
  return {
    typeKind: 'STRUCT',
    structType: {
      fields: (field.fields ?? []).map((inner) => ({ name: inner.name, type: writeStandardType(inner) })),
    },
  }
}

export function readStandardType(given: unknown, name: string): FieldSchema {
  return parseSchema([fieldOf(given, name === '' ? 'value' : name)])[0]!
}

function fieldOf(given: unknown, name: string): Record<string, unknown> {
  if (!isRecord(given) || typeof given.typeKind !== 'string')
    throw invalid(`Invalid data type of ${name}: typeKind is required.`)
  if (given.typeKind === 'ARRAY') return { ...fieldOf(given.arrayElementType, name), mode: 'REPEATED' }
  if (given.typeKind !== 'STRUCT') return { name, type: given.typeKind }
  const fields =
    isRecord(given.structType) && Array.isArray(given.structType.fields) ? given.structType.fields : []
  return {
    name,
    type: 'RECORD',
    fields: fields.map((inner: unknown) => {
      const part = isRecord(inner) ? inner : {}
      return fieldOf(part.type, String(part.name ?? ''))
    }),
  }
}
