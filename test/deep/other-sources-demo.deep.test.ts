/**
 * The demo on what is not RetailRocket's file: a generated GA4 export, a folder of two sources, a shop's own
 * source by the workflow and by Airflow. Every number is compared with a computation from the rows.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { startCloud } from '../../local/cloud/server.ts'
import { generateEvents, type Shape } from '../../local/demo/generator.ts'
import { queryAs, type Row } from '../../local/demo/read-views.ts'
import { canonicalEvents, canonicalGa4, type Canonical } from '../e2e/canonical-rows.ts'
import { expectedStages, namesOfDifferences } from '../e2e/comparison.ts'
import { computeTruths, computeTruthsOfRows, type Truths } from '../e2e/truths.ts'
import { prepareTools, processesOf, readReport, runDemo, type Finished } from '../support/demo-run.ts'

const root = path.resolve(import.meta.dirname, '../..')
const scratch = mkdtempSync(path.join(tmpdir(), 'other sources '))
const MINUTES = 60_000
let truths: Truths | undefined
let number = 0

beforeAll(prepareTools, 30 * MINUTES)
afterEach(() => {
  truths?.close()
  truths = undefined
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

async function generated(
  shape: Shape,
  rows: number,
  seed: number,
): Promise<{ text: string; sha256: string }> {
  const file = path.join(scratch, `${shape}-${seed}`)
  const { sha256 } = await generateEvents({ rows, seed, shape, path: file })
  return { text: readFileSync(file, 'utf8'), sha256 }
}
const linesOf = (text: string): string[] => text.trimEnd().split('\n')

const truthsOf = (rows: readonly Canonical[]): Promise<Truths> => {
  const file = path.join(scratch, `canonical-${(number += 1)}.ndjson`)
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'))
  return computeTruthsOfRows(file)
}

async function demo(...args: string[]): Promise<{ state: string; finished: Finished }> {
  const state = path.join(scratch, `state ${(number += 1)}`)
  const finished = await runDemo(state, args)
  expect([finished.code, finished.code === 0 ? '' : finished.stderr.slice(-6000)]).toEqual([0, ''])
  expect(processesOf(state)).toEqual([])
  return { state, finished }
}

/** What the load wrote, asked as the data engineer from the cloud that the demo left. */
async function loaded(state: string, select: string): Promise<readonly Row[]> {
  const cloud = await startCloud({
    stateDir: path.join(state, 'current/cloud'),
    repoRoot: root,
    log: () => undefined,
  })
  try {
    const { project, region } = cloud.environment
    const reader = {
      origin: cloud.origin,
      project,
      location: region,
      credentialsFile: cloud.describe().personas['data-eng']!,
    }
    return await queryAs(reader, `${select} FROM \`${project}.caec_raw.sessionized_events\` GROUP BY ALL`)
  } finally {
    await cloud.close()
  }
}

const FIELDS = 'currency, page, referrer, traffic_source, traffic_medium, campaign, device, country'
const asText = (rows: readonly Row[]): string[] =>
  rows
    .map((row) =>
      JSON.stringify(
        Object.entries(row)
          .map(([name, value]) => [name, name === 'value' && value !== null ? Number(value) : value])
          .sort(),
      ),
    )
    .sort()

describe('a generated GA4 export', () => {
  it(
    'goes through everything, and each number is that of its rows',
    async () => {
      const { text, sha256 } = await generated('ga4', 6_000, 5)
      truths = await truthsOf(linesOf(text).flatMap(canonicalGa4))
      const { state, finished } = await demo('--shape', 'ga4', '--size', '6000', '--seed', '5')
      const report = readReport(state)
      expect(report.input).toEqual({ name: 'generated-ga4-6000-seed-5.ndjson', sha256 })
      expect(finished.stderr).toContain('6,000 events of source ga4 (seed 5)')
      expect(await namesOfDifferences(report, truths)).toEqual([])
      const expected = await expectedStages(truths)
      expect(expected.raw.rows).toBeGreaterThan(6_000)
      // Also what no view of the page shows: money to the cent, and where the visitors come from.
      const select = `SELECT event_type, ${FIELDS}, SUM(value) AS value, SUM(quantity) AS quantity, COUNT(*) AS events`
      const found = await loaded(state, select)
      const wanted = await truths.rows(
        `SELECT event AS event_type, ${FIELDS}, SUM(value) AS value, SUM(quantity)::BIGINT AS quantity, COUNT(*) AS events FROM events GROUP BY ALL`,
      )
      expect(found.length).toBeGreaterThan(1_000)
      expect(found.some((row) => row.event_type === 'refund' && Number(row.value) > 0)).toBe(true)
      expect(asText(found)).toEqual(asText(wanted))
    },
    30 * MINUTES,
  )
})

describe('a folder', () => {
  it(
    'with files of two sources, packed or not, is one report',
    async () => {
      const folder = path.join(scratch, 'delivered')
      mkdirSync(path.join(folder, 'part: 1'), { recursive: true })
      const [csv, events] = [await generated('retailrocket', 800, 3), await generated('events', 900, 4)]
      const [, ...rows] = linesOf(csv.text)
      writeFileSync(path.join(folder, 'part: 1/shop [1].csv'), csv.text)
      writeFileSync(path.join(folder, 'app.ndjson.gz'), gzipSync(events.text))
      writeFileSync(path.join(folder, 'README'), 'what is here')
      const more = path.join(scratch, 'more.jsonl')
      writeFileSync(more, linesOf(events.text)[0]!)
      truths = await truthsOf([
        ...rows.map((row) => canonicalCsv(row)),
        ...[...linesOf(events.text), linesOf(events.text)[0]!].map(canonicalEvents),
      ])
      const { state, finished } = await demo('--events', folder, '--events', more)
      expect(finished.stderr).toContain('left aside for their names: README')
      expect(finished.stderr).toContain(
        'Using delivered, more.jsonl (3 files): 2 files of source events, 1 of source retailrocket',
      )
      expect(await namesOfDifferences(readReport(state), truths)).toEqual([])
    },
    30 * MINUTES,
  )
})

describe("a shop's own source", () => {
  const source = path.join(scratch, 'shop.json')
  const file = path.join(scratch, 'shop.csv')
  const likeCsv = path.join(scratch, 'like.csv')

  beforeAll(() => {
    writeFileSync(
      source,
      JSON.stringify({
        name: 'shop',
        format: { type: 'csv', delimiter: ';', header: 'ignore_case' },
        fields: {
          event_ts: { from: 'when', unit: 's' },
          visitor_id: { from: 'who' },
          event_type: { from: 'what' },
          item_id: { from: 'thing' },
          transaction_id: { from: 'order' },
        },
        nulls: ['', 'NULL'],
        events: { look: 'view', put: 'cart', buy: 'purchase' },
      }),
    )
    const day = Date.UTC(2015, 5, 10) / 1000
    const rows = Array.from({ length: 300 }, (_, index) => {
      const at = day + Math.floor((index * 172_000) / 300)
      const what = index % 40 === 39 ? 'buy' : index % 9 === 8 ? 'put' : 'look'
      return [at, 1 + (index % 50), what, 1 + (index % 7), what === 'buy' ? 9_000 + index : 'NULL'] as const
    })
    writeFileSync(file, ['WHEN;Who;What;Thing;Order', ...rows.map((row) => row.join(';')), ''].join('\n'))
    const words = { look: 'view', put: 'addtocart', buy: 'transaction' }
    writeFileSync(
      likeCsv,
      [
        'timestamp,visitorid,event,itemid,transactionid',
        ...rows.map(([at, who, what, thing, order]) =>
          [at * 1000, who, words[what], thing, order === 'NULL' ? '' : order].join(','),
        ),
        '',
      ].join('\n'),
    )
  })

  it.each([
    { by: 'the workflow', args: [] },
    { by: 'Airflow', args: ['--orchestrate', '--days', '2'] },
  ])(
    'is handed to the job by $by',
    async ({ args }) => {
      truths = await computeTruths(likeCsv)
      const { state, finished } = await demo('--events', file, '--source', source, ...args)
      expect(finished.stderr).toContain('1 file of source shop')
      expect(await namesOfDifferences(readReport(state), truths)).toEqual([])
    },
    40 * MINUTES,
  )
})

function canonicalCsv(row: string): Canonical {
  const [ms, visitor, event, item, order] = row.split(',') as [string, string, string, string, string]
  const nothing = { quantity: null, value: null, currency: null, page: null, referrer: null }
  const nowhere = { traffic_source: null, traffic_medium: null, campaign: null, device: null, country: null }
  return {
    event_us: Number(ms) * 1000,
    visitor_id: visitor,
    event_type: event,
    item_id: item,
    transaction_id: order === '' ? null : order,
    ...nothing,
    ...nowhere,
  }
}
