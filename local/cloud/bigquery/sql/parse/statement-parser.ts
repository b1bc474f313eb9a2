/** One statement by its first word; what this language does not have is refused by name. */
import { unsupported } from '../refusal.ts'
import type { ParsedStatement } from '../types.ts'
import type { Cursor } from './cursor.ts'
import { parseAlter } from './ddl/alter-parser.ts'
import { parseCreate } from './ddl/create-parser.ts'
import { parseDrop } from './ddl/drop-parser.ts'
import { parseGrant } from './ddl/grant-parser.ts'
import {
  parseDelete,
  parseExport,
  parseInsert,
  parseLoad,
  parseMerge,
  parseTruncate,
  parseUpdate,
} from './dml-parser.ts'
import type { StatementSyntax } from './statement-syntax.ts'
import { parseType } from './type-parser.ts'

const REFUSED = [
  'EXPORT MODEL',
  'EXPORT METADATA',
  'FROM',
  'EXPLAIN',
  'ANALYZE',
  'UNDROP',
  'CLONE',
  'PIVOT',
  'UNDROP SCHEMA',
]

export function parseStatement(cursor: Cursor): StatementSyntax {
  const { at, value, kind } = cursor.peek()
  if (cursor.isSymbol('(')) return { kind: 'query', query: cursor.query(), at }
  if (kind !== 'word') throw cursor.unexpected()
  switch (value) {
    case 'SELECT':
    case 'WITH':
    case 'FROM':
      return { kind: 'query', query: cursor.query(), at }
    case 'CREATE':
      return parseCreate(cursor)
    case 'DROP':
      return parseDrop(cursor)
    case 'ALTER':
      return parseAlter(cursor)
    case 'GRANT':
    case 'REVOKE':
      return parseGrant(cursor)
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
    case 'EXPORT':
      if (cursor.isWord('EXPORT DATA')) return parseExport(cursor)
      break
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

const DROPS = {
  TABLE: 'DROP_TABLE',
  VIEW: 'DROP_VIEW',
  'MATERIALIZED VIEW': 'DROP_MATERIALIZED_VIEW',
  'SNAPSHOT TABLE': 'DROP_SNAPSHOT_TABLE',
  'EXTERNAL TABLE': 'DROP_EXTERNAL_TABLE',
  SCHEMA: 'DROP_SCHEMA',
  FUNCTION: 'DROP_FUNCTION',
  'AGGREGATE FUNCTION': 'DROP_FUNCTION',
  'TABLE FUNCTION': 'DROP_TABLE_FUNCTION',
  PROCEDURE: 'DROP_PROCEDURE',
} as const
const ALTERS = {
  TABLE: 'ALTER_TABLE',
  VIEW: 'ALTER_VIEW',
  'MATERIALIZED VIEW': 'ALTER_MATERIALIZED_VIEW',
  SCHEMA: 'ALTER_SCHEMA',
} as const

export function typeOf(syntax: StatementSyntax): ParsedStatement['type'] {
  switch (syntax.kind) {
    case 'query':
      return 'SELECT'
    case 'createTable':
      if (syntax.source?.how === 'SNAPSHOT') return 'CREATE_SNAPSHOT_TABLE'
      return syntax.query ? 'CREATE_TABLE_AS_SELECT' : 'CREATE_TABLE'
    case 'createView':
      return syntax.isMaterialized ? 'CREATE_MATERIALIZED_VIEW' : 'CREATE_VIEW'
    case 'createFunction':
      if (syntax.isAggregate) return 'CREATE_AGGREGATE_FUNCTION'
      return syntax.query ? 'CREATE_TABLE_FUNCTION' : 'CREATE_FUNCTION'
    case 'createExternal':
      return 'CREATE_EXTERNAL_TABLE'
    case 'createProcedure':
      return 'CREATE_PROCEDURE'
    case 'createSchema':
      return 'CREATE_SCHEMA'
    case 'drop':
      return DROPS[syntax.what]
    case 'alter':
      return ALTERS[syntax.what]
    case 'grant':
      return syntax.isRevoked ? 'REVOKE' : 'GRANT'
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
    case 'export':
      return 'EXPORT_DATA'
    case 'assert':
      return 'ASSERT'
    case 'declare':
      return 'DECLARE'
    case 'set':
      return 'SET'
  }
}
