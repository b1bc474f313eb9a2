/**
 * Runs the checks, two lanes side by side, and sums their counts into one closing line; it judges nothing
 * itself.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { unknownOption } from '../local/option-mistakes.ts'
import { closing, slowest, type Counts, type FileTime } from './checks/counts.ts'
import { checks, checksNamed, type Check } from './checks/list.ts'
import { endChildren, openShell } from './checks/shell.ts'
import { unnamed } from '../scripts/repository-name.ts'

const say = (line: string): void => void process.stderr.write(`${line}\n`)

interface Judged {
  readonly counts: Counts
  readonly line: string
}

async function judge(check: Check, scratch: string, isShown: boolean): Promise<Judged> {
  if (isShown) say(`\n${check.name}`)
  const shell = openShell(isShown)
  const started = performance.now()
  const counts = await check.run(shell, scratch).catch((error: unknown): Counts => {
    shell.say(error instanceof Error ? error.message : String(error))
    return { passed: 0, failed: 1, skipped: 0 }
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  const line = `${counts.failed === 0 ? 'ok  ' : 'FAIL'} ${check.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${seconds} s)`
  // Of a check beside others only what somebody has to read is worth its lines.
  const kept = counts.failed + counts.skipped > 0 ? shell.kept().trimEnd() : ''
  say(kept === '' ? line : `\n${check.name}\n${kept}\n${line}`)
  return { counts, line }
}

async function runChosen(chosen: readonly Check[], scratch: string): Promise<Judged[]> {
  const laneOf = (lane: Check['lane']): Check[] => chosen.filter((check) => check.lane === lane)
  const isAlone = laneOf('tests').length === 0 || laneOf('beside').length === 0
  const judged = new Map<Check, Judged>()
  const runLane = async (lane: Check['lane']): Promise<void> => {
    for (const check of laneOf(lane))
      judged.set(check, await judge(check, scratch, isAlone || lane !== 'beside'))
  }
  await Promise.all([runLane('tests'), runLane('beside')])
  await runLane('last')
  return chosen.flatMap((check) => judged.get(check) ?? [])
}

async function main(argv: readonly string[]): Promise<number> {
  const isDeep = argv.includes('--deep')
  const names = checks.map((check) => check.name).join(', ')
  const unknown = argv.find((word) => word.startsWith('-') && word !== '--deep')
  if (unknown !== undefined) {
    const usage = "npm test or npm run check -- [--deep] [part of a check's name]…"
    say(`npm run check: ${unknownOption(unknown, usage)}; the checks: ${names}.`)
    return 1
  }
  // The door passes the verb on: `test` or `check`; what follows chooses by name.
  const wanted = argv.filter((word) => word !== '--deep' && word !== 'test' && word !== 'check')
  const possible = checks.filter((check) => isDeep || check.isDeep !== true)
  const chosen = wanted.length === 0 ? possible : checksNamed(wanted, possible)
  if (chosen.length === 0) {
    say(`There is no check named ${wanted.join(' or ')}; choose among: ${names}.`)
    return 1
  }
  const scratch = mkdtempSync(path.join(tmpdir(), 'clickstream-checks-'))
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }))
  mkdirSync((process.env.LOCAL_CLOUD_RECORD = path.join(scratch, 'recordings')))
  const started = performance.now()
  const judged = await runChosen(chosen, scratch)
  const files = judged.flatMap(({ counts }): readonly FileTime[] => counts.files ?? [])
  if (files.length > 10) say(`\nThe ten slowest files:\n${slowest(files).join('\n')}`)
  const minutes = ((performance.now() - started) / 60_000).toFixed(1)
  const lines = judged.map(({ line }) => line)
  say(closing(lines, minutes, unnamed(path.resolve(import.meta.dirname, '..'))))
  const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
    judged.reduce((total, { counts }) => total + counts[key], 0)
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`)
  return sum('failed') === 0 ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    endChildren()
    process.exit(130)
  })
process.exitCode = await main(process.argv.slice(2))
