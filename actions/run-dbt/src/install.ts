/**
 * Finds or makes the virtual environment that holds dbt. It refuses to guess why an installation failed: pip's
 * own last words are in the error.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Runner } from '../../_shared/run.ts'
import { asset } from './assets.ts'
import type { InstallStep } from './dbt-choice.ts'
import { hintFor, isOnlyUnused, lastWords } from './installer-words.ts'
import { versionsIn } from './python.ts'

/**
 * Below the runner's tool folder, so that a later job on this machine finds it; a folder without the closing
 * mark of its lock is a crashed installation, one whose Python is gone does not answer: both are made anew.
 * @returns its Python.
 */
export async function install(step: InstallStep, runner: Runner): Promise<string> {
  const lock = step.lock ?? (await shippedLock(step.requirements))
  const stamp = createHash('sha256')
    .update(lock?.text ?? step.requirements.join('\n'))
    .digest('hex')
  const folder = path.join(keptFolder(runner), `dbt-${stamp.slice(0, 16)}`)
  const python = path.join(folder, 'bin', 'python')
  if (await isInstalled(folder, stamp, step, runner)) {
    runner.log.info(`Using ${step.target}, installed by an earlier step or job.`)
    return python
  }
  runner.log.info(`Installing ${step.target} (${step.reason}).`)
  const building = `${folder}.${process.pid}`
  await rm(building, { recursive: true, force: true })
  await mkdir(path.dirname(folder), { recursive: true })
  await run(runner, step, step.python, ['-m', 'venv', '--copies', building])
  await run(runner, step, path.join(building, 'bin', 'python'), [
    '-m',
    'pip',
    'install',
    '--disable-pip-version-check',
    '--no-input',
    '--only-binary',
    ':all:',
    '--quiet',
    // The lock is complete. Older pips take an extra in it ("name[extra]==1.2") for something unlocked.
    ...(lock === undefined ? step.requirements : ['--no-deps', '--require-hashes', '-r', lock.file]),
  ])
  // Ours is known to be complete; of another nobody would hear before an import fails in the middle of a model.
  if (step.lock !== undefined) await checkWhole(runner, step, path.join(building, 'bin', 'python'))
  await writeFile(path.join(building, COMPLETE), stamp)
  await rm(folder, { recursive: true, force: true })
  try {
    await rename(building, folder)
  } catch (error) {
    // Another job of this machine was quicker; the same lock makes the same environment.
    if (!existsSync(path.join(folder, COMPLETE))) throw error
    await rm(building, { recursive: true, force: true })
  }
  return python
}

/** What is kept on this machine from one job to the next; actions/cache can carry it to another. */
export const keptFolder = ({ environment, context }: Pick<Runner, 'environment' | 'context'>): string =>
  path.join(environment.RUNNER_TOOL_CACHE || context.tempDir, 'clickstream-actions')

const COMPLETE = '.complete'

/** Whole, of this lock, and still running; a runner's image may have it elsewhere and link to it. */
async function isInstalled(
  folder: string,
  stamp: string,
  step: InstallStep,
  runner: Runner,
): Promise<boolean> {
  const mark = await readFile(path.join(folder, COMPLETE), 'utf8').catch(() => undefined)
  if (mark !== stamp) return false
  const found = await versionsIn(path.join(folder, 'bin', 'python'), runner)
  return (
    found !== undefined &&
    step.requirements.includes(`dbt-core==${found.core}`) &&
    step.requirements.includes(`dbt-bigquery==${found.adapter}`)
  )
}

async function checkWhole(runner: Runner, step: InstallStep, python: string): Promise<void> {
  const checked = await runner.execute(python, ['-m', 'pip', 'check'])
  if (checked.exitCode !== 0 && !isOnlyUnused(`${checked.stdout}\n${checked.stderr}`))
    throw notInstalled(step, 'pip', checked)
}

async function run(
  runner: Runner,
  step: InstallStep,
  program: string,
  args: readonly string[],
): Promise<void> {
  const ended = await runner.execute(program, args)
  if (ended.exitCode === 0) return
  throw notInstalled(step, args[1] === 'pip' ? 'pip' : `${path.basename(program)} -m ${args[1]}`, ended)
}

function notInstalled(
  step: InstallStep,
  what: string,
  { exitCode, stdout, stderr }: Awaited<ReturnType<Runner['execute']>>,
): WorkFailedError {
  const said = lastWords(stderr) || lastWords(stdout)
  return new WorkFailedError(
    `Installing ${step.target}: ${what} ended with exit code ${exitCode}${said === '' ? ' and said nothing' : `: ${said}`}`,
    {
      lastLines: `${stdout}\n${stderr}`.split('\n').slice(-20),
      problem: 'dbt-installation',
      hint: hintFor(said),
    },
  )
}

/** The lock that ships with the action, when it locks exactly the versions asked for. */
async function shippedLock(
  requirements: readonly string[],
): Promise<{ readonly file: string; readonly text: string } | undefined> {
  const file = asset('requirements.txt')
  const text = await readFile(file, 'utf8').catch(() => '')
  const lines = text.split('\n').map((line) => line.split(' ')[0] ?? '')
  return requirements.every((requirement) => lines.includes(requirement)) ? { file, text } : undefined
}
