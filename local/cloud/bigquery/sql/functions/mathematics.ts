/** Mathematical functions; https://cloud.google.com/bigquery/docs/reference/standard-sql/mathematical_functions. ROUND is half away from zero, domain errors are errors. */
import { invalid, unsupported } from '../refusal.ts'
import { once } from '../values/value.ts'
import { divided, multiplied, rounded, roundedToEven, truncated, wholeQuotient } from './numerics.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

const F = 'Mathematics'
const divisor = (word: string, write: (a: string, b: string) => string) => (args: string[], how: Emit) =>
  once(
    args,
    ([a, b]) =>
      `CASE WHEN ${b} = 0 AND ${a} IS NOT NULL THEN ${how.fail(`concat('division by zero: ${word}(', ${a}, ', ', ${b}, ')')`)} ELSE ${write(a!, b!)} END`,
  )
const positive = (word: string, test: string, write: (x: string) => string) => (args: string[], how: Emit) =>
  once(
    args,
    ([x]) =>
      `CASE WHEN ${x} ${test} THEN ${how.fail(`concat('Floating point error in function: ${word}(', ${x}, ')')`)} ELSE ${write(x!)} END`,
  )
/** A finite argument and an answer that is not finite is an error. */
const finite = (sql: string, args: string[], how: Emit, message: string): string =>
  `CASE WHEN NOT isfinite(${sql}) AND ${args.map((arg) => `isfinite(${arg})`).join(' AND ')} THEN ${how.fail(message)} ELSE ${sql} END`
const power = (name: string) => (args: string[], how: Emit) =>
  once(args, ([x, y]) =>
    finite(
      `pow(${x}, ${y})`,
      [x!, y!],
      how,
      `concat('Floating point error in function: ${name}(', ${x}, ', ', ${y}, ')')`,
    ),
  )
/** NULL where finite arguments have an answer that is not. */
const finiteOr = (args: string[], write: (a: string, b: string) => string): string =>
  once(args, ([a, b]) =>
    once(
      [write(a!, b!)],
      ([x]) => `CASE WHEN isfinite(${x}) OR NOT (isfinite(${a}) AND isfinite(${b})) THEN ${x} END`,
    ),
  )
const safely = (operator: string) => ({
  'INT64, INT64 -> INT64': ([a, b]: string[]) =>
    `TRY_CAST(CAST(${a} AS HUGEINT) ${operator} CAST(${b} AS HUGEINT) AS BIGINT)`,
  'FLOAT64, FLOAT64 -> FLOAT64': (args: string[]) => finiteOr(args, (a, b) => `${a} ${operator} ${b}`),
  'NUMERIC, NUMERIC -> NUMERIC': (args: string[]) =>
    once(
      args,
      ([a, b]) =>
        `TRY(${operator === '*' ? multiplied(a!, b!) : `CAST(${a} ${operator} ${b} AS DECIMAL(38,9))`})`,
    ),
})
const rounding = (name: string) => ({
  'FLOAT64 -> FLOAT64': name,
  'NUMERIC -> NUMERIC': ([x]: string[]) => `CAST(${name}(${x}) AS DECIMAL(38,9))`,
})

export const mathRows: readonly FunctionRow[] = [
  scalar(
    F,
    'native',
    'ABS',
    { 'INT64 -> INT64': 'abs', 'FLOAT64 -> FLOAT64': 'abs', 'NUMERIC -> NUMERIC': 'abs' },
    example('SELECT ABS(25), ABS(-25)', [25, 25]),
  ),
  scalar(
    F,
    'rewrite',
    'SIGN',
    {
      'INT64 -> INT64': ([x]) => `CAST(sign(${x}) AS BIGINT)`,
      'FLOAT64 -> FLOAT64': ([x]) => `CAST(sign(${x}) AS DOUBLE)`,
      'NUMERIC -> NUMERIC': ([x]) => `CAST(sign(${x}) AS DECIMAL(38,9))`,
    },
    example("SELECT SIGN(NUMERIC '-2.5')", ['-1.000000000']),
    example('SELECT SIGN(25), SIGN(0), SIGN(-25)', [1, 0, -1]),
  ),
  scalar(
    F,
    'rewrite',
    'DIV',
    {
      'INT64, INT64 -> INT64': divisor('DIV', (a, b) => `${a} // ${b}`),
      'NUMERIC, NUMERIC -> NUMERIC': divisor('DIV', wholeQuotient),
    },
    example("SELECT DIV(NUMERIC '5', 2), DIV(NUMERIC '-7.5', NUMERIC '0.5'), DIV(NUMERIC '-5', 2)", [
      '2.000000000',
      '-15.000000000',
      '-2.000000000',
    ]),
    example('SELECT DIV(20, 4), DIV(12, -7), DIV(0, 20)', [5, -1, 0]),
    failing('SELECT DIV(20, 0)', 'division by zero'),
  ),
  scalar(
    F,
    'rewrite',
    'MOD',
    {
      'INT64, INT64 -> INT64': divisor('MOD', (a, b) => `${a} % CASE WHEN ${b} = -1 THEN 1 ELSE ${b} END`),
      'NUMERIC, NUMERIC -> NUMERIC': divisor('MOD', (a, b) => `CAST(${a} % ${b} AS DECIMAL(38,9))`),
    },
    example('SELECT MOD(25, 12), MOD(25, 0 - 12), MOD(-25, 12)', [1, 1, -1]),
    failing('SELECT MOD(25, 0)', 'division by zero'),
  ),
  scalar(
    F,
    'rewrite',
    'SAFE_DIVIDE',
    {
      'FLOAT64, FLOAT64 -> FLOAT64': (args) => finiteOr(args, (a, b) => `${a} / nullif(${b}, 0)`),
      'NUMERIC, NUMERIC -> NUMERIC': ([a, b]) => divided(a!, b!, 'NULL'),
    },
    example('SELECT SAFE_DIVIDE(20, 4), SAFE_DIVIDE(0, 20), SAFE_DIVIDE(20, 0)', [5, 0, null]),
    example(
      "SELECT SAFE_DIVIDE(1e308, 1e-308), SAFE_DIVIDE(CAST('inf' AS FLOAT64), 2), SAFE_DIVIDE(x, 1e-308) FROM UNNEST([1e308]) AS x",
      [null, Number.POSITIVE_INFINITY, null],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'IEEE_DIVIDE',
    { 'FLOAT64, FLOAT64 -> FLOAT64': ([a, b]) => `(${a} / ${b})` },
    example('SELECT IEEE_DIVIDE(20.0, 4.0), IEEE_DIVIDE(25.0, 0.0)', [5, Number.POSITIVE_INFINITY]),
  ),
  scalar(
    F,
    'rewrite',
    'SAFE_ADD',
    safely('+'),
    example('SELECT SAFE_ADD(5, 4), SAFE_ADD(9223372036854775807, 1)', [9, null]),
    example(
      "SELECT SAFE_ADD(NUMERIC '1.5', 1), SAFE_ADD(x, x) FROM UNNEST([NUMERIC '99999999999999999999999999999']) AS x",
      ['2.500000000', null],
    ),
  ),
  scalar(F, 'rewrite', 'SAFE_SUBTRACT', safely('-'), example('SELECT SAFE_SUBTRACT(5, 4)', [1])),
  scalar(
    F,
    'rewrite',
    'SAFE_MULTIPLY',
    safely('*'),
    example("SELECT SAFE_MULTIPLY(20, 4), SAFE_MULTIPLY(NUMERIC '1.5', 2)", [80, '3.000000000']),
  ),
  scalar(
    F,
    'rewrite',
    'SAFE_NEGATE',
    {
      'INT64 -> INT64': ([x]) => `TRY_CAST(-CAST(${x} AS HUGEINT) AS BIGINT)`,
      'FLOAT64 -> FLOAT64': ([x]) => `(-${x})`,
      'NUMERIC -> NUMERIC': ([x]) => `(-${x})`,
    },
    example('SELECT SAFE_NEGATE(1), SAFE_NEGATE(-9223372036854775808)', [-1, null]),
  ),
  scalar(
    F,
    'native',
    'ROUND',
    {
      'FLOAT64 -> FLOAT64': 'round',
      'FLOAT64, INT64 -> FLOAT64': ([x, n]) => `round(${x}, CAST(${n} AS INTEGER))`,
      'NUMERIC -> NUMERIC': ([x]) => rounded(x!, 0),
      'NUMERIC, INT64! -> NUMERIC': ([x], how) => {
        const digits = how.values[1]!.literal
        if (digits === undefined)
          throw unsupported('ROUND of NUMERIC with digits that are not a literal', how.at)
        return rounded(x!, Number(digits))
      },
      'NUMERIC, INT64!, STRING! -> NUMERIC': ([x], how) => {
        const [digits, mode] = how.values.slice(1).map((value) => value.literal)
        if (digits === undefined || mode === undefined)
          throw unsupported('ROUND with digits or a mode that are not literals', how.at)
        if (mode === 'ROUND_HALF_AWAY_FROM_ZERO') return rounded(x!, Number(digits))
        if (mode !== 'ROUND_HALF_EVEN') throw invalid(`Unknown rounding mode: ${mode}`, how.at)
        if (Number(digits) < 0) throw unsupported('ROUND_HALF_EVEN before the point', how.at)
        return roundedToEven(x!, Number(digits))
      },
      'FLOAT64, INT64, STRING -> FLOAT64': (_, how) => {
        throw unsupported('ROUND of FLOAT64 with a rounding mode', how.at)
      },
    },
    example(
      "SELECT ROUND(NUMERIC '2.25', 1, 'ROUND_HALF_EVEN'), ROUND(NUMERIC '2.25', 1, 'ROUND_HALF_AWAY_FROM_ZERO'), ROUND(NUMERIC '-2.5', 0, 'ROUND_HALF_EVEN'), ROUND(NUMERIC '3.5', 0, 'ROUND_HALF_EVEN'), ROUND(NUMERIC '2.51', 0, 'ROUND_HALF_EVEN')",
      ['2.200000000', '2.300000000', '-2.000000000', '4.000000000', '3.000000000'],
    ),
    example(
      'SELECT ROUND(2.0), ROUND(2.3), ROUND(2.5), ROUND(-2.5), ROUND(123.7, -1), ROUND(1.235, 2)',
      [2, 2, 3, -3, 120, 1.24],
    ),
    example("SELECT ROUND(NUMERIC '2.5'), ROUND(NUMERIC '-1.15', 1), ROUND(NUMERIC '123.7', -1)", [
      '3.000000000',
      '-1.200000000',
      '120.000000000',
    ]),
  ),
  scalar(
    F,
    'rewrite',
    'TRUNC',
    {
      ...rounding('trunc'),
      // x times a power of ten is seldom exact: 0.29 to two digits would be 0.28.
      'FLOAT64, INT64 -> FLOAT64': (_, how) => {
        throw unsupported('TRUNC of FLOAT64 to digits', how.at)
      },
      'NUMERIC, INT64! -> NUMERIC': ([x], how) => {
        const digits = how.values[1]!.literal
        if (digits === undefined)
          throw unsupported('TRUNC of NUMERIC with digits that are not a literal', how.at)
        return truncated(x!, Number(digits))
      },
    },
    example('SELECT TRUNC(2.8), TRUNC(-2.8)', [2, -2]),
    failing('SELECT TRUNC(0.29, 2)', 'TRUNC of FLOAT64 to digits is not supported'),
    example("SELECT TRUNC(NUMERIC '-1.59', 1), TRUNC(NUMERIC '159.9', -1)", [
      '-1.500000000',
      '150.000000000',
    ]),
  ),
  scalar(F, 'native', 'CEIL', rounding('ceil'), example('SELECT CEIL(2.3), CEIL(-2.3)', [3, -2])),
  scalar(F, 'native', 'CEILING', rounding('ceil'), example('SELECT CEILING(2.3)', [3])),
  scalar(F, 'native', 'FLOOR', rounding('floor'), example('SELECT FLOOR(2.8), FLOOR(-2.3)', [2, -3])),
  scalar(
    F,
    'rewrite',
    'SQRT',
    { 'FLOAT64 -> FLOAT64': positive('SQRT', '< 0', (x) => `sqrt(${x})`) },
    example('SELECT SQRT(25.0)', [5]),
    failing('SELECT SQRT(-1)', 'SQRT'),
  ),
  scalar(
    F,
    'rewrite',
    'POW',
    { 'FLOAT64, FLOAT64 -> FLOAT64': power('POW') },
    example('SELECT POW(2.0, 3.0), POW(1, CAST("nan" AS FLOAT64)), POW(-2, 3), POW(0, 0)', [8, 1, -8, 1]),
    failing('SELECT POW(-1, 0.5)', 'Floating point error in function: POW'),
    failing('SELECT POW(0, -1)', 'Floating point error in function: POW'),
    failing('SELECT POW(10, 400)', 'Floating point error in function: POW'),
  ),
  scalar(
    F,
    'rewrite',
    'POWER',
    { 'FLOAT64, FLOAT64 -> FLOAT64': power('POWER') },
    example('SELECT POWER(2, 3)', [8]),
  ),
  scalar(
    F,
    'rewrite',
    'EXP',
    {
      'FLOAT64 -> FLOAT64': (args, how) =>
        once(args, ([x]) =>
          finite(`exp(${x})`, [x!], how, `concat('Floating point error in function: EXP(', ${x}, ')')`),
        ),
    },
    example('SELECT EXP(0.0)', [1]),
    failing('SELECT EXP(1000)', 'Floating point error in function: EXP'),
  ),
  scalar(
    F,
    'rewrite',
    'LN',
    { 'FLOAT64 -> FLOAT64': positive('LN', '<= 0', (x) => `ln(${x})`) },
    example('SELECT LN(1.0)', [0]),
    failing('SELECT LN(0)', 'LN'),
  ),
  scalar(
    F,
    'rewrite',
    'LOG10',
    { 'FLOAT64 -> FLOAT64': positive('LOG10', '<= 0', (x) => `log10(${x})`) },
    example('SELECT LOG10(100.0)', [2]),
  ),
  scalar(
    F,
    'rewrite',
    'LOG',
    {
      'FLOAT64 -> FLOAT64': positive('LOG', '<= 0', (x) => `ln(${x})`),
      'FLOAT64, FLOAT64 -> FLOAT64': ([x, base], how) =>
        `CASE WHEN ${x} <= 0 OR ${base} <= 0 OR ${base} = 1 THEN ${how.fail("'Floating point error in function: LOG'")} ELSE ln(${x}) / ln(${base}) END`,
    },
    example('SELECT LOG(1.0), ROUND(LOG(100.0, 10.0), 9)', [0, 2]),
  ),
  scalar(
    F,
    'native',
    'IS_NAN',
    { 'FLOAT64 -> BOOL': 'isnan' },
    example("SELECT IS_NAN(CAST('nan' AS FLOAT64)), IS_NAN(25)", [true, false]),
  ),
  scalar(
    F,
    'native',
    'IS_INF',
    { 'FLOAT64 -> BOOL': 'isinf' },
    example("SELECT IS_INF(CAST('inf' AS FLOAT64)), IS_INF(25)", [true, false]),
  ),
]
