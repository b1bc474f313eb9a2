/**
 * BEGIN, COMMIT and ROLLBACK TRANSACTION: the script's statements in one transaction of the engine, which reads what
 * was there when it began. After an error in it BigQuery may go on; here nothing reads a table until it is rolled back.
 */
import { invalidQuery, unsupported } from '../../engine/refusals.ts'
import type { ScriptNode } from '../../sql/types.ts'
import type { Execution } from '../execution.ts'

export async function runTransaction(
  { room, session }: Pick<Execution, 'room' | 'session'>,
  { action, line, column }: ScriptNode & { kind: 'transaction' },
): Promise<undefined> {
  const at = ` at [${line}:${column}]`
  if (action === 'BEGIN') {
    if (session.held !== 'none') throw invalidQuery(`Transactions cannot be nested${at}`)
    await session.hold()
    return undefined
  }
  if (session.held === 'none') throw invalidQuery(`${action} TRANSACTION without an active transaction${at}`)
  if (action === 'ROLLBACK') {
    await room.warehouse.rollback(session)
    return void session.release()
  }
  if (session.held === 'failed') throw unsupported('COMMIT of a transaction in which a statement has failed')
  await room.warehouse.commitHeld(session)
  return undefined
}

/** A statement of it has failed: what it did is gone, and the script is told so by what it asks next. */
export async function failTransaction({ room, session }: Execution): Promise<void> {
  if (session.held === 'open') await room.warehouse.rollback(session)
}

/** A script that ends before its transaction rolls it back. */
export async function endTransaction(execution: Execution): Promise<void> {
  await failTransaction(execution)
  execution.session.release()
}
