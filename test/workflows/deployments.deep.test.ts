/**
 * Promotion brings the same bytes to the other environment; a deployment that fails half way leaves what was
 * published before.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import type { WorkflowResult } from '../../local/runner/result.ts'
import { plantedCheckout } from '../support/planted-checkout.ts'
import {
  jobOf,
  objectsOf,
  openPlatforms,
  readObject,
  tablesOf,
  verdict,
  type Platforms,
} from './platforms.ts'

const minutes = 60_000
let platforms: Platforms
let first: WorkflowResult

beforeAll(async () => {
  platforms = await openPlatforms()
  first = await platforms.run('workflows-examples/first-deployment.yml', {
    withoutJobs: ['build/image'],
  })
  if (first.conclusion !== 'success')
    throw new Error(`${JSON.stringify(verdict(first), null, 2)}\n${platforms.shown.slice(-60).join('\n')}`)
}, 40 * minutes)
afterAll(() => platforms?.close())

describe('promote.yml', () => {
  it(
    'brings the very release of dev to prod',
    async () => {
      const digest = jobOf(first, 'build').outputs.digest!
      const prod = await platforms.prod()
      const promoted = await platforms.run('workflows-examples/promote.yml', {
        on: prod,
        inputs: { 'run-id': first.runId, digest },
      })
      expect(verdict(promoted)).toEqual({ prod: 'success', 'prod/deploy': 'success' })
      expect(jobOf(promoted, 'prod').outputs.digest).toBe(digest)
      const names = Object.keys(await objectsOf(prod, 'dags'))
      expect(names).toContain('dags/clickstream_pipeline.release.json')
      const release = await readObject(prod, 'dags', 'dags/clickstream_pipeline.release.json')
      expect(JSON.parse(release.toString())).toMatchObject({ digest })
      expect(Object.keys(await objectsOf(prod, 'staging', 'submit-spark/'))).toEqual(
        expect.arrayContaining(
          Object.values(
            (JSON.parse(release.toString()) as { spark: Record<string, { main: string }> }).spark,
          ).map(({ main }) => main),
        ),
      )
      expect(Object.keys((await tablesOf(prod, 'caec_insights'))!)).toEqual(
        Object.keys((await tablesOf(platforms.dev, 'caec_insights'))!),
      )
    },
    30 * minutes,
  )
})

describe('first-deployment.yml', () => {
  it.each([
    // Before the switch, and after it.
    [
      'data',
      'dbt/models/marts/dim_users.sql',
      (text: string) => `${text}\n-- planted\nwhere no_such_column = 1`,
    ],
    [
      'views',
      'bigquery/views/caec_insights/kpi_daily_sessions.sql',
      () => 'SELECT no_such_column FROM caec_analytics.fct_sessions\n',
    ],
  ])(
    'that fails at %s leaves what was published before, and a repeat converges',
    async (step, file, spoil) => {
      const checkout = plantedCheckout()
      try {
        checkout.write(file, spoil(readFileSync(`${checkout.root}/${file}`, 'utf8')))
        const before = {
          dags: await objectsOf(platforms.dev, 'dags'),
          views: await tablesOf(platforms.dev, 'caec_insights'),
        }
        const failed = await platforms.run('workflows-examples/first-deployment.yml', {
          repositoryRoot: checkout.root,
          withoutJobs: ['build/image'],
        })
        expect([failed.conclusion, verdict(failed)['build/package']]).toEqual(['failure', 'success'])
        const after = {
          dags: await objectsOf(platforms.dev, 'dags'),
          views: await tablesOf(platforms.dev, 'caec_insights'),
        }
        expect(after.views).toEqual(before.views)
        if (step === 'data') expect(after.dags).toEqual(before.dags)
        expect(jobOf(failed, 'deploy/deploy').summary).toContain(`| ${step} | failure |`)
      } finally {
        checkout.end()
      }
    },
    30 * minutes,
  )
})
