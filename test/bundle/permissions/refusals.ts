/**
 * The tests of a list of modes: each runs with exactly its recorded permissions, and without each of them it
 * is refused in one sentence that names it.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openJob, type Job, type RunResult } from '../../support/runner.ts'
import { startRoleCloud, type Grants, type RoleCloud } from '../../support/permission-roles.ts'
import { refusalsIn, scenarios, type Scenario } from './scenarios.ts'
import { exactName, pairs, readRecording, together, variantsOf, withoutName } from './variants.ts'

/** Google's refusal of a query on a table does not name the permission; its words are the name. */
const inGooglesWords: Readonly<Record<string, RegExp>> = {
  'bigquery.tables.getData': /does not have permission to query table/,
}

export function describeRefusals(
  chosen: (scenario: Scenario) => boolean,
  timeoutMs: number,
  /** Of those that a mode needs, and of those that it goes on without. */
  atMost = Infinity,
): void {
  const recording = readRecording()
  const listed = scenarios
    .map((scenario, index) => ({
      scenario,
      index,
      recorded: recording.find(({ action, mode }) => action === scenario.action && mode === scenario.mode),
    }))
    .filter(({ scenario }) => chosen(scenario))
  let cloud: RoleCloud
  let job: Job
  beforeAll(async () => {
    cloud = await startRoleCloud(
      Object.assign(
        {},
        ...listed.map(({ index, recorded }) => variantsOf(index, recorded ? together(recorded) : {})),
      ) as Record<string, Grants>,
    )
    job = await openJob()
  }, 60_000)
  afterAll(() => Promise.all([job.close(), cloud.close()]))

  describe.each(listed)('$scenario.action, $scenario.mode', ({ scenario, index, recorded }) => {
    const [needs, all] = recorded ? [recorded.needs, together(recorded)] : [{}, {}]
    it(
      'succeeds with exactly its permissions, and asks for each of them',
      async () => {
        expect(recorded).toBeDefined()
        await scenario.prepare?.({ cloud, job })
        let result: RunResult | undefined
        const asked = await cloud.recorded(exactName(index), async () => {
          result = await scenario.run({ cloud, job }, cloud.env(exactName(index)), exactName(index))
        })
        expect([result!.exitCode, refusalsIn(scenario, result!)]).toEqual([0, []])
        expect(asked).toEqual(all)
      },
      timeoutMs,
    )
    const rows = pairs(all).map(([level, permission], place) => ({ level, permission, place }))
    const isNeeded = ({ level, permission }: (typeof rows)[number]): boolean =>
      needs[level]?.includes(permission) === true
    for (const { level, permission, place } of rows.filter((row) => !isNeeded(row)).slice(0, atMost)) {
      it(
        `goes on without ${permission} on ${level}`,
        async () => {
          await scenario.prepare?.({ cloud, job })
          const result = await scenario.run(
            { cloud, job },
            cloud.env(withoutName(index, place)),
            withoutName(index, place),
          )
          expect([result.exitCode, refusalsIn(scenario, result)]).toEqual([0, []])
        },
        timeoutMs,
      )
    }
    if (!rows.some(isNeeded)) return
    it.each(rows.filter(isNeeded).slice(0, atMost))(
      'is refused without $permission on $level',
      async ({ permission, place }) => {
        const variant = withoutName(index, place)
        await scenario.prepare?.({ cloud, job })
        const result = await scenario.run({ cloud, job }, cloud.env(variant), variant)
        const errors = refusalsIn(scenario, result)
        // Each node of dbt that failed is annotated beside the step's own error, and dbt passes Google's
        // sentence on without its number.
        const isOfDbt = scenario.action === 'run-dbt'
        const said = errors.join('\n')
        expect([result.exitCode, isOfDbt ? errors.length > 1 : errors.length === 1]).toEqual([
          scenario.isPost ? 0 : 1,
          true,
        ])
        expect(said).toMatch(isOfDbt ? /Access Denied|does not have storage\./ : /\b403\b/)
        expect(said).toMatch(inGooglesWords[permission] ?? new RegExp(permission.replaceAll('.', '\\.')))
        expect(result.log).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m)
      },
      timeoutMs,
    )
  })
}
