/** One query or expression from text, whole: anything after it is an error. */
import { openText } from './grammar.ts'
import type { Expression, Query } from './syntax.ts'

export function parseQueryText(sql: string): Query {
  const cursor = openText(sql)
  const query = cursor.query()
  cursor.acceptSymbol(';')
  if (cursor.peek().kind !== 'end') throw cursor.unexpected()
  return query
}

export function parseExpressionText(sql: string): Expression {
  const cursor = openText(sql)
  const expression = cursor.expression()
  if (cursor.peek().kind !== 'end') throw cursor.unexpected()
  return expression
}
