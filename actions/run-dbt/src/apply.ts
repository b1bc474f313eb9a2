/**
 * Installs dbt when the plan says so and runs its commands in one process; it refuses to judge what dbt's
 * results mean.
 */
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import { asset } from './assets.ts'
import { failureOf } from './failure.ts'
import type { Inputs } from './inputs.ts'
import { install } from './install.ts'
import type { Observed } from './observe.ts'
import type { CommandStep, DbtPlan, DbtStep } from './plan.ts'
import { readResults, type CommandResult } from './results.ts'

export interface DbtOutcome extends Outcome<DbtStep, CommandResult> {
  /** Folder with the artifacts of each command. */
  readonly results: string
}
interface DriverCommand {
  readonly argv: readonly string[]
  readonly folder: string
}

export async function apply(
  plan: DbtPlan,
  inputs: Inputs,
  observed: Observed,
  { projectId }: Pick<Google, 'projectId'>,
  runner: Runner,
): Promise<DbtOutcome> {
  const scratch = await mkdtemp(path.join(runner.context.tempDir, 'run-dbt-'))
  const results = path.join(scratch, 'results')
  const done: { step: DbtStep; result?: CommandResult }[] = []
  try {
    await mkdir(results)
    let python = ''
    const commands: CommandStep[] = []
    for (const step of plan.steps) {
      switch (step.kind) {
        case 'use':
          python = step.python
          done.push({ step })
          break
        case 'install':
          python = await install(step, runner)
          done.push({ step })
          break
        case 'command':
        case 'list':
          commands.push(step)
          break
        case 'leave-out':
          break
        default:
          assertNever(step)
      }
    }
    const profiles = await writeProfile(scratch, plan)
    const driven = commands.map(({ argv }, number) => ({
      argv: [...argv, '--profiles-dir', profiles],
      folder: String(number),
    }))
    const exitCode =
      driven.length === 0
        ? 0
        : await drive(
            { python, scratch, results, commands: driven, target: observed.project.targetPath, projectId },
            runner,
          )
    for (const [number, step] of commands.entries()) {
      const result = await readResults(
        path.join(results, String(number)),
        inputs.projectDir,
        observed.project,
      )
      if (result !== undefined) done.push({ step, result })
    }
    const failure = failureOf(exitCode, commands, done, runner.cancelled.aborted)
    return { isApplied: true, done, results, failure }
  } catch (failure) {
    return { isApplied: true, done, results, failure }
  }
}

async function writeProfile(scratch: string, plan: DbtPlan): Promise<string> {
  const folder = path.join(scratch, 'profiles')
  await mkdir(folder, { mode: 0o700 })
  await writeFile(path.join(folder, 'profiles.yml'), plan.profiles, { mode: 0o600 })
  return folder
}

interface Drive {
  readonly python: string
  readonly scratch: string
  readonly results: string
  readonly target: string
  readonly projectId: string
  readonly commands: readonly DriverCommand[]
}

async function drive(given: Drive, runner: Runner): Promise<number> {
  const request = path.join(given.scratch, 'request.json')
  const { results, target, commands } = given
  await writeFile(request, JSON.stringify({ results, target, commands }), { mode: 0o600 })
  const talk = runner.converse(given.python, ['-u', asset('driver.py'), request], {
    env: environmentFor(given.projectId, runner),
    // Through the log, which defuses what the runner would take for a command: dbt prints what stands in rows
    // and variables.
    onLine: (line) => runner.log.info(line),
  })
  const forget = runner.onCancel(async () => {
    talk.end()
    await talk.ended.catch(() => undefined)
  })
  try {
    return await talk.ended
  } catch (error) {
    throw new WorkFailedError(
      `Starting ${given.python}: ${(error as NodeJS.ErrnoException).code ?? 'it does not run'}; correct PATH, or add actions/setup-python before this step.`,
      { problem: 'dbt-installation', cause: error },
    )
  } finally {
    forget()
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
