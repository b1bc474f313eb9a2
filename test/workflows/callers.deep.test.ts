/** Backfills by hand, the night after them, and a pull request from its opening to its end. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { plantedCheckout } from '../support/planted-checkout.ts'
import { days, dayOf, eventsOfDays, loadedDays, pullRequest, putNights } from './nights.ts'
import { jobOf, objectsOf, openPlatforms, query, tablesOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
let platforms: Platforms

beforeAll(async () => {
  platforms = await openPlatforms()
  await putNights(platforms)
}, 40 * minutes)
afterAll(() => platforms?.close())

describe('nightly.yml', () => {
  it(
    'by hand computes the days asked for, and is red for what is left of their files',
    async () => {
      const result = await platforms.run('workflows-examples/nightly.yml', {
        inputs: { from: dayOf(days[0]!), to: dayOf(days[1]!) },
      })
      // The files are new to the ledger and hold other days as well: the run says so, after it has published.
      expect(verdict(result)).toEqual({
        days: 'success',
        compute: expect.stringContaining('1 of 1 nodes failed: macro.caec.check_gate'),
      })
      expect(
        jobOf(result, 'compute')
          .annotations.map(({ message }) => message)
          .join(),
      ).toContain('unprocessed_files')
      expect(await loadedDays(platforms)).toEqual({ [dayOf(days[0]!)]: 2, [dayOf(days[1]!)]: 3 })
    },
    30 * minutes,
  )

  it(
    'by its schedule takes what is new: of a file of which only some days were asked for, the rest',
    async () => {
      const result = await platforms.run('workflows-examples/nightly.yml', { event: 'schedule' })
      expect(verdict(result)).toEqual({ days: 'success', compute: 'success' })
      expect(await loadedDays(platforms)).toEqual(
        Object.fromEntries(days.map((day, index) => [dayOf(day), eventsOfDays[index]])),
      )
      expect(await query(platforms.dev, 'SELECT COUNT(*) FROM caec_analytics.fct_events')).toEqual([['9']])
      // A release stages what the batches ran.
      const staged = Object.keys(await objectsOf(platforms.dev, 'staging', 'submit-spark/'))
      expect(staged.filter((name) => name.endsWith('/clean.py'))).toHaveLength(1)
    },
    30 * minutes,
  )
})

describe('pull-request.yml', () => {
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
        ...pullRequest(platforms, 'opened'),
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
    30 * minutes,
  )

  it(
    'closed drops that dataset and nothing else, and closing twice is fine',
    async () => {
      for (let time = 0; time < 2; time += 1) {
        const result = await platforms.run('workflows-examples/pull-request.yml', {
          ...pullRequest(platforms, 'closed'),
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
    30 * minutes,
  )

  it(
    'of a fork runs what needs no cloud and says in one sentence what was skipped',
    async () => {
      const result = await platforms.run('workflows-examples/pull-request.yml', {
        ...pullRequest(platforms, 'opened', 'stranger/clickstream-platform'),
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
    30 * minutes,
  )
})
