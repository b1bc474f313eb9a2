/** Turns DuckDB's complaints into BigQuery's error reasons; it hides paths and physical table names. */
import { CloudError } from '../../kernel.ts'

export function explainEngineError(error: unknown): Error {
  if (error instanceof CloudError) return error
  const text = error instanceof Error ? error.message : String(error)
  const head = (text.split('\n')[0] ?? '')
    .replaceAll(/"data"\."t\d+"|\bdata\.t\d+\b/g, 'the table')
    .replaceAll(/"?\/[^\s"']+"?/g, 'the file')
  const kind = /^([A-Za-z ]+?) Error:/.exec(head)?.[1] ?? ''
  if (kind === 'INTERRUPT')
    return new CloudError(499, 'stopped', 'Job execution was cancelled: User requested cancellation')
  if (kind === 'Constraint' && /NOT NULL/.test(head)) {
    const column = /\.([^.\s]+)$/.exec(head)?.[1] ?? 'a column'
    return new CloudError(400, 'invalidQuery', `Required field ${column} cannot be null`)
  }
  if (/Out of Memory/i.test(kind))
    return new CloudError(400, 'resourcesExceeded', `Resources exceeded during query execution: ${head}`)
  return new CloudError(
    400,
    'invalidQuery',
    head.replace(/^(Conversion|Out of Range|Invalid Input|Constraint) Error: /, ''),
  )
}
