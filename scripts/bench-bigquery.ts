/**
 * The local BigQuery beside DuckDB alone and, where there is one, goccy/bigquery-emulator: long statements, a small query
 * over HTTP, a load of three million rows, queries over them and `dbt build` of the marts. It asserts nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { openBigQuery, type BigQueryCloud } from '../test/local/bigquery/bigquery-cloud.ts'
import { marts, ROWS } from './bench-marts.ts'
import { openPeer, PEER, type Peer } from './bench-peer.ts'
import type { Measured } from './measured.ts'

const FLOOR = 'DuckDB alone'

const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
const medianOf = (times: number[]): number => times.sort((a, b) => a - b)[times.length >> 1] ?? 0
const times = async (count: number, work: () => Promise<unknown>): Promise<number> => {
  const all: number[] = []
  for (let i = 0; i < count; i += 1) all.push(await secondsOf(work))
  return medianOf(all)
}

/** `parts` until they are `bytes` long together. */
function filled(bytes: number, separator: string, part: (index: number) => string): string {
  const parts: string[] = []
  for (let length = 0; length < bytes; length += parts.at(-1)!.length + separator.length)
    parts.push(part(parts.length))
  return parts.join(separator)
}

interface Case {
  readonly what: string
  readonly google: string
  readonly duckdb?: string
}

/** The same text for both, where both read it. */
const cases: readonly Case[] = [
  ...[35, 140, 560].flatMap((kilobytes) => {
    const same = (what: string, sql: string): Case => ({
      what: `${kilobytes} kB IN list of ${what}`,
      google: sql,
      duckdb: sql,
    })
    const numbers = filled(kilobytes * 1000, ', ', (i) => String(i * 7919))
    const texts = filled(kilobytes * 1000, ', ', (i) => `'visitor-${i}'`)
    return [
      same('numbers', `SELECT COUNT(*) FROM (SELECT 1 AS id) AS t WHERE id IN (${numbers})`),
      same('texts', `SELECT COUNT(*) FROM (SELECT 'visitor-7' AS id) AS t WHERE id IN (${texts})`),
    ]
  }),
  ...(() => {
    const of = (separator: string, part: (index: number) => string): string => filled(1e6, separator, part)
    const same = (what: string, google: string): Case => ({
      what: `1 MB of ${what}`,
      google,
      duckdb: `SELECT COUNT(*) FROM (VALUES ${filled(6e5, ', ', (i) => `(${i}, 'name ${i}')`)}) AS t(id, name)`,
    })
    return [
      same(
        'SELECTs in one UNION ALL',
        `SELECT COUNT(*) FROM (${of(' UNION ALL ', (i) => `SELECT ${i} AS id, 'name ${i}' AS name`)})`,
      ),
      same(
        'structs in one array',
        `SELECT COUNT(*) FROM UNNEST([${of(', ', (i) => `STRUCT(${i} AS id, 'name ${i}' AS name)`)}])`,
      ),
    ]
  })(),
]

async function statements(cloud: BigQueryCloud, floor: DuckDBConnection): Promise<Measured[]> {
  const found: Measured[] = []
  for (const { what, google, duckdb } of cases) {
    const seconds = await secondsOf(() => ask(cloud, google))
    const reference = await secondsOf(() => floor.runAndReadAll(duckdb ?? google))
    found.push({ what, seconds, against: FLOOR, reference })
  }
  return found
}

async function ask(cloud: BigQueryCloud, sql: string): Promise<unknown[][]> {
  const answer = await cloud.query('data-eng', sql, { useQueryCache: false })
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body).slice(0, 500))
  return answer.rows
}

/** What the peer takes for the same, where it answers at all. */
async function besides(
  peer: Peer | undefined,
  found: readonly Measured[],
  sqlOf: Readonly<Record<string, string>>,
  say: (line: string) => void,
): Promise<Measured[]> {
  const all: Measured[] = []
  for (const measured of found) {
    all.push(measured)
    const sql = sqlOf[measured.what]
    if (!peer || sql === undefined || measured.against !== FLOOR) continue
    try {
      await peer.ask(sql)
      const reference = await times(3, () => peer.ask(sql))
      all.push({ ...measured, against: PEER, reference })
    } catch (error) {
      say(`${measured.what}: ${String(error)}`)
    }
  }
  return all
}

/** A day of events over 90 days: what a small site has in three months. */
const generated = `SELECT range AS id, DATE '2024-01-01' + CAST(range % 90 AS INTEGER) AS day, 'v' || (range % 200000) AS visitor, CASE range % 20 WHEN 0 THEN 'buy' WHEN 1 THEN 'cart' ELSE 'view' END AS event, round(random() * 100, 2) AS price FROM range(${ROWS})`

const rollup =
  "SELECT day, COUNT(DISTINCT visitor) AS visitors, SUM(CASE WHEN event = 'buy' THEN price END) AS revenue FROM TABLE GROUP BY day"

async function loads(cloud: BigQueryCloud, floor: DuckDBConnection, folder: string): Promise<Measured[]> {
  const file = path.join(folder, 'events.parquet')
  const quoted = `'${file.replaceAll("'", "''")}'`
  await floor.run(`COPY (${generated}) TO ${quoted} (FORMAT parquet)`)
  const { readFile } = await import('node:fs/promises')
  const content = await readFile(file)
  const load = {
    destinationTable: { projectId: cloud.project, datasetId: 'caec_analytics', tableId: 'events' },
    sourceFormat: 'PARQUET',
    timePartitioning: { type: 'DAY', field: 'day' },
  }
  const loaded = await secondsOf(async () => {
    const job = (await cloud.upload('data-eng', load, content)) as { status: { errorResult?: object } }
    if (job.status.errorResult) throw new Error(JSON.stringify(job.status.errorResult))
  })
  const copied = await secondsOf(() => floor.run(`CREATE TABLE events AS SELECT * FROM ${quoted}`))
  const query = await times(5, () => ask(cloud, rollup.replace('TABLE', 'caec_analytics.events')))
  const plain = await times(5, () => floor.runAndReadAll(rollup.replace('TABLE', 'events')))
  return [
    {
      what: `load of ${ROWS.toLocaleString('en')} rows of Parquet`,
      seconds: loaded,
      against: FLOOR,
      reference: copied,
    },
    { what: 'a day by day count of them', seconds: query, against: FLOOR, reference: plain },
  ]
}

const SMALL = 'a small query over HTTP, median'

export async function bigquery(say: (line: string) => void): Promise<Measured[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-bigquery-'))
  const cloud = await openBigQuery()
  const instance = await DuckDBInstance.create(path.join(folder, 'floor.duckdb'))
  const floor = await instance.connect()
  const peer = await openPeer(say)
  try {
    const small = 'SELECT 1 AS one, CURRENT_DATE() AS today'
    await times(20, () => ask(cloud, small))
    const query = await times(200, () => ask(cloud, small))
    const plain = await times(200, () => floor.runAndReadAll('SELECT 1 AS one, current_date AS today'))
    const texts = Object.fromEntries(cases.map(({ what, google }) => [what, google]))
    const found = [
      { what: SMALL, seconds: query, against: 'aim', reference: 0.01 },
      { what: SMALL, seconds: query, against: FLOOR, reference: plain },
      ...(await statements(cloud, floor)),
    ]
    return [
      ...(await besides(peer, found, { ...texts, [SMALL]: small }, say)),
      ...(await loads(cloud, floor, folder)),
      ...(await marts()),
    ]
  } finally {
    await peer?.close()
    floor.closeSync()
    await cloud.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
