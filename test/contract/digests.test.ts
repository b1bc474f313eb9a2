/** A plan that was reviewed for another place, owner or work is refused by every bundle, and nothing is done. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { errorsOf } from '../support/runner.ts'
import { openWorld, type ScenarioName, type World } from './fault-scenarios.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

it.each<[ScenarioName, string, Record<string, string>]>([
  ['publish-views', 'another owner', { owner: 'other' }],
  ['apply-ddl', 'another owner', { owner: 'other' }],
  ['submit-spark stage-only', 'other files', { files: 'dags/daily.py' }],
  ['submit-spark', 'another batch', { ttl: '90m' }],
  ['run-dbt', 'another dataset', { dataset: 'caec_insights' }],
  ['run-dbt', 'another pull request', { 'pull-request': '8' }],
])('%s refuses the digest of %s', async (name, _, other) => {
  const { prepare, run, truth, origin } = world.scenarios[name]
  await prepare()
  const before = await truth()
  const digestOf = async (more: Record<string, string>): Promise<string> => {
    const reviewed = await run(origin, { with: { 'dry-run': 'true', ...more } })
    expect([reviewed.exitCode, errorsOf(reviewed)]).toEqual([0, []])
    return reviewed.outputs['plan-digest']!
  }
  const digests = [await digestOf(other), await digestOf({})]
  const refused = await run(origin, { with: { 'expected-plan': digests[0]! } })
  expect([refused.exitCode, errorsOf(refused)]).toEqual([1, [expect.stringMatching(/#plan-changed$/)]])
  expect([refused.outputs['plan-digest'], await truth()]).toEqual([digests[1], before])
  const agreed = await run(origin, { with: { 'expected-plan': digests[1]! } })
  expect([agreed.exitCode, errorsOf(agreed)]).toEqual([0, []])
})
