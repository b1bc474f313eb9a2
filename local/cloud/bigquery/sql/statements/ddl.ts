/**
 * CREATE, DROP and ALTER as values for the control plane: headers, options, columns; the query of CREATE … AS
 * is translated, everything else is only read.
 */
import { invalid, unsupported } from '../refusal.ts'
import type { StatementSyntax, TableShape } from '../parse/statement-syntax.ts'
import type { Env } from '../resolve/scope.ts'
import type { FieldSchema, Statement, TableHeader } from '../types.ts'
import { typeOfField } from '../values/gtype.ts'
import { alterOf, keysOf } from './alter.ts'
import { readColumns } from './columns.ts'
import { readOptions } from './options.ts'
import { coercedTo, outputOf, type Output } from './outcome.ts'

type Ddl = StatementSyntax & {
  kind: 'createTable' | 'createExternal' | 'createView' | 'createSchema' | 'drop' | 'alter'
}

export function compileDdl(syntax: Ddl, env: Env): Partial<Statement> & { output?: Output } {
  const { nowMicros } = env.translation.context
  switch (syntax.kind) {
    case 'createTable':
      return createTable(syntax, env)
    case 'createView': {
      if (syntax.orReplace && syntax.ifNotExists)
        throw invalid('CREATE VIEW cannot be both OR REPLACE and IF NOT EXISTS', syntax.at)
      if (env.translation.context.parameters.length > 0 && /[@?]/.test(syntax.text))
        throw unsupported('A query parameter in CREATE VIEW', syntax.at)
      const output = outputOf(syntax.query, env, syntax.names ? undefined : 'CREATE VIEW')
      const columns = syntax.names?.map((column, i): FieldSchema => {
        const { description } = readOptions(column.options, nowMicros)
        return {
          ...(output.schema[i] ?? { type: 'STRING' }),
          name: column.name,
          ...(description === undefined ? {} : { description: String(description) }),
        }
      })
      if (columns && columns.length !== output.schema.length)
        throw invalid(
          `View column name list has ${columns.length} columns, the query has ${output.schema.length}`,
          syntax.at,
        )
      const shape = { partitionBy: syntax.partitionBy, clusterBy: syntax.clusterBy }
      checkShape(syntax, shape, columns?.map(({ name }) => name) ?? output.schema.map(({ name }) => name))
      if (syntax.isMaterialized) checkMaterialized(syntax, env)
      return {
        target: syntax.path,
        header: header(syntax, env, shape, columns),
        viewQuery: syntax.text,
        output,
      }
    }
    case 'createExternal':
      return createExternal(syntax, env)
    case 'createSchema':
      return { target: syntax.path, header: header(syntax, env, {}) }
    case 'drop':
      return { target: syntax.path, ifExists: syntax.ifExists, isCascade: syntax.isCascade }
    case 'alter':
      return { target: syntax.path, ifExists: syntax.ifExists, alter: alterOf(syntax.action, nowMicros) }
  }
}

function createTable(
  syntax: Ddl & { kind: 'createTable' },
  env: Env,
): Partial<Statement> & { output?: Output } {
  if (syntax.orReplace && syntax.ifNotExists)
    throw invalid('CREATE TABLE cannot be both OR REPLACE and IF NOT EXISTS', syntax.at)
  const result = { target: syntax.path, header: header(syntax, env, syntax) }
  if (syntax.source) return { ...result, source: syntax.source }
  if (!syntax.query) {
    if (!syntax.columns || syntax.columns.length === 0)
      throw invalid('CREATE TABLE needs a list of columns or AS query', syntax.at)
    checkShape(
      syntax,
      syntax,
      syntax.columns.map((column) => column.name),
    )
    return result
  }
  const made = outputOf(syntax.query, env, syntax.columns ? undefined : 'CREATE TABLE')
  checkShape(
    syntax,
    syntax,
    syntax.columns?.map((column) => column.name) ?? made.schema.map((field) => field.name),
  )
  if (!syntax.columns) return { ...result, output: made }
  const schema = readColumns(syntax.columns, env.translation.context.nowMicros)
  const types = schema.map((field) => typeOfField(field))
  return { ...result, output: { sql: coercedTo(made, types, env, syntax.at, 'CREATE TABLE'), types, schema } }
}

function createExternal(syntax: Ddl & { kind: 'createExternal' }, env: Env): Partial<Statement> {
  if (syntax.orReplace && syntax.ifNotExists)
    throw invalid('CREATE EXTERNAL TABLE cannot be both OR REPLACE and IF NOT EXISTS', syntax.at)
  const { columns, partitionColumns } = syntax
  const made = header(syntax, env, columns ? { columns } : {})
  if (partitionColumns && made.options.hive_partition_uri_prefix === undefined)
    throw invalid('WITH PARTITION COLUMNS needs the option hive_partition_uri_prefix', syntax.at)
  return {
    target: syntax.path,
    header: made,
    ...(partitionColumns
      ? { partitionColumns: readColumns(partitionColumns, env.translation.context.nowMicros) }
      : {}),
  }
}

/** https://cloud.google.com/bigquery/docs/materialized-views-create#query_limitations */
function checkMaterialized(syntax: Ddl & { kind: 'createView' }, env: Env): void {
  const options = readOptions(syntax.options, env.translation.context.nowMicros)
  if (options.allow_non_incremental_definition === true) return
  if (syntax.query.orderBy.length > 0 || syntax.query.limit)
    throw invalid('Materialized view query cannot have ORDER BY or LIMIT', syntax.at)
}

function checkShape(syntax: Ddl, shape: TableShape, names: readonly string[]): void {
  const has = (name: string) => names.some((candidate) => candidate.toLowerCase() === name.toLowerCase())
  if (shape.partitionBy && shape.partitionBy.field !== '_PARTITIONTIME' && !has(shape.partitionBy.field))
    throw invalid(`Unrecognized name: ${shape.partitionBy.field}`, shape.partitionBy.at)
  for (const name of shape.clusterBy ?? [])
    if (!has(name)) throw invalid(`Unrecognized name: ${name}`, syntax.at)
}

function header(
  syntax: { orReplace: boolean; ifNotExists: boolean; options: Parameters<typeof readOptions>[0] },
  env: Env,
  shape: TableShape,
  columns?: readonly FieldSchema[],
): TableHeader {
  const { nowMicros } = env.translation.context
  const fields = columns ?? (shape.columns ? readColumns(shape.columns, nowMicros) : undefined)
  return {
    orReplace: syntax.orReplace,
    ifNotExists: syntax.ifNotExists,
    options: readOptions(syntax.options, nowMicros),
    ...(fields ? { columns: fields } : {}),
    ...(shape.partitionBy
      ? {
          partitionBy: {
            field: shape.partitionBy.field,
            type: shape.partitionBy.type,
            ...(shape.partitionBy.range ? { range: shape.partitionBy.range } : {}),
          },
        }
      : {}),
    ...(shape.keys ? { keys: keysOf(shape.keys) } : {}),
    ...(shape.clusterBy ? { clusterBy: shape.clusterBy } : {}),
  }
}

export { header }
