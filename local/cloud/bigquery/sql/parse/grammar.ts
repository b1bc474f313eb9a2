/** The whole grammar over one text: the only place where a cursor is made. */
import { Cursor } from './cursor.ts'
import { parseExpression } from './expression-parser.ts'
import { tokenize } from './lexer.ts'
import { parseQuery } from './query-parser.ts'
import { parseBlock } from './node-parser.ts'

export const openText = (sql: string): Cursor =>
  new Cursor(sql, tokenize(sql), { expression: parseExpression, query: parseQuery, block: parseBlock })
