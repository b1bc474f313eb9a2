/**
 * NaN as BigQuery has it: equal to nothing, smaller than every number when sorted, contagious in GREATEST and
 * LEAST. DuckDB takes it for the largest number, equal to itself.
 */
import { isScalar, type GType } from './gtype.ts'
import { isSimple, type Value } from './value.ts'

const isFloat = (type: GType): boolean => isScalar(type, 'FLOAT64')

/** A comparison of two FLOAT64 texts; a literal is never NaN, so most comparisons stay plain. */
export function compareFloats(operator: string, a: Value, b: Value): string {
  const plain = `(${a.sql} ${operator === '!=' ? '<>' : operator} ${b.sql})`
  const [mayLeft, mayRight] = [a.literal === undefined, b.literal === undefined]
  switch (operator) {
    case '=':
      return mayLeft && mayRight
        ? `(${a.sql} = ${b.sql} AND NOT (isnan(${a.sql}) AND isnan(${b.sql})))`
        : plain
    case '!=':
      return mayLeft && mayRight ? `(${a.sql} <> ${b.sql} OR (isnan(${a.sql}) AND isnan(${b.sql})))` : plain
    // NaN is DuckDB's largest: only the side that is claimed to be larger can lie.
    case '<':
    case '<=':
      return mayRight ? unlessNan(plain, [b, ...(operator === '<=' && mayLeft ? [a] : [])]) : plain
    case '>':
    case '>=':
      return mayLeft ? unlessNan(plain, [a, ...(operator === '>=' && mayRight ? [b] : [])]) : plain
    default:
      return plain
  }
}

const unlessNan = (plain: string, sides: readonly Value[]): string =>
  `(${plain} AND NOT (${sides.map((side) => `isnan(${side.sql})`).join(' OR ')}))`

/** Sort keys of one ORDER BY item: floats get a rank before them (NULL, NaN, numbers). */
export function sortKeys(
  sql: string,
  type: GType,
  isDescending: boolean,
  nulls: 'FIRST' | 'LAST',
  needsOneKey: boolean,
): string {
  const direction = isDescending ? 'DESC' : 'ASC'
  const plain = `${sql} ${direction} NULLS ${nulls}`
  if (!isFloat(type) || needsOneKey || /^\d+$/.test(sql) || (!isSimple(sql) && sql.includes('(SELECT')))
    return plain
  return `(CASE WHEN isnan(${sql}) THEN 0 ELSE 1 END) ${direction} NULLS ${nulls}, ${plain}`.replace(
    'CASE WHEN isnan',
    `CASE WHEN ${sql} IS NULL THEN NULL WHEN isnan`,
  )
}

/** GREATEST and LEAST of floats: NaN if any is NaN. */
export const orNan = (sqls: readonly string[], otherwise: string): string =>
  `CASE WHEN ${sqls.map((sql) => `isnan(${sql})`).join(' OR ')} THEN CAST('nan' AS DOUBLE) ELSE ${otherwise} END`
