/**
 * The run-dbt bundle on projects as people have them, with a real dbt against the local cloud's BigQuery:
 * what it says must be true, and a later command must find what an earlier one left.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { RunResult } from '../support/runner.ts'
import { messages, nodesOf, openDbtJob, places, type DbtJob } from './run-dbt-job.ts'

let dbt: DbtJob
beforeAll(async () => {
  dbt = await openDbtJob()
}, 600_000)
afterAll(() => dbt.close())

const run = (folder: string, inputs: Record<string, string>, env: Record<string, string> = {}) =>
  dbt.run({ 'project-dir': folder, ...inputs }, env)

it('tells what happened in a project of all sorts, wherever the environment says that dbt writes', async () => {
  await dbt.write('told', {
    'dbt_project.yml': 'name: told\nversion: 1.0.0\nprofile: told\n',
    'models/fine.sql': 'select 1 as id\n',
    'models/wrong.sql': 'select nope from {{ ref("fine") }}\n',
    'models/snake.py':
      'def model(dbt, session):\n    dbt.config(materialized="table")\n    return dbt.ref("fine")\n',
  })
  // dbt's adapter goes to Google's own Dataproc whatever the endpoint is: here it must not be told of one.
  const python = {
    'dataproc-region': 'us-central1',
    'dataproc-bucket': 'caec-local-staging',
    'dataproc-service-account': 'caec-spark@caec-local.iam.gserviceaccount.com',
  }
  const planned = await run('told', { commands: 'build', 'dry-run': 'true', ...python })
  expect([planned.exitCode, messages(planned)]).toEqual([0, []])
  expect(messages(planned, 'warning')).toContainEqual(
    expect.stringMatching(/^Python model snake will fail: the endpoint of Dataproc is overridden/),
  )
  expect(JSON.parse(planned.outputs.plan!)).toMatchObject({ counts: { 'python-model': 1 } })
  const result = await run(
    'told',
    { commands: 'run --select no_such_model\nbuild', ...python },
    { DBT_TARGET_PATH: 'elsewhere', DBT_WRITE_JSON: 'false' },
  )
  expect([result.exitCode, result.outputs]).toMatchObject([
    1,
    { status: 'failure', 'nodes-passed': '1', 'nodes-failed': '2', 'exit-code': '1' },
  ])
  expect(messages(result, 'warning')).toContain(
    'dbt run --select no_such_model did nothing: it selected no node. Is the selection right, and does the project hold any?',
  )
  expect(messages(result).join('\n')).toMatch(/2 of 3 nodes failed: (wrong, snake|snake, wrong)/)
  expect(places(result)).toEqual(
    expect.arrayContaining([
      { kind: 'error', place: 'told/models/wrong.sql:1', message: expect.stringMatching(/nope/) },
      {
        kind: 'error',
        place: 'told/models/snake.py:1',
        message: expect.stringMatching(
          /^Python models are not run here: .* or run the work with submit-spark\./,
        ),
      },
    ]),
  )
}, 480_000)

describe('a project as people have it', () => {
  let first: RunResult
  let retried: RunResult
  beforeAll(async () => {
    await dbt.write('shaped', {
      // No profile, and a profiles.yml of the author's machine.
      'dbt_project.yml': 'name: shaped\nversion: 1.0.0\nvars: { limit: 1, word: none }\n',
      'profiles.yml':
        'clickstream:\n  target: dev\nshaped:\n  target: dev\n  outputs:\n    dev: { type: bigquery, method: service-account, keyfile: /secret/key.json, project: p, dataset: dev_me, location: EU, priority: batch }\n',
      'models/people.sql': 'select {{ var("limit") }} as id\n',
      'models/later.sql': [
        '{{ config(materialized="table") }}',
        '',
        '{% set kinds = ["a", "b"] %}',
        'select',
        '  id,',
        '  {% for kind in kinds %}',
        "  '{{ kind }}' as {{ kind }},",
        '  {% endfor %}',
        "  cast('x' as date) + true as broken",
        'from {{ ref("people") }}',
        '',
      ].join('\n'),
      'models/last.sql': 'select * from {{ ref("later") }}\n',
    })
    first = await run('shaped', {
      vars: "{'limit': 7}",
      commands:
        "# all of it\n--warn-error-options '{\"error\": []}' build \\\n  --select people+ \\\n  --vars '{word: x}'",
    })
    await dbt.cloud.query(
      'data-eng',
      "create table caec_analytics.old_events as select timestamp '2020-01-01 00:00:00+00' as loaded_at",
    )
    await dbt.write('shaped', {
      'models/later.sql': 'select id from {{ ref("people") }}\n',
      'models/sources.yml': [
        'sources:',
        '  - name: raw',
        '    schema: caec_analytics',
        '    tables:',
        '      - name: old_events',
        '        config:',
        '          loaded_at_field: loaded_at',
        '          freshness: { error_after: { count: 1, period: day } }',
        '      - name: no_such_table',
        '        config:',
        '          loaded_at_field: loaded_at',
        '          freshness: { error_after: { count: 1, period: day } }',
        '',
      ].join('\n'),
    })
    retried = await run('shaped', { commands: 'retry\nsource freshness' })
  }, 480_000)

  it('is run with its variables, its comments and its flags before the verb', () => {
    expect(first.log).toContain('dbt --warn-error-options \'{"error": []}\' build --select people+')
    expect(first.outputs).toMatchObject({ 'nodes-passed': '1', 'nodes-failed': '1', 'nodes-skipped': '1' })
  })
  it('is told that its own profile is not used, and what that asked for, without a secret', () => {
    const said = messages(first, 'notice').join('\n')
    expect(said).toContain('shaped/profiles.yml is not used')
    expect(said).toContain('project p, dataset dev_me, location EU, priority batch')
    expect(said).not.toContain('secret')
  })
  it("shows an error at the model's own line, whatever Jinja did to it", () => {
    expect(places(first)).toEqual([
      {
        kind: 'error',
        place: 'shaped/models/later.sql:9',
        message: expect.stringMatching(/Could not cast literal "x" to type DATE/),
      },
    ])
  })
  it('retries what failed, and only that', async () => {
    expect(await nodesOf(retried)).toEqual(['model.shaped.last', 'model.shaped.later'])
    expect(retried.outputs).toMatchObject({ 'nodes-passed': '2' })
  })
  it('names the sources that are too old, where they are described', () => {
    expect([retried.exitCode, retried.outputs]).toMatchObject([1, { 'nodes-failed': '2', 'exit-code': '1' }])
    expect(messages(retried).join('\n')).toMatch(/2 of 2 nodes failed: .*raw\.old_events/)
    expect(places(retried)).toEqual([
      {
        kind: 'error',
        place: 'shaped/models/sources.yml:5',
        message: expect.stringContaining('last loaded 2020-01-01'),
      },
      // dbt itself leaves this one out of sources.json.
      {
        kind: 'error',
        place: 'shaped/models/sources.yml:9',
        message: expect.stringContaining('no_such_table'),
      },
    ])
    expect(retried.summary).toContain('old&#95;events')
  })
})

it('shows an error of parsing at its line, and says it in one sentence', async () => {
  await dbt.write('unparsed', {
    'dbt_project.yml': 'name: tiny\nversion: 1.0.0\nprofile: tiny\n',
    'models/open.sql': 'select 1 as id\n\n, {{ 1 + }}\n',
  })
  const result = await run('unparsed', { commands: 'build' })
  expect([result.exitCode, result.outputs]).toMatchObject([1, { status: 'failure', 'exit-code': '2' }])
  expect(messages(result).join('\n')).toMatch(/Running dbt build: CompilationError: [\s\S]*open/)
  expect(places(result)).toEqual([
    {
      kind: 'error',
      place: 'unparsed/models/open.sql:3',
      message: expect.stringMatching(/unexpected 'end of print statement'/),
    },
  ])
  expect(result.log).not.toMatch(/an unexpected error/)
}, 480_000)
