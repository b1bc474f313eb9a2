/**
 * FORMAT_* and PARSE_* with literal formats: each element is translated by itself, one without an exact
 * DuckDB form is refused by name.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { Call } from '../parse/syntax.ts'
import { DATE, DATETIME, isScalar, STRING, TIMESTAMP, type GType } from '../values/gtype.ts'
import { datetimeIn, offsetText } from '../values/temporal.ts'
import { once, quoteText, type Value } from '../values/value.ts'
import { arity, asType } from './arguments.ts'
import { example, special, type FunctionRow } from './row.ts'
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
export const CLOCK = /%(?:[HMSIpkl]|E\d?\*?S|[TXRcP])/

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

/** Of the elements, those of a clock. */
export const OF_A_CLOCK = ['%H', '%I', '%M', '%S', '%p', '%%', '%R', '%T', '%X', '%E6S', '%E3S', '%E*S']

export const formatRows: readonly FunctionRow[] = [
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
]
