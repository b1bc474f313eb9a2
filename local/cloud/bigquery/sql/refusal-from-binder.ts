/**
 * DuckDB's binder speaks of its own text; here its complaints become BigQuery's, or say only that the form is
 * not supported: never a name or a type that the user never wrote.
 */
import type { CloudError } from '../../kernel.ts'
import { invalid, unsupported } from './refusal.ts'

export function explainBinderError(message: string): CloudError {
  const ungrouped = /column "?([^"]+?)"? must appear in the GROUP BY clause/.exec(message)
  if (ungrouped)
    return invalid(
      `SELECT list expression references column ${ungrouped[1]!.split('.').at(-1)!.replaceAll('"', '')} which is neither grouped nor aggregated`,
    )
  if (message.startsWith('In a DISTINCT aggregate, ORDER BY'))
    return invalid(
      'An aggregate function that has both DISTINCT and ORDER BY arguments can only ORDER BY expressions that are arguments to the function',
    )
  return unsupported('This form of the statement')
}
