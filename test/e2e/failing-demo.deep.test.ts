/** A demo that cannot end green: what the person reads, and what stays. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { lastLine, prepareTools, processesOf, runDemo, type Finished } from '../support/demo-run.ts'
import { plants } from '../deep/plants.ts'
import { plantedCheckout, type PlantedCheckout } from '../support/planted-checkout.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'failing demo '))
const state = path.join(scratch, 'state')
const header = 'timestamp,visitorid,event,itemid,transactionid'
const earlier = path.join(state, 'report/report.json')
let checkout: PlantedCheckout | undefined

beforeAll(async () => {
  await prepareTools()
  mkdirSync(path.dirname(earlier), { recursive: true })
  writeFileSync(earlier, 'the earlier report')
}, 40 * 60_000)
afterAll(() => {
  checkout?.end()
  rmSync(scratch, { recursive: true, force: true })
})

/**
 * In any failure: exit 1, silence on stdout, one sentence at the end instead of a stack, nothing changed,
 * nothing left.
 */
function expectTidyFailure(finished: Finished): void {
  expect({ code: finished.code, stdout: finished.stdout }).toEqual({ code: 1, stdout: '' })
  // A batch may print its own trace, behind the name of its job.
  expect(finished.stderr).not.toMatch(/^(\s+at \S|Traceback)/m)
  expect(readFileSync(earlier, 'utf8')).toBe('the earlier report')
  expect(readdirSync(path.join(state, 'generations'))).toEqual([])
  expect(existsSync(path.join(state, 'lock'))).toBe(false)
  expect(processesOf(state)).toEqual([])
}

describe('a file in which every row is bad', () => {
  it(
    'is refused with every row accounted for by its reason',
    async () => {
      const csv = path.join(scratch, 'only bad.csv')
      writeFileSync(
        csv,
        [
          header,
          'x,1,view,2,',
          '1430622004384,1,purchase,2,',
          '1430622004385,1,purchase,2,',
          '1000,1,view,2,',
          '',
        ].join('\n'),
      )
      const finished = await runDemo(state, ['--events', csv])
      expect(lastLine(finished.stderr)).toBe(
        'only bad.csv holds no event: all 4 rows were rejected (event_unknown: 2, timestamp_before_2000: 1, timestamp_not_integer: 1); there is nothing to report, and an earlier report stays as it was.',
      )
      expectTidyFailure(finished)
    },
    30 * 60_000,
  )
})

describe('a step of the workflow that fails', () => {
  it(
    'is named in one sentence with its reason and the path of its log',
    async () => {
      checkout = plantedCheckout()
      checkout.plant(...plants.jobThatGivesUp)
      const finished = await runDemo(state, ['--size', '50'], { root: checkout.root })
      const said =
        /^workflows-examples\/pipeline\.yml failed in job spark, step "Clean": (?<reason>.+); its log is (?<log>\/.+)$/.exec(
          lastLine(finished.stderr),
        )?.groups
      expect(said).toBeDefined()
      expect(said?.reason).toMatch(/planted: the job gives up|FAILED|failed/)
      expect(readFileSync(said?.log ?? '', 'utf8')).toContain('planted: the job gives up')
      expectTidyFailure(finished)
    },
    30 * 60_000,
  )
})
