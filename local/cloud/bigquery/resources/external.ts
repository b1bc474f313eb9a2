/**
 * External tables: files in Cloud Storage that are read as a table. What the definition may say is what a load may
 * say; other sources than CSV, JSON lines and Parquet are refused by name.
 */
import { invalid, unsupported } from '../engine/refusals.ts'
import { flag, present, record, refuseAsked, text, texts, type Body } from '../engine/request-body.ts'

const CSV = [
  'fieldDelimiter',
  'quote',
  'skipLeadingRows',
  'allowJaggedRows',
  'allowQuotedNewlines',
  'encoding',
  'nullMarker',
]
const KNOWN = [
  ...[
    'sourceUris',
    'sourceFormat',
    'autodetect',
    'schema',
    'compression',
    'ignoreUnknownValues',
    'maxBadRecords',
  ],
  ...['csvOptions', 'hivePartitioningOptions', 'parquetOptions'],
]
const FORMATS = ['CSV', 'NEWLINE_DELIMITED_JSON', 'PARQUET']
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || ['{}', '[]', '0'].includes(JSON.stringify(value))

/** `Table.externalDataConfiguration`, checked. */
export function readExternal(given: Body): Body {
  for (const [name, value] of Object.entries(given)) {
    if (isNothing(value) || /_UNSPECIFIED$/.test(String(value))) continue
    if (!KNOWN.includes(name)) throw unsupported(`externalDataConfiguration.${name}`)
  }
  for (const [name, value] of Object.entries(record(given, 'csvOptions') ?? {}))
    if (!CSV.includes(name) && !isNothing(value)) throw unsupported(`csvOptions.${name}`)
  const format = text(given, 'sourceFormat')
  if (!format) throw invalid('externalDataConfiguration.sourceFormat is required.')
  if (!FORMATS.includes(format)) throw unsupported(`The source format ${format}`)
  if ((texts(given, 'sourceUris') ?? []).length === 0)
    throw invalid('externalDataConfiguration.sourceUris is required.')
  const hive = record(given, 'hivePartitioningOptions')
  if (hive && flag(hive, 'requirePartitionFilter'))
    throw unsupported('requirePartitionFilter of an external table')
  refuseAsked(record(given, 'parquetOptions') ?? {}, ['mapTargetType'], 'parquetOptions')
  const { schema: _, ...rest } = given
  return present(rest)
}

/** The same as a load would say it. */
export function loadBodyOf(external: Body): Body {
  const { csvOptions: _csv, compression: _compression, ...rest } = external
  return { ...rest, ...record(external, 'csvOptions') }
}

const IN_CSV: Readonly<Record<string, string>> = {
  field_delimiter: 'fieldDelimiter',
  quote: 'quote',
  skip_leading_rows: 'skipLeadingRows',
  allow_jagged_rows: 'allowJaggedRows',
  allow_quoted_newlines: 'allowQuotedNewlines',
  encoding: 'encoding',
  null_marker: 'nullMarker',
}
const BESIDE: Readonly<Record<string, string>> = {
  uris: 'sourceUris',
  ignore_unknown_values: 'ignoreUnknownValues',
  max_bad_records: 'maxBadRecords',
  compression: 'compression',
}

/** OPTIONS of CREATE EXTERNAL TABLE: those of its files, and the rest, which every table has. */
export function splitExternal(
  options: Readonly<Record<string, unknown>>,
  hasColumns: boolean,
): { external: Body; options: Record<string, unknown> } {
  const external: Record<string, unknown> = { autodetect: !hasColumns }
  const csvOptions: Record<string, unknown> = {}
  const others: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (name === 'format') external.sourceFormat = formatOf(value)
    else if (name === 'hive_partition_uri_prefix')
      external.hivePartitioningOptions = { mode: 'AUTO', sourceUriPrefix: value }
    else if (name === 'require_hive_partition_filter') {
      if (value === true) throw unsupported('The option require_hive_partition_filter')
    } else if (name === 'enable_list_inference') external.parquetOptions = { enableListInference: value }
    else if (IN_CSV[name])
      // An int64 of REST is text.
      csvOptions[IN_CSV[name]] = typeof value === 'number' ? String(value) : value
    else if (BESIDE[name]) external[BESIDE[name]] = value
    else others[name] = value
  }
  if (Object.keys(csvOptions).length > 0) external.csvOptions = csvOptions
  return { external: readExternal(external), options: others }
}

const formatOf = (value: unknown): string => {
  const format = String(value).toUpperCase()
  return format === 'JSON' ? 'NEWLINE_DELIMITED_JSON' : format
}
