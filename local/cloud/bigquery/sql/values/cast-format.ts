/**
 * CAST(moment AS STRING FORMAT '…'): elements of
 * https://cloud.google.com/bigquery/docs/reference/standard-sql/format-elements#format_date_time_as_string. Reading
 * text by a format, numbers and bytes are refused by name.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import { datetimeIn } from './temporal.ts'
import { isScalar, STRING, typeName, type GType } from './gtype.ts'
import { once, quoteText, type Value } from './value.ts'

type Write = (x: string) => string

const clock =
  (pieces: string): Write =>
  (x) =>
    `strftime(${x}, '${pieces}')`
const number =
  (sql: (x: string) => string, digits: number): Write =>
  (x) =>
    `lpad(CAST(${sql(x)} AS VARCHAR), ${digits}, '0')`

/** Longest first: MONTH before MON before MM. Names of months, days and halves follow the case they are written in. */
const ELEMENTS: readonly (readonly [name: string, needs: 'date' | 'clock', write: Write])[] = [
  ['YYYY', 'date', clock('%Y')],
  ['YYY', 'date', number((x) => `year(${x}) % 1000`, 3)],
  ['YY', 'date', clock('%y')],
  ['Y', 'date', number((x) => `year(${x}) % 10`, 1)],
  ['MONTH', 'date', clock('%B')],
  ['MON', 'date', clock('%b')],
  ['MM', 'date', clock('%m')],
  ['MI', 'clock', clock('%M')],
  ['DDD', 'date', clock('%j')],
  ['DD', 'date', clock('%d')],
  ['DAY', 'date', clock('%A')],
  ['DY', 'date', clock('%a')],
  ['D', 'date', (x) => `CAST(dayofweek(${x}) + 1 AS VARCHAR)`],
  ['HH24', 'clock', clock('%H')],
  ['HH12', 'clock', clock('%I')],
  ['HH', 'clock', clock('%I')],
  ['SSSSS', 'clock', number((x) => `hour(${x}) * 3600 + minute(${x}) * 60 + second(${x})`, 5)],
  ['SS', 'clock', clock('%S')],
  ...[1, 2, 3, 4, 5, 6].map(
    (digits) =>
      [
        `FF${digits}`,
        'clock',
        (x: string) => `left(lpad(CAST(microsecond(${x}) % 1000000 AS VARCHAR), 6, '0'), ${digits})`,
      ] as const,
  ),
  ['AM', 'clock', clock('%p')],
  ['PM', 'clock', clock('%p')],
]
const NAMES = ['MONTH', 'MON', 'DAY', 'DY', 'AM', 'PM']

/** As `JANUARY`, `January` or `january`, by the first two letters of the element. */
function inCase(text: string, element: string): string {
  const [first, second] = [element[0]!, element[1]!]
  if (first !== first.toUpperCase()) return `lower(${text})`
  return second === second.toUpperCase() ? `upper(${text})` : text
}

export function castWithFormat(
  value: Value,
  to: GType,
  { format, zone, at }: { readonly format: Value; readonly zone?: string; readonly at: Position },
): Value {
  if (format.literal === undefined)
    throw unsupported('CAST … FORMAT with a format that is not a string literal', at)
  if (!isScalar(to, 'STRING') || !isScalar(value.type, 'DATE', 'DATETIME', 'TIMESTAMP', 'TIME'))
    throw unsupported(`CAST from ${typeName(value.type)} to ${typeName(to)} with FORMAT`, at)
  if (zone !== undefined && !isScalar(value.type, 'TIMESTAMP'))
    throw invalid(`AT TIME ZONE is not allowed in a CAST from ${typeName(value.type)}`, at)
  const moment = isScalar(value.type, 'TIMESTAMP')
    ? datetimeIn(value.sql, zone)
    : isScalar(value.type, 'TIME')
      ? `(DATE '1970-01-01' + ${value.sql})`
      : value.sql
  const has = { date: !isScalar(value.type, 'TIME'), clock: !isScalar(value.type, 'DATE') }
  const sql = once([moment], ([x]) => {
    const pieces = piecesOf(format.literal!, x!, has, typeName(value.type), at)
    const text = pieces.length === 0 ? "''" : `concat(${pieces.join(', ')})`
    return `CASE WHEN ${x} IS NOT NULL THEN ${text} END`
  })
  return { ...value, sql, type: STRING, literal: undefined, isParameter: undefined, column: undefined }
}

function piecesOf(
  format: string,
  x: string,
  has: { readonly date: boolean; readonly clock: boolean },
  type: string,
  at: Position,
): string[] {
  const pieces: string[] = []
  let rest = format
  while (rest !== '') {
    const plain = /^(?:"([^"\\]*)"|([-./,';: ]))/.exec(rest)
    if (plain) {
      pieces.push(quoteText(plain[1] ?? plain[2]!, at))
      rest = rest.slice(plain[0].length)
      continue
    }
    const element = ELEMENTS.find(([name]) => rest.toUpperCase().startsWith(name))
    if (!element) throw unsupported(`Format element at ${JSON.stringify(rest.slice(0, 10))} of CAST`, at)
    const [name, needs, write] = element
    if (!has[needs]) throw invalid(`Format element '${name}' is not supported for ${type}`, at)
    pieces.push(NAMES.includes(name) ? inCase(write(x), rest) : write(x))
    rest = rest.slice(name.length)
  }
  return pieces
}
