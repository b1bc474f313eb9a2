/** TIMESTAMP functions; https://cloud.google.com/bigquery/docs/reference/standard-sql/timestamp_functions. Units are elapsed time, the default zone is UTC. */
import { invalid } from '../refusal.ts'
import { castSql } from '../values/cast.ts'
import { DATETIME, INT64, isScalar, STRING, TIMESTAMP } from '../values/gtype.ts'
import { datetimeIn, datetimeText, offsetText, timestampIn, withinCalendar } from '../values/temporal.ts'
import { once } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { elapsed, partOf, truncate } from './date-arithmetic.ts'
import { adding } from './date-forms.ts'
import { example, failing, scalar, special, type FunctionRow, type Signature } from './row.ts'
import { zoneOf } from './zones.ts'

const F = 'Timestamp'
type Resolver = NonNullable<FunctionRow['resolve']>

const timestampOf: Resolver = (call, resolve) => {
  arity(call, 1, 2)
  const value = resolve(call.args[0]!)
  const zone = zoneOf(call.args[1] ? asType(resolve(call.args[1]), STRING, call) : undefined, call.at)
  if (isScalar(value.type, 'TIMESTAMP') && !zone) return { sql: value.sql, type: TIMESTAMP }
  if (isScalar(value.type, 'STRING') && !zone)
    return {
      sql:
        value.literal !== undefined && !call.isSafe
          ? asType(value, TIMESTAMP, call).sql
          : castSql(value.sql, STRING, TIMESTAMP, { isSafe: call.isSafe, at: call.at }),
      type: TIMESTAMP,
    }
  if (!isScalar(value.type, 'STRING', 'DATE', 'DATETIME', 'NULL'))
    throw invalid('No matching signature for function TIMESTAMP', call.at)
  const datetime =
    isScalar(value.type, 'STRING') && !call.isSafe && value.literal !== undefined
      ? asType(value, DATETIME, call).sql
      : castSql(value.sql, value.type, DATETIME, { isSafe: call.isSafe, at: call.at })
  return { sql: timestampIn(datetime, zone), type: TIMESTAMP }
}

const difference: Resolver = (call, resolve) => {
  arity(call, 3)
  const [a, b] = [resolve(call.args[0]!), resolve(call.args[1]!)].map(
    (value) => asType(value, TIMESTAMP, call).sql,
  )
  return { sql: elapsed(a!, b!, partOf(call.args[2], call.at), call.name, call.at), type: INT64 }
}

const truncating: Resolver = (call, resolve) => {
  arity(call, 2, 3)
  const given = resolve(call.args[0]!)
  const value = isScalar(given.type, 'DATETIME') ? given : asType(given, TIMESTAMP, call)
  const zone = zoneOf(call.args[2] ? asType(resolve(call.args[2]), STRING, call) : undefined, call.at)
  return truncate(
    value,
    partOf(call.args[1], call.at),
    zone ? { sql: zone, type: STRING } : undefined,
    call.name,
    call.at,
  )
}

/** The clock of a zone, and how far it is from UTC. */
const textIn = (moment: string, zone: string): string =>
  once([moment], ([t]) =>
    once(
      [datetimeIn(t!, zone), `(epoch_us(${datetimeIn(t!, zone)}) - epoch_us(${t}))`],
      ([wall, offset]) => `(${datetimeText(wall!)} || ${offsetText(offset!, ':', true)})`,
    ),
  )

const momentOf =
  (micros: (n: string) => string): Signature['emit'] =>
  ([n], how) =>
    withinCalendar(`make_timestamptz(${micros(n!)})`, 'TIMESTAMP', how.isSafe)

export const timestampRows: readonly FunctionRow[] = [
  special(
    F,
    'TIMESTAMP',
    'TIMESTAMP(string | date | datetime[, zone])',
    timestampOf,
    example(
      "SELECT TIMESTAMP('2008-12-25 15:30:00+00'), TIMESTAMP('2008-12-25 15:30:00', 'America/Los_Angeles'), TIMESTAMP(DATETIME '2008-12-25 15:30:00'), TIMESTAMP(DATE '2008-12-25')",
      [
        '2008-12-25 15:30:00+00',
        '2008-12-25 23:30:00+00',
        '2008-12-25 15:30:00+00',
        '2008-12-25 00:00:00+00',
      ],
    ),
  ),
  special(
    F,
    'TIMESTAMP_ADD',
    'TIMESTAMP_ADD(timestamp | datetime, INTERVAL n part)',
    adding(TIMESTAMP, false),
    example("SELECT TIMESTAMP_ADD(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE)", [
      '2008-12-25 15:40:00+00',
    ]),
    example("SELECT TIMESTAMP_ADD(DATETIME '2008-12-25 15:30:00', INTERVAL 10 MINUTE)", [
      '2008-12-25T15:40:00',
    ]),
  ),
  special(
    F,
    'TIMESTAMP_SUB',
    'TIMESTAMP_SUB(timestamp, INTERVAL n part)',
    adding(TIMESTAMP, true),
    example("SELECT TIMESTAMP_SUB(TIMESTAMP '2008-12-25 15:30:00+00', INTERVAL 10 MINUTE)", [
      '2008-12-25 15:20:00+00',
    ]),
  ),
  special(
    F,
    'TIMESTAMP_DIFF',
    'TIMESTAMP_DIFF(end, start, part): whole units elapsed',
    difference,
    example(
      "SELECT TIMESTAMP_DIFF(TIMESTAMP '2010-07-07 10:20:00+00', TIMESTAMP '2008-12-25 15:30:00+00', HOUR)",
      [13410],
    ),
    example("SELECT TIMESTAMP_DIFF(TIMESTAMP '2018-08-14', TIMESTAMP '2018-10-14', DAY)", [-61]),
    example("SELECT TIMESTAMP_DIFF('2001-02-01 01:00:00', '2001-02-01 00:00:01', HOUR)", [0]),
  ),
  special(
    F,
    'TIMESTAMP_TRUNC',
    'TIMESTAMP_TRUNC(timestamp, part[, zone])',
    truncating,
    example(
      "SELECT TIMESTAMP_TRUNC(TIMESTAMP '2008-12-25 15:30:00+00', DAY, 'UTC'), TIMESTAMP_TRUNC(TIMESTAMP '2008-12-25 15:30:00+00', DAY, 'America/Los_Angeles')",
      ['2008-12-25 00:00:00+00', '2008-12-25 08:00:00+00'],
    ),
    example(
      "SELECT TIMESTAMP_TRUNC('2015-06-15 00:00:00+00', ISOYEAR), TIMESTAMP_TRUNC(TIMESTAMP '2017-11-06 00:00:00+12', WEEK(MONDAY), 'UTC')",
      ['2014-12-29 00:00:00+00', '2017-10-30 00:00:00+00'],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'TIMESTAMP_SECONDS',
    { 'INT64 -> TIMESTAMP': momentOf((n) => `${n} * CAST(1000000 AS BIGINT)`) },
    example('SELECT TIMESTAMP_SECONDS(1230219000)', ['2008-12-25 15:30:00+00']),
  ),
  scalar(
    F,
    'rewrite',
    'TIMESTAMP_MILLIS',
    { 'INT64 -> TIMESTAMP': momentOf((n) => `${n} * CAST(1000 AS BIGINT)`) },
    example('SELECT TIMESTAMP_MILLIS(1230219000000)', ['2008-12-25 15:30:00+00']),
  ),
  scalar(
    F,
    'native',
    'TIMESTAMP_MICROS',
    { 'INT64 -> TIMESTAMP': momentOf((n) => n) },
    example('SELECT TIMESTAMP_MICROS(1230219000000000)', ['2008-12-25 15:30:00+00']),
  ),
  scalar(
    F,
    'rewrite',
    'UNIX_SECONDS',
    {
      'TIMESTAMP -> INT64': ([x]) =>
        `((epoch_us(${x}) - ((epoch_us(${x}) % 1000000 + 1000000) % 1000000)) // 1000000)`,
    },
    example(
      "SELECT UNIX_SECONDS(TIMESTAMP '2008-12-25 15:30:00+00'), UNIX_SECONDS(TIMESTAMP '1970-01-01 00:00:01.8+00')",
      [1230219000, 1],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'UNIX_MILLIS',
    { 'TIMESTAMP -> INT64': ([x]) => `((epoch_us(${x}) - ((epoch_us(${x}) % 1000 + 1000) % 1000)) // 1000)` },
    example(
      "SELECT UNIX_MILLIS(TIMESTAMP '2008-12-25 15:30:00+00'), UNIX_MILLIS(TIMESTAMP '1970-01-01 00:00:00.0018+00')",
      [1230219000000, 1],
    ),
  ),
  scalar(
    F,
    'native',
    'UNIX_MICROS',
    { 'TIMESTAMP -> INT64': 'epoch_us' },
    example("SELECT UNIX_MICROS(TIMESTAMP '2008-12-25 15:30:00+00')", [1230219000000000]),
  ),
  special(
    F,
    'STRING',
    'STRING(timestamp[, zone] | date | datetime | time | json)',
    (call, resolve, site) => {
      arity(call, 1, 2)
      const value = resolve(call.args[0]!)
      if (call.args[1]) {
        const zone = zoneOf(asType(resolve(call.args[1]), STRING, call), call.at)
        const moment = asType(value, TIMESTAMP, call).sql
        return {
          sql: zone ? textIn(moment, zone) : castSql(moment, TIMESTAMP, STRING, { isSafe: false }),
          type: STRING,
        }
      }
      if (isScalar(value.type, 'JSON')) {
        const sql = once(
          [value.sql],
          ([x]) =>
            `CASE WHEN ${x} IS NULL THEN NULL WHEN json_type(${x}) = 'VARCHAR' THEN json_extract_string(${x}, '$') ELSE ${site.emitWith([value]).fail("'The provided JSON input is not a string'")} END`,
        )
        return { sql, type: STRING }
      }
      if (!isScalar(value.type, 'TIMESTAMP', 'DATE', 'DATETIME', 'TIME'))
        throw invalid('No matching signature for function STRING', call.at)
      return { sql: castSql(value.sql, value.type, STRING, { isSafe: false, at: call.at }), type: STRING }
    },
    example("SELECT STRING(TIMESTAMP '2008-12-25 15:30:00+00'), STRING(JSON '\"purple\"')", [
      '2008-12-25 15:30:00+00',
      'purple',
    ]),
    example(
      "SELECT STRING(TIMESTAMP '2008-12-25 15:30:00+00', 'UTC'), STRING(TIMESTAMP '2008-12-25 15:30:00+00', 'America/Los_Angeles'), STRING(TIMESTAMP '2008-12-25 15:30:00.5+00', 'Asia/Kolkata')",
      ['2008-12-25 15:30:00+00', '2008-12-25 07:30:00-08', '2008-12-25 21:00:00.500+05:30'],
    ),
    failing("SELECT STRING(JSON '1')", 'not a string'),
  ),
]
