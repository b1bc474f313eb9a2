/**
 * CREATE, DROP, ALTER and the clauses they share with LOAD DATA. Kinds of objects other than tables, views
 * and schemas are refused by name.
 */
import { unsupported } from '../../refusal.ts'
import type { Cursor } from '../cursor.ts'
import { parseTablePath } from '../from-parser.ts'
import type { StatementSyntax, TableShape } from '../statement-syntax.ts'
import type { OptionSyntax } from '../syntax.ts'
import { parseElements } from './column-parser.ts'
import { parseOptions } from './options-parser.ts'
import { parsePartition } from './partition-parser.ts'

const OTHER_KINDS = [
  'MATERIALIZED VIEW',
  'EXTERNAL',
  'TEMP',
  'TEMPORARY',
  'FUNCTION',
  'AGGREGATE FUNCTION',
  'TABLE FUNCTION',
  'PROCEDURE',
  'MODEL',
  'SNAPSHOT TABLE',
  'SEARCH INDEX',
  'VECTOR INDEX',
  'ROW ACCESS POLICY',
  'CONNECTION',
  'RESERVATION',
  'ASSIGNMENT',
  'CAPACITY',
  'SEQUENCE',
  'PUBLIC SYNONYM',
]

export function refuseKind(cursor: Cursor, verb: string): never {
  const kind = OTHER_KINDS.find((words) => cursor.isWord(words))
  if (!kind) throw cursor.unexpected()
  const isFunction = ['TEMP', 'TEMPORARY'].includes(kind) ? ` ${cursor.peek(1).text.toUpperCase()}` : ''
  throw unsupported(`${verb} ${kind}${isFunction}`, cursor.at)
}

export function parseCreate(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  const orReplace = cursor.acceptWord('OR REPLACE')
  const what = (['TABLE', 'VIEW', 'SCHEMA'] as const).find((word) => cursor.isWord(word))
  if (!what || cursor.isWord('TABLE FUNCTION')) refuseKind(cursor, 'CREATE')
  cursor.next()
  const ifNotExists = cursor.acceptWord('IF NOT EXISTS')
  const path = parseTablePath(cursor)
  const head = { path, orReplace, ifNotExists, at }
  if (what === 'SCHEMA') {
    if (cursor.isWord('DEFAULT')) throw unsupported('DEFAULT COLLATE', cursor.at)
    return { kind: 'createSchema', ...head, options: parseOptions(cursor) }
  }
  return what === 'TABLE' ? parseCreateTable(cursor, head) : parseCreateView(cursor, head)
}

type Head = { path: readonly string[]; orReplace: boolean; ifNotExists: boolean; at: Cursor['at'] }

function parseCreateTable(cursor: Cursor, head: Head): StatementSyntax {
  for (const word of ['LIKE', 'COPY', 'CLONE'])
    if (cursor.isWord(word)) throw unsupported(`CREATE TABLE … ${word}`, cursor.at)
  const shape = parseShape(cursor)
  if (cursor.isWord('WITH CONNECTION') || cursor.isWord('DEFAULT'))
    throw unsupported(
      `CREATE TABLE … ${cursor.isWord('DEFAULT') ? 'DEFAULT COLLATE' : 'WITH CONNECTION'}`,
      cursor.at,
    )
  const options = parseOptions(cursor)
  const query = cursor.acceptWord('AS') ? cursor.query() : undefined
  return { kind: 'createTable', ...head, ...shape, options, query }
}

export function parseShape(cursor: Cursor): TableShape {
  return {
    ...(cursor.isSymbol('(') ? parseElements(cursor) : {}),
    partitionBy: cursor.acceptWord('PARTITION BY') ? parsePartition(cursor) : undefined,
    clusterBy: cursor.acceptWord('CLUSTER BY') ? cursor.list(() => cursor.name()) : undefined,
  }
}

function parseCreateView(cursor: Cursor, head: Head): StatementSyntax {
  let names: { name: string; options: readonly OptionSyntax[] }[] | undefined
  if (cursor.acceptSymbol('(')) {
    names = cursor.list(() => ({ name: cursor.name(), options: parseOptions(cursor) }))
    cursor.expectSymbol(')')
  }
  const options = parseOptions(cursor)
  cursor.expectWord('AS')
  const start = cursor.peek().start
  const query = cursor.query()
  return { kind: 'createView', ...head, names, options, query, text: cursor.sql.slice(start, cursor.lastEnd) }
}

export function parseDrop(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  const what = (['TABLE', 'VIEW', 'SCHEMA'] as const).find((word) => cursor.isWord(word))
  if (!what || cursor.isWord('TABLE FUNCTION')) refuseKind(cursor, 'DROP')
  cursor.next()
  const ifExists = cursor.acceptWord('IF EXISTS')
  const path = parseTablePath(cursor)
  const isCascade = cursor.acceptWord('CASCADE')
  if (!isCascade) cursor.acceptWord('RESTRICT')
  return { kind: 'drop', what, path, ifExists, isCascade, at }
}
