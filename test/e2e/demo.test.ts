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
  subnetsOf,
  type DemoOptions,
  type Finished,
  type Report,
} from '../support/demo-run.ts'
import { findSeal, readTraffic } from '../support/sealed-network.ts'
import { boundaryRows } from './boundary-events.ts'
import { bothSides, expectedStages } from './comparison.ts'
import { expectNumbers } from './page-numbers.ts'
import { openPage, type OpenPage } from './page-reader.ts'
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
    const [last] = await truths.rows('SELECT MAX(us) // 1000 AS ms FROM events')
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
  it('is the subnet of the environment, for every batch', () => {
    const subnets = subnetsOf(state)
    expect(subnets.length).toBeGreaterThan(1)
    expect(new Set(subnets)).toEqual(new Set(['projects/caec-local/regions/us-central1/subnetworks/caec']))
  })
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
    await expectNumbers(page, truths, 12)
  }, 120_000)
})

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
