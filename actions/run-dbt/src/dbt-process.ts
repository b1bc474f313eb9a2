/**
 * Runs a list of dbt commands in one process, with the keyless profile and without what is not dbt's. It
 * refuses to judge how they ended.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { Runner } from '../../_shared/run.ts'
import { asset } from './assets.ts'
import { stop, type JobPlace, type Stopped } from './stop.ts'

export interface DbtRun {
  readonly python: string
  /** A folder of this run alone; holds the profile and the results. */
  readonly scratch: string
  /** Where dbt writes. */
  readonly target: string
  readonly projectId: string
  readonly jobs: JobPlace
  readonly profiles: string
  readonly argvs: readonly (readonly string[])[]
  /** False for what only looks: its output is shown when it fails. */
  readonly isLoud: boolean
}
export interface DbtEnd {
  readonly exitCode: number
  /** Holds one folder per command: `0`, `1`, … */
  readonly results: string
  /** Of a run that was cancelled. */
  readonly stopped?: Stopped
}

export async function runDbt(run: DbtRun, google: Google, runner: Runner): Promise<DbtEnd> {
  const results = path.join(run.scratch, 'results')
  const profiles = path.join(run.scratch, 'profiles')
  await mkdir(results, { recursive: true })
  await mkdir(profiles, { mode: 0o700, recursive: true })
  await writeFile(path.join(profiles, 'profiles.yml'), run.profiles, { mode: 0o600 })
  if (run.argvs.length === 0) return { exitCode: 0, results }
  const request = path.join(run.scratch, 'request.json')
  const commands = run.argvs.map((argv, number) => ({
    argv: [...argv, '--profiles-dir', profiles],
    folder: String(number),
  }))
  await writeFile(
    request,
    JSON.stringify({ commands, results, target: run.target, labels: labelsFor(runner) }),
    { mode: 0o600 },
  )
  const kept: string[] = []
  const talk = runner.converse(run.python, ['-u', asset('driver.py'), request], {
    env: environmentFor(run.projectId, runner),
    // Through the log, which defuses what the runner would take for a command: dbt prints what stands in rows
    // and variables.
    onLine: (line) => (run.isLoud ? runner.log.info(line) : void kept.push(line)),
  })
  let stopping: Promise<Stopped> | undefined
  const forget = runner.onCancel(async () => {
    stopping = stop(talk, results, run.jobs, google)
    await stopping
  })
  try {
    const exitCode = await talk.ended
    if (exitCode !== 0) for (const line of kept.slice(-200)) runner.log.info(line)
    return { exitCode, results, stopped: await stopping }
  } catch (error) {
    throw new WorkFailedError(
      `Starting ${run.python}: ${(error as NodeJS.ErrnoException).code ?? 'it does not run'}; correct PATH, or add actions/setup-python before this step.`,
      { problem: 'dbt-installation', cause: error },
    )
  } finally {
    forget()
  }
}

/** Of each query's job, beside the model that dbt names: in INFORMATION_SCHEMA.JOBS they say what it was for. */
export function labelsFor({ context }: Runner): Record<string, string> {
  const value = (text: string): string =>
    text
      .toLowerCase()
      .replace(/[^a-z0-9_-]/g, '_')
      .slice(0, 63)
  return {
    'managed-by': 'run-dbt',
    ...(context.repository === '' ? {} : { repository: value(context.repository) }),
    ...(context.runId === '' ? {} : { run: value(context.runId) }),
  }
}

/** Neither inputs nor the job's right to tokens are dbt's. */
function environmentFor(projectId: string, runner: Runner): Record<string, string> {
  const kept = Object.entries(runner.environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !/^(INPUT_|ACTIONS_)/.test(entry[0]),
  )
  return {
    ...Object.fromEntries(kept),
    GOOGLE_CLOUD_PROJECT: projectId,
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    DO_NOT_TRACK: '1',
    DBT_USE_COLORS: 'false',
    PYTHONDONTWRITEBYTECODE: '1',
  }
}
