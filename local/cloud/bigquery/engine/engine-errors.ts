/**
 * Turns DuckDB's complaints into BigQuery's error reasons, by their kind; a message that a query wrote itself
 * (ERROR, ASSERT) comes out as written, and what only the engine could explain is not shown.
 */
import { CloudError } from '../../kernel.ts'
import { explainBinderError } from '../sql/refusal-from-binder.ts'

/** The database file took no more: nothing of the statement is kept, and it works again when there is room. */
const isOutOfRoom = (text: string): boolean =>
  /No space left on device|Could not write (all )?(file|bytes)|failed to (write|sync|truncate)/i.test(text)
/** DuckDB refuses everything after an error it could not undo: the file must be opened again. */
const isInvalidated = (text: string): boolean => /database has been invalidated/i.test(text)

const invalidQuery = (message: string): CloudError => new CloudError(400, 'invalidQuery', message)

const concurrent = (): CloudError =>
  invalidQuery('Could not serialize access to the table due to concurrent update')

export function explainEngineError(error: unknown): Error {
  if (error instanceof CloudError) return error
  // Not instanceof: the engine's errors may come from another realm.
  const said = (error as { message?: unknown } | null)?.message
  const text = typeof said === 'string' ? said : String(error)
  const [, kind = '', rest = text] = /^([A-Za-z ]+?) Error: ([\s\S]*)$/.exec(text) ?? []
  // DuckDB quotes its own statement after the message.
  const message = rest.replace(/\n\nLINE \d+:[\s\S]*$/, '')
  if (isOutOfRoom(text) || isInvalidated(text))
    return new CloudError(
      503,
      'backendError',
      'The disk of the local BigQuery has no room left: free some and try again.',
    )
  switch (kind) {
    case 'INTERRUPT':
      return new CloudError(499, 'stopped', 'Job execution was cancelled: User requested cancellation')
    case 'Out of Memory':
      return new CloudError(
        400,
        'resourcesExceeded',
        'Resources exceeded during query execution: The query could not be executed in the allotted memory.',
      )
    case 'TransactionContext':
      return concurrent()
    case 'Constraint': {
      const column = /NOT NULL/.test(message) ? /\.([^.\s]+)$/.exec(message)?.[1] : undefined
      return invalidQuery(
        column ? `Required field ${column} cannot be null` : 'A value violates a constraint',
      )
    }
    case 'IO':
    case 'FATAL':
    case 'INTERNAL':
      return new CloudError(503, 'backendError', 'The local BigQuery could not read or write its files.')
    case 'Catalog':
      // Replaced by another job since the transaction began.
      if (/Table with name t\d+ does not exist/.test(message)) return concurrent()
      return explainBinderError(error)
    case 'Binder':
    case 'Parser':
    case 'Not implemented':
      return explainBinderError(error)
    default:
      return invalidQuery(valueError(message))
  }
}

const OPERATORS: Readonly<Record<string, string>> = { addition: '+', subtraction: '-', multiplication: '*' }

/** Errors of a value, met while the statement ran. */
function valueError(message: string): string {
  const overflow = /^Overflow in (addition|subtraction|multiplication) of INT64 \((-?\d+) . (-?\d+)\)/.exec(
    message,
  )
  if (overflow) return `int64 overflow: ${overflow[2]} ${OPERATORS[overflow[1]!]} ${overflow[3]}`
  if (/^Overflow in .* (INT128|DECIMAL)|^Casting value .* to type DECIMAL/.test(message))
    return 'numeric overflow'
  if (/^More than one row returned by a subquery/.test(message))
    return 'Scalar subquery produced more than one element'
  // Files to load are linked under unguessable names, which mean nothing to the user.
  return message.replaceAll(/\S*\/incoming\/[\w.-]+/g, 'the file')
}
