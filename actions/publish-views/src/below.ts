/**
 * Counts the levels of views below a view that this run does not write: while views wait for each other, BigQuery
 * is asked about one query and does not count them. It reads definitions and judges none.
 */
import { nameKey, type TableName } from '../../_shared/dataset.ts'
import { GoogleApiError } from '../../_shared/errors.ts'
import { getView } from '../../_shared/google/bigquery-views.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { DEEPEST } from './order.ts'
import { scanReferences } from './sql.ts'

/** Each view is read once. @returns the levels below what reads `names`: 0 over tables alone. */
export function openLevels(google: Google): (names: readonly TableName[]) => Promise<number> {
  const known = new Map<string, Promise<readonly TableName[] | undefined>>()
  const readBy = (name: TableName): Promise<readonly TableName[] | undefined> => {
    const key = nameKey(name)
    const found = known.get(key) ?? referencesOf(google, name)
    known.set(key, found)
    return found
  }
  const below = async (names: readonly TableName[], depth: number): Promise<number> => {
    // Deeper than that BigQuery follows none, and what reads it is refused.
    if (depth > DEEPEST) return 0
    const levels = await Promise.all(
      names.map(async (name) => {
        const references = await readBy(name)
        return references === undefined ? 0 : 1 + (await below(references, depth + 1))
      }),
    )
    return Math.max(0, ...levels)
  }
  return (names) => below(names, 1)
}

/** What a view reads; undefined of a table, and of what this identity may not see. */
async function referencesOf(google: Google, name: TableName): Promise<readonly TableName[] | undefined> {
  if (name.isRoutine === true || name.tableId.includes('*')) return undefined
  try {
    const query = (await getView(google, name))?.query
    return query === undefined ? undefined : scanReferences(query, name.projectId)
  } catch (error) {
    if (error instanceof GoogleApiError && [400, 403, 404].includes(error.status)) return undefined
    throw error
  }
}
