/** EXPORT DATA: the statement's options as an export; options that are not done are refused by name. */
import { invalidQuery, unsupported } from '../engine/refusals.ts'
import { checkExport, type ExportConfig } from '../exports/export-config.ts'
import { exportRows } from '../exports/export-rows.ts'
import type { Statement } from '../sql/types.ts'
import type { StatementResult, StatementScope } from './scope.ts'

const known = ['uri', 'format', 'compression', 'field_delimiter', 'header', 'overwrite']

export async function runExportData(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal, session } = scope
  const config = readExportOptions(statement)
  for (const sql of statement.duckdb.slice(0, -1)) await session.run(sql)
  const rows = await exportRows({
    room,
    principal,
    session,
    config,
    sql: statement.duckdb.at(-1)!,
    schema: statement.schema ?? [],
  })
  return {
    query: { exportDataStatistics: { fileCount: '1', rowCount: String(rows) } },
    result: { totalRows: '0', schema: [] },
  }
}

/** Also what a dry run refuses. */
export function readExportOptions(statement: Statement): ExportConfig {
  const options = statement.exporting
  if (!options) throw new Error('a compiled EXPORT DATA says nothing of its files')
  const other = Object.keys(options).find((name) => !known.includes(name))
  if (other) throw unsupported(`The EXPORT DATA option ${other}`)
  if (options.uri === undefined || options.format === undefined)
    throw invalidQuery('EXPORT DATA needs the options uri and format')
  if (typeof options.uri !== 'string' || options.uri.split('*').length !== 2)
    throw invalidQuery(
      `The uri option of EXPORT DATA must hold exactly one wildcard (*): ${String(options.uri)}`,
    )
  return checkExport({
    uri: options.uri,
    format: options.format,
    compression: options.compression,
    hasHeader: options.header === true,
    delimiter: options.field_delimiter,
    mayOverwrite: options.overwrite === true,
  })
}
