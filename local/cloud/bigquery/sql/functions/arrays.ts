/** ARRAY functions; https://cloud.google.com/bigquery/docs/reference/standard-sql/array_functions. */
import { once } from '../values/value.ts'
import { example, failing, scalar, type FunctionRow } from './row.ts'

const F = 'Array'
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
      'ARRAY<STRING>, STRING -> STRING': ([list, separator]) =>
        `array_to_string(list_filter(${list}, lambda e: e IS NOT NULL), ${separator})`,
      'ARRAY<STRING>, STRING, STRING -> STRING': ([list, separator, nulls]) =>
        `array_to_string(list_transform(${list}, lambda e: coalesce(e, ${nulls})), ${separator})`,
    },
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
    },
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
          return `list_slice(${list}, greatest(${place(from!)}, 0) + 1, ${place(to!)} + 1)`
        }),
    },
    example(
      "SELECT ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 1, 3), ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], -3, 3), ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 3, 1), ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], -10, -4), ARRAY_SLICE(['a', 'b', 'c', 'd', 'e'], 0, 30)",
      [['b', 'c', 'd'], ['c', 'd'], [], ['a', 'b'], ['a', 'b', 'c', 'd', 'e']],
    ),
  ),
]
