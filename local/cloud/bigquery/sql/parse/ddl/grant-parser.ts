/** GRANT and REVOKE: roles, one resource, who; which roles and people exist is not known here. */
import { unsupported } from '../../refusal.ts'
import type { Cursor } from '../cursor.ts'
import { parseTablePath } from '../from-parser.ts'
import type { StatementSyntax } from '../statement-syntax.ts'
import { GRANTED } from './kinds.ts'

const OTHERS = ['FUNCTION', 'TABLE FUNCTION', 'PROCEDURE', 'ROUTINE', 'CONNECTION']

export function parseGrant(cursor: Cursor): StatementSyntax {
  const { at, value } = cursor.next()
  const isRevoked = value === 'REVOKE'
  const roles = cursor.list(() => cursor.name())
  cursor.expectWord('ON')
  const what = GRANTED.find((words) => cursor.acceptWord(words))
  if (!what) {
    const other = OTHERS.find((words) => cursor.isWord(words))
    throw other ? unsupported(`${value} ON ${other}`, cursor.at) : cursor.unexpected()
  }
  const path = parseTablePath(cursor)
  cursor.expectWord(isRevoked ? 'FROM' : 'TO')
  const members = cursor.list(() => {
    if (cursor.peek().kind !== 'string') throw cursor.unexpected('string literal')
    return cursor.next().value
  })
  return { kind: 'grant', isRevoked, what, path, roles, members, at }
}
