/**
 * A translated expression: DuckDB text, GoogleSQL type, and what the rules need to know of it; constructors
 * of literals.
 */
import { createHash } from 'node:crypto'
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { GType } from './gtype.ts'

export interface Value {
  readonly sql: string
  readonly type: GType
  /** Set when written as a literal: a literal coerces where a column of the type would not. */
  readonly literal?: string
  /** A query parameter: a STRING one coerces to dates and times, as a literal does. */
  readonly isParameter?: boolean
  /** Of a STRUCT constructor: what its fields are made of, so that literals in it coerce as literals do. */
  readonly fields?: readonly Value[]
  /** Depends on no column: may prune partitions, may be a format or a path. */
  readonly isConstant?: boolean
  /** Contains an aggregate of this query level. */
  readonly hasAggregate?: boolean
  readonly hasWindow?: boolean
  /** The column it is, when it is nothing more. */
  readonly column?: unknown
}

/** Facts that pass from parts to the whole. */
export function joinFacts(
  values: readonly Value[],
): Pick<Value, 'isConstant' | 'hasAggregate' | 'hasWindow'> {
  return {
    isConstant: values.every((value) => value.isConstant),
    hasAggregate: values.some((value) => value.hasAggregate),
    hasWindow: values.some((value) => value.hasWindow),
  }
}

export function quoteText(text: string, at?: Position): string {
  if (text.includes('\0')) throw unsupported('A NUL character in a string literal', at)
  return `'${text.replaceAll("'", "''")}'`
}

export function quoteBytes(latin1: string): string {
  return `CAST('${Array.from(latin1, (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`).join('')}' AS BLOB)`
}

export const integerOf = (text: string): bigint =>
  /^-0x/i.test(text) ? -BigInt(text.slice(1)) : BigInt(text)

export function integerLiteral(text: string, at?: Position): string {
  const value = integerOf(text)
  if (value < -(2n ** 63n) || value >= 2n ** 63n) throw invalid(`Invalid integer literal: ${text}`, at)
  return `CAST(${value} AS BIGINT)`
}

/** True when writing the text twice costs nothing. */
export const isSimple = (sql: string): boolean =>
  sql.length <= 60 && !sql.includes('(SELECT') && !/\b(random|uuid|error)\(/.test(sql)

/** Written twice it costs more than a name; and a volatile text must not be written twice at all. */
export const isLong = (sql: string): boolean =>
  sql.length > 400 || sql.includes('(SELECT') || /\b(random|uuid)\(/.test(sql)

/**
 * Evaluates texts once and uses them by name: DuckDB repeats the work of repeated text, and a volatile text
 * would differ. The name depends on the texts alone, because GROUP BY finds its expressions again by
 * equality. A dot after it would be a table's column to DuckDB where HAVING binds aggregates.
 */
export function once(sqls: readonly string[], use: (names: string[]) => string): string {
  if (sqls.every(isSimple)) return use([...sqls])
  const name = `v_${createHash('sha256').update(sqls.join('\0')).digest('hex').slice(0, 10)}`
  const bound = sqls.map((sql, i) =>
    isSimple(sql) && /^(CAST\()?['\d]/.test(sql) ? undefined : { field: `a${i}`, sql },
  )
  const fields = bound
    .filter((item) => item !== undefined)
    .map((item) => `${item.field} := ${item.sql}`)
    .join(', ')
  return `list_transform([struct_pack(${fields})], lambda ${name}: ${use(sqls.map((sql, i) => (bound[i] ? `${name}['a${i}']` : sql)))})[1]`
}
