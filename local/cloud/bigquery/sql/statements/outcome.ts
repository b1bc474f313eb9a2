/**
 * From a resolved query to what the control plane gets: final labels, duplicate and missing names, schema,
 * and a check of every type against DuckDB's binder.
 */
import { invalid, unsupported, type Position } from '../refusal.ts'
import type { Query } from '../parse/syntax.ts'
import type { FieldSchema } from '../types.ts'
import { coerce } from '../values/coerce.ts'
import { duckdbType, fieldOf, INT64, isNullType, quoteName, sameType, type GType } from '../values/gtype.ts'
import { resolveExpression } from '../resolve/expression.ts'
import { resolveQuery } from '../resolve/query.ts'
import type { Env, OutputColumn, QueryResult } from '../resolve/scope.ts'
import type { Translation } from '../resolve/translation.ts'

export interface Output {
  readonly sql: string
  readonly schema: readonly FieldSchema[]
  readonly types: readonly GType[]
}

export const rootEnv = (translation: Translation): Env => ({
  translation,
  recursion: { expression: resolveExpression, query: resolveQuery },
  relations: [],
  visible: [],
  ctes: new Map(),
  via: [],
})

/** A query as a result: columns named as BigQuery names them. */
export function outputOf(query: Query, env: Env, needsNames?: string, isByPosition = false): Output {
  const result = flattened(resolveQuery(query, env), env)
  for (const column of result.columns) env.translation.touch(column.touch)
  const names = isByPosition
    ? result.columns.map((_, i) => `c${i}`)
    : namesOf(result.columns, query.at, needsNames)
  const types = result.columns.map((column) => (isNullType(column.type) ? INT64 : column.type))
  const isRenamed = result.columns.some((column, i) => column.label !== quoteName(names[i]!))
  const relation = isRenamed ? env.translation.fresh('result') : ''
  const sql = isRenamed
    ? `SELECT ${result.columns.map((column, i) => `${relation}.${column.label} AS ${quoteName(names[i]!)}`).join(', ')} FROM (${result.sql}) AS ${relation}`
    : result.sql
  return { sql, types, schema: types.map((type, i) => fieldOf(names[i]!, type)) }
}

/** `SELECT AS VALUE struct` shows the struct's fields. */
function flattened(result: QueryResult, env: Env): QueryResult {
  const only = result.columns[0]
  if (result.as !== 'VALUE' || only?.type.kind !== 'struct') return result
  const relation = env.translation.fresh('value')
  const columns: OutputColumn[] = only.type.fields.map((field) => ({
    name: field.name,
    label: quoteName(field.name),
    type: field.type,
    touch: only.touch,
  }))
  const list = columns.map(
    (column) =>
      `struct_extract(${relation}.${only.label}, '${column.name!.replaceAll("'", "''")}') AS ${column.label}`,
  )
  return { sql: `SELECT ${list.join(', ')} FROM (${result.sql}) AS ${relation}`, columns }
}

function namesOf(columns: readonly OutputColumn[], at: Position, needsNames?: string): string[] {
  let anonymous = 0
  const names = columns.map((column, i) => {
    if (!column.name && needsNames)
      throw invalid(`${needsNames} columns must be named, but column ${i + 1} has no name`, at)
    return column.name ?? `f${anonymous++}_`
  })
  const lower = names.map((name) => name.toLowerCase())
  const duplicates = [...new Set(lower.filter((name, i) => lower.indexOf(name) !== i))]
  if (duplicates.length > 0)
    throw invalid(
      needsNames
        ? `${needsNames} has columns with duplicate name ${duplicates[0]}`
        : `Duplicate column names in the result are not supported when a destination table is present. Found duplicate(s): ${duplicates.map((name) => names[lower.indexOf(name)]).join(', ')}`,
      at,
    )
  return names
}

/** Rows of `output` as rows of columns of these types, by position. */
export function coercedTo(
  output: Output,
  types: readonly GType[],
  env: Env,
  at: Position,
  what: string,
): string {
  if (output.types.length !== types.length)
    throw invalid(`${what} has ${types.length} columns, the query has ${output.types.length}`, at)
  if (
    output.types.every((type, i) => sameType(type, types[i]!) && duckdbType(type) === duckdbType(types[i]!))
  )
    return output.sql
  const relation = env.translation.fresh('given')
  const items = output.schema.map(
    (field, i) =>
      `${coerce({ sql: `${relation}.${quoteName(field.name)}`, type: output.types[i]! }, types[i]!, at, `Query column ${i + 1}`).sql} AS ${quoteName(field.name)}`,
  )
  return `SELECT ${items.join(', ')} FROM (${output.sql}) AS ${relation}`
}

const SPELLINGS: Readonly<Record<string, string>> = { TIMESTAMPTZ: 'TIMESTAMP WITH TIME ZONE' }

/**
 * DuckDB's own idea of the types must be ours: a difference is a mistake of this language and is refused,
 * never passed on.
 */
export async function verifyTypes(
  output: Output,
  describe: (sql: string) => Promise<readonly { readonly name: string; readonly type: string }[]>,
): Promise<Output> {
  const described = await describe(output.sql)
  if (described.length !== output.types.length)
    throw unsupported('A query whose columns DuckDB counts differently')
  const wrong = described.flatMap((column, i) =>
    (SPELLINGS[column.type] ?? column.type) === duckdbType(output.types[i]!) ? [] : [i],
  )
  if (wrong.length === 0) return output
  const isWidening = wrong.every(
    (i) =>
      /^(TINYINT|SMALLINT|INTEGER|HUGEINT|UBIGINT|UINTEGER|FLOAT|DECIMAL\(.*\)|"NULL")(\[\])?$/.test(
        described[i]!.type,
      ) ||
      output.types[i]!.kind === 'struct' ||
      output.types[i]!.kind === 'array',
  )
  if (!isWidening)
    throw unsupported(
      `A column of DuckDB type ${described[wrong[0]!]!.type} where ${duckdbType(output.types[wrong[0]!]!)} is meant`,
    )
  const items = described.map((column, i) =>
    wrong.includes(i)
      ? `CAST(result_types.${quoteName(column.name)} AS ${duckdbType(output.types[i]!)}) AS ${quoteName(column.name)}`
      : `result_types.${quoteName(column.name)}`,
  )
  return { ...output, sql: `SELECT ${items.join(', ')} FROM (${output.sql}) AS result_types` }
}
