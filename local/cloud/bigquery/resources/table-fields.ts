/**
 * The parts of a table a client may set (REST body or OPTIONS): checks them against each other and against
 * the schema.
 */
import { legacyTypeName, parseSchema } from '../engine/data-types.ts'
import type { Partitioning, TableRecord } from '../engine/records.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import {
  count,
  flag,
  isRecord,
  parseLabels,
  record,
  requiredText,
  text,
  texts,
  type Body,
} from '../engine/request-body.ts'
import type { FieldSchema } from '../sql/types.ts'

export type TableFields = Pick<
  TableRecord,
  | 'description'
  | 'friendlyName'
  | 'labels'
  | 'partitioning'
  | 'clustering'
  | 'requirePartitionFilter'
  | 'expirationMs'
>

const refused = [
  'externalDataConfiguration',
  'materializedView',
  'snapshotDefinition',
  'cloneDefinition',
  'rangePartitioning',
  'encryptionConfiguration',
  'tableConstraints',
  'biglakeConfiguration',
  'defaultCollation',
  'maxStaleness',
  'resourceTags',
  'tableReplicationInfo',
  'model',
]

export function refuseUnsupportedParts(body: Body): void {
  for (const name of refused) {
    const value = body[name]
    if (value !== undefined && value !== null && value !== '' && JSON.stringify(value) !== '{}')
      throw unsupported(`Table.${name}`)
  }
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
  const nested = isRecord(body.timePartitioning)
    ? flag(body.timePartitioning, 'requirePartitionFilter')
    : undefined
  return {
    description: 'description' in body ? text(body, 'description') || undefined : before.description,
    friendlyName: 'friendlyName' in body ? text(body, 'friendlyName') || undefined : before.friendlyName,
    labels: 'labels' in body ? parseLabels(body.labels, before.labels) : before.labels,
    partitioning,
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
  if (name === undefined || name === '' || name === '_PARTITIONTIME')
    throw unsupported('Ingestion-time partitioning (timePartitioning without field)')
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
  if (isRecord(body.schema) && body.schema.fields === undefined) return undefined
  return parseSchema(body.schema)
}
