/**
 * The run-dbt bundle on projects as people have them, with a real dbt against the local cloud's BigQuery:
 * what it says must be true, and a later command must find what an earlier one left.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { ensureDbt } from '../../local/toolchain/index.ts'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { runBundle, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

let cloud: BigQueryCloud
let job: SignedInJob
let dbtPath: string
beforeAll(async () => {
  cloud = await openBigQuery()
  const signedIn = await signIn(cloud, 'dbt')
  job = { ...signedIn, env: { ...signedIn.env, GOOGLE_AUTH_TRUST_BOUNDARY_ENABLED: 'false' } }
  dbtPath = `${dirname((await ensureDbt(() => undefined)).python)}${delimiter}${process.env.PATH}`
}, 600_000)
afterAll(() => Promise.all([job.close(), cloud.close()]))

async function write(folder: string, files: Record<string, string>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, folder, name)), { recursive: true })
    await writeFile(join(job.workspace, folder, name), text)
  }
}
const run = (folder: string, inputs: Record<string, string>, env: Record<string, string> = {}) =>
  runBundle('run-dbt', {
    job,
    env: { ...job.env, PATH: dbtPath, ...env },
    with: { 'project-dir': folder, dataset: 'caec_analytics', location: 'us-central1', ...inputs },
  })
const messages = (result: RunResult, kind: string) =>
  result.annotations.filter((found) => found.kind === kind).map(({ message }) => message)
const places = (result: RunResult) =>
  result.annotations
    .map(({ properties, message }) => ({
      place: /file=([^,]+),line=(\d+)/.exec(properties)?.slice(1).join(':') ?? '',
      message,
    }))
    .filter(({ place }) => place !== '')

describe('where dbt writes is told, not guessed', () => {
  it.each<[string, string, Record<string, string>]>([
    ['a variable of the environment', '', { DBT_TARGET_PATH: 'elsewhere', DBT_WRITE_JSON: 'false' }],
    ['a template', 'target-path: "{{ env_var(\'TARGET_FOLDER\') }}"\n', { TARGET_FOLDER: 'templated' }],
  ])(
    '%s does not hide what happened',
    async (_, line, env) => {
      await write('told', {
        'dbt_project.yml': `name: told\nversion: 1.0.0\nprofile: told\n${line}`,
        'models/fine.sql': 'select 1 as id\n',
        'models/wrong.sql': 'select nope from {{ ref("fine") }}\n',
      })
      const result = await run('told', { commands: 'build' }, env)
      expect([result.exitCode, result.outputs]).toMatchObject([
        1,
        { 'nodes-passed': '1', 'nodes-failed': '1', 'exit-code': '1' },
      ])
      expect(messages(result, 'error').join('\n')).toMatch(/1 of 2 nodes failed: wrong/)
    },
    120_000,
  )
})

describe('a project as people have it', () => {
  let first: RunResult
  let dryRun: RunResult
  let retried: RunResult
  beforeAll(async () => {
    await write('shaped', {
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
    dryRun = await run('shaped', {
      'dry-run': 'true',
      commands: `build --select state:modified+ --defer --state '${first.outputs['results-path']}/0'\nls --select result:error+ --state '${first.outputs['results-path']}/0'`,
    })
    await write('shaped', { 'models/later.sql': 'select id from {{ ref("people") }}\n' })
    retried = await run('shaped', { commands: 'retry' })
  }, 240_000)

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
      { place: 'shaped/models/later.sql:9', message: expect.stringMatching(/Invalid DATE literal/) },
    ])
  })
  it('lists a selection of state in a dry run, from the folder an earlier step left', () => {
    expect([dryRun.exitCode, messages(dryRun, 'error')]).toEqual([0, []])
    expect(dryRun.summary).toContain('shaped.later')
  })
  it('retries what failed, and only that', async () => {
    expect([retried.exitCode, messages(retried, 'error')]).toEqual([0, []])
    expect(retried.outputs).toMatchObject({ 'nodes-passed': '2', 'nodes-failed': '0', 'exit-code': '0' })
    const results = JSON.parse(
      await readFile(join(retried.outputs['results-path']!, '0/run_results.json'), 'utf8'),
    ) as { results: { unique_id: string }[] }
    expect(results.results.map(({ unique_id: id }) => id).sort()).toEqual([
      'model.shaped.last',
      'model.shaped.later',
    ])
  })
})

it('names the source that is too old, where it is described', async () => {
  await cloud.query(
    'data-eng',
    "create table caec_analytics.old_events as select timestamp '2020-01-01 00:00:00+00' as loaded_at",
  )
  await write('fresh', {
    'dbt_project.yml': 'name: fresh\nversion: 1.0.0\nprofile: fresh\n',
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
  const result = await run('fresh', { commands: 'source freshness' })
  expect([result.exitCode, result.outputs]).toMatchObject([1, { 'nodes-failed': '2', 'exit-code': '1' }])
  expect(messages(result, 'error').join('\n')).toMatch(/2 of 2 nodes failed: .*raw\.old_events/)
  expect(places(result)).toEqual(
    expect.arrayContaining([
      { place: 'fresh/models/sources.yml:5', message: expect.stringContaining('last loaded 2020-01-01') },
      // dbt itself leaves this one out of sources.json.
      { place: 'fresh/models/sources.yml:9', message: expect.stringContaining('no_such_table') },
    ]),
  )
  expect(result.summary).toContain('old&#95;events')
}, 120_000)

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
  [
    'Jinja that does not close',
    { 'models/b.sql': 'select 1 as id\n\n, {{ 1 + }}\n' },
    'models/b.sql:3',
    /unexpected 'end of print statement'/,
  ],
])(
  '%s is shown at its line',
  async (what, files, place, words) => {
    const folder = what.replace(/\W+/g, '-')
    await write(folder, {
      'dbt_project.yml': 'name: tiny\nversion: 1.0.0\nprofile: tiny\n',
      'models/a.sql': 'select 1 as id\n',
      ...files,
    })
    const result = await run(folder, { commands: 'parse' })
    expect([result.exitCode, result.outputs['exit-code']]).toEqual([1, '2'])
    expect(places(result)).toEqual([{ place: `${folder}/${place}`, message: expect.stringMatching(words) }])
  },
  120_000,
)

it('says when a command selected nothing', async () => {
  await write('empty', {
    'dbt_project.yml': 'name: empty\nversion: 1.0.0\nprofile: empty\n',
    'models/a.sql': 'select 1 as id\n',
  })
  const result = await run('empty', { commands: 'run --select no_such_model' })
  expect(result.outputs).toMatchObject({ status: 'success', 'nodes-passed': '0' })
  expect(messages(result, 'warning')).toContain(
    'dbt run --select no_such_model did nothing: it selected no node. Is the selection right, and does the project hold any?',
  )
}, 120_000)

it('refuses a Python model by name, and builds the others', async () => {
  await write('snakes', {
    'dbt_project.yml': 'name: snakes\nversion: 1.0.0\nprofile: snakes\n',
    'models/fine.sql': 'select 1 as id\n',
    'models/snake.py':
      'def model(dbt, session):\n    dbt.config(materialized="table")\n    return dbt.ref("fine")\n',
  })
  const result = await run('snakes', { commands: 'build' })
  expect([result.exitCode, result.outputs]).toMatchObject([1, { 'nodes-passed': '1', 'nodes-failed': '1' }])
  expect(messages(result, 'error').join('\n')).toMatch(/1 of 2 nodes failed: snake/)
  expect(places(result)).toEqual([
    {
      place: 'snakes/models/snake.py:1',
      message: expect.stringMatching(
        /^Python models are not run here: .* or run the work with submit-spark\./,
      ),
    },
  ])
}, 120_000)
