/** DROP of everything that CREATE makes. */
import type { Cursor } from '../cursor.ts'
import { parseTablePath } from '../from-parser.ts'
import type { StatementSyntax } from '../statement-syntax.ts'
import { acceptKind } from './kinds.ts'

export function parseDrop(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  const what = acceptKind(cursor, 'DROP')
  const ifExists = cursor.acceptWord('IF EXISTS')
  const path = parseTablePath(cursor)
  const isCascade = cursor.acceptWord('CASCADE')
  if (!isCascade) cursor.acceptWord('RESTRICT')
  return { kind: 'drop', what, path, ifExists, isCascade, at }
}
