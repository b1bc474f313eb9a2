/**
 * The refusals of the language: wrong SQL and unsupported SQL, both 400 invalidQuery with a position; it
 * never guesses a meaning.
 */
import { CloudError } from '../../kernel.ts'

export interface Position {
  readonly line: number
  readonly column: number
}

function place(at: Position | undefined): string {
  return at ? ` at [${at.line}:${at.column}]` : ''
}

/** SQL that BigQuery itself would reject. */
export function invalid(message: string, at?: Position): CloudError {
  return new CloudError(400, 'invalidQuery', message + place(at), { location: 'query' })
}

/**
 * SQL that BigQuery accepts and this language does not: named, so that nobody takes it for a bug in the
 * query.
 */
export function unsupported(what: string, at?: Position): CloudError {
  return new CloudError(400, 'invalidQuery', `${what} is not supported by the local BigQuery${place(at)}`, {
    location: 'query',
  })
}
