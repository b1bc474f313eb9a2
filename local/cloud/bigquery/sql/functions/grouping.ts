/** GROUPING: whether a row stands for all values of what the query groups by; https://cloud.google.com/bigquery/docs/reference/standard-sql/aggregate_functions#grouping. */
import { invalid } from '../refusal.ts'
import { INT64 } from '../values/gtype.ts'
import { arity } from './arguments.ts'
import { aggregate, example, failing, type FunctionRow } from './row.ts'

const grouping: NonNullable<FunctionRow['resolve']> = (call, resolve, site) => {
  arity(call, 1)
  if (call.over) throw invalid('Aggregate function GROUPING does not support an OVER clause', call.at)
  if (call.isDistinct || call.nulls || call.orderBy.length > 0 || call.limit)
    throw invalid(
      'Function GROUPING does not support DISTINCT, ORDER BY, LIMIT or NULLS in its arguments',
      call.at,
    )
  const value = resolve(call.args[0]!)
  site.requireGrouped(value)
  return { sql: `CAST(grouping(${value.sql}) AS BIGINT)`, type: INT64 }
}

const PRODUCTS =
  "(SELECT 'shirt' AS product_type, 't-shirt' AS product_name, 3 AS product_count UNION ALL SELECT 'shirt', 't-shirt', 8 UNION ALL SELECT 'shirt', 'polo', 25 UNION ALL SELECT 'pants', 'jeans', 6)"
const SUMS =
  'SELECT product_type, product_name, SUM(product_count), GROUPING(product_type), GROUPING(product_name)'

export const groupingRows: readonly FunctionRow[] = [
  {
    ...aggregate(
      'Aggregate',
      'rewrite',
      'GROUPING',
      {},
      example(
        `${SUMS} FROM ${PRODUCTS} GROUP BY GROUPING SETS(product_type, product_name, ()) ORDER BY product_name, product_type`,
        [null, null, 42, 1, 1],
        ['pants', null, 6, 0, 1],
        ['shirt', null, 36, 0, 1],
        [null, 'jeans', 6, 1, 0],
        [null, 'polo', 25, 1, 0],
        [null, 't-shirt', 11, 1, 0],
      ),
      example(
        'SELECT UPPER(x) AS u, COUNT(*) FROM UNNEST(["a", NULL]) AS x GROUP BY ROLLUP(u) HAVING GROUPING(UPPER(x)) = 0 ORDER BY GROUPING(UPPER(x)), u',
        [null, 1],
        ['A', 1],
      ),
      failing(
        'SELECT GROUPING(y) FROM (SELECT 1 AS x, 2 AS y) GROUP BY ROLLUP(x)',
        'GROUPING must have an argument that exists within the group-by expression list',
      ),
    ),
    resolve: grouping,
    usage: 'GROUPING(x)',
  },
]
