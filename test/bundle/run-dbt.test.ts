/**
 * The run-dbt bundle with a real dbt against the local cloud's BigQuery. Few runs with many claims each:
 * starting dbt is what takes the time.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Exchange } from '../../local/cloud/gateway.ts'
import { openJobs } from '../../actions/run-dbt/src/stop.ts'
import { errorOf, type RunResult } from '../support/runner.ts'
import { openDbtJob, places, type DbtJob } from './run-dbt-job.ts'

const PROJECT_DIR = 'my dbt project'
const HOSTILE = 'a\'"; $(touch pwned) `id`\n::error::from a variable\n##[error]too'
const exchanges: Exchange[] = []
let dbt: DbtJob

const FILES: Record<string, string> = {
  'dbt_project.yml': [
    'name: tiny',
    'version: 1.0.0',
    'config-version: 2',
    'profile: tiny',
    'vars: { word: none }',
    'on-run-start: "{{ show_surroundings() }}"',
    '',
  ].join('\n'),
  'macros/show.sql':
    "{% macro show_surroundings() %}{{ log('INPUTS=' ~ env_var('INPUT_COMMANDS', 'absent') ~ ' TOKEN=' ~ env_var('ACTIONS_ID_TOKEN_REQUEST_TOKEN', 'absent') ~ ' WORD=' ~ var('word'), info=True) }}{% endmacro %}\n",
  'models/good/people.sql': "select 1 as id, 'a' as name\nunion all\nselect 2, null\n",
  'models/good/people.yml': [
    'models:',
    '  - name: people',
    '    columns:',
    '      - name: id',
    '        data_tests:',
    '          - unique',
    '      - name: name',
    '        data_tests:',
    '          - not_null: { config: { severity: warn } }',
    '',
  ].join('\n'),
  'models/bad/broken.sql':
    '{{ config(materialized="table") }}\nselect\n  no_such_column\nfrom {{ ref("people") }}\n',
  'models/bad/after_broken.sql': 'select * from {{ ref("broken") }}\n',
  'models/bad/twice.sql': 'select 1 as id union all select 1\n',
  'models/bad/twice.yml': [
    'models:',
    '  - name: twice',
    '    columns:',
    '      - name: id',
    '        data_tests: [unique]',
    '',
  ].join('\n'),
}

beforeAll(async () => {
  dbt = await openDbtJob({ onExchange: (exchange) => exchanges.push(exchange) })
  await dbt.write(PROJECT_DIR, FILES)
}, 600_000)
afterAll(() => dbt.close())

const run: DbtJob['run'] = (inputs, ...rest) => dbt.run({ 'project-dir': PROJECT_DIR, ...inputs }, ...rest)
const tables = () => dbt.tablesOf('caec_analytics')

describe('run-dbt, when all is well', () => {
  let result: RunResult
  beforeAll(async () => {
    result = await run({
      commands: 'build --select good\ndbt run --select people',
      vars: JSON.stringify({ word: HOSTILE }),
    })
  }, 480_000)

  it('builds models, tests them, and gives counts and results', async () => {
    expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
    expect(result.outputs).toMatchObject({
      status: 'success',
      'nodes-passed': expect.stringMatching(/^[345]$/),
      'nodes-failed': '0',
      'nodes-warned': '1',
      'nodes-skipped': '0',
    })
    expect(await tables()).toEqual(['people'])
    const folder = result.outputs['results-path']!
    expect((await readdir(folder)).sort()).toEqual(['0', '1', 'jobs.jsonl', 'junit.xml'])
    expect(result.outputs['junit-path']).toBe(join(folder, 'junit.xml'))
    for (const command of ['0', '1'])
      expect((await readdir(join(folder, command))).sort()).toEqual([
        'command.json',
        'manifest.json',
        'run_results.json',
      ])
    expect(
      JSON.parse(await readFile(join(folder, '0/run_results.json'), 'utf8')).results.length,
    ).toBeGreaterThanOrEqual(3)
    expect(result.summary).toContain('dbt: succeeded')
    expect(result.summary).toContain('people')
  })

  it('shows a warning where its test stands in the YAML', () => {
    expect(places(result)).toEqual([
      {
        kind: 'warning',
        place: `${PROJECT_DIR}/models/good/people.yml:7`,
        message: expect.stringContaining('1 result'),
      },
    ])
  })

  it('keeps its profile outside the workspace, readable by nobody else, and without a secret', async () => {
    const profile = join(result.outputs['results-path']!, '../profiles/profiles.yml')
    expect((await stat(profile)).mode & 0o777).toBe(0o600)
    expect(profile.startsWith(dbt.job.workspace)).toBe(false)
    expect(JSON.parse(await readFile(profile, 'utf8')).tiny.outputs.ci).toMatchObject({
      method: 'oauth',
      project: 'caec-local',
      dataset: 'caec_analytics',
      location: 'us-central1',
      threads: 4,
    })
    expect(await readFile(profile, 'utf8')).not.toMatch(/ya29|eyJ|token/)
  })

  it("hands dbt neither its inputs nor the job's right to tokens", () => {
    expect(result.log).toContain('INPUTS=absent TOKEN=absent')
  })

  it("puts on each query's job the repository, the run and the model", async () => {
    const { body } = await dbt.cloud.api('ops', 'GET', '/jobs?allUsers=true&projection=full&maxResults=1000')
    const jobs = body.jobs as { configuration: { labels?: Record<string, string> } }[]
    expect(jobs.map(({ configuration }) => configuration.labels)).toContainEqual({
      'managed-by': 'run-dbt',
      repository: 'octo_clicks',
      run: '4711',
      model: 'tiny_people',
      dbt_invocation_id: expect.any(String),
    })
    const begun = (await readFile(join(result.outputs['results-path']!, 'jobs.jsonl'), 'utf8'))
      .trim()
      .split('\n')
    expect(openJobs(begun.join('\n'))).toEqual([])
    expect(begun.length).toBeGreaterThan(4)
  })

  it('passes variables on as they are, and lets no line of dbt become a command of the runner', async () => {
    expect(result.log).toContain('WORD=a\'"; $(touch pwned) `id`')
    expect(await readdir(dbt.job.workspace)).toEqual([PROJECT_DIR])
    expect(result.log).toContain('from a variable')
    expect(result.log).not.toMatch(/^\s*::error::from a variable|##\[error\]too/m)
  })
})

describe('run-dbt, when work fails', () => {
  let result: RunResult
  beforeAll(async () => {
    result = await run({ commands: 'run --select people\nbuild --select bad\nrun --select never_reached' })
  }, 480_000)

  it('fails the step, names what failed, and stops at the first command that fails', () => {
    expect(result.exitCode).toBe(1)
    expect(result.outputs).toMatchObject({ status: 'failure', 'nodes-failed': '2', 'nodes-skipped': '1' })
    expect(errorOf(result)).toMatch(
      /Running dbt build --select bad: 2 of \d+ nodes failed: .*(broken|unique_twice_id)/,
    )
    expect(result.log).not.toContain('> dbt run --select never_reached')
    expect(result.summary).toContain('dbt: failed')
  })

  it('points at the line of the model and at the column of the test', () => {
    expect(places(result)).toEqual(
      expect.arrayContaining([
        {
          kind: 'error',
          place: `${PROJECT_DIR}/models/bad/broken.sql:3`,
          message: expect.stringContaining('no_such_column'),
        },
        {
          kind: 'error',
          place: `${PROJECT_DIR}/models/bad/twice.yml:4`,
          message: expect.stringContaining('1 result'),
        },
      ]),
    )
    expect(places(result).length).toBe(2)
  })
})

it('says why an operation failed, which dbt leaves out of its results', async () => {
  await dbt.write('refusing', {
    'dbt_project.yml': 'name: refusing\nversion: 1.0.0\nprofile: refusing\n',
    'macros/refuse.sql':
      "{% macro refuse() %}{{ exceptions.raise_compiler_error('the gate: 3 of 4 rows are bad, ya29.canary') }}{% endmacro %}\n",
  })
  const result = await run({ 'project-dir': 'refusing', commands: 'run-operation refuse' })
  expect([result.exitCode, result.outputs.status]).toEqual([1, 'failure'])
  expect(result.log).toMatch(/^::error[^\n]*the gate: 3 of 4 rows are bad/m)
  expect(result.summary).toContain('the gate: 3 of 4 rows are bad, &#91;token&#93;')
  expect(result.log + result.summary).not.toContain('canary')
}, 480_000)

it('lists in a dry run what each command would select, and asks the warehouse to change nothing', async () => {
  exchanges.length = 0
  const before = await tables()
  const result = await run({
    commands: 'build --select good\nrun-operation drop_everything',
    'dry-run': 'true',
  })
  expect([result.exitCode, errorOf(result), result.outputs.status]).toEqual([0, '', 'dry-run'])
  expect(result.summary).toContain('tiny.good.people')
  expect(result.summary).toMatch(
    /a dry run does not start run&#45;operation|a dry run does not start run-operation/,
  )
  expect(exchanges.filter(({ service, method }) => service === 'bigquery' && method !== 'GET')).toEqual([])
  expect(await tables()).toEqual(before)
}, 480_000)

it('does what was reviewed, also where dbt has left its files, and nothing once a model is another', async () => {
  await dbt.write('reviewed', {
    'dbt_project.yml': 'name: reviewed\nversion: 1.0.0\nprofile: reviewed\n',
    'models/seen.sql': 'select 1 as id\n',
  })
  const step = (more: Record<string, string>) =>
    run({ 'project-dir': 'reviewed', commands: 'build', ...more })
  const dry = await step({ 'dry-run': 'true' })
  expect([dry.exitCode, errorOf(dry)]).toEqual([0, ''])
  const reviewed = { 'expected-plan': dry.outputs['plan-digest']! }
  await dbt.write('reviewed', { 'models/seen.sql': 'select 2 as id\n' })
  const refused = await step(reviewed)
  expect([refused.exitCode, errorOf(refused)]).toEqual([1, expect.stringMatching(/#plan-changed$/)])
  expect(await tables()).not.toContain('seen')
  await dbt.write('reviewed', { 'models/seen.sql': 'select 1 as id\n' })
  const done = await step(reviewed)
  expect([done.exitCode, errorOf(done), done.outputs.status]).toEqual([0, '', 'success'])
}, 480_000)

it('cancels the query that runs when the run is cancelled', async () => {
  await dbt.write('endless', {
    'dbt_project.yml': 'name: endless\nversion: 1.0.0\nprofile: endless\n',
    'models/long.sql':
      '{{ config(materialized="table") }}\nselect count(*) as n from unnest(generate_array(1, 100000)) a, unnest(generate_array(1, 100000)) b, unnest(generate_array(1, 100000)) c where mod(a + b * c, 7) = 3\n',
  })
  const running = async () =>
    ((await dbt.cloud.api('ops', 'GET', '/jobs?stateFilter=running&allUsers=true')).body.jobs ?? []) as {
      id: string
      jobReference: { jobId: string }
    }[]
  let jobId = ''
  const result = await run({ 'project-dir': 'endless', commands: 'run' }, {}, (child) => {
    const timer = setInterval(
      () =>
        void running().then(([found]) => {
          if (found === undefined || jobId !== '') return
          jobId = found.jobReference.jobId
          clearInterval(timer)
          child.kill('SIGINT')
        }),
      200,
    )
    child.once('exit', () => clearInterval(timer))
  })
  expect(result.exitCode).toBe(130)
  expect(result.outputs).toMatchObject({ status: 'cancelled' })
  expect(result.summary).toContain('dbt: cancelled')
  expect(errorOf(result)).toMatch(
    /the run was cancelled; dbt was interrupted, and (no query of it runs any more|1 query of it was stopped)\./,
  )
  const { body } = await dbt.cloud.api('ops', 'GET', `/jobs/${jobId}?location=us-central1`)
  expect(body.status).toMatchObject({ state: 'DONE', errorResult: { reason: 'stopped' } })
  expect(await tables()).not.toContain('long')
}, 480_000)

describe('run-dbt without a dbt on PATH', () => {
  it('says that there is no Python either', async () => {
    const result = await run({ commands: 'build' }, { PATH: join(dbt.job.temp, 'nothing here') })
    expect([result.exitCode, errorOf(result)]).toEqual([
      1,
      expect.stringContaining(
        'Looking for Python: there is none on PATH to install dbt with; add actions/setup-python before this step.',
      ),
    ])
  })

  it('installs the exact versions with the Python that is there, and says it when that fails', async () => {
    const bin = join(dbt.job.temp, 'a python')
    await mkdir(bin)
    await writeFile(join(bin, 'python3'), '#!/bin/sh\necho "no module named venv" >&2\nexit 3\n')
    await chmod(join(bin, 'python3'), 0o755)
    const result = await run({ commands: 'build' }, { PATH: `${bin}${delimiter}/nonexistent` })
    expect(result.exitCode).toBe(1)
    expect(result.log).toContain('Installing dbt-core 1.11.16, dbt-bigquery 1.12.1 (no dbt on PATH).')
    expect(errorOf(result)).toMatch(
      /Installing dbt-core 1\.11\.16, dbt-bigquery 1\.12\.1: python3 -m venv ended with exit code 3: no module named venv\nThis Python cannot make virtual environments; add actions\/setup-python/,
    )
    expect(result.outputs.status).toBe('failure')
  })
})

describe('run-dbt refuses', () => {
  it.each<[string, Record<string, string>, string]>([
    ['a verb it does not run', { commands: 'docs serve' }, '"docs serve" is not run here: it serves until'],
    ['a folder without a project', { 'project-dir': '.' }, 'dbt_project.yml cannot be read'],
  ])('%s', async (_, inputs, words) => {
    const result = await run({ commands: 'build', ...inputs })
    expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining(words)])
  })
})
