/** What the checks of build.yml and test.yml say of mistakes: one sentence with the place, for each. */
import { afterEach, beforeEach, expect, it } from '@jest/globals'
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { findPython } from '../../local/toolchain/find-python.mjs'
import { ensureDbt } from '../../local/toolchain/index.ts'

const root = path.resolve(import.meta.dirname, '../..')
const python = findPython(10).python?.path ?? 'python3'
let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'checked sources '))
  for (const name of ['dags', 'spark', 'dbt'])
    cpSync(path.join(root, name), path.join(folder, name), {
      recursive: true,
      filter: (file) => !/\/(target|logs|__pycache__)$/.test(file),
    })
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function run(
  action: string,
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { code: number | null; said: string; errors: string[]; summary: string } {
  const summary = path.join(folder, 'summary.md')
  const done = spawnSync(python, ['-I', path.join(root, '.github/actions', action, script), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', HOME: folder, GITHUB_STEP_SUMMARY: summary, ...env },
  })
  const said = done.stdout + done.stderr
  return {
    code: done.status,
    said,
    errors: said.split('\n').filter((line) => line.startsWith('::error')),
    summary: existsSync(summary) ? readFileSync(summary, 'utf8') : '',
  }
}
const check = (env: Readonly<Record<string, string>> = {}, docs = ''): ReturnType<typeof run> =>
  run(
    'check-sources',
    'check_sources.py',
    [
      '--spark=spark',
      '--dags=dags',
      '--dbt=dbt',
      `--docs=${docs}`,
      `--requirements=${path.join(root, 'dist/run-dbt/requirements.txt')}`,
    ],
    env,
  )

it('sound sources pass, and leave the documentation of dbt', async () => {
  const { dbt } = await ensureDbt(() => undefined)
  const result = check({ PATH: `${path.dirname(dbt)}${path.delimiter}${process.env.PATH}` }, 'site')
  expect([result.errors, result.code]).toEqual([[], 0])
  expect(result.summary).toMatch(/^### Sources\n\n\d+ Python files compile; the dbt project parsed\.\n$/)
  for (const name of ['index.html', 'manifest.json', 'catalog.json'])
    expect(existsSync(path.join(folder, 'site', name))).toBe(true)
}, 600_000)

it('a DAG that does not compile is named with its line, and so is a dbt project that is not there', () => {
  writeFileSync(path.join(folder, 'dags/broken.py'), 'from airflow import DAG\nwith DAG(\n')
  rmSync(path.join(folder, 'dbt'), { recursive: true })
  const { code, errors, summary } = check()
  expect(code).toBe(1)
  expect(errors).toEqual([
    expect.stringMatching(
      /^::error file=dags\/broken\.py,line=2::Checking the sources: dags\/broken\.py does not compile: .*; mend line 2\.$/,
    ),
    "::error file=dbt/dbt_project.yml::Checking the sources: dbt/dbt_project.yml does not exist or names no profile; name the dbt project's folder with the input dbt.",
  ])
  expect(summary).toContain('**1 do not**; the dbt project **does not parse**')
})

it("a model that dbt cannot parse is said in dbt's own words", async () => {
  const { dbt } = await ensureDbt(() => undefined)
  writeFileSync(
    path.join(folder, 'dbt/models/marts/broken.sql'),
    "select * from {{ ref('no_such_model') }}\n",
  )
  const { code, errors } = check({ PATH: `${path.dirname(dbt)}${path.delimiter}${process.env.PATH}` })
  expect([code, errors.length]).toEqual([1, 1])
  expect(errors[0]).toMatch(/dbt parse failed: .*no_such_model|dbt parse failed: .*not found/)
}, 600_000)

const spark = (env: Readonly<Record<string, string>> = {}): ReturnType<typeof run> =>
  run(
    'test-spark',
    'test_spark.py',
    [
      '--tests=test/spark',
      `--requirements=${path.join(root, '.github/actions/test-spark/requirements.txt')}`,
    ],
    env,
  )

it('a repository without Spark tests is told so and passes', () => {
  const { code, said, summary } = spark()
  expect([code, said]).toEqual([0, '::notice::There is no folder test/spark, so no Spark test was run.\n'])
  expect(summary).toBe('### Spark tests\n\nNone: there is no folder `test/spark`.\n')
})

it('a runner without a Python for Spark is told which to add', () => {
  mkdirSync(path.join(folder, 'test/spark'), { recursive: true })
  expect(spark({ PATH: folder, RUNNER_TOOL_CACHE: '' }).errors).toEqual([
    '::error::Testing Spark jobs: Spark 3.5 runs on Python 3.10 and 3.11 and this runner has neither; add actions/setup-python with python-version 3.11 before this step.',
  ])
})
