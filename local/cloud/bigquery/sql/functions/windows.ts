/** Numbering and navigation functions; https://cloud.google.com/bigquery/docs/reference/standard-sql/navigation_functions. */
import { match } from './matching.ts'
import { invalid } from '../refusal.ts'
import { raised } from '../values/raised.ts'
import { quoteText } from '../values/value.ts'
import { example, windowed, type FunctionRow, type Signature } from './row.ts'

const F = 'Window'
const named =
  (name: string): Signature['emit'] =>
  (args, how) =>
    how.apply(name, args)

/** The number that says which row: not NULL and not below `least`, also when it is a parameter. */
const placed =
  (name: string, least: number, position = 1): Signature['emit'] =>
  (args, how) => {
    const literal = how.values[position]!.literal
    const words = `The ${position === 0 ? 'argument' : 'second argument'} of ${name.toUpperCase()} must be ${least === 0 ? 'a non-negative' : 'a positive'} integer`
    if (literal !== undefined && BigInt(literal) < BigInt(least)) throw invalid(words, how.at)
    if (literal === undefined)
      args[position] =
        `CASE WHEN ${args[position]} >= ${least} THEN ${args[position]} ELSE ${raised(quoteText(words))} END`
    return how.apply(name, args)
  }

/** Functions that take IGNORE NULLS inside the parentheses, as DuckDB does too. */
function navigating(row: FunctionRow): FunctionRow {
  return {
    ...row,
    resolve: (call, resolve, site) => {
      if (call.isDistinct || call.orderBy.length > 0 || call.limit)
        throw invalid(
          `Function ${call.name} does not support DISTINCT, ORDER BY or LIMIT in its arguments`,
          call.at,
        )
      if (call.nulls && ['LAG', 'LEAD'].includes(call.name))
        throw invalid(
          `IGNORE NULLS and RESPECT NULLS are not allowed for analytic function ${call.name}`,
          call.at,
        )
      const found = match(row, call.args.map(resolve), call.at)
      const args = found.values.map((value) => value.sql)
      if (call.nulls === 'IGNORE') args[args.length - 1] += ' IGNORE NULLS'
      return { sql: found.signature.emit(args, site.emitWith(found.values)), type: found.returns }
    },
  }
}

const RACE = "UNNEST([STRUCT('a' AS name, 10 AS t), ('b', 20), ('c', 20), ('d', 40)])"
export const windowRows: readonly FunctionRow[] = [
  windowed(
    F,
    'native',
    'ROW_NUMBER',
    { ' -> INT64': named('row_number') },
    example(
      `SELECT name, ROW_NUMBER() OVER (ORDER BY t, name) FROM ${RACE} ORDER BY 1`,
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['d', 4],
    ),
  ),
  windowed(
    F,
    'native',
    'RANK',
    { ' -> INT64': named('rank') },
    example(
      `SELECT name, RANK() OVER (ORDER BY t) FROM ${RACE} ORDER BY 1`,
      ['a', 1],
      ['b', 2],
      ['c', 2],
      ['d', 4],
    ),
  ),
  windowed(
    F,
    'native',
    'DENSE_RANK',
    { ' -> INT64': named('dense_rank') },
    example(
      `SELECT name, DENSE_RANK() OVER (ORDER BY t) FROM ${RACE} ORDER BY 1`,
      ['a', 1],
      ['b', 2],
      ['c', 2],
      ['d', 3],
    ),
  ),
  windowed(
    F,
    'native',
    'PERCENT_RANK',
    { ' -> FLOAT64': named('percent_rank') },
    example(
      'SELECT x, PERCENT_RANK() OVER (ORDER BY x) FROM UNNEST([1, 2, 2, 2, 5]) AS x ORDER BY x',
      [1, 0],
      [2, 0.25],
      [2, 0.25],
      [2, 0.25],
      [5, 1],
    ),
  ),
  windowed(
    F,
    'native',
    'CUME_DIST',
    { ' -> FLOAT64': named('cume_dist') },
    example(
      'SELECT x, CUME_DIST() OVER (ORDER BY x) FROM UNNEST([1, 2, 2, 5]) AS x ORDER BY x',
      [1, 0.25],
      [2, 0.75],
      [2, 0.75],
      [5, 1],
    ),
  ),
  windowed(
    F,
    'native',
    'NTILE',
    { 'INT64! -> INT64': placed('ntile', 1, 0) },
    example(
      'SELECT x, NTILE(3) OVER (ORDER BY x) FROM UNNEST([1, 2, 3, 4, 5]) AS x ORDER BY x',
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
      [5, 3],
    ),
  ),
  navigating(
    windowed(
      F,
      'native',
      'LAG',
      {
        'ANY -> FIRST': named('lag'),
        'ANY, INT64! -> FIRST': placed('lag', 0),
        'T, INT64!, T -> T': placed('lag', 0),
      },
      example(
        `SELECT name, LAG(name) OVER (ORDER BY t, name), LAG(t, 2, 0) OVER (ORDER BY t, name) FROM ${RACE} ORDER BY 1`,
        ['a', null, 0],
        ['b', 'a', 0],
        ['c', 'b', 10],
        ['d', 'c', 20],
      ),
    ),
  ),
  navigating(
    windowed(
      F,
      'native',
      'LEAD',
      {
        'ANY -> FIRST': named('lead'),
        'ANY, INT64! -> FIRST': placed('lead', 0),
        'T, INT64!, T -> T': placed('lead', 0),
      },
      example(
        `SELECT name, LEAD(name) OVER (ORDER BY t, name) FROM ${RACE} ORDER BY 1`,
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'd'],
        ['d', null],
      ),
    ),
  ),
  navigating(
    windowed(
      F,
      'native',
      'FIRST_VALUE',
      { 'ANY -> FIRST': named('first_value') },
      example(
        'SELECT x, FIRST_VALUE(x IGNORE NULLS) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM UNNEST([3, NULL, 2]) AS x ORDER BY x',
        [null, 2],
        [2, 2],
        [3, 2],
      ),
    ),
  ),
  navigating(
    windowed(
      F,
      'native',
      'LAST_VALUE',
      { 'ANY -> FIRST': named('last_value') },
      example(
        'SELECT x, LAST_VALUE(x) OVER (ORDER BY x), LAST_VALUE(x) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM UNNEST([1, 2, 2]) AS x ORDER BY x',
        [1, 1, 2],
        [2, 2, 2],
        [2, 2, 2],
      ),
    ),
  ),
  navigating(
    windowed(
      F,
      'native',
      'NTH_VALUE',
      { 'ANY, INT64! -> FIRST': placed('nth_value', 1) },
      example(
        'SELECT x, NTH_VALUE(x, 2) OVER (ORDER BY x ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM UNNEST([1, 2, 3]) AS x ORDER BY x',
        [1, 2],
        [2, 2],
        [3, 2],
      ),
    ),
  ),
]
