/**
 * `FROM t |> WHERE … |> AGGREGATE …`: each operator becomes the SELECT that says the same. The rarer ones are
 * refused by name.
 * https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/pipe-syntax
 */
import { unsupported } from '../refusal.ts'
import { parseOrderItems } from './call-parser.ts'
import type { Cursor } from './cursor.ts'
import { parseFrom, parseJoin } from './from-parser.ts'
import { parsePivots } from './pivot-parser.ts'
import { endsItems, parseItem, parseItems } from './select-items.ts'
import type { Body, Expression, From, Query, Select, SelectItem } from './syntax.ts'

type At = Query['at']
const REFUSED = ['TABLESAMPLE', 'WITH', 'CALL', 'ASSERT', 'WINDOW', 'MATCH_RECOGNIZE']
const SETS = ['UNION ALL', 'UNION DISTINCT', 'INTERSECT DISTINCT', 'EXCEPT DISTINCT'] as const

const star = (at: At, over: Partial<SelectItem & { kind: 'star' }> = {}): SelectItem => ({
  kind: 'star',
  except: [],
  replace: [],
  at,
  ...over,
})
const select = (at: At, over: Partial<Select>): Select => ({
  isDistinct: false,
  items: [star(at)],
  windows: [],
  at,
  ...over,
})
const queryOf = (body: Body, at: At): Query => ({ with: [], body, orderBy: [], at })

/** A FROM clause that is a whole query. */
export function parseFromClause(cursor: Cursor): Select {
  const { at } = cursor.next()
  return select(at, { from: parseFrom(cursor) })
}

/**
 * What came so far: rows of `from` that pass `where`, under the names that `from` gives them. Or, once columns are
 * chosen, a query that stands for them.
 */
interface Input {
  readonly from: From
  readonly where?: Expression
}

export function parsePipes(cursor: Cursor, first: Query): Query {
  const { with: ctes, at: start, ...rest } = first
  let query: Query = { ...rest, with: [], at: start }
  while (cursor.acceptSymbol('|>')) query = parseOperator(cursor, query)
  return { ...query, with: ctes }
}

/** `SELECT * FROM …` that nothing was done to keeps the names of its tables. */
function inputOf(query: Query, at: At, alias?: string): Input {
  const { body, orderBy, limit } = query
  const found = body.kind === 'select' && orderBy.length === 0 && !limit ? body.select : undefined
  const [only, ...others] = found?.items ?? []
  const isOpen =
    found?.from !== undefined &&
    others.length === 0 &&
    only?.kind === 'star' &&
    !only.of &&
    only.except.length + only.replace.length + (only.rename?.length ?? 0) === 0 &&
    !found.isDistinct &&
    !found.as &&
    !found.groupBy &&
    !found.having &&
    !found.qualify
  if (isOpen && alias === undefined) return { from: found.from, where: found.where }
  return { from: { kind: 'subquery', query, alias, at } }
}

function parseOperator(cursor: Cursor, query: Query): Query {
  const at = cursor.at
  const chosen = (over: Partial<Select>): Query =>
    queryOf({ kind: 'select', select: select(at, { ...inputOf(query, at), ...over }) }, at)
  const refused = REFUSED.find((word) => cursor.isWord(word))
  if (refused) throw unsupported(`The pipe operator ${refused}`, at)
  if (cursor.acceptWord('SELECT')) {
    const isDistinct = cursor.acceptWord('DISTINCT')
    if (cursor.isWord('AS')) throw unsupported('SELECT AS in pipe syntax', cursor.at)
    return chosen({ isDistinct, items: parseItems(cursor) })
  }
  if (cursor.acceptWord('DISTINCT')) return chosen({ isDistinct: true })
  if (cursor.acceptWord('EXTEND')) return chosen({ items: [star(at), ...parseItems(cursor)] })
  if (cursor.acceptWord('SET')) return chosen({ items: [star(at, { replace: parseSets(cursor) })] })
  if (cursor.acceptWord('DROP'))
    return chosen({ items: [star(at, { except: cursor.list(() => cursor.name()) })] })
  if (cursor.acceptWord('RENAME')) return chosen({ items: [star(at, { rename: parseRenames(cursor) })] })
  if (cursor.isWord('PIVOT') || cursor.isWord('UNPIVOT')) {
    const source: From = { kind: 'subquery', query, at }
    return queryOf({ kind: 'select', select: select(at, { from: parsePivots(cursor, source) }) }, at)
  }
  if (cursor.acceptWord('AGGREGATE')) return chosen(parseAggregate(cursor, at))
  if (cursor.acceptWord('AS')) {
    const { from } = inputOf(query, at, cursor.name())
    return queryOf({ kind: 'select', select: select(at, { from }) }, at)
  }
  if (cursor.acceptWord('WHERE')) {
    const { from, where } = inputOf(query, at)
    const more = cursor.expression()
    const both: Expression =
      where === undefined ? more : { kind: 'binary', operator: 'AND', left: where, right: more, at }
    return queryOf({ kind: 'select', select: select(at, { from, where: both }) }, at)
  }
  if (cursor.acceptWord('ORDER BY')) {
    const orderBy = parseOrderItems(cursor)
    return { ...chosen({}), orderBy }
  }
  if (cursor.acceptWord('LIMIT')) {
    const limit = cursor.expression()
    const offset = cursor.acceptWord('OFFSET') ? cursor.expression() : undefined
    return { ...(query.limit ? chosen({}) : query), limit, offset }
  }
  const operator = SETS.find((words) => cursor.acceptWord(words))
  if (operator) {
    const other = cursor.list((): Body => {
      cursor.expectSymbol('(')
      const right: Body = { kind: 'query', query: cursor.query() }
      cursor.expectSymbol(')')
      return right
    })
    const left: Body = { kind: 'query', query }
    return queryOf(
      other.reduce((before, right): Body => ({ kind: 'set', operator, left: before, right, at }), left),
      at,
    )
  }
  const { from, where } = inputOf(query, at)
  const left: From = where === undefined ? from : { kind: 'subquery', query, at }
  const joined = parseJoin(cursor, left)
  if (joined) return queryOf({ kind: 'select', select: select(at, { from: joined }) }, at)
  throw cursor.unexpected('a pipe operator')
}

function parseRenames(cursor: Cursor): { from: string; to: string }[] {
  return cursor.list(() => {
    const from = cursor.name()
    cursor.acceptWord('AS')
    return { from, to: cursor.name() }
  })
}

function parseSets(cursor: Cursor): { name: string; expression: Expression }[] {
  return cursor.list(() => {
    const name = cursor.name()
    cursor.expectSymbol('=')
    return { name, expression: cursor.expression() }
  })
}

/** The keys come first, then what is computed; without keys it is one row, whatever there is. */
function parseAggregate(cursor: Cursor, at: At): Pick<Select, 'items' | 'groupBy'> {
  const ends = (): boolean => endsItems(cursor) || cursor.isWord('GROUP')
  const computed: SelectItem[] = []
  while (!ends()) {
    computed.push(aggregateItem(cursor))
    if (!cursor.acceptSymbol(',')) break
  }
  if (cursor.isWord('GROUP AND')) throw unsupported('GROUP AND ORDER BY', cursor.at)
  if (!cursor.acceptWord('GROUP BY')) {
    if (computed.length === 0) throw cursor.unexpected('an aggregate function')
    return { items: computed, groupBy: { kind: 'SETS', sets: [[]] } }
  }
  for (const word of ['ROLLUP', 'CUBE', 'GROUPING SETS', 'ALL'])
    if (cursor.isWord(word)) throw unsupported(`GROUP BY ${word} in pipe syntax`, cursor.at)
  const keys = cursor.list(() => aggregateItem(cursor))
  return {
    items: [...keys, ...computed],
    groupBy: {
      kind: 'PLAIN',
      items: keys.map((_key, index) => ({ kind: 'literal', type: 'INT64', value: String(index + 1), at })),
    },
  }
}

function aggregateItem(cursor: Cursor): SelectItem {
  const item = parseItem(cursor)
  if (item.kind === 'star') throw unsupported('* in AGGREGATE', item.at)
  if (cursor.isWord('ASC') || cursor.isWord('DESC')) throw unsupported('ASC and DESC in AGGREGATE', cursor.at)
  if (item.expression.kind === 'literal') throw unsupported('A literal in AGGREGATE', item.expression.at)
  return item
}
