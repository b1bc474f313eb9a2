/** Aggregates; https://cloud.google.com/bigquery/docs/reference/standard-sql/aggregate_functions. SUM(INT64) stays INT64, overflow is an error. */
import { invalid, unsupported } from '../refusal.ts'
import { match } from './matching.ts'
import { divided } from './numerics.ts'
import { arrayOf, INT64, isNullType, isScalar, STRING, typeName } from '../values/gtype.ts'
import { coerce } from '../values/coerce.ts'
import { extreme, finite, inNumeric, sumOfIntervals } from './extremes.ts'
import { aggregate, example, failing, type FunctionRow, type Signature } from './row.ts'

const F = 'Aggregate'
type Resolver = NonNullable<FunctionRow['resolve']>
const named =
  (name: string): Signature['emit'] =>
  (args, how) =>
    how.apply(name, args)
function withoutClauses(row: FunctionRow): FunctionRow {
  const resolve: Resolver = (call, resolveArgument, site) => {
    if (call.nulls || call.orderBy.length > 0 || call.limit)
      throw invalid(
        `Function ${call.name} does not support ORDER BY, LIMIT, IGNORE NULLS or RESPECT NULLS in its arguments`,
        call.at,
      )
    const found = match(row, call.args.map(resolveArgument), call.at)
    if (
      found.values.some((value) => value.type.kind !== 'scalar') &&
      !['COUNT', 'ANY_VALUE'].includes(call.name)
    )
      throw invalid(
        `No matching signature for aggregate function ${call.name} for argument types: ${found.values.map((value) => typeName(value.type)).join(', ')}`,
        call.at,
      )
    return {
      sql: found.signature.emit(
        found.values.map((value) => value.sql),
        site.emitWith(found.values),
      ),
      type: found.returns,
    }
  }
  return { ...row, resolve }
}

const count: Resolver = (call, resolve, site) => {
  if (call.orderBy.length > 0 || call.limit || call.nulls)
    throw invalid('COUNT does not support ORDER BY, LIMIT or NULLS in its arguments', call.at)
  if (call.args.length !== 1) throw invalid('No matching signature for aggregate function COUNT', call.at)
  if (call.args[0]!.kind === 'star') {
    if (call.isDistinct) throw invalid('COUNT(*) cannot be used with DISTINCT', call.at)
    return { sql: site.emitWith([]).apply('count', ['*']), type: INT64, isConstant: false }
  }
  const value = resolve(call.args[0]!)
  return {
    sql: site.emitWith([value]).apply('count', [isNullType(value.type) ? 'CAST(NULL AS BIGINT)' : value.sql]),
    type: INT64,
  }
}

const arrayAgg: Resolver = (call, resolve, site) => {
  if (call.args.length !== 1) throw invalid('No matching signature for aggregate function ARRAY_AGG', call.at)
  const given = resolve(call.args[0]!)
  const value = isNullType(given.type) ? coerce(given, INT64) : given
  if (value.type.kind === 'array')
    throw invalid('The argument to ARRAY_AGG must not be an array type', call.at)
  if (
    call.isDistinct &&
    call.orderBy.length > 0 &&
    call.orderBy.some((item) => item.expression.kind === 'literal')
  )
    throw invalid(
      'An aggregate function that has both DISTINCT and ORDER BY arguments can only ORDER BY expressions that are arguments to the function',
      call.at,
    )
  const list = site
    .emitWith([value])
    .apply('array_agg', [value.sql], call.nulls === 'IGNORE' ? `${value.sql} IS NOT NULL` : undefined)
  return { sql: limited(list, call), type: arrayOf(value.type) }
}

function limited(list: string, call: Parameters<Resolver>[0]): string {
  if (!call.limit) return list
  if (call.over) throw unsupported(`${call.name} with LIMIT and OVER`, call.at)
  if (call.limit.kind !== 'literal' || call.limit.type !== 'INT64')
    throw unsupported(`${call.name} with a LIMIT that is not a literal`, call.limit.at)
  return `list_slice(${list}, 1, ${BigInt(call.limit.value)})`
}

const stringAgg: Resolver = (call, resolve, site) => {
  if (call.args.length < 1 || call.args.length > 2 || call.nulls)
    throw invalid('No matching signature for aggregate function STRING_AGG', call.at)
  const given = resolve(call.args[0]!)
  if (isScalar(given.type, 'BYTES')) throw unsupported('STRING_AGG on BYTES', call.at)
  const value = coerce(given, STRING, call.at, 'Argument of STRING_AGG')
  const separator = call.args[1]
    ? coerce(resolve(call.args[1]), STRING, call.at, 'Separator of STRING_AGG')
    : { sql: "','", type: STRING, isConstant: true }
  if (!separator.isConstant)
    throw invalid('Argument 2 to STRING_AGG must be a literal or query parameter', call.at)
  const list = site.emitWith([value]).apply('array_agg', [value.sql], `${value.sql} IS NOT NULL`)
  return { sql: `array_to_string(${limited(list, call)}, ${separator.sql})`, type: STRING }
}

const NUMBERS = '[12, -1, NULL, 5, -1]'
export const aggregateRows: readonly FunctionRow[] = [
  {
    ...aggregate(
      F,
      'native',
      'COUNT',
      {},
      example('SELECT COUNT(*), COUNT(DISTINCT x), COUNT(x) FROM UNNEST([1, 4, NULL, 4, 5]) AS x', [5, 3, 4]),
    ),
    resolve: count,
    usage: 'COUNT(*), COUNT([DISTINCT] x)',
  },
  withoutClauses(
    aggregate(
      F,
      'rewrite',
      'COUNTIF',
      {
        'BOOL -> INT64': ([x], how) => {
          if (how.apply('', []).includes('DISTINCT')) throw unsupported('COUNTIF(DISTINCT)', how.at)
          return how.apply('count', ['*'], x)
        },
      },
      example('SELECT COUNTIF(x < 0), COUNTIF(x > 0) FROM UNNEST([5, -2, 3, 6, -10, -7, 4, 0]) AS x', [3, 4]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'rewrite',
      'SUM',
      {
        'INT64 -> INT64': (args, how) => `CAST(${how.apply('sum', args)} AS BIGINT)`,
        'FLOAT64 -> FLOAT64': finite('sum'),
        'NUMERIC -> NUMERIC': (args, how) => inNumeric(how.apply('sum', args), how),
        'INTERVAL -> INTERVAL': sumOfIntervals,
      },
      example('SELECT SUM(x), SUM(DISTINCT x) FROM UNNEST([1, 2, 3, 4, 5, 4, 3, 2, 1]) AS x', [25, 15]),
      failing('SELECT SUM(x) FROM UNNEST([9223372036854775807, 1]) AS x', 'int64 overflow'),
      failing('SELECT SUM(x) FROM UNNEST([1e308, 1e308]) AS x', 'double overflow'),
      failing(
        "SELECT SUM(x) FROM UNNEST([NUMERIC '99999999999999999999999999999', 1]) AS x",
        'numeric overflow',
      ),
      example(
        "SELECT SUM(x) OVER (ORDER BY x), SUM(x) OVER () = CAST('inf' AS FLOAT64) FROM UNNEST([1.5, CAST('inf' AS FLOAT64)]) AS x ORDER BY x",
        [1.5, true],
        [Number.POSITIVE_INFINITY, true],
      ),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'AVG',
      {
        'INT64 -> FLOAT64': named('avg'),
        'FLOAT64 -> FLOAT64': finite('avg'),
        'NUMERIC -> NUMERIC': (args, how) =>
          divided(
            inNumeric(how.apply('sum', args), how),
            `CAST(${how.apply('count', args)} AS DECIMAL(38,9))`,
            'NULL',
          ),
      },
      example('SELECT AVG(x), AVG(DISTINCT x) FROM UNNEST([0, 2, 4, 4, 5]) AS x', [3, 2.75]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'MIN',
      { 'T -> T': extreme('min') },
      example('SELECT MIN(x) FROM UNNEST([8, 37, 55, 4]) AS x', [4]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'MAX',
      { 'T -> T': extreme('max') },
      example('SELECT MAX(x) FROM UNNEST([8, 37, 55, 4]) AS x', [55]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'ANY_VALUE',
      { 'ANY -> FIRST': named('any_value') },
      example("SELECT ANY_VALUE(x) FROM UNNEST(['a', 'a']) AS x", ['a']),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'LOGICAL_AND',
      { 'BOOL -> BOOL': named('bool_and') },
      example('SELECT LOGICAL_AND(x < 3) FROM UNNEST([1, 2, 4]) AS x', [false]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'LOGICAL_OR',
      { 'BOOL -> BOOL': named('bool_or') },
      example('SELECT LOGICAL_OR(x < 3) FROM UNNEST([1, 2, 4]) AS x', [true]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'rewrite',
      'APPROX_COUNT_DISTINCT',
      { 'ANY -> INT64': (args, how) => how.apply('count', [`DISTINCT ${args[0]}`]) },
      example('SELECT APPROX_COUNT_DISTINCT(x) FROM UNNEST([0, 1, 1, 2, 3, 5]) AS x', [5]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'STDDEV',
      { 'FLOAT64 -> FLOAT64': named('stddev_samp') },
      example('SELECT STDDEV(x) FROM UNNEST([10, 14, 18]) AS x', [4]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'STDDEV_SAMP',
      { 'FLOAT64 -> FLOAT64': named('stddev_samp') },
      example('SELECT STDDEV_SAMP(x) FROM UNNEST([10, 14, 18]) AS x', [4]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'STDDEV_POP',
      { 'FLOAT64 -> FLOAT64': named('stddev_pop') },
      example('SELECT ROUND(STDDEV_POP(x), 6) FROM UNNEST([10, 14, 18]) AS x', [3.265986]),
    ),
  ),
  withoutClauses(
    aggregate(
      F,
      'native',
      'VARIANCE',
      { 'FLOAT64 -> FLOAT64': named('var_samp') },
      example('SELECT VARIANCE(x) FROM UNNEST([10, 14, 18]) AS x', [16]),
    ),
  ),
  {
    ...aggregate(
      F,
      'native',
      'ARRAY_AGG',
      {},
      example(
        `SELECT ARRAY_AGG(x IGNORE NULLS ORDER BY ABS(x)) FROM UNNEST(${NUMBERS.replace('-1]', '7]')}) AS x`,
        [[-1, 5, 7, 12]],
      ),
      example(
        'SELECT ARRAY_AGG(x ORDER BY ABS(x) LIMIT 5) FROM UNNEST([2, 1, -2, 3, -4, 5, 6]) AS x WHERE x > 0',
        [[1, 2, 3, 5, 6]],
      ),
      example('SELECT ARRAY_AGG(DISTINCT x ORDER BY x) FROM UNNEST([2, 1, 2]) AS x', [[1, 2]]),
    ),
    resolve: arrayAgg,
    usage: 'ARRAY_AGG([DISTINCT] x [IGNORE | RESPECT NULLS] [ORDER BY …] [LIMIT n])',
  },
  {
    ...aggregate(
      F,
      'rewrite',
      'STRING_AGG',
      {},
      example(
        "SELECT STRING_AGG(f, ' & '), STRING_AGG(f, ',' ORDER BY LENGTH(f), f LIMIT 2) FROM UNNEST(['apple', NULL, 'pear', 'banana', 'pear']) AS f",
        ['apple & pear & banana & pear', 'pear,pear'],
      ),
      example(
        "SELECT STRING_AGG(DISTINCT f, '|' ORDER BY f DESC LIMIT 2) FROM UNNEST(['apple', 'pear', 'banana', 'pear']) AS f",
        ['pear|banana'],
      ),
    ),
    resolve: stringAgg,
    usage: 'STRING_AGG([DISTINCT] x[, separator] [ORDER BY …] [LIMIT n])',
  },
]
