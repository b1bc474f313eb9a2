/** Hyperbolic functions and the reciprocals of the trigonometric ones; what has no finite answer is an error, as in BigQuery. */
import { once } from '../values/value.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

/** `write` of a finite argument; `isOutside` names arguments without an answer. */
function guarded(name: string, write: (x: string) => string, isOutside?: (x: string) => string) {
  return {
    'FLOAT64 -> FLOAT64': (args: string[], how: Emit) =>
      once(args, ([x]) => {
        const failed = how.fail(`concat('Floating point error in function: ${name}(', ${x}, ')')`)
        const outside = isOutside ? `WHEN ${isOutside(x!)} THEN ${failed} ` : ''
        return once(
          [`CASE WHEN isnan(${x}) THEN ${x} ${outside}ELSE ${write(x!)} END`],
          ([answer]) => `CASE WHEN isinf(${answer}) AND isfinite(${x}) THEN ${failed} ELSE ${answer} END`,
        )
      }),
  }
}

const row = (
  name: string,
  write: (x: string) => string,
  sample: readonly [given: string, answer: number],
  outside?: readonly [is: (x: string) => string, given: string],
): FunctionRow =>
  scalar(
    'Mathematics',
    'rewrite',
    name,
    guarded(name, write, outside?.[0]),
    example(`SELECT ${name}(${sample[0]}), ${name}(NULL)`, [sample[1], null]),
    ...(outside
      ? [failing(`SELECT ${name}(${outside[1]})`, `Floating point error in function: ${name}`)]
      : []),
  )

const isZero = (x: string): string => `${x} = 0`
/** DuckDB's sine and cosine take no infinity; BigQuery's answer is NaN. */
const finite = (write: string, x: string): string =>
  `CASE WHEN isinf(${x}) THEN CAST('nan' AS DOUBLE) ELSE ${write} END`

export const hyperbolicRows: readonly FunctionRow[] = [
  row('SINH', (x) => `sinh(${x})`, ['0', 0], [(x) => `abs(${x}) > 711 AND isfinite(${x})`, '1000']),
  row('COSH', (x) => `cosh(${x})`, ['0', 1], [(x) => `abs(${x}) > 711 AND isfinite(${x})`, '1000']),
  row('ASINH', (x) => `asinh(${x})`, ['0', 0]),
  row('ACOSH', (x) => `acosh(${x})`, ['1', 0], [(x) => `${x} < 1`, '0.5']),
  row('ATANH', (x) => `atanh(${x})`, ['0', 0], [(x) => `abs(${x}) >= 1`, '1']),
  row('COT', (x) => finite(`cos(${x}) / sin(${x})`, x), ['ACOS(-1) / 4', 1], [isZero, '0']),
  row('CSC', (x) => finite(`1 / sin(${x})`, x), ['ACOS(-1) / 2', 1], [isZero, '0']),
  row('SEC', (x) => finite(`1 / cos(${x})`, x), ['0', 1]),
  row('COTH', (x) => `1 / tanh(${x})`, ["CAST('inf' AS FLOAT64)", 1], [isZero, '0']),
  row(
    'CSCH',
    (x) => `CASE WHEN abs(${x}) > 711 THEN sign(${x}) * 0.0 ELSE 1 / sinh(${x}) END`,
    ['LN(1 + SQRT(2))', 1],
    [isZero, '0'],
  ),
  row('SECH', (x) => `CASE WHEN abs(${x}) > 711 THEN 0.0 ELSE 1 / cosh(${x}) END`, ['0', 1]),
]
