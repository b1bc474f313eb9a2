/**
 * LOAD DATA INTO/OVERWRITE: the statement's words turned into a load configuration; the rows go through the
 * same code as load jobs.
 */
import { tableKey } from '../engine/names.ts'
import { partitionFormats } from '../engine/partitions.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import { legacyTypeName } from '../engine/data-types.ts'
import { readLoadConfig, type LoadConfig } from '../loads/load-config.ts'
import { extensionOf } from '../loads/load-job.ts'
import { loadRows } from '../loads/load-rows.ts'
import { findSources, withLinkedFiles } from '../loads/sources.ts'
import { bodyOfOptions } from '../resources/table-fields.ts'
import type { Statement, TableReference } from '../sql/types.ts'
import { targetOf } from './catalog.ts'
import type { StatementResult, StatementScope } from './scope.ts'

const optionNames: Readonly<Record<string, string>> = {
  skip_leading_rows: 'skipLeadingRows',
  field_delimiter: 'fieldDelimiter',
  quote: 'quote',
  null_marker: 'nullMarker',
  allow_jagged_rows: 'allowJaggedRows',
  allow_quoted_newlines: 'allowQuotedNewlines',
  ignore_unknown_values: 'ignoreUnknownValues',
  encoding: 'encoding',
  max_bad_records: 'maxBadRecords',
}

export async function runLoadData(scope: StatementScope, first: Statement): Promise<StatementResult> {
  const { room, session, principal } = scope
  const target = targetOf(scope, first.target)
  return room.warehouse.lock([tableKey(target)], async () => {
    const config = await configOf(scope, first, target)
    const sources = await findSources(room, principal, config.sourceUris)
    return withLinkedFiles(room, sources, extensionOf(config), async (files) => {
      let outcome: StatementResult | undefined
      await session.inTransaction(async () => {
        const written = await loadRows({ room, principal, session, config, files })
        outcome = {
          query: {
            loadQueryStatistics: {
              inputFiles: String(sources.length),
              inputFileBytes: String(sources.reduce((sum, file) => sum + file.size, 0)),
              outputRows: String(written.rows),
              badRecords: '0',
            },
          },
          destination: target,
          result: { totalRows: '0', schema: [] },
        }
        scope.conclude(written.change, outcome)
        await room.warehouse.commit(written.change, session)
      })
      return outcome!
    })
  })
}

async function configOf(
  scope: StatementScope,
  statement: Statement,
  target: TableReference,
): Promise<LoadConfig> {
  const { room } = scope
  const load = statement.load
  if (!load) throw new Error('a compiled LOAD DATA says nothing to load')
  const header = statement.header
  const body: Record<string, unknown> = {
    sourceUris: load.uris,
    sourceFormat: load.format === 'JSON' ? 'NEWLINE_DELIMITED_JSON' : load.format,
    writeDisposition: load.overwrite ? 'WRITE_TRUNCATE' : 'WRITE_APPEND',
  }
  for (const [name, value] of Object.entries(load.options)) {
    if (name === 'format' || name === 'uris') continue
    if (name === 'hive_partition_uri_prefix')
      body.hivePartitioningOptions = { mode: 'AUTO', sourceUriPrefix: value }
    else if (name === 'enable_list_inference') body.parquetOptions = { enableListInference: value }
    else if (optionNames[name]) body[optionNames[name]] = value
    else throw unsupported(`The LOAD DATA option ${name}`)
  }
  if (load.partitionColumns && !body.hivePartitioningOptions)
    throw invalid('WITH PARTITION COLUMNS needs the option hive_partition_uri_prefix.')
  if (header?.columns && header.columns.length > 0) body.schema = { fields: header.columns }
  else body.autodetect = true
  if (header?.partitionBy) body.timePartitioning = header.partitionBy
  if (header?.clusterBy) body.clustering = { fields: header.clusterBy }
  if (header) body.destinationTableProperties = bodyOfOptions(header.options, {})
  const partitionId = load.partitions
    ? await partitionIdOf(scope, load.partitions, target, header?.partitionBy)
    : undefined
  body.destinationTable = {
    ...target,
    tableId: partitionId === undefined ? target.tableId : `${target.tableId}$${partitionId}`,
  }
  const config = readLoadConfig(room, body)
  return load.partitionColumns ? { ...config, hiveColumns: load.partitionColumns } : config
}

/** `OVERWRITE t PARTITIONS (day = DATE '…')` names one partition. */
async function partitionIdOf(
  scope: StatementScope,
  given: { column: string; duckdbValue: string },
  target: TableReference,
  fresh: { field: string; type: string } | undefined,
): Promise<string> {
  const table = scope.room.warehouse.table(target, scope.room.now())
  const partitioning = table?.partitioning ?? fresh
  if (!partitioning)
    throw invalid(
      `Table ${target.datasetId}.${target.tableId} is not partitioned: PARTITIONS cannot be used.`,
    )
  if (partitioning.field.toLowerCase() !== given.column.toLowerCase())
    throw invalid(`The table is partitioned by ${partitioning.field}, not by ${given.column}.`)
  const type = legacyTypeName(
    table?.schema.find((field) => field.name === partitioning.field)?.type ?? 'DATE',
  )
  const value =
    type === 'DATE' ? `CAST(${given.duckdbValue} AS DATE)` : `CAST(${given.duckdbValue} AS TIMESTAMP)`
  const [row] = await scope.session.rows(
    `SELECT strftime(${value}, '${partitionFormats[partitioning.type]!}')`,
  )
  if (row?.[0] === null || row?.[0] === undefined) throw invalid('The partition to overwrite is NULL.')
  return String(row[0])
}
