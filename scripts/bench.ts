/**
 * Measures what we promise, each as a ratio to a named limit or peer in the same run; it asserts nothing.
 * Usage: npm run bench [-- demo-small demo-full start sessions spark scale-spark scale-bigquery page views dags dbt dbt-kept submit bigquery]
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { DuckDBInstance } from '@duckdb/node-api'
import { generateEvents } from '../local/demo/generator.ts'
import { ensureSpark } from '../local/toolchain/index.ts'
import { bigquery } from './bench-bigquery.ts'
import { dags } from './bench-dags.ts'
import { scaleOfBigQuery, scaleOfSpark } from './bench-scale.ts'
import { spark } from './bench-spark.ts'
import { sparkEnvironment } from './bench-spark-jobs.ts'
import { dbt, kept } from './bench-dbt.ts'
import { page } from './bench-page.ts'
import { submit } from './bench-submit.ts'
import { views } from './bench-views.ts'
import type { Measured } from './measured.ts'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

function time(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ seconds: number; code: number | null; stdout: string }> {
  return new Promise((resolve, reject) => {
    const started = performance.now()
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    let stdout = ''
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ seconds: (performance.now() - started) / 1000, code, stdout }))
  })
}

async function median(times: number, work: () => Promise<number>): Promise<number> {
  const all: number[] = []
  for (let turn = 0; turn < times; turn += 1) all.push(await work())
  return all.sort((left, right) => left - right)[Math.floor(times / 2)] ?? 0
}

/** The aim of a warm demo on two cores, as a limit. */
async function demo(size: 'small' | 'full', limitSeconds: number): Promise<Measured[]> {
  const state = mkdtempSync(path.join(tmpdir(), 'bench-demo-'))
  try {
    const { seconds, code, stdout } = await time(process.execPath, [
      'local/start.mjs',
      'demo',
      '--size',
      size,
      '--state',
      state,
    ])
    if (code !== 0) throw new Error(`the demo of size ${size} ended with exit code ${code}`)
    const { report } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { report: string }
    const { timings } = JSON.parse(readFileSync(report, 'utf8')) as { timings: Record<string, number> }
    for (const [step, took] of Object.entries(timings)) say(`  ${step}: ${took} s`)
    return [
      {
        what: `demo --size ${size}, warm`,
        seconds,
        against: `aim of ${limitSeconds} s`,
        reference: limitSeconds,
      },
    ]
  } finally {
    rmSync(state, { recursive: true, force: true })
  }
}

/**
 * From spawn to the refusal of a missing input: what every step pays before it works, and the bytes it is loaded from.
 * BENCH_AUTH_PEER names the dist/main/index.js of a checkout of google-github-actions/auth, which no registry has.
 */
async function start(): Promise<Measured[]> {
  const bare = await median(9, async () => (await time(process.execPath, ['-e', '0'])).seconds)
  const names = readdirSync(path.join(root, 'actions')).filter((name) =>
    existsSync(path.join(root, 'actions', name, 'action.yml')),
  )
  // One after the other: side by side they would measure each other.
  const found: Measured[] = []
  for (const name of names) {
    const seconds = await median(
      9,
      async () =>
        (
          await time(process.execPath, [`dist/${name}/index.js`], {
            GITHUB_WORKSPACE: root,
            RUNNER_TEMP: tmpdir(),
          })
        ).seconds,
    )
    const folder = path.join(root, 'dist', name)
    const bytes = readdirSync(folder)
      .filter((file) => file.endsWith('.js'))
      .reduce((sum, file) => sum + statSync(path.join(folder, file)).size, 0)
    const what = `start of dist/${name} (${Math.round(bytes / 1000)} kB)`
    found.push({ what, seconds, against: 'bare node', reference: bare })
    const { BENCH_AUTH_PEER: peer } = process.env
    if (name !== 'auth') continue
    if (peer === undefined) say('  BENCH_AUTH_PEER is not set: no comparison with google-github-actions/auth')
    else {
      const reference = await median(9, async () => (await time(process.execPath, [peer])).seconds)
      found.push({ what, seconds, against: 'google-github-actions/auth', reference })
    }
  }
  return found
}

/** Spark's whole batch (start included) against DuckDB's SQL for the same rule on the same file. */
async function sessions(): Promise<Measured[]> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'bench-sessions-'))
  try {
    const csv = path.join(scratch, 'raw', 'events.csv')
    await import('node:fs/promises').then(({ mkdir }) => mkdir(path.dirname(csv), { recursive: true }))
    await generateEvents({ rows: 1_000_000, seed: 1, path: csv })
    const tools = await ensureSpark(say)
    const { python } = tools
    const environment = sparkEnvironment(root, tools)
    const lake = path.join(scratch, 'lake')
    const clean = await time(
      python,
      ['spark/jobs/clean.py', '--raw', path.dirname(csv), '--lake', lake],
      environment,
    )
    const cut = await time(python, ['spark/jobs/sessionize.py', '--lake', lake], environment)
    if (clean.code !== 0 || cut.code !== 0) throw new Error('a Spark job failed')
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' })
    const connection = await instance.connect()
    const started = performance.now()
    await connection.run(
      `COPY (SELECT *, SUM(opens) OVER (PARTITION BY visitorid ORDER BY timestamp ROWS UNBOUNDED PRECEDING) AS session FROM (SELECT *, CASE WHEN timestamp - LAG(timestamp) OVER (PARTITION BY visitorid ORDER BY timestamp) > 1800000 THEN 1 ELSE 0 END AS opens FROM read_csv('${csv.replaceAll("'", "''")}'))) TO '${path.join(scratch, 'out.parquet').replaceAll("'", "''")}' (FORMAT parquet)`,
    )
    return [
      {
        what: 'clean + sessionize of 1,000,000 events, Spark with both starts',
        seconds: clean.seconds + cut.seconds,
        against: 'DuckDB, the gap rule alone',
        reference: (performance.now() - started) / 1000,
      },
    ]
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

const benches: Readonly<Record<string, () => Promise<Measured[]>>> = {
  start,
  'demo-small': () => demo('small', 45),
  'demo-full': () => demo('full', 150),
  sessions,
  spark: () => spark(root, say),
  'scale-spark': () => scaleOfSpark(root, say),
  'scale-bigquery': () => scaleOfBigQuery(root, say),
  page: () => page(say),
  views: () => views(say),
  dags: () => dags(root, say),
  dbt,
  'dbt-kept': kept,
  submit: () => submit(say),
  bigquery: () => bigquery(say),
}

const spelled = (seconds: number): string =>
  seconds < 1 ? `${(seconds * 1000).toFixed(0)} ms` : `${seconds.toFixed(seconds < 10 ? 2 : 0)} s`

async function main(argv: readonly string[]): Promise<number> {
  const unknown = argv.find((name) => !Object.hasOwn(benches, name))
  if (unknown !== undefined) {
    say(`npm run bench: there is no bench ${unknown}; choose among ${Object.keys(benches).join(', ')}`)
    return 1
  }
  say(
    `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
  )
  for (const name of argv.length > 0 ? argv : Object.keys(benches)) {
    for (const { what, seconds, against, reference } of (await benches[name]?.()) ?? []) {
      process.stdout.write(
        `${what}: ${spelled(seconds)} = ${(seconds / reference).toFixed(2)} × ${against} (${spelled(reference)})\n`,
      )
    }
  }
  return 0
}

process.exitCode = await main(process.argv.slice(2))
