/**
 * Every YAML example of the documents: GitHub's parser takes it, its inputs exist, its actions are pinned;
 * and those of our own actions are executed on one local cloud.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import fastGlob from 'fast-glob'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { connectToCloud } from '../../local/runner/cloud-connection.ts'
import { readGithubEnvironment, type GithubEnvironment } from '../../local/runner/environment-vars.ts'
import { runWorkflow } from '../../local/runner/run-workflow.ts'
import { inputMistakes } from '../../local/runner/check-uses.ts'
import { knownRepositories } from '../../local/runner/source.ts'
import { readWorkflow } from '../../local/runner/workflow.ts'
import { ensureDbt } from '../../local/toolchain/index.ts'
import { repoRoot, startTestCloud, type TestCloud } from '../support/cloud.ts'
import { readActionFile } from '../support/runner.ts'
import { examplesOf, runnable, workflowOf, type Example, type ExampleWorkflow } from './examples.ts'

const REPOSITORY = 'example/clickstream-platform'
const files = fastGlob
  .sync(['*.md', 'docs/**/*.md', 'actions/*/README.md', 'workflows-examples/**/*.md'], { cwd: repoRoot })
  .sort()
const examples = files.flatMap((file) => examplesOf(file, readFileSync(path.join(repoRoot, file), 'utf8')))
const workflows = examples
  .map((example): [string, Example, ExampleWorkflow | undefined] => [
    example.where,
    example,
    workflowOf(example, REPOSITORY),
  ])
  .filter((entry): entry is [string, Example, ExampleWorkflow] => entry[2] !== undefined)
/** The pages whose examples are promised to run. */
const isPromised = (where: string): boolean => /^(README\.md|docs\/migrate\.md|actions\/)/.test(where)

/** Inputs of google-github-actions/auth v3, from its action.yml. */
const GOOGLE_AUTH_INPUTS = [
  'project_id',
  'workload_identity_provider',
  'service_account',
  'audience',
  'credentials_json',
  'create_credentials_file',
  'export_environment_variables',
  'token_format',
  'delegates',
  'universe',
  'request_reason',
  'cleanup_credentials',
  'access_token_lifetime',
  'access_token_scopes',
  'access_token_subject',
  'id_token_audience',
  'id_token_include_email',
]

let scratch: string
beforeAll(async () => {
  // A workflow lies in its repository; git ignores build/.
  await mkdir(path.join(repoRoot, 'build'), { recursive: true })
  scratch = await mkdtemp(path.join(repoRoot, 'build', 'examples-'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

/** Mistakes of a workflow's steps that GitHub lets pass; throws what its parser refuses. */
async function mistakesOf(text: string): Promise<string[]> {
  const file = path.join(scratch, 'example.yml')
  await writeFile(file, text)
  const repositories = knownRepositories(
    { repository: REPOSITORY, root: repoRoot, ref: 'refs/heads/main', sha: '0'.repeat(40) },
    {},
  )
  const { jobs, source } = await readWorkflow(repositories.own, path.relative(repoRoot, file), 'example.yml')
  const found = await inputMistakes(
    jobs.flatMap(({ steps }) => steps),
    { file: 'example.yml', source },
    { repositories, isLeftOut: () => false, warn: () => undefined },
  )
  return found.map(({ line, message }) => `${line}: ${message}`)
}

describe('the examples of the documents', () => {
  it('are found', () => expect(workflows.length).toBeGreaterThan(15))

  it.each(workflows)(
    '%s is a workflow GitHub takes, with the inputs its actions have',
    async (where, _example, { text }) => {
      // A page that shows one line of a step leaves the others out.
      expect(
        (await mistakesOf(text)).filter(
          (mistake) => isPromised(where) || !/required input '.*' is missing$/.test(mistake),
        ),
      ).toEqual([])
      const google = [...text.matchAll(/uses: google-github-actions\/auth@[\s\S]*?(?=\n\s*- |\n*$)/g)]
        .flatMap(([step]) => [...step.matchAll(/^\s+([a-z_]+):/gm)].map((match) => match[1] ?? ''))
        .filter((name) => !['with', 'uses', 'id', 'name', 'if'].includes(name))
      expect(google.filter((name) => !GOOGLE_AUTH_INPUTS.includes(name))).toEqual([])
    },
  )

  it.each(workflows)(
    '%s pins every action of others by commit, with its version, and names only actions that exist',
    (_where, { text }, { actions }) => {
      const loose = text
        .split('\n')
        .filter(
          (line) =>
            /\buses:/.test(line) &&
            !/uses:\s*(\.\/|\$\/|[\w.-]+\/[\w.-]+\/\S+@(SHA\b|<[^>]+>))/.test(line) &&
            !/uses:\s*[\w.-]+\/\S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line),
        )
      expect(loose).toEqual([])
      expect(
        actions.filter((name) => !existsSync(path.join(repoRoot, 'actions', name, 'action.yml'))),
      ).toEqual([])
    },
  )

  it.each(fastGlob.sync('actions/*/action.yml', { cwd: repoRoot }).map((file) => file.split('/')[1] ?? ''))(
    '%s has a page with a minimal and a complete example of itself',
    (action) => {
      const page = workflows.filter(([where]) => where.startsWith(`actions/${action}/README.md:`))
      expect(
        page.filter(([, { notRun }, { actions }]) => notRun === undefined && actions.includes(action)).length,
      ).toBeGreaterThanOrEqual(2)
      const text = readFileSync(path.join(repoRoot, 'actions', action, 'README.md'), 'utf8')
      for (const heading of [
        '## Examples',
        '### Minimal',
        '### Complete',
        '## What it does',
        '## Inputs',
        '## Outputs',
        '## On failure and on re-run',
        '## Limits',
      ])
        expect([heading, text.includes(`\n${heading}\n`)]).toEqual([heading, true])
    },
  )
})

describe('run on one local cloud', () => {
  let cloud: TestCloud
  let environment: GithubEnvironment
  let toolPaths: string[]
  beforeAll(async () => {
    toolPaths = [path.dirname((await ensureDbt(() => undefined)).dbt)]
    environment = await readGithubEnvironment(repoRoot)
    cloud = await startTestCloud()
    // What dbt would have built: the views of this repository read it.
    const events =
      'event_id STRING, event_ts TIMESTAMP, event_date DATE, visitor_id STRING, event_type STRING, item_id STRING, transaction_id STRING, session_id STRING, session_start_ts TIMESTAMP'
    const tables = {
      fct_events: events,
      dim_items: 'item_id STRING, product_name STRING',
      dim_users:
        'visitor_id STRING, first_seen_at TIMESTAMP, last_seen_at TIMESTAMP, signup_month DATE, first_session_id STRING, events INT64, sessions INT64, orders INT64',
      fct_sessions:
        'session_id STRING, visitor_id STRING, session_start_ts TIMESTAMP, session_end_ts TIMESTAMP, session_date DATE, duration_seconds FLOAT64, events INT64, views INT64, carts INT64, transactions INT64, orders INT64, items INT64, has_view BOOL, has_cart BOOL, has_purchase BOOL, funnel_step INT64',
    }
    for (const [name, columns] of Object.entries(tables)) {
      const reply = await cloud.fetchAs(
        'data-eng',
        `/bigquery/v2/projects/${environment.vars.PROJECT_ID}/queries`,
        {
          method: 'POST',
          body: {
            query: `CREATE TABLE caec_analytics.${name} (${columns})`,
            useLegacySql: false,
            location: environment.vars.REGION,
          },
        },
      )
      if (!reply.ok) throw new Error(await reply.text())
    }
  }, 600_000)
  afterAll(async () => {
    await cloud?.close()
  })

  const run = workflows.filter(([where, { notRun }]) => isPromised(where) && notRun === undefined)
  it('are all promised ones that do not say why not', () => {
    expect(run.length).toBeGreaterThanOrEqual(15)
    expect(
      workflows
        .filter(
          ([where, { notRun }, { actions }]) =>
            isPromised(where) && notRun !== undefined && actions.length > 0,
        )
        .map(([where]) => where),
    ).toEqual([])
  })

  it.each(run)(
    '%s succeeds',
    async (where, _example, workflow) => {
      const file = path.join(scratch, `${where.replace(/\W+/g, '-')}.yml`)
      await writeFile(
        file,
        runnable(workflow, REPOSITORY, (action) => readActionFile(action).inputs?.['dry-run'] !== undefined),
      )
      const lines: string[] = []
      const result = await runWorkflow({
        file,
        repositoryRoot: repoRoot,
        stateDir: scratch,
        identity: environment.identity,
        vars: environment.vars,
        cloud: connectToCloud(cloud.origin, cloud.stateDir),
        toolPaths,
        show: (line) => lines.push(line),
      })
      const errors = result.jobs.flatMap(({ annotations }) =>
        annotations.filter(({ level }) => level === 'error').map(({ message }) => message),
      )
      expect([errors, result.conclusion]).toEqual([[], 'success'])
    },
    180_000,
  )
})
