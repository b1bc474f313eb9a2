/** The action of an ALTER as a value for the control plane, which knows the table and decides. */
import type { AlterAction, KeysSyntax } from '../parse/statement-syntax.ts'
import type { Alter, TableKeys } from '../types.ts'
import { readColumns } from './columns.ts'
import { readOptions } from './options.ts'

export function alterOf(action: AlterAction, nowMicros: bigint): Alter {
  switch (action.kind) {
    case 'SET_OPTIONS':
      return { kind: action.kind, options: readOptions(action.options, nowMicros) }
    case 'ADD_COLUMN':
      return {
        kind: action.kind,
        columns: readColumns(action.columns, nowMicros),
        isConditional: action.isConditional,
      }
    case 'SET_COLUMN_OPTIONS':
      return { ...action, options: readOptions(action.options, nowMicros) }
    case 'SET_DATA_TYPE':
      return { ...action, column: readColumns([action.column], nowMicros)[0]! }
    case 'ADD_KEYS':
      return { kind: action.kind, keys: action.keys.map(keysOf) }
    default:
      return action
  }
}

export const keysOf = (keys: KeysSyntax): TableKeys => ({
  ...(keys.primaryKey ? { primaryKey: { columns: keys.primaryKey } } : {}),
  foreignKeys: keys.foreignKeys.map(({ name, ifNotExists, columns, path, referenced }) => ({
    ...(name === undefined ? {} : { name }),
    ...{ ifNotExists, columns, path, referenced },
  })),
})
