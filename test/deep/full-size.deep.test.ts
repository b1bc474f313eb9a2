/**
 * The demo on as many events as RetailRocket's file has; every stage and every view is compared with a second
 * computation.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { bothSides, expectedStages } from '../e2e/comparison.ts'
import { computeTruths, VIEW_TRUTHS, type Truths } from '../e2e/truths.ts'
import { prepareTools, processesOf, readReport, runDemo, type Report } from '../support/demo-run.ts'

const ROWS = 2_756_101
const scratch = mkdtempSync(path.join(tmpdir(), 'full size '))
const state = path.join(scratch, 'state')
const csv = path.join(scratch, 'events.csv')
let report: Report
let truths: Truths
let sha256: string

beforeAll(async () => {
  await prepareTools()
  const finished = await runDemo(state, ['--size', 'full'])
  if (finished.code !== 0) throw new Error(`the demo failed:\n${finished.stderr.slice(-6000)}`)
  report = readReport(state)
  // Afterwards, so that the two do not share the machine.
  sha256 = generateInLittleMemory()
  truths = await computeTruths(csv)
}, 60 * 60_000)
afterAll(() => {
  truths?.close()
  rmSync(scratch, { recursive: true, force: true })
})

/** The file is 90 MB; what it is made of must fit into much less. */
function generateInLittleMemory(): string {
  const module = pathToFileURL(path.join(import.meta.dirname, '../../local/demo/generator.ts')).href
  const code = `const { generateEvents } = await import(${JSON.stringify(module)})
    process.stdout.write((await generateEvents({ rows: ${ROWS}, seed: 1, path: ${JSON.stringify(csv)} })).sha256)`
  const flags = ['--max-old-space-size=48', '--no-warnings', '--input-type=module', '-e', code]
  const made = spawnSync(process.execPath, flags, { encoding: 'utf8' })
  expect([made.status, made.stderr]).toEqual([0, ''])
  return made.stdout
}

describe('the demo at full size', () => {
  it('takes the same events as the second computation', () => {
    expect(report.input).toEqual({ name: `generated-${ROWS}-seed-1.csv`, sha256 })
  })
  it('accounts for every row, duplicates too, and cuts the same sessions', async () => {
    const expected = await expectedStages(truths)
    expect(report.stages).toEqual({ ...expected, clean: { ...expected.clean, reasons: {} } })
    expect(expected.raw.rows).toBe(ROWS)
    expect(expected.clean.duplicates).toBeGreaterThan(0)
  })
  it('has the shape of RetailRocket’s file: flat weeks, its visitors, sessions, orders and conversion', async () => {
    const [shape] = await truths.rows(
      `SELECT COUNT(DISTINCT visitor) AS visitors, COUNT(DISTINCT trx) AS orders, COUNT(DISTINCT visitor) FILTER (step = 3) / COUNT(DISTINCT visitor) AS conversion,
        AVG((step = 0)::INT) AS views, AVG((step = 1)::INT) AS carts, AVG((step = 3)::INT) AS lines FROM events`,
    )
    const [cut] = await truths.rows(
      'SELECT COUNT(*) AS sessions, AVG(has_purchase::INT) AS conversion FROM sessions',
    )
    const weeks = await truths.rows(
      'SELECT (us // 1000 - 1430622004384) // 604800000 AS week, COUNT(*) AS events FROM events GROUP BY ALL ORDER BY ALL LIMIT 19',
    )
    // Its published figures, and how far off they may be, as a share of them.
    for (const [found, published, off] of [
      [shape?.visitors, 1_407_580, 0.01],
      [cut?.sessions, 1_761_675, 0.01],
      [shape?.orders, 17_672, 0.05],
      [shape?.conversion, 0.00833, 0.025],
      [cut?.conversion, 0.008116, 0.05],
      [shape?.views, 0.9667, 0.005],
      [shape?.carts, 0.0252, 0.06],
      [shape?.lines, 0.0081, 0.05],
      ...weeks.map(({ events }) => [events, (2_755_641 * 7) / 138, 0.03] as const),
    ] as const) {
      expect(Number(found) / published).toBeGreaterThan(1 - off)
      expect(Number(found) / published).toBeLessThan(1 + off)
    }
  })
  it.each(Object.keys(VIEW_TRUTHS))('gives exactly the expected rows of %s', async (view) => {
    const { found, expected } = await bothSides(report, truths, view)
    // A difference of long lists is shown by its first rows, not by all of them.
    const without = (rows: string[], others: ReadonlySet<string>): string[] =>
      rows.filter((row) => !others.has(row)).slice(0, 5)
    const [missing, surplus] = [without(expected, new Set(found)), without(found, new Set(expected))]
    expect({ rows: found.length, missing, surplus }).toEqual({
      rows: expected.length,
      missing: [],
      surplus: [],
    })
  })
  it('leaves no process', () => {
    expect(processesOf(state)).toEqual([])
  })
})
