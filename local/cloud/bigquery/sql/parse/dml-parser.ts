/**
 * INSERT, UPDATE, DELETE, MERGE, TRUNCATE, LOAD DATA, EXPORT DATA. UPDATE and DELETE without WHERE are BigQuery's error.
 */
import { invalid, unsupported } from '../refusal.ts'
import type { Cursor } from './cursor.ts'
import { parseColumns } from './ddl/column-parser.ts'
import { parseShape } from './ddl/create-parser.ts'
import { parseOptionList, parseOptions } from './ddl/options-parser.ts'
import { parseFrom, parseTablePath } from './from-parser.ts'
import type { StatementSyntax } from './statement-syntax.ts'
import type { Assignment, Expression, MergeClause } from './syntax.ts'

function parseNames(cursor: Cursor): string[] | undefined {
  if (!cursor.isSymbol('(') || cursor.isQuery(1) || cursor.isSymbol('(', 1)) return undefined
  cursor.next()
  const names = cursor.list(() => cursor.name())
  cursor.expectSymbol(')')
  return names
}

const valueOrDefault = (cursor: Cursor): Expression =>
  cursor.isWord('DEFAULT') ? { kind: 'default', at: cursor.next().at } : cursor.expression()

function parseRow(cursor: Cursor): Expression[] {
  cursor.expectSymbol('(')
  const values = cursor.list(() => {
    return valueOrDefault(cursor)
  })
  cursor.expectSymbol(')')
  return values
}

export function parseInsert(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  cursor.acceptWord('INTO')
  const path = parseTablePath(cursor)
  const columns = parseNames(cursor)
  if (cursor.acceptWord('VALUES'))
    return { kind: 'insert', path, columns, rows: cursor.list(() => parseRow(cursor)), at }
  return { kind: 'insert', path, columns, query: cursor.query(), at }
}

function parseAlias(cursor: Cursor): string | undefined {
  if (cursor.acceptWord('AS')) return cursor.name()
  return cursor.isName() ? cursor.name() : undefined
}

function parseAssignments(cursor: Cursor, alias: readonly string[]): Assignment[] {
  return cursor.list(() => {
    const at = cursor.at
    const parts = [cursor.name()]
    while (cursor.acceptSymbol('.')) parts.push(cursor.nameAfterDot())
    const isQualified =
      parts.length > 1 && alias.some((name) => name.toLowerCase() === parts[0]!.toLowerCase())
    if (isQualified) parts.shift()
    cursor.expectSymbol('=')
    const [column, ...fields] = parts
    const value = valueOrDefault(cursor)
    if (fields.length > 0 && value.kind === 'default') throw unsupported('DEFAULT for a STRUCT field', at)
    return { column: column!, fields, isQualified, value, at }
  })
}

export function parseUpdate(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  const path = parseTablePath(cursor)
  const alias = parseAlias(cursor)
  cursor.expectWord('SET')
  const assignments = parseAssignments(cursor, [alias ?? path.at(-1)!])
  const from = cursor.acceptWord('FROM') ? parseFrom(cursor) : undefined
  if (!cursor.acceptWord('WHERE')) throw invalid('UPDATE must have a WHERE clause', cursor.at)
  return { kind: 'update', path, alias, assignments, from, where: cursor.expression(), at }
}

export function parseDelete(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  cursor.acceptWord('FROM')
  const path = parseTablePath(cursor)
  const alias = parseAlias(cursor)
  if (!cursor.acceptWord('WHERE')) throw invalid('DELETE must have a WHERE clause', cursor.at)
  return { kind: 'delete', path, alias, where: cursor.expression(), at }
}

export function parseMerge(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  cursor.acceptWord('INTO')
  const path = parseTablePath(cursor)
  const alias = parseAlias(cursor)
  cursor.expectWord('USING')
  const source = parseFrom(cursor)
  cursor.expectWord('ON')
  const on = cursor.expression()
  const clauses: MergeClause[] = []
  while (cursor.isWord('WHEN')) clauses.push(parseClause(cursor, [alias ?? path.at(-1)!]))
  if (clauses.length === 0) throw cursor.unexpected('keyword WHEN')
  return { kind: 'merge', path, alias, source, on, clauses, at }
}

function parseClause(cursor: Cursor, alias: readonly string[]): MergeClause {
  const { at } = cursor.next()
  const when = cursor.acceptWord('MATCHED')
    ? ('MATCHED' as const)
    : cursor.acceptWord('NOT MATCHED BY SOURCE')
      ? ('NOT_BY_SOURCE' as const)
      : cursor.acceptWord('NOT MATCHED BY TARGET') || cursor.acceptWord('NOT MATCHED')
        ? ('NOT_BY_TARGET' as const)
        : undefined
  if (!when) throw cursor.unexpected('keyword MATCHED or NOT MATCHED')
  const condition = cursor.acceptWord('AND') ? cursor.expression() : undefined
  cursor.expectWord('THEN')
  const clause = { when, condition, at }
  if (cursor.acceptWord('DELETE')) {
    if (when === 'NOT_BY_TARGET')
      throw invalid('DELETE is not allowed in a WHEN NOT MATCHED BY TARGET clause', at)
    return { ...clause, action: { kind: 'delete' } }
  }
  if (cursor.acceptWord('UPDATE')) {
    if (when === 'NOT_BY_TARGET')
      throw invalid('UPDATE is not allowed in a WHEN NOT MATCHED BY TARGET clause', at)
    cursor.expectWord('SET')
    return { ...clause, action: { kind: 'update', assignments: parseAssignments(cursor, alias) } }
  }
  cursor.expectWord('INSERT')
  if (when !== 'NOT_BY_TARGET')
    throw invalid('INSERT is only allowed in a WHEN NOT MATCHED BY TARGET clause', at)
  if (cursor.acceptWord('ROW')) return { ...clause, action: { kind: 'insert' } }
  const columns = parseNames(cursor)
  if (cursor.acceptWord('ROW')) return { ...clause, action: { kind: 'insert', columns } }
  cursor.expectWord('VALUES')
  return { ...clause, action: { kind: 'insert', columns, values: parseRow(cursor) } }
}

export function parseTruncate(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  cursor.expectWord('TABLE')
  return { kind: 'truncate', path: parseTablePath(cursor), at }
}

export function parseLoad(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  cursor.expectWord('DATA')
  const isOverwrite = cursor.acceptWord('OVERWRITE')
  if (!isOverwrite) cursor.expectWord('INTO')
  if (cursor.isWord('TEMP TABLE') || cursor.isWord('TEMPORARY TABLE'))
    throw unsupported('LOAD DATA into a temporary table', at)
  const path = parseTablePath(cursor)
  const columns = cursor.isSymbol('(') ? parseColumns(cursor) : undefined
  let partition: { column: string; value: Expression } | undefined
  let isPartitionOverwrite = false
  if (cursor.isWord('OVERWRITE') || cursor.isWord('PARTITIONS')) {
    if (isOverwrite)
      throw invalid(
        'LOAD DATA OVERWRITE cannot have a PARTITIONS clause; use LOAD DATA INTO … OVERWRITE PARTITIONS',
        cursor.at,
      )
    isPartitionOverwrite = cursor.acceptWord('OVERWRITE')
    cursor.expectWord('PARTITIONS')
    cursor.expectSymbol('(')
    const column = cursor.name()
    cursor.expectSymbol('=')
    partition = { column, value: cursor.expression() }
    cursor.expectSymbol(')')
  }
  const shape = { ...parseShape(cursor), columns }
  const options = parseOptions(cursor)
  cursor.expectWord('FROM')
  cursor.expectWord('FILES')
  const files = parseOptionList(cursor)
  const partitionColumns = cursor.acceptWord('WITH PARTITION COLUMNS')
    ? cursor.isSymbol('(')
      ? parseColumns(cursor)
      : []
    : undefined
  if (cursor.isWord('WITH CONNECTION')) throw unsupported('LOAD DATA … WITH CONNECTION', cursor.at)
  return {
    kind: 'load',
    path,
    isOverwrite: isOverwrite || isPartitionOverwrite,
    partition,
    ...shape,
    options,
    files,
    partitionColumns,
    at,
  }
}

export function parseExport(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  cursor.expectWord('DATA')
  if (cursor.isWord('WITH CONNECTION')) throw unsupported('EXPORT DATA WITH CONNECTION', cursor.at)
  cursor.expectWord('OPTIONS')
  const options = parseOptionList(cursor)
  cursor.expectWord('AS')
  return { kind: 'export', options, query: cursor.query(), at }
}
