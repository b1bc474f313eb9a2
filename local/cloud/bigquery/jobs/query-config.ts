/**
 * Reads `configuration.query` (and the body of jobs.query): what is asked, checked; and the same as REST
 * answers it.
 */
import { checkDatasetId } from '../engine/names.ts'
import { withoutDecorator } from '../engine/partitions.ts'
import { invalid, unsupported } from '../engine/refusals.ts'
import {
  count,
  flag,
  isRecord,
  present,
  record,
  refuseAsked,
  requiredText,
  text,
  texts,
  type Body,
} from '../engine/request-body.ts'
import { checkProject, type Room } from '../room.ts'
import type { TableReference } from '../sql/types.ts'
import { readParameters, type Parameter } from './parameters.ts'

export type WriteDisposition = 'WRITE_EMPTY' | 'WRITE_APPEND' | 'WRITE_TRUNCATE'
export type CreateDisposition = 'CREATE_IF_NEEDED' | 'CREATE_NEVER'

export interface QueryConfig {
  readonly query: string
  readonly defaultDataset?: { readonly projectId: string; readonly datasetId: string }
  readonly destination?: { readonly reference: TableReference; readonly partitionId?: string }
  readonly writeDisposition: WriteDisposition
  readonly createDisposition: CreateDisposition
  readonly schemaUpdateOptions: readonly string[]
  readonly parameters: readonly Parameter[]
  readonly maximumBytesBilled?: number
  readonly createsSession: boolean
  readonly sessionId?: string
  readonly timePartitioning?: Body
  readonly clustering?: unknown
  readonly shown: Record<string, unknown>
}

export function readTableReference(room: Room, given: Body): TableReference {
  const projectId = text(given, 'projectId') ?? room.environment.project
  checkProject(room, projectId)
  return {
    projectId: room.environment.project,
    datasetId: checkDatasetId(requiredText(given, 'datasetId')),
    tableId: requiredText(given, 'tableId'),
  }
}

export function readDisposition<T extends string>(
  given: Body,
  name: string,
  accepted: readonly T[],
  fallback: T,
): T {
  const value = text(given, name)
  if (value === undefined || value === '') return fallback
  if (!accepted.includes(value as T))
    throw invalid(`Invalid value for ${name}: ${value} is not a valid value`)
  return value as T
}

const refused = [
  'tableDefinitions',
  'userDefinedFunctionResources',
  'rangePartitioning',
  'destinationEncryptionConfiguration',
  'scriptOptions',
  'systemVariables',
  'externalTableDefinitions',
  'continuous',
  'maximumBillingTier',
  'secureContext',
  'writeIncrementalResults',
]

export function readQueryConfig(room: Room, given: Body): QueryConfig {
  const query = requiredText(given, 'query')
  if (query.length > 1024 * 1024)
    throw invalid(
      'The query is too large. The maximum standard SQL query length is 1024.00K characters, including comments and white space characters.',
    )
  if (flag(given, 'useLegacySql') !== false && !/^\s*#standardSQL/i.test(query))
    throw invalid('Legacy SQL is not supported: set useLegacySql to false.')
  refuseAsked(given, refused, 'configuration.query')
  // Both say something of legacy SQL only.
  for (const name of ['flattenResults', 'preserveNulls']) flag(given, name)
  const dataset = record(given, 'defaultDataset')
  const destination = record(given, 'destinationTable')
  const defaultDataset = dataset && {
    projectId: text(dataset, 'projectId') ?? room.environment.project,
    datasetId: requiredText(dataset, 'datasetId'),
  }
  const maximumBytesBilled = count(given, 'maximumBytesBilled')
  const createsSession = flag(given, 'createSession') ?? false
  const sessionId = readSessionId(given)
  if (createsSession && sessionId !== undefined)
    throw invalid('A query cannot create a session and run in another.')
  return {
    query,
    createsSession,
    ...(sessionId === undefined ? {} : { sessionId }),
    ...(defaultDataset ? { defaultDataset } : {}),
    ...(destination ? { destination: withoutDecorator(readTableReference(room, destination)) } : {}),
    writeDisposition: readDisposition(
      given,
      'writeDisposition',
      ['WRITE_EMPTY', 'WRITE_APPEND', 'WRITE_TRUNCATE'],
      'WRITE_EMPTY',
    ),
    createDisposition: readDisposition(
      given,
      'createDisposition',
      ['CREATE_IF_NEEDED', 'CREATE_NEVER'],
      'CREATE_IF_NEEDED',
    ),
    schemaUpdateOptions: texts(given, 'schemaUpdateOptions') ?? [],
    parameters: readParameters(given.queryParameters, text(given, 'parameterMode')),
    ...(maximumBytesBilled ? { maximumBytesBilled } : {}),
    ...(record(given, 'timePartitioning') ? { timePartitioning: record(given, 'timePartitioning') } : {}),
    ...(given.clustering ? { clustering: given.clustering } : {}),
    shown: present({
      query,
      useLegacySql: false,
      priority: text(given, 'priority') ?? 'INTERACTIVE',
      defaultDataset,
      destinationTable: given.destinationTable ?? undefined,
      writeDisposition: text(given, 'writeDisposition'),
      createDisposition: text(given, 'createDisposition'),
      useQueryCache: flag(given, 'useQueryCache'),
      maximumBytesBilled:
        given.maximumBytesBilled === undefined ? undefined : String(given.maximumBytesBilled),
      queryParameters: given.queryParameters ?? undefined,
      parameterMode: text(given, 'parameterMode'),
      timePartitioning: given.timePartitioning ?? undefined,
      clustering: given.clustering ?? undefined,
      schemaUpdateOptions: given.schemaUpdateOptions ?? undefined,
      createSession: createsSession || undefined,
      connectionProperties: sessionId === undefined ? undefined : given.connectionProperties,
      allowLargeResults: flag(given, 'allowLargeResults'),
    }),
  }
}

/** Of the connection properties only the session means something here. */
function readSessionId(given: Body): string | undefined {
  const properties = given.connectionProperties ?? []
  if (!Array.isArray(properties) || !properties.every(isRecord))
    throw invalid("Invalid value at 'connectionProperties': a list of keys and values is expected.")
  const other = properties.find(({ key }) => key !== 'session_id')
  if (other) throw unsupported(`The connection property ${String(other.key)}`)
  return properties[0] && requiredText(properties[0], 'value')
}
