/** OPTIONS (name = value, …): read as they stand; which of them exist is said where they are used. */
import type { Cursor } from '../cursor.ts'
import type { OptionSyntax } from '../syntax.ts'

/** OPTIONS (…), or nothing. */
export function parseOptions(cursor: Cursor): OptionSyntax[] {
  if (!cursor.acceptWord('OPTIONS')) return []
  return parseOptionList(cursor)
}

export function parseOptionList(cursor: Cursor): OptionSyntax[] {
  cursor.expectSymbol('(')
  const options: OptionSyntax[] = []
  do {
    if (cursor.isSymbol(')')) break
    const at = cursor.at
    const name = cursor.name()
    cursor.expectSymbol('=')
    options.push({ name: name.toLowerCase(), value: cursor.expression(), at })
  } while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  return options
}
