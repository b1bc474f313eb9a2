/** Materialized views through the bundle: made, left alone, refreshed differently, refused where BigQuery cannot, pruned. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Exchange } from '../../local/cloud/gateway.ts'
import { analytics, openBigQuery, type BigQueryCloud } from '../local/bigquery/bigquery-cloud.ts'
import { errorOf, runBundle } from '../support/runner.ts'
import { signIn, type SignedInJob } from '../support/signed-in-job.ts'

const exchanges: Exchange[] = []
let cloud: BigQueryCloud
let job: SignedInJob
beforeAll(async () => {
  cloud = await openBigQuery({ onExchange: (exchange) => exchanges.push(exchange) })
  job = await signIn(cloud)
  const made = await cloud.api('data-eng', 'POST', '/datasets/caec_analytics/tables', {
    tableReference: analytics('visits'),
    schema: {
      fields: [
        { name: 'day', type: 'DATE' },
        { name: 'visitor', type: 'INTEGER' },
      ],
    },
  })
  expect(made.status).toBe(200)
})
afterAll(() => Promise.all([job.close(), cloud.close()]))

const FILE = 'caec_insights/daily.sql'
const TEXT =
  'CREATE OR REPLACE MATERIALIZED VIEW caec_insights.daily\nCLUSTER BY day\nOPTIONS (enable_refresh = true, refresh_interval_minutes = 60, description = "By day")\nAS SELECT day, COUNT(*) AS visits FROM caec_analytics.visits GROUP BY day\n'
const shown = async () => (await cloud.api('data-eng', 'GET', '/datasets/caec_insights/tables/daily')).body
async function publish(files: Record<string, string>, inputs: Record<string, string> = {}) {
  await rm(join(job.workspace, 'views'), { recursive: true, force: true })
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(job.workspace, 'views', name)), { recursive: true })
    await writeFile(join(job.workspace, 'views', name), text)
  }
  exchanges.length = 0
  return runBundle('publish-views', {
    job,
    env: job.env,
    with: { source: 'views', location: 'us-central1', prune: 'true', ...inputs },
  })
}
async function published(files: Record<string, string>) {
  const result = await publish(files)
  expect([result.exitCode, errorOf(result)]).toEqual([0, ''])
  return result.outputs
}

it('makes one, authorizes it, and leaves it alone without a query job', async () => {
  expect(await published({ [FILE]: TEXT })).toMatchObject({ created: '1', authorized: '1' })
  expect(await shown()).toMatchObject({
    type: 'MATERIALIZED_VIEW',
    description: 'By day',
    clustering: { fields: ['day'] },
    materializedView: {
      enableRefresh: true,
      refreshIntervalMs: '3600000',
      query: 'SELECT day, COUNT(*) AS visits FROM `caec-local.caec_analytics.visits` GROUP BY day',
    },
  })
  expect(await published({ [FILE]: TEXT })).toMatchObject({ unchanged: '1', authorized: '0' })
  expect(exchanges.filter(({ id, method }) => method !== 'GET' && id?.startsWith('bigquery'))).toEqual([])
})

it('changes in place how it is refreshed; a comment is no difference', async () => {
  const changed = TEXT.replace('= 60', '= 20')
    .replace('By day', 'Each day')
    .replace('AS SELECT', 'AS /* new */ SELECT')
  expect(await published({ [FILE]: changed })).toMatchObject({ updated: '1' })
  expect(await shown()).toMatchObject({
    description: 'Each day',
    materializedView: { refreshIntervalMs: '1200000', enableRefresh: true },
  })
  expect(await published({ [FILE]: changed })).toMatchObject({ unchanged: '1' })
})

it.each<[string, string, RegExp]>([
  [
    'another query',
    TEXT.replace('COUNT(*)', 'SUM(visitor)'),
    /changes its query, which BigQuery cannot alter on a materialized view; remove it \(DROP MATERIALIZED VIEW `caec-local\.caec_insights\.daily`\)/,
  ],
  ['other clustering', TEXT.replace('CLUSTER BY day', 'CLUSTER BY visits'), /changes its clustering/],
  [
    'a plain view',
    'SELECT day FROM caec_analytics.visits',
    /there is a materialized view of this name, and publish-views never turns one into a view/,
  ],
])('refuses %s', async (_what, text, words) => {
  const result = await publish({ [FILE]: text }, { adopt: 'true', 'allow-breaking': 'true' })
  expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringMatching(words)])
  expect((await shown()).type).toBe('MATERIALIZED_VIEW')
})

it('deletes it with its entry once its file is gone', async () => {
  expect(await published({ 'caec_insights/other.sql': 'SELECT 1 AS one' })).toMatchObject({ deleted: '1' })
  const { access } = (await cloud.api('data-eng', 'GET', '/datasets/caec_analytics')).body
  expect(access.filter(({ view }: { view?: object }) => view !== undefined)).toEqual([])
})
