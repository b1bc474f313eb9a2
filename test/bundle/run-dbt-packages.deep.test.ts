/**
 * The run-dbt bundle installs a project's packages as package-lock.yml says, once: the next run takes what was kept,
 * and nothing that was touched since.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repoRoot } from '../support/cloud.ts'
import type { RunResult } from '../support/runner.ts'
import { messages, openDbtJob, type DbtJob } from './run-dbt-job.ts'

let dbt: DbtJob
let kit = ''
let run: () => Promise<RunResult>
beforeAll(async () => {
  dbt = await openDbtJob()
  kit = join(dbt.job.temp, 'kit')
  await cp(join(repoRoot, 'test/fixtures/dbt-kit'), kit, { recursive: true })
  await rm(join(kit, 'integration_tests'), { recursive: true })
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: kit,
      encoding: 'utf8',
    })
  git('init', '--quiet', '--initial-branch=main')
  git('add', '-A')
  git('commit', '--quiet', '-m', 'kit')
  await dbt.write('dbt', {
    'dbt_project.yml': 'name: house\nversion: 1.0.0\n',
    'packages.yml': `packages:\n  - git: ${kit}\n    revision: ${git('rev-parse', 'HEAD').trim()}\n`,
    'models/a.sql': 'select 1 as id\n',
  })
  const env = { RUNNER_TOOL_CACHE: join(dbt.job.temp, 'tools') }
  run = async () => {
    // As in a fresh checkout.
    await rm(join(dbt.job.workspace, 'dbt/dbt_packages'), { recursive: true, force: true })
    return dbt.run({ commands: 'deps\nparse' }, env)
  }
}, 600_000)
afterAll(() => dbt.close())

it('without a lock dbt resolves anew, and the step says so', async () => {
  const result = await run()
  expect([result.exitCode, messages(result)]).toEqual([0, []])
  expect(result.summary).toContain('has no package-lock.yml')
}, 120_000)

it('with the lock they are installed once, and then need no network', async () => {
  const first = await run()
  expect([first.exitCode, messages(first)]).toEqual([0, []])
  expect(first.log).toContain('> dbt deps')
  await rm(kit, { recursive: true })
  const second = await run()
  expect([second.exitCode, messages(second)]).toEqual([0, []])
  expect(second.log).not.toContain('> dbt deps')
  expect(second.summary).toContain('one package of package-lock.yml, kept on this machine')
  const macros = await readdir(join(dbt.job.workspace, 'dbt/dbt_packages/kit/macros'))
  expect(macros).toContain('surrogate_key.sql')
}, 120_000)

it('what was touched since is not used', async () => {
  const [entry = ''] = await readdir(join(dbt.job.temp, 'tools/clickstream-actions'))
  const macro = join(dbt.job.temp, 'tools/clickstream-actions', entry, 'content/kit/macros/surrogate_key.sql')
  await writeFile(macro, `${await readFile(macro, 'utf8')}\n{% do log("touched", info=true) %}\n`)
  const result = await run()
  expect(result.exitCode).toBe(1)
  expect(result.log).toContain('> dbt deps')
}, 120_000)
