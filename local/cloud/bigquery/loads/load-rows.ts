/**
 * The one way rows come from files into a table: load jobs, uploads and LOAD DATA all end here, in the
 * caller's transaction.
 */
import type { Principal } from '../../kernel.ts'
import { checkFieldName, duckdbType } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import { quoteName } from '../engine/names.ts'
import { invalid } from '../engine/refusals.ts'
import { writeTable, type Written } from '../jobs/table-writer.ts'
import { readClustering, readPartitioning, readTableFields } from '../resources/table-fields.ts'
import type { Room } from '../room.ts'
import type { FieldSchema } from '../sql/types.ts'
import { createReader } from './formats.ts'
import { hiveLiteral, readHive, type HiveColumns } from './hive.ts'
import type { LoadConfig } from './load-config.ts'
import { withNormalJson } from './normal-values.ts'
import type { LinkedFile } from './sources.ts'

export interface LoadRun {
  readonly room: Room
  readonly principal: Principal
  readonly session: Session
  readonly config: LoadConfig
  readonly files: readonly LinkedFile[]
}

/** The rows of all files as one SELECT, and the columns it has. */
export async function selectFiles(
  run: Pick<LoadRun, 'session' | 'config' | 'files'>,
  before: { readonly schema: readonly FieldSchema[] } | undefined,
): Promise<{ schema: readonly FieldSchema[]; select: string }> {
  const { session, config } = run
  const files = config.sourceFormat === 'PARQUET' ? run.files : run.files.filter((file) => file.size > 0)
  const reader = createReader(session, config, files)
  const hive = readHive(config.hive, files, config.hiveColumns ?? before?.schema)
  const schema = await chooseSchema(run, files.length > 0 ? reader : undefined, hive, before)
  for (const field of schema) checkFieldName(field, 'invalid')
  const skip = new Set((hive?.columns ?? []).map((column) => column.name))
  const content = schema.filter(
    (field) => !hive?.columns.some((column) => column.name.toLowerCase() === field.name.toLowerCase()),
  )
  const selects: string[] = []
  for (const file of files) {
    const values = new Map(
      (hive?.columns ?? []).map((column, index) => [
        column.name.toLowerCase(),
        hiveLiteral(hive!.valuesOf(file)[index]!, column),
      ]),
    )
    const outer = schema.map((field) => {
      const name = quoteName(field.name)
      return values.get(field.name.toLowerCase()) ?? `${withNormalJson(name, field)} AS ${name}`
    })
    selects.push(`SELECT ${outer.join(', ')} FROM (${await reader.select(file, content, skip)})`)
  }
  if (selects.length === 0)
    selects.push(`SELECT ${schema.map((field) => `CAST(NULL AS ${duckdbType(field)})`).join(', ')} LIMIT 0`)
  return { schema, select: selects.join(' UNION ALL ') }
}

/** The caller holds the lock of the destination and has begun a transaction. */
export async function loadRows(run: LoadRun): Promise<Written & { schema: readonly FieldSchema[] }> {
  const { room, principal, session, config } = run
  const before = room.warehouse.table(config.destination.reference, room.now())
  const { schema, select } = await selectFiles(run, before)
  const partitioning = readPartitioning(config.timePartitioning, schema)
  const clustering = readClustering(config.clustering, schema)
  const written = await writeTable({
    room,
    principal,
    session,
    target: config.destination.reference,
    ...(config.destination.partitionId === undefined ? {} : { partitionId: config.destination.partitionId }),
    source: select,
    schema,
    writeDisposition: config.writeDisposition,
    createDisposition: config.createDisposition,
    schemaUpdateOptions: config.schemaUpdateOptions,
    fields: readTableFields(
      Object.fromEntries(Object.entries(config.tableProperties).filter(([, value]) => value !== undefined)),
      { partitioning, clustering },
      schema,
      room.now(),
    ),
  })
  return { ...written, schema }
}

async function chooseSchema(
  { config }: Pick<LoadRun, 'config'>,
  reader: ReturnType<typeof createReader> | undefined,
  hive: HiveColumns | undefined,
  before: { schema: readonly FieldSchema[] } | undefined,
): Promise<readonly FieldSchema[]> {
  const extra = (schema: readonly FieldSchema[]): FieldSchema[] => {
    const known = new Set(schema.map((field) => field.name.toLowerCase()))
    return [...schema, ...(hive?.columns ?? []).filter((column) => !known.has(column.name.toLowerCase()))]
  }
  if (config.schema) return extra(config.schema)
  const isKept =
    before && (config.writeDisposition !== 'WRITE_TRUNCATE' || config.destination.partitionId !== undefined)
  const own = await reader?.ownSchema()
  if (isKept)
    return own && config.sourceFormat === 'PARQUET' ? orderLike(extra(own), before.schema) : before.schema
  if (own) return extra(own)
  if (before) return before.schema
  throw invalid('No schema specified on job or table.')
}

/** Appending keeps the table's spelling and order of columns. */
function orderLike(schema: readonly FieldSchema[], table: readonly FieldSchema[]): FieldSchema[] {
  const own = new Map(schema.map((field) => [field.name.toLowerCase(), field]))
  const known = table.filter((field) => own.has(field.name.toLowerCase()))
  for (const field of known) {
    const found = own.get(field.name.toLowerCase())!
    if (found.type !== field.type)
      throw invalid(
        `Error while reading data, error message: column '${field.name}' has type ${found.type} which does not match the target type ${field.type}.`,
      )
  }
  const names = new Set(known.map((field) => field.name.toLowerCase()))
  return [...known, ...schema.filter((field) => !names.has(field.name.toLowerCase()))]
}
