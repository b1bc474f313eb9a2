/**
 * DuckDB's binder speaks of its own text; here its complaints become BigQuery's, or at least say nothing of
 * names that the user never wrote.
 */
import type { CloudError } from '../../kernel.ts'
import { invalid } from './refusal.ts'

const clean = (text: string): string =>
  text
    .split('\n')[0]!
    .replaceAll(/_\d+"/g, '"')
    .replaceAll(/"data"\."t\d+"/g, 'the table')

export function explainBinderError(error: unknown): CloudError | Error {
  // Not instanceof: the engine's errors may come from another realm.
  const message = (error as { message?: unknown } | null)?.message
  const text = typeof message === 'string' ? message : String(error)
  if (!/^(Binder|Catalog|Parser|Conversion|Invalid Input|Out of Range|Not implemented) Error/.test(text))
    return typeof message === 'string' ? (error as Error) : new Error(text)
  const ungrouped = /column "?([^"]+?)"? must appear in the GROUP BY clause/.exec(text)
  if (ungrouped)
    return invalid(
      `SELECT list expression references column ${ungrouped[1]!.split('.').at(-1)!.replaceAll('"', '')} which is neither grouped nor aggregated`,
    )
  if (/Must provide|No function matches/.test(text)) return invalid(`No matching signature: ${clean(text)}`)
  return invalid(clean(text).replace(/^[A-Za-z ]+ Error: /, ''))
}
