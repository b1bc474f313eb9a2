/**
 * Turns DuckDB's complaints into BigQuery's error reasons, by their kind; a message that a query wrote itself
 * (ERROR, ASSERT) comes out as written, and what only the engine could explain is not shown.
 */
import { CloudError } from '../../kernel.ts'
import { explainBinderError } from '../sql/refusal-from-binder.ts'
import { raisedMessage } from '../sql/values/raised.ts'
import { isOfFile, wordsOfValue } from './engine-words.ts'

/** The database file took no more: nothing of the statement is kept, and it works again when there is room. */
const isOutOfRoom = (message: string): boolean =>
  /No space left on device|Could not write|failed to (write|sync|truncate)|File too large/i.test(message)
/** DuckDB refuses everything after an error it could not undo: the file must be opened again. */
export const isInvalidated = (error: unknown): boolean =>
  raisedMessage(textOf(error)) === undefined &&
  /^(FATAL Error:|[A-Za-z ]+ Error: .*database has been invalidated)/s.test(textOf(error))

const invalidQuery = (message: string): CloudError => new CloudError(400, 'invalidQuery', message)

const concurrent = (): CloudError =>
  invalidQuery('Could not serialize access to the table due to concurrent update')

// Not instanceof: the engine's errors may come from another realm.
function textOf(error: unknown): string {
  const said = (error as { message?: unknown } | null)?.message
  return typeof said === 'string' ? said : String(error)
}

export function explainEngineError(error: unknown): Error {
  if (error instanceof CloudError) return error
  const text = textOf(error)
  const [, kind, rest] = /^([A-Za-z ]+?) Error: ([\s\S]*)$/.exec(text) ?? []
  // Before anything else: what a statement raised itself is never looked at.
  const own = raisedMessage(text)
  if (own !== undefined) return invalidQuery(own)
  // Not the engine's: a fault of ours, and not for the user to read.
  if (kind === undefined || rest === undefined) return error instanceof Error ? error : new Error(text)
  // DuckDB quotes its own statement after the message.
  const message = rest.replace(/\n\nLINE \d+:[\s\S]*$/, '')
  switch (kind) {
    case 'INTERRUPT':
      return new CloudError(499, 'stopped', 'Job execution was cancelled: User requested cancellation')
    case 'Out of Memory':
      return isOutOfRoom(message)
        ? noRoom()
        : new CloudError(
            400,
            'resourcesExceeded',
            'Resources exceeded during query execution: The query could not be executed in the allotted memory.',
          )
    case 'TransactionContext':
      return isInvalidated(error) || isOutOfRoom(message) ? noRoom() : concurrent()
    case 'Constraint': {
      const column = /NOT NULL/.test(message) ? /\.([^.\s]+)$/.exec(message)?.[1] : undefined
      return invalidQuery(
        column ? `Required field ${column} cannot be null` : 'A value violates a constraint',
      )
    }
    case 'IO':
      return isOutOfRoom(message) ? noRoom() : unreadable(message)
    case 'FATAL':
    case 'INTERNAL':
      return isOutOfRoom(message) || isInvalidated(error) ? noRoom() : unreadable(message)
    case 'Catalog':
      // Replaced by another job since the transaction began.
      if (/Table with name t\d+ does not exist/.test(message)) return concurrent()
      return explainBinderError(message)
    case 'Binder':
    case 'Parser':
    case 'Not implemented':
      return explainBinderError(message)
    default:
      return isInvalidated(error) ? noRoom() : invalidQuery(wordsOfValue(message))
  }
}

function unreadable(message: string): CloudError {
  return isOfFile(message)
    ? invalidQuery(wordsOfValue(message))
    : new CloudError(503, 'backendError', 'The local BigQuery could not read or write its files.')
}

export const noRoom = (): CloudError =>
  new CloudError(
    503,
    'backendError',
    'The disk of the local BigQuery has no room left: free some and try again.',
  )
