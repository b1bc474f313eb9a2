/** Bits: how the operators & | ^ ~ << >> are written, and BIT_COUNT; INT64 only, BYTES are refused by name. */
import { raised } from '../values/raised.ts'
import { once } from '../values/value.ts'
import { example, scalar, type FunctionRow } from './row.ts'

/** All 64 bits of an INT64, as a number that is never negative. */
const unsigned = (x: string): string => `(CAST(${x} AS HUGEINT) & 18446744073709551615)`
/** Back: the highest bit is the sign. */
const signed = (x: string): string =>
  once(
    [x],
    ([n]) =>
      `CAST(CASE WHEN ${n} > 9223372036854775807 THEN ${n} - 18446744073709551616 ELSE ${n} END AS BIGINT)`,
  )

const shifted = (a: string, b: string, sql: (x: string, n: string) => string): string =>
  once(
    [a, b],
    ([x, n]) =>
      `CASE WHEN ${n} < 0 THEN ${raised("'Bitwise binary shift operator requires a non-negative shift count'")} WHEN ${n} > 63 THEN CASE WHEN ${x} IS NOT NULL THEN CAST(0 AS BIGINT) END ELSE ${signed(sql(unsigned(x!), `CAST(${n} AS INTEGER)`))} END`,
  )

/** Shifts drop what leaves 64 bits; to the right no sign is drawn along. */
export const BITS: Readonly<Record<string, (a: string, b: string) => string>> = {
  '&': (a, b) => `(${a} & ${b})`,
  '|': (a, b) => `(${a} | ${b})`,
  '^': (a, b) => `xor(${a}, ${b})`,
  '<<': (a, b) => shifted(a, b, (x, n) => `((${x} & ((CAST(1 AS HUGEINT) << (64 - ${n})) - 1)) << ${n})`),
  '>>': (a, b) => shifted(a, b, (x, n) => `(${x} >> ${n})`),
}

export const bitRows: readonly FunctionRow[] = [
  scalar(
    'Mathematics',
    'rewrite',
    'BIT_COUNT',
    { 'INT64 -> INT64': ([x]) => `CAST(bit_count(${x}) AS BIGINT)` },
    example(
      'SELECT BIT_COUNT(3), BIT_COUNT(0), BIT_COUNT(-1), BIT_COUNT(0x7fffffffffffffff)',
      [2, 0, 64, 63],
    ),
  ),
]
