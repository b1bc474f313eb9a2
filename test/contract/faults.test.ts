/**
 * The faults that cost most elsewhere, at the request that does the work. All of them, at every action, are in
 * faults.deep.test.ts.
 */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { playCancellation } from './cancel-play.ts'
import { faultNames, type FaultName } from '../support/fault-proxy.ts'
import { openWorld, scenarioNames, type ScenarioName, type World } from './fault-scenarios.ts'
import { playFault, recorded } from './fault-table.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const GOES_ON: readonly [ScenarioName, FaultName][] = [
  ['auth', 'reset before the answer'],
  ['apply-ddl', '503 from Google'],
  ['submit-spark stage-only', '429 with Retry-After'],
  // Its identity may create and not overwrite: the second try is refused for what the first did.
  ['submit-spark stage-only', 'answer lost after the work'],
  // Never two batches, never two comments, never "not found" for what it dropped itself.
  ['submit-spark', 'answer lost after the work'],
  ['comment-plan', 'late 503 after the work'],
  ['run-dbt', 'answer lost after the work'],
]
it.each(GOES_ON)('%s goes on after: %s', async (action, fault) =>
  expect(await playFault(world, action, fault)).toBe('goes on'),
)

const STOPS: readonly [ScenarioName, FaultName, string][] = [
  ['deploy-dags', '403 quota', 'quota'],
  ['deploy-dags', '412 precondition failed', 'conflict'],
  ['apply-ddl', '200 with a web page', 'not-google'],
  ['submit-spark stage-only', '412 precondition failed', 'conflict'],
  ['comment-plan', '403 quota', 'github-api'],
  ['publish-views', 'redirect to another host', 'not-google'],
]
it.each(STOPS)('%s stops at: %s, and names the problem', async (action, fault, problem) =>
  expect(await playFault(world, action, fault)).toBe(problem),
)

// What it does is its own to choose; one error, a summary and a rerun that makes the work whole are not.
const EITHER: readonly [ScenarioName, FaultName][] = [
  ['deploy-dags', 'answer lost after the work'],
  ['apply-ddl', 'answer lost after the work'],
  ['publish-views', '503 from Google'],
  ['publish-views', 'late 503 after the work'],
  ['submit-spark stage-only', '200 with nothing'],
]
it.each(EITHER)('%s keeps its promises after: %s', async (action, fault) => {
  await playFault(world, action, fault)
})

it('deploy-dags ends when it is cancelled, although its work never does', () =>
  playCancellation(world, 'deploy-dags'))

it('the recorded table names actions and faults that there are', () => {
  expect(Object.keys(recorded()).sort()).toEqual([...scenarioNames].sort())
  for (const row of Object.values(recorded()))
    expect(Object.keys(row).filter((name) => !faultNames.includes(name as FaultName))).toEqual([])
})
