/** What is behind a row of the report page: each row's statement is run on facts of our own and must find what the row counts. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { generateEvents } from '../../../local/demo/generator.ts'
import { renderReport } from '../../../local/demo/page.ts'
import { canonicalGa4 } from '../../e2e/canonical-rows.ts'
import { openPage, type OpenPage } from '../../e2e/page-reader.ts'
import { computeTruthsOfRows, type Truths } from '../../e2e/truths.ts'
import { repoRoot } from '../../support/cloud.ts'
import { martColumns } from '../../support/marts.ts'
import { reportOfTruths } from '../../support/report-of-truths.ts'
import { openBigQuery } from '../bigquery/bigquery-cloud.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'report drill '))
const file = path.join(scratch, 'index.html')
let truths: Truths
let page: OpenPage

beforeAll(async () => {
  const [raw, rows] = [path.join(scratch, 'ga4.ndjson'), path.join(scratch, 'canonical.ndjson')]
  await generateEvents({ rows: 6_000, seed: 7, path: raw, shape: 'ga4' })
  const lines = readFileSync(raw, 'utf8').trimEnd().split('\n').flatMap(canonicalGa4)
  writeFileSync(rows, lines.map((row) => JSON.stringify(row)).join('\n'))
  truths = await computeTruthsOfRows(rows)
  writeFileSync(file, renderReport(await reportOfTruths(truths)))
  for (const statement of [
    "SET default_null_order = 'nulls_first'",
    'CREATE SCHEMA facts',
    "CREATE VIEW facts.fct_sessions AS SELECT concat(visitor, '-', session) AS session_id, visitor AS visitor_id, session_date, reached AS funnel_step, session AS session_start_ts FROM sessions",
    "CREATE VIEW facts.fct_events AS SELECT concat(visitor, '-', session) AS session_id, visitor AS visitor_id, event_date, us AS event_ts, event AS event_type, item AS item_id, trx AS transaction_id, position AS event_id, traffic_source, traffic_medium, campaign, device FROM events",
    'CREATE VIEW facts.dim_users AS SELECT visitor AS visitor_id, ANY_VALUE(signup) AS signup_month FROM sessions GROUP BY ALL',
  ])
    await truths.rows(statement)
  page = await openPage(file)
}, 60_000)

afterAll(async () => {
  await page?.close()
  truths?.close()
  rmSync(scratch, { recursive: true, force: true })
})

const textOf = (id: string): Promise<string> =>
  page.tab.$eval(`#${id}`, (element) => element.textContent?.trim() ?? '')
const press = (selector: string): Promise<void> =>
  page.tab.$eval(selector, (element) => (element as HTMLElement).click())
const open = async (fragment: string): Promise<void> => {
  await page.tab.goto('about:blank')
  await page.tab.goto(`file://${encodeURI(file)}${fragment}`)
}
const unfold = (table: string): Promise<unknown> =>
  page.tab
    .$eval(`details.data:has([data-table="${table}"])`, (one) => {
      one.open = true
    })
    .then(() => page.tab.waitForSelector(`[data-table="${table}"] tbody`))

/** What the dialog of a row says, and how many rows its statement finds. */
const behind = async (table: string, key: string): Promise<{ said: string; found: number }> => {
  await press(`[data-table="${table}"] tr[data-key="${key}"] .behind button`)
  const sql = (await textOf('drill-sql'))
    .replaceAll(/`caec-local\.caec_analytics\.(\w+)`/g, 'facts.$1')
    .replace(/\nLIMIT 1000$/, '')
  const said = await textOf('drill-title')
  await press('#drill-close')
  return { said, found: (await truths.rows(sql)).length }
}

/** Table → the field that is counted, and its word. */
const COUNTED = {
  trend: ['sessions', 'session'],
  months: ['sessions', 'session'],
  funnel: ['sessions', 'session'],
  cohorts: ['sessions', 'session'],
  sources: ['sessions', 'session'],
  devices: ['sessions', 'session'],
  products: ['lines', 'line'],
} as const

describe('a row', () => {
  it.each(['#period=28d', '#from=2015-06-03&to=2015-07-15&months=2015-06-01,2015-05-01'])(
    'names what is behind it as a statement that finds just as many, under %s',
    async (address) => {
      await open(address)
      for (const table of Object.keys(COUNTED)) await unfold(table)
      const { tables } = await page.read()
      for (const [table, [field, word]] of Object.entries(COUNTED)) {
        const keys = Object.keys(tables[table] ?? {})
        for (const key of new Set([keys[0]!, keys[1]!, keys.at(-1)!])) {
          const { said, found } = await behind(table, key)
          expect({ table, key, found }).toEqual({ table, key, found: Number(tables[table]![key]![field]) })
          expect(said).toMatch(new RegExp(`: ${found.toLocaleString('en-GB')} ${word}s?$`))
        }
      }
    },
    60_000,
  )

  it('has a button that says of what, and a statement to copy', async () => {
    await open('#period=28d')
    await unfold('products')
    await unfold('funnel')
    expect(
      await page.tab.$eval('[data-table=products] .behind button', (one) => one.getAttribute('aria-label')),
    ).toMatch(/^The sessions of Item \S+, as SQL$/)
    await press('[data-table=funnel] tr[data-key="2"] .behind button')
    await press('#drill-copy')
    await page.tab.waitForFunction(() => document.getElementById('drill-said')?.textContent !== '')
    expect(await page.tab.evaluate(() => getSelection()?.toString())).toContain('sessions.funnel_step >= 2')
    await page.tab.keyboard.press('Escape')
    expect(await page.tab.$eval('#drill', (one) => (one as HTMLDialogElement).open)).toBe(false)
  })

  it('is a statement that BigQuery takes, on the marts as their contracts have them', async () => {
    await open('#period=28d')
    const cloud = await openBigQuery()
    try {
      for (const [name, columns] of martColumns())
        await cloud.query('data-eng', `CREATE TABLE caec_analytics.${name} (${columns})`)
      for (const table of Object.keys(COUNTED)) {
        await unfold(table)
        await press(`[data-table="${table}"] .behind button`)
        const answer = await cloud.query('data-eng', await textOf('drill-sql'), { dryRun: true })
        expect([table, answer.status, answer.body?.error?.message]).toEqual([table, 200, undefined])
        await press('#drill-close')
      }
    } finally {
      await cloud.close()
    }
  }, 60_000)

  it('orders events as the models do, and lets no name end its text', async () => {
    const macro = readFileSync(path.join(repoRoot, 'dbt/macros/event_order.sql'), 'utf8')
    const [, order] = /-%\}\s*(.+?)\s*\{%/s.exec(macro) ?? []
    const sql = await page.tab.evaluate(() => {
      const { caecPage } = globalThis as unknown as {
        caecPage: { drillSql: { statement: (...given: unknown[]) => string } }
      }
      const filters = { from: '2015-06-01', to: '2015-06-02', signupMonths: new Set() }
      return caecPage.drillSql.statement('p', filters, 0, { device: { device: "o'clock\\' OR\n1" } })
    })
    expect(sql.toLowerCase()).toContain(order!.toLowerCase())
    expect(sql).toContain(String.raw`= 'o\u0027clock\u005c\u0027 OR\u000a1'`)
  })
})
