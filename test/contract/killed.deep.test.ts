/** Killed without a word at every request it makes: the next run of each action makes the work whole. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { openProxy } from '../support/proxy.ts'
import { openWorld, scenarioNames, type World } from './fault-scenarios.ts'
import { errorsOf } from '../support/runner.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

it.each(scenarioNames)(
  '%s, killed at each of its requests in turn, before and after the work',
  async (action) => {
    const scenario = world.scenarios[action]
    await scenario.prepare()
    let requests = 0
    const counting = await openProxy(scenario.origin, () => {
      requests += 1
      return false
    })
    expect((await scenario.run(counting.origin)).exitCode).toBe(0)
    counting.close()
    const truth = await scenario.truth()
    for (let at = 1; at <= requests; at += 1)
      for (const isAfter of [false, true]) {
        await scenario.prepare()
        let seen = 0
        let child: ChildProcess | undefined
        const deadly = await openProxy(scenario.origin, async (_request, _reply, _body, forward) => {
          seen += 1
          if (seen !== at) return false
          if (isAfter) await forward()
          child?.kill('SIGKILL')
          return true
        })
        const killed = await scenario.run(deadly.origin, {
          onStart: (started) => {
            child = started
          },
        })
        deadly.close()
        expect([at, isAfter, killed.signal]).toEqual([at, isAfter, 'SIGKILL'])
        const again = await scenario.run(scenario.origin)
        expect([at, isAfter, again.exitCode, errorsOf(again)]).toEqual([at, isAfter, 0, []])
        expect(await scenario.truth()).toEqual(truth)
      }
  },
  600_000,
)
