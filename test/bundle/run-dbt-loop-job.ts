/**
 * A repository whose main branch leaves dbt's state and whose pull request 7 builds what it changes: what the tests
 * of the loop share. Each project of test/fixtures has a place in it, what it reads, and a model to change.
 */
import { execFileSync } from 'node:child_process'
import { cp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repoRoot } from '../support/cloud.ts'
import type { RunResult } from '../support/runner.ts'
import { signIn } from '../support/signed-in-job.ts'
import { openDbtJob, type DbtJob } from './run-dbt-job.ts'

export interface Project {
  readonly name: string
  /** Below test/fixtures. */
  readonly fixture: string
  /** Of the project, below the fixture. */
  readonly folder: string
  readonly commands: string
  /** What has to be there before the first run. */
  readonly tables: readonly string[]
  /** Whose age the project's freshness is about. */
  readonly source: { readonly table: string; readonly name: string }
  /** The model that the pull request changes: a text of it and what stands there afterwards. */
  readonly change: { readonly file: string; readonly from: string; readonly to: string }
  /** What stands there when it is done wrong: BigQuery refuses it, dbt does not. */
  readonly mistake: string
  /** What is built then, and nothing else. */
  readonly built: readonly string[]
}

const parameters = (session: number, page: string): string =>
  `[struct('ga_session_id' as key, struct(cast(null as string) as string_value, ${session} as int_value) as value), struct('page_location', struct('${page}', null))]`
const events = (rows: readonly [day: string, user: string, session: number, page: string][]): string =>
  `create or replace table caec_raw.ga4_events as ${rows
    .map(
      ([day, user, session, page], index) =>
        `select '${day}' as event_date, ${1767225600000000 + index} as event_timestamp, 'page_view' as event_name, '${user}' as user_pseudo_id, ${parameters(session, page)} as event_params`,
    )
    .join(' union all ')}`

export const projects: readonly Project[] = [
  {
    name: 'a shop',
    fixture: 'dbt-shop',
    folder: '',
    commands: 'build',
    tables: [],
    source: { table: 'shop_payments', name: 'till.shop_payments' },
    change: {
      file: 'models/marts/orders.sql',
      from: '{{ ref("stg_orders") }}',
      to: '{{ ref("stg_orders") }} where order_id is not null',
    },
    mistake: '{{ ref("stg_orders") }} where no_such_column',
    built: ['customers', 'orders'],
  },
  {
    name: 'a package that tests itself',
    fixture: 'dbt-kit',
    folder: 'integration_tests',
    commands: 'deps\nbuild',
    tables: [],
    source: { table: 'kit_people', name: 'registry.kit_people' },
    change: { file: 'models/people_keys.sql', from: "['person_id', 'name']", to: "['person_id']" },
    mistake: "['no_such_column']",
    built: ['people_keys', 'people_per_day'],
  },
  {
    name: "an analytics export's events",
    fixture: 'dbt-ga4',
    folder: '',
    commands: 'build',
    tables: [
      events([
        ['20260101', 'a', 1, '/'],
        ['20260101', 'a', 1, '/shop'],
        ['20260101', 'b', 2, '/'],
        ['20260102', 'a', 3, '/cart'],
      ]),
    ],
    source: { table: 'ga4_loads', name: 'ga4.loads' },
    change: { file: 'models/staging/stg_sessions.sql', from: 'count(*)', to: 'count(event_name)' },
    mistake: 'count(no_such_column)',
    built: ['fct_sessions', 'stg_sessions'],
  },
]

export const STATE = 'gs://caec-local-staging/run-dbt/state'

export interface Loop {
  readonly dbt: DbtJob
  readonly folder: string
  commit(at: string): string
  onMain(inputs?: Record<string, string>, runId?: string, env?: Record<string, string>): Promise<RunResult>
  onPullRequest(inputs?: Record<string, string>, env?: Record<string, string>): Promise<RunResult>
  /** What tells a step which event started it. */
  event(name: string, payload: unknown): Promise<Record<string, string>>
  close(inputs?: Record<string, string>, env?: Record<string, string>): Promise<RunResult>
  /** What tells a step that its job has no account of its own, only the right to become `ci-test`. */
  federated(): Promise<Record<string, string>>
  edit(file: string, from: string, to: string): Promise<void>
  /** Loads the source anew, as old as this many days. */
  load(daysAgo: number): Promise<void>
  stored(name: string): Promise<string>
  latest(): Promise<{ commit: string; folder: string }>
}

/** As this repository grants it: the main branch runs as `dbt`, a pull request as `ci-test`. */
export async function openLoop(project: Project): Promise<Loop> {
  const dbt = await openDbtJob()
  const tester = await signIn(dbt.cloud, 'ci-test')
  const { workspace } = dbt.job
  await cp(join(repoRoot, 'test/fixtures', project.fixture), join(workspace, 'dbt'), { recursive: true })
  const folder = join('dbt', project.folder)
  const git = (at: string, ...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: workspace,
      encoding: 'utf8',
      env: { ...process.env, GIT_COMMITTER_DATE: at, GIT_AUTHOR_DATE: at },
    })
  git('', 'init', '--quiet', '--initial-branch=main')
  const query = async (sql: string): Promise<void> => {
    const { status, body } = await dbt.cloud.query('data-eng', sql)
    if (status !== 200) throw new Error(JSON.stringify(body))
  }
  for (const table of project.tables) await query(table)
  const run = (inputs: Record<string, string>, env: Record<string, string>): Promise<RunResult> =>
    dbt.run(
      { state: STATE, commands: project.commands, 'project-dir': folder, ...inputs },
      { GITHUB_REPOSITORY_ID: '123456', ...env },
    )
  const ofPullRequest = {
    GOOGLE_APPLICATION_CREDENTIALS: tester.env.GOOGLE_APPLICATION_CREDENTIALS!,
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_REF: 'refs/pull/7/merge',
  }
  const stored = async (name: string): Promise<string> => {
    const object = encodeURIComponent(`${STATE.split('/').slice(3).join('/')}/${name}`)
    return (
      await dbt.cloud.fetchAs('data-eng', `/storage/v1/b/caec-local-staging/o/${object}?alt=media`)
    ).text()
  }
  return {
    dbt,
    folder,
    commit(at) {
      git(at, 'add', '-A', 'dbt')
      git(at, 'commit', '--quiet', '--allow-empty', '-m', at)
      return git(at, 'rev-parse', 'HEAD').trim()
    },
    onMain: (inputs = {}, runId = '1', env = {}) =>
      run(inputs, { GITHUB_RUN_ID: runId, GITHUB_SHA: git('', 'rev-parse', 'HEAD').trim(), ...env }),
    onPullRequest: (inputs = {}, env = {}) =>
      run({ 'schema-per-pull-request': 'true', ...inputs }, { ...ofPullRequest, ...env }),
    async event(name, payload) {
      const file = join(workspace, 'event.json')
      await writeFile(file, JSON.stringify(payload))
      return { GITHUB_EVENT_NAME: name, GITHUB_EVENT_PATH: file, GITHUB_REF: 'refs/heads/main' }
    },
    // A runner that only cleans up has neither a Python nor a dbt.
    close: (inputs = {}, env = {}) =>
      run({ cleanup: 'true', commands: '', ...inputs }, { ...ofPullRequest, PATH: '/nothing', ...env }),
    federated: async () => (await signIn(dbt.cloud, '')).auth.exported,
    async edit(file, from, to) {
      const path = join(workspace, folder, file)
      const text = await readFile(path, 'utf8')
      if (!text.includes(from)) throw new Error(`${file} does not contain ${from}`)
      await writeFile(path, text.replace(from, to))
    },
    load: (daysAgo) =>
      query(
        `create or replace table caec_raw.${project.source.table} as select timestamp_sub(current_timestamp(), interval ${daysAgo} day) as loaded_at`,
      ),
    stored,
    latest: async () => JSON.parse(await stored('latest.json')) as { commit: string; folder: string },
  }
}

/** The next job of the same repository finds no folder of an earlier one. */
export const forget = ({ dbt, folder }: Loop): Promise<void> =>
  rm(join(dbt.job.workspace, folder, 'target'), { recursive: true, force: true })
