/**
 * The inside of a quoted literal: escapes, raw and triple-quoted forms; an escape GoogleSQL does not define
 * is refused.
 */
import { invalid, type Position } from '../refusal.ts'

interface Quoting {
  readonly isRaw: boolean
  readonly isBytes: boolean
  readonly at: Position
}

const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '?': '?',
  '"': '"',
  "'": "'",
  '`': '`',
}

/** https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#escape_sequences */
export function readQuoted(
  sql: string,
  start: number,
  quote: string,
  how: Quoting,
): { value: string; end: number } {
  let value = ''
  let i = start
  for (;;) {
    if (i >= sql.length)
      throw invalid(
        `Syntax error: Unclosed ${quote === '`' ? 'identifier literal' : 'string literal'}`,
        how.at,
      )
    if (sql.startsWith(quote, i))
      return { value: how.isBytes ? toLatin1(value, how) : value, end: i + quote.length }
    const c = sql[i]!
    if (c === '\n' && quote.length === 1)
      throw invalid(
        `Syntax error: Unclosed ${quote === '`' ? 'identifier literal' : 'string literal'}`,
        how.at,
      )
    if (c !== '\\') {
      value += c
      i += 1
      continue
    }
    if (how.isRaw) {
      value += sql.slice(i, i + 2)
      i += 2
      continue
    }
    const escape = readEscape(sql, i + 1, how)
    value += escape.value
    i = escape.end
  }
}

function readEscape(sql: string, i: number, how: Quoting): { value: string; end: number } {
  const c = sql[i] ?? ''
  const simple = SIMPLE[c]
  if (simple !== undefined) return { value: simple, end: i + 1 }
  const coded =
    /^(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|([0-3][0-7]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(
      sql.slice(i, i + 9),
    )
  if (!coded) throw invalid(`Syntax error: Illegal escape sequence: \\${c}`, how.at)
  const hexadecimal = coded[1] ?? coded[2]
  const code = coded[3]
    ? Number.parseInt(coded[3], 8)
    : Number.parseInt(hexadecimal ?? coded[4] ?? coded[5]!, 16)
  if (how.isBytes && (coded[4] || coded[5]))
    throw invalid(
      'Syntax error: Illegal escape sequence: unicode escapes cannot be used in bytes literals',
      how.at,
    )
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
    throw invalid('Syntax error: Illegal escape sequence: value is not a Unicode code point', how.at)
  return {
    value: how.isBytes ? ESCAPED_BYTE + String.fromCharCode(code) : String.fromCodePoint(code),
    end: i + coded[0].length,
  }
}

/**
 * Marks a byte given by escape, so that \xC3 stays one byte while a literal é becomes its UTF-8 bytes. Not a
 * character that SQL text can hold.
 */
const ESCAPED_BYTE = '\ud800'

function toLatin1(value: string, how: Quoting): string {
  const parts = value.split(ESCAPED_BYTE)
  const encode = (text: string) => Buffer.from(text, 'utf8').toString('latin1')
  if (parts.slice(1).some((part) => part === '')) throw invalid('Syntax error: Illegal bytes literal', how.at)
  return (
    encode(parts[0]!) +
    parts
      .slice(1)
      .map((part) => part[0]! + encode(part.slice(1)))
      .join('')
  )
}
