/** TIME functions, buckets and series of moments; https://cloud.google.com/bigquery/docs/reference/standard-sql/time_series_functions. A bucket by months is refused. */
import { invalid, unsupported } from '../refusal.ts'
import {
  arrayOf,
  DATE,
  DATETIME,
  INT64,
  isScalar,
  STRING,
  TIME,
  TIMESTAMP,
  type GType,
} from '../values/gtype.ts'
import { utcTimestamp, withinCalendar } from '../values/temporal.ts'
import { once } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { CLOCK_PARTS, MICROS, partOf } from './date-arithmetic.ts'
import { adding } from './date-forms.ts'
import { elementsOf, literalFormat, OF_A_CLOCK, pieces } from './formats.ts'
import { example, failing, special, type FunctionRow } from './row.ts'

const F = 'Date and time'
type Resolver = NonNullable<FunctionRow['resolve']>
type CallNode = Parameters<Resolver>[0]

const timeDiff: Resolver = (call, resolve) => {
  arity(call, 3)
  const [a, b] = [0, 1].map((i) => asType(resolve(call.args[i]!), TIME, call).sql)
  const { name } = partOf(call.args[2], call.at)
  if (!CLOCK_PARTS.includes(name))
    throw invalid(`A valid time part argument for TIME_DIFF is required, but found ${name}`, call.at)
  return { sql: `date_diff('${name.toLowerCase()}', ${b}, ${a})`, type: INT64 }
}

const timeTrunc: Resolver = (call, resolve) => {
  arity(call, 2)
  const time = asType(resolve(call.args[0]!), TIME, call).sql
  const { name } = partOf(call.args[1], call.at)
  if (!CLOCK_PARTS.includes(name))
    throw invalid(`A valid time part argument for TIME_TRUNC is required, but found ${name}`, call.at)
  return {
    sql: `CAST(date_trunc('${name.toLowerCase()}', DATE '1970-01-01' + ${time}) AS TIME)`,
    type: TIME,
  }
}

/** The width of an INTERVAL in microseconds, as DuckDB text. */
function widthOf(
  call: CallNode,
  index: number,
  resolve: Parameters<Resolver>[1],
  units: readonly string[],
): string {
  const interval = call.args[index]
  if (interval?.kind !== 'interval')
    throw invalid(`Argument ${index + 1} of ${call.name} must be an INTERVAL`, call.at)
  if (!units.includes(interval.unit)) throw unsupported(`${call.name} by ${interval.unit}`, call.at)
  return `(${asType(resolve(interval.value), INT64, call).sql} * CAST(${MICROS[interval.unit]} AS BIGINT))`
}

/** Buckets begin at a multiple of their width from 1950-01-01, unless an origin is given. */
const bucket =
  (type: GType, units: readonly string[], origin: string, fromMicros: (micros: string) => string): Resolver =>
  (call, resolve, site) => {
    arity(call, 2, 3)
    const value = asType(resolve(call.args[0]!), type, call).sql
    const width = widthOf(call, 1, resolve, units)
    const from = call.args[2] ? asType(resolve(call.args[2]), type, call).sql : origin
    const micros = (sql: string): string =>
      `epoch_us(${isScalar(type, 'DATE') ? `CAST(${sql} AS TIMESTAMP)` : sql})`
    return {
      sql: once(
        [micros(value), width, micros(from)],
        ([x, w, o]) =>
          `CASE WHEN ${w} <= 0 THEN ${site.emitWith([]).fail("'The bucket width must be positive'")} ELSE ${fromMicros(`${o} + ((${x} - ${o}) - (((${x} - ${o}) % ${w} + ${w}) % ${w}))`)} END`,
      ),
      type,
    }
  }

const DAYS = ['DAY', 'WEEK']
const CLOCK = [...CLOCK_PARTS, 'DAY']

const moments: Resolver = (call, resolve, site) => {
  arity(call, 3)
  const [from, to] = [0, 1].map((i) => asType(resolve(call.args[i]!), TIMESTAMP, call).sql)
  const step = widthOf(call, 2, resolve, CLOCK)
  return {
    sql: once(
      [from!, to!, step],
      ([a, b, width]) =>
        `CASE WHEN ${width} = 0 THEN ${site.emitWith([]).fail("'Sequence step cannot be 0.'")} WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL AND ${width} IS NOT NULL THEN list_transform(generate_series(epoch_us(${a}), epoch_us(${b}), ${width}), lambda moment: make_timestamptz(moment)) END`,
    ),
    type: arrayOf(TIMESTAMP),
  }
}

const formatTime: Resolver = (call, resolve) => {
  arity(call, 2)
  const format = literalFormat(resolve(call.args[0]!), call)
  const other = elementsOf(format, call.at).find((part) => part.startsWith('%') && !OF_A_CLOCK.includes(part))
  if (other !== undefined) throw unsupported(`Format element ${other} of FORMAT_TIME`, call.at)
  const time = asType(resolve(call.args[1]!), TIME, call).sql
  return {
    sql: once([`(DATE '1970-01-01' + ${time})`], ([x]) => pieces(format, x!, {}, call)),
    type: STRING,
  }
}

const DATE_ORIGIN = "DATE '1950-01-01'"
const DATETIME_ORIGIN = "TIMESTAMP '1950-01-01 00:00:00'"

export const timeRows: readonly FunctionRow[] = [
  special(
    F,
    'TIME_ADD',
    'TIME_ADD(time, INTERVAL n part)',
    adding(TIME, false),
    example(
      "SELECT TIME_ADD(TIME '15:30:00', INTERVAL 10 MINUTE), TIME_ADD(TIME '23:30:00', INTERVAL 1 HOUR)",
      ['15:40:00', '00:30:00'],
    ),
  ),
  special(
    F,
    'TIME_SUB',
    'TIME_SUB(time, INTERVAL n part)',
    adding(TIME, true),
    example("SELECT TIME_SUB(TIME '15:30:00', INTERVAL 10 MINUTE)", ['15:20:00']),
  ),
  special(
    F,
    'TIME_DIFF',
    'TIME_DIFF(end, start, part): boundaries between them',
    timeDiff,
    example("SELECT TIME_DIFF(TIME '15:30:00', TIME '14:35:00', MINUTE)", [55]),
  ),
  special(
    F,
    'TIME_TRUNC',
    'TIME_TRUNC(time, part)',
    timeTrunc,
    example("SELECT TIME_TRUNC(TIME '15:30:00', HOUR)", ['15:00:00']),
  ),
  special(
    'Formatting and parsing',
    'FORMAT_TIME',
    'FORMAT_TIME(format, time)',
    formatTime,
    example("SELECT FORMAT_TIME('%R', TIME '15:30:00'), FORMAT_TIME('%I:%M %p', TIME '15:30:00')", [
      '15:30',
      '03:30 PM',
    ]),
  ),
  special(
    F,
    'DATE_BUCKET',
    'DATE_BUCKET(date, INTERVAL n DAY | WEEK[, origin])',
    bucket(DATE, DAYS, DATE_ORIGIN, (micros) =>
      withinCalendar(`CAST(make_timestamp(${micros}) AS DATE)`, 'DATE'),
    ),
    example(
      "SELECT day, DATE_BUCKET(day, INTERVAL 2 DAY), DATE_BUCKET(day, INTERVAL 7 DAY, DATE '2000-12-24') FROM UNNEST([DATE '1949-12-29', DATE '1950-01-02', DATE '2000-12-31']) AS day ORDER BY day",
      ['1949-12-29', '1949-12-28', '1949-12-25'],
      ['1950-01-02', '1950-01-01', '1950-01-01'],
      ['2000-12-31', '2000-12-30', '2000-12-31'],
    ),
    failing("SELECT DATE_BUCKET(DATE '2020-01-01', INTERVAL 0 DAY)", 'must be positive'),
  ),
  special(
    F,
    'DATETIME_BUCKET',
    'DATETIME_BUCKET(datetime, INTERVAL n part[, origin])',
    bucket(DATETIME, CLOCK, DATETIME_ORIGIN, (micros) =>
      withinCalendar(`make_timestamp(${micros})`, 'DATETIME'),
    ),
    example("SELECT DATETIME_BUCKET(DATETIME '1949-12-30 13:00:00', INTERVAL 12 HOUR)", [
      '1949-12-30T12:00:00',
    ]),
  ),
  special(
    'Timestamp',
    'TIMESTAMP_BUCKET',
    'TIMESTAMP_BUCKET(timestamp, INTERVAL n part[, origin])',
    bucket(TIMESTAMP, CLOCK, utcTimestamp(DATETIME_ORIGIN), (micros) =>
      withinCalendar(`make_timestamptz(${micros})`, 'TIMESTAMP'),
    ),
    example("SELECT TIMESTAMP_BUCKET(TIMESTAMP '1949-12-30 13:00:00', INTERVAL 12 HOUR)", [
      '1949-12-30 12:00:00+00',
    ]),
  ),
  special(
    'Timestamp',
    'GENERATE_TIMESTAMP_ARRAY',
    'GENERATE_TIMESTAMP_ARRAY(start, end, INTERVAL n part)',
    moments,
    example(
      "SELECT GENERATE_TIMESTAMP_ARRAY('2016-10-05 00:00:00', '2016-10-07 00:00:00', INTERVAL 1 DAY), GENERATE_TIMESTAMP_ARRAY('2016-10-06', '2016-10-05', INTERVAL 1 HOUR)",
      [['2016-10-05 00:00:00+00', '2016-10-06 00:00:00+00', '2016-10-07 00:00:00+00'], []],
    ),
    failing(
      "SELECT GENERATE_TIMESTAMP_ARRAY('2016-10-05', '2016-10-07', INTERVAL 0 DAY)",
      'step cannot be 0',
    ),
  ),
]
