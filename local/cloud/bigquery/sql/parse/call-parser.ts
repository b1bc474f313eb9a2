/**
 * The inside of a call's parentheses and its OVER clause; COLLATE is refused.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { Cursor } from './cursor.ts'
import type { Expression, FrameBound, NamedArgument, OrderItem, Window } from './syntax.ts'

export function finishCall(cursor: Cursor, path: readonly string[], at: Position): Expression {
  const parts = path.map((part) => part.toUpperCase())
  const isSafe = parts[0] === 'SAFE' && parts.length > 1
  let name = (isSafe ? parts.slice(1) : parts).join('.')
  cursor.expectSymbol('(')
  const isDistinct = cursor.acceptWord('DISTINCT')
  if (isDistinct && cursor.isSymbol(')')) throw cursor.unexpected()
  if (!isDistinct) cursor.acceptWord('ALL')
  const args: Expression[] = []
  const named: NamedArgument[] = []
  if (cursor.isSymbol('*') && cursor.isSymbol(')', 1)) args.push({ kind: 'star', at: cursor.next().at })
  else if (!cursor.isSymbol(')'))
    cursor.list(() => {
      if (cursor.isName() && cursor.isSymbol('=>', 1)) named.push(parseNamed(cursor))
      else if (named.length > 0)
        throw invalid('Syntax error: Positional arguments must precede named arguments', cursor.at)
      else args.push(parseArgument(cursor))
    })
  let nulls: 'IGNORE' | 'RESPECT' | undefined
  if (cursor.acceptWord('IGNORE NULLS')) nulls = 'IGNORE'
  else if (cursor.acceptWord('RESPECT NULLS')) nulls = 'RESPECT'
  // ANY_VALUE(x HAVING MAX y) is the long form of MAX_BY(x, y).
  const extreme = ['HAVING MAX', 'HAVING MIN'].find((words) => cursor.acceptWord(words))
  if (extreme !== undefined) {
    if (name !== 'ANY_VALUE' || args.length !== 1 || isDistinct || nulls)
      throw unsupported(`${extreme} in a call of ${name}`, cursor.at)
    args.push(cursor.expression())
    name = extreme === 'HAVING MAX' ? 'MAX_BY' : 'MIN_BY'
  }
  const orderBy = cursor.acceptWord('ORDER BY') ? parseOrderItems(cursor) : []
  const limit = cursor.acceptWord('LIMIT') ? cursor.expression() : undefined
  cursor.expectSymbol(')')
  const over = cursor.acceptWord('OVER') ? parseWindow(cursor) : undefined
  return {
    kind: 'call',
    name,
    path: isSafe ? path.slice(1) : path,
    isSafe,
    args,
    ...(named.length > 0 ? { named } : {}),
    isDistinct,
    nulls,
    orderBy,
    limit,
    over,
    at,
  }
}

function parseNamed(cursor: Cursor): NamedArgument {
  const at = cursor.at
  const name = cursor.name().toLowerCase()
  cursor.expectSymbol('=>')
  return { name, value: cursor.expression(), at }
}

function parseArgument(cursor: Cursor): Expression {
  if (cursor.isName() && cursor.isSymbol('->', 1)) throw unsupported('Lambda argument', cursor.at)
  const expression = cursor.expression()
  if (cursor.isWord('AS')) throw unsupported('AS inside a function call', cursor.at)
  return expression
}

export function parseOrderItems(cursor: Cursor): OrderItem[] {
  return cursor.list(() => {
    const expression = cursor.expression()
    if (cursor.isWord('COLLATE')) throw unsupported('COLLATE', cursor.at)
    const isDescending = cursor.acceptWord('DESC')
    if (!isDescending) cursor.acceptWord('ASC')
    const nulls = cursor.acceptWord('NULLS FIRST')
      ? ('FIRST' as const)
      : cursor.acceptWord('NULLS LAST')
        ? ('LAST' as const)
        : undefined
    return { expression, isDescending, nulls }
  })
}

export function parseWindow(cursor: Cursor): Window {
  const at = cursor.at
  if (cursor.isName()) return { base: cursor.name(), partitionBy: [], orderBy: [], at }
  cursor.expectSymbol('(')
  const base = cursor.isName() && !cursor.isWord('PARTITION') ? cursor.name() : undefined
  const partitionBy = cursor.acceptWord('PARTITION BY') ? cursor.list(() => cursor.expression()) : []
  const orderBy = cursor.acceptWord('ORDER BY') ? parseOrderItems(cursor) : []
  const unit = cursor.acceptWord('ROWS')
    ? ('ROWS' as const)
    : cursor.acceptWord('RANGE')
      ? ('RANGE' as const)
      : undefined
  let frame: Window['frame']
  if (unit) {
    if (cursor.acceptWord('BETWEEN')) {
      const start = parseBound(cursor)
      cursor.expectWord('AND')
      frame = { unit, start, end: parseBound(cursor) }
    } else frame = { unit, start: parseBound(cursor) }
  }
  cursor.expectSymbol(')')
  return { base, partitionBy, orderBy, frame, at }
}

function parseBound(cursor: Cursor): FrameBound {
  for (const kind of ['UNBOUNDED PRECEDING', 'UNBOUNDED FOLLOWING', 'CURRENT ROW'] as const)
    if (cursor.acceptWord(kind)) return { kind }
  const offset = cursor.expression()
  if (cursor.acceptWord('PRECEDING')) return { kind: 'PRECEDING', offset }
  if (cursor.acceptWord('FOLLOWING')) return { kind: 'FOLLOWING', offset }
  throw invalid('Syntax error: Expected PRECEDING or FOLLOWING', cursor.at)
}
