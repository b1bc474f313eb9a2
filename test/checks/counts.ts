/**
 * Runs jest and pytest and reads what they counted, and how long each file took, from their own result files.
 * A suite that does not load is a failure, never nothing.
 */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { binary, root, type Shell } from './shell.ts'

export interface FileTime {
  readonly file: string
  readonly seconds: number
}
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly files?: readonly FileTime[]
}

export const single = (code: number): Counts =>
  code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }

interface JestResult {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly numRuntimeErrorTestSuites: number
  readonly testResults: readonly {
    readonly name: string
    readonly startTime: number
    readonly endTime: number
  }[]
}

export async function jest(
  shell: Shell,
  scratch: string,
  name: string,
  args: readonly string[],
): Promise<Counts> {
  const file = path.join(scratch, `${name}.json`)
  const code = await shell.execute(process.execPath, [
    '--experimental-vm-modules',
    '--no-warnings',
    binary('jest'),
    '--json',
    '--outputFile',
    file,
    ...args,
  ])
  if (!existsSync(file)) return single(code === 0 ? 1 : code)
  const result = JSON.parse(readFileSync(file, 'utf8')) as JestResult
  // A suite that cannot even load has no failed test of its own; jest itself can also fail after the last test.
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites
  return {
    passed: result.numPassedTests,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
    files: result.testResults.map(({ name: test, startTime, endTime }) => ({
      file: path.relative(root, test),
      seconds: (endTime - startTime) / 1000,
    })),
  }
}

export async function pytest(
  shell: Shell,
  scratch: string,
  python: string,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
  /** A marker expression. */
  chosen = 'not deep',
): Promise<Counts> {
  const name = `${folder} ${chosen} ${path.basename(path.dirname(python))}`.replaceAll(/[/ ]/g, '-')
  const file = path.join(scratch, `${name}.xml`)
  const code = await shell.execute(
    python,
    ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', '-m', chosen, folder, `--junitxml=${file}`],
    { PYTHONDONTWRITEBYTECODE: '1', ...environment },
  )
  if (!existsSync(file)) return single(code === 0 ? 1 : code)
  return readJunit(readFileSync(file, 'utf8'), code)
}

/** Of pytest's own report: one `testsuite`, each test with the module it stands in and its seconds. */
export function readJunit(report: string, code: number): Counts {
  const suite = /<testsuite [^>]*>/.exec(report)?.[0] ?? ''
  const count = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const failed = count('failures') + count('errors')
  const seconds = new Map<string, number>()
  for (const [test] of report.matchAll(/<testcase [^>]*>/g)) {
    const module = / classname="([^"]*)"/.exec(test)?.[1] ?? ''
    const file = `${module.replaceAll('.', '/')}.py`
    seconds.set(file, (seconds.get(file) ?? 0) + Number(/ time="([\d.]+)"/.exec(test)?.[1] ?? 0))
  }
  return {
    passed: count('tests') - failed - count('skipped'),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count('skipped'),
    files: [...seconds].map(([file, time]) => ({ file, seconds: time })),
  }
}

/** The ten files that took longest, as lines of a table. */
export function slowest(files: readonly FileTime[]): string[] {
  return [...files]
    .sort((one, other) => other.seconds - one.seconds)
    .slice(0, 10)
    .map(({ file, seconds }) => `${seconds.toFixed(0).padStart(5)} s  ${file}`)
}

/** What stands last: a line for each check, the minutes, and what has to be known though nothing failed. */
export const closing = (lines: readonly string[], minutes: string, reminder: string | undefined): string =>
  ['', ...lines, '', `all in ${minutes} minutes`, ...(reminder === undefined ? [] : ['', reminder]), ''].join(
    '\n',
  )
