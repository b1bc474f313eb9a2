/**
 * Reads rows back: jobs.getQueryResults, the answer of jobs.query, tabledata.list; pages by position, never
 * more than about 10 MB at once.
 */
import { CloudError, type CloudRequest, type Principal, type Reply } from '../../kernel.ts'
import { legacyTypeName } from '../engine/data-types.ts'
import { writeRow, type TimestampFormat } from '../engine/cells.ts'
import { measureTable } from '../engine/logical-size.ts'
import { quoteName, tableKey } from '../engine/names.ts'
import { physicalOf, type JobRecord, type TableRecord } from '../engine/records.ts'
import { invalid, tableNotFound, unsupported } from '../engine/refusals.ts'
import { isSet, makeEtag, present, readPageToken, writePageToken } from '../engine/request-body.ts'
import { findTable, referenceOfRequest } from '../resources/tables.ts'
import type { Room } from '../room.ts'
import type { FieldSchema } from '../sql/types.ts'
import { findDataset } from '../resources/datasets.ts'
import { jobReference } from './job-resource.ts'

export interface PageRequest {
  readonly maxResults?: number
  readonly startIndex: number
  readonly format: TimestampFormat
}

const defaultPageRows = 100_000
const pageBytes = 10 * 1024 * 1024

export function readPageRequest(query: URLSearchParams): PageRequest {
  const number = (name: string): number | undefined => {
    const value = query.get(name)
    if (value === null || value === '') return undefined
    if (!/^\d{1,15}$/.test(value)) throw invalid(`Invalid value for ${name}: ${value}`)
    return Number(value)
  }
  const token = query.get('pageToken')
  const maxResults = number('maxResults')
  return {
    ...(maxResults === undefined ? {} : { maxResults }),
    startIndex: token ? readPageToken(token) : (number('startIndex') ?? 0),
    format: readFormat(
      isSet(query.get('formatOptions.useInt64Timestamp')),
      query.get('formatOptions.timestampOutputFormat'),
    ),
  }
}

export function readFormat(isInt64: boolean, name: unknown): TimestampFormat {
  if (name === undefined || name === null || name === '' || name === 'TIMESTAMP_OUTPUT_FORMAT_UNSPECIFIED')
    return isInt64 ? 'INT64' : 'FLOAT64'
  if (isInt64)
    throw invalid(
      'formatOptions.useInt64Timestamp and formatOptions.timestampOutputFormat cannot both be set.',
    )
  if (name === 'FLOAT64' || name === 'INT64' || name === 'ISO8601_STRING') return name
  throw invalid(`Invalid value for formatOptions.timestampOutputFormat: ${String(name)}`)
}

const cellBytes = (value: unknown): number =>
  typeof value === 'string' ? value.length + 8 : value === null ? 12 : JSON.stringify(value).length + 8

interface RowsPage {
  readonly rows: { f: unknown[] }[]
  readonly nextPageToken?: string
}

async function readRows(
  room: Room,
  table: TableRecord,
  fields: readonly FieldSchema[],
  total: number,
  page: PageRequest,
): Promise<RowsPage> {
  const wanted = Math.min(page.maxResults ?? defaultPageRows, total - page.startIndex)
  if (wanted <= 0)
    return {
      rows: [],
      ...(page.maxResults === 0 && page.startIndex < total
        ? { nextPageToken: writePageToken(page.startIndex) }
        : {}),
    }
  // Even an offset of nothing takes DuckDB longer than all the rest of a small answer.
  const offset = page.startIndex === 0 ? '' : ` OFFSET ${page.startIndex}`
  const columns = fields.map((field) => quoteName(field.name)).join(', ')
  const rows: { f: unknown[] }[] = []
  let size = 0
  await room.warehouse.database.withSession(async (session) => {
    for await (const chunk of session.stream(
      `SELECT ${columns} FROM ${physicalOf(table)} LIMIT ${wanted}${offset}`,
    )) {
      for (const row of chunk) {
        const cells = writeRow(row, fields, page.format)
        size += cells.f.reduce((sum, cell) => sum + cellBytes(cell.v), 0)
        if (size > pageBytes && rows.length > 0) return
        rows.push(cells)
      }
    }
  })
  const next = page.startIndex + rows.length
  return { rows, ...(next < total ? { nextPageToken: writePageToken(next) } : {}) }
}

/** The body that jobs.query and getQueryResults share; jobs.query says more. */
export async function resultBody(
  room: Room,
  principal: Principal,
  job: JobRecord,
  page: PageRequest,
): Promise<Record<string, unknown>> {
  const query = (job.statistics.query ?? {}) as Record<string, unknown>
  const common = {
    jobReference: jobReference(job),
    jobComplete: job.state === 'DONE',
    totalBytesProcessed: job.statistics.totalBytesProcessed,
    cacheHit: query.cacheHit,
    numDmlAffectedRows: query.numDmlAffectedRows,
  }
  if (job.state !== 'DONE') return present({ jobReference: common.jobReference, jobComplete: false })
  const result = job.result
  if (!result?.table)
    return present({
      ...common,
      schema: result?.schema && result.schema.length > 0 ? { fields: result.schema } : undefined,
      totalRows: result?.totalRows ?? '0',
    })
  const table = room.warehouse.table(result.table, room.now())
  if (!table) throw tableNotFound(result.table)
  room.authority.requireOnTable(principal, 'bigquery.tables.getData', result.table)
  const isAnonymous = table.ownerMember !== undefined
  const total = isAnonymous
    ? Number(result.totalRows)
    : Number((await measureTable(room.warehouse, table)).rows)
  const fields = isAnonymous ? (result.schema ?? table.schema) : table.schema
  const { rows, nextPageToken } = await room.warehouse.whileReading(() =>
    readRows(room, table, fields, total, page),
  )
  return present({
    ...common,
    schema: { fields: result.schema ?? table.schema },
    totalRows: String(total),
    pageToken: nextPageToken,
    rows: rows.length > 0 ? rows : undefined,
  })
}

/** A failed job's results are its error, under the status that belongs to the reason. */
export function throwJobError(job: JobRecord): void {
  if (job.error)
    throw new CloudError(
      job.error.httpStatus,
      job.error.reason,
      job.error.message,
      job.error.location ? { location: job.error.location } : {},
    )
}

export async function listTableData(room: Room, request: CloudRequest): Promise<Reply> {
  const reference = referenceOfRequest(room, request)
  if (!room.warehouse.tables.has(tableKey(reference)))
    findDataset(room, reference.projectId, reference.datasetId)
  room.authority.requireOnTable(request.principal, 'bigquery.tables.getData', reference)
  const table = findTable(room, reference)
  if (table.external) throw unsupported('Listing the rows of an external table')
  if (table.kind === 'VIEW') throw invalid('Cannot list a table of type VIEW.')
  const page = readPageRequest(request.url.searchParams)
  const selected = request.url.searchParams.get('selectedFields')
  const fields = selected ? selectFields(table, selected) : table.schema
  const total = Number((await measureTable(room.warehouse, table)).rows)
  const { rows, nextPageToken } = await room.warehouse.whileReading(() =>
    readRows(room, table, fields, total, page),
  )
  return {
    json: present({
      kind: 'bigquery#tableDataList',
      etag: makeEtag(table.uid, table.version),
      totalRows: String(total),
      pageToken: nextPageToken,
      rows: rows.length > 0 ? rows : undefined,
    }),
  }
}

function selectFields(table: TableRecord, selected: string): FieldSchema[] {
  const names = selected.split(',').map((name) => name.trim().toLowerCase())
  if (names.some((name) => name.includes('.')))
    throw invalid('selectedFields of nested fields is not supported.')
  for (const name of names)
    if (!table.schema.some((field) => field.name.toLowerCase() === name))
      throw invalid(`No such field: ${name}`)
  return table.schema
    .filter((field) => names.includes(field.name.toLowerCase()))
    .map((field) => ({ ...field, type: legacyTypeName(field.type) }))
}
