/** WITH, SELECT, set operations, ORDER BY, LIMIT. CORRESPONDING and FETCH are refused by name. */
import { invalid, unsupported } from '../refusal.ts'
import { parseOrderItems, parseWindow } from './call-parser.ts'
import type { Cursor } from './cursor.ts'
import { parseFrom } from './from-parser.ts'
import { parseFromClause, parsePipes } from './pipe-parser.ts'
import { parseItems } from './select-items.ts'
import type { Body, Cte, Expression, GroupBy, Query, Select } from './syntax.ts'

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
    const query: Query = { with: ctes, body, orderBy, limit, offset, at }
    return cursor.isSymbol('|>') ? parsePipes(cursor, query) : query
  })
}

function parseWith(cursor: Cursor): Cte[] {
  const mayRecur = cursor.acceptWord('RECURSIVE')
  const ctes: Cte[] = []
  do {
    if (cursor.isWord('SELECT') || cursor.isWord('FROM') || cursor.isSymbol('(')) break // BigQuery allows a trailing comma
    const at = cursor.at
    const name = cursor.name()
    cursor.expectWord('AS')
    cursor.expectSymbol('(')
    const query = cursor.query()
    if (query.with.some((inner) => inner.mayRecur))
      throw invalid(
        'WITH RECURSIVE is only allowed at the top level of the SELECT, CREATE TABLE AS SELECT, CREATE VIEW, INSERT, EXPORT DATA statements.',
        at,
      )
    cursor.expectSymbol(')')
    ctes.push({ name, query, mayRecur, at })
  } while (cursor.acceptSymbol(','))
  return ctes
}

const SET_OPERATORS = ['UNION ALL', 'UNION DISTINCT', 'INTERSECT DISTINCT', 'EXCEPT DISTINCT'] as const

/** Before UNION … BY NAME. */
const SET_MODES = ['FULL OUTER', 'LEFT OUTER', 'FULL', 'LEFT', 'INNER'] as const
type ByName = NonNullable<(Body & { kind: 'set' })['byName']>

function parseSetOperation(cursor: Cursor): Body {
  let left = parseSetOperand(cursor)
  let first: string | undefined
  let firstMode: ByName | undefined
  for (;;) {
    const at = cursor.at
    const mode = SET_MODES.find((words) =>
      ['UNION', 'INTERSECT', 'EXCEPT'].some((word) => cursor.isWord(`${words} ${word}`)),
    )
    if (mode) cursor.acceptWord(mode)
    const operator = SET_OPERATORS.find((words) => cursor.acceptWord(words))
    if (!operator) break
    if (first && first !== operator)
      throw cursor.unexpected(
        'parentheses: different set operations cannot be used in the same query without them,',
      )
    first = operator
    if (cursor.isWord('CORRESPONDING') || cursor.isWord('STRICT'))
      throw unsupported('A set operation with CORRESPONDING', cursor.at)
    const isByName = cursor.acceptWord('BY NAME')
    if (isByName && cursor.isWord('ON')) throw unsupported('BY NAME ON (…)', cursor.at)
    if (mode && !isByName) throw cursor.unexpected('keyword BY NAME')
    if (mode && !operator.startsWith('UNION')) throw unsupported(`${mode} ${operator} BY NAME`, at)
    const byName = isByName ? ((mode?.split(' ')[0] ?? 'STRICT') as ByName) : undefined
    if (left.kind === 'set' && firstMode !== byName)
      throw unsupported('A chain of set operations of different modes', at)
    firstMode = byName
    left = { kind: 'set', operator, byName, left, right: parseSetOperand(cursor), at }
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
  if (cursor.isWord('FROM')) return { kind: 'select', select: parseFromClause(cursor) }
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
  const items = parseItems(cursor)
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
