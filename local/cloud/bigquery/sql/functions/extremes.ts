/** Where aggregates of DuckDB go beyond BigQuery's numbers and say nothing: NaN as the largest, sums without an end. */
import { unsupported } from '../refusal.ts'
import { isScalar } from '../values/gtype.ts'
import { daysOf, intervalOf, microsOf, monthsOf } from '../values/intervals.ts'
import type { Emit, Signature } from './row.ts'

/** DuckDB takes NaN for the largest; in BigQuery any NaN makes MIN and MAX NaN. */
export const extreme =
  (name: string): Signature['emit'] =>
  (args, how) =>
    isScalar(how.values[0]!.type, 'FLOAT64')
      ? `CASE WHEN ${how.apply('bool_or', [`isnan(${args[0]})`])} THEN CAST('nan' AS DOUBLE) ELSE ${how.apply(name, args)} END`
      : how.apply(name, args)

/** DuckDB adds up to 39 digits and says nothing. */
export const inNumeric = (sum: string, how: Emit): string =>
  `CASE WHEN abs(${sum}) > CAST('99999999999999999999999999999.999999999' AS DECIMAL(38,9)) THEN ${how.fail("'numeric overflow: SUM'")} ELSE CAST(${sum} AS DECIMAL(38,9)) END`
/** Part by part. */
export const sumOfIntervals: Signature['emit'] = ([x], how) => {
  if (how.apply('', []).includes('DISTINCT')) throw unsupported('SUM(DISTINCT …) of INTERVAL', how.at)
  const sum = (part: string): string => how.apply('sum', [part])
  return intervalOf({ months: sum(monthsOf(x!)), days: sum(daysOf(x!)), micros: sum(microsOf(x!)) })
}

/** Of finite numbers an infinite one. */
export const finite =
  (name: string): Signature['emit'] =>
  (args, how) =>
    `CASE WHEN isinf(${how.apply(name, args)}) AND NOT ${how.apply('bool_or', [`isinf(${args[0]})`])} THEN ${how.fail(`'double overflow: ${name.toUpperCase()}'`)} ELSE ${how.apply(name, args)} END`
