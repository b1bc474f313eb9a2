/**
 * The pull-request loop of the run-dbt bundle with a real dbt against the local cloud: the main branch leaves its
 * state, a pull request builds only what it changes, in datasets of its own, within its costs; closed, they go.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import type { PlanDocument } from '../../actions/_shared/plan.ts'
import type { Compared } from '../../actions/run-dbt/src/compare-tables.ts'
import { runBundle, type RunResult } from '../support/runner.ts'
import { messages, nodesOf } from './run-dbt-job.ts'
import { openLoop, projects, type Loop } from './run-dbt-loop-job.ts'

const [shop] = projects as [(typeof projects)[0]]
let loop: Loop
const comparedIn = ({ outputs }: RunResult): PlanDocument['steps'] =>
  (JSON.parse(outputs.plan!) as PlanDocument).steps
    .filter(({ kind }) => kind === 'compare')
    .sort((left, right) => (left.target < right.target ? -1 : 1))
const dropped = ({ outputs }: RunResult): string[] =>
  (JSON.parse(outputs.plan!) as PlanDocument).steps.flatMap(({ kind, target }) =>
    kind === 'drop-dataset' ? [target] : [],
  )
beforeAll(async () => {
  loop = await openLoop(shop)
}, 600_000)
afterAll(() => loop.dbt.close())

it('the main branch leaves its state: an immutable folder and the latest', async () => {
  await loop.dbt.write('dbt', {
    'models/orders_as_delivered.sql': "{{ config(materialized='copy') }} {{ ref('raw_orders') }}\n",
  })
  const sha = loop.commit('2026-11-01T00:00:00Z')
  const result = await loop.onMain()
  expect([result.exitCode, messages(result)]).toEqual([0, []])
  expect((await loop.latest()).commit).toBe(sha)
  const manifest = JSON.parse(await loop.stored(`${(await loop.latest()).folder}/manifest.json`)) as {
    nodes: Record<string, unknown>
  }
  expect(Object.keys(manifest.nodes)).toContain('model.shop.orders')
  expect(result.summary).toContain('the latest from now on')
  // A seed is loaded and a copy copied, not queried: their jobs say as well whose they are.
  const { body } = await loop.dbt.cloud.api(
    'ops',
    'GET',
    '/jobs?allUsers=true&projection=full&maxResults=1000',
  )
  const jobs = body.jobs as { configuration: { jobType: string; labels?: Record<string, string> } }[]
  const labelsOf = (type: string): unknown[] =>
    jobs.flatMap(({ configuration: { jobType, labels } }) => (jobType === type ? [labels] : []))
  const ofRun = (model: string): unknown =>
    expect.objectContaining({ 'managed-by': 'run-dbt', run: '1', model })
  expect(labelsOf('LOAD')).toContainEqual(ofRun('shop_raw_orders'))
  expect(labelsOf('COPY')).toEqual([ofRun('shop_orders_as_delivered')])
}, 480_000)

it('a pull request builds what it changed and what depends on it, into a dataset of its own, and reads the rest', async () => {
  await loop.edit(
    shop.change.file,
    'amount\nfrom {{ ref("stg_orders") }}',
    'amount, status = "placed" as is_open\nfrom {{ ref("stg_orders") }} where order_id > 1',
  )
  // A snapshot with a place of its own is no hindrance to whoever leaves it out; a test may keep what fails.
  await loop.dbt.write('dbt', {
    'snapshots/kept.sql':
      "{% snapshot kept %}{{ config(target_schema='kept', unique_key='order_id', strategy='check', check_cols='all') }}select * from {{ ref('stg_orders') }}{% endsnapshot %}\n",
  })
  await loop.edit(
    'models/marts/marts.yml',
    '[unique, not_null]',
    '[{ unique: { config: { store_failures: true } } }, not_null]',
  )
  const commands = 'build --exclude kept'
  const planned = await loop.onPullRequest({ compare: 'true', 'dry-run': 'true', commands })
  expect([planned.exitCode, messages(planned)]).toEqual([0, []])
  expect(comparedIn(planned)).toMatchObject([
    { target: 'customers', reason: expect.stringContaining('it reads orders'), state: 'planned' },
    { target: 'orders', after: 'is_open BOOL', state: 'planned' },
  ])
  expect(planned.summary).toContain('+ is_open BOOL')
  const result = await loop.onPullRequest({
    estimate: 'true',
    'runs-per-month': '30',
    compare: 'true',
    commands,
  })
  expect([result.exitCode, messages(result)]).toEqual([0, []])
  expect((await nodesOf(result)).filter((id) => id.startsWith('model'))).toEqual([
    'model.shop.customers',
    'model.shop.orders',
  ])
  expect(result.outputs.dataset).toBe('caec_analytics_pr_7')
  expect(await loop.dbt.tablesOf('caec_analytics_pr_7')).toEqual(['customers', 'orders'])
  for (const dataset of ['caec_analytics_pr_7', 'caec_analytics_pr_7_dbt_test__audit']) {
    const { body } = await loop.dbt.cloud.api('ops', 'GET', `/datasets/${dataset}`)
    expect(body).toMatchObject({
      labels: { 'managed-by': 'run-dbt', repository: '123456', 'pull-request': '7' },
      defaultTableExpirationMs: String(14 * 86_400_000),
    })
  }
  expect(Number(result.outputs['estimated-bytes'])).toBeGreaterThan(0)
  expect(result.summary).toContain('a month at 30 runs')
  // By the bytes that the run on main left with its state.
  expect(result.summary).toContain('Of what also ran on the main branch')
  const [customers, orders] = (JSON.parse(result.outputs.comparison!) as Compared[]).sort((left, right) =>
    left.name < right.name ? -1 : 1,
  )
  expect(customers).toMatchObject({ name: 'customers', production: { rows: 3 }, here: { rows: 3, keys: 3 } })
  expect(orders).toEqual({
    name: 'orders',
    key: ['order_id'],
    production: { rows: 4, keys: 4 },
    here: { rows: 3, keys: 3 },
    after: 'is_open BOOL',
  })
  expect(result.summary).toContain('Compared with production:')
  // Where the review happens, comment-plan shows these, with what it reads and costs.
  const shown = await runBundle('comment-plan', {
    with: { plans: JSON.stringify({ dbt: result.outputs.plan }), 'dry-run': 'true', 'pull-request': '7' },
  })
  expect(shown.exitCode).toBe(0)
  expect(shown.summary).toMatch(/<th>Bytes<\/th><th>Cost<\/th>[\s\S]*<td>run-dbt<\/td>/)
  expect(shown.summary).toContain('+ is_open BOOL')
  expect(shown.summary).toMatch(/rows 4 to 3, −1/)
  expect(comparedIn(result)).toMatchObject([
    {
      target: 'customers',
      reason: '3 rows as in production; 3 keys of customer_id as in production; the same columns',
    },
    {
      target: 'orders',
      reason: 'rows 4 to 3, −1 (−25.0 %); keys of order_id 4 to 3, −1 (−25.0 %); other columns',
      after: 'is_open BOOL',
      state: 'done',
    },
  ])
  expect(await readFile(result.outputs['junit-path']!, 'utf8')).toContain('name="orders"')
  // The next run on main compares with main.
  expect((await loop.latest()).commit).not.toBe('')
}, 480_000)

it('a second push reads from production what it does not change any more, not what the first one left', async () => {
  const { change } = shop
  await loop.edit(change.file, ', status = "placed" as is_open', '')
  await loop.edit(change.file, ' where order_id > 1', '')
  await loop.edit('models/marts/customers.sql', 'count(orders.order_id)', 'count(distinct orders.order_id)')
  // A hook, and a macro that asks while the model is compiled: no dry run tells what they read.
  await loop.edit(
    'models/marts/customers.sql',
    'select',
    "{{ config(post_hook='select 1') }}{% if execute %}{% do run_query('select 2') %}{% endif %}\nselect",
  )
  const result = await loop.onPullRequest({ commands: 'build --exclude kept', 'max-bytes': '1000000000' })
  expect([result.exitCode, messages(result)]).toEqual([0, []])
  expect(result.outputs['not-estimated']).toBe('hooks of customers, 1 query of macros while compiling')
  expect(messages(result, 'warning')).toContainEqual(
    expect.stringContaining('max-bytes did not judge hooks of customers, 1 query of macros'),
  )
  expect((await nodesOf(result)).filter((id) => id.startsWith('model'))).toEqual(['model.shop.customers'])
  // The first push left its own orders here, of which it had dropped one.
  expect(await loop.dbt.tablesOf('caec_analytics_pr_7')).toContain('orders')
  const run = await readFile(`${result.outputs['results-path']}/0/run_results.json`, 'utf8')
  const { results } = JSON.parse(run) as { results: { unique_id: string; compiled_code: string }[] }
  const { compiled_code: sql } = results.find(({ unique_id: id }) => id === 'model.shop.customers')!
  expect(sql).toContain('`caec_analytics`.`orders`')
}, 480_000)

it('another account is who asks, also of a run that says itself which pull request it is for', async () => {
  const look = { 'pull-request': '7', 'dry-run': 'true' }
  const env = {
    ...(await loop.federated()),
    GITHUB_EVENT_NAME: 'workflow_dispatch',
    GITHUB_REF: 'refs/heads/x',
  }
  const alone = await loop.close(look, env)
  expect(dropped(alone)).toEqual([])
  const account = 'caec-ci-test@caec-local.iam.gserviceaccount.com'
  const result = await loop.close({ ...look, 'impersonate-service-account': account }, env)
  expect([result.exitCode, messages(result)]).toEqual([0, []])
  expect(dropped(result)).toEqual(['caec_analytics_pr_7', 'caec_analytics_pr_7_dbt_test__audit'])
  // A dry run only says so.
  expect(await loop.dbt.tablesOf('caec_analytics_pr_7')).toEqual(['customers', 'orders'])
}, 120_000)

it('when it is closed, its datasets are dropped, and what only bears the name is left', async () => {
  await loop.dbt.cloud.api('data-eng', 'POST', '/datasets', {
    datasetReference: { projectId: 'caec-local', datasetId: 'caec_analytics_pr_7_of_somebody' },
    location: 'us-central1',
  })
  const result = await loop.close()
  expect([result.exitCode, messages(result)]).toEqual([0, []])
  expect(result.summary).toContain('dropped')
  expect(await loop.dbt.tablesOf('caec_analytics_pr_7')).toBeUndefined()
  expect(await loop.dbt.tablesOf('caec_analytics_pr_7_dbt_test__audit')).toBeUndefined()
  expect(await loop.dbt.tablesOf('caec_analytics_pr_7_of_somebody')).toEqual([])
  expect(await loop.dbt.tablesOf('caec_analytics')).toContain('orders')
}, 480_000)

it('what is checked out of another commit leaves no state, and a branch is not built into production', async () => {
  const before = await loop.latest()
  loop.commit('2026-11-02T00:00:00Z')
  const asked = await loop.onMain({ commands: 'parse' }, '8', { GITHUB_SHA: before.commit })
  expect([asked.exitCode, messages(asked)]).toEqual([0, []])
  expect(asked.summary).toMatch(
    /is not used, because [0-9a-f]{12} is checked out, and this run of main is of /,
  )
  expect(await loop.latest()).toEqual(before)
  const own = { 'schema-per-pull-request': 'true' }
  const branch = await loop.onMain(own, '9', { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/x' })
  expect(messages(branch).join('\n')).toContain('so it would build into caec_analytics itself')
  expect(branch.log).not.toContain('> dbt build')
}, 240_000)

it.each([
  ['merge_group', { merge_group: { head_ref: 'refs/heads/gh-readonly-queue/main/pr-7-0a1b' } }],
  ['issue_comment', { issue: { number: 7, pull_request: {} } }],
])(
  '%s is of its pull request',
  async (name, payload) => {
    const event = await loop.event(name, payload)
    const result = await loop.onPullRequest({ commands: 'parse', 'dry-run': 'true' }, event)
    expect([result.exitCode, result.outputs.dataset]).toEqual([0, 'caec_analytics_pr_7'])
  },
  240_000,
)

it('a run that belongs to no pull request cannot be cleaned up after', async () => {
  const result = await loop.onMain({ cleanup: 'true', commands: '' })
  expect(messages(result).join('\n')).toContain('this run belongs to no pull request')
}, 60_000)
