/** Reads which query a Table body holds: a view's or a materialized one's. Legacy SQL and functions of its own are refused. */
import type { TableRecord } from '../engine/records.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import { flag, record, requiredText, type Body } from '../engine/request-body.ts'
import { maxStalenessOf, readMaterialized } from './materialized.ts'

/** What makes it a view of either kind. */
export function readQuery(body: Body, before?: TableRecord): Pick<TableRecord, 'view' | 'materialized'> {
  const given = record(body, 'materializedView')
  if (given && record(body, 'view')) throw invalid('A table cannot be both a view and a materialized view.')
  if (given) {
    const { query, materialized } = readMaterialized(given, maxStalenessOf(body), before?.materialized)
    return { view: { query }, materialized }
  }
  if (before?.materialized && 'maxStaleness' in body) {
    const same = { query: before.view!.query }
    return {
      view: same,
      materialized: readMaterialized(same, maxStalenessOf(body), before.materialized).materialized,
    }
  }
  if (!before?.materialized && maxStalenessOf(body)) throw unsupported('Table.maxStaleness')
  const view = readView(body)
  return view ? { view } : {}
}

function readView(body: Body): { query: string } | undefined {
  const view = record(body, 'view')
  if (!view) return undefined
  // Google's default is legacy SQL, which nothing here speaks: leaving it out must not mean standard SQL.
  if (flag(view, 'useLegacySql') !== false)
    throw invalid('Legacy SQL views are not supported: set view.useLegacySql to false.')
  if (
    view.userDefinedFunctionResources !== undefined &&
    JSON.stringify(view.userDefinedFunctionResources) !== '[]'
  )
    throw invalid('view.userDefinedFunctionResources is not supported.')
  return { query: requiredText(view, 'query') }
}
