/**
 * Chooses a signature for the arguments of a call, as BigQuery does: exact types first, then literals, then
 * widening; none is an error that names the types.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import { coerce, coercionCost, commonType } from '../values/coerce.ts'
import { arrayOf, INT64, isNullType, isScalar, typeName, type GType } from '../values/gtype.ts'
import { typeFromText } from '../values/type-text.ts'
import type { Value } from '../values/value.ts'
import { missingForms } from './forms.ts'
import type { FunctionRow, Signature } from './row.ts'

interface Parameter {
  readonly type: string
  readonly isOptional: boolean
  readonly isRepeated: boolean
  readonly isLiteral: boolean
}
interface Parsed {
  readonly parameters: readonly Parameter[]
  readonly returns: string
}
const parsed = new Map<string, Parsed>()

function parse(text: string): Parsed {
  const known = parsed.get(text)
  if (known) return known
  const [left, returns] = text.split('->').map((side) => side.trim())
  const parameters =
    left === ''
      ? []
      : left!.split(', ').map((word) => ({
          type: word.replace(/[?*!]/g, ''),
          isOptional: word.includes('?'),
          isRepeated: word.includes('*'),
          isLiteral: word.includes('!'),
        }))
  const result = { parameters, returns: returns! }
  parsed.set(text, result)
  return result
}

/** Documented to answer NUMERIC arguments with FLOAT64. */
const floatFromNumeric = new Set([
  'IEEE_DIVIDE',
  'STDDEV',
  'STDDEV_SAMP',
  'STDDEV_POP',
  'VARIANCE',
  'VAR_SAMP',
  'VAR_POP',
])

export interface Match {
  readonly signature: Signature
  readonly values: readonly Value[]
  readonly returns: GType
}

export function match(row: FunctionRow, values: readonly Value[], at: Position): Match {
  let best: (Match & { cost: number }) | undefined
  for (const signature of row.signatures) {
    const candidate = tryMatch(signature, values, at)
    if (candidate && (!best || candidate.cost < best.cost)) best = candidate
  }
  if (best) {
    // Where BigQuery computes in NUMERIC, an answer in FLOAT64 would have another type and other digits.
    const isApproximated =
      best.returns.kind === 'scalar' && best.returns.name === 'FLOAT64' && !floatFromNumeric.has(row.name)
    if (isApproximated && values.some((value) => isScalar(value.type, 'NUMERIC')))
      throw unsupported(`Function ${row.name} with a NUMERIC argument`, at)
    return best
  }
  const types = values.map((value) => typeName(value.type)).join(', ')
  const isDocumented = missingForms(row.name).some((form) =>
    tryMatch({ text: `${form} INT64`, emit: () => '' }, values, at),
  )
  if (isDocumented) throw unsupported(`Function ${row.name} with argument types ${types}`, at)
  throw invalid(
    values.length === 0
      ? `No matching signature for function ${row.name} with no arguments`
      : `No matching signature for function ${row.name} for argument types: ${types}`,
    at,
  )
}

function tryMatch(
  signature: Signature,
  values: readonly Value[],
  at: Position,
): (Match & { cost: number }) | undefined {
  const { parameters, returns } = parse(signature.text)
  const slots: Parameter[] = []
  for (const parameter of parameters) {
    if (parameter.isRepeated) while (slots.length < values.length) slots.push(parameter)
    else if (slots.length < values.length) slots.push(parameter)
    else if (!parameter.isOptional) return undefined
  }
  if (slots.length !== values.length) return undefined
  const template = templateType(slots, values)
  if (template === 'impossible') return undefined
  let cost = 0
  const coerced: Value[] = []
  for (const [i, slot] of slots.entries()) {
    const value = values[i]!
    if (slot.isLiteral && !value.isConstant) return undefined
    const type = slotType(slot.type, template, value)
    if (!type) return undefined
    const one = coercionCost(value, type)
    if (one === undefined) return undefined
    cost += one
    coerced.push(isNullType(type) ? value : coerce(value, type, at))
  }
  return { signature, values: coerced, returns: typeOf(returns, template, coerced), cost }
}

function templateType(
  slots: readonly Parameter[],
  values: readonly Value[],
): GType | undefined | 'impossible' {
  const shares = slots.flatMap((slot, i): Value[] => {
    const value = values[i]!
    if (slot.type === 'T') return [value]
    if (slot.type === 'ARRAY<T>')
      return value.type.kind === 'array'
        ? [{ sql: value.sql, type: value.type.element }]
        : isNullType(value.type)
          ? []
          : [{ sql: '', type: { kind: 'struct', fields: [] } }]
    return []
  })
  if (shares.length === 0) return undefined
  const type = commonType(shares)
  if (!type) return 'impossible'
  return isNullType(type) ? INT64 : type
}

function slotType(slot: string, template: GType | undefined, value: Value): GType | undefined {
  if (slot === 'T') return template
  if (slot === 'ARRAY<T>') return arrayOf(template ?? INT64)
  if (slot === 'ANY') return isNullType(value.type) ? INT64 : value.type
  if (slot === 'STRUCT') return value.type.kind === 'struct' ? value.type : undefined
  return typeFromText(slot)
}

function typeOf(returns: string, template: GType | undefined, values: readonly Value[]): GType {
  if (returns === 'T') return template ?? INT64
  if (returns === 'ARRAY<T>') return arrayOf(template ?? INT64)
  if (returns === 'FIRST') return values[0]!.type
  if (returns === 'ARRAY<FIRST>') return arrayOf(values[0]!.type)
  return typeFromText(returns)
}
