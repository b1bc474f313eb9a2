/** DATE, DATETIME and TIME functions; https://cloud.google.com/bigquery/docs/reference/standard-sql/date_functions and datetime_functions. */
import { invalid, type Position } from '../refusal.ts'
import type { Call, Expression } from '../parse/syntax.ts'
import { castSql } from '../values/cast.ts'
import { coerce } from '../values/coerce.ts'
import { arrayOf, DATE, DATETIME, INT64, isScalar, STRING, type GType } from '../values/gtype.ts'
import { datetimeIn } from '../values/temporal.ts'
import type { Value } from '../values/value.ts'
import { boundaries, partOf, shift, truncate, truncateDate } from './date-arithmetic.ts'
import { example, scalar, special, type FunctionRow } from './row.ts'
import { zoneOf } from './zones.ts'

const D = 'Date and time'
type Resolver = NonNullable<FunctionRow['resolve']>

export function arity(call: Call & { at: Position }, least: number, most = least): void {
  if (call.args.length < least || call.args.length > most)
    throw invalid(
      `No matching signature for function ${call.name} with ${call.args.length} arguments`,
      call.at,
    )
}

export const asType = (value: Value, type: GType, call: Call & { at: Position }): Value =>
  coerce(value, type, call.at, `Argument of ${call.name}`)

/** X_ADD and X_SUB(value, INTERVAL n part). DATE_ADD also takes DATETIME and TIMESTAMP, as documented. */
export function adding(type: GType | undefined, isMinus: boolean): Resolver {
  return (call, _env, resolve) => {
    arity(call, 2)
    const interval = call.args[1]!
    if (interval.kind !== 'interval')
      throw invalid(`Second argument of ${call.name} must be an INTERVAL`, call.at)
    const given = resolve(call.args[0]!)
    const value =
      type && !(isScalar(type, 'DATE') && isScalar(given.type, 'DATETIME', 'TIMESTAMP'))
        ? asType(given, type, call)
        : given
    return shift(
      value,
      asType(resolve(interval.value), INT64, call),
      interval.unit,
      isMinus,
      call.name,
      call.at,
    )
  }
}

const truncating: Resolver = (call, _env, resolve) => {
  arity(call, 2, 3)
  const given = resolve(call.args[0]!)
  const value =
    given.literal !== undefined
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

function differing(type: GType): Resolver {
  return (call, _env, resolve) => {
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
const dateOf: Resolver = (call, _env, resolve) => {
  arity(call, 1, 3)
  const values = call.args.map((argument: Expression) => resolve(argument))
  if (values.length === 3)
    return {
      sql: `make_date(${values.map((value) => asType(value, INT64, call).sql).join(', ')})`,
      type: DATE,
    }
  const [value, zone] = values
  if (isScalar(value!.type, 'TIMESTAMP'))
    return { sql: `CAST(${datetimeIn(value!.sql, zoneOf(zone, call.at))} AS DATE)`, type: DATE }
  if (zone || !isScalar(value!.type, 'DATETIME', 'DATE', 'STRING', 'NULL'))
    throw invalid(`No matching signature for function DATE`, call.at)
  if (isScalar(value!.type, 'STRING')) return { sql: asType(value!, DATE, call).sql, type: DATE }
  return { sql: castSql(value!.sql, value!.type, DATE, { isSafe: false, at: call.at }), type: DATE }
}

const datetimeOf: Resolver = (call, _env, resolve) => {
  arity(call, 1, 6)
  const values = call.args.map((argument: Expression) => resolve(argument))
  if (values.length === 6)
    return {
      sql: `make_timestamp(${values.map((value) => asType(value, INT64, call).sql).join(', ')})`,
      type: DATETIME,
    }
  const [value, second] = values
  if (values.length > 2) throw invalid('No matching signature for function DATETIME', call.at)
  if (isScalar(value!.type, 'TIMESTAMP'))
    return { sql: datetimeIn(value!.sql, zoneOf(second, call.at)), type: DATETIME }
  if (second)
    return {
      sql: `(${asType(value!, DATE, call).sql} + ${asType(second, { kind: 'scalar', name: 'TIME' }, call).sql})`,
      type: DATETIME,
    }
  return {
    sql: castSql(value!.sql, isScalar(value!.type, 'STRING') ? value!.type : value!.type, DATETIME, {
      isSafe: false,
      at: call.at,
    }),
    type: DATETIME,
  }
}

const lastDay: Resolver = (call, _env, resolve) => {
  arity(call, 1, 2)
  const given = resolve(call.args[0]!)
  const sql = isScalar(given.type, 'DATETIME')
    ? castSql(given.sql, given.type, DATE, { isSafe: false })
    : asType(given, DATE, call).sql
  const part = call.args[1] ? partOf(call.args[1], call.at) : { name: 'MONTH' }
  const start = truncateDate(sql, part, 'LAST_DAY', call.at)
  const months: Readonly<Record<string, number>> = { MONTH: 1, QUARTER: 3, YEAR: 12 }
  if ('firstWeekday' in part && part.firstWeekday !== undefined) return { sql: `(${start} + 6)`, type: DATE }
  if (!months[part.name])
    throw invalid(`A valid date part argument for LAST_DAY is required, but found ${part.name}`, call.at)
  return { sql: `CAST(${start} + to_months(${months[part.name]}) - to_days(1) AS DATE)`, type: DATE }
}

const dateArray: Resolver = (call, _env, resolve) => {
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
  return {
    sql: `CAST(generate_series(CAST(${start} AS TIMESTAMP), CAST(${end} AS TIMESTAMP), ${unit}(${step})) AS DATE[])`,
    type: arrayOf(DATE),
  }
}

export const dateRows: readonly FunctionRow[] = [
  special(
    D,
    'DATE',
    'DATE(year, month, day), DATE(timestamp[, zone]), DATE(datetime)',
    dateOf,
    example(
      "SELECT DATE(2016, 12, 25), DATE(DATETIME '2016-12-25 23:59:59'), DATE(TIMESTAMP '2016-12-25 05:30:00+07', 'America/Los_Angeles')",
      ['2016-12-25', '2016-12-25', '2016-12-24'],
    ),
  ),
  special(
    D,
    'DATETIME',
    'DATETIME(year, month, day, hour, minute, second), DATETIME(date[, time]), DATETIME(timestamp[, zone])',
    datetimeOf,
    example(
      "SELECT DATETIME(2008, 12, 25, 5, 30, 0), DATETIME(TIMESTAMP '2008-12-25 05:30:00+00', 'America/Los_Angeles')",
      ['2008-12-25T05:30:00', '2008-12-24T21:30:00'],
    ),
  ),
  special(
    D,
    'DATE_ADD',
    'DATE_ADD(date, INTERVAL n part)',
    adding(DATE, false),
    example(
      "SELECT DATE_ADD(DATE '2008-12-25', INTERVAL 5 DAY), DATE_ADD(DATE '2024-01-31', INTERVAL 1 MONTH)",
      ['2008-12-30', '2024-02-29'],
    ),
  ),
  special(
    D,
    'DATE_SUB',
    'DATE_SUB(date, INTERVAL n part)',
    adding(DATE, true),
    example(
      "SELECT DATE_SUB(DATE '2008-12-25', INTERVAL 5 DAY), DATE_SUB(DATE '2024-03-31', INTERVAL 1 MONTH)",
      ['2008-12-20', '2024-02-29'],
    ),
  ),
  special(
    D,
    'DATETIME_ADD',
    'DATETIME_ADD(datetime, INTERVAL n part)',
    adding(DATETIME, false),
    example("SELECT DATETIME_ADD(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE)", [
      '2008-12-25T15:40:00',
    ]),
  ),
  special(
    D,
    'DATETIME_SUB',
    'DATETIME_SUB(datetime, INTERVAL n part)',
    adding(DATETIME, true),
    example("SELECT DATETIME_SUB(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE)", [
      '2008-12-25T15:20:00',
    ]),
  ),
  special(
    D,
    'DATE_DIFF',
    'DATE_DIFF(end, start, part): boundaries between them',
    differing(DATE),
    example("SELECT DATE_DIFF(DATE '2010-07-07', DATE '2008-12-25', DAY)", [559]),
    example(
      "SELECT DATE_DIFF(DATE '2017-10-15', DATE '2017-10-14', DAY), DATE_DIFF(DATE '2017-10-15', DATE '2017-10-14', WEEK)",
      [1, 1],
    ),
    example(
      "SELECT DATE_DIFF('2017-12-30', '2014-12-30', YEAR), DATE_DIFF('2017-12-30', '2014-12-30', ISOYEAR)",
      [3, 2],
    ),
    example(
      "SELECT DATE_DIFF('2017-12-18', '2017-12-17', WEEK), DATE_DIFF('2017-12-18', '2017-12-17', WEEK(MONDAY)), DATE_DIFF('2017-12-18', '2017-12-17', ISOWEEK)",
      [0, 1, 1],
    ),
  ),
  special(
    D,
    'DATETIME_DIFF',
    'DATETIME_DIFF(end, start, part): boundaries between them',
    differing(DATETIME),
    example(
      "SELECT DATETIME_DIFF(DATETIME '2010-07-07 10:20:00', DATETIME '2008-12-25 15:30:00', DAY)",
      [559],
    ),
    example(
      "SELECT DATETIME_DIFF(DATETIME '2017-10-15 00:00:00', DATETIME '2017-10-14 00:00:00', DAY), DATETIME_DIFF(DATETIME '2017-10-15 00:00:00', DATETIME '2017-10-14 00:00:00', WEEK)",
      [1, 1],
    ),
  ),
  special(
    D,
    'DATE_TRUNC',
    'DATE_TRUNC(date, part)',
    truncating,
    example("SELECT DATE_TRUNC(DATE '2008-12-25', MONTH)", ['2008-12-01']),
    example("SELECT DATE_TRUNC(DATE '2017-11-05', WEEK(MONDAY)), DATE_TRUNC(DATE '2017-11-07', WEEK)", [
      '2017-10-30',
      '2017-11-05',
    ]),
    example("SELECT DATE_TRUNC('2015-06-15', ISOYEAR)", ['2014-12-29']),
  ),
  special(
    D,
    'DATETIME_TRUNC',
    'DATETIME_TRUNC(datetime, part)',
    truncating,
    example(
      "SELECT DATETIME_TRUNC(DATETIME '2008-12-25 15:30:00', DAY), DATETIME_TRUNC(DATETIME '2017-11-05 00:00:00', WEEK(MONDAY))",
      ['2008-12-25T00:00:00', '2017-10-30T00:00:00'],
    ),
  ),
  special(
    D,
    'LAST_DAY',
    'LAST_DAY(date[, part])',
    lastDay,
    example(
      "SELECT LAST_DAY(DATE '2008-11-25', MONTH), LAST_DAY(DATE '2008-11-25'), LAST_DAY(DATE '2008-11-10', WEEK(SUNDAY)), LAST_DAY(DATE '2008-11-25', YEAR)",
      ['2008-11-30', '2008-11-30', '2008-11-15', '2008-12-31'],
    ),
  ),
  special(
    D,
    'GENERATE_DATE_ARRAY',
    'GENERATE_DATE_ARRAY(start, end[, INTERVAL n part])',
    dateArray,
    example("SELECT GENERATE_DATE_ARRAY('2016-10-05', '2016-10-08')", [
      ['2016-10-05', '2016-10-06', '2016-10-07', '2016-10-08'],
    ]),
    example("SELECT GENERATE_DATE_ARRAY('2016-10-05', '2016-10-01', INTERVAL -3 DAY)", [
      ['2016-10-05', '2016-10-02'],
    ]),
    example("SELECT GENERATE_DATE_ARRAY('2016-10-05', '2016-10-01', INTERVAL 1 DAY)", [[]]),
    example("SELECT GENERATE_DATE_ARRAY('2016-01-01', '2016-12-31', INTERVAL 2 MONTH)", [
      ['2016-01-01', '2016-03-01', '2016-05-01', '2016-07-01', '2016-09-01', '2016-11-01'],
    ]),
  ),
  scalar(
    D,
    'rewrite',
    'UNIX_DATE',
    { 'DATE -> INT64': ([d]) => `date_diff('day', DATE '1970-01-01', ${d})` },
    example("SELECT UNIX_DATE(DATE '2008-12-25')", [14238]),
  ),
  scalar(
    D,
    'rewrite',
    'DATE_FROM_UNIX_DATE',
    { 'INT64 -> DATE': ([n]) => `(DATE '1970-01-01' + CAST(${n} AS INTEGER))` },
    example('SELECT DATE_FROM_UNIX_DATE(14238)', ['2008-12-25']),
  ),
  scalar(
    D,
    'rewrite',
    'TIME',
    { 'INT64, INT64, INT64 -> TIME': 'make_time', 'DATETIME -> TIME': ([x]) => `CAST(${x} AS TIME)` },
    example("SELECT TIME(15, 30, 0), TIME(DATETIME '2008-12-25 15:30:00')", ['15:30:00', '15:30:00']),
  ),
]
