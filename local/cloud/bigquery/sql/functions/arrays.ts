/** ARRAY functions; https://cloud.google.com/bigquery/docs/reference/standard-sql/array_functions. */
import { once } from '../values/value.ts'
import { example, failing, scalar, type Emit, type FunctionRow, type Signature } from './row.ts'

const F = 'Array'
/** Each counted from the start, so that no step adds its error to the next. */
const steps =
  (type: string): Signature['emit'] =>
  (args, how) =>
    once(args, ([from, to, by = `CAST(1 AS ${type})`]) => {
      const count = `CAST(floor(greatest(least(CAST(${to} - ${from} AS DOUBLE) / CAST(${by} AS DOUBLE), 1e7), -1)) AS BIGINT) + 1`
      const value = `list_transform(generate_series(0, ${count}), lambda i: CAST(${from} + i * ${by} AS ${type}))`
      return `CASE WHEN ${by} = 0 THEN ${how.fail("'Sequence step cannot be 0.'")} WHEN ${from} IS NOT NULL AND ${to} IS NOT NULL AND ${by} IS NOT NULL THEN list_filter(${value}, lambda v: CASE WHEN ${by} > 0 THEN v <= ${to} ELSE v >= ${to} END) END`
    })

/** DuckDB's own takes no separator but a constant. */
const joined = (args: string[], how: Emit): string =>
  once(args, ([list, separator, nulls]) =>
    once(
      [
        nulls
          ? `list_transform(${list}, lambda e: coalesce(e, ${nulls}))`
          : `list_filter(${list}, lambda e: e IS NOT NULL)`,
      ],
      ([all]) => {
        const text =
          how.values[1]!.literal === undefined
            ? `CASE WHEN len(${all}) = 0 THEN '' ELSE list_reduce(${all}, lambda a, b: a || ${separator} || b) END`
            : `array_to_string(${all}, ${separator})`
        return `CASE WHEN ${[separator, nulls].flatMap((x) => (x ? [`${x} IS NOT NULL`] : [])).join(' AND ')} THEN ${text} END`
      },
    ),
  )

export const arrayRows: readonly FunctionRow[] = [
  scalar(
    F,
    'native',
    'ARRAY_LENGTH',
    { 'ARRAY<T> -> INT64': 'len' },
    example("SELECT ARRAY_LENGTH(['coffee', NULL, 'milk']), ARRAY_LENGTH(['cake', 'pie'])", [3, 2]),
  ),
  scalar(
    F,
    'native',
    'ARRAY_REVERSE',
    { 'ARRAY<T> -> ARRAY<T>': 'list_reverse' },
    example('SELECT ARRAY_REVERSE([1, 2, 3])', [[3, 2, 1]]),
  ),
  scalar(
    F,
    'rewrite',
    'ARRAY_CONCAT',
    {
      'ARRAY<T>* -> ARRAY<T>': (args) =>
        `CASE WHEN ${args.map((arg) => `${arg} IS NOT NULL`).join(' AND ')} THEN ${args.slice(1).reduce((whole, arg) => `list_concat(${whole}, ${arg})`, args[0]!)} END`,
    },
    example('SELECT ARRAY_CONCAT([1, 2], [3, 4], [5, 6])', [[1, 2, 3, 4, 5, 6]]),
  ),
  scalar(
    F,
    'rewrite',
    'ARRAY_TO_STRING',
    {
      'ARRAY<STRING>, STRING -> STRING': joined,
      'ARRAY<STRING>, STRING, STRING -> STRING': joined,
    },
    example(
      "SELECT ARRAY_TO_STRING(['a', NULL, 'b'], s, n) FROM UNNEST(['-', NULL]) s, UNNEST(['?', NULL]) n ORDER BY 1 DESC",
      ['a-?-b'],
      [null],
      [null],
      [null],
    ),
    example("SELECT ARRAY_TO_STRING([], s), ARRAY_TO_STRING(['a', 'b'], (SELECT s)) FROM UNNEST([', ']) s", [
      '',
      'a, b',
    ]),
    example(
      "SELECT ARRAY_TO_STRING(['coffee', 'tea', 'milk', NULL], '--'), ARRAY_TO_STRING(['cake', 'pie', NULL], '--', 'MISSING')",
      ['coffee--tea--milk', 'cake--pie--MISSING'],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'GENERATE_ARRAY',
    {
      'INT64, INT64 -> ARRAY<INT64>': 'generate_series',
      'INT64, INT64, INT64 -> ARRAY<INT64>': ([a, b, step], how) =>
        `CASE WHEN ${step} = 0 THEN ${how.fail("'Sequence step cannot be 0.'")} ELSE generate_series(${a}, ${b}, ${step}) END`,
      'FLOAT64, FLOAT64 -> ARRAY<FLOAT64>': steps('DOUBLE'),
      'FLOAT64, FLOAT64, FLOAT64 -> ARRAY<FLOAT64>': steps('DOUBLE'),
      'NUMERIC, NUMERIC -> ARRAY<NUMERIC>': steps('DECIMAL(38,9)'),
      'NUMERIC, NUMERIC, NUMERIC -> ARRAY<NUMERIC>': steps('DECIMAL(38,9)'),
    },
    example(
      "SELECT GENERATE_ARRAY(0, 1, 0.25), GENERATE_ARRAY(1.5, 3), GENERATE_ARRAY(NUMERIC '1', 0, NUMERIC '-0.5')",
      [
        [0, 0.25, 0.5, 0.75, 1],
        [1.5, 2.5],
        ['1.000000000', '0.500000000', '0.000000000'],
      ],
    ),
    failing('SELECT GENERATE_ARRAY(0.5, 2, 0)', 'step cannot be 0'),
    example('SELECT GENERATE_ARRAY(1, 5), GENERATE_ARRAY(0, 10, 3), GENERATE_ARRAY(10, 0, -3)', [
      [1, 2, 3, 4, 5],
      [0, 3, 6, 9],
      [10, 7, 4, 1],
    ]),
    example('SELECT GENERATE_ARRAY(10, 0, 3), GENERATE_ARRAY(4, 4, 10)', [[], [4]]),
    failing('SELECT GENERATE_ARRAY(1, 2, 0)', 'step cannot be 0'),
  ),
  ...(['FIRST', 'LAST'] as const).map((which) =>
    scalar(
      F,
      'rewrite',
      `ARRAY_${which}`,
      {
        'ARRAY<T> -> T': (args, how) =>
          once(
            args,
            ([list]) =>
              `CASE WHEN len(${list}) = 0 THEN ${how.fail(`'ARRAY_${which} cannot get the ${which.toLowerCase()} element of an empty array'`)} ELSE ${list}[${which === 'FIRST' ? 1 : -1}] END`,
          ),
      },
      example(`SELECT ARRAY_${which}(['a', 'b', 'c', 'd'])`, [which === 'FIRST' ? 'a' : 'd']),
      failing(`SELECT ARRAY_${which}(CAST([] AS ARRAY<INT64>))`, 'of an empty array'),
    ),
  ),
  scalar(
    F,
    'rewrite',
    'ARRAY_SLICE',
    {
      'ARRAY<T>, INT64, INT64 -> ARRAY<T>': (args) =>
        once(args, ([list, from, to]) => {
          const place = (offset: string): string =>
            `CASE WHEN ${offset} < 0 THEN len(${list}) + ${offset} ELSE ${offset} END`
          // A NULL is nothing to greatest, and an open end to list_slice.
          return `CASE WHEN ${from} IS NOT NULL AND ${to} IS NOT NULL THEN list_slice(${list}, greatest(${place(from!)}, 0) + 1, greatest(${place(to!)}, -1) + 1) END`
        }),
    },
    example(
      "SELECT ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 1, 3), ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], -3, 3), ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 3, 1), ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], -10, -4), ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 0, 30)",
      [['b', 'c', 'd'], ['c', 'd'], [], ['a', 'b'], ['a', 'b', 'c', 'd', 'e']],
    ),
    example(
      "SELECT ARRAY_SLICE(['a', 'b', 'c'], 0, -4), ARRAY_SLICE(['a', 'b', 'c'], 0, -5), ARRAY_SLICE(['a', 'b', 'c'], -5, -9), ARRAY_SLICE(CAST([] AS ARRAY<STRING>), -1, -1), ARRAY_SLICE(['a', 'b', 'c'], NULL, 1), ARRAY_SLICE(['a', 'b', 'c'], 0, NULL)",
      [[], [], [], [], null, null],
    ),
  ),
]
