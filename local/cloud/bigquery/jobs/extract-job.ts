/** The work of an extract job: one table into one file; several destinations and models are refused. */
import { quoteName, showTable } from '../engine/names.ts'
import { partitionPredicate, withoutDecorator } from '../engine/partitions.ts'
import { physicalOf } from '../engine/records.ts'
import { datasetNotFound, invalid, required, tableNotFound, unsupported } from '../engine/refusals.ts'
import { flag, present, record, refuseAsked, text, texts, type Body } from '../engine/request-body.ts'
import { checkExport, type ExportConfig } from '../exports/export-config.ts'
import { exportRows } from '../exports/export-rows.ts'
import type { Room } from '../room.ts'
import type { TableReference } from '../sql/types.ts'
import type { JobWork } from './job-desk.ts'
import { readTableReference } from './query-config.ts'

export interface ExtractConfig {
  readonly source: { readonly reference: TableReference; readonly partitionId?: string }
  readonly files: ExportConfig
  readonly shown: Record<string, unknown>
}

const refused = ['sourceModel', 'modelExtractOptions', 'nativeGeographyExportEnabled', 'secureContext']
const shownFields = [
  'sourceTable',
  'destinationUris',
  'destinationFormat',
  'compression',
  'fieldDelimiter',
  'printHeader',
]

export function readExtractConfig(room: Room, given: Body): ExtractConfig {
  refuseAsked(given, refused, 'configuration.extract')
  // Says something of Avro only, which is refused.
  flag(given, 'useAvroLogicalTypes')
  const source = record(given, 'sourceTable')
  if (!source) throw required('configuration.extract.sourceTable')
  const only = text(given, 'destinationUri')
  const uris = texts(given, 'destinationUris') ?? [only ?? []].flat()
  if (only !== undefined && uris.some((uri) => uri !== only))
    throw invalid('Only one of destinationUri and destinationUris is allowed.')
  if (uris.length === 0) throw required('configuration.extract.destinationUris')
  if (uris.length > 1) throw unsupported('An extract job with several destinationUris')
  const format = (text(given, 'destinationFormat') || 'CSV').toUpperCase()
  return {
    source: withoutDecorator(readTableReference(room, source)),
    files: checkExport({
      uri: uris[0],
      format: format === 'NEWLINE_DELIMITED_JSON' ? 'JSON' : format,
      compression: text(given, 'compression') || undefined,
      hasHeader: flag(given, 'printHeader') ?? true,
      delimiter: text(given, 'fieldDelimiter') || undefined,
      mayOverwrite: true,
    }),
    shown: present(Object.fromEntries(shownFields.map((name) => [name, given[name] ?? undefined]))),
  }
}

export function extractWork(room: Room, { source, files }: ExtractConfig): JobWork {
  return async ({ session, principal, job }) => {
    const { reference, partitionId } = source
    if (!room.warehouse.dataset(reference.datasetId))
      throw datasetNotFound(reference.projectId, reference.datasetId)
    room.authority.requireOnTable(principal, 'bigquery.tables.export', reference)
    const table = room.warehouse.table(reference, room.now())
    if (!table) throw tableNotFound(reference)
    if (table.kind !== 'TABLE' || table.external)
      throw invalid(
        `${showTable(reference)} is not allowed for this operation because it is currently a ${table.external ? 'EXTERNAL' : table.kind}.`,
      )
    const columns = table.schema.map(({ name }) => quoteName(name)).join(', ')
    const where = partitionId === undefined ? '' : ` WHERE ${partitionPredicate(table, partitionId)}`
    const sql = `SELECT ${columns} FROM ${physicalOf(table)}${where}`
    await exportRows({ room, principal, session, sql, schema: table.schema, config: files })
    return {
      configuration: job.configuration,
      statistics: { extract: { destinationUriFileCounts: ['1'] } },
    }
  }
}
