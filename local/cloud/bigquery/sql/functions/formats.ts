/**
 * FORMAT_* and PARSE_* with literal formats: each element is translated by itself, one without an exact
 * DuckDB form is refused by name.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { Call } from '../parse/syntax.ts'
import { DATE, DATETIME, isScalar, STRING, TIME, TIMESTAMP, type GType } from '../values/gtype.ts'
import { datetimeIn, offsetText, timestampIn } from '../values/temporal.ts'
import { raised } from '../values/raised.ts'
import { once, quoteText, type Value } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { example, failing, special, type FunctionRow } from './row.ts'
import { zoneOf } from './zones.ts'

const F = 'Formatting and parsing'
type Resolver = NonNullable<FunctionRow['resolve']>

/** Elements of https://cloud.google.com/bigquery/docs/reference/standard-sql/format-elements: a DuckDB strftime piece, or a text expression over the DATETIME `x`. */
const SAME = new Set([
  '%Y',
  '%m',
  '%d',
  '%H',
  '%M',
  '%S',
  '%y',
  '%b',
  '%B',
  '%a',
  '%A',
  '%j',
  '%I',
  '%p',
  '%U',
  '%W',
  '%G',
  '%V',
  '%u',
  '%w',
  '%%',
])
const EXPANDED: Readonly<Record<string, string>> = {
  '%F': '%Y-%m-%d',
  '%T': '%H:%M:%S',
  '%D': '%m/%d/%y',
  '%x': '%m/%d/%y',
  '%X': '%H:%M:%S',
  '%R': '%H:%M',
  '%h': '%b',
  '%n': '\n',
  '%t': '\t',
  '%E4Y': '%Y',
  '%E3S': '%S.%g',
  '%E6S': '%S.%f',
  '%c': '%a %b %e %H:%M:%S %Y',
}
const COMPUTED: Readonly<Record<string, (x: string) => string>> = {
  '%e': (x) => `lpad(CAST(day(${x}) AS VARCHAR), 2, ' ')`,
  '%g': (x) => `lpad(CAST(isoyear(${x}) % 100 AS VARCHAR), 2, '0')`,
  '%Q': (x) => `CAST(quarter(${x}) AS VARCHAR)`,
  '%C': (x) => `lpad(CAST(year(${x}) // 100 AS VARCHAR), 2, '0')`,
  '%k': (x) => `lpad(CAST(hour(${x}) AS VARCHAR), 2, ' ')`,
  '%l': (x) => `lpad(CAST((hour(${x}) + 11) % 12 + 1 AS VARCHAR), 2, ' ')`,
  '%P': (x) => `lower(strftime(${x}, '%p'))`,
}
const IN_TIMESTAMP: Readonly<Record<string, (x: string) => string>> = {
  '%s': (x) => `CAST(epoch_us(${x}) // 1000000 AS VARCHAR)`,
  '%Z': () => "'UTC'",
  '%z': () => "'+0000'",
  '%Ez': () => "'+00:00'",
}
const CLOCK = /%(?:[HMSIpkl]|E\d?\*?S|[TXRcP])/

export function elementsOf(format: string, at: Position): string[] {
  const elements: string[] = format.match(/%E(?:\*[Sf]|\d[SYf]|[a-zA-Z])|%[\s\S]|[^%]+|%$/g) ?? []
  if (elements.includes('%')) throw invalid(`Format string ends with %`, at)
  return elements
}

export function literalFormat(value: Value, call: Call & { at: Position }): string {
  if (value.literal === undefined || !isScalar(value.type, 'STRING'))
    throw unsupported(`${call.name} with a format that is not a string literal`, call.at)
  return value.literal
}

function formatting(type: GType): Resolver {
  return (call, resolve) => {
    arity(call, 2, isScalar(type, 'TIMESTAMP') ? 3 : 2)
    const format = literalFormat(resolve(call.args[0]!), call)
    const value = asType(resolve(call.args[1]!), type, call)
    const zone = call.args[2] ? zoneOf(asType(resolve(call.args[2]), STRING, call), call.at) : undefined
    const base = isScalar(type, 'TIMESTAMP') ? datetimeIn(value.sql, zone) : value.sql
    if (isScalar(type, 'DATE') && CLOCK.test(format))
      throw unsupported(`A clock element in ${call.name}`, call.at)
    if (zone && /%E?z/.test(format))
      return {
        sql: once([value.sql], ([t]) =>
          once([datetimeIn(t!, zone)], ([x]) => pieces(format, x!, inZone(t!, x!), call)),
        ),
        type: STRING,
      }
    const known = isScalar(type, 'TIMESTAMP') && !zone ? IN_TIMESTAMP : {}
    return { sql: once([base], ([x]) => pieces(format, x!, known, call)), type: STRING }
  }
}

type Computed = Readonly<Record<string, (x: string) => string>>
/** The moment `t` whose clock in a zone is `x`. */
const inZone = (t: string, x: string): Computed => ({
  '%z': () => offsetText(`(epoch_us(${x}) - epoch_us(${t}))`, ''),
  '%Ez': () => offsetText(`(epoch_us(${x}) - epoch_us(${t}))`, ':'),
})

/** The text of the DATETIME `x`, element by element. */
export function pieces(format: string, x: string, also: Computed, call: Call & { at: Position }): string {
  const texts: string[] = []
  let run = ''
  const flush = () => {
    if (run) texts.push(`strftime(${x}, ${quoteText(run, call.at)})`)
    run = ''
  }
  const add = (element: string): void => {
    if (!element.startsWith('%') || SAME.has(element)) {
      run += element
      return
    }
    const computed = COMPUTED[element] ?? also[element]
    if (element !== '%c' && EXPANDED[element] !== undefined) {
      run += EXPANDED[element]
      return
    }
    if (element === '%c') {
      for (const inner of elementsOf(EXPANDED['%c']!, call.at)) add(inner)
      return
    }
    if (element === '%E*S') {
      flush()
      texts.push(fraction(x))
      return
    }
    if (!computed) throw unsupported(`Format element ${element} of ${call.name}`, call.at)
    flush()
    texts.push(computed(x))
  }
  for (const element of elementsOf(format, call.at)) add(element)
  flush()
  return texts.length === 0 ? "''" : `(${texts.join(' || ')})`
}

/** Seconds with as many digits as needed. */
const fraction = (x: string) =>
  `(strftime(${x}, '%S') || CASE WHEN microsecond(${x}) % 1000000 = 0 THEN '' ELSE '.' || rtrim(lpad(CAST(microsecond(${x}) % 1000000 AS VARCHAR), 6, '0'), '0') END)`

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
    const attempts = formats.map((one) => (x: string) => `try_strptime(${x}, ${quoteText(one, call.at)})`)
    return {
      sql: once([text.sql], ([x]) => {
        const parsed =
          attempts.length === 1
            ? attempts[0]!(x!)
            : `coalesce(${attempts.map((attempt) => attempt(x!)).join(', ')})`
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
  const [head] = translated(format.slice(0, -element.length), false, call)
  const split = `'(?s)^(.*?)${OFFSETS[element]}$'`
  const offset = `regexp_extract(${x}, ${split}, 2)`
  const digits = `regexp_replace(${offset}, '[^0-9]', '', 'g')`
  const minutes = `(CAST(substr(${digits}, 1, 2) AS BIGINT) * 60 + CAST('0' || substr(${digits}, 3, 2) AS BIGINT))`
  return `CASE WHEN regexp_matches(${x}, ${split}) THEN make_timestamptz(epoch_us(try_strptime(regexp_extract(${x}, ${split}, 1), ${quoteText(head!, call.at)})) - CASE WHEN ${offset} IN ('Z', 'z') THEN 0 WHEN starts_with(${offset}, '-') THEN -${minutes} ELSE ${minutes} END * 60000000) END`
}

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
  return elements.includes('%E*S') ? [whole, whole.replace('%S.%f', '%S')] : [whole]
}

/** Of the elements, those of a clock. */
export const OF_A_CLOCK = ['%H', '%I', '%M', '%S', '%p', '%%', '%R', '%T', '%X', '%E6S', '%E3S', '%E*S']

export const formatRows: readonly FunctionRow[] = [
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
    'FORMAT_DATE',
    'FORMAT_DATE(format, date)',
    formatting(DATE),
    example(
      "SELECT FORMAT_DATE('%x', DATE '2008-12-25'), FORMAT_DATE('%b-%d-%Y', DATE '2008-12-25'), FORMAT_DATE('%b %Y', DATE '2008-12-25'), FORMAT_DATE('%Y%m%d', DATE '2008-12-05')",
      ['12/25/08', 'Dec-25-2008', 'Dec 2008', '20081205'],
    ),
    {
      ...example(
        "SELECT FORMAT_DATE('%A,%a,%B,%b,%C,%D,%d,%e,%F,%G,%g,%h,%j,%m,%U,%u,%V,%W,%w,%x,%Y,%y,%%', DATE '2024-02-07')",
        [
          'Wednesday,Wed,February,Feb,20,02/07/24,07, 7,2024-02-07,2024,24,Feb,038,02,05,3,06,06,3,02/07/24,2024,24,%',
        ],
      ),
      note: 'output of BigQuery itself, as quoted in CALCITE-6253',
    },
    example("SELECT FORMAT_DATE('%F', DATE '2008-12-25'), FORMAT_DATE('%e|%Q|%A %j', DATE '2008-12-05')", [
      '2008-12-25',
      ' 5|4|Friday 340',
    ]),
  ),
  special(
    F,
    'FORMAT_DATETIME',
    'FORMAT_DATETIME(format, datetime)',
    formatting(DATETIME),
    example(
      "SELECT FORMAT_DATETIME('%b-%d-%Y', DATETIME '2008-12-25 15:30:00'), FORMAT_DATETIME('%b %Y', DATETIME '2008-12-25 15:30:00')",
      ['Dec-25-2008', 'Dec 2008'],
    ),
    example("SELECT FORMAT_DATETIME('%c', DATETIME '2008-12-25 15:30:00')", ['Thu Dec 25 15:30:00 2008']),
  ),
  special(
    F,
    'FORMAT_TIMESTAMP',
    'FORMAT_TIMESTAMP(format, timestamp[, zone])',
    formatting(TIMESTAMP),
    example(
      "SELECT FORMAT_TIMESTAMP('%c', TIMESTAMP '2050-12-25 15:30:55+00', 'UTC'), FORMAT_TIMESTAMP('%b-%d-%Y', TIMESTAMP '2050-12-25 15:30:55+00'), FORMAT_TIMESTAMP('%b %Y', TIMESTAMP '2050-12-25 15:30:55+00')",
      ['Sun Dec 25 15:30:55 2050', 'Dec-25-2050', 'Dec 2050'],
    ),
    example(
      "SELECT FORMAT_TIMESTAMP('%Y-%m-%dT%H:%M:%SZ', TIMESTAMP '2050-12-25 15:30:55', 'UTC'), FORMAT_TIMESTAMP('%E3S %E*S', TIMESTAMP '2050-12-25 15:30:05.25')",
      ['2050-12-25T15:30:55Z', '05.250 05.25'],
    ),
    example(
      "SELECT FORMAT_TIMESTAMP('%F %H:%M %z %Ez', TIMESTAMP '2008-12-25 15:30:00+00', 'America/Los_Angeles'), FORMAT_TIMESTAMP('%Ez', TIMESTAMP '2008-12-25 15:30:00+00', 'Asia/Kolkata')",
      ['2008-12-25 07:30 -0800 -08:00', '+05:30'],
    ),
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
    failing("SELECT PARSE_TIMESTAMP('%FT%T%z', '2008-12-25T07:30:00+01:30')", 'Failed to parse input string'),
  ),
]
