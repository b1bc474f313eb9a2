/**
 * The pull-request loop of the run-dbt bundle with a real dbt against the local cloud: the main branch leaves its
 * state, a pull request builds only what it changes, in datasets of its own, within its costs; closed, they go.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { parse } from 'yaml'
import { ensureDbt } from '../../local/toolchain/index.ts'
import { openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { repoRoot } from '../support/cloud.ts'
import { runBundle, type RunResult } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const STATE = 'gs://caec-local-staging/dbt/state'
let cloud: BigQueryCloud
let job: SignedInJob
let dbtPath: string
beforeAll(async () => {
  cloud = await openBigQuery({ accessFile: await widerAccess() })
  const signedIn = await signIn(cloud, 'dbt')
  job = { ...signedIn, env: { ...signedIn.env, GOOGLE_AUTH_TRUST_BOUNDARY_ENABLED: 'false' } }
  dbtPath = `${dirname((await ensureDbt(() => undefined)).python)}${delimiter}${process.env.PATH}`
  await cp(join(repoRoot, 'test/fixtures/dbt-shop'), join(job.workspace, 'dbt'), { recursive: true })
  git('init', '--quiet', '--initial-branch=main')
}, 600_000)
afterAll(() => Promise.all([job.close(), cloud.close()]))

/** This repository's own grants, and for dbt those of the loop. */
async function widerAccess(): Promise<string> {
  const access = parse(await readFile(join(repoRoot, 'terraform-infra/access.yaml'), 'utf8')) as {
    customRoles: Record<string, unknown>
    bindings: Record<string, unknown[]>
  }
  access.customRoles.caecDbtLoop = {
    title: 'The loop of run-dbt',
    description: 'Makes and drops the datasets of pull requests.',
    permissions: ['bigquery.datasets.create', 'bigquery.datasets.get', 'bigquery.datasets.delete'],
  }
  access.bindings.project!.push({
    role: 'customRoles/caecDbtLoop',
    members: ['dbt'],
    why: 'What the loop of pull requests needs.',
  })
  access.bindings['bucket/staging']!.push({
    role: 'roles/storage.objectUser',
    members: ['dbt'],
    why: 'What the loop of pull requests needs.',
  })
  const file = join(await mkdtemp(join(tmpdir(), 'wider access ')), 'access.yaml')
  await writeFile(file, JSON.stringify(access))
  return file
}

function git(...args: string[]): string {
  return execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
    cwd: job.workspace,
    encoding: 'utf8',
    env: { ...process.env, GIT_COMMITTER_DATE: committedAt, GIT_AUTHOR_DATE: committedAt },
  })
}
let committedAt = '2026-11-01T00:00:00Z'
function commit(at: string): string {
  committedAt = at
  git('add', '-A', 'dbt')
  git('commit', '--quiet', '--allow-empty', '-m', at)
  return git('rev-parse', 'HEAD').trim()
}

const run = (inputs: Record<string, string>, env: Record<string, string> = {}): Promise<RunResult> =>
  runBundle('run-dbt', {
    job,
    env: { ...job.env, PATH: dbtPath, GITHUB_REPOSITORY_ID: '123456', ...env },
    with: { dataset: 'caec_analytics', location: 'us-central1', state: STATE, commands: 'build', ...inputs },
  })
const onMain = (inputs: Record<string, string> = {}, runId = '1') => run(inputs, { GITHUB_RUN_ID: runId })
const onPullRequest = (inputs: Record<string, string> = {}) =>
  run(
    { 'schema-per-pull-request': 'true', ...inputs },
    { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' },
  )
const messages = (result: RunResult, kind = 'error') =>
  result.annotations.filter((found) => found.kind === kind).map(({ message }) => message)
const stored = async (name: string): Promise<string> => {
  const path = `/storage/v1/b/caec-local-staging/o/${encodeURIComponent(`dbt/state/${name}`)}?alt=media`
  return (await cloud.fetchAs('data-eng', path)).text()
}
const latest = async () => JSON.parse(await stored('latest.json')) as { commit: string; folder: string }
const builtNodes = async (result: RunResult): Promise<string[]> => {
  const file = join(result.outputs['results-path']!, '0/run_results.json')
  const { results } = JSON.parse(await readFile(file, 'utf8')) as { results: { unique_id: string }[] }
  return results.map(({ unique_id: id }) => id.split('.').slice(0, 3).join('.')).sort()
}
const tablesOf = async (dataset: string): Promise<string[] | undefined> => {
  const { status, body } = await cloud.api('ops', 'GET', `/datasets/${dataset}/tables`)
  return status === 404
    ? undefined
    : (body.tables ?? [])
        .map(({ tableReference }: { tableReference: { tableId: string } }) => tableReference.tableId)
        .sort()
}

describe('the main branch', () => {
  it('leaves its state: an immutable folder and the latest', async () => {
    const sha = commit('2026-11-01T00:00:00Z')
    const result = await onMain()
    expect([result.exitCode, messages(result)]).toEqual([0, []])
    expect((await latest()).commit).toBe(sha)
    const manifest = JSON.parse(await stored(`${(await latest()).folder}/manifest.json`)) as {
      nodes: Record<string, unknown>
    }
    expect(Object.keys(manifest.nodes)).toContain('model.shop.orders')
    expect(result.summary).toContain('the latest from now on')
  }, 180_000)

  it('lets the newer commit win, whichever run ends last', async () => {
    const newer = commit('2026-11-03T00:00:00Z')
    await onMain({ commands: 'parse' }, '3')
    expect((await latest()).commit).toBe(newer)
    commit('2026-11-02T00:00:00Z')
    const late = await onMain({ commands: 'parse' }, '2')
    expect([late.exitCode, messages(late)]).toEqual([0, []])
    expect(late.summary).toContain('which is newer')
    expect((await latest()).commit).toBe(newer)
  }, 180_000)
})

describe('a pull request', () => {
  it('that finds no state says so and would build all', async () => {
    const result = await onPullRequest({ state: `${STATE}-none`, 'dry-run': 'true' })
    expect([result.exitCode, messages(result)]).toEqual([0, []])
    expect(result.summary).toContain('so everything is selected')
    expect(result.summary).toContain('shop.marts.customers')
  }, 120_000)

  it('builds what it changed and what depends on it, into a dataset of its own, and reads the rest', async () => {
    const file = join(job.workspace, 'dbt/models/marts/orders.sql')
    await writeFile(file, `${await readFile(file, 'utf8')}\n-- changed\n`)
    await writeFile(file, (await readFile(file, 'utf8')).replace('-- changed', 'where order_id is not null'))
    const result = await onPullRequest({ estimate: 'true', 'runs-per-month': '30' })
    expect([result.exitCode, messages(result)]).toEqual([0, []])
    expect((await builtNodes(result)).filter((id) => id.startsWith('model'))).toEqual([
      'model.shop.customers',
      'model.shop.orders',
    ])
    expect(result.outputs.dataset).toBe('caec_analytics_pr_7')
    expect(await tablesOf('caec_analytics_pr_7')).toEqual(['customers', 'orders'])
    const { body } = await cloud.api('ops', 'GET', '/datasets/caec_analytics_pr_7')
    expect(body).toMatchObject({
      labels: { 'managed-by': 'run-dbt', repository: '123456', 'pull-request': '7' },
      defaultTableExpirationMs: String(14 * 86_400_000),
    })
    expect(Number(result.outputs['estimated-bytes'])).toBeGreaterThan(0)
    expect(result.summary).toContain('a month at 30 runs')
    expect(await readFile(result.outputs['junit-path']!, 'utf8')).toContain('name="orders"')
    // The next run on main compares with main.
    expect((await latest()).commit).not.toBe('')
  }, 240_000)

  it('is stopped before it runs when it would read more than it may', async () => {
    const before = await tablesOf('caec_analytics_pr_7')
    const result = await onPullRequest({ 'max-bytes': '1' })
    expect([result.exitCode, result.outputs.status]).toEqual([1, 'failure'])
    expect(messages(result).join('\n')).toMatch(
      /Estimating the run: it would read .*, more than max-bytes allows \(1\); most is read by .*Nothing was run\./,
    )
    expect(result.log).not.toContain('> dbt build')
    expect(result.summary).toContain('Would read')
    expect(await tablesOf('caec_analytics_pr_7')).toEqual(before)
  }, 120_000)

  it('builds nowhere else', async () => {
    await mkdir(join(job.workspace, 'dbt/macros'))
    await writeFile(
      join(job.workspace, 'dbt/macros/generate_schema_name.sql'),
      '{% macro generate_schema_name(name, node) %}caec_analytics{% endmacro %}\n',
    )
    const result = await onPullRequest()
    expect(result.exitCode).toBe(1)
    expect(messages(result).join('\n')).toMatch(
      /would be built in caec-local\.caec_analytics, outside caec-local\.caec_analytics_pr_7/,
    )
    expect(result.log).not.toContain('> dbt build')
  }, 120_000)

  it('when closed, drops its datasets and leaves what only bears the name', async () => {
    await cloud.api('data-eng', 'POST', '/datasets', {
      datasetReference: { projectId: 'caec-local', datasetId: 'caec_analytics_pr_7_of_somebody' },
      location: 'us-central1',
    })
    const result = await run(
      { cleanup: 'true', commands: '' },
      { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge', PATH: '/nothing' },
    )
    expect([result.exitCode, messages(result)]).toEqual([0, []])
    expect(result.summary).toContain('dropped')
    expect(await tablesOf('caec_analytics_pr_7')).toBeUndefined()
    expect(await tablesOf('caec_analytics_pr_7_of_somebody')).toEqual([])
    expect(await tablesOf('caec_analytics')).toContain('orders')
  }, 120_000)

  it('cannot be cleaned up after by a run that belongs to none', async () => {
    const result = await run({ cleanup: 'true', commands: '' })
    expect(messages(result).join('\n')).toContain('this run belongs to no pull request')
  }, 60_000)
})
