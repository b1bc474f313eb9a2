/** PARSE_* with literal formats: DuckDB reads the elements it reads alike, others are refused by name. */
import { unsupported, type Position } from '../refusal.ts'
import type { Call } from '../parse/syntax.ts'
import { DATE, DATETIME, isScalar, STRING, TIME, TIMESTAMP, type GType } from '../values/gtype.ts'
import { timestampIn } from '../values/temporal.ts'
import { raised } from '../values/raised.ts'
import { once, quoteText } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { CLOCK, elementsOf, literalFormat, OF_A_CLOCK } from './formats.ts'
import { example, failing, special, type FunctionRow } from './row.ts'
import { zoneOf } from './zones.ts'

const F = 'Formatting and parsing'
type Resolver = NonNullable<FunctionRow['resolve']>

const PARSED: Readonly<Record<string, string>> = {
  '%Y': '%Y',
  '%E4Y': '%Y',
  '%m': '%m',
  '%d': '%d',
  '%e': '%d',
  '%H': '%H',
  '%M': '%M',
  '%S': '%S',
  '%F': '%Y-%m-%d',
  '%T': '%H:%M:%S',
  '%X': '%H:%M:%S',
  '%R': '%H:%M',
  '%b': '%b',
  '%h': '%b',
  '%B': '%B',
  '%y': '%y',
  '%j': '%j',
  '%I': '%I',
  '%p': '%p',
  '%%': '%%',
  '%D': '%m/%d/%y',
  '%x': '%m/%d/%y',
  '%a': '%a',
  '%A': '%A',
  '%E6S': '%S.%f',
  '%E*S': '%S.%f',
  '%E3S': '%S.%g',
}

function parsing(type: GType): Resolver {
  return (call, resolve) => {
    arity(call, 2, isScalar(type, 'TIMESTAMP') ? 3 : 2)
    const format = literalFormat(resolve(call.args[0]!), call)
    const text = asType(resolve(call.args[1]!), STRING, call)
    const zone = call.args[2] ? zoneOf(asType(resolve(call.args[2]), STRING, call), call.at) : undefined
    const failure = (x: string) =>
      call.isSafe ? 'NULL' : raised(`concat('Failed to parse input string ', chr(34), ${x}, chr(34))`)
    const finish = (parsed: string) =>
      isScalar(type, 'DATE', 'TIME')
        ? `CAST(${parsed} AS ${isScalar(type, 'DATE') ? 'DATE' : 'TIME'})`
        : isScalar(type, 'TIMESTAMP')
          ? timestampIn(parsed, zone)
          : parsed
    if (format === '%s' && isScalar(type, 'TIMESTAMP'))
      return {
        sql: once(
          [text.sql],
          ([x]) =>
            `CASE WHEN regexp_full_match(${x}, '-?\\d{1,11}') THEN make_timestamptz(CAST(${x} AS BIGINT) * 1000000) WHEN ${x} IS NOT NULL THEN ${failure(x!)} END`,
        ),
        type,
      }
    const offset = isScalar(type, 'TIMESTAMP') && elementsOf(format, call.at).at(-1)
    if (offset && OFFSETS[offset])
      return {
        sql: once([text.sql], ([x]) => {
          const parsed = parsedWithOffset(x!, format, offset, call)
          return once(
            [parsed],
            ([moment]) =>
              `CASE WHEN ${moment} IS NOT NULL THEN ${moment} WHEN ${x} IS NOT NULL THEN ${failure(x!)} END`,
          )
        }),
        type,
      }
    const formats = translated(format, isScalar(type, 'DATE'), call, isScalar(type, 'TIME'))
    return {
      sql: once([text.sql], ([x]) => {
        const parsed = firstThatParses(inMicroseconds(x!, format), formats, call.at)
        return `CASE WHEN ${x} IS NULL THEN NULL WHEN ${parsed} IS NOT NULL THEN ${finish(parsed)} ELSE ${failure(x!)} END`
      }),
      type,
    }
  }
}

/** An offset at the end of the text: `+0530`, `+05:30`, `Z`. DuckDB reads what is before it. */
const OFFSETS: Readonly<Record<string, string>> = {
  '%z': '([+-]\\d{2}(?:\\d{2})?|[Zz])',
  '%Ez': '([+-]\\d{2}(?::?\\d{2})?|[Zz])',
}

function parsedWithOffset(x: string, format: string, element: string, call: Call & { at: Position }): string {
  const heads = translated(format.slice(0, -element.length), false, call)
  const split = `'(?s)^(.*?)${OFFSETS[element]}$'`
  const offset = `regexp_extract(${x}, ${split}, 2)`
  const digits = `regexp_replace(${offset}, '[^0-9]', '', 'g')`
  const minutes = `(CAST(substr(${digits}, 1, 2) AS BIGINT) * 60 + CAST('0' || substr(${digits}, 3, 2) AS BIGINT))`
  return `CASE WHEN regexp_matches(${x}, ${split}) THEN make_timestamptz(epoch_us(${firstThatParses(inMicroseconds(`regexp_extract(${x}, ${split}, 1)`, format), heads, call.at)}) - CASE WHEN ${offset} IN ('Z', 'z') THEN 0 WHEN starts_with(${offset}, '-') THEN -${minutes} ELSE ${minutes} END * 60000000) END`
}

/** %E*S takes any digits and keeps six. */
const inMicroseconds = (x: string, format: string): string =>
  format.includes('%E*S') ? `regexp_replace(${x}, '(\\.\\d{6})\\d+', '\\1')` : x

function firstThatParses(x: string, formats: readonly string[], at: Position): string {
  const attempts = formats.map((format) => `try_strptime(${x}, ${quoteText(format, at)})`)
  return attempts.length === 1 ? attempts[0]! : `coalesce(${attempts.join(', ')})`
}

/** DuckDB's formats, of which the first that parses counts: the fraction of a second may be absent. */
function translated(
  format: string,
  isDate: boolean,
  call: Call & { at: Position },
  isTime = false,
): string[] {
  const elements = elementsOf(format, call.at)
  const other = isTime && elements.find((one) => one.startsWith('%') && !OF_A_CLOCK.includes(one))
  if (other) throw unsupported(`Format element ${other} of ${call.name}`, call.at)
  const hasYear = elements.some((element) => ['%Y', '%E4Y', '%F', '%y', '%D', '%x'].includes(element))
  if (!hasYear && !isTime) throw unsupported(`${call.name} with a format without a year`, call.at)
  if (isDate && CLOCK.test(format)) throw unsupported(`A clock element in ${call.name}`, call.at)
  const whole = elements
    .map((element) => {
      if (!element.startsWith('%')) return element
      const same = PARSED[element]
      if (same === undefined) throw unsupported(`Format element ${element} of ${call.name}`, call.at)
      return same
    })
    .join('')
  const short = whole.replace(/%S\.%[fg]/, '%S')
  return short === whole ? [whole] : [whole, short]
}

export const parseFormatRows: readonly FunctionRow[] = [
  special(
    F,
    'PARSE_TIME',
    'PARSE_TIME(format, string)',
    parsing(TIME),
    example(
      "SELECT PARSE_TIME('%H', '15'), PARSE_TIME('%I:%M:%S %p', '2:23:38 pm'), PARSE_TIME('%T', '07:30:00')",
      ['15:00:00', '14:23:38', '07:30:00'],
    ),
    failing("SELECT PARSE_TIME('%T', '25:00:00')", 'Failed to parse input string'),
    failing("SELECT PARSE_TIME('%F', '2020-01-01')", 'Format element %F of PARSE_TIME is not supported'),
  ),
  special(
    F,
    'PARSE_DATE',
    'PARSE_DATE(format, string)',
    parsing(DATE),
    example(
      "SELECT PARSE_DATE('%x', '12/25/08'), PARSE_DATE('%Y%m%d', '20081225'), PARSE_DATE('%A %b %e %Y', 'Thursday Dec 25 2008')",
      ['2008-12-25', '2008-12-25', '2008-12-25'],
    ),
  ),
  special(
    F,
    'PARSE_DATETIME',
    'PARSE_DATETIME(format, string)',
    parsing(DATETIME),
    example(
      "SELECT PARSE_DATETIME('%Y-%m-%d %H:%M:%S', '1998-10-18 13:45:55'), PARSE_DATETIME('%m/%d/%Y %I:%M:%S %p', '8/30/2018 2:23:38 pm')",
      ['1998-10-18T13:45:55', '2018-08-30T14:23:38'],
    ),
  ),
  special(
    F,
    'PARSE_TIMESTAMP',
    'PARSE_TIMESTAMP(format, string[, zone])',
    parsing(TIMESTAMP),
    example(
      "SELECT PARSE_TIMESTAMP('%a %b %e %H:%M:%S %Y', 'Thu Dec 25 07:30:00 2008'), PARSE_TIMESTAMP('%Y-%m-%d %H:%M:%E*S', '2008-12-25 07:30:00.5')",
      ['2008-12-25 07:30:00+00', '2008-12-25 07:30:00.5+00'],
    ),
    example(
      "SELECT PARSE_TIMESTAMP('%Y-%m-%dT%H:%M:%S%z', '2008-12-25T07:30:00+0130'), PARSE_TIMESTAMP('%FT%T%Ez', '2008-12-25T07:30:00-08:00'), PARSE_TIMESTAMP('%FT%T%Ez', '2008-12-25T07:30:00Z', 'Asia/Tokyo'), SAFE.PARSE_TIMESTAMP('%FT%T%z', '2008-12-25T07:30:00')",
      ['2008-12-25 06:00:00+00', '2008-12-25 15:30:00+00', '2008-12-25 07:30:00+00', null],
    ),
    example(
      "SELECT PARSE_TIMESTAMP('%FT%H:%M:%E*S%Ez', t) FROM UNNEST(['2024-01-31T10:11:12+01:00', '2024-01-31T10:11:12.25+01:00', '2024-01-31T10:11:12.123456789Z']) t ORDER BY 1",
      ['2024-01-31 09:11:12+00'],
      ['2024-01-31 09:11:12.25+00'],
      ['2024-01-31 10:11:12.123456+00'],
    ),
    example(
      "SELECT PARSE_TIMESTAMP('%F %H:%M:%E3S', '2024-01-31 10:11:12'), PARSE_TIMESTAMP('%F %H:%M:%E6S', '2024-01-31 10:11:12')",
      ['2024-01-31 10:11:12+00', '2024-01-31 10:11:12+00'],
    ),
    failing("SELECT PARSE_TIMESTAMP('%FT%T%z', '2008-12-25T07:30:00+01:30')", 'Failed to parse input string'),
  ),
]
