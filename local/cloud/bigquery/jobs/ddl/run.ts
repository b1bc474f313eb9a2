/** Which room a statement of CREATE, DROP or ALTER goes to. */
import { scriptPrefix } from '../../engine/held.ts'
import { invalidQuery, unsupported } from '../../engine/refusals.ts'
import type { Statement } from '../../sql/types.ts'
import { targetOf } from '../catalog.ts'
import type { StatementResult, StatementScope } from '../scope.ts'
import { runAlter } from './alter.ts'
import { runCreate } from './create.ts'
import { runDrop } from './drop.ts'
import { runCreateExternal } from './external.ts'
import { runGrant } from './grants.ts'
import { runCreateRoutine, runDropRoutine } from './routines.ts'
import { runAlterSchema, runCreateSchema, runDropSchema } from './schemas.ts'

/** https://cloud.google.com/bigquery/docs/transactions#transaction_scope */
function requireTemporary(scope: StatementScope, { type, target }: Statement): void {
  const isKnown = ['CREATE_TABLE', 'CREATE_TABLE_AS_SELECT', 'DROP_TABLE'].includes(type)
  if (isKnown && targetOf(scope, target).datasetId.startsWith(scriptPrefix)) return
  throw invalidQuery(`${type.replaceAll('_', ' ')} is only allowed for temporary tables in a transaction`)
}

export function runDdl(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  if (scope.session.holding) requireTemporary(scope, statement)
  switch (statement.type) {
    case 'CREATE_TABLE':
    case 'CREATE_TABLE_AS_SELECT':
    case 'CREATE_SNAPSHOT_TABLE':
    case 'CREATE_VIEW':
    case 'CREATE_MATERIALIZED_VIEW':
      return runCreate(scope, statement)
    case 'CREATE_EXTERNAL_TABLE':
      return runCreateExternal(scope, statement)
    case 'DROP_TABLE':
    case 'DROP_EXTERNAL_TABLE':
    case 'DROP_SNAPSHOT_TABLE':
    case 'DROP_VIEW':
    case 'DROP_MATERIALIZED_VIEW':
      return runDrop(scope, statement)
    case 'ALTER_TABLE':
    case 'ALTER_VIEW':
    case 'ALTER_MATERIALIZED_VIEW':
      return runAlter(scope, statement)
    case 'CREATE_SCHEMA':
      return runCreateSchema(scope, statement)
    case 'ALTER_SCHEMA':
      return runAlterSchema(scope, statement)
    case 'DROP_SCHEMA':
      return runDropSchema(scope, statement)
    case 'GRANT':
    case 'REVOKE':
      return runGrant(scope, statement)
    case 'CREATE_FUNCTION':
    case 'CREATE_TABLE_FUNCTION':
    case 'CREATE_AGGREGATE_FUNCTION':
    case 'CREATE_PROCEDURE':
      return runCreateRoutine(scope, statement)
    case 'DROP_FUNCTION':
    case 'DROP_TABLE_FUNCTION':
    case 'DROP_PROCEDURE':
      return runDropRoutine(scope, statement)
    default:
      throw unsupported(`The statement ${statement.type.replaceAll('_', ' ')}`)
  }
}
