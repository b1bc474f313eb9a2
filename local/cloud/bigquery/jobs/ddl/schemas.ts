/** CREATE SCHEMA and DROP SCHEMA: datasets, by the rules of datasets.insert and datasets.delete. */
import { checkDatasetId } from '../../engine/names.ts'
import { datasetNotFound, invalidQuery, unsupported } from '../../engine/refusals.ts'
import { emptyHeader } from './create.ts'
import { alterDataset, createDataset, removeDataset } from '../../resources/datasets.ts'
import { readLabelPairs } from '../../resources/table-fields.ts'
import type { Statement } from '../../sql/types.ts'
import { splitPath } from '../catalog.ts'
import type { CatalogScope, StatementResult, StatementScope } from '../scope.ts'

export function schemaTarget(scope: CatalogScope, statement: Statement): string {
  const parts = splitPath(statement.target ?? [])
  if (parts.length > 2 || (parts.length === 2 && parts[0] !== scope.room.environment.project))
    throw invalidQuery(`Invalid schema name: ${parts.join('.')}`)
  return checkDatasetId(parts.at(-1))
}

const doneTo =
  (scope: StatementScope, datasetId: string) =>
  (operation: string): StatementResult => ({
    query: {
      ddlOperationPerformed: operation,
      ddlTargetDataset: { projectId: scope.room.environment.project, datasetId },
    },
    result: { totalRows: '0', schema: [] },
  })

export async function runCreateSchema(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal } = scope
  const datasetId = schemaTarget(scope, statement)
  const done = doneTo(scope, datasetId)
  const header = statement.header ?? emptyHeader
  if (header.orReplace) throw unsupported('CREATE OR REPLACE SCHEMA')
  if (header.ifNotExists && room.warehouse.dataset(datasetId)) return done('SKIP')
  const body = { location: scope.location, ...bodyOfSchema(header.options) }
  await createDataset(room, principal, datasetId, body)
  return done('CREATE')
}

function bodyOfSchema(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const body: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(options)) {
    if (name === 'location' || name === 'description') body[name] = value
    else if (name === 'friendly_name') body.friendlyName = value
    else if (name === 'labels') body.labels = readLabelPairs(value)
    else if (name === 'default_table_expiration_days') body.defaultTableExpirationMs = milliseconds(value)
    else if (name === 'default_partition_expiration_days')
      body.defaultPartitionExpirationMs = milliseconds(value)
    else throw unsupported(`The schema option ${name}`)
  }
  return body
}

const milliseconds = (days: unknown): string | null =>
  days === null ? null : String(Math.round(Number(days) * 86_400_000))

export async function runAlterSchema(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal } = scope
  const datasetId = schemaTarget(scope, statement)
  const done = doneTo(scope, datasetId)
  if (!room.warehouse.dataset(datasetId)) {
    if (statement.ifExists) return done('SKIP')
    throw datasetNotFound(room.environment.project, datasetId, scope.location)
  }
  const options = statement.alter?.kind === 'SET_OPTIONS' ? statement.alter.options : {}
  if ('location' in options) throw invalidQuery('The location of a dataset cannot be changed.')
  await alterDataset(room, principal, datasetId, bodyOfSchema(options))
  return done('ALTER')
}

export async function runDropSchema(scope: StatementScope, statement: Statement): Promise<StatementResult> {
  const { room, principal } = scope
  const datasetId = schemaTarget(scope, statement)
  const done = doneTo(scope, datasetId)
  if (!room.warehouse.dataset(datasetId)) {
    if (statement.ifExists) return done('SKIP')
    throw datasetNotFound(room.environment.project, datasetId, scope.location)
  }
  await removeDataset(room, principal, datasetId, statement.isCascade === true)
  return done('DROP')
}
