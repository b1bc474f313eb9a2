/**
 * The delivery that shops really make, through the real DAG without a scheduler: a second part of a day after
 * its night, and the day's last events in the next day's file. Nothing may be lost.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openOrchestrator, type Orchestrator } from './airflow.ts'
import { deployPlatform, type Platform } from './platform.ts'

const header = 'timestamp,visitorid,event,itemid,transactionid'
const noon = Date.parse('2015-05-03T12:00:00Z')
const midnight = Date.parse('2015-05-04T00:00:00Z')
const csv = (...rows: string[]): string => [header, ...rows, ''].join('\n')

let folder: string
let platform: Platform
let orchestrator: Orchestrator
const nights: { readonly code: number; readonly output: string }[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'late files '))
  platform = await deployPlatform(folder)
  orchestrator = await openOrchestrator(platform, folder)
  const night = async (day: string): Promise<void> => {
    nights.push(await orchestrator.testDay(day, { AIRFLOW__CAEC__DEFERRABLE: 'False' }))
  }
  await platform.putRaw('2015-05-03-part0.csv', csv(`${noon},1,view,10,`, `${noon + 1},2,view,10,`))
  await night('2015-05-03')
  await platform.putRaw(
    '2015-05-03-part1.csv',
    csv(`${noon + 2},1,addtocart,10,`, `${noon + 3},1,transaction,10,5`),
  )
  await platform.putRaw(
    '2015-05-04.csv',
    csv(
      `${midnight - 10_000},3,view,10,`,
      `${midnight + 10_000},3,view,11,`,
      `${midnight + 20_000},3,view,12,`,
      `${midnight + 9_000_000},4,view,13,`,
    ),
  )
  await night('2015-05-04')
}, 20 * 60_000)

afterAll(async () => {
  await orchestrator?.close()
  await platform?.cloud.close()
  await rm(folder, { recursive: true, force: true })
})

it('has all eight events, the purchase, and one session over midnight, published', async () => {
  for (const { code, output } of nights)
    expect({ code, end: code === 0 ? '' : output.slice(-4000) }).toEqual({ code: 0, end: '' })
  const rows = await platform.readAll()
  const events = rows['caec_analytics.fct_events'] as {
    visitor_id: number
    event_type: string
    session_id: string
  }[]
  expect(events).toHaveLength(8)
  expect(rows['caec_raw.sessionized_events']).toHaveLength(8)
  expect(events.filter(({ event_type: type }) => type === 'transaction')).toHaveLength(1)
  expect(
    new Set(events.filter(({ visitor_id: who }) => who === 3).map((event) => event.session_id)).size,
  ).toBe(1)
  expect(
    (rows['caec_insights.kpi_daily_sessions'] as { sessions: number }[]).reduce(
      (sum, row) => sum + row.sessions,
      0,
    ),
  ).toBe(4)
})
