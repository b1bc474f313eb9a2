/**
 * The parts of a table a client may set (REST body or OPTIONS): checks them against each other and against
 * the schema.
 */
import { legacyTypeName, parseSchema } from '../engine/data-types.ts'
import { ARRIVAL, type Partitioning, type RangePartitioning, type TableRecord } from '../engine/records.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import {
  count,
  flag,
  isRecord,
  parseLabels,
  record,
  refuseAsked,
  requiredText,
  text,
  texts,
  type Body,
} from '../engine/request-body.ts'
import type { FieldSchema } from '../sql/types.ts'
import { readConstraints } from './table-keys.ts'

export type TableFields = Pick<
  TableRecord,
  | 'description'
  | 'friendlyName'
  | 'labels'
  | 'partitioning'
  | 'range'
  | 'constraints'
  | 'isHistoryKept'
  | 'isFineGrained'
  | 'clustering'
  | 'requirePartitionFilter'
  | 'expirationMs'
>

const refused = [
  'snapshotDefinition',
  'cloneDefinition',
  'encryptionConfiguration',
  'externalCatalogTableOptions',
  'biglakeConfiguration',
  'caseInsensitive',
  'defaultCollation',
  'defaultRoundingMode',
  'managedTableType',
  'partitionDefinition',
  'resourceTags',
  'tableReplicationInfo',
  'model',
]

export function refuseUnsupportedParts(body: Body): void {
  refuseAsked(body, refused, 'Table', {
    defaultRoundingMode: ['ROUND_HALF_AWAY_FROM_ZERO'],
    managedTableType: ['NATIVE'],
  })
}

/** Fields the body names replace; the others stay (PATCH) or fall away (`before` without them). */
export function readTableFields(
  body: Body,
  before: TableFields,
  schema: readonly FieldSchema[],
  nowMs: number,
): TableFields {
  const expirationMs =
    'expirationTime' in body ? count(body, 'expirationTime') || undefined : before.expirationMs
  if ('expirationTime' in body && expirationMs !== undefined && expirationMs <= nowMs)
    throw invalid('Invalid value for expirationTime: it is in the past.')
  const partitioning =
    'timePartitioning' in body
      ? readPartitioning(record(body, 'timePartitioning'), schema)
      : before.partitioning
  const range =
    'rangePartitioning' in body ? readRange(record(body, 'rangePartitioning'), schema) : before.range
  if (range && partitioning) throw invalid('Only one of timePartitioning and rangePartitioning is allowed.')
  const nested = isRecord(body.timePartitioning)
    ? flag(body.timePartitioning, 'requirePartitionFilter')
    : undefined
  return {
    description: 'description' in body ? text(body, 'description') || undefined : before.description,
    friendlyName: 'friendlyName' in body ? text(body, 'friendlyName') || undefined : before.friendlyName,
    labels: 'labels' in body ? parseLabels(body.labels, before.labels) : before.labels,
    partitioning,
    range,
    constraints:
      'tableConstraints' in body
        ? readConstraints(record(body, 'tableConstraints'), schema)
        : before.constraints,
    isHistoryKept: 'isHistoryKept' in body ? flag(body, 'isHistoryKept') || undefined : before.isHistoryKept,
    isFineGrained: 'isFineGrained' in body ? flag(body, 'isFineGrained') || undefined : before.isFineGrained,
    clustering: 'clustering' in body ? readClustering(body.clustering, schema) : before.clustering,
    requirePartitionFilter:
      'requirePartitionFilter' in body
        ? flag(body, 'requirePartitionFilter') || undefined
        : (nested ?? before.requirePartitionFilter),
    expirationMs,
  }
}

const partitionUnits: Readonly<Record<string, readonly string[]>> = {
  DATE: ['DAY', 'MONTH', 'YEAR'],
  TIMESTAMP: ['DAY', 'HOUR', 'MONTH', 'YEAR'],
  DATETIME: ['DAY', 'HOUR', 'MONTH', 'YEAR'],
}

export function readPartitioning(
  given: Body | undefined,
  schema: readonly FieldSchema[],
): Partitioning | undefined {
  if (given === undefined || Object.keys(given).length === 0) return undefined
  const type = requiredText(given, 'type').toUpperCase()
  const name = text(given, 'field')
  if (name === undefined || name === '' || name === ARRIVAL) return byArrival(type, given, schema)
  const field = schema.find((column) => column.name.toLowerCase() === name.toLowerCase())
  if (!field) throw invalid(`The field specified for partitioning cannot be found in the schema: ${name}.`)
  const units = partitionUnits[legacyTypeName(field.type)]
  if (!units || field.mode === 'REPEATED')
    throw invalid(
      `The field specified for partitioning must be of type DATE, TIMESTAMP or DATETIME: ${name}.`,
    )
  if (!units.includes(type))
    throw invalid(`Invalid partitioning type ${type} for field ${name} of type ${field.type}.`)
  const expirationMs = count(given, 'expirationMs')
  return {
    type: type as Partitioning['type'],
    field: field.name,
    ...(expirationMs ? { expirationMs: String(expirationMs) } : {}),
  }
}

/** Rows lie in the partition of the moment at which they came. */
function byArrival(type: string, given: Body, schema: readonly FieldSchema[]): Partitioning {
  if (!partitionUnits.TIMESTAMP!.includes(type)) throw invalid(`Invalid partitioning type ${type}.`)
  if (schema.some((field) => /^_PARTITION(TIME|DATE)$/i.test(field.name)))
    throw invalid('_PARTITIONTIME and _PARTITIONDATE are reserved names.')
  const expirationMs = count(given, 'expirationMs')
  return {
    type: type as Partitioning['type'],
    field: ARRIVAL,
    ...(expirationMs ? { expirationMs: String(expirationMs) } : {}),
  }
}

/** https://cloud.google.com/bigquery/docs/partitioned-tables#integer_range */
export function readRange(
  given: Body | undefined,
  schema: readonly FieldSchema[],
): RangePartitioning | undefined {
  if (given === undefined || Object.keys(given).length === 0) return undefined
  const name = requiredText(given, 'field')
  const field = schema.find((column) => column.name.toLowerCase() === name.toLowerCase())
  if (!field) throw invalid(`The field specified for partitioning cannot be found in the schema: ${name}.`)
  if (legacyTypeName(field.type) !== 'INTEGER' || field.mode === 'REPEATED')
    throw invalid(`The field specified for range partitioning must be of type INTEGER: ${name}.`)
  const range = record(given, 'range') ?? {}
  const [start, end, interval] = ['start', 'end', 'interval'].map((part) => {
    const text = String(range[part] ?? '')
    if (!/^-?\d{1,19}$/.test(text)) throw invalid(`Invalid value at 'rangePartitioning.range.${part}'.`)
    return BigInt(text)
  }) as [bigint, bigint, bigint]
  if (interval <= 0n || end <= start)
    throw invalid('A range partitioning needs an interval above 0 and an end above its start.')
  if ((end - start + interval - 1n) / interval > 10_000n)
    throw invalid('A range partitioning has at most 10000 partitions.')
  return {
    field: field.name,
    range: { start: String(start), end: String(end), interval: String(interval) },
  }
}

const clusterable = [
  'INTEGER',
  'STRING',
  'BYTES',
  'BOOLEAN',
  'DATE',
  'DATETIME',
  'TIMESTAMP',
  'NUMERIC',
  'BIGNUMERIC',
]

export function readClustering(given: unknown, schema: readonly FieldSchema[]): string[] | undefined {
  if (given === null || given === undefined) return undefined
  const names = Array.isArray(given) ? (given as string[]) : texts(given as Body, 'fields')
  if (!names || names.length === 0) return undefined
  if (names.length > 4) throw invalid('Clustering is limited to 4 columns.')
  return names.map((name) => {
    const field = schema.find((column) => column.name.toLowerCase() === String(name).toLowerCase())
    if (!field)
      throw invalid(
        `The field specified for clustering cannot be found in the schema. Invalid field: ${name}.`,
      )
    if (!clusterable.includes(legacyTypeName(field.type)) || field.mode === 'REPEATED')
      throw invalid(`Field ${name} of type ${field.type} cannot be used for clustering.`)
    return field.name
  })
}

/** OPTIONS(...) of DDL, spelled as a REST body. */
export function bodyOfOptions(
  options: Readonly<Record<string, unknown>>,
  before: TableFields,
): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    switch (name.toLowerCase()) {
      case 'description':
        body.description = value
        break
      case 'friendly_name':
        body.friendlyName = value
        break
      case 'labels':
        body.labels = readLabelPairs(value)
        break
      case 'require_partition_filter':
        body.requirePartitionFilter = value
        break
      case 'expiration_timestamp':
        body.expirationTime = value === null ? null : Math.floor(Number(new Date(String(value))))
        break
      case 'enable_change_history':
        body.isHistoryKept = value
        break
      case 'enable_fine_grained_mutations':
        body.isFineGrained = value
        break
      case 'tags':
        if (!Array.isArray(value) || value.length > 0) throw unsupported('The table option tags')
        break
      case 'partition_expiration_days':
        if (!before.partitioning) throw invalid('partition_expiration_days needs a partitioned table.')
        body.timePartitioning = {
          ...before.partitioning,
          expirationMs: value === null ? undefined : String(Math.round(Number(value) * 86_400_000)),
        }
        break
      default:
        throw unsupported(`The table option ${name}`)
    }
  }
  return body
}

/** `[("k","v")]` in SQL arrives as pairs, structs or an object. */
export function readLabelPairs(value: unknown): Record<string, string> {
  if (value === null || value === undefined) return {}
  if (!Array.isArray(value)) return value as Record<string, string>
  return Object.fromEntries(
    value.map((pair: unknown) =>
      Array.isArray(pair)
        ? [String(pair[0]), String(pair[1])]
        : (Object.values(pair as object).map(String) as [string, string]),
    ),
  )
}

export function schemaOfBody(body: Body): FieldSchema[] | undefined {
  if (body.schema === undefined || body.schema === null) return undefined
  if (isRecord(body.schema)) refuseAsked(body.schema, ['foreignTypeInfo'], 'schema')
  if (isRecord(body.schema) && body.schema.fields === undefined) return undefined
  return parseSchema(body.schema)
}
