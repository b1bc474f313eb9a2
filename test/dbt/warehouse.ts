/**
 * Puts sessionized events into the local lake as Parquet, day by day, and reads BigQuery rows back as plain
 * values.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createHash } from 'node:crypto'
import { DuckDBInstance } from '@duckdb/node-api'
import type { TestCloud } from '../support/cloud.ts'
import { cutSessions, dayOf, type Event } from './truth.ts'

const TOLD = ['currency', 'page', 'traffic_source', 'traffic_medium', 'campaign', 'device', 'country']
/** What a source tells or not: every file of the lake carries the columns all the same. */
const moreColumns = [
  'NULL::BIGINT AS quantity',
  '(cents::DECIMAL(38, 9) / 100)::DECIMAL(38, 9) AS value',
  'NULL::VARCHAR AS referrer',
  'NULL::VARCHAR AS properties',
  ...TOLD,
].join(', ')

export async function putLake(test: TestCloud, folder: string, events: readonly Event[]): Promise<void> {
  const rows = cutSessions(events).flatMap((session) =>
    session.events.map((event) => ({
      event_id: createHash('sha256')
        .update(
          [
            event.ms,
            event.visitor,
            event.type,
            event.item,
            event.order ?? '',
            JSON.stringify(event.more),
          ].join('|'),
        )
        .digest('hex'),
      event_ms: event.ms,
      visitor_id: String(event.visitor),
      event_type: event.type,
      item_id: String(event.item),
      transaction_id: event.order === undefined ? null : String(event.order),
      session_id: session.id,
      start_ms: session.events[0]!.ms,
      day: dayOf(event.ms),
      ...event.more,
    })),
  )
  const lake = test.cloud.environment.buckets.lake
  const listed = (await (
    await test.fetchAs('spark', `/storage/v1/b/${lake}/o?prefix=sessionized/`)
  ).json()) as { items?: { name: string }[] }
  for (const { name } of listed.items ?? [])
    await test.fetchAs('spark', `/storage/v1/b/${lake}/o/${encodeURIComponent(name)}`, { method: 'DELETE' })
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'rows.ndjson'), rows.map((row) => JSON.stringify(row)).join('\n'))
  const duckdb = await (await DuckDBInstance.create()).connect()
  const source = `read_json('${join(folder, 'rows.ndjson')}', format = 'newline_delimited', columns = {event_id: 'VARCHAR', event_ms: 'BIGINT', visitor_id: 'VARCHAR', event_type: 'VARCHAR', item_id: 'VARCHAR', transaction_id: 'VARCHAR', session_id: 'VARCHAR', start_ms: 'BIGINT', day: 'VARCHAR', cents: 'BIGINT', ${TOLD.map((name) => `${name}: 'VARCHAR'`).join(', ')}})`
  for (const day of new Set(rows.map((row) => row.day))) {
    const file = join(folder, `${day}.parquet`)
    await duckdb.run(
      `COPY (SELECT event_id, to_timestamp(event_ms / 1000.0) AS event_ts, visitor_id, event_type, item_id, transaction_id, session_id, to_timestamp(start_ms / 1000.0) AS session_start_ts, ${moreColumns} FROM ${source} WHERE day = '${day}') TO '${file}' (FORMAT parquet)`,
    )
    const name = encodeURIComponent(`sessionized/event_date=${day}/part-0.parquet`)
    const reply = await test.fetchAs(
      'spark',
      `/upload/storage/v1/b/${lake}/o?uploadType=media&name=${name}`,
      { method: 'POST', body: await readFile(file) },
    )
    if (!reply.ok) throw new Error(await reply.text())
  }
  duckdb.closeSync()
  // A day has the version of its rows, as sessionize gives a new one to a day it puts out anew.
  const days = Map.groupBy(rows, ({ day }) => day)
  const version = (list: unknown): string =>
    createHash('sha256').update(JSON.stringify(list)).digest('hex').slice(0, 32)
  const versions = [...days].map(([day, list]) => `${day},${version(list)}\n`)
  const counts = [...days].map(([day, list]) => `gs://raw/${day}.csv,${day},clean,,${list.length}\n`)
  for (const [file, text] of [
    ['days.csv', `event_date,version\n${versions.join('')}`],
    ['quarantine.csv', 'file,reasons\n'],
    ['files.csv', `file,event_date,outcome,reason,row_count\n${counts.join('')}`],
  ] as const)
    await test.fetchAs('spark', `/upload/storage/v1/b/${lake}/o?uploadType=media&name=_ledger/${file}`, {
      method: 'POST',
      body: text,
    })
}

interface Answer {
  readonly schema: { readonly fields: readonly { readonly name: string; readonly type: string }[] }
  readonly rows?: readonly { readonly f: readonly { readonly v: string | null }[] }[]
  readonly jobComplete: boolean
  readonly pageToken?: string
}

/**
 * All rows of a query as the data engineer; INT64, FLOAT64 and NUMERIC as numbers, TIMESTAMP as milliseconds, sorted
 * so that two results can be compared.
 */
export async function readRows(test: TestCloud, query: string): Promise<Record<string, unknown>[]> {
  const reply = await test.fetchAs(
    'data-eng',
    `/bigquery/v2/projects/${test.cloud.environment.project}/queries`,
    {
      method: 'POST',
      body: { query, useLegacySql: false, maxResults: 100_000, timeoutMs: 60_000 },
    },
  )
  const answer = (await reply.json()) as Answer
  if (!reply.ok || !answer.jobComplete || answer.pageToken !== undefined)
    throw new Error(`${query.slice(0, 80)}: ${JSON.stringify(answer).slice(0, 500)}`)
  const rows = (answer.rows ?? []).map((row) =>
    Object.fromEntries(
      answer.schema.fields.map((field, index) => [field.name, toValue(field.type, row.f[index]!.v)]),
    ),
  )
  return sorted(rows)
}

export function sorted(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const text = (row: Record<string, unknown>): string =>
    JSON.stringify(
      Object.keys(row)
        .sort()
        .map((name) => row[name]),
    )
  return [...rows].sort((a, b) => (text(a) < text(b) ? -1 : 1))
}

function toValue(type: string, value: string | null): unknown {
  if (value === null) return null
  if (type === 'INTEGER' || type === 'FLOAT' || type === 'NUMERIC') return Number(value)
  if (type === 'TIMESTAMP') return Math.round(Number(value) * 1000)
  return type === 'BOOLEAN' ? value === 'true' : value
}
