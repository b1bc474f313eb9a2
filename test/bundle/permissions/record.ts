/**
 * `node test/bundle/permissions/record.ts [ACTION…]`: runs every mode (of these actions; the others stay as
 * they were) as an account that may do everything, takes away each permission that was asked for, and writes
 * docs/permissions.json. Takes minutes.
 */
import { writeFileSync } from 'node:fs'
import { openJob, type RunResult } from '../../support/runner.ts'
import { everyPermission, startRoleCloud, type Grants } from '../../support/permission-roles.ts'
import { refusalsIn, scenarios as every } from './scenarios.ts'
import { pairs, readRecording, recordingFile, variantsOf, withoutName, type Recorded } from './variants.ts'

const say = (line: string): void => {
  process.stderr.write(`${line}\n`)
}
const wanted = process.argv.slice(2)
const scenarios = every.filter(({ action }) => wanted.length === 0 || wanted.includes(action))
const everything = await everyPermission()
const all: Grants = { project: everything, itself: everything }
const seen: Grants[] = []
const job = await openJob()
{
  const cloud = await startRoleCloud({ all })
  for (const scenario of scenarios) {
    await scenario.prepare?.({ cloud, job })
    let result: RunResult | undefined
    seen.push(
      await cloud.recorded('all', async () => {
        result = await scenario.run({ cloud, job }, cloud.env('all'), 'all')
      }),
    )
    if (result?.exitCode !== 0) throw new Error(`${scenario.action} ${scenario.mode} failed: ${result?.log}`)
    say(`${scenario.action} ${scenario.mode}: ${JSON.stringify(seen.at(-1))}`)
  }
  await cloud.close()
}
const cloud = await startRoleCloud(
  Object.assign({}, ...seen.map((grants, index) => variantsOf(index, grants))) as Record<string, Grants>,
)
const modes: Recorded[] = []
for (const [index, scenario] of scenarios.entries()) {
  const split = { needs: {} as Record<string, string[]>, asks: {} as Record<string, string[]> }
  for (const [place, [level, permission]] of pairs(seen[index]!).entries()) {
    await scenario.prepare?.({ cloud, job })
    const result = await scenario.run(
      { cloud, job },
      cloud.env(withoutName(index, place)),
      withoutName(index, place),
    )
    const isMissed =
      result.exitCode !== 0 || (scenario.isPost === true && refusalsIn(scenario, result).length > 0)
    const half = isMissed ? split.needs : split.asks
    ;(half[level] ??= []).push(permission)
    say(
      `${scenario.action} ${scenario.mode} without ${permission} on ${level}: ${isMissed ? 'refused' : 'not missed'}`,
    )
  }
  modes.push({ action: scenario.action, mode: scenario.mode, ...split })
}
await cloud.close()
await job.close()
const kept = wanted.length === 0 ? [] : readRecording()
const listed = every.flatMap(
  ({ action, mode }) => [...modes, ...kept].find((one) => one.action === action && one.mode === mode) ?? [],
)
writeFileSync(
  recordingFile,
  `${JSON.stringify({ note: 'Recorded from the decisions of the local cloud by test/bundle/permissions/record.ts; do not edit.', modes: listed }, null, 1)}\n`,
)
process.exit(0)
