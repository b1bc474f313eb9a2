/** Trigonometric functions and bits; https://cloud.google.com/bigquery/docs/reference/standard-sql/mathematical_functions. What leaves the domain is an error. */
import { once } from '../values/value.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

const F = 'Mathematics'
const plain = (name: string, sample: string, answer: number): FunctionRow =>
  scalar(F, 'native', name, { 'FLOAT64 -> FLOAT64': name.toLowerCase() }, example(sample, [answer]))
/** An argument outside of -1 … 1 has no answer. */
const bounded = (name: string) => ({
  'FLOAT64 -> FLOAT64': (args: string[], how: Emit) =>
    once(
      args,
      ([x]) =>
        `CASE WHEN abs(${x}) > 1 AND NOT isnan(${x}) THEN ${how.fail(`concat('Floating point error in function: ${name}(', ${x}, ')')`)} ELSE ${name.toLowerCase()}(${x}) END`,
    ),
})

export const trigonometryRows: readonly FunctionRow[] = [
  plain('SIN', 'SELECT SIN(0)', 0),
  plain('COS', 'SELECT COS(0)', 1),
  plain('TAN', 'SELECT TAN(0)', 0),
  plain('ATAN', 'SELECT ATAN(0)', 0),
  plain('TANH', 'SELECT TANH(0)', 0),
  plain('CBRT', 'SELECT CBRT(27)', 3),
  scalar(
    F,
    'rewrite',
    'ACOS',
    bounded('ACOS'),
    example('SELECT ACOS(1)', [0]),
    failing('SELECT ACOS(2)', 'Floating point error in function: ACOS'),
  ),
  scalar(
    F,
    'rewrite',
    'ASIN',
    bounded('ASIN'),
    example('SELECT ASIN(0)', [0]),
    failing('SELECT ASIN(-2)', 'Floating point error in function: ASIN'),
  ),
  scalar(
    F,
    'native',
    'ATAN2',
    { 'FLOAT64, FLOAT64 -> FLOAT64': 'atan2' },
    example('SELECT ATAN2(0, 1)', [0]),
  ),
  scalar(
    F,
    'rewrite',
    'RANGE_BUCKET',
    {
      'T, ARRAY<T> -> INT64': (args) =>
        once(
          args,
          ([point, bounds]) =>
            `CASE WHEN ${point} IS NOT NULL THEN len(list_filter(${bounds}, lambda edge: edge <= ${point})) END`,
        ),
    },
    example(
      'SELECT RANGE_BUCKET(20, [0, 10, 20, 30, 40]), RANGE_BUCKET(20, [0, 10, 20, 20, 40, 40]), RANGE_BUCKET(25, [0, 10, 20, 30, 40]), RANGE_BUCKET(-10, [5, 6]), RANGE_BUCKET(NULL, [1])',
      [3, 4, 3, 0, null],
    ),
  ),
]
