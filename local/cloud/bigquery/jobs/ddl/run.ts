/** Which room a statement of CREATE, DROP or ALTER goes to. */
import { unsupported } from '../../engine/refusals.ts'
import type { Statement } from '../../sql/types.ts'
import { runAlter } from './alter.ts'
import { type StatementResult, type StatementScope } from '../scope.ts'

export function runDdl(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  switch (statement.type) {
    case 'CREATE_TABLE':
    case 'CREATE_TABLE_AS_SELECT':
    case 'CREATE_VIEW':
      return runCreate(scope, statement)
    case 'DROP_TABLE':
    case 'DROP_VIEW':
      return runDrop(scope, statement)
    case 'ALTER_TABLE':
    case 'ALTER_VIEW':
      return runAlter(scope, statement)
    case 'CREATE_SCHEMA':
      return runCreateSchema(scope, statement)
    case 'DROP_SCHEMA':
      return runDropSchema(scope, statement)
    default:
      throw unsupported(`The statement ${statement.type.replaceAll('_', ' ')}`)
  }
}

