/**
 * Implicit coercion: what fits where without CAST, and the common type of several values. Anything else is
 * BigQuery's type error.
 */
import { invalid, type Position } from '../refusal.ts'
import { castSql } from './cast.ts'
import {
  duckdbType,
  FLOAT64,
  isNullType,
  isScalar,
  quoteName,
  sameType,
  typeName,
  type GType,
} from './gtype.ts'
import { dateLiteral, datetimeLiteral, timeLiteral, timestampLiteral } from './temporal.ts'
import type { Value } from './value.ts'

/** 0 the same, 1 literal, 2 widening, undefined impossible. */
export function coercionCost(value: Value, to: GType): number | undefined {
  const from = value.type
  if (sameType(from, to)) return 0
  if (isNullType(from)) return 1
  if (from.kind === 'array' && to.kind === 'array') return value.sql.startsWith('CAST([] AS') ? 1 : undefined
  if (from.kind === 'struct' && to.kind === 'struct')
    return from.fields.length === to.fields.length &&
      from.fields.every(
        (field, i) =>
          isNullType(field.type) ||
          coercionCost(value.fields?.[i] ?? { sql: '', type: field.type }, to.fields[i]!.type) !== undefined,
      )
      ? 2
      : undefined
  if (from.kind !== 'scalar' || to.kind !== 'scalar') return undefined
  if (
    (value.literal !== undefined || value.isParameter) &&
    from.name === 'STRING' &&
    ['DATE', 'DATETIME', 'TIME', 'TIMESTAMP'].includes(to.name)
  )
    return 1
  if (from.name === 'INT64' && (to.name === 'FLOAT64' || to.name === 'NUMERIC'))
    return value.literal === undefined ? 2 : 1
  if (from.name === 'NUMERIC' && to.name === 'FLOAT64') return 3
  if (from.name === 'FLOAT64' && to.name === 'NUMERIC' && value.literal !== undefined) return 1
  if (from.name === 'DATE' && to.name === 'DATETIME') return 2
  return undefined
}

export function coerce(value: Value, to: GType, at?: Position, what?: string): Value {
  const cost = coercionCost(value, to)
  if (cost === undefined)
    throw invalid(
      `${what ?? 'Value'} has type ${typeName(value.type)} which cannot be coerced to ${typeName(to)}`,
      at,
    )
  if (cost === 0)
    return value.type.kind === 'scalar' || duckdbType(value.type) === duckdbType(to)
      ? { ...value, type: to }
      : value.fields && to.kind === 'struct'
        ? { ...value, ...packed(value.fields, to, at), type: to }
        : { ...value, sql: castSql(value.sql, value.type, to, { isSafe: false }), type: to }
  if (value.fields && to.kind === 'struct')
    return { ...value, ...packed(value.fields, to, at), type: to, literal: undefined }
  if (isNullType(value.type)) return { ...value, sql: `CAST(NULL AS ${duckdbType(to)})`, type: to }
  if (value.literal !== undefined && isScalar(value.type, 'STRING') && to.kind === 'scalar')
    return { ...value, sql: literalAs(value.literal, to.name, at), type: to, literal: undefined }
  if (value.literal !== undefined && isScalar(value.type, 'INT64', 'FLOAT64') && to.kind === 'scalar')
    return { ...value, sql: `CAST('${value.literal}' AS ${duckdbType(to)})`, type: to }
  return {
    ...value,
    sql: castSql(value.sql, value.type, to, { isSafe: false, at }),
    type: to,
    literal: undefined,
    isParameter: undefined,
    column: undefined,
  }
}

/** The constructor again, with the names and types of `to`. */
function packed(
  given: readonly Value[],
  to: GType & { kind: 'struct' },
  at?: Position,
): Pick<Value, 'sql' | 'fields'> {
  const fields = to.fields.map((field, i) => coerce(given[i]!, field.type, at, 'Struct field'))
  return { sql: packedSql(fields, to), fields }
}

export const packedSql = (fields: readonly Value[], type: GType & { kind: 'struct' }): string =>
  `struct_pack(${type.fields.map(({ name }, i) => `${quoteName(name)} := ${isNullType(fields[i]!.type) ? 'CAST(NULL AS BIGINT)' : fields[i]!.sql}`).join(', ')})`

export function literalOf(text: string, type: string, at?: Position): string {
  switch (type) {
    case 'DATE':
      return dateLiteral(text, at)
    case 'TIME':
      return timeLiteral(text, at)
    case 'DATETIME':
      return datetimeLiteral(text, at)
    case 'TIMESTAMP':
      return timestampLiteral(text, at)
    default:
      throw notCast(text, type, at)
  }
}

const notCast = (text: string, type: string, at?: Position): Error =>
  invalid(`Could not cast literal ${JSON.stringify(text)} to type ${type}`, at)

/** A string where a date or time is wanted: Google's words are those of a cast. */
export function literalAs(text: string, type: string, at?: Position): string {
  try {
    return literalOf(text, type, at)
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Invalid ')) throw notCast(text, type, at)
    throw error
  }
}

/** The type all values coerce to, or undefined. Columns decide over literals. */
export function commonType(values: readonly Value[]): GType | undefined {
  // Each kind of value once: a list of thousands of literals has one candidate, not thousands.
  const kinds = new Map<unknown, { value: Value; count: number }>()
  const candidates = new Map<string, GType>()
  for (const value of values) {
    if (isNullType(value.type)) continue
    const { type } = value
    const name = type.kind === 'scalar' ? type.name : JSON.stringify(type)
    const written = value.literal === undefined ? (value.isParameter ? 'parameter' : '') : 'literal'
    const kind = type.kind === 'scalar' ? `${name} ${written}` : value
    const before = kinds.get(kind)
    if (before) before.count++
    else kinds.set(kind, { value, count: 1 })
    if (!candidates.has(name)) candidates.set(name, type)
  }
  if (kinds.size === 0) return values[0]?.type
  const struct = commonStruct([...kinds.values()].map(({ value }) => value))
  if (struct) return struct
  candidates.set('FLOAT64', FLOAT64)
  let best: GType | undefined
  let bestCost = Number.POSITIVE_INFINITY
  for (const candidate of candidates.values()) {
    let total = 0
    for (const { value, count } of kinds.values())
      total += count * (coercionCost(value, candidate) ?? Number.POSITIVE_INFINITY)
    if (total < bestCost) {
      best = candidate
      bestCost = total
    }
  }
  return best
}

/** Field by field, with the names of the first. */
function commonStruct(values: readonly Value[]): GType | undefined {
  const first = values[0]!.type
  if (first.kind !== 'struct') return undefined
  const fields = first.fields.map(({ name }, i) => {
    const type = commonType(
      values.flatMap((value): Value[] => {
        const own = value.type.kind === 'struct' ? value.type.fields[i]?.type : undefined
        return own ? [value.fields?.[i] ?? { sql: '', type: own }] : []
      }),
    )
    return type && { name, type }
  })
  const type: GType = { kind: 'struct', fields: fields.filter((field) => field !== undefined) }
  return values.every((value) => coercionCost(value, type) !== undefined) ? type : undefined
}

export function coerceAll(
  values: readonly Value[],
  what: string,
  at?: Position,
): { type: GType; values: Value[] } {
  const type = commonType(values)
  if (!type)
    throw invalid(
      `No matching signature for ${what} for argument types: ${values.map((value) => typeName(value.type)).join(', ')}`,
      at,
    )
  return { type, values: values.map((value) => coerce(value, type, at)) }
}
