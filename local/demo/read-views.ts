/**
 * Reads the published views as the analyst, through BigQuery's official client; it refuses to read anything
 * an analyst could not.
 */
import {
  BigQuery,
  BigQueryDate,
  BigQueryDatetime,
  BigQueryInt,
  BigQueryTimestamp,
} from '@google-cloud/bigquery'
import { personaClient } from './persona-client.ts'
import { viewNames } from './view-names.ts'

export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>

export interface Reader {
  readonly origin: string
  readonly project: string
  readonly location: string
  readonly credentialsFile: string
}

export const queryAs = async (reader: Reader, query: string): Promise<Row[]> => {
  const client = new BigQuery({
    projectId: reader.project,
    apiEndpoint: reader.origin,
    authClient: await personaClient(reader.credentialsFile),
    location: reader.location,
  })
  const [rows] = (await client.query({ query, wrapIntegers: true })) as unknown as [Record<string, unknown>[]]
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)])),
  )
}

/** Rows in the order of their columns, so that two reports of the same data are the same text. */
export const readViews = async (reader: Reader, dataset: string): Promise<Record<string, Row[]>> => {
  const views: Record<string, Row[]> = {}
  for (const name of viewNames) {
    const rows = await queryAs(reader, `SELECT * FROM \`${reader.project}.${dataset}.${name}\``)
    views[name] = rows
      .map((row) => ({ row, key: JSON.stringify(Object.values(row).map(sortable)) }))
      .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
      .map(({ row }) => row)
  }
  return views
}

const sortable = (cell: Cell): Cell => (typeof cell === 'number' ? cell.toFixed(6).padStart(32, '0') : cell)

/** docs/contract.md §5: INT64 beyond 2^53 and NUMERIC stay text, dates and times are ISO text. */
const cellOf = (value: unknown): Cell => {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (value instanceof BigQueryInt)
    return Number.isSafeInteger(Number(value.value)) ? Number(value.value) : String(value.value)
  if (
    value instanceof BigQueryDate ||
    value instanceof BigQueryTimestamp ||
    value instanceof BigQueryDatetime
  )
    return value.value
  return String(value)
}
