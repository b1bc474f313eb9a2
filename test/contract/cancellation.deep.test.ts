/** Cancelled as the runner does it: what each action says, and that the next run makes its work whole. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { ChildProcess } from 'node:child_process'
import { openProxy } from '../support/proxy.ts'
import { openWorld, scenarioNames, type ScenarioName, type World } from './fault-scenarios.ts'
import { playCancellation } from './cancel-play.ts'
import { errorsOf } from '../support/runner.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const changing: readonly ScenarioName[] = scenarioNames.filter((name) => name !== 'auth')

describe('a run that is cancelled', () => {
  it.each(changing)('%s: ends although its work never does, says so, and exits 130', (action) =>
    playCancellation(world, action),
  )

  it('says that nothing was changed while it only reads', async () => {
    const scenario = world.scenarios['publish-views']
    await scenario.prepare()
    let child: ChildProcess | undefined
    const silent = await openProxy(scenario.origin, () => {
      child?.kill('SIGTERM')
      return true
    })
    const result = await scenario.run(silent.origin, {
      onStart: (started) => {
        child = started
      },
    })
    silent.close()
    expect([result.exitCode, errorsOf(result)]).toEqual([
      130,
      [expect.stringContaining('Looking at what is there: the run was cancelled; nothing was changed.')],
    ])
  })
})
