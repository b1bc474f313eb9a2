/**
 * WITH, SELECT, set operations, ORDER BY, LIMIT. Pipes, UNION BY NAME and FETCH are refused by
 * name.
 */
import { unsupported } from '../refusal.ts'
import { parseOrderItems, parseWindow } from './call-parser.ts'
import type { Cursor } from './cursor.ts'
import { parseFrom } from './from-parser.ts'
import type { Body, Cte, Expression, GroupBy, Query, Select, SelectItem } from './syntax.ts'

export function parseQuery(cursor: Cursor): Query {
  return cursor.nested(() => {
    const at = cursor.at
    const ctes = cursor.acceptWord('WITH') ? parseWith(cursor) : []
    const body = parseSetOperation(cursor)
    const orderBy = cursor.acceptWord('ORDER BY') ? parseOrderItems(cursor) : []
    let limit: Expression | undefined
    let offset: Expression | undefined
    if (cursor.acceptWord('LIMIT')) {
      limit = cursor.expression()
      if (cursor.acceptWord('OFFSET')) offset = cursor.expression()
    }
    if (cursor.isSymbol('|>')) throw unsupported('Pipe syntax (|>)', cursor.at)
    return { with: ctes, body, orderBy, limit, offset, at }
  })
}

function parseWith(cursor: Cursor): Cte[] {
  const mayRecur = cursor.acceptWord('RECURSIVE')
  const ctes: Cte[] = []
  do {
    if (cursor.isWord('SELECT') || cursor.isSymbol('(')) break // BigQuery allows a trailing comma
    const at = cursor.at
    const name = cursor.name()
    cursor.expectWord('AS')
    cursor.expectSymbol('(')
    const query = cursor.query()
    cursor.expectSymbol(')')
    ctes.push({ name, query, mayRecur, at })
  } while (cursor.acceptSymbol(','))
  return ctes
}

const SET_OPERATORS = ['UNION ALL', 'UNION DISTINCT', 'INTERSECT DISTINCT', 'EXCEPT DISTINCT'] as const

function parseSetOperation(cursor: Cursor): Body {
  let left = parseSetOperand(cursor)
  let first: string | undefined
  for (;;) {
    const at = cursor.at
    const operator = SET_OPERATORS.find((words) => cursor.acceptWord(words))
    if (!operator) break
    if (first && first !== operator)
      throw cursor.unexpected(
        'parentheses: different set operations cannot be used in the same query without them,',
      )
    first = operator
    if (cursor.isWord('BY NAME') || cursor.isWord('CORRESPONDING'))
      throw unsupported('A set operation by name', cursor.at)
    left = { kind: 'set', operator, left, right: parseSetOperand(cursor), at }
  }
  if (['UNION', 'INTERSECT', 'EXCEPT'].some((word) => cursor.isWord(word))) {
    cursor.next()
    if (cursor.isWord('ALL')) throw unsupported('INTERSECT ALL and EXCEPT ALL', cursor.at)
    throw cursor.unexpected('keyword ALL or keyword DISTINCT')
  }
  return left
}

function parseSetOperand(cursor: Cursor): Body {
  if (cursor.isSymbol('(')) {
    cursor.next()
    const query = cursor.query()
    cursor.expectSymbol(')')
    return { kind: 'query', query }
  }
  return { kind: 'select', select: parseSelect(cursor) }
}

function parseSelect(cursor: Cursor): Select {
  const at = cursor.at
  cursor.expectWord('SELECT')
  if (cursor.isWord('WITH')) throw unsupported(`SELECT WITH ${cursor.peek(1).text}`, cursor.at)
  const isDistinct = cursor.acceptWord('DISTINCT')
  if (!isDistinct) cursor.acceptWord('ALL')
  const as = cursor.acceptWord('AS STRUCT')
    ? ('STRUCT' as const)
    : cursor.acceptWord('AS VALUE')
      ? ('VALUE' as const)
      : undefined
  const items: SelectItem[] = []
  do {
    if (items.length > 0 && (cursor.isWord('FROM') || cursor.isSymbol(')') || cursor.peek().kind === 'end'))
      break // trailing comma
    items.push(parseItem(cursor))
  } while (cursor.acceptSymbol(','))
  const from = cursor.acceptWord('FROM') ? parseFrom(cursor) : undefined
  const where = cursor.acceptWord('WHERE') ? cursor.expression() : undefined
  const groupBy = cursor.acceptWord('GROUP BY') ? parseGroupBy(cursor) : undefined
  if (cursor.isWord('GROUP')) throw unsupported('GROUP AND ORDER BY', cursor.at)
  const having = cursor.acceptWord('HAVING') ? cursor.expression() : undefined
  const qualify = cursor.acceptWord('QUALIFY') ? cursor.expression() : undefined
  const windows = cursor.acceptWord('WINDOW')
    ? cursor.list(() => {
        const name = cursor.name()
        cursor.expectWord('AS')
        return { name, window: parseWindow(cursor) }
      })
    : []
  return { isDistinct, as, items, from, where, groupBy, having, qualify, windows, at }
}

function parseItem(cursor: Cursor): SelectItem {
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

function parseSets(cursor: Cursor): Expression[][] {
  cursor.expectSymbol('(')
  const sets = cursor.list(() => {
    for (const word of ['ROLLUP', 'CUBE'])
      if (cursor.isWord(word)) throw unsupported(`${word} inside GROUPING SETS`, cursor.at)
    if (!cursor.acceptSymbol('(')) return [cursor.expression()]
    const items = cursor.isSymbol(')') ? [] : cursor.list(() => cursor.expression())
    cursor.expectSymbol(')')
    return items
  })
  cursor.expectSymbol(')')
  return sets
}

function parseGroupBy(cursor: Cursor): GroupBy {
  if (cursor.acceptWord('ALL')) return { kind: 'ALL' }
  const kind = cursor.acceptWord('ROLLUP')
    ? ('ROLLUP' as const)
    : cursor.acceptWord('CUBE')
      ? ('CUBE' as const)
      : undefined
  if (cursor.acceptWord('GROUPING SETS')) return { kind: 'SETS', sets: parseSets(cursor) }
  if (kind) {
    cursor.expectSymbol('(')
    const items = cursor.list(() => cursor.expression())
    cursor.expectSymbol(')')
    return { kind, items }
  }
  return { kind: 'PLAIN', items: cursor.list(() => cursor.expression()) }
}
