/**
 * What EXPORT DATA and extract jobs say about their files, checked once for both; formats and compressions
 * that are not written here are refused by name.
 */
import { invalid, unsupported } from '../engine/refusals.ts'

export type ExportFormat = 'CSV' | 'JSON' | 'PARQUET'

/** https://cloud.google.com/bigquery/docs/reference/standard-sql/export-statements#gcs_s3_export_option */
export interface ExportConfig {
  readonly bucket: string
  /** Up to and behind the `*`; without one the file has exactly the name `before`. */
  readonly before: string
  readonly after: string | undefined
  readonly format: ExportFormat
  readonly compression: 'NONE' | 'GZIP' | 'SNAPPY' | 'ZSTD'
  readonly hasHeader: boolean
  readonly delimiter: string
  readonly mayOverwrite: boolean
}

interface Said {
  readonly uri: unknown
  readonly format: unknown
  readonly compression: unknown
  readonly hasHeader: boolean
  readonly delimiter: unknown
  readonly mayOverwrite: boolean
}

const compressions: Readonly<Record<ExportFormat, readonly string[]>> = {
  CSV: ['NONE', 'GZIP'],
  JSON: ['NONE', 'GZIP'],
  PARQUET: ['NONE', 'GZIP', 'SNAPPY', 'ZSTD'],
}

export function checkExport(said: Said): ExportConfig {
  const format = String(said.format).toUpperCase()
  if (format === 'AVRO') throw unsupported('The export format AVRO')
  if (!(format in compressions)) throw invalid(`Invalid value for the export format: ${String(said.format)}`)
  const compression = String(said.compression ?? 'NONE').toUpperCase()
  if (!compressions[format as ExportFormat].includes(compression))
    throw invalid(`Compression ${compression} is not one of ${format}.`)
  const delimiter = readDelimiter(said.delimiter)
  if (said.delimiter !== undefined && format !== 'CSV')
    throw invalid('Only exports to CSV may specify a field delimiter.')
  return {
    ...readUri(said.uri),
    format: format as ExportFormat,
    compression: compression as ExportConfig['compression'],
    hasHeader: said.hasHeader,
    delimiter,
    mayOverwrite: said.mayOverwrite,
  }
}

function readDelimiter(given: unknown): string {
  const delimiter = given === undefined ? ',' : String(given)
  if (/^(tab|\\t)$/i.test(delimiter)) return '\t'
  if (delimiter.length !== 1) throw unsupported(`A field delimiter of ${delimiter.length} characters`)
  return delimiter
}

function readUri(uri: unknown): Pick<ExportConfig, 'bucket' | 'before' | 'after'> {
  const match = /^gs:\/\/([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])\/([^*]*)(?:\*([^*]*))?$/s.exec(String(uri))
  if (!match || (match[2] === '' && match[3] === undefined))
    throw invalid(
      `Invalid destination URI ${String(uri)}: it must be gs://bucket/name with at most one wildcard (*).`,
    )
  return { bucket: match[1]!, before: match[2]!, after: match[3] }
}
