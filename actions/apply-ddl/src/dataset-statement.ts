/**
 * Reads one CREATE SCHEMA statement into the dataset it describes. It refuses options that it could not compare with
 * what is there. https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#create_schema_statement
 */
import { openCursor, type Cursor } from '../../_shared/sql-cursor.ts'
import { DAY_MS, readDescribing, readOptions } from './options.ts'

/** What the statement names; what it does not name is nobody's wish. Members as the API calls them. */
export interface DesiredDataset {
  readonly description?: string
  readonly friendlyName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly location?: string
  readonly defaultTableExpirationMs?: string
  readonly defaultPartitionExpirationMs?: string
}

/** @throws ReadingError with the place of what is refused. */
export function readDatasetStatement(
  sql: string,
  expected: { readonly projectId: string; readonly datasetId: string },
): DesiredDataset {
  const cursor = openCursor(sql)
  if (!cursor.accept('CREATE SCHEMA'))
    cursor.refuse(
      `expected CREATE SCHEMA, found ${cursor.next().toUpperCase().slice(0, 40)}: a file beside the folders of tables describes a dataset`,
    )
  cursor.accept('IF NOT EXISTS')
  const found = cursor.path()
  const datasetId = found.at(-1)
  const project = found.length > 1 ? found.slice(0, -1).join('.') : undefined
  if (datasetId !== expected.datasetId)
    cursor.refuse(`it names ${found.join('.').slice(0, 120)}, its path says ${expected.datasetId}`)
  if (project !== undefined && project !== expected.projectId)
    cursor.refuse(
      `it names the project ${project.slice(0, 60)}, this run is for ${expected.projectId}; write ${expected.datasetId}, or set project-id`,
    )
  if (cursor.accept('DEFAULT COLLATE')) cursor.refuse('DEFAULT COLLATE of a dataset is not supported')
  const desired = cursor.accept('OPTIONS') ? readDatasetOptions(cursor) : {}
  while (cursor.accept(';'));
  if (cursor.next() !== '')
    cursor.refuse(`after the statement there is ${cursor.next().slice(0, 40)}: one CREATE SCHEMA per file`)
  return desired
}

function readDatasetOptions(cursor: Cursor): DesiredDataset {
  const days = (): string => {
    const ms = Math.round(cursor.number() * DAY_MS)
    return ms >= 3_600_000 ? String(ms) : cursor.refuse('BigQuery expires after one hour at the earliest')
  }
  const parts = readOptions(cursor, (name): DesiredDataset => {
    const describing = readDescribing(cursor, name)
    if (describing !== undefined) return describing
    switch (name) {
      case 'location':
        return { location: cursor.text() }
      case 'default_table_expiration_days':
        if (cursor.accept('NULL')) return {}
        return { defaultTableExpirationMs: days() }
      case 'default_partition_expiration_days':
        if (cursor.accept('NULL')) return {}
        return { defaultPartitionExpirationMs: days() }
      default:
        return cursor.refuse(
          `the dataset option ${name} is not supported; description, friendly_name, labels, location and the two default expirations are`,
        )
    }
  })
  return Object.assign({}, ...parts.values()) as DesiredDataset
}
