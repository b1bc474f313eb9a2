/** DATE, DATETIME and TIME functions; https://cloud.google.com/bigquery/docs/reference/standard-sql/date_functions and datetime_functions. */
import { DATE, DATETIME } from '../values/gtype.ts'
import { datetimeIn, utcDatetime, withinCalendar } from '../values/temporal.ts'
import { zoneOf } from './zones.ts'
import { adding, dateArray, dateOf, datetimeOf, differing, lastDay, truncating } from './date-forms.ts'
import { example, failing, scalar, special, type FunctionRow } from './row.ts'

const D = 'Date and time'

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
    example(
      "SELECT LAST_DAY(DATE '2024-01-01', ISOYEAR), LAST_DAY(DATE '2021-01-03', ISOYEAR), LAST_DAY(DATE '2008-11-10', ISOWEEK)",
      ['2024-12-29', '2021-01-03', '2008-11-16'],
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
    // Each from the one before, as the reference implementation has it: what February shortened stays short.
    example("SELECT GENERATE_DATE_ARRAY('2024-01-31', '2024-04-30', INTERVAL 1 MONTH)", [
      ['2024-01-31', '2024-02-29', '2024-03-29', '2024-04-29'],
    ]),
    failing("SELECT GENERATE_DATE_ARRAY('2016-10-05', '2016-10-08', INTERVAL 0 DAY)", 'step cannot be 0'),
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
    {
      'INT64 -> DATE': ([n], how) =>
        withinCalendar(`(DATE '1970-01-01' + CAST(${n} AS INTEGER))`, 'DATE', how.isSafe),
    },
    example('SELECT DATE_FROM_UNIX_DATE(14238)', ['2008-12-25']),
  ),
  scalar(
    D,
    'rewrite',
    'TIME',
    {
      'INT64, INT64, INT64 -> TIME': 'make_time',
      'DATETIME -> TIME': ([x]) => `CAST(${x} AS TIME)`,
      'TIMESTAMP -> TIME': ([x]) => `CAST(${utcDatetime(x!)} AS TIME)`,
      'TIMESTAMP, STRING! -> TIME': ([x], how) =>
        `CAST(${datetimeIn(x!, zoneOf(how.values[1], how.at), how.isSafe)} AS TIME)`,
    },
    example("SELECT TIME(TIMESTAMP '2008-12-25 15:30:00+08', 'America/Los_Angeles')", ['23:30:00']),
    example("SELECT TIME(15, 30, 0), TIME(DATETIME '2008-12-25 15:30:00')", ['15:30:00', '15:30:00']),
  ),
]
