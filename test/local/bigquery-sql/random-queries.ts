/**
 * Random tables and random queries over them, the same for the same seed. Nothing here knows an answer; only what
 * every engine decides alike is written (no order that is not total, no division that may fail).
 */
import { field } from './warehouse.ts'

/** mulberry32: small, and the same everywhere. */
export function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

export const COLUMNS = [
  field('id', 'INTEGER'),
  field('i', 'INTEGER'),
  field('j', 'INTEGER'),
  field('f', 'FLOAT'),
  field('s', 'STRING'),
  field('d', 'DATE'),
  field('b', 'BOOLEAN'),
]
const WORDS = [
  '',
  'a',
  'b',
  'Ab',
  'ab-c',
  'x-y-z',
  ' pad ',
  '12',
  '-7',
  'cart',
  'Straße',
  "it's",
  'a%b',
  'long word',
]

type Kind = 'int' | 'float' | 'text' | 'date' | 'bool'

export class Random {
  readonly #next: () => number
  constructor(seed: number) {
    this.#next = randomOf(seed)
  }
  below(count: number): number {
    return Math.floor(this.#next() * count)
  }
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }
  is(chance: number): boolean {
    return this.#next() < chance
  }

  /** VALUES of one table, in SQL that both sides read alike but for a quote within a text. */
  rows(count: number): { readonly bigquery: string; readonly duckdb: string } {
    const orNull = (text: string): string => (this.is(0.15) ? 'NULL' : text)
    const rows = Array.from({ length: count }, (_, id) => {
      const day = `${2019 + this.below(3)}-${String(1 + this.below(12)).padStart(2, '0')}-${String(1 + this.below(28)).padStart(2, '0')}`
      return `(${[
        id,
        orNull(String(this.below(7) - 2)),
        orNull(String(this.below(100) - 20)),
        orNull(`${this.below(400) - 100}.${this.pick(['0', '25', '5', '125'])}`),
        orNull(`'${this.pick(WORDS).replace("'", '&quote;')}'`),
        orNull(`DATE '${day}'`),
        orNull(this.pick(['TRUE', 'FALSE'])),
      ].join(', ')})`
    }).join(', ')
    return { bigquery: rows.replaceAll('&quote;', "\\'"), duckdb: rows.replaceAll('&quote;', "''") }
  }

  #column(kind: Kind, of: string): string {
    const columns = { int: ['i', 'j', 'id'], float: ['f'], text: ['s'], date: ['d'], bool: ['b'] }
    return `${of}.${this.pick(columns[kind])}`
  }
  #word(): string {
    return `'${this.pick(['a', 'b', '-', 'x', 'Ab', 'cart', 'zz'])}'`
  }

  expression(kind: Kind, of: readonly string[], depth = 2): string {
    const one = (inner: Kind): string => this.expression(inner, of, depth - 1)
    if (depth <= 0 || this.is(0.2))
      return this.is(0.8) ? this.#column(kind, this.pick(of)) : this.#literal(kind)
    if (this.is(0.15))
      return this.pick([
        () => `COALESCE(${one(kind)}, ${one(kind)})`,
        () => `IF(${one('bool')}, ${one(kind)}, ${one(kind)})`,
        () => `CASE WHEN ${one('bool')} THEN ${one(kind)} WHEN ${one('bool')} THEN ${one(kind)} END`,
        () => `IFNULL(${one(kind)}, ${this.#literal(kind)})`,
        () => `NULLIF(${one(kind)}, ${this.#literal(kind)})`,
      ])()
    return this.pick(this.#forms(kind, one))()
  }

  #literal(kind: Kind): string {
    switch (kind) {
      case 'int':
        return String(this.below(12) - 3).replace(/^-(.*)$/, '(-$1)')
      case 'float':
        return `${this.below(20)}.5`
      case 'text':
        return this.#word()
      case 'date':
        return `DATE '2020-0${1 + this.below(9)}-15'`
      case 'bool':
        return this.pick(['TRUE', 'FALSE'])
    }
  }

  #forms(kind: Kind, one: (inner: Kind) => string): (() => string)[] {
    const compared = this.pick(['int', 'float', 'text', 'date'] as const)
    const unit = (...units: string[]): string => this.pick(units)
    switch (kind) {
      case 'int':
        return [
          () => `(${one('int')} ${this.pick(['+', '-', '*'])} ${one('int')})`,
          () => `ABS(${one('int')})`,
          () => `SIGN(${one('int')})`,
          () => `MOD(${one('int')}, ${2 + this.below(5)})`,
          () => `DIV(${one('int')}, ${2 + this.below(5)})`,
          () => `LENGTH(${one('text')})`,
          () => `STRPOS(${one('text')}, ${this.#word()})`,
          () =>
            `EXTRACT(${unit('YEAR', 'MONTH', 'DAY', 'QUARTER', 'DAYOFWEEK', 'DAYOFYEAR', 'ISOWEEK')} FROM ${one('date')})`,
          () => `DATE_DIFF(${one('date')}, ${one('date')}, ${unit('DAY', 'MONTH', 'YEAR', 'QUARTER')})`,
          () => `GREATEST(${one('int')}, ${one('int')})`,
          () => `LEAST(${one('int')}, ${one('int')})`,
          () => `SAFE_CAST(${one('text')} AS INT64)`,
          () => `CAST(${one('bool')} AS INT64)`,
          () => `ARRAY_LENGTH([${one('int')}, 2, 3])`,
        ]
      case 'float':
        return [
          () => `(${one('float')} ${this.pick(['+', '-', '*'])} ${one('float')})`,
          () => `(${one('int')} / ${2 + this.below(5)})`,
          () => `ROUND(${one('float')}, 1)`,
          () => `FLOOR(${one('float')})`,
          () => `CEIL(${one('float')})`,
          () => `SQRT(ABS(${one('float')}))`,
          () => `SAFE_DIVIDE(${one('int')}, ${one('int')})`,
          () => `CAST(${one('int')} AS FLOAT64)`,
          () => `POW(ABS(${one('int')}), 2)`,
        ]
      case 'text':
        return [
          () => `CONCAT(${one('text')}, ${one('text')})`,
          () => `(${one('text')} || ${this.#word()})`,
          () => `UPPER(${one('text')})`,
          () => `LOWER(${one('text')})`,
          () => `SUBSTR(${one('text')}, ${1 + this.below(4)}, ${1 + this.below(4)})`,
          () => `TRIM(${one('text')})`,
          () => `REPLACE(${one('text')}, ${this.#word()}, ${this.#word()})`,
          () => `REVERSE(${one('text')})`,
          () => `LPAD(${one('text')}, 6, '*')`,
          () => `RPAD(${one('text')}, 4, '*')`,
          () => `LEFT(${one('text')}, ${1 + this.below(3)})`,
          () => `RIGHT(${one('text')}, ${1 + this.below(3)})`,
          () => `CAST(${one('int')} AS STRING)`,
          () => `CAST(${one('date')} AS STRING)`,
          () => `FORMAT_DATE('%Y/%m/%d', ${one('date')})`,
          () => `REGEXP_REPLACE(${one('text')}, r'[ab]', '<>')`,
          () => `REGEXP_EXTRACT(${one('text')}, r'[a-z]+')`,
          () => `SPLIT(${one('text')}, '-')[SAFE_OFFSET(${this.below(3)})]`,
        ]
      case 'date':
        return [
          () =>
            `DATE_ADD(${one('date')}, INTERVAL ${this.below(40)} ${unit('DAY', 'WEEK', 'MONTH', 'YEAR')})`,
          () => `DATE_SUB(${one('date')}, INTERVAL ${this.below(40)} ${unit('DAY', 'MONTH')})`,
          () => `DATE_TRUNC(${one('date')}, ${unit('MONTH', 'YEAR', 'QUARTER', 'WEEK(MONDAY)', 'ISOWEEK')})`,
          () => `LAST_DAY(${one('date')})`,
        ]
      case 'bool':
        return [
          () => `(${one(compared)} ${this.pick(['=', '<>', '<', '<=', '>', '>='])} ${one(compared)})`,
          () => `(${one('bool')} ${this.pick(['AND', 'OR'])} ${one('bool')})`,
          () => `(NOT ${one('bool')})`,
          () => `(${one(compared)} IS ${this.pick(['', 'NOT '])}NULL)`,
          () => `(${one('bool')} IS ${this.pick(['TRUE', 'FALSE', 'NOT TRUE'])})`,
          () => `(${one('int')} BETWEEN ${one('int')} AND ${one('int')})`,
          () => `(${one('int')} ${this.pick(['', 'NOT '])}IN (1, ${one('int')}, 3))`,
          () => `(${one('text')} LIKE '%${this.pick(['a', 'b', '-'])}%')`,
          () => `STARTS_WITH(${one('text')}, ${this.#word()})`,
          () => `ENDS_WITH(${one('text')}, ${this.#word()})`,
          () => `REGEXP_CONTAINS(${one('text')}, r'^[a-z]')`,
          () => `(${one(compared)} IS ${this.pick(['', 'NOT '])}DISTINCT FROM ${one(compared)})`,
        ]
    }
  }

  #kind(): Kind {
    return this.pick(['int', 'float', 'text', 'date', 'bool'] as const)
  }
  #list(of: readonly string[], count: number): string {
    return Array.from({ length: count }, (_, at) => `${this.expression(this.#kind(), of)} AS c${at}`).join(
      ', ',
    )
  }

  /** The names are those of two tables with the same columns. */
  query(left = 'd.a', right = 'd.b'): string {
    const where = (...of: string[]): string => (this.is(0.6) ? ` WHERE ${this.expression('bool', of)}` : '')
    const list = (of: readonly string[]): string => this.#list(of, 1 + this.below(3))
    return this.pick([
      () => `SELECT x.id, ${list(['x'])} FROM ${left} AS x${where('x')}`,
      () =>
        `SELECT ${list(['x', 'y'])} FROM ${left} AS x ${this.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])} ${right} AS y ON x.i = y.i${this.is(0.4) ? ` AND ${this.expression('bool', ['x', 'y'], 1)}` : ''}${where('x', 'y')}`,
      () =>
        `SELECT ${this.expression(this.pick(['int', 'text', 'bool', 'date'] as const), ['x'], 1)} AS k, ${this.#aggregates()} FROM ${left} AS x${where('x')} GROUP BY k${this.is(0.4) ? ' HAVING COUNT(*) > 1' : ''}`,
      () => `SELECT ${this.#aggregates()} FROM ${left} AS x${where('x')}`,
      () =>
        `SELECT x.id, ${this.pick(['ROW_NUMBER()', 'RANK()', 'DENSE_RANK()', `LAG(${this.expression('text', ['x'], 1)})`, `LEAD(x.i, 2)`, 'FIRST_VALUE(x.s)', 'SUM(x.i)', 'COUNT(x.f)', 'MIN(x.d)'])} OVER (${this.is(0.5) ? 'PARTITION BY x.b ' : ''}ORDER BY ${this.is(0.5) ? 'x.i, ' : ''}x.id${this.is(0.3) ? ' DESC' : ''}) AS w FROM ${left} AS x${where('x')}`,
      () =>
        `SELECT x.i AS k, x.s AS v FROM ${left} AS x${where('x')} ${this.pick(['UNION ALL', 'UNION DISTINCT', 'EXCEPT DISTINCT', 'INTERSECT DISTINCT'])} SELECT y.i, y.s FROM ${right} AS y${where('y')}`,
      () =>
        `SELECT x.id FROM ${left} AS x WHERE ${this.pick(['', 'NOT '])}EXISTS (SELECT 1 FROM ${right} AS y WHERE y.i = x.i AND ${this.expression('bool', ['x', 'y'], 1)})`,
      () =>
        `SELECT x.id, (SELECT ${this.pick(['MAX', 'MIN', 'COUNT'])}(y.j) FROM ${right} AS y WHERE y.i = x.i) AS m FROM ${left} AS x WHERE x.i IN (SELECT y.i FROM ${right} AS y WHERE y.i IS NOT NULL)`,
      () =>
        `WITH c AS (SELECT x.i AS k, ${this.#aggregates()} FROM ${left} AS x GROUP BY k) SELECT c.*, y.s FROM c LEFT JOIN ${right} AS y ON c.k = y.i`,
      () => `SELECT x.id, u FROM ${left} AS x CROSS JOIN UNNEST([1, x.i, 3]) AS u WHERE u > 0`,
      () =>
        `SELECT x.id, x.s FROM ${left} AS x${where('x')} QUALIFY ROW_NUMBER() OVER (PARTITION BY x.i ORDER BY x.id) = 1`,
      () => `SELECT DISTINCT ${list(['x'])} FROM ${left} AS x${where('x')}`,
      () =>
        `SELECT x.${this.pick(['i', 's', 'f', 'd', 'b'])} AS o, x.id FROM ${left} AS x${where('x')} ORDER BY o${this.pick(['', ' DESC', ' NULLS LAST'])}, x.id LIMIT ${1 + this.below(8)}${this.is(0.3) ? ' OFFSET 2' : ''}`,
    ])()
  }

  #aggregates(): string {
    const one = (kind: Kind): string => this.expression(kind, ['x'], 1)
    const calls = [
      () => 'COUNT(*)',
      () => `COUNT(${one(this.#kind())})`,
      () => `COUNT(DISTINCT ${one(this.pick(['int', 'text', 'date'] as const))})`,
      () => `SUM(${one('int')})`,
      () => `SUM(${one('float')})`,
      () => `AVG(${one('int')})`,
      () => `${this.pick(['MIN', 'MAX'])}(${one(this.pick(['int', 'float', 'text', 'date'] as const))})`,
      () => `COUNTIF(${one('bool')})`,
      () => `LOGICAL_OR(${one('bool')})`,
      () => `STRING_AGG(x.s, '|' ORDER BY x.id)`,
    ]
    return Array.from({ length: 1 + this.below(3) }, (_, at) => `${this.pick(calls)()} AS a${at}`).join(', ')
  }
}
