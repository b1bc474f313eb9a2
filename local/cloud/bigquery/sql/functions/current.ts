/**
 * The moment of the job and random values: one moment for the whole job, as BigQuery has it for a statement.
 */
import { DATE, DATETIME, STRING, TIME, TIMESTAMP, type GType } from '../values/gtype.ts'
import { datetimeIn } from '../values/temporal.ts'
import { quoteText } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { example, scalar, special, type FunctionRow } from './row.ts'
import { zoneOf } from './zones.ts'

const F = 'Current moment'

function current(
  type: GType,
  write: (datetime: string, timestamp: string) => string,
): NonNullable<FunctionRow['resolve']> {
  return (call, resolve, site) => {
    arity(call, 0, type === TIMESTAMP ? 0 : 1)
    const zone = call.args[0] ? zoneOf(asType(resolve(call.args[0]), STRING, call), call.at) : undefined
    const timestamp = `make_timestamptz(CAST(${site.nowMicros} AS BIGINT))`
    return { sql: write(datetimeIn(timestamp, zone), timestamp), type, isConstant: true }
  }
}

export const currentRows: readonly FunctionRow[] = [
  special(
    F,
    'CURRENT_TIMESTAMP',
    'CURRENT_TIMESTAMP()',
    current(TIMESTAMP, (_, timestamp) => timestamp),
    example('SELECT CURRENT_TIMESTAMP() = CURRENT_TIMESTAMP', [true]),
  ),
  special(
    F,
    'CURRENT_DATE',
    'CURRENT_DATE([zone])',
    current(DATE, (datetime) => `CAST(${datetime} AS DATE)`),
    example('SELECT CURRENT_DATE() = DATE(CURRENT_TIMESTAMP())', [true]),
  ),
  special(
    F,
    'CURRENT_DATETIME',
    'CURRENT_DATETIME([zone])',
    current(DATETIME, (datetime) => datetime),
    example('SELECT CURRENT_DATETIME() = DATETIME(CURRENT_TIMESTAMP())', [true]),
  ),
  special(
    F,
    'CURRENT_TIME',
    'CURRENT_TIME([zone])',
    current(TIME, (datetime) => `CAST(${datetime} AS TIME)`),
    example('SELECT CURRENT_TIME() = TIME(CURRENT_DATETIME())', [true]),
  ),
  special(
    F,
    'SESSION_USER',
    'SESSION_USER()',
    (call, _, site) => {
      arity(call, 0, 0)
      return { sql: quoteText(site.email), type: STRING, isConstant: true }
    },
    example("SELECT SESSION_USER() LIKE '%@%'", [true]),
  ),
  {
    ...scalar(
      F,
      'rewrite',
      'GENERATE_UUID',
      { ' -> STRING': () => 'CAST(uuid() AS VARCHAR)' },
      example('SELECT LENGTH(GENERATE_UUID())', [36]),
    ),
    isVolatile: true,
  },
  {
    ...scalar(F, 'native', 'RAND', { ' -> FLOAT64': 'random' }, example('SELECT RAND() < 1', [true])),
    isVolatile: true,
  },
]
