/** The DAG's last task on a local BigQuery, as its file says it: what it finds is told by name, and days that are over cost nothing. */
import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { repoRoot } from '../support/cloud.ts'

/** The statement without an Airflow: one function of the file, and the constants it takes. */
const READ = `
import ast, sys
wanted = ("PROJECT", "DAY", "VIEWS", "RINGS", "views_check")
def name(node):
    return node.targets[0].id if isinstance(node, ast.Assign) else getattr(node, "name", None)
tree = ast.parse(open(sys.argv[1], encoding="utf-8").read())
known = {}
exec(compile(ast.Module([node for node in tree.body if name(node) in wanted], []), "dag", "exec"), known)
sys.stdout.write(known["views_check"]())
`
const DAY = '2015-05-12'
const LOADED = 'caec_raw.sessionized_events'
const DAYS = 'caec_analytics.fct_days'
const GATE = 'caec_raw.quality_last_run'
const load = (from: string, to: string): string =>
  `INSERT ${LOADED} SELECT TIMESTAMP_ADD(TIMESTAMP(day), INTERVAL n MINUTE), day FROM UNNEST(GENERATE_DATE_ARRAY('${from}', '${to}')) AS day, UNNEST(GENERATE_ARRAY(1, 50)) AS n`
const publish = `CREATE OR REPLACE TABLE ${DAYS} PARTITION BY event_date AS SELECT event_date, COUNT(*) AS events, MAX(event_ts) AS last_event_ts FROM ${LOADED} GROUP BY 1`
const view = (name: string, data: string): string =>
  `CREATE OR REPLACE VIEW caec_insights.${name} AS SELECT event_date, events, ${data} FROM ${DAYS}`
const THROUGH = 'last_event_ts AS data_through'
const views = readdirSync(path.join(repoRoot, 'bigquery/views/caec_insights')).map((file) =>
  file.replace('.sql', ''),
)

let cloud: BigQueryCloud
let script: string

async function sql(...statements: string[]): Promise<void> {
  for (const text of statements) {
    const { status, body } = await cloud.query(
      text.includes('caec_insights') ? 'ci-deploy' : 'data-eng',
      text,
    )
    if (status !== 200) throw new Error(`${text}: ${body.error.message}`)
  }
}

/** What it says, and the bytes of all its statements. */
async function check(): Promise<{ said: string; bytes: number }> {
  const job = await cloud.run('composer', { query: { query: script, useLegacySql: false } })
  return {
    said: job.status.errorResult?.message ?? '',
    bytes: Number(job.statistics.totalBytesProcessed),
  }
}

beforeAll(async () => {
  cloud = await openBigQuery()
  script = execFileSync('python3', ['-c', READ, path.join(repoRoot, 'dags/clickstream_pipeline.py')], {
    encoding: 'utf8',
  })
    .replaceAll('{{ var.value.caec_project }}', cloud.project)
    .replaceAll('{{ data_interval_start | ds }}', DAY)
  await sql(
    `CREATE TABLE ${LOADED} (event_ts TIMESTAMP, event_date DATE) PARTITION BY event_date`,
    `CREATE TABLE ${GATE} (check_name STRING, event_date DATE, verdict STRING, sentence STRING)`,
    load('2015-05-03', DAY),
    publish,
  )
  for (const name of views) await sql(view(name, THROUGH))
}, 120_000)
afterAll(() => cloud.close())

it('finds nothing where what was loaded is published, and a hundred older days are not read', async () => {
  const young = await check()
  await sql(load('2015-01-03', '2015-05-02'), publish)
  const old = await check()
  expect([young.said, old.said]).toEqual(['', ''])
  // A row of fct_days for each, and, as the local BigQuery counts what WHERE FALSE leaves out, a column of it for each view.
  expect((old.bytes - young.bytes) / 120).toBeLessThanOrEqual(24 + 8 * views.length)
})

it.each([
  [
    'a newer day',
    load('2015-05-13', '2015-05-13'),
    `DELETE FROM ${LOADED} WHERE event_date = '2015-05-13'`,
    /^.*caec_analytics\.fct_days, so every view, is behind caec_raw\.sessionized_events/,
  ],
  [
    'newer events of the day',
    `INSERT ${LOADED} VALUES ('${DAY} 23:00:00', '${DAY}')`,
    `DELETE FROM ${LOADED} WHERE event_ts = '${DAY} 23:00:00'`,
    /fct_days has not the events of 2015-05-12 that caec_raw\.sessionized_events has/,
  ],
  [
    'another last event',
    `UPDATE ${LOADED} SET event_ts = '${DAY} 23:00:00' WHERE event_ts = '${DAY} 00:50:00'`,
    publish,
    /fct_days, so every view, is behind/,
  ],
  [
    'nothing of what is published',
    `CREATE TABLE caec_raw.kept AS SELECT * FROM ${LOADED}; DELETE FROM ${LOADED} WHERE event_date >= '2015-05-12'`,
    `DELETE FROM ${LOADED} WHERE TRUE; INSERT ${LOADED} SELECT * FROM caec_raw.kept`,
    /fct_days has not the events/,
  ],
  ['no publication at all', `DELETE FROM ${DAYS} WHERE TRUE`, publish, /fct_days has not the events/],
  [
    'a view that tells no data_through',
    view('kpi_revenue', '1 AS one'),
    view('kpi_revenue', THROUGH),
    /caec_insights\.kpi_revenue does not open: .*data_through/,
  ],
  [
    'a view of what is gone',
    'DROP VIEW caec_insights.kpi_top_products',
    view('kpi_top_products', THROUGH),
    /caec_insights\.kpi_top_products does not open: .*kpi_top_products/,
  ],
  [
    'an alarm',
    `INSERT ${GATE} VALUES ('late_rows', '${DAY}', 'alarm', 'late_rows of ${DAY}')`,
    `DELETE FROM ${GATE} WHERE TRUE`,
    /the numbers are published, and the gate rings: late_rows of 2015-05-12; docs/,
  ],
])('tells by name of %s', async (_, spoil, mend, sentence) => {
  await sql(spoil)
  expect((await check()).said).toMatch(sentence)
  await sql(mend)
})

it('finds nothing once all of it is mended', async () => {
  expect((await check()).said).toBe('')
})
