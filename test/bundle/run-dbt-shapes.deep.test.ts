/**
 * The run-dbt bundle on projects as people have them, with a real dbt against the local cloud's BigQuery:
 * what it says must be true, and a later command must find what an earlier one left. The long tables.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { messages, nodesOf, openDbtJob, places, type DbtJob } from './run-dbt-job.ts'

let dbt: DbtJob
beforeAll(async () => {
  dbt = await openDbtJob()
}, 600_000)
afterAll(() => dbt.close())

const run = (folder: string, inputs: Record<string, string>, env: Record<string, string> = {}) =>
  dbt.run({ 'project-dir': folder, ...inputs }, env)

it('knows what happened where the project says by a template where dbt writes', async () => {
  await dbt.write('templated', {
    'dbt_project.yml':
      'name: told\nversion: 1.0.0\nprofile: told\ntarget-path: "{{ env_var(\'TARGET_FOLDER\') }}"\n',
    'models/fine.sql': 'select 1 as id\n',
    'models/wrong.sql': 'select nope from {{ ref("fine") }}\n',
  })
  const result = await run('templated', { commands: 'build' }, { TARGET_FOLDER: 'x' })
  expect([result.exitCode, result.outputs]).toMatchObject([
    1,
    { 'nodes-passed': '1', 'nodes-failed': '1', 'exit-code': '1' },
  ])
  expect(messages(result).join('\n')).toMatch(/1 of 2 nodes failed: wrong/)
}, 120_000)

it('lists a selection of state in a dry run, from the folder an earlier step left', async () => {
  await dbt.write('stated', {
    'dbt_project.yml': 'name: stated\nversion: 1.0.0\nprofile: stated\n',
    'models/people.sql': 'select 1 as id\n',
    'models/later.sql': 'select nope from {{ ref("people") }}\n',
  })
  const first = await run('stated', { commands: 'build' })
  expect(first.outputs).toMatchObject({ 'nodes-passed': '1', 'nodes-failed': '1' })
  const dryRun = await run('stated', {
    'dry-run': 'true',
    commands: `build --select state:modified+ --defer --state '${first.outputs['results-path']}/0'\nls --select result:error+ --state '${first.outputs['results-path']}/0'`,
  })
  expect([dryRun.exitCode, messages(dryRun)]).toEqual([0, []])
  expect(dryRun.summary).toContain('stated.later')
  await dbt.write('stated', { 'models/later.sql': 'select 2 as id from {{ ref("people") }}\n' })
  const again = await run('stated', {
    commands: `build --select result:error+ --state '${first.outputs['results-path']}/0'`,
  })
  expect([again.exitCode, messages(again), await nodesOf(again)]).toEqual([0, [], ['model.stated.later']])
}, 240_000)

it('builds what a source that grew feeds, by the freshness that an earlier step left', async () => {
  const load = async (days: number): Promise<void> => {
    const { status } = await dbt.cloud.query(
      'data-eng',
      `create or replace table caec_raw.fed as select timestamp_sub(current_timestamp(), interval ${days} day) as loaded_at`,
    )
    expect(status).toBe(200)
  }
  await dbt.write('fresh', {
    'dbt_project.yml': 'name: fresh\nversion: 1.0.0\nprofile: fresh\n',
    'models/s.yml':
      'sources:\n  - name: raw\n    schema: caec_raw\n    tables:\n      - name: fed\n        config:\n          loaded_at_field: loaded_at\n          freshness: { warn_after: { count: 9, period: day } }\n',
    'models/eats.sql': 'select count(*) as n from {{ source("raw", "fed") }}\n',
    'models/fasts.sql': 'select 1 as n\n',
  })
  await load(2)
  const first = await run('fresh', { commands: 'source freshness' })
  expect([first.exitCode, messages(first)]).toEqual([0, []])
  await load(0)
  const second = await run('fresh', {
    commands: `source freshness\nbuild --select source_status:fresher+ --state '${first.outputs['results-path']}/0'`,
  })
  expect([second.exitCode, messages(second), await nodesOf(second, 1)]).toEqual([0, [], ['model.fresh.eats']])
}, 240_000)

it.each<[string, Record<string, string>, string, RegExp]>([
  [
    'a reference to nothing',
    { 'models/sub/b.sql': 'select 1 as id\n\nfrom {{ ref("nope") }}\n' },
    'models/sub/b.sql:3',
    /depends on a node named 'nope' which was not found/,
  ],
  [
    'YAML that is none',
    { 'models/s.yml': 'models:\n  - name: a\n    columns:\n     - name: x\n      bad: [\n' },
    'models/s.yml:5',
    /Syntax error near line 5/,
  ],
  [
    'a variable that is not set',
    { 'models/b.sql': 'select 1 as id\n\n, {{ env_var("NOPE_X") }}\n' },
    'models/b.sql:3',
    /Env var required but not provided: 'NOPE_X'/,
  ],
])(
  '%s is shown at its line',
  async (what, files, place, words) => {
    const folder = what.replace(/\W+/g, '-')
    await dbt.write(folder, {
      'dbt_project.yml': 'name: tiny\nversion: 1.0.0\nprofile: tiny\n',
      'models/a.sql': 'select 1 as id\n',
      ...files,
    })
    const result = await run(folder, { commands: 'parse' })
    expect([result.exitCode, result.outputs['exit-code']]).toEqual([1, '2'])
    expect(places(result)).toEqual([
      { kind: 'error', place: `${folder}/${place}`, message: expect.stringMatching(words) },
    ])
  },
  120_000,
)

it('stops the query also of a dbt that does not hear', async () => {
  await dbt.write('endless', {
    'dbt_project.yml': 'name: endless\nversion: 1.0.0\nprofile: endless\n',
    'models/long.sql':
      '{{ config(materialized="table") }}\nselect count(*) as n from unnest(generate_array(1, 100000)) a, unnest(generate_array(1, 100000)) b, unnest(generate_array(1, 100000)) c where mod(a + b * c, 7) = 3\n',
  })
  let jobId = ''
  const result = await dbt.run({ 'project-dir': 'endless', commands: 'run' }, {}, (child) => {
    const timer = setInterval(
      () =>
        void dbt.cloud.api('ops', 'GET', '/jobs?stateFilter=running&allUsers=true').then(({ body }) => {
          const id = body.jobs?.[0]?.jobReference.jobId as string | undefined
          if (id === undefined || jobId !== '') return
          jobId = id
          clearInterval(timer)
          // The only child of the action: dbt, which stands still from now on.
          const driver = Number(execFileSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }))
          process.kill(driver, 'SIGSTOP')
          child.kill('SIGINT')
        }),
      200,
    )
    child.once('exit', () => clearInterval(timer))
  })
  expect([result.exitCode, result.outputs.status]).toEqual([130, 'cancelled'])
  expect(messages(result).join('\n')).toContain('dbt was interrupted, and 1 query of it was stopped.')
  const { body } = await dbt.cloud.api('ops', 'GET', `/jobs/${jobId}?location=us-central1`)
  expect(body.status).toMatchObject({ state: 'DONE', errorResult: { reason: 'stopped' } })
}, 120_000)
