/**
 * `npm run demo -- --pull-request` as a person runs it: one comment on the request, before and after the merge, on a
 * page that asks nothing of a network.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openPage } from '../e2e/page-reader.ts'
import { prepareTools, processesOf, readReport, runDemo, type Finished } from '../support/demo-run.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'pull request demo '))
const state = path.join(scratch, 'state')
let finished: Finished

beforeAll(async () => {
  await prepareTools()
  finished = await runDemo(state, ['--pull-request', '--size', '2000'])
}, 40 * 60_000)
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

it('ends green, with the page of the request beside that of the numbers', () => {
  expect({ code: finished.code, end: finished.code === 0 ? '' : finished.stderr.slice(-6000) }).toEqual({
    code: 0,
    end: '',
  })
  const page = path.join(state, 'report', 'pull-request.html')
  expect(JSON.parse(finished.stdout)).toMatchObject({ pullRequest: page })
  expect(finished.stderr).toContain(`pull request: ${page}`)
  expect(readReport(state).stages.raw.rows).toBe(2000)
  expect(processesOf(state)).toEqual([])
})

it('shows the plan while it is reviewed, and what became of exactly that', async () => {
  const file = path.join(state, 'report', 'pull-request.html')
  // A leading digit, which could begin a list, is written as a reference.
  const html = readFileSync(file, 'utf8').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
  const [, review = '', result = ''] = html.split('<article>')
  expect(review).toMatch(/Plan for dev[\s\S]*<td>views<\/td>[\s\S]*kpi[\s\S]*sessions[\s\S]*by[\s\S]*hour/)
  expect(result).toMatch(/Applied to dev[\s\S]*<td>views<\/td>[\s\S]*<td>done<\/td>/)
  const digestOf = (text: string): string | undefined =>
    /<td>views<\/td><td>([0-9a-f]{64})<\/td>/.exec(text)?.[1]
  expect(digestOf(result)).toMatch(/^[0-9a-f]{64}$/)
  expect(digestOf(result)).toBe(digestOf(review))
  const page = await openPage(file)
  expect([page.errors, page.requests]).toEqual([[], []])
  await page.close()
}, 120_000)
