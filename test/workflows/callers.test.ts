/**
 * The examples that run every day, one short run of each kind from its file; whole nights are in
 * nightly.deep.test.ts, backfills and whole pull requests in callers.deep.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { pullRequest } from './nights.ts'
import { trustedClaims } from '../support/workflow-run.ts'
import { jobOf, openPlatforms, tablesOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
let platforms: Platforms

beforeAll(async () => {
  platforms = await openPlatforms()
}, 15 * minutes)
afterAll(async () => {
  await platforms?.close()
})

describe('nightly.yml', () => {
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
  it(
    'closed drops the dataset of that pull request by its labels, and no other',
    async () => {
      const { project, region } = platforms.dev.cloud.environment
      const labels = { 'managed-by': 'run-dbt', repository: trustedClaims.repository_id }
      for (const [datasetId, number] of [
        ['caec_pr_7', '7'],
        ['caec_pr_8', '8'],
        ['caec_pr_7_of_somebody', 'none'],
      ]) {
        const reply = await platforms.dev.fetchAs('ci-test', `/bigquery/v2/projects/${project}/datasets`, {
          method: 'POST',
          body: {
            datasetReference: { projectId: project, datasetId },
            location: region,
            labels: { ...labels, 'pull-request': number },
          },
        })
        expect(reply.status).toBe(200)
      }
      const result = await platforms.run(
        'workflows-examples/pull-request.yml',
        pullRequest(platforms, 'closed'),
      )
      expect(verdict(result)).toMatchObject({
        test: 'success',
        'test/clean-up': 'success',
        'test/data': 'skipped',
        'test/sources': 'skipped',
      })
      expect(await tablesOf(platforms.dev, 'caec_pr_7', 'ci-test')).toBeUndefined()
      expect(await tablesOf(platforms.dev, 'caec_pr_8', 'ci-test')).toEqual({})
      expect(await tablesOf(platforms.dev, 'caec_pr_7_of_somebody', 'ci-test')).toEqual({})
      expect(jobOf(result, 'test/clean-up').summary).toMatch(
        /leave dataset caec(_|&#95;)pr(_|&#95;)7(_|&#95;)of/,
      )
    },
    10 * minutes,
  )
})

describe('one-action.yml', () => {
  it("is refused where no checkout of Google's action is named, and told how", async () => {
    await expect(platforms.run('workflows-examples/one-action.yml')).rejects.toThrow(
      /google-github-actions\/auth@[0-9a-f]{40}: actions of other repositories are not supported.*--repository google-github-actions\/auth=PATH/,
    )
  })
})
