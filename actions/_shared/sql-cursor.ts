/**
 * Walks the tokens of one statement; it refuses what the grammar does not expect, with the place in the file.
 */
import { tokenize, type Token } from './sql-tokens.ts'

/** Why a file is refused, at its place; observe.ts makes the annotation. */
export class ReadingError extends Error {
  readonly line: number
  readonly column: number
  constructor(message: string, place: { line: number; column: number }) {
    super(message)
    this.line = place.line
    this.column = place.column
  }
}

export interface Cursor {
  /** True, and past them, when the next tokens are these words or signs. */
  accept(words: string): boolean
  expect(words: string): void
  /** A name, back-quoted or not, possibly dotted; its parts. */
  path(): string[]
  /** One plain name. */
  name(): string
  /** The value of a string literal. */
  text(): string
  /** A whole or decimal number without sign. */
  number(): number
  /** The next token, or one further on, as people would see it; '' at the end. */
  next(ahead?: number): string
  /** Characters before the next token. */
  at(): number
  /** The text between two places, as it is written. */
  slice(start: number, end: number): string
  /** Past the next token, whatever it is. */
  skip(): void
  refuse(message: string): never
}

/** What a name in back quotes may hold: https://docs.cloud.google.com/bigquery/docs/schemas#flexible-column-names */
const FLEXIBLE = /^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd}\p{Zs}&%=+:'<>#|]{1,300}$/u

/** https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/lexical#escape_sequences */
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|[xX]([0-9a-fA-F]{2})|([0-3][0-7]{2})|[\s\S])/g
const SIGNS: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
  ...{ '\\': '\\', '?': '?', '"': '"', "'": "'", '`': '`' },
}
function valueOf(whole: string, code: string | undefined, octal: string | undefined): string | undefined {
  const point = code !== undefined ? parseInt(code, 16) : octal !== undefined ? parseInt(octal, 8) : undefined
  if (point === undefined) return SIGNS[whole.slice(1)]
  return point > 0x10_ff_ff || (point >= 0xd8_00 && point <= 0xdf_ff)
    ? undefined
    : String.fromCodePoint(point)
}

export function openCursor(sql: string): Cursor {
  const tokens = tokenize(sql).filter(({ kind }) => kind !== 'space')
  let index = 0
  const peek = (ahead = 0): Token | undefined => tokens[index + ahead]
  const refuse = (message: string): never => {
    const before = sql.slice(0, peek()?.at ?? sql.length).split('\n')
    throw new ReadingError(message, { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 })
  }
  const next = (ahead = 0): string => peek(ahead)?.text ?? ''
  const found = (): string => (next() === '' ? 'the end' : next().slice(0, 40))
  const accept = (words: string): boolean => {
    const wanted = words.split(' ')
    // A back-quoted word is a name, never a keyword.
    if (
      !wanted.every(
        (word, ahead) => peek(ahead)?.kind !== 'quoted' && peek(ahead)?.text.toUpperCase() === word,
      )
    )
      return false
    index += wanted.length
    return true
  }
  const take = (isRight: (token: Token) => boolean, what: string): string => {
    const token = peek()
    if (token === undefined || !isRight(token)) return refuse(`expected ${what}, found ${found()}`)
    index += 1
    return token.text
  }
  const isName = (token: Token): boolean => token.kind === 'word' || token.kind === 'quoted'
  const part = (): string[] => take(isName, 'a name').replace(/^`|`$/g, '').split('.')
  const path = (): string[] => {
    const parts = part()
    while (accept('.')) parts.push(...part())
    return parts
  }
  return {
    accept,
    path,
    next,
    refuse,
    slice: (start, end) => sql.slice(start, end),
    at: () => peek()?.at ?? sql.length,
    skip: () => {
      index += 1
    },
    expect: (words) => {
      if (!accept(words)) refuse(`expected ${words}, found ${found()}`)
    },
    name: () => {
      const isQuoted = peek()?.kind === 'quoted'
      const name = path().join('.')
      return (isQuoted ? FLEXIBLE : /^[A-Za-z_]\w{0,299}$/).test(name)
        ? name
        : refuse(
            `${JSON.stringify(name.slice(0, 60))} is not a ${isQuoted ? 'name that BigQuery takes' : 'plain name of letters, digits and underscores'}`,
          )
    },
    text: () => {
      const literal = take(({ kind }) => kind === 'string', 'a string')
      const [, prefix = '', quote = '', inside = ''] =
        /^([rR]?)('{3}|"{3}|'|")([\s\S]*)\2$/.exec(literal) ?? []
      if (quote === '') return refuse('only strings in quotes are read here, no bytes')
      if (prefix !== '') return inside
      return inside.replace(
        ESCAPE,
        (whole: string, short?: string, long?: string, hex?: string, octal?: string) =>
          valueOf(whole, short ?? long ?? hex, octal) ?? refuse(`${whole} is no escape of a string`),
      )
    },
    number: () => {
      let digits = ''
      while (/^[\d.]$/.test(next())) {
        digits += next()
        index += 1
      }
      return /^\d{1,15}(\.\d{1,6})?$/.test(digits)
        ? Number(digits)
        : refuse(`expected a number, found ${found()}`)
    },
  }
}
