/** A deployment that fails half way leaves what was published before. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { plantedCheckout } from '../support/planted-checkout.ts'
import { jobOf, objectsOf, openPlatforms, tablesOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
let platforms: Platforms

beforeAll(async () => {
  platforms = await openPlatforms()
  const first = await platforms.run('workflows-examples/first-deployment.yml', {
    withoutJobs: ['build/image'],
  })
  if (first.conclusion !== 'success')
    throw new Error(`${JSON.stringify(verdict(first), null, 2)}\n${platforms.shown.slice(-60).join('\n')}`)
}, 15 * minutes)
afterAll(() => platforms?.close())

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
    10 * minutes,
  )
})
