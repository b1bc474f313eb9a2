/** A type from its GoogleSQL text, as variables and parameters carry it. */
import { openText } from '../parse/grammar.ts'
import { parseType } from '../parse/type-parser.ts'
import type { Position } from '../refusal.ts'
import { invalid } from '../refusal.ts'
import { INTERVAL, typeFromSyntax, type GType } from './gtype.ts'

export function typeFromText(text: string, at?: Position): GType {
  // As functions take and give it: there is no name to write it by, so that no column and no variable has it.
  if (text === 'INTERVAL') return INTERVAL
  const cursor = openText(text)
  const type = typeFromSyntax(parseType(cursor))
  if (cursor.peek().kind !== 'end') throw invalid(`Type not found: ${text}`, at)
  return type
}
