/** Statistical and ordered aggregates; https://cloud.google.com/bigquery/docs/reference/standard-sql/statistical_aggregate_functions. */
import { invalid, unsupported } from '../refusal.ts'
import { example, failing, type FunctionRow, type Signature, aggregate, windowed } from './row.ts'

const F = 'Aggregate'
const named =
  (name: string): Signature['emit'] =>
  (args, how) =>
    how.apply(name, args)

const paired = (name: string, duckdb: string, sample: string, answer: number): FunctionRow =>
  aggregate(
    F,
    'native',
    name,
    { 'FLOAT64, FLOAT64 -> FLOAT64': named(duckdb) },
    example(
      `SELECT ROUND(${name}(y, x), 6) FROM UNNEST([STRUCT(1.0 AS y, 1.0 AS x), (2.0, 6.0), (9.0, 3.0), (2.0, 6.0), (9.0, 3.0)])${sample}`,
      [answer],
    ),
  )

/** A constant fraction from 0 to 1. */
const percentile =
  (name: string): Signature['emit'] =>
  (args, how) => {
    const literal = how.values[1]!.literal
    if (literal === undefined) throw unsupported('A percentile that is not a literal', how.at)
    if (Number(literal) < 0 || Number(literal) > 1)
      throw invalid('The second argument of a percentile must be in the range [0, 1]', how.at)
    return how.apply(name, [args[0]!, literal])
  }

export const statisticRows: readonly FunctionRow[] = [
  paired('CORR', 'corr', '', -0.239926),
  paired('COVAR_POP', 'covar_pop', '', -1.68),
  paired('COVAR_SAMP', 'covar_samp', '', -2.1),
  aggregate(
    F,
    'native',
    'VAR_SAMP',
    { 'FLOAT64 -> FLOAT64': named('var_samp') },
    example('SELECT VAR_SAMP(x) FROM UNNEST([10, 14, 18]) AS x', [16]),
  ),
  aggregate(
    F,
    'native',
    'VAR_POP',
    { 'FLOAT64 -> FLOAT64': named('var_pop') },
    example('SELECT ROUND(VAR_POP(x), 6) FROM UNNEST([10, 14, 18]) AS x', [10.666667]),
  ),
  aggregate(
    F,
    'rewrite',
    'BIT_AND',
    { 'INT64 -> INT64': named('bit_and') },
    example('SELECT BIT_AND(x) FROM UNNEST([0xF001, 0x00A1]) AS x', [1]),
  ),
  aggregate(
    F,
    'rewrite',
    'BIT_OR',
    { 'INT64 -> INT64': named('bit_or') },
    example('SELECT BIT_OR(x) FROM UNNEST([0xF001, 0x00A1]) AS x', [61601]),
  ),
  aggregate(
    F,
    'rewrite',
    'BIT_XOR',
    { 'INT64 -> INT64': named('bit_xor') },
    example('SELECT BIT_XOR(x) FROM UNNEST([5678, 1234]) AS x', [4860]),
  ),
  windowed(
    'Window',
    'native',
    'PERCENTILE_CONT',
    { 'FLOAT64, FLOAT64! -> FLOAT64': percentile('quantile_cont') },
    example(
      'SELECT PERCENTILE_CONT(x, 0) OVER (), PERCENTILE_CONT(x, 0.01) OVER (), PERCENTILE_CONT(x, 0.5) OVER (), PERCENTILE_CONT(x, 1) OVER () FROM UNNEST([0, 3, NULL, 1, 2]) AS x LIMIT 1',
      [0, 0.03, 1.5, 3],
    ),
    failing('SELECT PERCENTILE_CONT(x, 2) OVER () FROM UNNEST([1]) AS x', 'range [0, 1]'),
  ),
  windowed(
    'Window',
    'native',
    'PERCENTILE_DISC',
    { 'ANY, FLOAT64! -> FIRST': percentile('quantile_disc') },
    example(
      "SELECT PERCENTILE_DISC(x, 0) OVER (), PERCENTILE_DISC(x, 0.5) OVER (), PERCENTILE_DISC(x, 1) OVER () FROM UNNEST(['c', NULL, 'b', 'a']) AS x LIMIT 1",
      ['a', 'b', 'c'],
    ),
  ),
]
