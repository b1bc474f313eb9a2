/**
 * Plays one fault against one action and judges what every failure owes its reader. What became of it is
 * compared with the recorded table that docs/reliability.md is made from.
 */
import { expect } from '@jest/globals'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { faultNames, openFaultProxy, type FaultName } from '../support/fault-proxy.ts'
import type { RunResult } from '../support/runner.ts'
import type { ScenarioName, World } from './fault-scenarios.ts'
import { errorsOf } from '../support/runner.ts'

const file = resolve(import.meta.dirname, 'faults.json')
/** action → fault → `goes on`, or the problem that the step names. */
export type Table = Record<string, Record<string, string>>
export const recorded = (): Table => JSON.parse(readFileSync(file, 'utf8')) as Table
const truths = new Map<ScenarioName, unknown>()

/** @returns `goes on`, or the problem the step named; every other promise of a failing step is held here. */
export async function playFault(world: World, action: ScenarioName, fault: FaultName): Promise<string> {
  const scenario = world.scenarios[action]
  if (!truths.has(action)) {
    await scenario.prepare()
    const calm = await scenario.run(world.origin)
    expect([calm.exitCode, errorsOf(calm)]).toEqual([0, []])
    truths.set(action, await scenario.truth())
  }
  await scenario.prepare()
  const proxy = await openFaultProxy(world.origin, fault, (request) => scenario.isWork(request))
  const result = await scenario.run(proxy.origin)
  proxy.close()
  expect(proxy.strikes()).toBeGreaterThan(0)
  expect(proxy.strangersAsked()).toBe(0)
  const said = judge(action, result)
  if (said === 'goes on') expect(await scenario.truth()).toEqual(truths.get(action))
  const again = await scenario.run(world.origin)
  expect([again.exitCode, errorsOf(again)]).toEqual([0, []])
  expect(await scenario.truth()).toEqual(truths.get(action))
  return said
}

/** One error with a cause and a way out, a summary, no stack; or none at all. */
export function judge(action: string, result: RunResult): string {
  const errors = errorsOf(result)
  if (result.exitCode === 0) {
    expect(errors).toEqual([])
    return 'goes on'
  }
  expect([result.exitCode, errors.length]).toEqual([result.exitCode === 130 ? 130 : 1, 1])
  const [message = ''] = errors
  expect(message).toMatch(new RegExp(`^${action}: \\S`))
  expect(message).not.toMatch(/unexpected error/)
  expect(result.log).not.toMatch(/^\s+at /m)
  expect(result.log.replace(/^::add-mask::.*$/gm, '')).not.toMatch(/ya29\.|eyJ\w{20}/)
  expect(result.summary).not.toBe('')
  return /#([a-z-]+)$/.exec(message)?.[1] ?? 'no problem named'
}

export function compare(action: string, fault: string, said: string): void {
  if (process.env.CLICKSTREAM_RECORD === 'faults') {
    const table = recorded()
    const row = { ...table[action], [fault]: said }
    table[action] = Object.fromEntries(
      faultNames.flatMap((name) => (row[name] === undefined ? [] : [[name, row[name]]])),
    )
    writeFileSync(file, `${JSON.stringify(table, null, 2)}\n`)
    return
  }
  expect([action, fault, said]).toEqual([action, fault, recorded()[action]?.[fault]])
}
