/**
 * Operands: literals, names, constructors, CASE, CAST, EXTRACT, subqueries, and the postfix `.field` and
 * `[index]`.
 */
import { invalid, unsupported } from '../refusal.ts'
import { finishCall } from './call-parser.ts'
import type { Cursor } from './cursor.ts'
import type { Expression, LiteralType, TypeSyntax } from './syntax.ts'
import { parseType } from './type-parser.ts'

export function parsePrimary(cursor: Cursor): Expression {
  let expression = parseOperand(cursor)
  for (;;) {
    const at = cursor.at
    if (cursor.isSymbol('.') && !cursor.isSymbol('*', 1)) {
      cursor.next()
      const name = cursor.nameAfterDot()
      if (cursor.isSymbol('(') && expression.kind === 'path') {
        expression = finishCall(cursor, [...expression.parts, name], expression.at)
        continue
      }
      expression =
        expression.kind === 'path'
          ? { ...expression, parts: [...expression.parts, name] }
          : { kind: 'field', object: expression, name, at }
    } else if (cursor.acceptSymbol('[')) {
      expression = parseIndex(cursor, expression)
    } else return expression
  }
}

function parseIndex(cursor: Cursor, object: Expression): Expression {
  const mode = (['OFFSET', 'ORDINAL', 'SAFE_OFFSET', 'SAFE_ORDINAL'] as const).find(
    (word) => cursor.isWord(word) && cursor.isSymbol('(', 1),
  )
  if (mode) {
    cursor.next()
    cursor.next()
  }
  const index = cursor.expression()
  if (mode) cursor.expectSymbol(')')
  cursor.expectSymbol(']')
  return { kind: 'index', object, index, mode: mode ?? 'PLAIN', at: object.at }
}

function parseOperand(cursor: Cursor): Expression {
  const token = cursor.peek()
  const at = token.at
  const literal = (type: LiteralType, value: string): Expression => {
    cursor.next()
    return { kind: 'literal', type, value, at }
  }
  switch (token.kind) {
    case 'integer':
      return literal('INT64', token.value)
    case 'float':
      return literal('FLOAT64', token.value)
    case 'string':
      return literal('STRING', token.value)
    case 'bytes':
      return literal('BYTES', token.value)
    case 'parameter':
      cursor.next()
      return { kind: 'parameter', name: token.value || undefined, index: token.start, at }
    case 'system':
      cursor.next()
      return { kind: 'system', name: token.value, at }
    case 'quoted':
      cursor.next()
      return cursor.isSymbol('(')
        ? finishCall(cursor, [token.value], at)
        : { kind: 'path', parts: [token.value], at }
    case 'word':
      return parseWord(cursor)
    default:
  }
  if (cursor.isSymbol('(')) return parseParenthesis(cursor)
  if (cursor.isSymbol('[')) {
    cursor.next()
    return parseItems(cursor, undefined, at)
  }
  throw cursor.unexpected()
}

function parseWord(cursor: Cursor): Expression {
  const { at, value } = cursor.peek()
  switch (value) {
    case 'NULL':
      cursor.next()
      return { kind: 'literal', type: 'NULL', value: '', at }
    case 'TRUE':
    case 'FALSE':
      cursor.next()
      return { kind: 'literal', type: 'BOOL', value: value.toLowerCase(), at }
    case 'CASE':
      return parseCase(cursor)
    case 'CAST':
      return parseCast(cursor, false)
    case 'SAFE_CAST':
      if (cursor.isSymbol('(', 1)) return parseCast(cursor, true)
      break
    case 'EXTRACT':
      return parseExtract(cursor)
    // Reserved words that are functions as well.
    case 'COLLATE':
    case 'GROUPING':
      if (!cursor.isSymbol('(', 1)) break
      cursor.next()
      return finishCall(cursor, [value], at)
    case 'INTERVAL':
      return parseInterval(cursor)
    case 'ARRAY':
      return parseArray(cursor)
    case 'STRUCT':
      return parseStruct(cursor)
    case 'EXISTS': {
      cursor.next()
      return { kind: 'exists', query: parenthesisedQuery(cursor), at }
    }
    case 'DATE':
    case 'TIMESTAMP':
    case 'DATETIME':
    case 'TIME':
    case 'NUMERIC':
    case 'JSON':
    case 'BIGNUMERIC':
      if (cursor.peek(1).kind === 'string') {
        if (value === 'BIGNUMERIC') throw unsupported('Type BIGNUMERIC', at)
        cursor.next()
        return { kind: 'literal', type: value, value: cursor.next().value, at }
      }
      break
    case 'RANGE':
      throw unsupported('Type RANGE', at)
    case 'NEW':
      throw unsupported('Operator NEW', at)
    case 'IF':
    case 'LEFT':
    case 'RIGHT':
    case 'GROUPING':
      if (cursor.isSymbol('(', 1)) {
        cursor.next()
        return finishCall(cursor, [value], at)
      }
      break
    default:
  }
  const name = cursor.name()
  if (cursor.isSymbol('(')) return finishCall(cursor, [name], at)
  if (['CURRENT_DATE', 'CURRENT_TIMESTAMP', 'CURRENT_DATETIME', 'CURRENT_TIME'].includes(value))
    return {
      kind: 'call',
      name: value,
      path: [value],
      isSafe: false,
      args: [],
      isDistinct: false,
      orderBy: [],
      at,
    }
  return { kind: 'path', parts: [name], at }
}

function parenthesisedQuery(cursor: Cursor) {
  cursor.expectSymbol('(')
  const query = cursor.query()
  cursor.expectSymbol(')')
  return query
}

function startsQuery(cursor: Cursor, ahead: number): boolean {
  let i = ahead
  while (cursor.isSymbol('(', i)) i++
  return cursor.isQuery(i) && !(cursor.isWord('WITH', i) && cursor.isSymbol('(', i + 1))
}

function parseParenthesis(cursor: Cursor): Expression {
  const at = cursor.at
  if (cursor.isQuery(1)) return { kind: 'subquery', query: parenthesisedQuery(cursor), at }
  if (startsQuery(cursor, 1)) {
    const mark = cursor.mark
    try {
      return { kind: 'subquery', query: parenthesisedQuery(cursor), at }
    } catch {
      cursor.rewind(mark)
    }
  }
  cursor.next()
  const items = cursor.list(() => cursor.expression())
  cursor.expectSymbol(')')
  return items.length === 1 ? items[0]! : { kind: 'struct', fields: items.map((value) => ({ value })), at }
}

function parseCase(cursor: Cursor): Expression {
  const { at } = cursor.next()
  const operand = cursor.isWord('WHEN') ? undefined : cursor.expression()
  const branches: { when: Expression; then: Expression }[] = []
  while (cursor.acceptWord('WHEN')) {
    const when = cursor.expression()
    cursor.expectWord('THEN')
    branches.push({ when, then: cursor.expression() })
  }
  if (branches.length === 0) throw cursor.unexpected('keyword WHEN')
  const otherwise = cursor.acceptWord('ELSE') ? cursor.expression() : undefined
  cursor.expectWord('END')
  return { kind: 'case', operand, branches, otherwise, at }
}

function parseCast(cursor: Cursor, isSafe: boolean): Expression {
  const { at } = cursor.next()
  cursor.expectSymbol('(')
  const operand = cursor.expression()
  cursor.expectWord('AS')
  const type = parseType(cursor)
  const format = cursor.acceptWord('FORMAT') ? cursor.expression() : undefined
  if (format === undefined && cursor.isWord('AT TIME ZONE'))
    throw unsupported('CAST … AT TIME ZONE', cursor.at)
  const zone = cursor.acceptWord('AT TIME ZONE') ? cursor.expression() : undefined
  cursor.expectSymbol(')')
  return { kind: 'cast', operand, type, isSafe, format, zone, at }
}

function parseExtract(cursor: Cursor): Expression {
  const { at } = cursor.next()
  cursor.expectSymbol('(')
  const part = cursor.name().toUpperCase()
  let weekday: string | undefined
  if (cursor.acceptSymbol('(')) {
    weekday = cursor.name().toUpperCase()
    cursor.expectSymbol(')')
  }
  cursor.expectWord('FROM')
  const operand = cursor.expression()
  const zone = cursor.acceptWord('AT TIME ZONE') ? cursor.expression() : undefined
  cursor.expectSymbol(')')
  return { kind: 'extract', part, weekday, operand, zone, at }
}

function parseInterval(cursor: Cursor): Expression {
  const { at } = cursor.next()
  const value = cursor.expression()
  const first = cursor.name().toUpperCase()
  const unit = cursor.acceptWord('TO') ? `${first} TO ${cursor.name().toUpperCase()}` : first
  return { kind: 'interval', value, unit, at }
}

function parseArray(cursor: Cursor): Expression {
  const { at } = cursor.next()
  if (cursor.isSymbol('(')) return { kind: 'arraySubquery', query: parenthesisedQuery(cursor), at }
  let element: TypeSyntax | undefined
  if (cursor.acceptSymbol('<')) {
    element = parseType(cursor)
    cursor.expectCloser()
  }
  cursor.expectSymbol('[')
  return parseItems(cursor, element, at)
}

function parseItems(cursor: Cursor, element: TypeSyntax | undefined, at: Expression['at']): Expression {
  const items = cursor.isSymbol(']') ? [] : cursor.list(() => cursor.expression())
  cursor.expectSymbol(']')
  return { kind: 'array', element, items, at }
}

function parseStruct(cursor: Cursor): Expression {
  const mark = cursor.mark
  const { at } = cursor.next()
  let declared: readonly { name?: string; type: TypeSyntax }[] | undefined
  if (cursor.isSymbol('<')) {
    cursor.rewind(mark)
    const type = parseType(cursor)
    if (type.kind === 'struct') declared = type.fields
  }
  cursor.expectSymbol('(')
  const fields = cursor.isSymbol(')')
    ? []
    : cursor.list(() => {
        const value = cursor.expression()
        if (cursor.acceptWord('AS')) {
          if (declared)
            throw invalid(
              'Syntax error: STRUCT constructors cannot specify both an explicit type and field names with AS',
              cursor.at,
            )
          return { value, name: cursor.name() }
        }
        return { value, name: value.kind === 'path' && !declared ? value.parts.at(-1)! : undefined }
      })
  cursor.expectSymbol(')')
  if (!declared) return { kind: 'struct', fields, at }
  if (declared.length !== fields.length)
    throw invalid('STRUCT type has a different number of fields than the constructor', at)
  return {
    kind: 'struct',
    fields: fields.map((field, i) => ({
      value: field.value,
      name: declared[i]!.name,
      type: declared[i]!.type,
    })),
    at,
  }
}
