/**
 * A script to statements: splits at semicolons, parses each whole, names what it does not support (control
 * flow, functions, transactions, legacy SQL).
 */
import { invalid, unsupported } from '../refusal.ts'
import type { ParsedStatement } from '../types.ts'
import type { Cursor } from './cursor.ts'
import { openText } from './grammar.ts'
import { parseAlter } from './ddl/alter-parser.ts'
import { parseCreate, parseDrop } from './ddl/create-parser.ts'
import { parseDelete, parseInsert, parseLoad, parseMerge, parseTruncate, parseUpdate } from './dml-parser.ts'
import type { StatementSyntax } from './statement-syntax.ts'
import { parseType } from './type-parser.ts'

const REFUSED = [
  'BEGIN TRANSACTION',
  'COMMIT TRANSACTION',
  'ROLLBACK TRANSACTION',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'IF',
  'LOOP',
  'WHILE',
  'REPEAT',
  'FOR',
  'CASE',
  'CALL',
  'EXECUTE IMMEDIATE',
  'EXPORT DATA',
  'GRANT',
  'REVOKE',
  'RAISE',
  'RETURN',
  'BREAK',
  'LEAVE',
  'CONTINUE',
  'ITERATE',
  'FROM',
  'EXPLAIN',
  'ANALYZE',
  'UNDROP',
  'CLONE',
  'PIVOT',
  'UNDROP SCHEMA',
]

export function parseStatements(
  sql: string,
  isPart = false,
): { syntax: StatementSyntax; parsed: ParsedStatement }[] {
  if (/^\s*#\s*legacySQL/im.test(sql)) throw unsupported('Legacy SQL')
  const cursor = openText(sql)
  const statements: { syntax: StatementSyntax; parsed: ParsedStatement }[] = []
  while (cursor.peek().kind !== 'end') {
    if (cursor.acceptSymbol(';')) continue
    const first = cursor.peek()
    const syntax = parseStatement(cursor)
    if (cursor.peek().kind !== 'end' && !cursor.isSymbol(';')) throw cursor.unexpected('end of input')
    const text = sql.slice(first.start, cursor.lastEnd)
    const variable =
      syntax.kind === 'declare'
        ? { names: syntax.names, type: syntax.typeText }
        : syntax.kind === 'set'
          ? { names: syntax.names }
          : undefined
    statements.push({
      syntax,
      parsed: {
        type: typeOf(syntax),
        text,
        line: first.at.line,
        column: first.at.column,
        ...(variable ? { variable } : {}),
      },
    })
  }
  if (statements.length === 0) throw invalid('Syntax error: Unexpected end of statement', cursor.at)
  const late = statements.findIndex(
    ({ syntax }, i) =>
      syntax.kind === 'declare' && statements.slice(0, i).some((before) => before.syntax.kind !== 'declare'),
  )
  if (late > 0 && !isPart)
    throw invalid(
      'Variable declarations are allowed only at the start of a block or script',
      statements[late]!.syntax.at,
    )
  return statements
}

function parseStatement(cursor: Cursor): StatementSyntax {
  const { at, value, kind } = cursor.peek()
  if (cursor.isSymbol('(')) return { kind: 'query', query: cursor.query(), at }
  if (kind !== 'word') throw cursor.unexpected()
  switch (value) {
    case 'SELECT':
    case 'WITH':
      return { kind: 'query', query: cursor.query(), at }
    case 'CREATE':
      return parseCreate(cursor)
    case 'DROP':
      return parseDrop(cursor)
    case 'ALTER':
      return parseAlter(cursor)
    case 'INSERT':
      return parseInsert(cursor)
    case 'UPDATE':
      return parseUpdate(cursor)
    case 'DELETE':
      return parseDelete(cursor)
    case 'MERGE':
      return parseMerge(cursor)
    case 'TRUNCATE':
      return parseTruncate(cursor)
    case 'LOAD':
      return parseLoad(cursor)
    case 'ASSERT':
      return parseAssert(cursor)
    case 'DECLARE':
      return parseDeclare(cursor)
    case 'SET':
      return parseSet(cursor)
    default:
  }
  const refused = REFUSED.find((words) => cursor.isWord(words))
  if (refused) throw unsupported(`Statement ${refused}`, at)
  throw cursor.unexpected()
}

function parseAssert(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  const condition = cursor.expression()
  if (!cursor.acceptWord('AS')) return { kind: 'assert', condition, at }
  if (cursor.peek().kind !== 'string') throw cursor.unexpected('string literal')
  return { kind: 'assert', condition, message: cursor.next().value, at }
}

function parseDeclare(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  const names = cursor.list(() => cursor.name())
  if (cursor.acceptWord('DEFAULT')) return { kind: 'declare', names, value: cursor.expression(), at }
  const start = cursor.peek().start
  const type = parseType(cursor)
  const typeText = cursor.sql.slice(start, cursor.lastEnd)
  return {
    kind: 'declare',
    names,
    type,
    typeText,
    value: cursor.acceptWord('DEFAULT') ? cursor.expression() : undefined,
    at,
  }
}

function parseSet(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  if (cursor.peek().kind === 'system') throw unsupported(`SET @@${cursor.peek().value}`, at)
  const isTuple = cursor.acceptSymbol('(')
  const names = isTuple ? cursor.list(() => cursor.name()) : [cursor.name()]
  if (isTuple) cursor.expectSymbol(')')
  cursor.expectSymbol('=')
  return { kind: 'set', names, isTuple, value: cursor.expression(), at }
}

function typeOf(syntax: StatementSyntax): ParsedStatement['type'] {
  switch (syntax.kind) {
    case 'query':
      return 'SELECT'
    case 'createTable':
      return syntax.query ? 'CREATE_TABLE_AS_SELECT' : 'CREATE_TABLE'
    case 'createView':
      return 'CREATE_VIEW'
    case 'createSchema':
      return 'CREATE_SCHEMA'
    case 'drop':
      return `DROP_${syntax.what}`
    case 'alter':
      return syntax.what === 'TABLE' ? 'ALTER_TABLE' : 'ALTER_VIEW'
    case 'insert':
      return 'INSERT'
    case 'update':
      return 'UPDATE'
    case 'delete':
      return 'DELETE'
    case 'merge':
      return 'MERGE'
    case 'truncate':
      return 'TRUNCATE_TABLE'
    case 'load':
      return 'LOAD_DATA'
    case 'assert':
      return 'ASSERT'
    case 'declare':
      return 'DECLARE'
    case 'set':
      return 'SET'
  }
}
