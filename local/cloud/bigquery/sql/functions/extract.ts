/**
 * EXTRACT(part FROM x [AT TIME ZONE z]): Sunday is day 1, weeks count from the first full week, as BigQuery
 * does.
 */
import { invalid } from '../refusal.ts'
import type { Expression } from '../parse/syntax.ts'
import {
  DATE,
  DATETIME,
  INT64,
  isScalar,
  STRING,
  TIME,
  TIMESTAMP,
  typeName,
  type GType,
} from '../values/gtype.ts'
import { coerce } from '../values/coerce.ts'
import { EXTRACTED } from '../values/intervals.ts'
import { datetimeIn } from '../values/temporal.ts'
import { joinFacts, once, type Value } from '../values/value.ts'
import { partNamed } from './date-arithmetic.ts'
import { zoneOf } from './zones.ts'

const CALENDAR: Readonly<Record<string, (x: string) => string>> = {
  DAYOFWEEK: (x) => `(dayofweek(${x}) + 1)`,
  DAY: (x) => `day(${x})`,
  DAYOFYEAR: (x) => `dayofyear(${x})`,
  ISOWEEK: (x) => `weekofyear(${x})`,
  MONTH: (x) => `month(${x})`,
  QUARTER: (x) => `quarter(${x})`,
  YEAR: (x) => `year(${x})`,
  ISOYEAR: (x) => `isoyear(${x})`,
}
const CLOCK: Readonly<Record<string, (x: string) => string>> = {
  MICROSECOND: (x) => `(microsecond(${x}) % 1000000)`,
  MILLISECOND: (x) => `((microsecond(${x}) // 1000) % 1000)`,
  SECOND: (x) => `second(${x})`,
  MINUTE: (x) => `minute(${x})`,
  HOUR: (x) => `hour(${x})`,
}

export function extract(
  expression: Expression & { kind: 'extract' },
  resolve: (part: Expression) => Value,
): Value {
  const { at, part } = expression
  const given = resolve(expression.operand)
  const operand =
    given.literal !== undefined && isScalar(given.type, 'STRING') ? coerce(given, TIMESTAMP, at) : given
  const zone = expression.zone ? zoneOf(coerce(resolve(expression.zone), STRING, at), at) : undefined
  if (zone && !isScalar(operand.type, 'TIMESTAMP'))
    throw invalid('EXTRACT from a value other than TIMESTAMP does not support AT TIME ZONE', at)
  if (isScalar(operand.type, 'INTERVAL') && EXTRACTED[part])
    return {
      sql: once([operand.sql], ([x]) => EXTRACTED[part]!(x!)),
      type: INT64,
      ...joinFacts([operand]),
    }
  if (!isScalar(operand.type, 'DATE', 'DATETIME', 'TIME', 'TIMESTAMP'))
    throw invalid(`EXTRACT does not support arguments of type: ${typeName(operand.type)}`, at)
  const sql = isScalar(operand.type, 'TIMESTAMP') ? datetimeIn(operand.sql, zone) : operand.sql
  const facts = joinFacts([operand])
  const result = (text: string, type: GType): Value => ({ sql: text, type, ...facts })
  const hasClock = !isScalar(operand.type, 'DATE')
  const hasCalendar = !isScalar(operand.type, 'TIME')
  if (hasClock && CLOCK[part]) return result(CLOCK[part](sql), INT64)
  if (hasCalendar && CALENDAR[part]) return result(CALENDAR[part](sql), INT64)
  if (hasCalendar && part === 'WEEK') {
    const first = partNamed('WEEK', expression.weekday, at).firstWeekday!
    return result(
      once([sql], ([x]) => `((dayofyear(${x}) + 6 - (dayofweek(${x}) + ${(7 - first) % 7}) % 7) // 7)`),
      INT64,
    )
  }
  if (hasCalendar && hasClock && part === 'DATE') return result(`CAST(${sql} AS DATE)`, DATE)
  if (hasCalendar && hasClock && part === 'TIME') return result(`CAST(${sql} AS TIME)`, TIME)
  if (isScalar(operand.type, 'TIMESTAMP') && part === 'DATETIME') return result(sql, DATETIME)
  throw invalid(`EXTRACT from ${typeName(operand.type)} does not support the ${part} date part`, at)
}
