/**
 * FROM: tables, subqueries, UNNEST, PIVOT, table functions and joins. TABLESAMPLE takes every row or is refused by
 * name: BigQuery chooses among blocks.
 */
import { invalid, unsupported } from '../refusal.ts'
import type { Cursor } from './cursor.ts'
import { parsePivots, startsPivot } from './pivot-parser.ts'
import type { From } from './syntax.ts'

export function parseFrom(cursor: Cursor): From {
  let left = parseJoinTail(cursor, parseFactor(cursor))
  while (cursor.isSymbol(',')) {
    const { at } = cursor.next()
    left = parseJoinTail(cursor, { kind: 'join', type: 'CROSS', left, right: parseFactor(cursor), at })
  }
  return left
}

/** Left to right: `a, b JOIN c` is `(a CROSS JOIN b) JOIN c`. */
function parseJoinTail(cursor: Cursor, first: From): From {
  for (let left = first; ;) {
    const joined = parseJoin(cursor, left)
    if (!joined) return left
    left = joined
  }
}

/** Undefined when no join stands there. */
export function parseJoin(cursor: Cursor, left: From): From | undefined {
  const at = cursor.at
  if (cursor.isWord('NATURAL')) throw unsupported('NATURAL JOIN', at)
  const type = joinType(cursor)
  if (!type) return undefined
  const right = parseFactor(cursor)
  if (type === 'CROSS') return { kind: 'join', type, left, right, at }
  if (cursor.acceptWord('ON')) return { kind: 'join', type, left, right, on: cursor.expression(), at }
  if (cursor.acceptWord('USING')) {
    cursor.expectSymbol('(')
    const using = cursor.list(() => cursor.name())
    cursor.expectSymbol(')')
    return { kind: 'join', type, left, right, using, at }
  }
  if (right.kind === 'unnest' || (right.kind === 'table' && right.path.length > 1))
    return { kind: 'join', type, left, right, at }
  throw invalid(`Syntax error: ${type} JOIN must have an immediately following ON or USING clause`, at)
}

function joinType(cursor: Cursor): 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS' | undefined {
  if (cursor.acceptWord('JOIN') || cursor.acceptWord('INNER JOIN')) return 'INNER'
  if (cursor.acceptWord('CROSS JOIN')) return 'CROSS'
  for (const side of ['LEFT', 'RIGHT', 'FULL'] as const)
    if (cursor.acceptWord(`${side} JOIN`) || cursor.acceptWord(`${side} OUTER JOIN`)) return side
  return undefined
}

function parseFactor(cursor: Cursor): From {
  const at = cursor.at
  let factor: From
  if (cursor.acceptWord('UNNEST')) {
    cursor.expectSymbol('(')
    const value = cursor.expression()
    cursor.expectSymbol(')')
    factor = { kind: 'unnest', value, ...aliasAndOffset(cursor), at }
  } else if (cursor.acceptSymbol('(')) {
    let mark = cursor.mark
    let depth = 0
    while (cursor.isSymbol('(', depth)) depth++
    if (cursor.isQuery(depth)) {
      mark = cursor.mark
      const query = cursor.query()
      cursor.expectSymbol(')')
      factor = { kind: 'subquery', query, alias: parseAlias(cursor), at }
    } else {
      cursor.rewind(mark)
      factor = parseFrom(cursor)
      cursor.expectSymbol(')')
    }
  } else {
    if (cursor.isSymbol('[')) throw unsupported('Legacy SQL ([project:dataset.table])', at)
    const path = parseTablePath(cursor)
    factor = cursor.acceptSymbol('(') ? parseTableFunction(cursor, path, at) : parseTable(cursor, path, at)
  }
  if (cursor.isWord('FOR SYSTEM_TIME') || cursor.isWord('TABLESAMPLE'))
    throw invalid(
      `${cursor.isWord('FOR') ? 'FOR SYSTEM_TIME AS OF' : 'TABLESAMPLE'} is allowed for tables only`,
      cursor.at,
    )
  return parsePivots(cursor, factor)
}

function parseTable(cursor: Cursor, path: readonly string[], at: From['at']): From {
  const named = aliasAndOffset(cursor)
  const asOf = cursor.acceptWord('FOR SYSTEM_TIME AS OF') ? { asOf: cursor.expression() } : {}
  return { kind: 'table', path, ...named, ...asOf, ...parseSample(cursor), at }
}

/** `SYSTEM (100 PERCENT)`. What is less depends on how the rows lie in BigQuery's blocks. */
function parseSample(cursor: Cursor): { isSampled?: boolean } {
  const at = cursor.at
  if (!cursor.acceptWord('TABLESAMPLE')) return {}
  cursor.expectWord('SYSTEM')
  cursor.expectSymbol('(')
  const percent = cursor.expression()
  cursor.expectWord('PERCENT')
  cursor.expectSymbol(')')
  const value = percent.kind === 'literal' ? Number(percent.value) : Number.NaN
  if (value < 0 || value > 100) throw invalid('TABLESAMPLE takes a value between 0 and 100 PERCENT', at)
  if (value !== 100) throw unsupported('TABLESAMPLE of less than 100 PERCENT', at)
  return { isSampled: true }
}

function parseTableFunction(cursor: Cursor, path: readonly string[], at: From['at']): From {
  if (cursor.isWord('TABLE')) throw unsupported('A table as an argument', cursor.at)
  const args = cursor.isSymbol(')') ? [] : cursor.list(() => cursor.expression())
  cursor.expectSymbol(')')
  return { kind: 'tableFunction', path, args, alias: parseAlias(cursor), at }
}

function parseAlias(cursor: Cursor): string | undefined {
  if (cursor.isWord('MATCH_RECOGNIZE') && cursor.isSymbol('(', 1))
    throw unsupported('MATCH_RECOGNIZE', cursor.at)
  if (startsPivot(cursor)) return undefined
  if (cursor.acceptWord('AS')) return cursor.name()
  if (!cursor.isName() || cursor.isWord('TABLESAMPLE')) return undefined
  return cursor.name()
}

function aliasAndOffset(cursor: Cursor): { alias?: string; offset?: string; hasOffset: boolean } {
  const alias = parseAlias(cursor)
  if (!cursor.acceptWord('WITH OFFSET')) return { alias, hasOffset: false }
  const offset = cursor.acceptWord('AS') || cursor.isName() ? cursor.name() : 'offset'
  return { alias, offset, hasOffset: true }
}

/** `a.b.c`, `` `a.b.c` ``, `` `a.b`.c `` and the dashed project form `my-project.d.t`. */
export function parseTablePath(cursor: Cursor): string[] {
  const parts: string[] = []
  const push = (part: string, isQuoted: boolean) => {
    parts.push(...(isQuoted ? part.split('.') : [part]))
  }
  const first = cursor.peek()
  let name = cursor.name()
  if (first.kind === 'word')
    while (
      cursor.isSymbol('-') &&
      cursor.peek().start === cursor.lastEnd &&
      ['word', 'integer'].includes(cursor.peek(1).kind) &&
      cursor.peek(1).start === cursor.peek().end
    ) {
      cursor.next()
      name += `-${cursor.next().text}`
    }
  push(name, first.kind === 'quoted')
  while (cursor.isSymbol('.')) {
    cursor.next()
    const isQuoted = cursor.peek().kind === 'quoted'
    push(cursor.nameAfterDot(), isQuoted)
  }
  if (parts.some((part) => part === '')) throw invalid(`Invalid table name: ${parts.join('.')}`, first.at)
  return parts
}
