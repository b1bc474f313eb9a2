/**
 * One day of the DAG as Airflow 3 runs it in one process, without scheduler and triggerer; every event must be
 * in the tables. Days, failures and backfills under a scheduler are in orchestrator.deep.test.ts.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openOrchestrator, type Orchestrator } from './airflow.ts'
import { dayFiles } from './events.ts'
import { deployPlatform, type Platform } from './platform.ts'
import { BATCHES, type ShownBatch } from '../support/spark-batches.ts'

const [file] = dayFiles('2015-06-10', 1)
let folder: string
let platform: Platform
let orchestrator: Orchestrator
let ended: { readonly code: number; readonly output: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'one day '))
  platform = await deployPlatform(folder)
  orchestrator = await openOrchestrator(platform, folder)
  await platform.putDay(file!)
  ended = await orchestrator.testDay(file!.day, { AIRFLOW__CAEC__DEFERRABLE: 'False' })
}, 15 * 60_000)

afterAll(async () => {
  await orchestrator?.close()
  await platform?.cloud.close()
  await rm(folder, { recursive: true, force: true })
})

it('ends, and waits for its batches by itself where there is no triggerer', () => {
  const { code, output } = ended
  expect({ code, end: code === 0 ? '' : output.slice(-4000) }).toEqual({ code: 0, end: '' })
  expect(output).not.toContain('Pausing task as DEFERRED')
})

it("runs the workflow's own job files, asked for by the account of the environment", async () => {
  const reply = await platform.cloud.fetchAs('ops', `${BATCHES}?pageSize=100&orderBy=create_time asc`)
  const { batches } = (await reply.json()) as {
    batches: (ShownBatch & { creator: string; pysparkBatch: { mainPythonFileUri: string; args: string[] } })[]
  }
  expect(batches.map(({ creator }) => creator)).toEqual(
    Array.from({ length: 2 }, () => 'caec-composer@caec-local.iam.gserviceaccount.com'),
  )
  expect(batches[0]!.pysparkBatch).toMatchObject({
    mainPythonFileUri: `gs://caec-local-staging/${platform.release.spark.clean!.main}`,
    args: [
      '--raw=gs://caec-local-raw/events/',
      '--max-rejected-share=source',
      '--source=',
      '--max-events-per-visitor-day=100000',
      '--lake=gs://caec-local-lake',
      '--days=new',
    ],
  })
})

it('leaves every event of the day in the tables, once, and the views open', async () => {
  // The first line is there twice, the last is no event.
  const events = new Set(file!.csv.trim().split('\n').slice(1, -1)).size
  const rows = await platform.readAll()
  const count = (table: string): number => rows[table]!.length
  expect([count('caec_raw.sessionized_events'), count('caec_analytics.fct_events')]).toEqual([events, events])
  const sessions = rows['caec_analytics.fct_sessions'] as { events: number }[]
  expect(sessions.reduce((sum, session) => sum + Number(session.events), 0)).toBe(events)
  expect(Object.keys(rows).filter((name) => name.startsWith('caec_insights.')).length).toBeGreaterThan(7)
})
