/**
 * GoogleSQL text to tokens with positions; it decodes literals and refuses characters and escapes the
 * language does not have.
 */
import { invalid, type Position } from '../refusal.ts'
import { readQuoted } from './quoted.ts'

export type TokenKind =
  'word' | 'quoted' | 'string' | 'bytes' | 'integer' | 'float' | 'symbol' | 'parameter' | 'system' | 'end'
export interface Token {
  readonly kind: TokenKind
  /** Exactly as written. */
  readonly text: string
  /** Word: upper case. Quoted name and string: decoded. Parameter: its name. Bytes: latin-1 string. */
  readonly value: string
  readonly start: number
  readonly end: number
  readonly at: Position
}

const SYMBOLS = [
  '<=>',
  '!=',
  '<>',
  '<=',
  '>=',
  '||',
  '<<',
  '>>',
  '=>',
  '->',
  '|>',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  ',',
  ';',
  '.',
  '+',
  '-',
  '*',
  '/',
  '=',
  '<',
  '>',
  '?',
  ':',
  '&',
  '|',
  '^',
  '~',
]

/** Longest first, by the first character. */
const BY_FIRST = new Map(
  SYMBOLS.map(([first]) => [first!, SYMBOLS.filter((symbol) => symbol.startsWith(first!))] as const),
)

const LITERAL = /(r|b|rb|br)?("""|'''|"|')/iy
const NUMBER = /(0[xX][0-9a-fA-F]+|(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)/y
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y
const PART = /[A-Za-z0-9_]+/y
const PARAMETER = /(?:@@([A-Za-z_][A-Za-z0-9_.]*)|@([A-Za-z_][A-Za-z0-9_]*))/y

export function tokenize(sql: string): Token[] {
  const tokens: Token[] = []
  const lineStarts = [0]
  for (let i = 0; i < sql.length; i++) if (sql[i] === '\n') lineStarts.push(i + 1)
  let line = 0
  const positionOf = (offset: number): Position => {
    while (line + 1 < lineStarts.length && lineStarts[line + 1]! <= offset) line++
    return { line: line + 1, column: offset - lineStarts[line]! + 1 }
  }
  let i = 0
  while (i < sql.length) {
    const skipped = skipBlank(sql, i, positionOf)
    if (skipped > i) {
      i = skipped
      continue
    }
    const at = positionOf(i)
    const token = readToken(sql, i, at, tokens.at(-1), tokens.at(-2))
    tokens.push(token)
    i = token.end
  }
  tokens.push({
    kind: 'end',
    text: '',
    value: '',
    start: sql.length,
    end: sql.length,
    at: positionOf(sql.length),
  })
  return tokens
}

function skipBlank(sql: string, i: number, positionOf: (offset: number) => Position): number {
  const c = sql[i]!
  if (c === ' ' || c === '\n') return i + 1
  // What is printed in ASCII is no white space.
  if (c > ' ' && c <= '~' && c !== '#' && c !== '-' && c !== '/') return i
  if (/\s/u.test(c)) return i + 1
  if (c === '#' || (c === '-' && sql[i + 1] === '-')) {
    const end = sql.indexOf('\n', i)
    return end < 0 ? sql.length : end + 1
  }
  if (c === '/' && sql[i + 1] === '*') {
    const end = sql.indexOf('*/', i + 2)
    if (end < 0) throw invalid('Syntax error: Unclosed comment', positionOf(i))
    return end + 2
  }
  return i
}

function readToken(
  sql: string,
  start: number,
  at: Position,
  previous: Token | undefined,
  before: Token | undefined,
): Token {
  const first = sql[start]!
  const matched = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = start
    return pattern.exec(sql)
  }
  const make = (kind: TokenKind, end: number, value?: string): Token => ({
    kind,
    text: sql.slice(start, end),
    value: value ?? sql.slice(start, end),
    start,
    end,
    at,
  })
  // Most tokens are told by their first character: no pattern is tried that cannot match.
  const mayBeLiteral = '"\'rRbB'.includes(first)
  const literal = mayBeLiteral ? matched(LITERAL) : null
  if (literal) {
    const prefix = (literal[1] ?? '').toLowerCase()
    const read = readQuoted(sql, start + literal[0].length, literal[2]!, {
      isRaw: prefix.includes('r'),
      isBytes: prefix.includes('b'),
      at,
    })
    return make(prefix.includes('b') ? 'bytes' : 'string', read.end, read.value)
  }
  if (first === '`') {
    const read = readQuoted(sql, start + 1, '`', { isRaw: false, isBytes: false, at })
    if (read.value === '') throw invalid('Syntax error: Invalid empty identifier', at)
    return make('quoted', read.end, read.value)
  }
  // Behind the dot of a path all keywords and all digits are names: `dataset.2024_orders`.
  if (previous?.text === '.' && before !== undefined && endsOperand(before) && first >= '0' && first <= '9') {
    const part = matched(PART)![0]
    return make('word', start + part.length, part.toUpperCase())
  }
  const number = (first >= '0' && first <= '9') || first === '.' ? matched(NUMBER) : null
  if (number && !(first === '.' && previous !== undefined && endsOperand(previous))) {
    const end = start + number[0].length
    if (/[A-Za-z_]/.test(sql[end] ?? ''))
      throw invalid('Syntax error: Missing whitespace between literal and alias', at)
    return make(/^(0[xX]|\d+$)/.test(number[0]) ? 'integer' : 'float', end)
  }
  const word = /[A-Za-z_]/.test(first) ? matched(WORD) : null
  if (word) return make('word', start + word[0].length, word[0].toUpperCase())
  const parameter = first === '@' ? matched(PARAMETER) : null
  if (parameter)
    return make(
      parameter[1] ? 'system' : 'parameter',
      start + parameter[0].length,
      parameter[1] ?? parameter[2],
    )
  if (first === '?') return make('parameter', start + 1, '')
  const symbol = BY_FIRST.get(first)?.find((candidate) => sql.startsWith(candidate, start))
  if (symbol) return make('symbol', start + symbol.length)
  throw invalid(`Syntax error: Illegal input character ${JSON.stringify(first)}`, at)
}

function endsOperand(token: Token): boolean {
  return ['word', 'quoted'].includes(token.kind) || token.text === ')' || token.text === ']'
}
