/**
 * The bytes BigQuery would count, on the local one, which counts them by the documented sizes of types: of a new day
 * through load, models, tests and gate, and of each view. Events of a generated shop; it asserts nothing.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { generateEvents } from '../local/demo/generator.ts'
import { ensureSpark } from '../local/toolchain/index.ts'
import { startDbt } from '../test/dbt/dbt-session.ts'
import { openBigQuery, type BigQueryCloud } from '../test/local/bigquery/bigquery-cloud.ts'
import { openSpark } from './bench-spark-jobs.ts'

/** What every statement reads of the new day, and of all days that are there. */
export interface NewDay {
  readonly events: number
  readonly eventsBefore: number
  readonly bytes: number
}
export interface Table {
  readonly rows: number
  readonly bytes: number
  /** Whether it has a row per event, session or visitor, and not per group of them. */
  readonly growsWithEvents: boolean
}
export interface Warehouse {
  readonly events: number
  readonly days: number
  readonly newDays: readonly NewDay[]
  readonly tables: Readonly<Record<string, Table>>
  /** View → table → bytes of the columns it reads, of all days. */
  readonly views: Readonly<Record<string, Readonly<Record<string, number>>>>
}

const EVENTS = 100_000
const ANALYTICS = 'caec_analytics'
const INSIGHTS = 'caec_insights'

/** `histories`: days that are there before the new one, each time. */
export async function warehouse(
  root: string,
  say: (line: string) => void,
  histories: readonly number[],
  rows = EVENTS,
): Promise<Warehouse> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-warehouse-'))
  const lake = path.join(scratch, 'lake')
  const cloud = await openBigQuery()
  const dbt = await startDbt(cloud, scratch)
  try {
    mkdirSync(path.join(scratch, 'raw'))
    await generateEvents({
      rows,
      shape: 'ga4',
      seed: 7,
      path: path.join(scratch, 'raw/events.ndjson'),
    })
    const jobs = openSpark(root, await ensureSpark(say), scratch)
    await jobs.run('clean', 2, '--raw', path.join(scratch, 'raw'), '--lake', lake)
    await jobs.run('sessionize', 2, '--lake', lake)
    const days = readdirSync(path.join(lake, 'sessionized'))
      .flatMap((name) => (name.startsWith('event_date=') ? [name.slice('event_date='.length)] : []))
      .sort()
    const done = async (...words: string[]): Promise<void> => {
      const { success, exception, results } = await dbt.run(...words)
      const red = results.filter(({ status }) => !['success', 'pass', 'no-op'].includes(status))
      if (!success) throw new Error(`dbt ${words.join(' ')}: ${exception} ${JSON.stringify(red)}`)
    }
    const bucket = cloud.cloud.environment.buckets.lake
    const build = async (): Promise<void> => {
      await done('run-operation', 'load_sessionized_events', '--args', `{lake: gs://${bucket}}`)
      await done('build', '--exclude-resource-type', 'unit_test')
    }
    const newDays: NewDay[] = []
    let there = 0
    for (const history of histories) {
      await putDays(cloud, lake, bucket, days.slice(there, history), days.slice(0, history))
      await build()
      const eventsBefore = await count(cloud, `SELECT COUNT(*) FROM ${ANALYTICS}.fct_events`)
      const before = new Set((await readJobs(cloud)).map(({ id }) => id))
      const day = days[history]!
      await putDays(cloud, lake, bucket, [day], days.slice(0, history + 1))
      await build()
      there = history + 1
      const events = (await count(cloud, `SELECT COUNT(*) FROM ${ANALYTICS}.fct_events`)) - eventsBefore
      const sent = (await readJobs(cloud)).filter(({ id }) => !before.has(id))
      const merged = await mergedBytes(cloud, day)
      const bytes = sent.reduce((sum, job) => sum + (job.bytes ?? 0), 0) + merged
      const uncounted = Object.entries(
        Object.groupBy(
          sent.filter((job) => job.bytes === undefined),
          ({ type }) => type,
        ),
      ).map(([type, all]) => `${all?.length} ${type}`)
      say(
        `  a new day of ${events} events after ${eventsBefore}: ${sent.length} statements, ${bytes} bytes, ${merged} of them of MERGE; without a count: ${uncounted.join(', ')}`,
      )
      newDays.push({ events, eventsBefore, bytes })
    }
    const tables = await readTables(cloud)
    return {
      events: tables.fct_events!.rows,
      days: there,
      newDays,
      tables,
      views: await readViews(root, cloud, Object.keys(tables)),
    }
  } finally {
    await dbt.close()
    await cloud.close()
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** `more` days into the lake's bucket, which then says that it has `all`. */
async function putDays(
  cloud: BigQueryCloud,
  lake: string,
  bucket: string,
  more: readonly string[],
  all: readonly string[],
): Promise<void> {
  const put = async (name: string, body: Buffer | string): Promise<void> => {
    const reply = await cloud.fetchAs(
      'spark',
      `/upload/storage/v1/b/${bucket}/o?uploadType=media&name=${encodeURIComponent(name)}`,
      { method: 'POST', body },
    )
    if (!reply.ok) throw new Error(await reply.text())
  }
  for (const day of more) {
    const folder = `sessionized/event_date=${day}`
    for (const name of readdirSync(path.join(lake, folder)).filter((file) => file.endsWith('.parquet')))
      await put(`${folder}/${name}`, readFileSync(path.join(lake, folder, name)))
  }
  for (const name of ['days.csv', 'files.csv', 'quarantine.csv']) {
    const [head, ...lines] = readFileSync(path.join(lake, '_ledger', name), 'utf8')
      .trimEnd()
      .split('\n')
    const kept =
      name === 'quarantine.csv' ? lines : lines.filter((line) => all.some((day) => line.includes(day)))
    await put(`_ledger/${name}`, [head, ...kept, ''].join('\n'))
  }
}

async function rowsOf(cloud: BigQueryCloud, sql: string): Promise<unknown[][]> {
  const answer = await cloud.query('data-eng', sql, { useQueryCache: false, maxResults: 100_000 })
  if (answer.status !== 200) throw new Error(`${sql}: ${JSON.stringify(answer.body).slice(0, 500)}`)
  return answer.rows
}
const count = async (cloud: BigQueryCloud, sql: string): Promise<number> =>
  Number((await rowsOf(cloud, sql))[0]![0])

async function dryBytes(cloud: BigQueryCloud, sql: string): Promise<number> {
  const answer = await cloud.query('data-eng', sql, { dryRun: true })
  const { totalBytesProcessed: bytes } = (answer.body ?? {}) as { totalBytesProcessed?: string }
  if (answer.status !== 200 || bytes === undefined)
    throw new Error(`${sql}: ${JSON.stringify(answer.body).slice(0, 500)}`)
  return Number(bytes)
}

interface Job {
  readonly id: string
  readonly type: string
  /** Undefined where the local BigQuery does not know Google's count. */
  readonly bytes: number | undefined
}
/** Of dbt's account; of a script its statements. */
async function readJobs(cloud: BigQueryCloud, parent?: string): Promise<Job[]> {
  interface Listed {
    readonly jobReference: { readonly jobId: string }
    readonly statistics: {
      readonly query?: { readonly statementType?: string; readonly totalBytesProcessed?: string }
    }
  }
  const found: Job[] = []
  let token = ''
  do {
    const answer = await cloud.api(
      'dbt',
      'GET',
      `/jobs?projection=full&maxResults=1000&pageToken=${token}${parent === undefined ? '' : `&parentJobId=${parent}`}`,
    )
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body).slice(0, 500))
    const { jobs = [], nextPageToken = '' } = answer.body as { jobs?: Listed[]; nextPageToken?: string }
    for (const { jobReference, statistics } of jobs) {
      // Of a view that is made Google reads nothing: https://cloud.google.com/bigquery/docs/estimate-costs
      if (statistics.query === undefined || statistics.query.statementType === 'CREATE_VIEW') continue
      const { statementType: type = '', totalBytesProcessed: bytes } = statistics.query
      if (type === 'SCRIPT') found.push(...(await readJobs(cloud, jobReference.jobId)))
      else
        found.push({ id: jobReference.jobId, type, bytes: bytes === undefined ? undefined : Number(bytes) })
    }
    token = nextPageToken
  } while (token !== '')
  return found
}

/**
 * Of a MERGE the local BigQuery says nothing. Google counts all columns of its source, here the rows of the day and of
 * the day before, and of the target the partitions that it changes.
 */
async function mergedBytes(cloud: BigQueryCloud, day: string): Promise<number> {
  const tables = await rowsOf(
    cloud,
    `SELECT table_name, column_name FROM ${ANALYTICS}.INFORMATION_SCHEMA.COLUMNS
     WHERE is_partitioning_column = 'YES' AND ENDS_WITH(table_name, '__staged')`,
  )
  let sum = 0
  for (const [table, column] of tables) {
    const before = `DATE_SUB(DATE '${day}', INTERVAL 1 DAY)`
    const [source, target] = [`>= ${before}`, `= ${before}`]
    for (const days of [source, target])
      sum += await dryBytes(
        cloud,
        `SELECT * FROM ${ANALYTICS}.${String(table)} WHERE ${String(column)} ${days}`,
      )
  }
  return sum
}

async function readTables(cloud: BigQueryCloud): Promise<Record<string, Table>> {
  const names = await rowsOf(
    cloud,
    `SELECT table_name, LOGICAL_OR(column_name IN ('event_id', 'session_id', 'visitor_id'))
     FROM ${ANALYTICS}.INFORMATION_SCHEMA.COLUMNS
     WHERE NOT ENDS_WITH(table_name, '__staged') AND (STARTS_WITH(table_name, 'fct_') OR STARTS_WITH(table_name, 'dim_'))
     GROUP BY 1 ORDER BY 1`,
  )
  const found: Record<string, Table> = {}
  for (const [name, growsWithEvents] of names)
    found[String(name)] = {
      rows: await count(cloud, `SELECT COUNT(*) FROM ${ANALYTICS}.${String(name)}`),
      bytes: await dryBytes(cloud, `SELECT * FROM ${ANALYTICS}.${String(name)}`),
      growsWithEvents: String(growsWithEvents) === 'true',
    }
  return found
}

/** In any order: a view of views is tried again when they are there. */
async function createViews(cloud: BigQueryCloud, sql: ReadonlyMap<string, string>): Promise<void> {
  let left = [...sql]
  while (left.length > 0) {
    const refused: typeof left = []
    let why = ''
    for (const [name, text] of left) {
      const answer = await cloud.query('ci-deploy', `CREATE OR REPLACE VIEW ${INSIGHTS}.${name} AS\n${text}`)
      if (answer.status === 200) continue
      refused.push([name, text])
      why = JSON.stringify(answer.body).slice(0, 500)
    }
    if (refused.length === left.length) throw new Error(why)
    left = refused
  }
}

/** What a view reads less, once a table is empty, it read of that table. */
async function readViews(
  root: string,
  cloud: BigQueryCloud,
  tables: readonly string[],
): Promise<Record<string, Record<string, number>>> {
  const folder = path.join(root, 'bigquery/views/caec_insights')
  const sql = new Map(
    readdirSync(folder)
      .sort()
      .map((name) => [name.slice(0, -'.sql'.length), readFileSync(path.join(folder, name), 'utf8')]),
  )
  await createViews(cloud, sql)
  const measure = async (): Promise<Map<string, number>> => {
    const found = new Map<string, number>()
    for (const name of sql.keys()) found.set(name, await dryBytes(cloud, `SELECT * FROM ${INSIGHTS}.${name}`))
    return found
  }
  const views: Record<string, Record<string, number>> = Object.fromEntries(
    [...sql.keys()].map((name) => [name, {}]),
  )
  let before = await measure()
  for (const table of tables) {
    await rowsOf(cloud, `TRUNCATE TABLE ${ANALYTICS}.${table}`)
    const after = await measure()
    for (const name of sql.keys()) {
      const bytes = before.get(name)! - after.get(name)!
      if (bytes > 0) views[name]![table] = bytes
    }
    before = after
  }
  return views
}
