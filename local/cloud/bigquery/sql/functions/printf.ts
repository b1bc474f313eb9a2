/**
 * FORMAT with a literal format: each element is written by itself, one without an exact form is refused by name;
 * https://cloud.google.com/bigquery/docs/reference/standard-sql/format_elements#format_string.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import { coerce } from '../values/coerce.ts'
import { FLOAT64, INT64, isNullType, isScalar, STRING, typeName } from '../values/gtype.ts'
import { raised } from '../values/raised.ts'
import { once, quoteText, type Value } from '../values/value.ts'
import { printed } from './printed.ts'
import { example, failing, special, type FunctionRow } from './row.ts'

interface Element {
  readonly flags: string
  readonly width: string
  readonly precision: string | undefined
  readonly letter: string
}

/** `text` or an element. */
function readFormat(format: string, at: Position): (string | Element)[] {
  const parts: (string | Element)[] = []
  const pattern = /%%|%([-+ #0']*)(\d+|\*)?(?:\.(\d+|\*)?)?([a-zA-Z])|[^%]+|%/g
  for (const match of format.matchAll(pattern)) {
    const [text, flags = '', width = '', precision, letter] = match
    if (text === '%') throw invalid('Invalid format string: % without an element', at)
    if (text === '%%') parts.push('%')
    else if (letter === undefined) parts.push(text)
    else {
      if (width === '*' || precision === '*') throw unsupported('FORMAT with * as width or precision', at)
      parts.push({ flags, width, precision: text.includes('.') ? (precision ?? '0') : undefined, letter })
    }
  }
  return parts
}

const padded = (sql: string, { flags, width }: Element): string =>
  width === ''
    ? sql
    : once([sql], ([text]) => {
        const gap = `repeat(' ', greatest(${width} - length(${text}), 0))`
        return flags.includes('-') ? `concat(${text}, ${gap})` : `concat(${gap}, ${text})`
      })

/** Whole numbers: sign, thousands, zeros up to the width. */
function whole(value: Value, element: Element, at: Position): string {
  const { flags, width, letter } = element
  if (!isNullType(value.type) && !isScalar(value.type, 'INT64'))
    throw invalid(`Invalid type for argument to FORMAT; Expected integer; Got ${typeName(value.type)}`, at)
  if (element.precision !== undefined || flags.includes('#'))
    throw unsupported(`FORMAT element with precision or # for %${letter}`, at)
  return once([coerce(value, INT64).sql], ([x]) => {
    const digits =
      letter === 'x' || letter === 'X' || letter === 'o'
        ? `printf('%${letter}', CAST(abs(CAST(${x} AS HUGEINT)) AS BIGINT))`
        : flags.includes("'")
          ? `format('{:,}', abs(CAST(${x} AS HUGEINT)))`
          : `CAST(abs(CAST(${x} AS HUGEINT)) AS VARCHAR)`
    return signed(digits, `${x} < 0`, element, width)
  })
}

function signed(digits: string, isNegative: string, { flags }: Element, width: string): string {
  const plus = flags.includes('+') ? "'+'" : flags.includes(' ') ? "' '" : "''"
  const sign = `CASE WHEN ${isNegative} THEN '-' ELSE ${plus} END`
  if (width === '' || !flags.includes('0') || flags.includes('-')) return `concat(${sign}, ${digits})`
  return once(
    [sign, digits],
    ([s, d]) => `concat(${s}, repeat('0', greatest(${width} - length(${s}) - length(${d}), 0)), ${d})`,
  )
}

/** With a fixed number of digits after the point; NUMERIC is rounded half away from zero, as BigQuery rounds it. */
function fixed(value: Value, element: Element, at: Position): string {
  const digits = Number(element.precision ?? '6')
  if (element.flags.includes('#')) throw unsupported('FORMAT element %#f', at)
  if (digits > 9) throw unsupported('FORMAT with more than 9 digits after the point', at)
  const grouped = (text: string): string =>
    element.flags.includes("'")
      ? `concat(format('{:,}', CAST(split_part(${text}, '.', 1) AS HUGEINT)), ${digits === 0 ? "''" : `concat('.', split_part(${text}, '.', 2))`})`
      : text
  if (isScalar(value.type, 'NUMERIC'))
    return once([value.sql], ([x]) =>
      signed(
        grouped(`CAST(CAST(round(abs(${x}), ${digits}) AS DECIMAL(38,${digits})) AS VARCHAR)`),
        `${x} < 0`,
        element,
        element.width,
      ),
    )
  if (!isScalar(value.type, 'FLOAT64', 'INT64', 'NULL'))
    throw invalid(`Invalid type for argument to FORMAT; Expected floating; Got ${typeName(value.type)}`, at)
  return once([coerce(value, FLOAT64).sql], ([x]) => {
    const text = `printf('%.${digits}f', abs(${x}))`
    const number = signed(grouped(text), `${x} < 0`, element, element.width)
    const odd = element.letter === 'F' ? ["'NAN'", "'INF'"] : ["'nan'", "'inf'"]
    return `CASE WHEN isfinite(${x}) THEN ${number} WHEN isnan(${x}) THEN ${odd[0]} ELSE concat(CASE WHEN ${x} < 0 THEN '-' ELSE '' END, ${odd[1]}) END`
  })
}

function scientific(value: Value, element: Element, at: Position): string {
  if (!isScalar(value.type, 'FLOAT64', 'INT64', 'NULL'))
    throw unsupported(`FORMAT element %${element.letter} of ${typeName(value.type)}`, at)
  if (/['#0 ]/.test(element.flags)) throw unsupported(`FORMAT element %${element.flags}${element.letter}`, at)
  const precision = element.precision === undefined ? '' : `.${element.precision}`
  const plus = element.flags.includes('+') ? '+' : ''
  return once(
    [coerce(value, FLOAT64).sql],
    ([x]) =>
      `CASE WHEN isfinite(${x}) THEN printf('%${plus}${precision}${element.letter}', ${x}) ELSE ${raised("'FORMAT of a number that is not finite is not supported here'")} END`,
  )
}

/** One element with its argument; undefined width is none. */
function write(element: Element, value: Value, at: Position): string {
  const { letter } = element
  switch (letter) {
    case 'd':
    case 'i':
    case 'u':
    case 'x':
    case 'X':
    case 'o':
      if (letter === 'u') throw unsupported('FORMAT element %u', at)
      return padded(whole(value, element, at), element)
    case 'f':
    case 'F':
      return padded(fixed(value, element, at), element)
    case 'e':
    case 'E':
    case 'g':
    case 'G':
      return padded(scientific(value, element, at), element)
    case 's': {
      if (!isScalar(value.type, 'STRING', 'NULL'))
        throw invalid(`Invalid type for argument to FORMAT; Expected string; Got ${typeName(value.type)}`, at)
      const text = coerce(value, STRING).sql
      return padded(element.precision === undefined ? text : `left(${text}, ${element.precision})`, element)
    }
    case 't':
    case 'T':
      return padded(
        printed(value.sql, isNullType(value.type) ? INT64 : value.type, letter === 'T', at),
        element,
      )
    default:
      throw unsupported(`FORMAT element %${letter}`, at)
  }
}

export const printfRows: readonly FunctionRow[] = [
  special(
    'String',
    'FORMAT',
    'FORMAT(format, value, …) with %d %i %x %X %o %f %F %e %E %g %G %s %t %T %%',
    (call, resolve) => {
      const [format, ...values] = call.args.map(resolve)
      if (format?.literal === undefined || !isScalar(format.type, 'STRING'))
        throw unsupported('FORMAT with a format that is not a string literal', call.at)
      const parts = readFormat(format.literal, call.at)
      const elements = parts.filter((part) => typeof part !== 'string')
      if (elements.length > values.length)
        throw invalid('Too few arguments to FORMAT for pattern ' + JSON.stringify(format.literal), call.at)
      if (elements.length < values.length)
        throw invalid('Too many arguments to FORMAT for pattern ' + JSON.stringify(format.literal), call.at)
      let next = 0
      const texts = parts.map((part) =>
        typeof part === 'string' ? quoteText(part, call.at) : write(part, values[next++]!, call.at),
      )
      if (texts.length === 0) return { sql: "''", type: STRING }
      // `||` and not concat: a NULL of any element but %t and %T makes all of it NULL.
      const nulls = elements.flatMap(({ letter }, i) =>
        letter === 't' || letter === 'T' ? [] : [`${values[i]!.sql} IS NULL`],
      )
      const whole = `concat(${texts.join(', ')})`
      return {
        sql: nulls.length === 0 ? whole : `CASE WHEN ${nulls.join(' OR ')} THEN NULL ELSE ${whole} END`,
        type: STRING,
      }
    },
    example(
      "SELECT FORMAT('%d', 10), FORMAT('|%10d|', 11), FORMAT('+%010d+', 12), FORMAT(\"%'d\", 123456789), FORMAT('-%s-', 'abcd efg'), FORMAT('%f %E', 1.1, 2.2)",
      ['10', '|        11|', '+0000000012+', '123,456,789', '-abcd efg-', '1.100000 2.200000E+00'],
    ),
    example(
      "SELECT FORMAT('%t', DATE '2015-09-01'), FORMAT('%t', TIMESTAMP '2015-09-01 12:34:56 America/Los_Angeles'), FORMAT('%T|%t|%T', 'a\"b', NULL, [1.0, 2.5])",
      ['2015-09-01', '2015-09-01 19:34:56+00', "'a\"b'|NULL|[1.0, 2.5]"],
    ),
    example(
      "SELECT FORMAT('%.2f %5.1f|%-6s|%x', 2.345, NUMERIC '-1.25', 'ab', 255), FORMAT('%d', NULL), FORMAT('%s 100%%', 'x'), FORMAT('%t', STRUCT(1, 'a'))",
      ['2.35  -1.3|ab    |ff', null, 'x 100%', '(1, a)'],
    ),
    failing("SELECT FORMAT('%d')", 'Too few arguments'),
    failing("SELECT FORMAT('%s', 1)", 'Expected string'),
  ),
]
