/** Every action × every fault at the request that does its work. It is the source of docs/reliability.md. */
import { afterAll, beforeAll, describe, it } from '@jest/globals'
import { faultNames } from '../support/fault-proxy.ts'
import { openWorld, scenarioNames, type World } from './fault-scenarios.ts'
import { compare, playFault } from './fault-table.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

describe.each(scenarioNames)('%s', (action) => {
  it.each(faultNames)(
    '%s',
    async (fault) => compare(action, fault, await playFault(world, action, fault)),
    600_000,
  )
})
