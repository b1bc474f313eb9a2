/**
 * Names in reach of an expression: relations, their columns, SELECT aliases, outer queries. Case-insensitive;
 * an ambiguous name is refused as BigQuery does.
 */
import { distance } from '../../../../edit-distance.ts'
import { invalid, type Position } from '../refusal.ts'
import { quoteName, type GType } from '../values/gtype.ts'
import type { Value } from '../values/value.ts'
import type { Cte, Expression, Query } from '../parse/syntax.ts'
import type { Via } from '../types.ts'
import type { Read, Translation } from './translation.ts'

export interface Column {
  /** Empty when it cannot be named. */
  readonly name: string
  readonly type: GType
  readonly sql: string
  readonly touch: () => void
  readonly partitionOf?: Read
  /** The column over the table alone, where that is more than the name of what partitions it. */
  readonly partitionSql?: string
  /** Of the side of an outer join that may be missing: its NULLs are not those of the table. */
  readonly isPadded?: boolean
  /** A pseudo column: it has a name, `*` does not show it. */
  readonly isHidden?: boolean
}
export interface Relation {
  readonly alias?: string
  readonly columns: readonly Column[]
  /** UNNEST: the alias is the element itself. */
  readonly value?: Column
}
export interface FromResult {
  readonly sql: string
  readonly relations: readonly Relation[]
  /** What `*` and unqualified names see: USING merges columns. */
  readonly visible: readonly Column[]
}

export interface CteEntry {
  readonly cte: Cte
  readonly use: () => { readonly sql: string; readonly columns: readonly Column[] }
}

export interface OutputColumn {
  /** Absent when anonymous. */
  readonly name?: string
  /** The column's name in the DuckDB text, quoted; unique within the query. */
  readonly label: string
  readonly type: GType
  readonly touch: () => void
  readonly partitionOf?: Column['partitionOf']
  readonly partitionSql?: Column['partitionSql']
  readonly isPadded?: Column['isPadded']
  /** Written as a literal: a set operation may give it the type of what stands beside it. */
  readonly literal?: string
}
export interface QueryResult {
  readonly sql: string
  readonly columns: readonly OutputColumn[]
  readonly as?: 'STRUCT' | 'VALUE'
  /** Of a SELECT without FROM: its one row. */
  readonly row?: readonly Value[]
}

/** What a column that is handed on keeps of the partitions it decides. */
export const partitionsOf = (
  column: Column | undefined,
): Pick<OutputColumn, 'partitionOf' | 'partitionSql' | 'isPadded'> => ({
  partitionOf: column?.partitionOf,
  partitionSql: column?.partitionSql,
  isPadded: column?.isPadded,
})

/** The two ways back in: an operand may hold a query, and a query expressions. Every Env carries them. */
export interface Recursion {
  readonly expression: (expression: Expression, env: Env) => Value
  readonly query: (query: Query, env: Env) => QueryResult
}

/** Where an expression stands. */
export interface Env {
  readonly translation: Translation
  readonly recursion: Recursion
  readonly relations: readonly Relation[]
  readonly visible: readonly Column[]
  readonly parent?: Env
  readonly ctes: ReadonlyMap<string, CteEntry>
  readonly via: readonly Via[]
  /** SELECT aliases that ORDER BY, GROUP BY, HAVING and QUALIFY may use. */
  readonly aliases?: ReadonlyMap<
    string,
    { readonly value: Value; readonly touch: () => void; readonly isAmbiguous?: boolean }
  >
  readonly windows?: ReadonlyMap<string, import('../parse/syntax.ts').Window>
  /** Name of the clause when it forbids aggregates, e.g. `WHERE clause`. */
  readonly noAggregate?: string
  readonly noWindow?: string
  /** What GROUPING was asked of, for the end of the SELECT. */
  readonly grouped?: { readonly sql: string; readonly at: Position }[]
  /** Arguments of an aggregate function of one's own: one value a row, so inside an aggregate only. */
  readonly perRow?: ReadonlySet<string>
}

/** A new FROM inside `outer`: outer names stay in reach, outer aliases, windows and prohibitions do not. */
export function childEnv(outer: Env, from?: Pick<FromResult, 'relations' | 'visible'>): Env {
  return {
    translation: outer.translation,
    recursion: outer.recursion,
    ctes: outer.ctes,
    via: outer.via,
    relations: from?.relations ?? [],
    visible: from?.visible ?? [],
    parent: outer,
  }
}

export const sameName = (a: string | undefined, b: string): boolean =>
  a !== undefined && a.toLowerCase() === b.toLowerCase()

export function columnValue(column: Column, env: Env): Value {
  env.translation.touch(column.touch)
  return { sql: column.sql, type: column.type, column }
}

/** Resolves the longest prefix that is a column; the rest are STRUCT fields. */
export function lookUp(
  parts: readonly string[],
  env: Env,
  at: Position,
): { value: Value; rest: readonly string[] } | undefined {
  const [first, second] = parts
  for (let scope: Env | undefined = env; scope; scope = scope.parent) {
    const alias = scope.aliases?.get(first!.toLowerCase())
    if (alias?.isAmbiguous) throw invalid(`Column name ${first} is ambiguous`, at)
    if (alias) {
      env.translation.touch(alias.touch)
      return { value: alias.value, rest: parts.slice(1) }
    }
    const relation = scope.relations.find((candidate) => sameName(candidate.alias, first!))
    if (relation && second !== undefined) {
      const found = relation.columns.filter((column) => sameName(column.name, second))
      if (found.length > 1) throw invalid(`Column name ${second} is ambiguous`, at)
      if (found[0]) return { value: columnValue(found[0], scope), rest: parts.slice(2) }
      if (relation.value) return { value: columnValue(relation.value, scope), rest: parts.slice(1) }
      throw invalid(`Name ${second} not found inside ${first}`, at)
    }
    const columns = scope.visible.filter((column) => sameName(column.name, first!))
    if (columns.length > 1) throw invalid(`Column name ${first} is ambiguous`, at)
    if (columns[0] && scope.perRow?.has(columns[0].name))
      throw invalid(`Aggregate argument ${first} must be inside of an aggregate function`, at)
    if (columns[0]) return { value: columnValue(columns[0], scope), rest: parts.slice(1) }
    if (relation)
      return {
        value: relation.value ? columnValue(relation.value, scope) : wholeRow(relation, scope),
        rest: [],
      }
  }
  return undefined
}

function wholeRow(relation: Relation, env: Env): Value {
  const shown = relation.columns.filter((column) => !column.isHidden)
  const fields = shown.map((column) => ({ name: column.name, value: columnValue(column, env) }))
  return {
    sql: `struct_pack(${fields.map((field) => `${quoteName(field.name)} := ${field.value.sql}`).join(', ')})`,
    type: { kind: 'struct', fields: fields.map((field) => ({ name: field.name, type: field.value.type })) },
  }
}

export function unrecognised(parts: readonly string[], env: Env, at: Position): Error {
  const known: string[] = []
  for (let scope: Env | undefined = env; scope; scope = scope.parent)
    known.push(
      ...scope.visible.map((column) => column.name),
      ...scope.relations.map((relation) => relation.alias ?? ''),
    )
  const given = parts[0]!.toLowerCase()
  const near = known.find((name) => {
    const lower = name.toLowerCase()
    const most = Math.min(2, Math.floor(name.length / 3))
    return name.length >= 3 && isComparable(lower, given) && distance(lower, given) <= most
  })
  return invalid(`Unrecognized name: ${parts.join('.')}${near ? `; Did you mean ${near}?` : ''}`, at)
}

/** Names of very different length, and very long ones, are not compared letter by letter. */
const isComparable = (a: string, b: string): boolean => Math.abs(a.length - b.length) <= 2 && a.length <= 60
