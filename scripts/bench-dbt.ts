/**
 * run-dbt measured on the local cloud with dbt installed: against plain dbt processes, and before dbt starts. It asserts
 * nothing.
 */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { findPython } from '../local/toolchain/find-python.mjs'
import { ensureDbt } from '../local/toolchain/index.ts'
import { openDbtJob } from '../test/bundle/run-dbt-job.ts'
import { keepDbt } from '../test/support/kept-dbt.ts'
import type { RunResult } from '../test/support/runner.ts'
import type { Measured } from './measured.ts'

const execute = promisify(execFile)
const secondsOf = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now()
  await work()
  return (performance.now() - started) / 1000
}
function orThrow(result: RunResult): void {
  if (result.exitCode !== 0) throw new Error(result.log.slice(-2000))
}

/** Seed, run, test and docs in one step against four dbt processes; one command in a step against one process. */
export async function dbt(): Promise<Measured[]> {
  const world = await openDbtJob()
  try {
    await world.write('dbt', {
      'dbt_project.yml': 'name: shop\nprofile: shop\nversion: 1.0.0\n',
      'seeds/people.csv': 'id,name\n1,Ada\n2,Grace\n',
      'models/buyers.sql': "select id, name from {{ ref('people') }}\n",
      'models/schema.yml':
        'models:\n  - name: buyers\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n',
    })
    const profiles = path.join(world.job.temp, 'plain')
    mkdirSync(profiles)
    const { project } = world.cloud
    writeFileSync(
      path.join(profiles, 'profiles.yml'),
      JSON.stringify({
        shop: {
          target: 'ci',
          outputs: {
            ci: {
              type: 'bigquery',
              method: 'oauth',
              project,
              dataset: 'caec_analytics',
              location: 'us-central1',
              threads: 4,
              api_endpoint: world.cloud.origin,
            },
          },
        },
      }),
    )
    const { dbt: program } = await ensureDbt(() => undefined)
    const plain = (...words: string[]) =>
      execute(program, [...words, '--profiles-dir', profiles], {
        cwd: path.join(world.job.workspace, 'dbt'),
        env: { ...process.env, ...world.job.env },
      })
    const step = async (commands: string): Promise<void> => orThrow(await world.run({ commands }))
    // Both find everything parsed and warm.
    await step('seed\nrun')
    await plain('run')
    const all = await secondsOf(() => step('seed\nrun\ntest\ndocs generate'))
    const four = await secondsOf(async () => {
      await plain('seed')
      await plain('run')
      await plain('test')
      await plain('docs', 'generate')
    })
    const one = await secondsOf(() => step('run'))
    const single = await secondsOf(() => plain('run'))
    return [
      {
        what: 'run-dbt: seed, run, test, docs',
        seconds: all,
        against: 'four dbt processes',
        reference: four,
      },
      { what: 'run-dbt: run', seconds: one, against: 'dbt run', reference: single },
    ]
  } finally {
    await world.close()
  }
}

/** The aim of a later run on a hosted runner, of which the cache's download is GitHub's part. */
const BEFORE_DBT_SECONDS = 5

/** A machine that has only what actions/cache carried there, in an archive as that action makes it. */
export async function kept(): Promise<Measured[]> {
  const world = await openDbtJob()
  try {
    await world.write('dbt', {
      'dbt_project.yml': 'name: shop\nprofile: shop\nversion: 1.0.0\n',
      'models/buyers.sql': 'select 1 as id\n',
    })
    const tools = await keepDbt(world.job.temp)
    const folder = path.join(tools, 'clickstream-actions')
    const archive = path.join(world.job.temp, 'cache.tzst')
    const tar = ['--posix', '--use-compress-program', 'zstd -T0', '-P', '-C', tools]
    await execute('tar', [...tar, '-cf', archive, 'clickstream-actions'])
    rmSync(folder, { recursive: true })
    const unpacked = await secondsOf(() => execute('tar', [...tar, '-xf', archive]))
    const bin = path.join(world.job.temp, 'bin')
    mkdirSync(bin)
    writeFileSync(
      path.join(bin, 'python3'),
      `#!/bin/sh\nexec '${findPython(10, 13).python?.path ?? 'python3'}' "$@"\n`,
    )
    chmodSync(path.join(bin, 'python3'), 0o755)
    const started = performance.now()
    let begunMs = 0
    let commandMs = 0
    orThrow(
      await world.run({ commands: 'parse' }, { PATH: bin, RUNNER_TOOL_CACHE: tools }, (child) =>
        child.stdout?.on('data', (chunk: Buffer) => {
          if (/^Using dbt-core/m.test(chunk.toString())) begunMs ||= performance.now()
          if (/^> dbt parse/m.test(chunk.toString())) commandMs ||= performance.now()
        }),
      ),
    )
    const before = unpacked + (begunMs - started) / 1000
    const { python } = await ensureDbt(() => undefined)
    const importing = await secondsOf(() => execute(python, ['-c', 'from dbt.cli.main import dbtRunner']))
    return [
      {
        what: 'run-dbt, a second run: what a cache kept unpacked, and the step until it starts dbt',
        seconds: before,
        against: 'aim',
        reference: BEFORE_DBT_SECONDS,
      },
      {
        what: 'run-dbt, a second run: from there to the first command',
        seconds: (commandMs - begunMs) / 1000,
        against: 'importing dbt',
        reference: importing,
      },
    ]
  } finally {
    await world.close()
  }
}
