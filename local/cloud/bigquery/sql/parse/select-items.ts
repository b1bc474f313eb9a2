/** The list behind SELECT: expressions with aliases, and `*` with EXCEPT and REPLACE. */
import { unsupported } from '../refusal.ts'
import type { Cursor } from './cursor.ts'
import type { Expression, SelectItem } from './syntax.ts'

export function parseItems(cursor: Cursor): SelectItem[] {
  const items: SelectItem[] = []
  do {
    if (items.length > 0 && endsItems(cursor)) break // trailing comma
    items.push(parseItem(cursor))
  } while (cursor.acceptSymbol(','))
  return items
}

export const endsItems = (cursor: Cursor): boolean =>
  cursor.isWord('FROM') || cursor.isSymbol(')') || cursor.isSymbol('|>') || cursor.peek().kind === 'end'

export function parseItem(cursor: Cursor): SelectItem {
  const at = cursor.at
  if (cursor.isSymbol('*')) {
    cursor.next()
    return starItem(cursor, undefined, at)
  }
  const expression = cursor.expression()
  if (cursor.isSymbol('.') && cursor.isSymbol('*', 1)) {
    cursor.next()
    cursor.next()
    return starItem(cursor, expression, at)
  }
  const alias = cursor.acceptWord('AS') ? cursor.name() : cursor.isName() ? cursor.name() : undefined
  return { kind: 'expression', expression, alias }
}

function starItem(cursor: Cursor, of: Expression | undefined, at: Expression['at']): SelectItem {
  let except: string[] = []
  let replace: { name: string; expression: Expression }[] = []
  if (cursor.isWord('EXCEPT') && cursor.isSymbol('(', 1)) {
    cursor.next()
    cursor.next()
    except = cursor.list(() => cursor.name())
    cursor.expectSymbol(')')
  }
  if (cursor.acceptWord('REPLACE')) {
    cursor.expectSymbol('(')
    replace = cursor.list(() => {
      const expression = cursor.expression()
      cursor.expectWord('AS')
      return { expression, name: cursor.name() }
    })
    cursor.expectSymbol(')')
  }
  if (cursor.isWord('RENAME')) throw unsupported('SELECT * RENAME', cursor.at)
  return { kind: 'star', of, except, replace, at }
}
