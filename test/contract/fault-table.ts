/**
 * Plays one fault against one action and judges what every failure owes its reader. What became of it is
 * compared with the recorded table that docs/reliability.md is made from.
 */
import { expect } from '@jest/globals'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { faultNames, openFaultProxy, type FaultName } from '../support/fault-proxy.ts'
import type { RunOptions, RunResult } from '../support/runner.ts'
import { actionOf, type Scenario, type ScenarioName, type World } from './fault-scenarios.ts'
import { errorsOf } from '../support/runner.ts'

const file = resolve(import.meta.dirname, 'faults.json')
/** action → fault → `goes on`, or the problem that the step names. */
export type Table = Record<string, Record<string, string>>
export const recorded = (): Table => JSON.parse(readFileSync(file, 'utf8')) as Table
const truths = new Map<ScenarioName, unknown>()
/**
 * What of a bad day a job sits through at most: retries have a budget (retry.ts), and a try of 30 s may be under way
 * when that ends. Not a measurement: a run that would wait for ever is what it finds.
 */
const LONGEST_MS = 180_000

/** @returns `goes on`, or the problem the step named; every other promise of a failing step is held here. */
export async function playFault(world: World, action: ScenarioName, fault: FaultName): Promise<string> {
  const scenario = world.scenarios[action]
  if (!truths.has(action)) {
    await scenario.prepare()
    const calm = await scenario.run(scenario.origin)
    expect([calm.exitCode, errorsOf(calm), missing(scenario, calm)]).toEqual([0, [], []])
    truths.set(action, await scenario.truth())
  }
  await scenario.prepare()
  const proxy = await openFaultProxy(scenario.origin, fault, (request) => scenario.isWork(request))
  const result = await scenario.run(proxy.origin, endWithin(LONGEST_MS))
  proxy.close()
  expect(result.signal).toBeNull()
  expect(proxy.strikes()).toBeGreaterThan(0)
  expect(proxy.strangersAsked()).toBe(0)
  const said = judge(action, scenario, result)
  if (said === 'goes on') expect(await scenario.truth()).toEqual(truths.get(action))
  const again = await scenario.run(scenario.origin)
  expect([again.exitCode, errorsOf(again)]).toEqual([0, []])
  expect(await scenario.truth()).toEqual(truths.get(action))
  return said
}

const endWithin = (limitMs: number): Partial<RunOptions> => ({
  onStart: (child) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs)
    child.once('exit', () => clearTimeout(timer))
  },
})

const missing = ({ puts }: Scenario, { outputs }: RunResult): string[] =>
  puts.filter((name) => !outputs[name])

/** One error with a cause and a way out, a summary, outputs, no stack; or none at all. */
export function judge(name: ScenarioName, scenario: Scenario, result: RunResult): string {
  const action = actionOf(name)
  const errors = errorsOf(result)
  expect(missing(scenario, result)).toEqual([])
  if (scenario.puts.includes('plan')) {
    const { steps } = JSON.parse(result.outputs.plan!) as { steps: { kind: string; state: string }[] }
    const isWhole = steps.every(({ kind, state }) => kind === 'keep' || state === 'done')
    expect([name, isWhole]).toEqual([name, result.exitCode === 0])
  }
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
  const problem = /#([a-z-]+)$/.exec(message)?.[1]
  // Nothing that a run can meet here may end as a fault of ours or without a way out.
  expect(problem).toMatch(/^(?!unexpected$)/)
  return problem!
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
