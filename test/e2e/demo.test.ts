/**
 * The main job end to end, as a person runs it, on events of our own making; every number is compared with a
 * second computation.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { generateEvents } from '../../local/demo/generator.ts'
import { ensureChecks } from '../../local/toolchain/index.ts'
import { describeVerdict } from '../contract/check.ts'
import { checkRecordings } from '../contract/discovery.ts'
import { findDocuments } from '../contract/discovery-documents.ts'
import {
  lastLine,
  prepareTools,
  processesOf,
  readReport,
  runDemo,
  type DemoOptions,
  type Finished,
  type Report,
} from '../support/demo-run.ts'
import { findSeal, readTraffic } from '../support/sealed-network.ts'
import { boundaryRows } from './boundary-events.ts'
import { bothSides, expectedStages } from './comparison.ts'
import { openPage, type Filters, type OpenPage, type Shown } from './page-reader.ts'
import { computeTruths, VIEW_TRUTHS, type Truths } from './truths.ts'

const root = path.resolve(import.meta.dirname, '../..')
const ROWS = 6_000
const scratch = mkdtempSync(path.join(tmpdir(), 'demo with spaces '))
const state = path.join(scratch, 'state')
const csv = path.join(scratch, 'my events.csv')
const trafficFile = path.join(scratch, 'traffic.json')
const seal = findSeal()
const options: DemoOptions = {
  env: { LOCAL_CLOUD_RECORD: path.join(scratch, 'recordings') },
  ...('reason' in seal ? {} : { sealed: { seal, trafficFile } }),
}

/**
 * Rows that a file in the contract's format may hold and that are no events: each is rejected, with a reason.
 */
const BAD_ROWS = [
  'x,1,view,2,',
  '1430622004384,1,purchase,2,',
  '1430622004384,1,transaction,2,',
  '1430622004384,1,view,2,7',
  '1000,1,view,2,',
  '1430622004384,,view,2,',
]

let finished: Finished
let leftRunning: string[]
let report: Report
let truths: Truths
let page: OpenPage

beforeAll(async () => {
  // Set-up is what needs the network; the demo itself runs without one.
  await prepareTools()
  await generateEvents({ rows: ROWS, seed: 7, path: csv })
  appendFileSync(csv, `${boundaryRows.join('\n')}\n`)
  truths = await computeTruths(csv)
  appendFileSync(csv, `${BAD_ROWS.join('\n')}\n`)
  finished = await runDemo(state, ['--events', csv], options)
  leftRunning = processesOf(state)
  if (finished.code !== 0) throw new Error(`the demo failed:\n${finished.stderr.slice(-6000)}`)
  report = readReport(state)
  page = await openPage(path.join(state, 'report/index.html'))
}, 15 * 60_000)

afterAll(async () => {
  await page?.close()
  truths?.close()
  rmSync(scratch, { recursive: true, force: true })
})

describe('the demo', () => {
  it('ends with one line of JSON on stdout and nothing else', () => {
    const lines = finished.stdout.trim().split('\n')
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      page: path.join(state, 'report/index.html'),
      sessions: report.stages.sessions.rows,
    })
  })
  it('accounts for every row: raw = clean + rejected + duplicates', async () => {
    const { raw, clean } = await expectedStages(truths, BAD_ROWS.length)
    expect(report.stages).toMatchObject({ raw, clean })
    expect(clean.duplicates).toBeGreaterThan(0)
  })
  it('cuts the same sessions', async () => {
    const [counted] = await truths.rows(
      'SELECT COUNT(*) FILTER (session_date < (SELECT MAX(event_date) FROM events e WHERE e.visitor = sessions.visitor AND e.session = sessions.session)) AS over_midnight FROM sessions',
    )
    expect(report.stages.sessions).toEqual((await expectedStages(truths)).sessions)
    expect(Number(counted?.over_midnight)).toBeGreaterThan(0)
  })
  it.each(Object.keys(VIEW_TRUTHS))('gives exactly the expected rows of %s', async (view) => {
    const { found, expected } = await bothSides(report, truths, view)
    expect(found.length).toBeGreaterThan(0)
    expect(found).toEqual(expected)
  })
  it('says on every row through when the data goes', async () => {
    const [last] = await truths.rows('SELECT MAX(ms) AS ms FROM events')
    const through = new Set(
      Object.values(report.views)
        .flat()
        .map((row) => new Date(String(row.data_through)).getTime()),
    )
    expect([...through]).toEqual([Number(last?.ms)])
  })
  it('names products only where an items file named them', () => {
    expect(new Set(report.views.kpi_top_products_named?.map((row) => row.product_name))).toEqual(
      new Set([null]),
    )
  })
})

describe('the network', () => {
  if ('reason' in seal) it.skip(`is sealed (not here: ${seal.reason})`, () => undefined)
  else
    it('is sealed', () => {
      // Not even a name was looked up: the kernel counts every packet that has no way out.
      expect(readTraffic(trafficFile)).toEqual({ interfaces: ['lo'], packetsWithoutRoute: 0 })
    })
  it('has no attempt to leave but one kind, which the local cloud refuses', () => {
    const refused = [...finished.stderr.matchAll(/refused a tunnel to (\S+):/g)].map((match) => match[1])
    // dbt's Google library asks where the account may be used, at an address that knows no override.
    expect(refused.filter((target) => target !== 'iamcredentials.googleapis.com:443')).toEqual([])
    expect(finished.stderr).not.toMatch(
      /ENOTFOUND|EAI_AGAIN|ENETUNREACH|UnknownHostException|Network is unreachable|Name or service not known/,
    )
  })
})

describe('the page', () => {
  it('opens without an error and without a request', () => {
    expect(page.errors).toEqual([])
    expect(page.requests).toEqual([])
  })
  it('shows the numbers of the facts, whatever the filters are moved to', async () => {
    const all = await page.domain()
    const random = pickAtRandom(20261123)
    const tries = [
      all,
      { ...all, eventTypes: ['view'] },
      { ...all, signupMonths: all.signupMonths.slice(0, 1) },
      { ...all, eventTypes: [], signupMonths: [] },
      ...Array.from({ length: 12 }, () => random(all)),
    ]
    for (const filters of tries) {
      const shown = await page.set(filters)
      await expectShown(shown, filters, all)
    }
    await page.set(all)
  }, 120_000)
})

/** Filters from a seeded generator, so that a failure can be repeated. */
function pickAtRandom(seed: number): (all: Filters) => Filters {
  let state = seed
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const some = (values: readonly string[]): string[] => values.filter(() => next(2) === 1)
  return (all) => {
    const [start, end] = [Date.parse(all.from), Date.parse(all.to)]
    const day = (): string =>
      new Date(start + next((end - start) / 86_400_000 + 1) * 86_400_000).toISOString().slice(0, 10)
    const [from, to] = [day(), day()].sort() as [string, string]
    return { from, to, eventTypes: some(all.eventTypes), signupMonths: some(all.signupMonths) }
  }
}

async function expectShown(shown: Shown, filters: Filters, all: Filters): Promise<void> {
  const months =
    filters.signupMonths.length === 0
      ? 'FALSE'
      : `signup IN (${filters.signupMonths.map((month) => `'${month}'`).join(', ')})`
  const types =
    filters.eventTypes.length === 0
      ? 'FALSE'
      : `event IN (${filters.eventTypes.map((type) => `'${type}'`).join(', ')})`
  const within = (column: string): string =>
    `${column} BETWEEN '${filters.from}' AND '${filters.to}' AND ${months}`
  const [totals] = await truths.rows(
    `SELECT COUNT(*) AS sessions, COALESCE(SUM(events), 0)::BIGINT AS events, COUNT(*) FILTER (has_purchase) AS bought FROM sessions WHERE ${within('session_date')}`,
  )
  const context = JSON.stringify(filters)
  expect([context, Number(shown.tiles.sessions?.value), Number(shown.tiles.events?.value)]).toEqual([
    context,
    totals?.sessions,
    totals?.events,
  ])
  expect(shown.tiles.conversionRate?.text).toBe(
    totals?.sessions === 0
      ? '–'
      : `${((100 * Number(totals?.bought)) / Number(totals?.sessions)).toFixed(2)} %`,
  )

  const volume = await truths.rows(
    `SELECT event, COUNT(*) AS events FROM events WHERE ${within('event_date')} AND ${types} GROUP BY ALL`,
  )
  expect(columnOf(shown, 'volume', 'events')).toEqual(
    new Map(volume.map((row) => [String(row.event), Number(row.events)])),
  )
  const funnel = await truths.rows(
    [1, 2, 3]
      .map(
        (step) =>
          `SELECT ${step} AS step, COUNT(*) FILTER (reached >= ${step}) AS sessions FROM sessions WHERE ${within('session_date')}`,
      )
      .join(' UNION ALL '),
  )
  expect(columnOf(shown, 'funnel', 'sessions')).toEqual(
    new Map(totals?.sessions === 0 ? [] : funnel.map((row) => [String(row.step), Number(row.sessions)])),
  )
  const products = await truths.rows(
    `SELECT item, COUNT(*) AS lines, COUNT(DISTINCT trx) AS orders FROM events WHERE event = 'transaction' AND ${within('event_date')} GROUP BY item ORDER BY lines DESC, item LIMIT 10`,
  )
  expect([...columnOf(shown, 'products', 'lines')]).toEqual(
    [...new Map(products.map((row) => [String(row.item), Number(row.lines)]))].sort(
      ([a], [b]) => Number(a) - Number(b),
    ),
  )
  expect(columnOf(shown, 'products', 'rank')).toEqual(
    new Map(products.map((row, index) => [String(row.item), index + 1])),
  )
  const cohorts = await truths.rows(
    `SELECT signup::VARCHAR || '|' || strftime(session_date, '%Y-%m') AS cell, COUNT(*) AS sessions FROM sessions WHERE ${within('session_date')} GROUP BY ALL`,
  )
  expect(columnOf(shown, 'cohorts', 'sessions')).toEqual(
    new Map(cohorts.map((row) => [String(row.cell), Number(row.sessions)])),
  )
  const engagement = await truths.rows(
    `SELECT strftime(session_date, '%Y-%m') AS month, COUNT(*) AS sessions FROM sessions WHERE ${within('session_date')} GROUP BY ALL`,
  )
  expect(columnOf(shown, 'engagement', 'sessions')).toEqual(
    new Map(engagement.map((row) => [String(row.month), Number(row.sessions)])),
  )

  const isTypeActive = filters.eventTypes.length !== all.eventTypes.length
  for (const section of ['totals', 'engagement', 'funnel', 'products', 'cohorts'])
    expect([section, (shown.notes[section] ?? '').includes('Event type')]).toEqual([section, isTypeActive])
  expect(shown.notes.volume).toBe('')
}

const columnOf = (shown: Shown, section: string, field: string): Map<string, number> =>
  new Map(Object.entries(shown.tables[section] ?? {}).map(([key, row]) => [key, Number(row[field])]))

describe('after the demo', () => {
  it('no process is left', () => {
    expect(leftRunning).toEqual([])
  })
  it('leaves the checkout as it was', async () => {
    const status = await new Promise<string>((resolve) => {
      const child = spawn('git', ['status', '--porcelain', '--', '.local'], { cwd: root })
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      child.on('close', () => resolve(text))
    })
    expect(status).toBe('')
  })
  it('a bad file changes nothing: the old report stays', async () => {
    const before = readFileSync(path.join(state, 'report/report.json'), 'utf8')
    const bad = path.join(scratch, 'bad.csv')
    appendFileSync(bad, 'a,b\n1,2\n')
    const refused = await runDemo(state, ['--events', bad], options)
    expect(refused.code).toBe(1)
    expect(refused.stdout).toBe('')
    expect(lastLine(refused.stderr)).toMatch(/column/)
    expect(refused.stderr).not.toMatch(/\n\s+at /)
    expect(readFileSync(path.join(state, 'report/report.json'), 'utf8')).toBe(before)
    expect(existsSync(path.join(state, 'lock'))).toBe(false)
  }, 120_000)
})

describe('the contract with Google', () => {
  it('holds for every request of the demo and every answer', async () => {
    const { python } = await ensureChecks(() => undefined)
    const verdict = checkRecordings(path.join(scratch, 'recordings'), findDocuments(python))
    process.stderr.write(`${describeVerdict(verdict)}\n`)
    expect(verdict.violations).toEqual([])
    const clients = new Set(Object.values(verdict.byMethod).flatMap((method) => Object.keys(method.clients)))
    expect([...clients]).toEqual(
      expect.arrayContaining(['Hadoop connector (Java)', 'dbt-bigquery', '@google-cloud/storage (Node)']),
    )
  }, 600_000)
})
