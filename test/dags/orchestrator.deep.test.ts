/**
 * The DAG as Airflow 3 runs it, day by day against the local cloud, with what happens in real life in
 * between: no events at first, a file in two parts, events of a day in the next day's file, a killed task. The
 * tables must be those of one run over everything.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { openOrchestrator, runOf, settled, succeeded, taskWhen, type Orchestrator } from './airflow.ts'
import { dayFiles } from './events.ts'
import { deployPlatform, type Platform } from './platform.ts'
import { BATCHES, type ShownBatch } from '../support/spark-batches.ts'

const [first, second, third] = dayFiles('2015-06-10', 3)
const [header, ...lines] = first!.csv.trim().split('\n')
// The last events before midnight come with the next day's file, every third of the others in a second part.
const ofNextFile = lines.filter(
  (line) => Number(line.split(',')[0]) > Date.parse(`${second!.day}T00:00:00Z`) - 60_000,
)
const parts = [0, 1].map((part) =>
  lines.filter((line, index) => !ofNextFile.includes(line) && (index % 3 === 2 ? 1 : 0) === part),
)
const fileOf = (rows: readonly string[]): string => [header, ...rows, ''].join('\n')
let folder: string
let platform: Platform
let orchestrator: Orchestrator
let failureLog: string
let dayByDay: Record<string, unknown[]>
let batches: readonly (ShownBatch & {
  readonly creator: string
  readonly pysparkBatch: { readonly args: readonly string[] }
})[]
let notDeferrable: { readonly code: number; readonly output: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orchestrator '))
  platform = await deployPlatform(folder)
  orchestrator = await openOrchestrator(platform, folder)
  const airflow = await orchestrator.start({
    AIRFLOW__CAEC__POKE_INTERVAL: '1',
    // All that a backfill waits for.
    AIRFLOW_VAR_CAEC_READY_OBJECT: 'events/{day}.txt',
  })
  try {
    await airflow.api.backfill(first!.day, second!.day)

    // What says that the day is there comes when the sensor has already gone to sleep, and its events do not.
    const failing = await runOf(airflow, first!.day)
    await taskWhen(airflow, failing, 'wait_for_events', ({ state }) => state === 'up_for_reschedule')
    await settled(airflow)
    await platform.putRaw(`${first!.day}.txt`, 'the events come later')
    const failed = await taskWhen(airflow, failing, 'clean', ({ state }) => state === 'up_for_retry')
    failureLog = await airflow.api.log(failing.dag_run_id, 'clean', failed.try_number)
    await platform.putRaw(`${first!.day}-part0.csv.gz`, gzipSync(fileOf(parts[0]!)))
    await airflow.api.clear(failing.dag_run_id, 'clean')
    await succeeded(airflow, failing)

    const killed = await runOf(airflow, second!.day)
    await platform.putRaw(`${first!.day}-part1.csv`, fileOf(parts[1]!))
    await platform.putDay({ day: second!.day, csv: `${second!.csv.trim()}\n${ofNextFile.join('\n')}\n` })
    await platform.putRaw(`${second!.day}.txt`, 'the events are there')
    const { pid } = await taskWhen(
      airflow,
      killed,
      'load',
      ({ state, pid: process }) => state === 'running' && process !== null,
    )
    process.kill(pid!, 'SIGKILL')
    await taskWhen(airflow, killed, 'load', ({ state }) => state === 'up_for_retry')
    await airflow.api.clear(killed.dag_run_id, 'load')
    await succeeded(airflow, killed)
  } finally {
    await airflow.close()
  }
  await platform.putDay(third!)
  notDeferrable = await orchestrator.testDay(third!.day, { AIRFLOW__CAEC__DEFERRABLE: 'False' })
  dayByDay = await platform.readAll()
  batches = (
    (await (
      await platform.cloud.fetchAs('ops', `${BATCHES}?pageSize=100&orderBy=create_time asc`)
    ).json()) as { batches: typeof batches }
  ).batches
}, 40 * 60_000)

afterAll(async () => {
  await orchestrator?.close()
  await platform?.cloud.close()
  await rm(folder, { recursive: true, force: true })
})

const idsOf = (job: string, day: string): string[] =>
  batches
    .map(({ name }) => name.split('/').at(-1)!)
    .filter((id) => id.startsWith(`caec-${job}-${day.replaceAll('-', '')}-`))

describe('the DAG under Airflow 3', () => {
  it(
    'leaves the tables and views that one run of the workflow over all days leaves',
    async () => {
      await platform.runWorkflowSteps()
      const full = await platform.readAll()
      expect(full['caec_raw.sessionized_events']!.length).toBeGreaterThan(300)
      for (const name of Object.keys(full))
        expect({ name, rows: dayByDay[name] }).toEqual({ name, rows: full[name] })
    },
    20 * 60_000,
  )
  it('took the second part and the late rows of a day that was computed before', () => {
    expect([ofNextFile.length, parts[1]!.length].every((rows) => rows > 0)).toBe(true)
    const loaded = dayByDay['caec_raw.sessionized_events'] as { event_date: string }[]
    // The first line is there twice, the last is no event.
    expect(loaded.filter(({ event_date: day }) => day === first!.day)).toHaveLength(
      new Set(lines.slice(0, -1)).size,
    )
  })
  it('had sessions that run over each midnight', () => {
    const sessions = dayByDay['caec_analytics.fct_sessions'] as {
      session_date: string
      session_start_ts: number
      session_end_ts: number
    }[]
    const over = new Set(
      sessions
        .filter(
          ({ session_start_ts: start, session_end_ts: end }) =>
            Math.floor(start / 86_400_000) < Math.floor(end / 86_400_000),
        )
        .map(({ session_date }) => session_date),
    )
    expect(over.size).toBe(2)
  })
  it("runs the workflow's own job files as the spark account, asked for by the account of the environment", () => {
    expect(new Set(batches.map(({ creator }) => creator))).toEqual(
      new Set(['caec-composer@caec-local.iam.gserviceaccount.com']),
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
  it('makes a new batch after clearing, and none for a task that was not cleared', () => {
    const cleared = idsOf('clean', first!.day)
    expect(cleared.map((id) => id.split('-').at(-1))).toEqual(['1', '2'])
    expect(new Set(cleared).size).toBe(2)
    expect(idsOf('clean', second!.day)).toHaveLength(1)
  })
  it('says in one line which task failed, why, and where its batch can be looked at', () => {
    const [failedId] = idsOf('clean', first!.day)
    const lines = failureLog.split('\n').filter((line) => line.includes('look at'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toContain('task clean failed in try 1')
    expect(lines[0]).toContain('no .csv or .csv.gz file there')
    expect(lines[0]).toContain(
      `look at https://console.cloud.google.com/dataproc/batches/us-central1/${failedId}/monitoring?project=caec-local`,
    )
  })
  it('waits for its batches by itself where there is no triggerer', () => {
    expect({
      code: notDeferrable.code,
      end: notDeferrable.code === 0 ? '' : notDeferrable.output.slice(-4000),
    }).toEqual({ code: 0, end: '' })
    expect(notDeferrable.output).not.toContain('Pausing task as DEFERRED')
    expect(idsOf('sessionize', third!.day)).toHaveLength(1)
  })
})
