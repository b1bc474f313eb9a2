/** Plays a cancellation at the request that does an action's work, and judges what is left to read. */
import { expect } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { openProxy } from '../support/proxy.ts'
import type { ScenarioName, World } from './fault-scenarios.ts'
import { errorsOf } from '../support/runner.ts'
import { judge } from './fault-table.ts'

/** The answer to the work never comes; SIGINT does. */
export async function playCancellation(world: World, action: ScenarioName): Promise<void> {
  const scenario = world.scenarios[action]
  await scenario.prepare()
  let child: ChildProcess | undefined
  const silent = await openProxy(world.origin, (request) => {
    if (!scenario.isWork(request)) return false
    child?.kill('SIGINT')
    return true
  })
  const result = await scenario.run(silent.origin, {
    onStart: (started) => {
      child = started
    },
  })
  silent.close()
  expect([result.exitCode, judge(action, result)]).toEqual([130, 'cancelled'])
  expect(errorsOf(result)[0]).toMatch(
    /the run was cancelled; (0 of \d+ steps? (is|are) done, 1 did not end in time|what was under way did not end in time)/,
  )
  const plan = JSON.parse(result.outputs.plan ?? '{}') as { action: string; steps: { state: string }[] }
  expect([plan.action, plan.steps.some(({ state }) => state === 'unfinished')]).toEqual([action, true])
  const again = await scenario.run(world.origin)
  expect([again.exitCode, errorsOf(again)]).toEqual([0, []])
}
