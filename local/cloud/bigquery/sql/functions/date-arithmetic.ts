/**
 * Shifting, truncating and counting dates: DATE results stay DATE, weeks begin where BigQuery begins them,
 * TIMESTAMP units are elapsed time.
 */
import { invalid, type Position } from '../refusal.ts'
import type { Expression } from '../parse/syntax.ts'
import { isNullType, isScalar, TIMESTAMP, typeName, type GType } from '../values/gtype.ts'
import { datetimeIn, timestampIn, withinCalendar } from '../values/temporal.ts'
import { once, type Value } from '../values/value.ts'

export const MICROS: Readonly<Record<string, bigint>> = {
  MICROSECOND: 1n,
  MILLISECOND: 1000n,
  SECOND: 1_000_000n,
  MINUTE: 60_000_000n,
  HOUR: 3_600_000_000n,
  DAY: 86_400_000_000n,
  WEEK: 604_800_000_000n,
}
const MONTHS: Readonly<Record<string, number>> = { MONTH: 1, QUARTER: 3, YEAR: 12 }
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  DATE: ['DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'],
  DATETIME: [...Object.keys(MICROS), ...Object.keys(MONTHS)],
  TIMESTAMP: ['MICROSECOND', 'MILLISECOND', 'SECOND', 'MINUTE', 'HOUR', 'DAY'],
  TIME: ['MICROSECOND', 'MILLISECOND', 'SECOND', 'MINUTE', 'HOUR'],
}
export const WEEKDAYS = [
  'SUNDAY',
  'MONDAY',
  'TUESDAY',
  'WEDNESDAY',
  'THURSDAY',
  'FRIDAY',
  'SATURDAY',
] as const

export interface Part {
  readonly name: string
  readonly firstWeekday?: number
}

/** `DAY`, `WEEK(MONDAY)`: written bare in the argument's place. */
export function partOf(expression: Expression | undefined, at: Position): Part {
  if (expression?.kind === 'path' && expression.parts.length === 1)
    return partNamed(expression.parts[0]!.toUpperCase())
  if (
    expression?.kind === 'call' &&
    expression.name === 'WEEK' &&
    expression.args.length === 1 &&
    expression.args[0]!.kind === 'path'
  )
    return partNamed('WEEK', expression.args[0]!.parts.join('.').toUpperCase(), at)
  throw invalid('A valid date part name is required', expression?.at ?? at)
}

export function partNamed(name: string, weekday?: string, at?: Position): Part {
  if (name === 'ISOWEEK') return { name: 'ISOWEEK', firstWeekday: 1 }
  if (name !== 'WEEK') return { name }
  const firstWeekday = weekday === undefined ? 0 : WEEKDAYS.indexOf(weekday as 'SUNDAY')
  if (firstWeekday < 0) throw invalid(`${weekday} is not a valid weekday`, at)
  return { name: 'WEEK', firstWeekday }
}

export function shift(
  value: Value,
  amount: Value,
  unit: string,
  isMinus: boolean,
  name: string,
  at: Position,
  isSafe = false,
): { sql: string; type: GType } {
  const type = value.type.kind === 'scalar' ? value.type.name : ''
  if (!ALLOWED[type])
    throw invalid(
      `No matching signature for ${name} for argument types: ${typeName(value.type)}, INTERVAL`,
      at,
    )
  if (!ALLOWED[type].includes(unit))
    throw invalid(`${name} does not support the ${unit} date part when the argument is ${type} type`, at)
  const sign = isMinus ? '-' : '+'
  const within = (sql: string): { sql: string; type: GType } => ({
    sql: type === 'TIME' ? sql : withinCalendar(sql, type as 'DATE', isSafe),
    type: value.type,
  })
  if (type === 'DATE' && unit in MICROS)
    return within(`(${value.sql} ${sign} CAST(${amount.sql}${unit === 'WEEK' ? ' * 7' : ''} AS INTEGER))`)
  if (unit in MONTHS) {
    const sql = `(${value.sql} ${sign} to_months(CAST(${amount.sql}${MONTHS[unit] === 1 ? '' : ` * ${MONTHS[unit]}`} AS INTEGER)))`
    return within(type === 'DATE' ? `CAST(${sql} AS DATE)` : sql)
  }
  return within(`(${value.sql} ${sign} to_microseconds(${amount.sql} * CAST(${MICROS[unit]} AS BIGINT)))`)
}

/** Truncates a DATE text. */
export function truncateDate(sql: string, part: Part, name: string, at: Position): string {
  if (part.firstWeekday !== undefined)
    return once([sql], ([d]) =>
      withinCalendar(
        `(${d} - CAST((dayofweek(${d}) + ${(7 - part.firstWeekday!) % 7}) % 7 AS INTEGER))`,
        'DATE',
      ),
    )
  switch (part.name) {
    case 'DAY':
      return sql
    case 'MONTH':
    case 'QUARTER':
    case 'YEAR':
      return `CAST(date_trunc('${part.name.toLowerCase()}', ${sql}) AS DATE)`
    case 'ISOYEAR':
      return `CAST(date_trunc('week', make_date(isoyear(${sql}), 1, 4)) AS DATE)`
    default:
      throw invalid(`A valid date part argument for ${name} is required, but found ${part.name}`, at)
  }
}

export const CLOCK_PARTS = ['MICROSECOND', 'MILLISECOND', 'SECOND', 'MINUTE', 'HOUR']

/** Truncates a DATETIME text, by clock or by calendar. */
export function truncateDatetime(sql: string, part: Part, name: string, at: Position): string {
  if (CLOCK_PARTS.includes(part.name)) return `date_trunc('${part.name.toLowerCase()}', ${sql})`
  return `CAST(${truncateDate(`CAST(${sql} AS DATE)`, part, name, at)} AS TIMESTAMP)`
}

export function truncate(
  value: Value,
  part: Part,
  zone: Value | undefined,
  name: string,
  at: Position,
): { sql: string; type: GType } {
  if (isNullType(value.type)) return { sql: 'CAST(NULL AS TIMESTAMP WITH TIME ZONE)', type: TIMESTAMP }
  if (isScalar(value.type, 'DATE')) return { sql: truncateDate(value.sql, part, name, at), type: value.type }
  if (isScalar(value.type, 'DATETIME'))
    return { sql: truncateDatetime(value.sql, part, name, at), type: value.type }
  // By what the local clock is past the hour, not by its reading: an hour that comes twice must not lead to
  // the other one.
  if (isScalar(value.type, 'TIMESTAMP') && zone && CLOCK_PARTS.includes(part.name)) {
    return {
      sql: once([value.sql], ([t]) =>
        once(
          [datetimeIn(t!, zone.sql)],
          ([wall]) =>
            `${t} - to_microseconds(epoch_us(${wall}) - epoch_us(${truncateDatetime(wall!, part, name, at)}))`,
        ),
      ),
      type: value.type,
    }
  }
  if (isScalar(value.type, 'TIMESTAMP'))
    return {
      sql: timestampIn(truncateDatetime(datetimeIn(value.sql, zone?.sql), part, name, at), zone?.sql),
      type: value.type,
    }
  throw invalid(
    `No matching signature for function ${name} for argument types: ${typeName(value.type)}, DATE_TIME_PART`,
    at,
  )
}

/** Whole weeks since a fixed day of that weekday: 1970-01-04 was a Sunday. */
const weekIndex = (sql: string, firstWeekday: number) =>
  `CAST(floor((date_diff('day', DATE '1970-01-04', ${sql}) - ${firstWeekday}) / 7.0) AS BIGINT)`

/** Boundaries between `b` and `a`: DATE_DIFF and DATETIME_DIFF. */
export function boundaries(
  a: string,
  b: string,
  part: Part,
  isDatetime: boolean,
  name: string,
  at: Position,
): string {
  if (part.firstWeekday !== undefined) {
    const day = (sql: string) => (isDatetime ? `CAST(${sql} AS DATE)` : sql)
    return `(${weekIndex(day(a), part.firstWeekday)} - ${weekIndex(day(b), part.firstWeekday)})`
  }
  if (part.name === 'ISOYEAR') return `(isoyear(${a}) - isoyear(${b}))`
  const allowed = [
    'DAY',
    'MONTH',
    'QUARTER',
    'YEAR',
    ...(isDatetime ? ['MICROSECOND', 'MILLISECOND', 'SECOND', 'MINUTE', 'HOUR'] : []),
  ]
  if (!allowed.includes(part.name))
    throw invalid(`A valid date part argument for ${name} is required, but found ${part.name}`, at)
  return `date_diff('${part.name.toLowerCase()}', ${b}, ${a})`
}

/** Elapsed whole units, towards zero: TIMESTAMP_DIFF. */
export function elapsed(a: string, b: string, part: Part, name: string, at: Position): string {
  const micros = part.name === 'WEEK' ? undefined : MICROS[part.name]
  if (!micros) throw invalid(`A valid date part argument for ${name} is required, but found ${part.name}`, at)
  const difference = `(epoch_us(${a}) - epoch_us(${b}))`
  return micros === 1n ? difference : `(${difference} // CAST(${micros} AS BIGINT))`
}
