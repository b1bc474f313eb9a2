/**
 * Approximate aggregates, computed exactly, and the aggregates that pick a value by another one;
 * https://cloud.google.com/bigquery/docs/reference/standard-sql/approximate_aggregate_functions.
 */
import { invalid, unsupported } from '../refusal.ts'
import {
  arrayOf,
  duckdbType,
  INT64,
  isGroupable,
  isNullType,
  isScalar,
  typeName,
  type GType,
} from '../values/gtype.ts'
import { coerce } from '../values/coerce.ts'
import { once, type Value } from '../values/value.ts'
import { aggregate, example, failing, type Example, type FunctionRow, type Signature } from './row.ts'

const F = 'Aggregate'
type Resolver = NonNullable<FunctionRow['resolve']>
type Site = Parameters<Resolver>[2]

/** A constant number of buckets or of values asked for. */
function numberOf(value: Value, call: Parameters<Resolver>[0]): number {
  if (value.literal === undefined)
    throw unsupported(`${call.name} with a number that is not a literal`, call.at)
  const number = Number(value.literal)
  if (!Number.isInteger(number) || number < 1)
    throw invalid(`The second argument of ${call.name} must be a positive integer`, call.at)
  if (number > 10_000) throw unsupported(`${call.name} with more than 10000`, call.at)
  return number
}

const typed = (value: Value): Value => (isNullType(value.type) ? coerce(value, INT64) : value)

const quantiles: Resolver = (call, resolve, site) => {
  if (call.args.length !== 2 || call.orderBy.length > 0 || call.limit)
    throw invalid('No matching signature for aggregate function APPROX_QUANTILES', call.at)
  if (call.nulls === 'RESPECT') throw unsupported('APPROX_QUANTILES with RESPECT NULLS', call.at)
  const value = typed(resolve(call.args[0]!))
  if (value.type.kind !== 'scalar' || value.type.name === 'JSON')
    throw invalid(`APPROX_QUANTILES is not defined for arguments of type ${typeName(value.type)}`, call.at)
  const buckets = numberOf(resolve(call.args[1]!), call)
  const fractions = Array.from({ length: buckets + 1 }, (_, i) => String(i / buckets))
  const list = site.emitWith([value]).apply('array_agg', [value.sql], `${value.sql} IS NOT NULL`)
  // The element whose rank is the fraction of all, as BigQuery's own examples have it.
  const sql = once([list], ([all]) =>
    once(
      [`list_sort(${all})`],
      ([sorted]) =>
        `CASE WHEN ${sorted} IS NOT NULL THEN list_transform([${fractions.join(', ')}], lambda part: ${sorted}[greatest(CAST(ceil(part * len(${sorted})) AS BIGINT), 1)]) END`,
    ),
  )
  return { sql, type: arrayOf(value.type) }
}

const pairType = (name: string, value: GType, number: GType): GType =>
  arrayOf({
    kind: 'struct',
    fields: [
      { name: 'value', type: value },
      { name, type: number },
    ],
  })

const topCount: Resolver = (call, resolve, site) => {
  if (call.args.length !== 2 || call.orderBy.length > 0 || call.limit || call.isDistinct || call.nulls)
    throw invalid('No matching signature for aggregate function APPROX_TOP_COUNT', call.at)
  const value = typed(resolve(call.args[0]!))
  if (value.type.kind !== 'scalar' || !isGroupable(value.type))
    throw invalid(`APPROX_TOP_COUNT is not defined for arguments of type ${typeName(value.type)}`, call.at)
  const wanted = numberOf(resolve(call.args[1]!), call)
  const type = pairType('count', value.type, INT64)
  return { sql: top(countsOf(value, site), value.type, 'count', wanted, INT64), type }
}

/** [{n, v}] of each value; a NULL is a value of its own. */
function countsOf(value: Value, site: Site): string {
  const { apply } = site.emitWith([value])
  const known = `list_transform(map_entries(${apply('histogram', [value.sql], `${value.sql} IS NOT NULL`)}), lambda entry: struct_pack(n := CAST(entry['value'] AS BIGINT), v := entry['key']))`
  const nulls = apply('count', ['*'], `${value.sql} IS NULL`)
  return `list_concat(coalesce(${known}, []), CASE WHEN ${nulls} > 0 THEN [struct_pack(n := CAST(${nulls} AS BIGINT), v := CAST(NULL AS ${duckdbType(value.type)}))] ELSE [] END)`
}

/** The largest first, NULL last; of equal ones the smaller value, where BigQuery promises nothing. */
const top = (pairs: string, type: GType, name: string, wanted: number, number: GType): string =>
  once(
    [pairs],
    ([all]) =>
      `CASE WHEN len(${all}) > 0 THEN list_transform(list_slice(list_sort(list_transform(${all}, lambda pair: struct_pack(empty := pair['n'] IS NULL, n := -pair['n'], v := pair['v']))), 1, ${wanted}), lambda pair: struct_pack("value" := CAST(pair['v'] AS ${duckdbType(type)}), "${name}" := CAST(-pair['n'] AS ${duckdbType(number)}))) END`,
  )

const topSum: Resolver = (call, resolve, site) => {
  if (call.args.length !== 3 || call.orderBy.length > 0 || call.limit || call.isDistinct || call.nulls)
    throw invalid('No matching signature for aggregate function APPROX_TOP_SUM', call.at)
  const [value, weight] = [typed(resolve(call.args[0]!)), typed(resolve(call.args[1]!))]
  const isWeighed = isScalar(weight.type, 'INT64', 'FLOAT64', 'NUMERIC')
  if (value.type.kind !== 'scalar' || !isGroupable(value.type) || !isWeighed)
    throw invalid(
      `APPROX_TOP_SUM is not defined for arguments of types ${typeName(value.type)} and ${typeName(weight.type)}`,
      call.at,
    )
  const wanted = numberOf(resolve(call.args[2]!), call)
  const { apply, fail } = site.emitWith([value, weight])
  const rows = apply('array_agg', [`struct_pack(v := ${value.sql}, w := ${weight.sql})`])
  const isWrong = `len(list_filter(${rows}, lambda pair: pair['w'] < 0${isScalar(weight.type, 'FLOAT64') ? " OR isnan(pair['w'])" : ''})) > 0`
  const sql = `CASE WHEN ${isWrong} THEN ${fail("'APPROX_TOP_SUM does not support weights that are negative or NaN'")} ELSE ${top(sumsOf(rows, weight), value.type, 'sum', wanted, weight.type)} END`
  return { sql, type: pairType('sum', value.type, weight.type) }
}

/** [{n, v}] of [{v, w}]: the engine's own function adds up what belongs to one value, and says where it stands. */
const sumsOf = (rows: string, { type }: Value): string => {
  const texts = (field: string): string =>
    `list_transform(${rows}, lambda pair: CAST(pair['${field}'] AS VARCHAR))`
  const scale = isScalar(type, 'FLOAT64') ? -1 : isScalar(type, 'NUMERIC') ? 9 : 0
  return `list_transform(own_sums(${texts('v')}, ${texts('w')}, ${scale}), lambda found: struct_pack(n := CAST(nullif(split_part(found, ' ', 2), '') AS ${duckdbType(type)}), v := ${rows}[CAST(split_part(found, ' ', 1) AS BIGINT)]['v']))`
}

/** A value by the largest or smallest of another; rows whose other is NULL do not count. */
const picked =
  (name: string): Signature['emit'] =>
  (args, how) => {
    const by = how.values[1]!.type
    if (by.kind !== 'scalar' || by.name === 'JSON')
      throw invalid(`No matching signature for ${name} by an argument of type ${typeName(by)}`, how.at)
    return how.apply(name, args, `${args[1]} IS NOT NULL`)
  }

const concatenated: Signature['emit'] = (args, how) => {
  const list = how.apply('array_agg', args, `${args[0]} IS NOT NULL`)
  return `flatten(${list})`
}

const FRUIT = "UNNEST([STRUCT('apple' AS fruit, 10 AS sold), ('pear', 20), ('orange', 5), ('fig', NULL)])"
const sums = (rows: string, answer: readonly (readonly [string | null, number | null])[]): Example =>
  example(`SELECT APPROX_TOP_SUM(x, weight, 2) FROM UNNEST(${rows})`, [
    answer.map(([value, sum]) => ({ value, sum })),
  ])
export const approximateRows: readonly FunctionRow[] = [
  {
    ...aggregate(
      F,
      'rewrite',
      'APPROX_QUANTILES',
      {},
      example('SELECT APPROX_QUANTILES(x, 2) FROM UNNEST([1, 1, 1, 4, 5, 6, 7, 8, 9, 10]) AS x', [
        [1, 5, 10],
      ]),
      example(
        'SELECT APPROX_QUANTILES(x, 100)[OFFSET(90)] FROM UNNEST([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) AS x',
        [9],
      ),
      example('SELECT APPROX_QUANTILES(DISTINCT x, 2) FROM UNNEST([1, 1, 1, 4, 5, 6, 7, 8, 9, 10]) AS x', [
        [1, 6, 10],
      ]),
      failing('SELECT APPROX_QUANTILES(x, 0) FROM UNNEST([1]) AS x', 'positive integer'),
    ),
    resolve: quantiles,
    usage: 'APPROX_QUANTILES([DISTINCT] x, number [IGNORE NULLS])',
  },
  {
    ...aggregate(
      F,
      'rewrite',
      'APPROX_TOP_COUNT',
      {},
      example(
        "SELECT APPROX_TOP_COUNT(x, 2) FROM UNNEST(['apple', 'apple', 'pear', 'pear', 'pear', 'banana']) AS x",
        [
          [
            { value: 'pear', count: 3 },
            { value: 'apple', count: 2 },
          ],
        ],
      ),
      example(
        "SELECT APPROX_TOP_COUNT(x, 2) FROM UNNEST([NULL, 'pear', 'pear', 'pear', 'apple', NULL]) AS x",
        [
          [
            { value: 'pear', count: 3 },
            { value: null, count: 2 },
          ],
        ],
      ),
    ),
    resolve: topCount,
    usage: 'APPROX_TOP_COUNT(x, number)',
  },
  {
    ...aggregate(
      F,
      'rewrite',
      'APPROX_TOP_SUM',
      {},
      sums("[STRUCT('apple' AS x, 3 AS weight), ('pear', 2), ('apple', 0), ('banana', 5), ('pear', 4)]", [
        ['pear', 6],
        ['banana', 5],
      ]),
      sums("[STRUCT('apple' AS x, NULL AS weight), ('pear', 0), ('pear', NULL)]", [
        ['pear', 0],
        ['apple', null],
      ]),
      sums("[STRUCT('apple' AS x, 0 AS weight), (NULL, 2)]", [
        [null, 2],
        ['apple', 0],
      ]),
      sums("[STRUCT('apple' AS x, 0 AS weight), (NULL, NULL)]", [
        ['apple', 0],
        [null, null],
      ]),
      failing("SELECT APPROX_TOP_SUM('a', x, 1) FROM UNNEST([1.5, -1]) AS x", 'negative or NaN'),
    ),
    resolve: topSum,
    usage: 'APPROX_TOP_SUM(x, weight, number)',
  },
  aggregate(
    F,
    'rewrite',
    'MAX_BY',
    { 'ANY, ANY -> FIRST': picked('arg_max_null') },
    example(`SELECT MAX_BY(fruit, sold) FROM ${FRUIT}`, ['pear']),
  ),
  aggregate(
    F,
    'rewrite',
    'MIN_BY',
    { 'ANY, ANY -> FIRST': picked('arg_min_null') },
    example(`SELECT MIN_BY(fruit, sold) FROM ${FRUIT}`, ['orange']),
  ),
  aggregate(
    F,
    'rewrite',
    'ARRAY_CONCAT_AGG',
    { 'ARRAY<T> -> ARRAY<T>': concatenated },
    example(
      'SELECT ARRAY_CONCAT_AGG(x ORDER BY ARRAY_LENGTH(x)) FROM (SELECT [NULL, 1, 2, 3, 4] AS x UNION ALL SELECT NULL UNION ALL SELECT [5, 6])',
      [[5, 6, null, 1, 2, 3, 4]],
    ),
  ),
]
