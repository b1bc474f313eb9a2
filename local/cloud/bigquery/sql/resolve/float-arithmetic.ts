/**
 * FLOAT64 arithmetic: an answer that is not finite, made of finite numbers, is an error in BigQuery. It is asked
 * once for a whole sum or product, and not where literals say that it cannot happen.
 */
import { coerce } from '../values/coerce.ts'
import { FLOAT64, isScalar } from '../values/gtype.ts'
import { raised } from '../values/raised.ts'
import { isLong, once, type Value } from '../values/value.ts'

/** A sum or product that nobody asked yet. */
interface Unasked {
  readonly sql: string
  readonly operands: readonly string[]
  readonly mayOverflow: boolean
}
/** By the value itself: whatever is made of it since is another one. */
const unasked = new WeakMap<Value, Unasked>()

const overflow = raised("'double overflow'")
const asked = ({ sql, operands, mayOverflow }: Unasked): string => {
  if (!mayOverflow) return sql
  const finite = [...new Set(operands)].map((operand) => ` AND isfinite(${operand})`).join('')
  const write = (x: string): string => `CASE WHEN NOT isfinite(${x})${finite} THEN ${overflow} ELSE ${x} END`
  return isLong(sql) ? once([sql], ([x]) => write(x!)) : write(sql)
}

const numberOf = ({ literal, type }: Value): number =>
  literal !== undefined && isScalar(type, 'INT64', 'FLOAT64', 'NUMERIC')
    ? Math.abs(Number(literal))
    : Number.NaN

const partOf = (value: Value): Unasked => {
  const known = unasked.get(value)
  if (known) return known
  const { sql } = coerce(value, FLOAT64)
  const isOpen = isScalar(value.type, 'FLOAT64') && value.literal === undefined
  return { sql, operands: isOpen ? [sql] : [], mayOverflow: false }
}

/** Adding less than half of the last digit of the largest number, or multiplying by one at most, stays finite. */
const isHarmless = (operator: string, value: Value): boolean =>
  operator === '*' ? numberOf(value) <= 1 : numberOf(value) < 1e290

/** `facts` are what the caller knows of both. */
export function floatArithmetic(
  operator: '+' | '-' | '*',
  left: Value,
  right: Value,
  facts: Partial<Value>,
): Value {
  const [a, b] = [partOf(left), partOf(right)]
  const whole: Unasked = {
    sql: `(${a.sql} ${operator} ${b.sql})`,
    operands: [...a.operands, ...b.operands],
    mayOverflow:
      a.mayOverflow || b.mayOverflow || !(isHarmless(operator, left) || isHarmless(operator, right)),
  }
  const value: Value = { sql: asked(whole), type: FLOAT64, ...facts }
  unasked.set(value, whole)
  return value
}

/** For a divisor that is not 0; a whole number makes nothing larger. */
export const quotientOf = (a: string, b: string, divisor: Value): string =>
  isScalar(divisor.type, 'INT64') || numberOf(divisor) >= 1
    ? `${a} / ${b}`
    : `CASE WHEN NOT isfinite(${a} / ${b}) AND isfinite(${a}) AND isfinite(${b}) THEN ${overflow} ELSE ${a} / ${b} END`
