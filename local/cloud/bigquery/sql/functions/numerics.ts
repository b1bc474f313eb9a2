/**
 * NUMERIC arithmetic with BigQuery's scale: nine digits after the point, rounded half away from zero. What
 * needs more than 128 bits on the way is an error and never another number.
 */
import { once } from '../values/value.ts'

const NUMERIC = 'DECIMAL(38,9)'
const cast = (sql: string): string => `CAST(${sql} AS ${NUMERIC})`

/** The exact product has eighteen digits; the cast rounds them. */
export const multiplied = (a: string, b: string): string => cast(`(${a} * ${b})`)

/** Billionths as an integer of 128 bits. */
const billionths = (x: string): string => `CAST(${x} * 1000000000 AS HUGEINT)`

/** For b other than 0. */
const quotient = (a: string, b: string): string =>
  once([billionths(a), billionths(b)], ([n, d]) =>
    once(
      [`((abs(${n}) * 2000000000 + abs(${d})) // (2 * abs(${d})))`],
      ([q]) =>
        `CAST(CAST((CASE WHEN (${n} < 0) <> (${d} < 0) THEN -1 ELSE 1 END) * (${cast(`${q} // 1000000000`)} + CAST(CAST(${q} % 1000000000 AS DECIMAL(18,0)) * 0.000000001 AS ${NUMERIC})) AS ${NUMERIC}) AS ${NUMERIC})`,
    ),
  )

/** `zero` is what a division by zero answers. */
export const divided = (a: string, b: string, zero: string): string =>
  once(
    [a, b],
    ([x, y]) =>
      `CASE WHEN ${x} IS NULL OR ${y} IS NULL THEN CAST(NULL AS ${NUMERIC}) WHEN ${y} = 0 THEN ${zero} ELSE ${quotient(x!, y!)} END`,
  )

export const rounded = (x: string, digits: number): string =>
  digits >= 9 ? x : cast(`round(${x}, ${digits})`)

/** Towards zero; DuckDB's trunc of a DECIMAL takes no digits. */
export const truncated = (x: string, digits: number): string =>
  digits >= 9
    ? x
    : once(
        [x],
        ([n]) =>
          `CASE WHEN abs(${rounded(n!, digits)}) > abs(${n}) THEN ${cast(`${rounded(n!, digits)} - sign(${n}) * CAST('1e${-digits}' AS DECIMAL(38,9))`)} ELSE ${rounded(n!, digits)} END`,
      )

/** A tie goes to the even digit. */
export const roundedToEven = (x: string, digits: number): string =>
  digits >= 9
    ? x
    : once([x], ([n]) =>
        once(
          [truncated(n!, digits)],
          ([whole]) =>
            `CASE WHEN abs(${n} - ${whole}) = CAST('5e-${digits + 1}' AS ${NUMERIC}) AND (${billionths(whole!)} // ${10n ** BigInt(9 - digits)}) % 2 = 0 THEN ${whole} ELSE ${rounded(n!, digits)} END`,
        ),
      )

/** Without what follows the point; for b other than 0. */
export const wholeQuotient = (a: string, b: string): string => cast(`(${billionths(a)} // ${billionths(b)})`)
