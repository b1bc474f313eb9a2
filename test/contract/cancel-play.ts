/** Plays a cancellation at the request that does an action's work, and judges what is left to read. */
import { expect } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { openProxy } from '../support/proxy.ts'
import { actionOf, type ScenarioName, type World } from './fault-scenarios.ts'
import { errorsOf } from '../support/runner.ts'
import { judge } from './fault-table.ts'

/** The answer to the work never comes; SIGINT does, and 7.5 s later SIGTERM, 2.5 s before the kill. */
export async function playCancellation(world: World, action: ScenarioName): Promise<void> {
  const scenario = world.scenarios[action]
  await scenario.prepare()
  let child: ChildProcess | undefined
  const timers: NodeJS.Timeout[] = []
  let cancelledAt = 0
  const silent = await openProxy(scenario.origin, (request) => {
    if (!scenario.isWork(request)) return false
    if (timers.length > 0) return true
    child?.kill('SIGINT')
    cancelledAt = performance.now()
    // As the runner does it: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation
    timers.push(
      setTimeout(() => child?.kill('SIGTERM'), 7_500),
      setTimeout(() => child?.kill('SIGKILL'), 10_000),
    )
    return true
  })
  const result = await scenario.run(silent.origin, {
    onStart: (started) => {
      child = started
    },
  })
  const tookMs = performance.now() - cancelledAt
  for (const timer of timers) clearTimeout(timer)
  silent.close()
  expect([result.exitCode, result.signal, judge(action, scenario, result)]).toEqual([130, null, 'cancelled'])
  // What runs elsewhere is stopped before the report.
  expect(tookMs).toBeLessThan(/^(run-dbt|submit-spark)/.test(action) ? 8_500 : 5_000)
  expect(errorsOf(result)[0]).toMatch(
    /the run was cancelled; (0 of \d+ steps? (is|are) done, 1 did not end in time|what was under way did not end in time)/,
  )
  if (scenario.puts.includes('plan')) {
    const plan = JSON.parse(result.outputs.plan ?? '{}') as { action: string; steps: { state: string }[] }
    expect([plan.action, plan.steps.some(({ state }) => state === 'unfinished')]).toEqual([
      actionOf(action),
      true,
    ])
  }
  const again = await scenario.run(scenario.origin)
  expect([again.exitCode, errorsOf(again)]).toEqual([0, []])
}
