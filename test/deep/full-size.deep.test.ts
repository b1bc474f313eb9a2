/**
 * The demo on as many events as RetailRocket's file has; every stage and every view is compared with a second
 * computation.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { generateEvents } from '../../local/demo/generator.ts'
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
  ;({ sha256 } = await generateEvents({ rows: ROWS, seed: 1, path: csv }))
  truths = await computeTruths(csv)
}, 60 * 60_000)
afterAll(() => {
  truths?.close()
  rmSync(scratch, { recursive: true, force: true })
})

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
