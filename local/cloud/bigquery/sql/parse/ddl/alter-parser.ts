/** ALTER TABLE and ALTER VIEW: one action, or a list of actions of one kind. Others are refused by name. */
import { invalid, unsupported } from '../../refusal.ts'
import type { Cursor } from '../cursor.ts'
import { parseTablePath } from '../from-parser.ts'
import type { AlterAction, KeysSyntax, StatementSyntax } from '../statement-syntax.ts'
import { parseType } from '../type-parser.ts'
import { isConstraint, parseColumn, parseConstraint, parseDefault } from './column-parser.ts'
import { acceptKind } from './kinds.ts'
import { parseOptionList } from './options-parser.ts'

export function parseAlter(cursor: Cursor): StatementSyntax {
  const { at } = cursor.next()
  const what = acceptKind(cursor, 'ALTER')
  if (what !== 'TABLE' && what !== 'VIEW' && what !== 'MATERIALIZED VIEW' && what !== 'SCHEMA')
    throw unsupported(`ALTER ${what}`, at)
  const ifExists = cursor.acceptWord('IF EXISTS')
  const path = parseTablePath(cursor)
  const action = parseAction(cursor)
  if ((what === 'SCHEMA' || what === 'MATERIALIZED VIEW') && action.kind !== 'SET_OPTIONS')
    throw unsupported(`ALTER ${what} other than SET OPTIONS`, at)
  if (cursor.isSymbol(',')) throw unsupported('ALTER with several actions of different kinds', cursor.at)
  return { kind: 'alter', what, path, ifExists, action, at }
}

function parseAction(cursor: Cursor): AlterAction {
  if (cursor.acceptWord('SET OPTIONS')) return { kind: 'SET_OPTIONS', options: parseOptionList(cursor) }
  if (cursor.isWord('ADD COLUMN')) return parseAddColumns(cursor)
  if (cursor.isWord('ADD')) return { kind: 'ADD_KEYS', keys: parseAddedKeys(cursor) }
  if (cursor.acceptWord('DROP PRIMARY KEY'))
    return { kind: 'DROP_PRIMARY_KEY', isConditional: cursor.acceptWord('IF EXISTS') }
  if (cursor.acceptWord('DROP CONSTRAINT')) {
    const isConditional = cursor.acceptWord('IF EXISTS')
    return { kind: 'DROP_CONSTRAINT', isConditional, name: cursor.name() }
  }
  if (cursor.isWord('DROP COLUMN')) return parseDropColumns(cursor)
  if (cursor.acceptWord('RENAME TO')) return { kind: 'RENAME_TO', name: cursor.name() }
  if (cursor.isWord('RENAME COLUMN')) return parseRenames(cursor)
  if (cursor.acceptWord('ALTER COLUMN')) return parseAlterColumn(cursor)
  throw refused(cursor, 'ALTER')
}

const refused = (cursor: Cursor, verb: string): Error =>
  unsupported(`${verb} … ${cursor.peek().text.toUpperCase()} ${cursor.peek(1).text.toUpperCase()}`, cursor.at)

function parseAddColumns(cursor: Cursor): AlterAction {
  let isConditional = false
  const columns = cursor.list(() => {
    cursor.expectWord('ADD COLUMN')
    isConditional = cursor.acceptWord('IF NOT EXISTS') || isConditional
    return parseColumn(cursor)
  })
  return { kind: 'ADD_COLUMN', columns, isConditional }
}

function parseAddedKeys(cursor: Cursor): KeysSyntax[] {
  return cursor.list(() => {
    if (!cursor.acceptWord('ADD')) throw cursor.unexpected('keyword ADD')
    if (!isConstraint(cursor)) throw refused(cursor, 'ALTER … ADD')
    return parseConstraint(cursor)
  })
}

function parseDropColumns(cursor: Cursor): AlterAction {
  let isConditional = false
  const names = cursor.list(() => {
    cursor.expectWord('DROP COLUMN')
    isConditional = cursor.acceptWord('IF EXISTS') || isConditional
    return cursor.name()
  })
  return { kind: 'DROP_COLUMN', names, isConditional }
}

function parseRenames(cursor: Cursor): AlterAction {
  const renames = cursor.list(() => {
    cursor.expectWord('RENAME COLUMN')
    const isConditional = cursor.acceptWord('IF EXISTS')
    const from = cursor.name()
    cursor.expectWord('TO')
    return { from, to: cursor.name(), isConditional }
  })
  return { kind: 'RENAME_COLUMN', renames }
}

function parseAlterColumn(cursor: Cursor): AlterAction {
  const isConditional = cursor.acceptWord('IF EXISTS')
  const at = cursor.at
  const name = cursor.name()
  if (cursor.acceptWord('SET OPTIONS'))
    return { kind: 'SET_COLUMN_OPTIONS', name, isConditional, options: parseOptionList(cursor) }
  if (cursor.acceptWord('SET DATA TYPE')) {
    const column = { name, type: parseType(cursor), isRequired: false, options: [], at }
    if (cursor.isWord('COLLATE')) throw unsupported('Column attribute COLLATE', cursor.at)
    if (cursor.isWord('NOT NULL')) throw invalid('SET DATA TYPE cannot make a column NOT NULL', cursor.at)
    return { kind: 'SET_DATA_TYPE', column, isConditional }
  }
  if (cursor.acceptWord('SET DEFAULT'))
    return { kind: 'SET_DEFAULT', name, isConditional, defaultText: parseDefault(cursor) }
  if (cursor.acceptWord('DROP DEFAULT')) return { kind: 'SET_DEFAULT', name, isConditional }
  if (cursor.acceptWord('DROP NOT NULL')) return { kind: 'DROP_NOT_NULL', name, isConditional }
  throw refused(cursor, 'ALTER COLUMN')
}
