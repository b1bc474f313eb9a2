/** One query from text, whole: anything after it is an error. */
import { Cursor } from './cursor.ts'
import { tokenize } from './lexer.ts'
import { parseQuery } from './query-parser.ts'
import type { Query } from './syntax.ts'

export function parseQueryText(sql: string): Query {
  const cursor = new Cursor(sql, tokenize(sql))
  const query = parseQuery(cursor)
  cursor.acceptSymbol(';')
  if (cursor.peek().kind !== 'end') throw cursor.unexpected()
  return query
}
