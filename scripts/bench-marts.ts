/** Three million events of 90 days through the platform's own load and `dbt build`, on the local BigQuery. It asserts nothing. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { startDbt } from '../test/dbt/dbt-session.ts'
import { startTestCloud, type TestCloud } from '../test/support/cloud.ts'
import type { Measured } from './measured.ts'

export const ROWS = 3_000_000
const DAYS = 90
const AIM_SECONDS = 30
const dayOf = (index: number): string =>
  new Date(Date.UTC(2015, 4, 1) + index * 86_400_000).toISOString().slice(0, 10)

/** Sessions of five events, a minute apart; three sessions of each of 200,000 visitors; each twentieth ends in an order. */
const events = `
  SELECT sha256(range::VARCHAR) AS event_id, start + to_minutes(place) AS event_ts, visitor_id, event_type,
    ((session * 31 + place * 7) % 5000)::VARCHAR AS item_id,
    CASE event_type WHEN 'transaction' THEN session::VARCHAR END AS transaction_id,
    visitor_id || '-' || epoch_ms(start) AS session_id, start AS session_start_ts,
    NULL::BIGINT AS quantity, CASE event_type WHEN 'transaction' THEN 19.9::DECIMAL(38, 9) END AS value,
    CASE event_type WHEN 'transaction' THEN 'EUR' END AS currency,
    NULL::VARCHAR AS page, NULL::VARCHAR AS referrer, NULL::VARCHAR AS traffic_source, NULL::VARCHAR AS traffic_medium,
    NULL::VARCHAR AS campaign, NULL::VARCHAR AS device, NULL::VARCHAR AS country, NULL::VARCHAR AS properties,
    start::DATE::VARCHAR AS event_date
  FROM (
    SELECT range, session, place, (session % 200000)::VARCHAR AS visitor_id,
      TIMESTAMPTZ '2015-05-01 00:00:00+00' + to_days((session % ${DAYS})::INTEGER) + to_seconds(session * 7 % 80000) AS start,
      CASE WHEN session % 20 > 0 OR place < 3 THEN 'view' WHEN place = 3 THEN 'addtocart' ELSE 'transaction' END AS event_type
    FROM (SELECT range, range // 5 AS session, (range % 5)::INTEGER AS place FROM range(${ROWS}))
  )`

async function putLake(cloud: TestCloud, folder: string): Promise<string> {
  const duckdb = await (await DuckDBInstance.create()).connect()
  const lake = cloud.cloud.environment.buckets.lake
  const put = async (name: string, body: string | Uint8Array): Promise<void> => {
    const query = `uploadType=media&name=${encodeURIComponent(name)}`
    const reply = await cloud.fetchAs('spark', `/upload/storage/v1/b/${lake}/o?${query}`, {
      method: 'POST',
      body,
    })
    if (!reply.ok) throw new Error(`${name}: ${await reply.text()}`)
  }
  await duckdb.run("SET TimeZone = 'UTC'")
  const parts = path.join(folder, 'sessionized')
  await duckdb.run(
    `COPY (${events}) TO '${parts.replaceAll("'", "''")}' (FORMAT parquet, PARTITION_BY (event_date), FILENAME_PATTERN 'part-{i}')`,
  )
  const versions = ['event_date,version\n']
  for (let index = 0; index < DAYS; index += 1) {
    const day = dayOf(index)
    const files = await duckdb.runAndReadAll(
      `SELECT file FROM glob('${parts.replaceAll("'", "''")}/event_date=${day}/*.parquet')`,
    )
    for (const [row] of files.getRows().entries()) {
      const file = String(files.getRows()[row]![0])
      await put(`sessionized/event_date=${day}/${path.basename(file)}`, readFileSync(file))
    }
    versions.push(`${day},${createHash('md5').update(day).digest('hex')}\n`)
  }
  const counted = await duckdb.runAndReadAll(
    `SELECT event_date, count(*) FROM (${events}) GROUP BY 1 ORDER BY 1`,
  )
  const counts = counted
    .getRows()
    .map(([day, count]) => `gs://raw/${String(day)}.csv,${String(day)},clean,,${String(count)}\n`)
  duckdb.closeSync()
  await put('_ledger/days.csv', versions.join(''))
  await put('_ledger/quarantine.csv', 'file,reasons\n')
  await put('_ledger/files.csv', `file,event_date,outcome,reason,row_count\n${counts.join('')}`)
  return `gs://${lake}`
}

export async function marts(): Promise<Measured[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'bench-marts-'))
  const cloud = await startTestCloud({ services: ['storage', 'bigquery'] })
  const dbt = await startDbt(cloud, folder)
  const run = async (...command: string[]): Promise<number> => {
    const started = performance.now()
    const { success, exception, results } = await dbt.run(...command)
    const bad = results.filter(({ status }) => !['success', 'pass'].includes(status))
    if (!success) throw new Error(`dbt ${command[0]!}: ${exception} ${JSON.stringify(bad).slice(0, 2000)}`)
    return (performance.now() - started) / 1000
  }
  try {
    const lake = await putLake(cloud, folder)
    // Parsed, as it is on the second day of a project.
    await run('parse')
    const load = await run(
      'run-operation',
      'load_sessionized_events',
      '--args',
      `{lake: ${lake}, full: true}`,
    )
    const build = await run('build', '--exclude-resource-type', 'unit_test')
    const rows = ROWS.toLocaleString('en')
    return [
      {
        what: `load and dbt build of ${rows} events`,
        seconds: load + build,
        against: 'aim',
        reference: AIM_SECONDS,
      },
      { what: 'of which dbt build', seconds: build, against: 'aim', reference: AIM_SECONDS },
    ]
  } finally {
    await dbt.close()
    await cloud.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
