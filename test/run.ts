/** Runs every check in turn and sums their counts into one closing line; it judges nothing itself. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureAirflow, ensureAirflow2, ensureChecks, ensureSpark } from '../local/toolchain/index.ts'
import { lintWorkflows } from './workflows/lint.ts'

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}
interface Check {
  readonly name: string
  readonly isDeep?: boolean
  readonly run: (scratch: string) => Promise<Counts>
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}
const children = new Set<ReturnType<typeof spawn>>()

/** Exit code of a child whose output goes to the person; it dies with us. */
function execute(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ['ignore', 2, 2],
      env: { ...process.env, ...environment },
      detached: true,
    })
    children.add(child)
    child.on('error', (error) => {
      say(`${command}: ${error.message}`)
      resolve(127)
    })
    child.on('close', (code, signal) => {
      children.delete(child)
      resolve(code ?? (signal === null ? 1 : 128))
    })
  })
}

function endChildren(): void {
  for (const child of children) {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM')
    } catch {
      /* it is already gone */
    }
  }
}

const binary = (name: string): string => path.join(root, 'node_modules', '.bin', name)
const single = (code: number): Counts =>
  code === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
const nodeTool =
  (name: string, ...args: string[]) =>
  async (): Promise<Counts> =>
    single(await execute(process.execPath, [binary(name), ...args]))

async function jest(scratch: string, name: string, args: readonly string[]): Promise<Counts> {
  const file = path.join(scratch, `${name}.json`)
  const code = await execute(process.execPath, [
    '--experimental-vm-modules',
    '--no-warnings',
    binary('jest'),
    '--json',
    '--outputFile',
    file,
    ...args,
  ])
  if (!existsSync(file)) return single(code === 0 ? 1 : code)
  const result = JSON.parse(readFileSync(file, 'utf8')) as {
    numPassedTests: number
    numFailedTests: number
    numPendingTests: number
    numTodoTests: number
    numRuntimeErrorTestSuites: number
  }
  // A suite that cannot even load has no failed test of its own; jest itself can also fail after the last
  // test.
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites
  return {
    passed: result.numPassedTests,
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: result.numPendingTests + result.numTodoTests,
  }
}

async function pytest(
  scratch: string,
  python: string,
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Counts> {
  const file = path.join(scratch, `${folder.replaceAll('/', '-')}.xml`)
  const code = await execute(
    python,
    ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', folder, `--junitxml=${file}`],
    { PYTHONDONTWRITEBYTECODE: '1', ...environment },
  )
  if (!existsSync(file)) return single(code === 0 ? 1 : code)
  const suite = /<testsuite [^>]*>/.exec(readFileSync(file, 'utf8'))?.[0] ?? ''
  const count = (name: string): number => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0)
  const failed = count('failures') + count('errors')
  return {
    passed: count('tests') - failed - count('skipped'),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count('skipped'),
  }
}

const checks: readonly Check[] = [
  { name: 'types', run: nodeTool('tsc', '-p', 'tsconfig.json', '--noEmit') },
  { name: 'types of the actions', run: nodeTool('tsc', '-p', 'actions/tsconfig.json', '--noEmit') },
  {
    name: 'format',
    run: async () => single(await execute(process.execPath, ['scripts/format.ts', '--check'])),
  },
  { name: 'lint and walls', run: nodeTool('eslint', '.') },
  {
    name: 'lint of Python',
    run: async () => {
      const { ruff } = await ensureChecks(say)
      const everything = await execute(ruff, [
        'check',
        '--no-cache',
        'spark',
        'dags',
        'dbt',
        'local',
        'test',
        'actions',
        '.github',
      ])
      // Airflow's own rules: what Airflow 3 removed or moved, values that change with each parse, clocks
      // without a zone.
      const dags = await execute(ruff, ['check', '--no-cache', '--preview', '--select', 'AIR,DTZ', 'dags'])
      return single(Math.max(everything, dags))
    },
  },
  { name: 'workflows', run: async () => lintWorkflows(root, say) },
  {
    name: 'bundles are fresh',
    run: async () => single(await execute(process.execPath, ['scripts/bundle.ts', '--check'])),
  },
  {
    name: 'generated documents are fresh',
    run: async () => single(await execute(process.execPath, ['scripts/docs.ts', '--check'])),
  },
  {
    name: 'Spark jobs',
    run: async (scratch) => {
      const spark = await ensureSpark(say)
      return await pytest(scratch, spark.python, 'test/spark', {
        SPARK_LOCAL_IP: '127.0.0.1',
        PYSPARK_PYTHON: spark.python,
        JAVA_HOME: spark.javaHome,
        SPARK_HOME: spark.sparkHome,
      })
    },
  },
  { name: 'DAGs', run: async (scratch) => pytest(scratch, (await ensureAirflow(say)).python, 'test/dags') },
  {
    name: 'DAGs on Airflow 2.11',
    isDeep: true,
    run: async (scratch) => pytest(scratch, (await ensureAirflow2(say)).python, 'test/dags'),
  },
  {
    name: 'TypeScript',
    run: async (scratch) =>
      jest(scratch, 'jest', ['--testPathIgnorePatterns', '\\.deep\\.test\\.ts$', '/test/terraform/']),
  },
  // UPDATE_GOLDEN=1 rewrites test/terraform/golden; CLICKSTREAM_TERRAFORM=required fails where terraform or
  // Go is missing.
  {
    name: 'Terraform',
    run: async (scratch) => jest(scratch, 'jest-terraform', ['--testPathPatterns', '/test/terraform/']),
  },
  // Last but the deep ones: judges what all checks before it said to the local cloud.
  {
    name: 'contract with Google',
    run: async () =>
      single(await execute(process.execPath, ['test/contract/check.ts', process.env.LOCAL_CLOUD_RECORD!])),
  },
  {
    name: 'TypeScript, deep',
    isDeep: true,
    run: async (scratch) =>
      jest(scratch, 'jest-deep', ['--runInBand', '--testPathPatterns', '\\.deep\\.test\\.ts$']),
  },
]

/** A whole word of a name counts more than a part of one: `types` is not `TypeScript`. */
function isMeant(check: Check, word: string, all: readonly Check[]): boolean {
  const hasWord = ({ name }: Check): boolean => name.toLowerCase().split(/\W+/).includes(word)
  return all.some(hasWord) ? hasWord(check) : check.name.toLowerCase().includes(word)
}

async function main(argv: readonly string[]): Promise<number> {
  const isDeep = argv.includes('--deep')
  const unknown = argv.find((word) => word.startsWith('-') && word !== '--deep')
  if (unknown !== undefined) {
    say(
      `There is no option ${unknown}; usage: npm test or npm run check -- [--deep] [part of a check's name]…; the checks: ${checks.map((check) => check.name).join(', ')}.`,
    )
    return 1
  }
  // The door passes the verb on: `test` or `check`; what follows chooses by name.
  const wanted = argv.filter((word) => word !== '--deep' && word !== 'test' && word !== 'check')
  const possible = checks.filter((check) => isDeep || check.isDeep !== true)
  const chosen =
    wanted.length === 0
      ? possible
      : possible.filter((check) => wanted.some((word) => isMeant(check, word.toLowerCase(), possible)))
  if (chosen.length === 0) {
    say(
      `There is no check named ${wanted.join(' or ')}; choose among: ${checks.map((check) => check.name).join(', ')}.`,
    )
    return 1
  }
  const scratch = mkdtempSync(path.join(tmpdir(), 'clickstream-checks-'))
  process.once('exit', () => {
    rmSync(scratch, { recursive: true, force: true })
  })
  mkdirSync((process.env.LOCAL_CLOUD_RECORD = path.join(scratch, 'recordings')))
  const lines: string[] = []
  const total = { passed: 0, failed: 0, skipped: 0 }
  try {
    for (const [index, check] of chosen.entries()) {
      say(`\n[${index + 1}/${chosen.length}] ${check.name}`)
      const started = performance.now()
      const counts = await check.run(scratch).catch((error: unknown): Counts => {
        say(error instanceof Error ? error.message : String(error))
        return { passed: 0, failed: 1, skipped: 0 }
      })
      for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key]
      const line = `${counts.failed === 0 ? 'ok  ' : 'FAIL'} ${check.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped (${((performance.now() - started) / 1000).toFixed(0)} s)`
      lines.push(line)
      say(line)
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  say(`\n${lines.join('\n')}\n`)
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`)
  return total.failed === 0 ? 0 : 1
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    endChildren()
    process.exit(130)
  })
process.exitCode = await main(process.argv.slice(2))
