/**
 * Installs dbt when the plan says so and runs its commands in one process; it refuses to judge what dbt's
 * results mean.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Runner } from '../../_shared/run.ts'
import type { Inputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import type { DbtPlan, DbtStep } from './plan.ts'
import { readResults, type CommandResult } from './results.ts'

export interface DbtOutcome extends Outcome<DbtStep, CommandResult> {
  /** Folder with the artifacts of each command. */
  readonly results: string
}

/** Files that ship beside the bundle. */
const asset = (name: string): string => path.join(path.dirname(process.argv[1] ?? ''), name)

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
    let python = ''
    const commands: (DbtStep & { argv: readonly string[] })[] = []
    for (const step of plan.steps) {
      switch (step.kind) {
        case 'use':
          python = step.python
          done.push({ step })
          break
        case 'install':
          python = await install(step, inputs, runner)
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
    const exitCode = await runDbt(python, commands, plan, observed, projectId, scratch, results, runner)
    for (const [number, step] of commands.entries()) {
      const result = await readResults(results, number, inputs.projectDir)
      if (result !== undefined) done.push({ step, result })
    }
    const failure = failureOf(exitCode, commands, done)
    return { isApplied: true, done, results, failure }
  } catch (error) {
    return { isApplied: true, done, results, failure: error }
  }
}

async function runDbt(
  python: string,
  commands: readonly { argv: readonly string[] }[],
  plan: DbtPlan,
  observed: Observed,
  projectId: string,
  scratch: string,
  results: string,
  runner: Runner,
): Promise<number> {
  if (commands.length === 0) return 0
  const profiles = path.join(scratch, 'profiles')
  await mkdir(profiles, { mode: 0o700 })
  await writeFile(path.join(profiles, 'profiles.yml'), plan.profiles, { mode: 0o600 })
  const flags = [...plan.flags, '--profiles-dir', profiles]
  const request = path.join(scratch, 'request.json')
  // Sub-commands come before flags: `docs generate --target ci`.
  const argvs = commands.map(({ argv }) => [...argv, ...flags])
  await writeFile(request, JSON.stringify({ commands: argvs, results, target: observed.targetPath }), {
    mode: 0o600,
  })
  const environment = Object.fromEntries(
    Object.entries(runner.environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !/^(INPUT_|ACTIONS_)/.test(entry[0]),
    ),
  )
  // Line by line through the log, which defuses what the runner would take for a command: dbt prints what
  // stands in rows and variables.
  const onLine = (line: string): void => runner.log.info(line)
  const { exitCode } = await runner.execute(python, ['-u', asset('driver.py'), request], {
    onStdoutLine: onLine,
    onStderrLine: onLine,
    env: {
      ...environment,
      GOOGLE_CLOUD_PROJECT: projectId,
      DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
      DO_NOT_TRACK: '1',
      DBT_USE_COLORS: 'false',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  })
  return exitCode
}

/**
 * A virtual environment below the runner's tool folder; a folder without the closing mark is a crashed
 * installation and is made anew.
 */
async function install(
  step: DbtStep & { kind: 'use' | 'install' },
  inputs: Inputs,
  runner: Runner,
): Promise<string> {
  const base = runner.environment.RUNNER_TOOL_CACHE || runner.context.tempDir
  const folder = path.join(base, 'clickstream-actions', step.requirements.join('_').replace(/[^\w.=-]/g, '-'))
  const python = path.join(folder, 'bin', 'python')
  const mark = path.join(folder, '.complete')
  const locked = await lockedRequirements(step.requirements)
  const stamp = createHash('sha256')
    .update(locked ?? step.requirements.join('\n'))
    .digest('hex')
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === stamp) return python
  runner.log.info(`Installing ${step.target} (${step.reason}).`)
  const building = `${folder}.${process.pid}`
  await rm(building, { recursive: true, force: true })
  await mkdir(path.dirname(folder), { recursive: true })
  const run = async (program: string, args: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await runner.execute(program, args)
    if (exitCode !== 0)
      throw new WorkFailedError(
        `Installing ${inputs.coreVersion} of dbt-core: ${path.basename(program)} ended with exit code ${exitCode}; is the package index reachable and does this Python have venv?`,
        { lastLines: stderr.split('\n').slice(-20), problem: 'dbt-installation' },
      )
  }
  await run(step.python, ['-m', 'venv', '--copies', building])
  const requirements =
    locked === undefined ? [...step.requirements] : ['--require-hashes', '-r', asset('requirements.txt')]
  await run(path.join(building, 'bin', 'python'), [
    '-m',
    'pip',
    'install',
    '--disable-pip-version-check',
    '--no-input',
    '--only-binary',
    ':all:',
    '--quiet',
    ...requirements,
  ])
  await writeFile(path.join(building, '.complete'), stamp)
  await rm(folder, { recursive: true, force: true })
  await rename(building, folder)
  return python
}

/** The lock that ships with the action, when it locks exactly the versions asked for. */
async function lockedRequirements(requirements: readonly string[]): Promise<string | undefined> {
  const lock = await readFile(asset('requirements.txt'), 'utf8').catch(() => '')
  const lines = lock.split('\n').map((line) => line.split(' ')[0] ?? '')
  return requirements.every((requirement) => lines.includes(requirement)) ? lock : undefined
}

function failureOf(
  exitCode: number,
  commands: readonly DbtStep[],
  done: readonly { step: DbtStep; result?: CommandResult }[],
): WorkFailedError | undefined {
  const ran = done.filter(({ result }) => result !== undefined)
  const failed = ran.find(({ result }) => result?.isSuccess === false)
  if (failed?.result !== undefined) {
    const bad = failed.result.nodes.filter((node) => node.verdict === 'failed')
    const what =
      bad.length > 0
        ? `${bad.length} of ${failed.result.nodes.length} nodes failed: ${bad
            .slice(0, 5)
            .map((node) => node.name)
            .join(', ')}${bad.length > 5 ? ', …' : ''}`
        : (failed.result.exception ?? 'dbt reported failure')
    return new WorkFailedError(
      `Running dbt ${failed.step.target}: ${what}; see the table and the annotations.`,
      {
        lastLines: bad
          .flatMap((node) => (node.message === '' ? [] : [`${node.name}: ${node.message}`]))
          .slice(0, 20),
        problem: 'dbt-failed',
      },
    )
  }
  if (exitCode !== 0 || ran.length < commands.length) {
    return new WorkFailedError(
      `Running dbt ${commands[ran.length]?.target ?? ''}: the process ended with exit code ${exitCode} before dbt could say why; see its output above.`,
      { problem: 'dbt-failed' },
    )
  }
  return undefined
}
