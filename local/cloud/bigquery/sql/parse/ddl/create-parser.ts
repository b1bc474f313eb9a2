/**
 * CREATE of tables, views, schemas and routines, and the clauses they share with LOAD DATA. Kinds of objects that are not
 * there are refused by name (`kinds.ts`).
 */
import { invalid, unsupported } from '../../refusal.ts'
import type { Cursor } from '../cursor.ts'
import { parseTablePath } from '../from-parser.ts'
import type { StatementSyntax, TableShape } from '../statement-syntax.ts'
import type { OptionSyntax } from '../syntax.ts'
import { parseColumns, parseElements } from './column-parser.ts'
import { parseCreateFunction, parseCreateProcedure, type Head } from './function-parser.ts'
import { acceptKind } from './kinds.ts'
import { parseOptions } from './options-parser.ts'
import { parsePartition } from './partition-parser.ts'

export function parseCreate(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  const orReplace = cursor.acceptWord('OR REPLACE')
  const isTemp = cursor.acceptWord('TEMP') || cursor.acceptWord('TEMPORARY')
  const what = acceptKind(cursor, isTemp ? 'CREATE TEMP' : 'CREATE')
  if (isTemp && !['TABLE', 'FUNCTION', 'AGGREGATE FUNCTION'].includes(what))
    throw invalid(`CREATE TEMP ${what} is not allowed`, at)
  const ifNotExists = cursor.acceptWord('IF NOT EXISTS')
  const path = parseTablePath(cursor)
  const head = { path, orReplace, ifNotExists, at }
  switch (what) {
    case 'SCHEMA':
      if (cursor.isWord('DEFAULT')) throw unsupported('DEFAULT COLLATE', cursor.at)
      return { kind: 'createSchema', ...head, options: parseOptions(cursor) }
    case 'TABLE':
      return { ...parseCreateTable(cursor, head), ...(isTemp ? { isTemp } : {}) }
    case 'SNAPSHOT TABLE': {
      cursor.expectWord('CLONE')
      return parseDerived(cursor, head, 'SNAPSHOT')
    }
    case 'EXTERNAL TABLE':
      return parseCreateExternal(cursor, head)
    case 'VIEW':
    case 'MATERIALIZED VIEW':
      return parseCreateView(cursor, head, what === 'MATERIALIZED VIEW')
    case 'FUNCTION':
    case 'TABLE FUNCTION':
    case 'AGGREGATE FUNCTION':
      return parseCreateFunction(cursor, { ...head, isTemp, what })
    case 'PROCEDURE':
      return parseCreateProcedure(cursor, head)
  }
}

function parseCreateExternal(cursor: Cursor, head: Head): StatementSyntax {
  const columns = cursor.isSymbol('(') ? parseColumns(cursor) : undefined
  const partitionColumns = cursor.acceptWord('WITH PARTITION COLUMNS')
    ? cursor.isSymbol('(')
      ? parseColumns(cursor)
      : []
    : undefined
  if (cursor.isWord('WITH CONNECTION'))
    throw unsupported('CREATE EXTERNAL TABLE … WITH CONNECTION', cursor.at)
  return { kind: 'createExternal', ...head, columns, partitionColumns, options: parseOptions(cursor) }
}

function parseCreateTable(cursor: Cursor, head: Head): StatementSyntax {
  for (const how of ['LIKE', 'COPY', 'CLONE'] as const)
    if (cursor.acceptWord(how)) return parseDerived(cursor, head, how)
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

/** LIKE, COPY, CLONE and SNAPSHOT: a table made after another one. */
function parseDerived(
  cursor: Cursor,
  head: Head,
  how: 'LIKE' | 'COPY' | 'CLONE' | 'SNAPSHOT',
): StatementSyntax {
  const source = parseTablePath(cursor)
  if (cursor.isWord('FOR SYSTEM_TIME')) throw unsupported('FOR SYSTEM_TIME AS OF', cursor.at)
  if (cursor.isWord('PARTITION') || cursor.isWord('CLUSTER'))
    throw unsupported(`PARTITION BY or CLUSTER BY beside ${how}`, cursor.at)
  const options = parseOptions(cursor)
  if (cursor.isWord('AS')) throw unsupported(`CREATE TABLE … ${how} … AS`, cursor.at)
  return { kind: 'createTable', ...head, options, source: { how, path: source } }
}

export function parseShape(cursor: Cursor): TableShape {
  return {
    ...(cursor.isSymbol('(') ? parseElements(cursor) : {}),
    partitionBy: cursor.acceptWord('PARTITION BY') ? parsePartition(cursor) : undefined,
    clusterBy: cursor.acceptWord('CLUSTER BY') ? cursor.list(() => cursor.name()) : undefined,
  }
}

function parseCreateView(cursor: Cursor, head: Head, isMaterialized: boolean): StatementSyntax {
  let names: { name: string; options: readonly OptionSyntax[] }[] | undefined
  if (cursor.acceptSymbol('(')) {
    names = cursor.list(() => ({ name: cursor.name(), options: parseOptions(cursor) }))
    cursor.expectSymbol(')')
  }
  if (isMaterialized && names) throw unsupported('A column list of CREATE MATERIALIZED VIEW', head.at)
  const { partitionBy, clusterBy } = isMaterialized ? parseShape(cursor) : {}
  const options = parseOptions(cursor)
  cursor.expectWord('AS')
  const start = cursor.peek().start
  const query = cursor.query()
  const text = cursor.sql.slice(start, cursor.lastEnd)
  return { kind: 'createView', ...head, names, options, query, text, isMaterialized, partitionBy, clusterBy }
}
