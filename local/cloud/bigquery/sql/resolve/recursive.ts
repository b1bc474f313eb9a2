/**
 * WITH RECURSIVE: a base, UNION ALL, and a part that names the query itself. The base says the types; another
 * shape of recursion is refused by name.
 */
import type { Body, Cte } from '../parse/syntax.ts'
import { invalid, unsupported } from '../refusal.ts'
import { coercionCost } from '../values/coerce.ts'
import { typeName, type GType } from '../values/gtype.ts'
import { raised } from '../values/raised.ts'
import { quoteText } from '../values/value.ts'
import { asColumns } from './output.ts'
import type { Env, QueryResult } from './scope.ts'

/** https://cloud.google.com/bigquery/quotas#query_jobs */
const MOST_ROUNDS = 500
const ROUND = '"round of the recursion"'

/** What of a query this part needs. */
interface Queries {
  readonly body: (body: Body, env: Env) => QueryResult
  readonly converted: (result: QueryResult, types: readonly GType[], env: Env) => string
}

/** Undefined when the query does not name itself. */
export function recursiveCte(cte: Cte, label: string, scope: Env, queries: Queries): QueryResult | undefined {
  if (!cte.mayRecur) return undefined
  const { body } = cte.query
  if (!(body.kind === 'set' && body.operator === 'UNION ALL')) {
    if (mentions(cte.query, cte.name))
      throw unsupported('A recursion that is not base UNION ALL step', cte.at)
    return undefined
  }
  if (!mentions(body.right, cte.name)) {
    if (mentions(body.left, cte.name)) throw unsupported('A recursion in the first part of UNION ALL', cte.at)
    return undefined
  }
  if (mentions(body.left, cte.name)) throw unsupported('A recursion in two parts of UNION ALL', cte.at)
  if (cte.query.orderBy.length > 0 || cte.query.limit || cte.query.with.length > 0)
    throw unsupported('WITH, ORDER BY or LIMIT in a recursive query', cte.at)
  const base = queries.body(body.left, scope)
  const types = base.columns.map((column) => column.type)
  const columns = asColumns(base, '').map((column) => ({ ...column, partitionOf: undefined }))
  const inner: Env = {
    ...scope,
    ctes: new Map([...scope.ctes, [cte.name.toLowerCase(), { cte, use: () => ({ sql: label, columns }) }]]),
  }
  const step = queries.body(body.right, inner)
  if (step.columns.length !== types.length)
    throw invalid('The parts of a recursive UNION ALL have different numbers of columns', body.at)
  for (const [i, column] of step.columns.entries()) {
    column.touch()
    if (coercionCost({ sql: '', type: column.type }, types[i]!) === undefined)
      throw invalid(
        `Column ${i + 1} of the recursive part has type ${typeName(column.type)}, the base has ${typeName(types[i]!)}`,
        body.at,
      )
  }
  // A recursion without an end would fill the disk: each round's rows know its number.
  const last = `(SELECT max(${ROUND}) FROM ${label})`
  const next = `CASE WHEN ${last} >= ${MOST_ROUNDS} THEN ${raised(quoteText(`A recursive CTE has reached the maximum number of iterations: ${MOST_ROUNDS}.`))} ELSE ${last} + 1 END`
  return {
    sql: `SELECT *, 0 AS ${ROUND} FROM ${queries.converted(base, types, scope)} UNION ALL SELECT *, ${next} FROM ${queries.converted(step, types, inner)}`,
    columns: base.columns,
  }
}

/** The name stands in FROM somewhere inside. */
function mentions(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((item) => mentions(item, name))
  if (typeof node !== 'object' || node === null) return false
  const { kind, path } = node as { kind?: unknown; path?: unknown }
  if (kind === 'table' && Array.isArray(path) && path.length === 1)
    if (String(path[0]).toLowerCase() === name.toLowerCase()) return true
  return Object.values(node).some((item) => mentions(item, name))
}
