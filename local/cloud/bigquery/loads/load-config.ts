/**
 * Reads `configuration.load`: checked, with BigQuery's defaults; options that would change the result and are
 * not done are refused.
 */
import { withoutDecorator } from '../engine/partitions.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import {
  count,
  flag,
  isRecord,
  present,
  record,
  refuseAsked,
  text,
  texts,
  type Body,
} from '../engine/request-body.ts'
import {
  readDisposition,
  readTableReference,
  type CreateDisposition,
  type WriteDisposition,
} from '../jobs/query-config.ts'
import { required } from '../engine/refusals.ts'
import { schemaOfBody } from '../resources/table-fields.ts'
import type { Room } from '../room.ts'
import type { FieldSchema, TableReference } from '../sql/types.ts'

export type SourceFormat = 'CSV' | 'PARQUET' | 'NEWLINE_DELIMITED_JSON'

export interface LoadConfig {
  readonly sourceUris: readonly string[]
  readonly sourceFormat: SourceFormat
  readonly destination: { readonly reference: TableReference; readonly partitionId?: string }
  readonly schema?: readonly FieldSchema[]
  readonly hasSchema: boolean
  readonly isAutodetect: boolean
  readonly writeDisposition: WriteDisposition
  readonly createDisposition: CreateDisposition
  readonly schemaUpdateOptions: readonly string[]
  readonly timePartitioning?: Body
  readonly clustering?: unknown
  readonly tableProperties: Body
  readonly hive?: Body
  /** Declared types of hive columns (WITH PARTITION COLUMNS). */
  readonly hiveColumns?: readonly FieldSchema[]
  readonly skipLeadingRows: number
  /** `skipLeadingRows: 0` said in so many words: the first row is data. */
  readonly isHeaderless: boolean
  readonly fieldDelimiter: string
  readonly quote: string
  readonly nullMarker: string
  readonly allowJaggedRows: boolean
  readonly ignoreUnknownValues: boolean
  readonly isListInference: boolean
  readonly shown: Record<string, unknown>
}

const refused = [
  'projectionFields',
  'rangePartitioning',
  'destinationEncryptionConfiguration',
  'connectionProperties',
  'jsonExtension',
  'nullMarkers',
  'dateFormat',
  'datetimeFormat',
  'timeFormat',
  'timestampFormat',
  'timeZone',
  'fileSetSpecType',
  'referenceFileSchemaUri',
  'sourceColumnMatch',
  'schemaInline',
  'schemaInlineFormat',
  'columnNameCharacterMap',
  'copyFilesOnly',
  'createSession',
  'decimalTargetTypes',
  'preserveAsciiControlCharacters',
  'timestampTargetPrecision',
]
const DONE = { decimalTargetTypes: [['NUMERIC']], timestampTargetPrecision: [[6]] }
const UNREAD_PARTS = {
  destinationTableProperties: ['expirationTime'],
  hivePartitioningOptions: ['requirePartitionFilter'],
  parquetOptions: ['mapTargetType'],
}
/**
 * Node's client sends its location here as well: like Google, the answer leaves out what the schema does not
 * have.
 */
const shownFields = [
  'sourceUris',
  'destinationTable',
  'destinationTableProperties',
  'createDisposition',
  'writeDisposition',
  'schemaUpdateOptions',
  'timePartitioning',
  'clustering',
  'autodetect',
  'skipLeadingRows',
  'fieldDelimiter',
  'quote',
  'nullMarker',
  'allowJaggedRows',
  'allowQuotedNewlines',
  'ignoreUnknownValues',
  'encoding',
  'hivePartitioningOptions',
  'parquetOptions',
]
const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === '' ||
  JSON.stringify(value) === '[]' ||
  JSON.stringify(value) === '{}'

export function readLoadConfig(room: Room, given: Body): LoadConfig {
  refuseAsked(given, refused, 'configuration.load', DONE)
  for (const [name, parts] of Object.entries(UNREAD_PARTS))
    refuseAsked(record(given, name) ?? {}, parts, `configuration.load.${name}`)
  // Says something of Avro only, which is refused.
  flag(given, 'useAvroLogicalTypes')
  if ((count(given, 'maxBadRecords') ?? 0) > 0) throw unsupported('configuration.load.maxBadRecords')
  const format = (text(given, 'sourceFormat') || 'CSV').toUpperCase()
  if (!['CSV', 'PARQUET', 'NEWLINE_DELIMITED_JSON'].includes(format))
    throw unsupported(`The source format ${format}`)
  const encoding = text(given, 'encoding')
  if (encoding && !/^UTF-?8$/i.test(encoding)) throw unsupported(`The encoding ${encoding}`)
  const destination = record(given, 'destinationTable')
  if (!destination) throw required('configuration.load.destinationTable')
  const schema = schemaOfBody(given)
  const quote = text(given, 'quote') ?? '"'
  if (quote.length > 1) throw invalid('quote must be one character or empty.')
  const properties = record(given, 'destinationTableProperties') ?? {}
  const parquetOptions = record(given, 'parquetOptions') ?? {}
  const hive = record(given, 'hivePartitioningOptions')
  return {
    sourceUris: texts(given, 'sourceUris') ?? [],
    sourceFormat: format as SourceFormat,
    destination: withoutDecorator(readTableReference(room, destination)),
    ...(schema ? { schema } : {}),
    hasSchema: schema !== undefined,
    isAutodetect: flag(given, 'autodetect') ?? false,
    writeDisposition: readDisposition(
      given,
      'writeDisposition',
      ['WRITE_EMPTY', 'WRITE_APPEND', 'WRITE_TRUNCATE'],
      'WRITE_APPEND',
    ),
    createDisposition: readDisposition(
      given,
      'createDisposition',
      ['CREATE_IF_NEEDED', 'CREATE_NEVER'],
      'CREATE_IF_NEEDED',
    ),
    schemaUpdateOptions: texts(given, 'schemaUpdateOptions') ?? [],
    ...(isRecord(given.timePartitioning) ? { timePartitioning: given.timePartitioning } : {}),
    ...(isEmpty(given.clustering) ? {} : { clustering: given.clustering }),
    tableProperties: {
      description: properties.description,
      friendlyName: properties.friendlyName,
      labels: properties.labels,
    },
    ...(hive ? { hive } : {}),
    skipLeadingRows: count(given, 'skipLeadingRows') ?? 0,
    isHeaderless: count(given, 'skipLeadingRows') === 0,
    fieldDelimiter: readDelimiter(text(given, 'fieldDelimiter')),
    quote,
    nullMarker: text(given, 'nullMarker') ?? '',
    allowJaggedRows: flag(given, 'allowJaggedRows') ?? false,
    ignoreUnknownValues: flag(given, 'ignoreUnknownValues') ?? false,
    isListInference: flag(parquetOptions, 'enableListInference') ?? false,
    // Node's client puts the job's location in here too; BigQuery does not show it.
    shown: present({
      ...Object.fromEntries(shownFields.map((name) => [name, given[name] ?? undefined])),
      // Clients write counts as text; Google answers an integer.
      skipLeadingRows: count(given, 'skipLeadingRows'),
      sourceFormat: format,
      schema: schema ? { fields: schema } : undefined,
    }),
  }
}

function readDelimiter(given: string | undefined): string {
  if (given === undefined || given === '') return ','
  if (given.toLowerCase() === 'tab' || given === '\\t') return '\t'
  if (given.length !== 1) throw invalid('fieldDelimiter must be one character.')
  return given
}
