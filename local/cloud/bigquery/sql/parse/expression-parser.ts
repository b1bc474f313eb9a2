/** Operators of GoogleSQL by precedence; https://cloud.google.com/bigquery/docs/reference/standard-sql/operators. */
import { unsupported } from '../refusal.ts'
import type { Cursor } from './cursor.ts'
import { parsePrimary } from './primary-parser.ts'
import type { Expression } from './syntax.ts'

export function parseExpression(cursor: Cursor): Expression {
  return cursor.nested(() => parseOr(cursor))
}

function parseOr(cursor: Cursor): Expression {
  let left = parseAnd(cursor)
  while (cursor.isWord('OR')) {
    const { at } = cursor.next()
    left = { kind: 'binary', operator: 'OR', left, right: parseAnd(cursor), at }
  }
  return left
}

function parseAnd(cursor: Cursor): Expression {
  let left = parseNot(cursor)
  while (cursor.isWord('AND')) {
    const { at } = cursor.next()
    left = { kind: 'binary', operator: 'AND', left, right: parseNot(cursor), at }
  }
  return left
}

function parseNot(cursor: Cursor): Expression {
  if (!cursor.isWord('NOT')) return parseComparison(cursor)
  const { at } = cursor.next()
  return { kind: 'unary', operator: 'NOT', operand: cursor.nested(() => parseNot(cursor)), at }
}

const COMPARISONS = ['=', '<', '>', '<=', '>=', '!=', '<>']

function parseComparison(cursor: Cursor): Expression {
  const left = parseOrBits(cursor)
  const at = cursor.at
  const symbol = COMPARISONS.find((candidate) => cursor.isSymbol(candidate))
  if (symbol) {
    cursor.next()
    return single(cursor, {
      kind: 'binary',
      operator: symbol === '<>' ? '!=' : symbol,
      left,
      right: parseOrBits(cursor),
      at,
    })
  }
  if (cursor.acceptWord('IS')) {
    const isNot = cursor.acceptWord('NOT')
    if (cursor.acceptWord('DISTINCT FROM'))
      return single(cursor, {
        kind: 'binary',
        operator: isNot ? 'IS NOT DISTINCT FROM' : 'IS DISTINCT FROM',
        left,
        right: parseOrBits(cursor),
        at,
      })
    for (const test of ['NULL', 'TRUE', 'FALSE'] as const)
      if (cursor.acceptWord(test)) return single(cursor, { kind: 'is', operand: left, test, isNot, at })
    if (cursor.isWord('UNKNOWN')) throw unsupported('IS UNKNOWN', cursor.at)
    throw cursor.unexpected('keyword NULL, TRUE, FALSE or DISTINCT')
  }
  const isNot = cursor.isWord('NOT') && ['IN', 'BETWEEN', 'LIKE'].some((word) => cursor.isWord(word, 1))
  if (isNot) cursor.next()
  if (cursor.acceptWord('BETWEEN')) {
    const low = parseOrBits(cursor)
    cursor.expectWord('AND')
    return single(cursor, { kind: 'between', operand: left, low, high: parseOrBits(cursor), isNot, at })
  }
  if (cursor.acceptWord('LIKE')) {
    const quantifier = ['ANY', 'SOME', 'ALL'].find((word) => cursor.isWord(word))
    if (quantifier) return single(cursor, parseLikeAny(cursor, left, quantifier, isNot))
    return single(cursor, { kind: 'like', operand: left, pattern: parseOrBits(cursor), isNot, at })
  }
  if (cursor.acceptWord('IN')) return single(cursor, parseIn(cursor, left, isNot))
  return left
}

/** `x LIKE ANY (a, b)` is `x LIKE a OR x LIKE b`, with NOT before each. */
function parseLikeAny(cursor: Cursor, operand: Expression, quantifier: string, isNot: boolean): Expression {
  const { at } = cursor.next()
  if (!cursor.acceptSymbol('(') || cursor.isQuery())
    throw unsupported(`LIKE ${quantifier} with anything but a list of patterns`, at)
  const patterns = cursor.list(() => cursor.expression())
  cursor.expectSymbol(')')
  const operator = quantifier === 'ALL' ? 'AND' : 'OR'
  return patterns
    .map((pattern): Expression => ({ kind: 'like', operand, pattern, isNot, at }))
    .reduce((left, right) => ({ kind: 'binary', operator, left, right, at }))
}

/** Comparison operators do not associate: a = b = c is a syntax error in BigQuery. */
function single(cursor: Cursor, expression: Expression): Expression {
  if (COMPARISONS.some((symbol) => cursor.isSymbol(symbol))) throw cursor.unexpected()
  return expression
}

function parseIn(cursor: Cursor, operand: Expression, isNot: boolean): Expression {
  const at = operand.at
  if (cursor.acceptWord('UNNEST')) {
    cursor.expectSymbol('(')
    const unnest = cursor.expression()
    cursor.expectSymbol(')')
    return { kind: 'in', operand, isNot, unnest, at }
  }
  cursor.expectSymbol('(')
  if (cursor.isQuery()) {
    const query = cursor.query()
    cursor.expectSymbol(')')
    return { kind: 'in', operand, isNot, query, at }
  }
  const list = cursor.list(() => cursor.expression())
  cursor.expectSymbol(')')
  return { kind: 'in', operand, isNot, list, at }
}

/** From the loosest to the tightest: `|`, `^`, `&`, shifts, sums. */
const parseOrBits = (cursor: Cursor): Expression => parseBits(cursor, 0)
const BIT_LEVELS = [['|'], ['^'], ['&'], ['<<', '>>']]

function parseBits(cursor: Cursor, level: number): Expression {
  const symbols = BIT_LEVELS[level]
  if (symbols === undefined) return parseSum(cursor)
  let left = parseBits(cursor, level + 1)
  while (symbols.some((symbol) => cursor.isSymbol(symbol))) {
    const { at, text } = cursor.next()
    left = { kind: 'binary', operator: text, left, right: parseBits(cursor, level + 1), at }
  }
  return left
}

function parseSum(cursor: Cursor): Expression {
  let left = parseProduct(cursor)
  while (cursor.isSymbol('+') || cursor.isSymbol('-')) {
    const { at, text } = cursor.next()
    left = { kind: 'binary', operator: text, left, right: parseProduct(cursor), at }
  }
  return left
}

/** BigQuery gives `||` the precedence of `*`. */
function parseProduct(cursor: Cursor): Expression {
  let left = parseUnary(cursor)
  while (cursor.isSymbol('*') || cursor.isSymbol('/') || cursor.isSymbol('||')) {
    const { at, text } = cursor.next()
    left = { kind: 'binary', operator: text, left, right: parseUnary(cursor), at }
  }
  return left
}

function parseUnary(cursor: Cursor): Expression {
  const at = cursor.at
  if (!['-', '+', '~'].some((symbol) => cursor.isSymbol(symbol))) return parsePrimary(cursor)
  const operator = cursor.next().text as '-' | '+' | '~'
  const operand = cursor.nested(() => parseUnary(cursor))
  if (
    operator === '-' &&
    operand.kind === 'literal' &&
    (operand.type === 'INT64' || operand.type === 'FLOAT64') &&
    !operand.value.startsWith('-')
  )
    return { ...operand, value: `-${operand.value}`, at }
  return { kind: 'unary', operator, operand, at }
}
