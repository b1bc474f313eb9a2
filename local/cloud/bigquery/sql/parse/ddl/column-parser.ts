/**
 * The list in CREATE TABLE (…): columns with their attributes, and keys that are NOT ENFORCED; keys that would be
 * enforced are BigQuery's own error. COLLATE and GENERATED are refused by name.
 */
import { invalid, unsupported } from '../../refusal.ts'
import type { Cursor } from '../cursor.ts'
import { parseTablePath } from '../from-parser.ts'
import type { ColumnSyntax, ForeignKeySyntax, KeysSyntax } from '../statement-syntax.ts'
import { parseType } from '../type-parser.ts'
import { parseOptions } from './options-parser.ts'

export interface TableElements {
  readonly columns: readonly ColumnSyntax[]
  readonly keys?: KeysSyntax
}

/** Columns alone, as LOAD DATA and ADD COLUMN take them. */
export function parseColumns(cursor: Cursor): readonly ColumnSyntax[] {
  const at = cursor.at
  const { columns, keys } = parseElements(cursor)
  if (keys) throw unsupported('A table constraint here', at)
  return columns
}

export function parseElements(cursor: Cursor): TableElements {
  cursor.expectSymbol('(')
  const columns: ColumnSyntax[] = []
  const primary: string[][] = []
  const foreign: ForeignKeySyntax[] = []
  do {
    if (cursor.isSymbol(')')) break
    if (isConstraint(cursor)) {
      const key = parseConstraint(cursor)
      if (key.primaryKey) primary.push([...key.primaryKey])
      foreign.push(...key.foreignKeys)
      continue
    }
    const { column, key } = parseColumnWithKey(cursor)
    columns.push(column)
    if (key === 'PRIMARY') primary.push([column.name])
    else if (key) foreign.push(key)
  } while (cursor.acceptSymbol(','))
  cursor.expectSymbol(')')
  if (primary.length > 1) throw invalid('Only one primary key is allowed per table', cursor.at)
  if (primary.length === 0 && foreign.length === 0) return { columns }
  return {
    columns,
    keys: { ...(primary[0] ? { primaryKey: primary[0] } : {}), foreignKeys: foreign },
  }
}

export const isConstraint = (cursor: Cursor): boolean =>
  ['PRIMARY KEY', 'FOREIGN KEY', 'CONSTRAINT'].some((words) => cursor.isWord(words))

/** PRIMARY KEY (…) or [CONSTRAINT name] FOREIGN KEY (…) REFERENCES t (…), each NOT ENFORCED. */
export function parseConstraint(cursor: Cursor): KeysSyntax {
  const at = cursor.at
  const isNamed = cursor.acceptWord('CONSTRAINT')
  const ifNotExists = isNamed && cursor.acceptWord('IF NOT EXISTS')
  const name = isNamed ? cursor.name() : undefined
  if (cursor.acceptWord('PRIMARY KEY')) {
    const primaryKey = parseNameList(cursor)
    notEnforced(cursor)
    return { primaryKey, foreignKeys: [] }
  }
  cursor.expectWord('FOREIGN KEY')
  const columns = parseNameList(cursor)
  const rest = parseReferences(cursor)
  return { foreignKeys: [{ name, columns, ...rest, ifNotExists, at }] }
}

function parseReferences(cursor: Cursor): Pick<ForeignKeySyntax, 'path' | 'referenced'> {
  cursor.expectWord('REFERENCES')
  const path = parseTablePath(cursor)
  const referenced = parseNameList(cursor)
  notEnforced(cursor)
  return { path, referenced }
}

function parseNameList(cursor: Cursor): string[] {
  cursor.expectSymbol('(')
  const names = cursor.list(() => cursor.name())
  cursor.expectSymbol(')')
  return names
}

function notEnforced(cursor: Cursor): void {
  if (!cursor.acceptWord('NOT ENFORCED'))
    throw invalid('Enforced constraints are not supported: say NOT ENFORCED', cursor.at)
}

export function parseColumn(cursor: Cursor): ColumnSyntax {
  const at = cursor.at
  const { column, key } = parseColumnWithKey(cursor)
  if (key) throw unsupported('A key in the definition of an added column', at)
  return column
}

function parseColumnWithKey(cursor: Cursor): {
  column: ColumnSyntax
  key?: 'PRIMARY' | ForeignKeySyntax | undefined
} {
  const at = cursor.at
  const name = cursor.name()
  const type = parseType(cursor)
  let isRequired = false
  let key: 'PRIMARY' | ForeignKeySyntax | undefined
  let standard: { defaultText?: string } = {}
  for (;;) {
    if (cursor.acceptWord('NOT NULL')) isRequired = true
    else if (cursor.acceptWord('PRIMARY KEY')) {
      notEnforced(cursor)
      key = 'PRIMARY'
    } else if (cursor.isWord('CONSTRAINT') || cursor.isWord('REFERENCES')) {
      const given = cursor.acceptWord('CONSTRAINT') ? cursor.name() : undefined
      key = { name: given, columns: [name], ...parseReferences(cursor), ifNotExists: false, at }
    } else if (cursor.acceptWord('DEFAULT')) standard = { defaultText: parseDefault(cursor) }
    else break
  }
  for (const words of ['COLLATE', 'GENERATED'])
    if (cursor.isWord(words)) throw unsupported(`Column attribute ${words}`, cursor.at)
  return { column: { name, type, isRequired, ...standard, options: parseOptions(cursor), at }, key }
}

/** Kept as written: this is what `defaultValueExpression` shows. */
export function parseDefault(cursor: Cursor): string {
  const start = cursor.peek().start
  cursor.expression()
  return cursor.sql.slice(start, cursor.lastEnd)
}
