/**
 * Selects and pages batches for the list method; a filter it cannot judge exactly is refused, never half
 * applied.
 */
import { CloudError } from '../kernel.ts'
import { timestamp, type BatchRecord } from './batch-record.ts'
import { invalid } from '../message-fields.ts'

export interface BatchPage {
  readonly records: readonly BatchRecord[]
  readonly nextPageToken?: string
}

const DEFAULT_PAGE_SIZE = 20
const LARGEST_PAGE_SIZE = 1000

export function listBatches(
  all: readonly BatchRecord[],
  query: Readonly<Record<string, string | undefined>>,
): BatchPage {
  const { pageSize = '0', pageToken, filter = '', orderBy = '' } = query
  if (!/^\d{1,9}$/.test(pageSize))
    throw invalid('page_size', `Invalid page size ${JSON.stringify(pageSize.slice(0, 20))}.`)
  if (!['', 'create_time', 'create_time asc', 'create_time desc'].includes(orderBy.trim()))
    throw invalid(
      'order_by',
      `Unsupported order_by ${JSON.stringify(orderBy.slice(0, 100))}: only create_time is supported.`,
    )
  const isAscending = /^create_time( asc)?$/.test(orderBy.trim())
  const key = (record: BatchRecord) => `${String(record.createdMs).padStart(15, '0')} ${record.uuid}`
  const matches = parseFilter(filter)
  const sorted = all.filter(matches).sort((a, b) => (key(a) < key(b) ? -1 : 1) * (isAscending ? 1 : -1))
  // The token names the last record seen, so that batches created meanwhile shift nothing.
  const last = pageToken === undefined || pageToken === '' ? undefined : readToken(pageToken)
  const rest =
    last === undefined
      ? sorted
      : sorted.filter((record) => (isAscending ? key(record) > last : key(record) < last))
  const size = Math.min(Number(pageSize) || DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE)
  const records = rest.slice(0, size)
  return {
    records,
    ...(rest.length > size ? { nextPageToken: Buffer.from(key(records.at(-1)!)).toString('base64url') } : {}),
  }
}

function readToken(token: string): string {
  const key = Buffer.from(token, 'base64url').toString('utf8')
  if (!/^\d{15} [0-9a-f-]{36}$/.test(key)) throw invalid('page_token', 'Invalid page token.')
  return key
}

type Test = (record: BatchRecord) => boolean
const TERM = /^([a-z_]+(?:\.[a-z0-9_-]+)?)\s*(=|!=|<=|>=|<|>|:)\s*("[^"]*"|[^\s"()]+)$/

/**
 * `a = x AND (…)` with parentheses is not judged here; OR binds more tightly than AND
 * (https://google.aip.dev/160).
 */
function parseFilter(filter: string): Test {
  if (filter.trim() === '') return () => true
  const groups = filter
    .trim()
    .split(/\s+AND\s+/)
    .map((group) => group.split(/\s+OR\s+/).map(parseTerm))
  return (record) => groups.every((group) => group.some((test) => test(record)))
}

function parseTerm(term: string): Test {
  const [, field, operator, quoted] = TERM.exec(term.trim()) ?? []
  if (field === undefined)
    throw new CloudError(
      501,
      'notImplemented',
      `The filter term ${JSON.stringify(term.slice(0, 100))} is not implemented by the local cloud.`,
    )
  const value = quoted!.replace(/^"|"$/g, '')
  const label = /^labels\.(.+)$/.exec(field)?.[1]
  const read: ((record: BatchRecord) => string | undefined) | undefined =
    label !== undefined
      ? (record) => record.request.labels?.[label]
      : {
          batch_id: (record: BatchRecord) => record.batchId,
          batch_uuid: (record: BatchRecord) => record.uuid,
          state: (record: BatchRecord) => record.states.at(-1)!.state,
          create_time: (record: BatchRecord) => timestamp(record.createdMs),
        }[field]
  if (!read) throw invalid('filter', `Invalid filter: unknown field ${JSON.stringify(field)}.`)
  if (field === 'create_time') return compareTimes(operator!, value)
  if (operator === '=') return (record) => read(record) === value
  if (operator === ':' && label !== undefined && value === '*') return (record) => read(record) !== undefined
  throw invalid('filter', `Invalid filter: operator ${operator} is not supported on ${field}.`)
}

function compareTimes(operator: string, value: string): Test {
  const ms = Date.parse(value)
  if (Number.isNaN(ms))
    throw invalid('filter', `Invalid filter: ${JSON.stringify(value.slice(0, 50))} is no timestamp.`)
  const compare = (
    {
      '=': (a: number) => a === ms,
      '<': (a: number) => a < ms,
      '<=': (a: number) => a <= ms,
      '>': (a: number) => a > ms,
      '>=': (a: number) => a >= ms,
    } as Record<string, (a: number) => boolean>
  )[operator]
  if (!compare)
    throw invalid('filter', `Invalid filter: operator ${operator} is not supported on create_time.`)
  return (record) => compare(record.createdMs)
}
