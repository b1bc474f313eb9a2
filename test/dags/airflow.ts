/**
 * A real Airflow for the DAGs of a deployed platform, and ways to wait for what it does; it refuses to go on
 * waiting when a task has failed for good.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import {
  airflowVariables,
  startAirflow,
  type AirflowOptions,
  type RunningAirflow,
} from '../../local/cloud/composer/airflow-server.ts'
import type { DagRun, TaskInstance } from '../../local/cloud/composer/airflow-api.ts'
import {
  ensureAirflow,
  ensureAirflowDatabase,
  ensureDbt,
  type AirflowTools,
} from '../../local/toolchain/index.ts'
import { repoRoot } from '../support/cloud.ts'
import type { Platform } from './platform.ts'

export const DAG = 'clickstream_pipeline'

export interface Orchestrator {
  start(settings?: Readonly<Record<string, string>>): Promise<RunningAirflow>
  /** `airflow dags test` for one day, in one process without a scheduler; returns what it printed. */
  testDay(
    day: string,
    settings?: Readonly<Record<string, string>>,
  ): Promise<{ readonly code: number; readonly output: string }>
  close(): Promise<void>
}
export interface AirflowVersion {
  readonly ensure: (progress: (line: string) => void) => Promise<AirflowTools>
  readonly ensureDatabase: (airflow: string, progress: (line: string) => void) => Promise<string>
}

export async function openOrchestrator(
  platform: Platform,
  folder: string,
  version: AirflowVersion = { ensure: ensureAirflow, ensureDatabase: ensureAirflowDatabase },
): Promise<Orchestrator> {
  const quiet = (): void => undefined
  const { cloud } = platform.cloud
  const tools = await version.ensure(quiet)
  const emptyDatabase = await version.ensureDatabase(tools.airflow, quiet)
  const { dbt } = await ensureDbt(quiet)
  const metadata = await cloud.identity.openMetadataServer(cloud.environment.serviceAccounts.composer!)
  const options: AirflowOptions = {
    origin: cloud.origin,
    environment: cloud.environment,
    metadataHost: metadata.host,
    folder: join(folder, 'airflow'),
    dags: platform.dags,
    dag: DAG,
    tools: { ...tools, emptyDatabase },
    dbt: { dbt, projectFolder: join(repoRoot, 'dbt') },
  }
  return {
    start: (settings = {}) => startAirflow({ ...options, settings }),
    async testDay(day, settings = {}) {
      const env = await airflowVariables(
        { ...options, settings },
        { url: 'http://127.0.0.1:9', user: 'admin', password: 'unused' },
      )
      const runAfter = new Date(Date.parse(`${day}T02:15:00Z`) + 86_400_000)
        .toISOString()
        .replace('.000Z', '+00:00')
      return runToEnd(tools.airflow, ['dags', 'test', DAG, runAfter], env)
    },
    close: () => metadata.close(),
  }
}

/** It ignores SIGTERM while a retry is due, so it is ended for good when this process ends. */
async function runToEnd(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const end = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', end)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const code = await new Promise<number>((resolve, reject) =>
    child.once('error', reject).once('close', (exit) => resolve(exit ?? 1)),
  )
  process.off('exit', end)
  return { code, output }
}

/** The run whose data interval begins on that day. */
export async function runOf(airflow: RunningAirflow, day: string): Promise<DagRun> {
  return until(airflow, `a run for ${day}`, async () =>
    (await airflow.api.runs()).find(({ logical_date }) => logical_date.startsWith(day)),
  )
}

export async function taskWhen(
  airflow: RunningAirflow,
  run: DagRun,
  task: string,
  isThere: (instance: TaskInstance) => boolean,
): Promise<TaskInstance> {
  return until(airflow, `${task} of ${run.dag_run_id}`, async () => {
    const tasks = await airflow.api.tasks(run.dag_run_id)
    const instance = tasks.find(({ task_id }) => task_id === task)
    if (instance !== undefined && isThere(instance)) return instance
    const failed = tasks.find(({ state }) => state === 'failed')
    if (failed !== undefined)
      throw new Error(
        `${failed.task_id} of ${run.dag_run_id} failed:\n${(await airflow.api.log(run.dag_run_id, failed.task_id, failed.try_number)).slice(-6000)}`,
      )
    return undefined
  })
}

/**
 * Waits until the scheduler has come round three times: then it knows that the process of a task that went to
 * sleep has ended. A trigger that fires before is taken for a task that was lost ("finished with state
 * success, but the task instance's state attribute is queued") and tried again minutes later.
 */
export async function settled(airflow: RunningAirflow): Promise<void> {
  const seen = new Set<string>()
  await until(airflow, 'the scheduler', async () =>
    seen.add(await airflow.api.schedulerHeartbeat()).size > 3 ? true : undefined,
  )
}

export const succeeded = (airflow: RunningAirflow, run: DagRun): Promise<TaskInstance> =>
  taskWhen(airflow, run, 'check_views', ({ state }) => state === 'success')

async function until<T>(
  airflow: RunningAirflow,
  what: string,
  look: () => Promise<T | undefined>,
): Promise<T> {
  for (;;) {
    const found = await Promise.race([look(), airflow.broken])
    if (found !== undefined) return found
    await Promise.race([
      pause(500),
      airflow.broken.catch((error: unknown) => {
        throw new Error(`waiting for ${what}: ${String(error)}`)
      }),
    ])
  }
}
