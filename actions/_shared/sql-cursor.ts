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
  /** The next token as people would see it; '' at the end. */
  next(): string
  /** Characters before the next token. */
  at(): number
  /** The text between two places, as it is written. */
  slice(start: number, end: number): string
  /** Past the next token, whatever it is. */
  skip(): void
  refuse(message: string): never
}

export function openCursor(sql: string): Cursor {
  const tokens = tokenize(sql).filter(({ kind }) => kind !== 'space')
  let index = 0
  const peek = (ahead = 0): Token | undefined => tokens[index + ahead]
  const refuse = (message: string): never => {
    const before = sql.slice(0, peek()?.at ?? sql.length).split('\n')
    throw new ReadingError(message, { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 })
  }
  const next = (): string => peek()?.text ?? ''
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
      const name = path().join('.')
      return /^[A-Za-z_]\w{0,299}$/.test(name)
        ? name
        : refuse(
            `${JSON.stringify(name.slice(0, 60))} is not a plain name of letters, digits and underscores`,
          )
    },
    text: () => {
      const literal = take(({ kind }) => kind === 'string', 'a string')
      const [, prefix = '', quote = '', inside = ''] =
        /^([rR]?)('{3}|"{3}|'|")([\s\S]*)\2$/.exec(literal) ?? []
      if (quote === '') return refuse('only strings in quotes are read here, no bytes')
      if (prefix !== '') return inside
      return inside.replace(/\\(n|["'\\`?]|[\s\S])/g, (whole, sign: string) => {
        if (sign === 'n') return '\n'
        return /^["'\\`?]$/.test(sign) ? sign : refuse(`the escape ${whole} is not read here`)
      })
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
