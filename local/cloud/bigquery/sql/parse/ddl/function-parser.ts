/**
 * CREATE FUNCTION, TABLE FUNCTION and PROCEDURE in SQL. JavaScript, Python and remote functions are refused by name:
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
  {
    isTemp,
    what,
    ...head
  }: Head & { isTemp: boolean; what: 'FUNCTION' | 'TABLE FUNCTION' | 'AGGREGATE FUNCTION' },
): StatementSyntax {
  const [isTable, isAggregate] = [what === 'TABLE FUNCTION', what === 'AGGREGATE FUNCTION']
  const args = parseArguments(cursor, parseFunctionArgument)
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
  return { kind: 'createFunction', ...head, isTemp, isAggregate, args, ...returns, options, body, text }
}

/** The body is a block of a script, kept as text from BEGIN to END. */
export function parseCreateProcedure(cursor: Cursor, head: Head): StatementSyntax {
  const args = parseArguments(cursor, parseProcedureArgument)
  if (cursor.isWord('EXTERNAL SECURITY')) throw unsupported('EXTERNAL SECURITY of a procedure', cursor.at)
  if (cursor.isWord('WITH CONNECTION') || cursor.isWord('LANGUAGE'))
    throw unsupported('A procedure in another language than SQL', cursor.at)
  const options = parseOptions(cursor)
  const start = cursor.peek().start
  cursor.block()
  return { kind: 'createProcedure', ...head, args, options, text: cursor.sql.slice(start, cursor.lastEnd) }
}

function parseProcedureArgument(cursor: Cursor): ArgumentSyntax {
  const at = cursor.at
  // An argument may be called `out` as well.
  const word = (['INOUT', 'OUT', 'IN'] as const).find((one) => cursor.isWord(one))
  const mode = word && (word === 'IN' || cursor.isName(1)) ? word : undefined
  if (mode) cursor.next()
  const name = cursor.name()
  if (cursor.isWord('ANY TYPE')) throw unsupported('ANY TYPE as an argument of a procedure', at)
  return { name, type: parseType(cursor), at, ...(mode ? { mode } : {}) }
}

function foreign(cursor: Cursor): Error {
  const { at } = cursor
  while (!cursor.isWord('LANGUAGE') && cursor.peek().kind !== 'end') cursor.next()
  const language = cursor.peek(1).text
  return unsupported(/^js$/i.test(language) ? 'A JavaScript function' : `A function in ${language}`, at)
}

function parseFunctionArgument(cursor: Cursor): ArgumentSyntax {
  const at = cursor.at
  const name = cursor.name()
  if (cursor.acceptWord('ANY TYPE')) return { name, at }
  if (cursor.isWord('ANY TABLE') || cursor.isWord('TABLE')) throw unsupported('A table as an argument', at)
  const type = parseType(cursor)
  if (cursor.isWord('NOT AGGREGATE')) throw unsupported('A NOT AGGREGATE argument', cursor.at)
  if (cursor.isWord('DEFAULT')) throw unsupported('A default of an argument', cursor.at)
  return { name, type, at }
}

function parseArguments(cursor: Cursor, one: (cursor: Cursor) => ArgumentSyntax): ArgumentSyntax[] {
  cursor.expectSymbol('(')
  const args = cursor.isSymbol(')') ? [] : cursor.list(() => one(cursor))
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
