/**
 * The same DAG file on Airflow 2.11: day by day with `airflow dags test`, deferrable and not; the tables must
 * be those of one run over everything.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureAirflow2, ensureAirflowDatabase } from '../../local/toolchain/index.ts'
import { openOrchestrator, type Orchestrator } from './airflow.ts'
import { dayFiles } from './events.ts'
import { deployPlatform, type Platform } from './platform.ts'

const files = dayFiles('2015-06-10', 3)
let folder: string
let platform: Platform
let orchestrator: Orchestrator

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestrator '))
  platform = await deployPlatform(folder)
  orchestrator = await openOrchestrator(platform, folder, {
    ensure: ensureAirflow2,
    ensureDatabase: (airflow, progress) => ensureAirflowDatabase(airflow, progress, 'airflow2'),
  })
  for (const file of files) await platform.putDay(file)
}, 40 * 60_000)
afterAll(async () => {
  await orchestrator?.close()
  await platform?.cloud.close()
  await rm(folder, { recursive: true, force: true })
})

it(
  'ends with the tables of one run over all days',
  async () => {
    for (const [index, { day }] of files.entries()) {
      const isDeferrable = index < 2
      const { code, output } = await orchestrator.testDay(day, {
        AIRFLOW__CAEC__DEFERRABLE: String(isDeferrable),
        AIRFLOW__CORE__EXECUTOR: 'SequentialExecutor',
      })
      expect({ day, code, end: code === 0 ? '' : output.slice(-5000) }).toEqual({ day, code: 0, end: '' })
      expect(output.includes('[DAG TEST] running trigger in line')).toBe(isDeferrable)
    }
    const dayByDay = await platform.readAll()
    await platform.runWorkflowSteps()
    const full = await platform.readAll()
    expect(full['caec_raw.sessionized_events']!.length).toBeGreaterThan(300)
    for (const name of Object.keys(full))
      expect({ name, rows: dayByDay[name] }).toEqual({ name, rows: full[name] })
  },
  40 * 60_000,
)
