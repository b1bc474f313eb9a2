/**
 * A change from its pull request to dev: the plan stands on the request, exactly that is deployed after the merge, the
 * result goes into the same comment; what nobody reviewed is refused.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { plantedCheckout } from '../support/planted-checkout.ts'
import { pullRequest } from './nights.ts'
import { jobOf, openPlatforms, stepsOf, tablesOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
const view = 'bigquery/views/caec_insights/kpi_daily_sessions.sql'
let platforms: Platforms
let files: ReturnType<typeof plantedCheckout>
let comments: () => { issue: number; author: string; body: string }[]

beforeAll(async () => {
  platforms = await openPlatforms()
  comments = () =>
    (
      JSON.parse(readFileSync(path.join(platforms.stateDir, 'github/comments.json'), 'utf8')) as {
        comments: ReturnType<typeof comments>
      }
    ).comments
  files = plantedCheckout()
  rmSync(path.join(files.root, 'test/spark'), { recursive: true })
  mkdirSync(path.join(files.root, 'test/spark'))
  const first = await platforms.run('workflows-examples/first-deployment.yml', {
    withoutJobs: ['build/image'],
    repositoryRoot: files.root,
  })
  if (first.conclusion !== 'success') throw new Error(JSON.stringify(verdict(first), null, 2))
}, 40 * minutes)
afterAll(async () => {
  files?.end()
  await platforms?.close()
})

const edit = (line: string): void =>
  files.write(view, `${readFileSync(path.join(files.root, view), 'utf8')}\n-- ${line}\n`)
const push = () =>
  platforms.run('workflows-examples/reviewed.yml', {
    event: 'push',
    repositoryRoot: files.root,
    withoutJobs: ['build/image'],
  })

describe('reviewed.yml', () => {
  it(
    'deploys what stands on the pull request and says there that it did',
    async () => {
      edit('a change to review')
      const opened = await platforms.run('workflows-examples/pull-request.yml', {
        ...pullRequest(platforms, 'opened'),
        repositoryRoot: files.root,
        withoutJobs: ['test/data'],
      })
      expect(verdict(opened)).toMatchObject({ 'test/plan': 'success' })
      expect(comments()).toEqual([
        expect.objectContaining({
          issue: 7,
          author: 'github-actions[bot]',
          body: expect.stringContaining('Plan for dev'),
        }),
      ])
      const merged = await push()
      expect(verdict(merged)).toMatchObject({
        'review/comment': 'success',
        'deploy/deploy': 'success',
        'result/comment': 'success',
      })
      expect(comments()).toHaveLength(1)
      expect(comments()[0]!.body).toMatch(/Applied to dev[\s\S]*<td>views<\/td>[\s\S]*<td>done<\/td>/)
    },
    40 * minutes,
  )

  it(
    'refuses what was pushed past the review, and the comment says so',
    async () => {
      edit('nobody saw this')
      const before = await tablesOf(platforms.dev, 'caec_insights')
      const pushed = await push()
      expect(verdict(pushed)['deploy/deploy']).toMatch(/^failure: .*Comparing the plan with expected-plan/)
      expect(stepsOf(jobOf(pushed, 'deploy/deploy'))).toMatchObject({
        'Deploy DAGs': 'failure',
        'Publish views': 'skipped',
      })
      expect(verdict(pushed)['result/comment']).toBe('success')
      expect(await tablesOf(platforms.dev, 'caec_insights')).toEqual(before)
      expect(comments()).toHaveLength(1)
      expect(comments()[0]!.body).toMatch(/<td>refused<\/td>[\s\S]*not reached/)
    },
    40 * minutes,
  )
})
