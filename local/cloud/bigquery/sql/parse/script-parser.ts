/** A script to its statements and control flow, and one statement alone. */
import { invalid, unsupported } from '../refusal.ts'
import type { ParsedStatement, ScriptNode } from '../types.ts'
import { openText } from './grammar.ts'
import { alreadyParsed, parseList, parseParsed, type Parsed } from './node-parser.ts'

/** The syntax of a statement that a script was cut into, and the script's `?` by their order. */
export function syntaxOf(statement: ParsedStatement): Pick<Parsed, 'syntax' | 'placeholders'> {
  const known = alreadyParsed(statement)
  if (known) return known
  // Padding keeps the positions of the script in the messages of its statements.
  const { line, column = 1, text, placeholdersBefore = 0 } = statement
  const { syntax, placeholders } = parseOne('\n'.repeat(line - 1) + ' '.repeat(column - 1) + text)
  return { syntax, placeholders: [...Array.from({ length: placeholdersBefore }, () => -1), ...placeholders] }
}

function parseOne(sql: string): Parsed {
  const cursor = openText(sql)
  const parsed = parseParsed(cursor)
  cursor.acceptSymbol(';')
  if (cursor.peek().kind !== 'end') throw cursor.unexpected('end of input')
  return parsed
}

export function parseProgram(sql: string): ScriptNode[] {
  if (/^\s*#\s*legacySQL/im.test(sql)) throw unsupported('Legacy SQL')
  const cursor = openText(sql)
  const nodes = parseList(cursor, [])
  if (cursor.peek().kind !== 'end') throw cursor.unexpected()
  if (nodes.length === 0) throw invalid('Syntax error: Unexpected end of statement', cursor.at)
  return nodes
}
