/**
 * First deployment and plan, run from their files, and nothing changed where nothing may be. Promotion and
 * deployments that fail are in deployments.deep.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import type { WorkflowResult } from '../../local/runner/result.ts'
import {
  jobOf,
  objectsOf,
  openPlatforms,
  readObject,
  stepsOf,
  tablesOf,
  verdict,
  type Platforms,
} from './platforms.ts'

const minutes = 60_000
let platforms: Platforms
let first: WorkflowResult
let digest: string

beforeAll(async () => {
  platforms = await openPlatforms()
  first = await platforms.run('workflows-examples/first-deployment.yml', { withoutJobs: ['build/image'] })
  if (first.conclusion !== 'success')
    throw new Error(`${JSON.stringify(verdict(first), null, 2)}\n${platforms.shown.slice(-60).join('\n')}`)
  digest = jobOf(first, 'build').outputs.digest!
}, 15 * minutes)
afterAll(() => platforms?.close())

/** Everything a deployment could touch. */
const everything = async (cloud = platforms.dev): Promise<unknown> => ({
  dags: await objectsOf(cloud, 'dags'),
  staging: await objectsOf(cloud, 'staging', 'submit-spark/'),
  tables: await Promise.all(
    ['caec_raw', 'caec_analytics', 'caec_insights'].map((dataset) => tablesOf(cloud, dataset)),
  ),
})

describe('first-deployment.yml', () => {
  it('ends with tables, Spark code, DAGs and views of one digest', async () => {
    expect(digest).toMatch(/^[0-9a-f]{64}$/)
    expect(jobOf(first, 'deploy').outputs.digest).toBe(digest)
    const release = JSON.parse(
      (await readObject(platforms.dev, 'dags', 'dags/clickstream_pipeline.release.json')).toString(),
    ) as { digest: string; spark: Record<string, { main: string; pyFiles: string[] }> }
    expect(release.digest).toBe(digest)
    for (const object of Object.values(release.spark).flatMap(({ main, pyFiles }) => [main, ...pyFiles])) {
      const bytes = await readObject(platforms.dev, 'staging', object)
      expect(object.split('/')[1]).toBe(createHash('sha256').update(bytes).digest('hex'))
    }
    expect(Object.keys((await tablesOf(platforms.dev, 'caec_raw'))!).sort()).toEqual([
      'file_counts',
      'item_names',
      'lake_days',
      'loaded_days',
      'quality_results',
      'quarantined_files',
      'sessionized_events',
    ])
    expect(Object.keys((await tablesOf(platforms.dev, 'caec_analytics'))!)).toEqual(
      expect.arrayContaining(['fct_events', 'fct_sessions', 'dim_users', 'fct_visitor_days']),
    )
    expect(
      Object.keys((await tablesOf(platforms.dev, 'caec_insights'))!).filter((name) =>
        name.startsWith('kpi_'),
      ),
    ).toHaveLength(21)
  })

  it('leaves out the job that needs a container engine, and says so', () => {
    expect(verdict(first)['build/image']).toBe('skipped')
    expect(verdict(first)).toMatchObject({
      'build/check': 'success',
      'build/package': 'success',
      'deploy/deploy': 'success',
    })
  })

  it('goes tables, data, Spark code, DAGs, views, and says so in a table', () => {
    const names = jobOf(first, 'deploy/deploy').steps.map(({ name }) => name)
    const order = [
      'Verify the release',
      'Apply tables',
      'Build data',
      'Stage Spark code',
      'Deploy DAGs',
      'Publish views',
    ]
    expect(names.filter((name) => order.includes(name))).toEqual(order)
    expect(jobOf(first, 'deploy/deploy').summary).toContain(`## Deployment to dev\n\nRelease \`${digest}\`\n`)
    expect(jobOf(first, 'deploy/deploy').summary).toContain('| DAGs | success |\n| views | success |')
  })

  it('keeps the documentation of dbt as an artifact', () => {
    expect(stepsOf(jobOf(first, 'build/check'))['Keep the documentation of dbt']).toBe('success')
  })
})

describe('deploy.yml', () => {
  it(
    'as a dry run shows every plan as the identity that cannot change anything, and changes nothing',
    async () => {
      const before = await everything()
      const planned = await platforms.run('.github/workflows/deploy.yml', {
        inputs: { environment: 'dev', digest, 'run-id': first.runId, 'dry-run': 'true' },
      })
      expect(verdict(planned)).toEqual({ deploy: 'success' })
      expect(await everything()).toEqual(before)
      const { summary } = jobOf(planned, 'deploy')
      for (const text of ['## Plan for dev', 'Views: the plan', 'unchanged']) expect(summary).toContain(text)
    },
    5 * minutes,
  )

  it(
    'refuses another digest than that of the artifact before it signs in',
    async () => {
      const refused = await platforms.run('.github/workflows/deploy.yml', {
        inputs: { environment: 'dev', digest: '0'.repeat(64), 'run-id': first.runId },
      })
      expect(verdict(refused).deploy).toMatch(
        /^failure: Verifying the release: the digest of release is [0-9a-f]{64}, not 0{64}; it is another release; nothing of it may be deployed\./,
      )
      expect(stepsOf(jobOf(refused, 'deploy'))['Authenticate for tables and data']).toBe('skipped')
    },
    5 * minutes,
  )

  it(
    'says which run is meant when there is no such run',
    async () => {
      const refused = await platforms.run('.github/workflows/deploy.yml', {
        inputs: { environment: 'dev', digest, 'run-id': '1' },
      })
      expect(verdict(refused).deploy).toMatch(/there is no run 1 on this state/)
    },
    5 * minutes,
  )
})
