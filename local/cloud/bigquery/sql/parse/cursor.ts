/**
 * Walks tokens: look, accept, expect. It knows words and symbols; what an expression or a query is, it is told
 * by the grammar it is made with.
 */
import { invalid, type Position } from '../refusal.ts'
import type { Token } from './lexer.ts'
import type { Expression, Query } from './syntax.ts'

/** The two ways back in: an operand may hold an expression, and an expression a query. */
export interface Grammar {
  readonly expression: (cursor: Cursor) => Expression
  readonly query: (cursor: Cursor) => Query
  /** A block of a script, from BEGIN to END. */
  readonly block: (cursor: Cursor) => void
}

const RESERVED = new Set(
  (
    'ALL AND ANY ARRAY AS ASC ASSERT_ROWS_MODIFIED AT BETWEEN BY CASE CAST COLLATE CONTAINS CREATE CROSS CUBE CURRENT DEFAULT DEFINE DESC DISTINCT ELSE END ENUM ESCAPE EXCEPT ' +
    'EXCLUDE EXISTS EXTRACT FALSE FETCH FOLLOWING FOR FROM FULL GROUP GROUPING GROUPS HASH HAVING IF IGNORE IN INNER INTERSECT INTERVAL INTO IS JOIN LATERAL LEFT LIKE LIMIT LOOKUP MERGE NATURAL ' +
    'NEW NO NOT NULL NULLS OF ON OR ORDER OUTER OVER PARTITION PRECEDING PROTO QUALIFY RANGE RECURSIVE RESPECT RIGHT ROLLUP ROWS SELECT SET SOME STRUCT TABLESAMPLE THEN TO TREAT TRUE UNBOUNDED ' +
    'UNION UNNEST USING WHEN WHERE WINDOW WITH WITHIN'
  ).split(' '),
)

export class Cursor {
  readonly sql: string
  readonly #tokens: Token[]
  readonly #placeholders: readonly number[]
  #index = 0
  #depth = 0
  readonly #grammar: Grammar
  constructor(sql: string, tokens: readonly Token[], grammar: Grammar) {
    this.sql = sql
    this.#tokens = [...tokens]
    const placeholders: number[] = []
    for (const [i, { kind, value }] of tokens.entries())
      if (kind === 'parameter' && value === '') placeholders.push(i)
    this.#placeholders = placeholders
    this.#grammar = grammar
  }
  expression(): Expression {
    return this.#grammar.expression(this)
  }
  query(): Query {
    return this.#grammar.query(this)
  }
  block(): void {
    this.#grammar.block(this)
  }
  peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)]!
  }
  next(): Token {
    const token = this.peek()
    if (this.#index < this.#tokens.length - 1) this.#index++
    return token
  }
  get at(): Position {
    return this.peek().at
  }
  /** End of the last token taken, for cutting texts out. */
  get lastEnd(): number {
    return this.#tokens[Math.max(0, this.#index - 1)]!.end
  }
  /** How many positional parameters stand before the next token. */
  get placeholdersBefore(): number {
    let [low, high] = [0, this.#placeholders.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#placeholders[middle]! < this.#index) low = middle + 1
      else high = middle
    }
    return low
  }
  get placeholderOffsets(): readonly number[] {
    return this.#placeholders.map((index) => this.#tokens[index]!.start)
  }
  get mark(): number {
    return this.#index
  }
  rewind(mark: number): void {
    this.#index = mark
  }

  isWord(words: string, ahead = 0): boolean {
    // Asked several times for each token: no list is made for it.
    const { kind, value } = this.peek(ahead)
    if (kind !== 'word' || !words.startsWith(value)) return false
    if (value.length === words.length) return true
    if (words[value.length] !== ' ') return false
    return this.isWord(words.slice(value.length + 1), ahead + 1)
  }
  /** A query that begins with a clause: `FROM t |> …` is one as well. */
  isQuery(ahead = 0): boolean {
    return this.isWord('SELECT', ahead) || this.isWord('WITH', ahead) || this.isWord('FROM', ahead)
  }
  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'symbol' && token.text === symbol
  }
  acceptWord(words: string): boolean {
    if (!this.isWord(words)) return false
    this.next()
    for (let i = words.indexOf(' '); i >= 0; i = words.indexOf(' ', i + 1)) this.next()
    return true
  }
  acceptSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.next()
    return true
  }
  expectWord(words: string): void {
    if (!this.acceptWord(words)) throw this.unexpected(`keyword ${words}`)
  }
  expectSymbol(symbol: string): void {
    if (!this.acceptSymbol(symbol)) throw this.unexpected(`"${symbol}"`)
  }
  unexpected(expected?: string): Error {
    const token = this.peek()
    const got =
      token.kind === 'end'
        ? 'end of script'
        : token.kind === 'word'
          ? RESERVED.has(token.value)
            ? `keyword ${token.value}`
            : `identifier "${token.text}"`
          : token.kind === 'string'
            ? `string literal ${token.text}`
            : token.text
    return invalid(
      expected ? `Syntax error: Expected ${expected} but got ${got}` : `Syntax error: Unexpected ${got}`,
      token.at,
    )
  }
  /** True when the token can be a name without backquotes. */
  isName(ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'quoted' || (token.kind === 'word' && !RESERVED.has(token.value))
  }
  name(): string {
    if (!this.isName()) throw this.unexpected('identifier')
    const token = this.next()
    return token.kind === 'quoted' ? token.value : token.text
  }
  /** After a dot every word is a name, reserved or not. */
  nameAfterDot(): string {
    const token = this.next()
    if (token.kind === 'quoted') return token.value
    if (token.kind !== 'word') {
      this.#index--
      throw this.unexpected('identifier')
    }
    return token.text
  }
  list<T>(item: () => T): T[] {
    const items = [item()]
    while (this.acceptSymbol(',')) items.push(item())
    return items
  }
  /** `> >` closers: ARRAY<STRUCT<…>> lexes as `>>`. */
  expectCloser(): void {
    if (this.isSymbol('>>')) {
      const token = this.peek()
      const half: Token = { ...token, text: '>', value: '>', start: token.start + 1 }
      this.#tokens[this.#index] = half
      return
    }
    this.expectSymbol('>')
  }
  /** Hostile nesting ends here, not in the stack. */
  nested<T>(inner: () => T): T {
    if (++this.#depth > 250) throw invalid('Query is too complex: nesting is deeper than 250', this.at)
    try {
      return inner()
    } finally {
      this.#depth--
    }
  }
}
