/**
 * CREATE, DROP, ALTER and the clauses they share with LOAD DATA. Kinds of objects other than tables, views
 * and schemas are refused by name.
 */
import { unsupported } from '../refusal.ts'
import type { Cursor } from './cursor.ts'
import { parseTablePath } from './from-parser.ts'
import type {
  AlterAction,
  ColumnSyntax,
  OptionSyntax,
  PartitionSyntax,
  StatementSyntax,
  TableShape,
} from './statement-syntax.ts'
import { parseType } from './type-parser.ts'

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

function refuseKind(cursor: Cursor, verb: string): never {
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
    throw unsupported(`CREATE TABLE … ${cursor.peek().text.toUpperCase()}`, cursor.at)
  const options = parseOptions(cursor)
  const query = cursor.acceptWord('AS') ? cursor.query() : undefined
  return { kind: 'createTable', ...head, ...shape, options, query }
}

export function parseShape(cursor: Cursor): TableShape {
  return {
    columns: cursor.isSymbol('(') ? parseColumns(cursor) : undefined,
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

export function parseColumns(cursor: Cursor): ColumnSyntax[] {
  cursor.expectSymbol('(')
  const columns: ColumnSyntax[] = []
  do {
    if (cursor.isSymbol(')')) break
    columns.push(parseColumn(cursor))
  } while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  return columns
}

function parseColumn(cursor: Cursor): ColumnSyntax {
  const at = cursor.at
  if (cursor.isWord('PRIMARY KEY') || cursor.isWord('FOREIGN KEY') || cursor.isWord('CONSTRAINT'))
    throw unsupported('A table constraint', at)
  const name = cursor.name()
  const type = parseType(cursor)
  const isRequired = cursor.acceptWord('NOT NULL')
  for (const words of ['DEFAULT', 'COLLATE', 'PRIMARY KEY', 'REFERENCES', 'GENERATED'])
    if (cursor.isWord(words)) throw unsupported(`Column attribute ${words}`, cursor.at)
  return { name, type, isRequired, options: parseOptions(cursor), at }
}

/** OPTIONS (name = value, …), or nothing. */
export function parseOptions(cursor: Cursor): OptionSyntax[] {
  if (!cursor.acceptWord('OPTIONS')) return []
  return parseOptionList(cursor)
}

export function parseOptionList(cursor: Cursor): OptionSyntax[] {
  cursor.expectSymbol('(')
  const options: OptionSyntax[] = []
  do {
    if (cursor.isSymbol(')')) break
    const at = cursor.at
    const name = cursor.name()
    cursor.expectSymbol('=')
    options.push({ name: name.toLowerCase(), value: cursor.expression(), at })
  } while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  return options
}

const TRUNCATIONS = ['TIMESTAMP_TRUNC', 'DATETIME_TRUNC', 'DATE_TRUNC']

function parsePartition(cursor: Cursor): PartitionSyntax {
  const at = cursor.at
  const expression = cursor.expression()
  if (
    expression.kind === 'path' &&
    expression.parts.length === 1 &&
    !expression.parts[0]!.startsWith('_PARTITION')
  )
    return { field: expression.parts[0]!, type: 'DAY', at }
  if (
    expression.kind === 'call' &&
    expression.args[0]?.kind === 'path' &&
    expression.args[0].parts.length === 1
  ) {
    const field = expression.args[0].parts[0]!
    if (expression.name === 'DATE' && expression.args.length === 1) return { field, type: 'DAY', at }
    const part = expression.args[1]
    const type = part?.kind === 'path' ? part.parts.join('.').toUpperCase() : ''
    if (
      TRUNCATIONS.includes(expression.name) &&
      expression.args.length === 2 &&
      (type === 'DAY' || type === 'HOUR' || type === 'MONTH' || type === 'YEAR')
    )
      return { field, type, at }
  }
  throw unsupported(
    expression.kind === 'call' ? `PARTITION BY ${expression.name}` : 'This PARTITION BY expression',
    at,
  )
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

export function parseAlter(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  const what = (['TABLE', 'VIEW'] as const).find((word) => cursor.isWord(word))
  if (!what) {
    if (cursor.isWord('SCHEMA')) throw unsupported('ALTER SCHEMA', at)
    refuseKind(cursor, 'ALTER')
  }
  cursor.next()
  const ifExists = cursor.acceptWord('IF EXISTS')
  const path = parseTablePath(cursor)
  return { kind: 'alter', what, path, ifExists, action: parseAction(cursor), at }
}

function parseAction(cursor: Cursor): AlterAction {
  if (cursor.acceptWord('SET OPTIONS')) return { kind: 'SET_OPTIONS', options: parseOptionList(cursor) }
  if (cursor.isWord('ADD COLUMN')) {
    let isConditional = false
    const columns = cursor.list(() => {
      cursor.expectWord('ADD COLUMN')
      isConditional = cursor.acceptWord('IF NOT EXISTS') || isConditional
      return parseColumn(cursor)
    })
    return { kind: 'ADD_COLUMN', columns, isConditional }
  }
  if (cursor.isWord('DROP COLUMN')) {
    let isConditional = false
    const names = cursor.list(() => {
      cursor.expectWord('DROP COLUMN')
      isConditional = cursor.acceptWord('IF EXISTS') || isConditional
      return cursor.name()
    })
    return { kind: 'DROP_COLUMN', names, isConditional }
  }
  if (cursor.acceptWord('ALTER COLUMN')) {
    const name = cursor.name()
    if (!cursor.acceptWord('SET OPTIONS'))
      throw unsupported(
        `ALTER COLUMN … ${cursor.peek().text.toUpperCase()} ${cursor.peek(1).text.toUpperCase()}`,
        cursor.at,
      )
    return { kind: 'SET_COLUMN_OPTIONS', name, options: parseOptionList(cursor) }
  }
  throw unsupported(
    `ALTER … ${cursor.peek().text.toUpperCase()} ${cursor.peek(1).text.toUpperCase()}`,
    cursor.at,
  )
}
