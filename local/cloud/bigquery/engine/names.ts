/** Spells names and texts for DuckDB and for people; it never trusts either. */
import { CloudError } from '../../kernel.ts'
import type { TableReference } from '../sql/types.ts'

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`
export const quoteText = (text: string): string => `'${text.replaceAll("'", "''")}'`

export const tableKey = (reference: TableReference): string => `${reference.datasetId}.${reference.tableId}`
/** `project:dataset.table`, as Google's messages write it. */
export const showTable = (reference: TableReference): string =>
  `${reference.projectId}:${reference.datasetId}.${reference.tableId}`

export function checkDatasetId(id: unknown): string {
  if (typeof id !== 'string' || !/^[A-Za-z0-9_]{1,1024}$/.test(id)) {
    throw new CloudError(
      400,
      'invalid',
      `Invalid dataset ID "${String(id)}". Dataset IDs must be alphanumeric (plus underscores) and must be at most 1024 characters long.`,
    )
  }
  return id
}

export function checkTableId(id: unknown): string {
  if (
    typeof id !== 'string' ||
    !/^[\p{L}\p{M}\p{N}\p{Pc}\p{Pd} ]{1,1024}$/u.test(id) ||
    Buffer.byteLength(id) > 1024
  ) {
    throw new CloudError(400, 'invalid', `Invalid table ID "${String(id)}".`)
  }
  return id
}
