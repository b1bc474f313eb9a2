/** INTERVAL functions; https://cloud.google.com/bigquery/docs/reference/standard-sql/interval_functions. */
import { justified, intervalOf } from '../values/intervals.ts'
import { once } from '../values/value.ts'
import { example, failing, scalar, type FunctionRow, type Signature } from './row.ts'

const F = 'Interval'

/** Year, month, day, hour, minute, second: what is left out is 0. */
const made: Signature['emit'] = (args) =>
  once(
    Array.from({ length: 6 }, (_, i) => args[i] ?? 'CAST(0 AS BIGINT)'),
    ([year, month, day, hour, minute, second]) =>
      intervalOf({
        months: `CAST(${year} AS HUGEINT) * 12 + ${month}`,
        days: `CAST(${day} AS HUGEINT)`,
        micros: `(CAST(${hour} AS HUGEINT) * 3600 + CAST(${minute} AS HUGEINT) * 60 + ${second}) * 1000000`,
      }),
  )

export const intervalRows: readonly FunctionRow[] = [
  scalar(
    F,
    'rewrite',
    'MAKE_INTERVAL',
    { 'INT64?, INT64?, INT64?, INT64?, INT64?, INT64? -> INTERVAL': made },
    example(
      'SELECT CAST(MAKE_INTERVAL(1, 6, 15) AS STRING), CAST(MAKE_INTERVAL(0, 0, 0, 10, 0, 20) AS STRING)',
      ['1-6 15 0:0:0', '0-0 0 10:0:20'],
    ),
    failing('SELECT EXTRACT(YEAR FROM MAKE_INTERVAL(10001))', 'Interval field months 120012 is out of range'),
  ),
  scalar(
    F,
    'rewrite',
    'JUSTIFY_DAYS',
    { 'INTERVAL -> INTERVAL': ([x]) => justified(x!, 'DAYS') },
    example(
      'SELECT CAST(JUSTIFY_DAYS(INTERVAL 29 DAY) AS STRING), CAST(JUSTIFY_DAYS(INTERVAL -30 DAY) AS STRING), CAST(JUSTIFY_DAYS(INTERVAL 31 DAY) AS STRING), CAST(JUSTIFY_DAYS(INTERVAL -65 DAY) AS STRING), CAST(JUSTIFY_DAYS(INTERVAL 370 DAY) AS STRING)',
      ['0-0 29 0:0:0', '-0-1 0 0:0:0', '0-1 1 0:0:0', '-0-2 -5 0:0:0', '1-0 10 0:0:0'],
    ),
    example("SELECT CAST(JUSTIFY_DAYS(INTERVAL '0-1 -1' YEAR TO DAY) AS STRING)", ['0-0 29 0:0:0']),
  ),
  scalar(
    F,
    'rewrite',
    'JUSTIFY_HOURS',
    { 'INTERVAL -> INTERVAL': ([x]) => justified(x!, 'HOURS') },
    example(
      'SELECT CAST(JUSTIFY_HOURS(INTERVAL 23 HOUR) AS STRING), CAST(JUSTIFY_HOURS(INTERVAL -24 HOUR) AS STRING), CAST(JUSTIFY_HOURS(INTERVAL 47 HOUR) AS STRING), CAST(JUSTIFY_HOURS(INTERVAL -12345 MINUTE) AS STRING)',
      ['0-0 0 23:0:0', '0-0 -1 0:0:0', '0-0 1 23:0:0', '0-0 -8 -13:45:0'],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'JUSTIFY_INTERVAL',
    { 'INTERVAL -> INTERVAL': ([x]) => justified(x!, 'INTERVAL') },
    example("SELECT CAST(JUSTIFY_INTERVAL(INTERVAL '29 49:00:00' DAY TO SECOND) AS STRING)", ['0-1 1 1:0:0']),
  ),
]
