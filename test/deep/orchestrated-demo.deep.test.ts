/**
 * `npm run demo -- --orchestrate` as a person runs it: ends by itself without a terminal, leaves no process,
 * and reports the days the DAG ran over.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { dayFiles } from '../dags/events.ts'
import {
  prepareTools,
  processesOf,
  readReport,
  runDemo,
  startDemo,
  subnetsOf,
  type Finished,
} from '../support/demo-run.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'orchestrated demo '))
const state = path.join(scratch, 'state')
const csv = path.join(scratch, 'my events.csv')
const files = dayFiles('2015-06-10', 3)
const rowsOf = (text: string): string[] => text.trim().split('\n').slice(1)
let finished: Finished

beforeAll(async () => {
  await prepareTools()
  writeFileSync(
    csv,
    [files[0]!.csv.split('\n')[0], ...files.flatMap((file) => rowsOf(file.csv)), ''].join('\n'),
  )
  finished = await runDemo(state, ['--orchestrate', '--days', '2', '--events', csv])
}, 40 * 60_000)
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})

it('reports the first days, and says which', () => {
  expect({ code: finished.code, end: finished.code === 0 ? '' : finished.stderr.slice(-6000) }).toEqual({
    code: 0,
    end: '',
  })
  const { stages, input } = readReport(state)
  const raw = files.slice(0, 2).flatMap((file) => rowsOf(file.csv)).length
  // Each day has one line that is no event, and its first line twice.
  expect(stages).toMatchObject({
    raw: { rows: raw },
    clean: { rows: raw - 4, rejected: 2, duplicates: 2, quarantined: 0 },
    sessions: { events: raw - 4 },
  })
  expect(input.name).toBe('my events.csv, 2015-06-10 to 2015-06-11')
  expect(finished.stderr).toContain('the first 2 of 3 days, 2015-06-10 to 2015-06-11; --days N runs more')
  expect(JSON.parse(finished.stdout)).toMatchObject({
    airflow: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/dags\/clickstream_pipeline$/),
  })
})

it('runs each batch of the DAG in the subnet of the environment', () => {
  const subnets = subnetsOf(state)
  expect(subnets.length).toBeGreaterThan(1)
  expect(new Set(subnets)).toEqual(new Set(['projects/caec-local/regions/us-central1/subnetworks/caec']))
})

it(
  'leaves no process behind, also when it is stopped while Airflow starts',
  async () => {
    expect(processesOf(state)).toEqual([])
    const { child, finished: stopped } = startDemo(state, ['--orchestrate', '--days', '1', '--events', csv])
    await new Promise<void>((resolve) => {
      let seen = ''
      child.stderr!.on('data', (chunk: Buffer) => {
        if ((seen += chunk.toString()).includes('Starting Airflow')) resolve()
      })
    })
    child.kill('SIGINT')
    expect((await stopped).code).toBe(130)
    expect(processesOf(state)).toEqual([])
  },
  30 * 60_000,
)
