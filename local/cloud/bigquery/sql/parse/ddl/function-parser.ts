/**
 * CREATE FUNCTION and CREATE TABLE FUNCTION in SQL. JavaScript, Python and remote functions are refused by name:
 * nothing here runs them.
 */
import { invalid, unsupported } from '../../refusal.ts'
import type { Cursor } from '../cursor.ts'
import type { ArgumentSyntax, StatementSyntax } from '../statement-syntax.ts'
import { parseType } from '../type-parser.ts'
import { parseOptions } from './options-parser.ts'

export type Head = { path: readonly string[]; orReplace: boolean; ifNotExists: boolean; at: Cursor['at'] }

export function parseCreateFunction(
  cursor: Cursor,
  { isTemp, isTable, ...head }: Head & { isTemp: boolean; isTable: boolean },
): StatementSyntax {
  const args = parseArguments(cursor)
  const returns = cursor.acceptWord('RETURNS') ? parseReturns(cursor, isTable) : {}
  if (cursor.isWord('DETERMINISTIC') || cursor.isWord('NOT DETERMINISTIC') || cursor.isWord('LANGUAGE'))
    throw foreign(cursor)
  if (cursor.isWord('REMOTE')) throw unsupported('A remote function', cursor.at)
  const before = parseOptions(cursor)
  cursor.expectWord('AS')
  if (isTable) {
    const options = before
    const start = cursor.peek().start
    const query = cursor.query()
    const text = cursor.sql.slice(start, cursor.lastEnd)
    return { kind: 'createFunction', ...head, isTemp, args, ...returns, options, query, text }
  }
  const at = cursor.at
  if (!cursor.acceptSymbol('('))
    throw cursor.peek().kind === 'string'
      ? invalid('The body of a SQL function is an expression in parentheses', at)
      : cursor.unexpected('"("')
  const start = cursor.peek().start
  const body = cursor.isQuery() ? undefined : cursor.expression()
  if (!body)
    throw invalid('The body of a function is an expression: put a query in a second pair of parentheses', at)
  const text = cursor.sql.slice(start, cursor.lastEnd)
  cursor.expectSymbol(')')
  const options = before.length > 0 ? before : parseOptions(cursor)
  return { kind: 'createFunction', ...head, isTemp, args, ...returns, options, body, text }
}

function foreign(cursor: Cursor): Error {
  const { at } = cursor
  while (!cursor.isWord('LANGUAGE') && cursor.peek().kind !== 'end') cursor.next()
  const language = cursor.peek(1).text
  return unsupported(/^js$/i.test(language) ? 'A JavaScript function' : `A function in ${language}`, at)
}

function parseArguments(cursor: Cursor): ArgumentSyntax[] {
  cursor.expectSymbol('(')
  const args: ArgumentSyntax[] = []
  if (!cursor.isSymbol(')'))
    args.push(
      ...cursor.list((): ArgumentSyntax => {
        const at = cursor.at
        const name = cursor.name()
        if (cursor.acceptWord('ANY TYPE')) return { name, at }
        if (cursor.isWord('ANY TABLE') || cursor.isWord('TABLE'))
          throw unsupported('A table as an argument', at)
        const type = parseType(cursor)
        if (cursor.isWord('DEFAULT')) throw unsupported('A default of an argument', cursor.at)
        return { name, type, at }
      }),
    )
  cursor.expectSymbol(')')
  const twice = args.find(
    (arg, i) => args.findIndex((o) => o.name.toLowerCase() === arg.name.toLowerCase()) !== i,
  )
  if (twice) throw invalid(`Duplicate argument name ${twice.name}`, twice.at)
  return args
}

function parseReturns(cursor: Cursor, isTable: boolean) {
  if (!isTable) return { returns: parseType(cursor) }
  cursor.expectWord('TABLE')
  cursor.expectSymbol('<')
  const returnsTable = cursor.list(() => ({ name: cursor.name(), type: parseType(cursor) }))
  cursor.expectCloser()
  return { returnsTable }
}
