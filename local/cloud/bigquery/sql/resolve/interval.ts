/**
 * INTERVAL values in expressions: the literal, differences of dates, sums, multiples, and dates moved by a value;
 * it refuses what divides one.
 */
import { invalid, unsupported } from '../refusal.ts'
import type { Expression } from '../parse/syntax.ts'
import { castSql } from '../values/cast.ts'
import { coerce } from '../values/coerce.ts'
import { DATE, DATETIME, INT64, INTERVAL, isScalar, typeName, type GType } from '../values/gtype.ts'
import {
  combined,
  daysAndRest,
  daysOf,
  intervalLiteral,
  intervalOf,
  intervalOfUnit,
  isIntervalUnit,
  microsOf,
  monthsOf,
  multipliedInterval,
} from '../values/intervals.ts'
import { raised } from '../values/raised.ts'
import { withinCalendar } from '../values/temporal.ts'
import { joinFacts, once, type Value } from '../values/value.ts'
import { resolveExpression } from './recursion.ts'
import type { Env } from './scope.ts'

export function resolveInterval(expression: Expression & { kind: 'interval' }, env: Env): Value {
  const { at, unit } = expression
  const value = resolveExpression(expression.value, env)
  if (unit.includes(' TO ')) {
    if (value.literal === undefined || !isScalar(value.type, 'STRING'))
      throw invalid(`INTERVAL … ${unit} needs a string literal`, at)
    return { sql: intervalLiteral(value.literal, unit, at), type: INTERVAL, isConstant: true }
  }
  if (!isIntervalUnit(unit)) throw invalid(`Unsupported date part ${unit} in INTERVAL`, at)
  const amount = coerce(value, INT64, at, 'INTERVAL')
  return { sql: intervalOfUnit(amount.sql, unit), type: INTERVAL, ...joinFacts([value]) }
}

/** Undefined when no INTERVAL comes of it and none goes into it. */
export function intervalArithmetic(
  operator: string,
  left: Value,
  right: Value,
  expression: Expression,
): { sql: string; type: GType } | undefined {
  const [a, b] = [left, right].map(({ type }) => (type.kind === 'scalar' ? type.name : ''))
  const isMoment = (name: string | undefined): boolean => ['DATE', 'DATETIME', 'TIMESTAMP'].includes(name!)
  if (operator === '-' && a === b && isMoment(a)) return difference(left, right, a!)
  if (operator === '-' && isMoment(a) && isMoment(b) && a !== b)
    throw invalid(`No matching signature for operator - for argument types: ${a}, ${b}`, expression.at)
  if (a !== 'INTERVAL' && b !== 'INTERVAL') return undefined
  if (a === b && (operator === '+' || operator === '-'))
    return { sql: combined(left.sql, operator, right.sql), type: INTERVAL }
  if (isMoment(a) && (operator === '+' || operator === '-')) return moved(left, right, operator)
  if (isMoment(b) && operator === '+') return moved(right, left, operator)
  if (operator === '*' && (a === 'INT64' || b === 'INT64')) {
    const [interval, number] = a === 'INTERVAL' ? [left, right] : [right, left]
    return { sql: multipliedInterval(interval.sql, number.sql), type: INTERVAL }
  }
  if (operator === '/' && b === 'INT64') throw unsupported('Division of an INTERVAL', expression.at)
  throw invalid(
    `No matching signature for operator ${operator} for argument types: ${typeName(left.type)}, ${typeName(right.type)}`,
    expression.at,
  )
}

function difference(left: Value, right: Value, name: string): { sql: string; type: GType } {
  if (name === 'DATE')
    return {
      sql: intervalOf({ days: `CAST(date_diff('day', ${right.sql}, ${left.sql}) AS HUGEINT)` }),
      type: INTERVAL,
    }
  const micros = `(epoch_us(${left.sql}) - epoch_us(${right.sql}))`
  const sql = name === 'DATETIME' ? daysAndRest(micros) : intervalOf({ micros: `CAST(${micros} AS HUGEINT)` })
  return { sql, type: INTERVAL }
}

/** A TIMESTAMP has no months, and its days have 24 hours. DATE gives a DATETIME. */
function moved(moment: Value, interval: Value, operator: '+' | '-'): { sql: string; type: GType } {
  if (isScalar(moment.type, 'TIMESTAMP')) {
    const sql = once(
      [moment.sql, interval.sql],
      ([t, x]) =>
        `CASE WHEN ${monthsOf(x!)} <> 0 THEN ${raised("'TIMESTAMP +/- INTERVAL is not supported for intervals with non-zero MONTH or YEAR part.'")} ELSE ${t} ${operator} to_microseconds(${daysOf(x!)} * 86400000000 + ${microsOf(x!)}) END`,
    )
    return { sql: withinCalendar(sql, 'TIMESTAMP'), type: moment.type }
  }
  const base = isScalar(moment.type, 'DATE')
    ? castSql(moment.sql, DATE, DATETIME, { isSafe: false })
    : moment.sql
  return { sql: withinCalendar(`(${base} ${operator} ${interval.sql})`, 'DATETIME'), type: DATETIME }
}
