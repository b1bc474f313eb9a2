/**
 * The permissions that docs/permissions.md lists are enough, and asked for; that none of them is too many is shown
 * of one in each mode here, of every one in the deep tests, which also have what starts dbt or Airflow.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startRoleCloud, type Grants, type RoleCloud } from '../../support/permission-roles.ts'
import { openJob, type Job, type RunResult } from '../../support/runner.ts'
import { describeRefusals } from './refusals.ts'
import { hasAction, scenarios } from './scenarios.ts'
import { readRecording } from './variants.ts'

describeRefusals(({ isSlow }) => isSlow !== true, 60_000, 1)

it('lists every mode of every action that is there, and no other', () => {
  expect(
    readRecording()
      .filter(hasAction)
      .map(({ action, mode }) => `${action} ${mode}`),
  ).toEqual(scenarios.map(({ action, mode }) => `${action} ${mode}`))
})

describe('ci-plan, which cannot write', () => {
  let cloud: RoleCloud
  let job: Job
  beforeAll(async () => {
    cloud = await startRoleCloud({})
    job = await openJob()
  })
  afterAll(() => Promise.all([job.close(), cloud.close()]))
  it.each(scenarios.filter(({ mode }) => mode === 'dry-run'))(
    'does the dry run of $action',
    async (scenario) => {
      await scenario.prepare?.({ cloud, job })
      let result: RunResult | undefined
      const asked: Grants = await cloud.recorded('ci-plan', async () => {
        result = await scenario.run({ cloud, job }, cloud.env('ci-plan'), 'ci-plan')
      })
      expect([result!.exitCode, result!.annotations.filter(({ kind }) => kind === 'error')]).toEqual([0, []])
      expect(
        Object.values(asked)
          .flat()
          .filter(
            (permission) =>
              // BigQuery asks for the second where it judges a CREATE TABLE; the plan goes on without.
              !['bigquery.jobs.create', 'bigquery.tables.create'].includes(permission) &&
              !/\.(get|list|getData|getIamPolicy)$/.test(permission),
          ),
      ).toEqual([])
    },
    120_000,
  )
  it.each(
    scenarios.filter(({ action, mode, isSlow }) => mode === 'apply' && isSlow !== true && action !== 'auth'),
  )(
    'is refused to apply with $action',
    async (scenario) => {
      await scenario.prepare?.({ cloud, job })
      const result = await scenario.run({ cloud, job }, cloud.env('ci-plan'), 'ci-plan')
      expect([
        result.exitCode,
        result.annotations.filter(({ kind }) => kind === 'error').map(({ message }) => message),
      ]).toEqual([1, [expect.stringMatching(/\b403\b/)]])
    },
    60_000,
  )
})
