/**
 * The examples that run every day, from their files on one cloud: nights and backfills, pull requests, one
 * action behind Google's.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { plantedCheckout } from '../support/planted-checkout.ts'
import { googleAuthStandIn } from './google-auth-stand-in.ts'
import { jobOf, objectsOf, openPlatforms, query, tablesOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
const dayMs = 86_400_000
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
let platforms: Platforms
let scratch: string
/** The day that ends while the tests run may end twice; the events are on the three days before it. */
const yesterday = Date.parse(dayOf(Date.now())) - dayMs
const days = [yesterday - 2 * dayMs, yesterday - dayMs, yesterday]

beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'callers '))
  platforms = await openPlatforms()
  const rows = days.flatMap((day, index) =>
    Array.from(
      { length: index + 2 },
      (_, visitor) => `${day + visitor * 60_000 + 12 * 3_600_000},${visitor + 1},view,${visitor + 10},`,
    ),
  )
  const body = gzipSync(`timestamp,visitorid,event,itemid,transactionid\n${rows.join('\n')}\n`)
  const reply = await platforms.dev.fetchAs(
    'data-eng',
    `/upload/storage/v1/b/${platforms.dev.cloud.environment.buckets.raw}/o?uploadType=media&name=events/${dayOf(yesterday)}.csv.gz`,
    { method: 'POST', body },
  )
  if (!reply.ok) throw new Error(await reply.text())
}, 15 * minutes)
afterAll(async () => {
  await platforms?.close()
  rmSync(scratch, { recursive: true, force: true })
})

const loadedDays = async (): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await query(
        platforms.dev,
        'SELECT CAST(event_date AS STRING), COUNT(*) FROM caec_raw.sessionized_events GROUP BY 1 ORDER BY 1',
      )
    ).map(([day, rows]) => [day, Number(rows)]),
  )

describe('nightly.yml', () => {
  it(
    'by hand recomputes the days asked for',
    async () => {
      const result = await platforms.run('workflows-examples/nightly.yml', {
        inputs: { from: dayOf(days[0]!), to: dayOf(days[1]!) },
      })
      expect(verdict(result)).toEqual({ days: 'success', compute: 'success' })
      expect(await loadedDays()).toEqual({ [dayOf(days[0]!)]: 2, [dayOf(days[1]!)]: 3 })
    },
    10 * minutes,
  )

  it(
    'by its schedule computes the day that ended and leaves the others',
    async () => {
      const result = await platforms.run('workflows-examples/nightly.yml', { event: 'schedule' })
      expect(verdict(result)).toEqual({ days: 'success', compute: 'success' })
      expect(await loadedDays()).toEqual(
        Object.fromEntries(days.map((day, index) => [dayOf(day), index + 2])),
      )
      expect(await query(platforms.dev, 'SELECT COUNT(*) FROM caec_analytics.fct_events')).toEqual([['9']])
      // A release stages what the batches ran.
      const staged = Object.keys(await objectsOf(platforms.dev, 'staging', 'submit-spark/'))
      expect(staged.filter((name) => name.endsWith('/clean.py'))).toHaveLength(1)
    },
    10 * minutes,
  )

  it.each([
    [{ from: '2026-02-30' }, /write YYYY-MM-DD/],
    [{ from: '2026-02-02', to: '2026-02-01' }, /from 2026-02-02 is after to 2026-02-01; swap them/],
  ])('says in one sentence what is wrong with %j', async (inputs, sentence) => {
    const result = await platforms.run('workflows-examples/nightly.yml', { inputs })
    expect(verdict(result).days).toMatch(sentence)
    expect(verdict(result).compute).toBe('skipped')
  })
})

describe('pull-request.yml', () => {
  const of = (action: string, repository = 'example/clickstream-platform'): object => ({
    action,
    number: 7,
    pull_request: { number: 7, head: { ref: 'feature', repo: { full_name: repository } } },
  })
  const event = (action: string, repository?: string): Record<string, unknown> => ({
    event: 'pull_request',
    eventPayload: of(action, repository),
    vars: variables(),
  })
  // A pull request uses no environment: its variables are the repository's.
  const variables = (): Record<string, string> => platforms.vars.dev!
  const files = { root: '', end: () => undefined as void }

  beforeAll(() => {
    const checkout = plantedCheckout()
    // One small test instead of the whole suite, which is a check of its own.
    rmSync(path.join(checkout.root, 'test/spark'), { recursive: true })
    mkdirSync(path.join(checkout.root, 'test/spark'))
    checkout.write(
      'test/spark/test_one.py',
      'from pyspark.sql import SparkSession\n\n\ndef test_counts():\n    spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()\n    assert spark.range(3).count() == 3\n',
    )
    Object.assign(files, { root: checkout.root, end: checkout.end })
  })
  afterAll(() => files.end())

  it(
    'opened builds into a dataset of its own, plans, and touches nothing that people read',
    async () => {
      const look = async (): Promise<unknown> => [
        await tablesOf(platforms.dev, 'caec_analytics'),
        await tablesOf(platforms.dev, 'caec_insights'),
        await objectsOf(platforms.dev, 'dags'),
        await tablesOf(platforms.dev, 'caec_raw'),
      ]
      const before = await look()
      const result = await platforms.run('workflows-examples/pull-request.yml', {
        ...event('opened'),
        repositoryRoot: files.root,
      })
      expect(verdict(result)).toEqual({
        test: 'success',
        'test/sources': 'success',
        'test/fork': 'skipped',
        'test/data': 'success',
        'test/plan': 'success',
        'test/clean-up': 'skipped',
      })
      expect(jobOf(result, 'test').outputs.dataset).toBe('caec_pr_7')
      expect(Object.keys((await tablesOf(platforms.dev, 'caec_pr_7', 'ci-test'))!)).toEqual(
        expect.arrayContaining(['dim_users', 'fct_events', 'fct_sessions', 'stg_sessionized_events']),
      )
      expect(await look()).toEqual(before)
      expect(jobOf(result, 'test/sources').summary).toContain('1 passed, 0 failed, 0 skipped in `test/spark`')
      expect(jobOf(result, 'test/plan').summary.replaceAll('&#95;', '_')).toMatch(
        /clickstream_pipeline\.release\.json[\s\S]*kpi_daily_sessions/,
      )
    },
    10 * minutes,
  )

  it(
    'closed drops that dataset and nothing else, and closing twice is fine',
    async () => {
      for (let time = 0; time < 2; time += 1) {
        const result = await platforms.run('workflows-examples/pull-request.yml', {
          ...event('closed'),
          repositoryRoot: files.root,
        })
        expect(verdict(result)).toMatchObject({
          test: 'success',
          'test/clean-up': 'success',
          'test/data': 'skipped',
          'test/sources': 'skipped',
        })
        expect(await tablesOf(platforms.dev, 'caec_pr_7', 'ci-test')).toBeUndefined()
      }
      expect(Object.keys((await tablesOf(platforms.dev, 'caec_analytics'))!)).toContain('fct_events')
    },
    10 * minutes,
  )

  it(
    'of a fork runs what needs no cloud and says in one sentence what was skipped',
    async () => {
      const result = await platforms.run('workflows-examples/pull-request.yml', {
        ...event('opened', 'stranger/clickstream-platform'),
        repositoryRoot: files.root,
      })
      expect(verdict(result)).toEqual({
        test: 'success',
        'test/sources': 'success',
        'test/fork': 'success',
        'test/data': 'skipped',
        'test/plan': 'skipped',
        'test/clean-up': 'skipped',
      })
      expect(jobOf(result, 'test/fork').summary).toMatch(
        /comes from a fork, which gets no token: data tests and plans were skipped; a maintainer runs them/,
      )
    },
    10 * minutes,
  )
})

describe('one-action.yml', () => {
  it(
    "publishes the views behind the sign-in of Google's action, whose place a stand-in takes here",
    async () => {
      const result = await platforms.run('workflows-examples/one-action.yml', {
        repositories: { 'google-github-actions/auth': googleAuthStandIn(scratch, platforms.dev.origin) },
      })
      expect(verdict(result)).toEqual({ publish: 'success' })
      expect(Object.keys((await tablesOf(platforms.dev, 'caec_insights'))!)).toContain('kpi_daily_sessions')
      expect(jobOf(result, 'publish').summary).toContain('created')
    },
    5 * minutes,
  )

  it("is refused where no checkout of Google's action is named, and told how", async () => {
    await expect(platforms.run('workflows-examples/one-action.yml')).rejects.toThrow(
      /google-github-actions\/auth@[0-9a-f]{40}: actions of other repositories are not supported.*--repository google-github-actions\/auth=PATH/,
    )
  })
})
