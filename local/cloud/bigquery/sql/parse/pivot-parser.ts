/** The clauses PIVOT and UNPIVOT behind a relation. */
import { invalid, unsupported } from '../refusal.ts'
import type { Cursor } from './cursor.ts'
import type { Expression, From, PivotAggregate, PivotValue } from './syntax.ts'

const isPivot = (cursor: Cursor): boolean => cursor.isWord('PIVOT') && cursor.isSymbol('(', 1)
const isUnpivot = (cursor: Cursor): boolean =>
  cursor.isWord('UNPIVOT') &&
  (cursor.isSymbol('(', 1) || ['INCLUDE', 'EXCLUDE'].some((word) => cursor.isWord(word, 1)))

/** Both words are names elsewhere. */
export const startsPivot = (cursor: Cursor): boolean => isPivot(cursor) || isUnpivot(cursor)

export function parsePivots(cursor: Cursor, source: From): From {
  let factor = source
  while (startsPivot(cursor))
    factor = isPivot(cursor) ? parsePivot(cursor, factor) : parseUnpivot(cursor, factor)
  return factor
}

function parsePivot(cursor: Cursor, source: From): From {
  const { at } = cursor.next()
  cursor.expectSymbol('(')
  const aggregates = cursor.list(() => parseAggregate(cursor))
  cursor.expectWord('FOR')
  const column = columnOf(cursor)
  cursor.expectWord('IN')
  cursor.expectSymbol('(')
  if (cursor.isWord('SELECT')) throw unsupported('PIVOT … IN a query', cursor.at)
  const values = cursor.list((): PivotValue => ({ value: cursor.expression(), alias: aliasOf(cursor) }))
  cursor.expectSymbol(')')
  cursor.expectSymbol(')')
  return { kind: 'pivot', source, aggregates, column, values, alias: outerAlias(cursor), at }
}

function parseAggregate(cursor: Cursor): PivotAggregate {
  const call = cursor.expression()
  if (call.kind !== 'call') throw unsupported('Anything but an aggregate function in PIVOT', call.at)
  return { call, alias: cursor.isWord('FOR') ? undefined : aliasOf(cursor), at: call.at }
}

function parseUnpivot(cursor: Cursor, source: From): From {
  const { at } = cursor.next()
  const hasNulls = cursor.acceptWord('INCLUDE NULLS')
  if (!hasNulls) cursor.acceptWord('EXCLUDE NULLS')
  cursor.expectSymbol('(')
  const values = oneOrMore(cursor, () => cursor.name())
  cursor.expectWord('FOR')
  const name = cursor.name()
  cursor.expectWord('IN')
  cursor.expectSymbol('(')
  const rows = cursor.list(() => {
    const start = cursor.at
    const columns = oneOrMore(cursor, () => columnOf(cursor))
    if (columns.length !== values.length)
      throw invalid('The columns of UNPIVOT are not as many as its values', start)
    return { columns, label: rowLabel(cursor) }
  })
  cursor.expectSymbol(')')
  cursor.expectSymbol(')')
  return { kind: 'unpivot', source, values, name, rows, hasNulls, alias: outerAlias(cursor), at }
}

/** `x` or `(x, y)`. */
function oneOrMore<T>(cursor: Cursor, read: () => T): readonly T[] {
  if (!cursor.acceptSymbol('(')) return [read()]
  const items = cursor.list(read)
  cursor.expectSymbol(')')
  return items
}

/** `column` or `alias.column`: an IN behind it is the clause's own. */
function columnOf(cursor: Cursor): Expression {
  const at = cursor.at
  const parts = [cursor.name()]
  while (cursor.acceptSymbol('.')) parts.push(cursor.nameAfterDot())
  return { kind: 'path', parts, at }
}

const aliasOf = (cursor: Cursor): string | undefined =>
  cursor.acceptWord('AS') || cursor.isName() ? cursor.name() : undefined

/** The name of the whole; `WHERE` and the like are no names. */
const outerAlias = (cursor: Cursor): string | undefined =>
  !startsPivot(cursor) && (cursor.acceptWord('AS') || cursor.isName()) ? cursor.name() : undefined

function rowLabel(cursor: Cursor): string | undefined {
  if (!cursor.acceptWord('AS') && !cursor.peek().kind.startsWith('string')) return undefined
  const label = cursor.expression()
  if (label.kind !== 'literal' || label.type !== 'STRING')
    throw unsupported('An alias of UNPIVOT that is not a string literal', label.at)
  return label.value
}
