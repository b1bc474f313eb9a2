/**
 * A small warehouse for the language's tests: tables and views in an in-memory DuckDB, scripts run as the
 * control plane runs them, rows as plain values.
 */
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { CloudError } from '../../../local/cloud/kernel.ts'
import { explainEngineError } from '../../../local/cloud/bigquery/engine/engine-errors.ts'
import { registerOwnFunctions } from '../../../local/cloud/bigquery/engine/own-functions.ts'
import { createCompiler } from '../../../local/cloud/bigquery/sql/index.ts'
import type {
  CompileContext,
  FieldSchema,
  Resolved,
  Statement,
  TableReference,
} from '../../../local/cloud/bigquery/sql/types.ts'
import { duckdbType, typeOfField } from '../../../local/cloud/bigquery/sql/values/gtype.ts'

export interface Warehouse {
  run(sql: string, options?: RunOptions): Promise<Result>
  table(
    name: string,
    columns: readonly FieldSchema[],
    extra?: Partial<Resolved & { kind: 'table' }>,
  ): Promise<void>
  view(name: string, query: string): Promise<void>
  compile(sql: string, options?: RunOptions): Promise<Statement>
  readonly asked: { path: readonly string[]; via: readonly TableReference[]; purpose: string }[]
  close(): void
}
export interface RunOptions {
  readonly parameters?: CompileContext['parameters']
}
export interface Result {
  readonly rows: unknown[][]
  readonly schema: readonly FieldSchema[]
  readonly counts: number[]
  readonly statements: Statement[]
}

export const NOW_MICROS = 1_431_000_000_123_456n
export const field = (name: string, type: string, mode = 'NULLABLE'): FieldSchema => ({ name, type, mode })

/** DuckDB's JSON of rows, with 64-bit integers as numbers and bytes as hex. */
function plain(value: unknown, type: string): unknown {
  if (value === null || value === undefined) return null
  if (Array.isArray(value)) return value.map((item) => plain(item, type.replace(/\[\]$/, '')))
  if (typeof value === 'object')
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner, 'BIGINT')]))
  if (/^(BIGINT|HUGEINT)$/.test(type) && typeof value === 'string' && /^-?\d+$/.test(value))
    return Number(value)
  if (type === 'DOUBLE' && typeof value === 'string') return Number(value)
  if (type === 'TIMESTAMP' && typeof value === 'string') return value.replace(' ', 'T')
  return value
}

export async function openWarehouse(): Promise<Warehouse> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection: DuckDBConnection = await instance.connect()
  registerOwnFunctions(connection)
  await connection.run("SET TimeZone = 'America/New_York'") // no answer may depend on the session's zone
  const compiler = await createCompiler()
  const names = new Map<string, Resolved>()
  const asked: Warehouse['asked'] = []
  const variables = new Map<string, { type: string; duckdb: string }>()
  let made = 0
  const read = (sql: string) =>
    connection.runAndReadAll(sql).catch((error: unknown) => {
      throw explainEngineError(error)
    })
  const context = (options: RunOptions = {}): CompileContext => ({
    catalog: {
      resolve: async (path, via, purpose = 'read') => {
        asked.push({ path, via, purpose })
        const found = names.get(path.slice(-2).join('.').toLowerCase())
        if (!found) throw new CloudError(404, 'notFound', `Not found: Table ${path.join('.')}`)
        return found
      },
      resolveRoutine: async (path) => {
        throw new CloudError(400, 'invalidQuery', `Function not found: ${path.join('.')}`)
      },
    },
    variables,
    parameters: options.parameters ?? [],
    email: 'who@example.com',
    nowMicros: NOW_MICROS,
    describe: async (sql) => {
      const reader = await read(`DESCRIBE ${sql}`)
      return reader.getRowsJson().map((row) => ({ name: String(row[0]), type: String(row[1]) }))
    },
  })
  const table: Warehouse['table'] = async (name, columns, extra = {}) => {
    const relation = `"main"."t${++made}"`
    await connection.run(
      `CREATE TABLE ${relation} (${columns.map((column) => `"${column.name}" ${duckdbType(typeOfField(column))}`).join(', ')})`,
    )
    const [datasetId, tableId] = name.split('.')
    names.set(name.toLowerCase(), {
      kind: 'table',
      reference: { projectId: 'p', datasetId: datasetId!, tableId: tableId! },
      schema: columns,
      relation,
      modifiedMs: Number(NOW_MICROS / 1000n) - 60_000,
      ...extra,
    })
  }
  const apply = async (statement: Statement): Promise<{ rows: unknown[][]; counts: number[] }> => {
    const counts: number[] = []
    let rows: unknown[][] = []
    for (const sql of statement.duckdb) {
      const reader = await read(sql)
      const types = reader.columnTypes().map(String)
      if (/^(INSERT|UPDATE|DELETE)/.test(sql)) counts.push(Number(reader.getRowsJson()[0]![0]))
      rows = reader.getRowsJson().map((row) => row.map((cell, i) => plain(cell, types[i]!)))
    }
    return { rows, counts }
  }
  const run: Warehouse['run'] = async (sql, options) => {
    variables.clear()
    let result: Result = { rows: [], schema: [], counts: [], statements: [] }
    const statements: Statement[] = []
    for (const parsed of compiler.parseScript(sql)) {
      const statement = await compiler.compile(parsed, context(options))
      statements.push(statement)
      if (parsed.type === 'DECLARE' || parsed.type === 'SET') {
        await connection.run(`CREATE OR REPLACE TEMP TABLE script_values AS ${statement.duckdb.at(-1)!}`)
        for (const [i, name] of parsed.variable!.names.entries()) {
          const column = statement.schema![i]!
          await connection.run(
            `SET VARIABLE "v_${name.toLowerCase()}" = (SELECT "${column.name}" FROM script_values)`,
          )
          if (parsed.type === 'DECLARE')
            variables.set(name.toLowerCase(), {
              type: typeText(column),
              duckdb: `CAST(getvariable('v_${name.toLowerCase()}') AS ${duckdbType(typeOfField(column))})`,
            })
        }
        continue
      }
      if (parsed.type === 'CREATE_TABLE' || parsed.type === 'CREATE_TABLE_AS_SELECT') {
        const name = statement.target!.slice(-2).join('.')
        await table(name, statement.header?.columns ?? statement.schema!, {
          partitionField: statement.header?.partitionBy?.field,
        })
        if (parsed.type === 'CREATE_TABLE_AS_SELECT')
          await connection.run(
            `INSERT INTO ${(names.get(name.toLowerCase()) as Resolved & { kind: 'table' }).relation} ${statement.duckdb[0]!}`,
          )
      } else if (parsed.type === 'CREATE_VIEW') {
        const [datasetId, tableId] = statement.target!.slice(-2)
        names.set(`${datasetId}.${tableId}`.toLowerCase(), {
          kind: 'view',
          reference: { projectId: 'p', datasetId: datasetId!, tableId: tableId! },
          query: statement.viewQuery!,
          schema: statement.schema!,
        })
      } else result = { ...result, ...(await apply(statement)), schema: statement.schema ?? [] }
    }
    return { ...result, statements }
  }
  return {
    run,
    table,
    asked,
    close: () => {
      connection.closeSync()
    },
    view: async (name, query) => {
      await run(`CREATE VIEW ${name} AS ${query}`)
    },
    compile: async (sql, options) => {
      const parsed = compiler.parseScript(sql)
      return compiler.compile(parsed[0]!, context(options))
    },
  }
}

function typeText(column: FieldSchema): string {
  const names: Readonly<Record<string, string>> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL' }
  const base =
    column.type === 'RECORD'
      ? `STRUCT<${column.fields!.map((inner) => `${inner.name} ${typeText(inner)}`).join(', ')}>`
      : (names[column.type] ?? column.type)
  return column.mode === 'REPEATED' ? `ARRAY<${base}>` : base
}
