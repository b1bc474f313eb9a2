/** What the rows of dates.ts write: parts, intervals and series of DATE and DATETIME. */
import { invalid } from '../refusal.ts'
import type { Expression } from '../parse/syntax.ts'
import { castSql } from '../values/cast.ts'
import { arrayOf, DATE, DATETIME, INT64, isScalar, STRING, type GType } from '../values/gtype.ts'
import { datetimeIn, withinCalendar } from '../values/temporal.ts'
import { raised } from '../values/raised.ts'
import { once } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { boundaries, partOf, shift, truncate, truncateDate } from './date-arithmetic.ts'
import type { FunctionRow } from './row.ts'
import { zoneOf } from './zones.ts'

type Resolver = NonNullable<FunctionRow['resolve']>

/** X_ADD and X_SUB(value, INTERVAL n part). DATE_ADD also takes DATETIME and TIMESTAMP, as documented. */
export function adding(type: GType | undefined, isMinus: boolean): Resolver {
  return (call, resolve) => {
    arity(call, 2)
    const interval = call.args[1]!
    if (interval.kind !== 'interval')
      throw invalid(`Second argument of ${call.name} must be an INTERVAL`, call.at)
    const given = resolve(call.args[0]!)
    // DATE_ADD and TIMESTAMP_ADD take a DATETIME as it is: the result is one as well.
    const isTaken =
      type &&
      ((isScalar(type, 'DATE') && isScalar(given.type, 'DATETIME', 'TIMESTAMP')) ||
        (isScalar(type, 'TIMESTAMP') && isScalar(given.type, 'DATETIME')))
    const value = type && !isTaken ? asType(given, type, call) : given
    return shift(
      value,
      asType(resolve(interval.value), INT64, call),
      interval.unit,
      isMinus,
      call.name,
      call.at,
      call.isSafe,
    )
  }
}

export const truncating: Resolver = (call, resolve) => {
  arity(call, 2, 3)
  const given = resolve(call.args[0]!)
  const value =
    given.literal !== undefined || given.isParameter
      ? asType(given, call.name === 'DATETIME_TRUNC' ? DATETIME : DATE, call)
      : given
  const zone = call.args[2] ? zoneOf(asType(resolve(call.args[2]), STRING, call), call.at) : undefined
  return truncate(
    value,
    partOf(call.args[1], call.at),
    zone ? { sql: zone, type: STRING } : undefined,
    call.name,
    call.at,
  )
}

export function differing(type: GType): Resolver {
  return (call, resolve) => {
    arity(call, 3)
    const [a, b] = [resolve(call.args[0]!), resolve(call.args[1]!)].map((value) => asType(value, type, call))
    return {
      sql: boundaries(
        a!.sql,
        b!.sql,
        partOf(call.args[2], call.at),
        isScalar(type, 'DATETIME'),
        call.name,
        call.at,
      ),
      type: INT64,
    }
  }
}

/** DATE(…): from parts, from a TIMESTAMP in a zone, from a DATETIME; DATETIME(…) alike. */
export const dateOf: Resolver = (call, resolve) => {
  arity(call, 1, 3)
  const values = call.args.map((argument: Expression) => resolve(argument))
  if (values.length === 3)
    return {
      sql: withinCalendar(
        `make_date(${values.map((value) => asType(value, INT64, call).sql).join(', ')})`,
        'DATE',
        call.isSafe,
      ),
      type: DATE,
    }
  const [value, zone] = values
  if (isScalar(value!.type, 'TIMESTAMP'))
    return { sql: `CAST(${datetimeIn(value!.sql, zoneOf(zone, call.at), call.isSafe)} AS DATE)`, type: DATE }
  if (zone || !isScalar(value!.type, 'DATETIME', 'DATE', 'STRING', 'NULL'))
    throw invalid(`No matching signature for function DATE`, call.at)
  if (isScalar(value!.type, 'STRING')) return { sql: asType(value!, DATE, call).sql, type: DATE }
  return { sql: castSql(value!.sql, value!.type, DATE, { isSafe: call.isSafe, at: call.at }), type: DATE }
}

export const datetimeOf: Resolver = (call, resolve) => {
  arity(call, 1, 6)
  const values = call.args.map((argument: Expression) => resolve(argument))
  if (values.length === 6)
    return {
      sql: withinCalendar(
        `make_timestamp(${values.map((value) => asType(value, INT64, call).sql).join(', ')})`,
        'DATETIME',
        call.isSafe,
      ),
      type: DATETIME,
    }
  const [value, second] = values
  if (values.length > 2) throw invalid('No matching signature for function DATETIME', call.at)
  if (isScalar(value!.type, 'TIMESTAMP'))
    return { sql: datetimeIn(value!.sql, zoneOf(second, call.at), call.isSafe), type: DATETIME }
  if (second)
    return {
      sql: `(${asType(value!, DATE, call).sql} + ${asType(second, { kind: 'scalar', name: 'TIME' }, call).sql})`,
      type: DATETIME,
    }
  return {
    sql: castSql(value!.sql, value!.type, DATETIME, {
      isSafe: call.isSafe,
      at: call.at,
    }),
    type: DATETIME,
  }
}

export const lastDay: Resolver = (call, resolve) => {
  arity(call, 1, 2)
  const given = resolve(call.args[0]!)
  const sql = isScalar(given.type, 'DATETIME')
    ? castSql(given.sql, given.type, DATE, { isSafe: false })
    : asType(given, DATE, call).sql
  const part = call.args[1] ? partOf(call.args[1], call.at) : { name: 'MONTH' }
  const start = truncateDate(sql, part, 'LAST_DAY', call.at)
  const months: Readonly<Record<string, number>> = { MONTH: 1, QUARTER: 3, YEAR: 12 }
  if ('firstWeekday' in part && part.firstWeekday !== undefined)
    return { sql: withinCalendar(`(${start} + 6)`, 'DATE', call.isSafe), type: DATE }
  if (part.name === 'ISOYEAR')
    return {
      sql: withinCalendar(
        once(
          [sql],
          ([d]) => `CAST(date_trunc('week', make_date(isoyear(${d}) + 1, 1, 4)) - to_days(1) AS DATE)`,
        ),
        'DATE',
        call.isSafe,
      ),
      type: DATE,
    }
  if (!months[part.name])
    throw invalid(`A valid date part argument for LAST_DAY is required, but found ${part.name}`, call.at)
  return { sql: `CAST(${start} + to_months(${months[part.name]}) - to_days(1) AS DATE)`, type: DATE }
}

export const dateArray: Resolver = (call, resolve) => {
  arity(call, 2, 3)
  const [start, end] = [resolve(call.args[0]!), resolve(call.args[1]!)].map(
    (value) => asType(value, DATE, call).sql,
  )
  const interval = call.args[2]
  if (interval && interval.kind !== 'interval')
    throw invalid('Third argument of GENERATE_DATE_ARRAY must be an INTERVAL', call.at)
  const units: Readonly<Record<string, string>> = {
    DAY: 'to_days',
    WEEK: 'to_weeks',
    MONTH: 'to_months',
    QUARTER: 'to_months',
    YEAR: 'to_years',
  }
  const unit = interval ? units[interval.unit] : 'to_days'
  if (!unit) throw invalid('GENERATE_DATE_ARRAY supports DAY, WEEK, MONTH, QUARTER and YEAR', call.at)
  const step = interval
    ? `CAST(${asType(resolve(interval.value), INT64, call).sql}${interval.unit === 'QUARTER' ? ' * 3' : ''} AS INTEGER)`
    : '1'
  const series = (by: string): string =>
    `CAST(generate_series(CAST(${start} AS TIMESTAMP), CAST(${end} AS TIMESTAMP), ${unit}(${by})) AS DATE[])`
  const sql = interval
    ? once(
        [step],
        ([by]) =>
          `CASE WHEN ${by} = 0 THEN ${call.isSafe ? 'NULL' : raised("'Sequence step cannot be 0.'")} ELSE ${series(by!)} END`,
      )
    : series(step)
  return { sql, type: arrayOf(DATE) }
}
