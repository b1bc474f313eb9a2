/** A script to its statements and control flow, and one statement alone. */
import { invalid, unsupported } from '../refusal.ts'
import type { ScriptNode } from '../types.ts'
import { openText } from './grammar.ts'
import { parseList, parseParsed, type Parsed } from './node-parser.ts'

/** The one statement of a text that `parseScript` cut out. */
export function parseOne(sql: string): Parsed {
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
