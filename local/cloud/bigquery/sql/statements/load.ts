/**
 * LOAD DATA as values: format, files, partition, columns. Which options exist is checked where they are used.
 */
import { invalid } from '../refusal.ts'
import type { StatementSyntax } from '../parse/statement-syntax.ts'
import { resolveExpression } from '../resolve/expression.ts'
import type { Env } from '../resolve/scope.ts'
import type { Statement } from '../types.ts'
import { coerce, coercionCost } from '../values/coerce.ts'
import { DATE } from '../values/gtype.ts'
import { header } from './ddl.ts'
import { readColumns } from './columns.ts'
import { readOptions } from './options.ts'

export function compileLoad(syntax: StatementSyntax & { kind: 'load' }, env: Env): Partial<Statement> {
  const { nowMicros } = env.translation.context
  const { format, uris, ...options } = readOptions(syntax.files, nowMicros)
  if (typeof format !== 'string') throw invalid('LOAD DATA needs the option format', syntax.at)
  if (!Array.isArray(uris) || uris.length === 0 || !uris.every((uri) => typeof uri === 'string'))
    throw invalid('LOAD DATA needs the option uris, an array of strings', syntax.at)
  const names = ['PARQUET', 'CSV', 'JSON', 'NEWLINE_DELIMITED_JSON', 'AVRO', 'ORC']
  if (!names.includes(format.toUpperCase()))
    throw invalid(`Invalid value for the option format: ${format}`, syntax.at)
  return {
    target: syntax.path,
    header: header({ orReplace: false, ifNotExists: false, options: syntax.options }, env, syntax),
    load: {
      overwrite: syntax.isOverwrite,
      format: format.toUpperCase(),
      uris,
      options,
      ...(syntax.partition
        ? {
            partitions: {
              column: syntax.partition.column,
              duckdbValue: partitionValue(syntax.partition.value, env),
            },
          }
        : {}),
      ...(syntax.partitionColumns
        ? { partitionColumns: readColumns(syntax.partitionColumns, nowMicros) }
        : {}),
    },
  }
}

function partitionValue(expression: Parameters<typeof resolveExpression>[0], env: Env): string {
  const value = resolveExpression(expression, env)
  if (!value.isConstant) throw invalid('The partition of LOAD DATA must be a constant', expression.at)
  return coercionCost(value, DATE) === undefined ? value.sql : coerce(value, DATE, expression.at).sql
}
