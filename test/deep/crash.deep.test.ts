/**
 * A demo killed outright at any moment: the earlier report stays whole, nothing keeps running, and the next
 * demo succeeds on the same state.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { randomInt } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lastLine, prepareTools, processesOf, readReport, runDemo, startDemo } from '../support/demo-run.ts'

const MINUTES = 60_000
const scratch = mkdtempSync(path.join(tmpdir(), 'crash '))
const state = path.join(scratch, 'state')
const files = (): string[] =>
  ['report.json', 'index.html'].map((name) => readFileSync(path.join(state, 'report', name), 'utf8'))
let firstSeconds: number

beforeAll(async () => {
  await prepareTools()
  const startedMs = performance.now()
  const first = await runDemo(state, ['--size', '300', '--seed', '1'])
  if (first.code !== 0) throw new Error(`the first demo failed:\n${first.stderr.slice(-4000)}`)
  firstSeconds = (performance.now() - startedMs) / 1000
}, 40 * MINUTES)
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

/**
 * The keepers of Spark and Airflow notice the end of their parent by themselves; they get the time to act on
 * it.
 */
async function waitUntilGone(): Promise<string[]> {
  for (let tries = 0; tries < 150 && processesOf(state).length > 0; tries += 1) await sleep(200)
  return processesOf(state)
}

describe('a demo that is killed', () => {
  it.each([1, 2, 3])(
    'at a random moment (%i) leaves the earlier report and no process',
    async () => {
      const before = files()
      const { child, finished } = startDemo(state, ['--size', '300', '--seed', '2'], { hasOwnGroup: true })
      const afterMs = randomInt(1_000, Math.max(2_000, Math.floor(firstSeconds * 900)))
      const ended = await Promise.race([finished, sleep(afterMs).then(() => undefined)])
      expect(ended).toBeUndefined()
      process.kill(-(child.pid ?? 0), 'SIGKILL')
      const { stderr, code } = await finished
      process.stderr.write(`killed after ${afterMs} ms: ${lastLine(stderr)}\n`)
      expect(code).toBeNull()
      expect(files()).toEqual(before)
      expect(await waitUntilGone()).toEqual([])
    },
    40 * MINUTES,
  )

  it(
    'does not stand in the way of the next one, which tidies up after it',
    async () => {
      expect(existsSync(path.join(state, 'lock'))).toBe(true)
      const next = await runDemo(state, ['--size', '300', '--seed', '3'])
      expect([next.code, lastLine(next.stderr)]).toEqual([
        0,
        `page: ${path.join(state, 'report/index.html')}`,
      ])
      expect(readReport(state).input.name).toBe('generated-300-seed-3.csv')
      expect(readdirSync(path.join(state, 'generations'))).toHaveLength(1)
      expect(existsSync(path.join(state, 'lock'))).toBe(false)
      expect(processesOf(state)).toEqual([])
    },
    40 * MINUTES,
  )
})
