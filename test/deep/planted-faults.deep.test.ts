/** Faults planted in a copy of this checkout: each must be seen, by wrong numbers or a named refusal. It refuses a fault that nobody sees. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { appendFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { generateEvents } from '../../local/demo/generator.ts'
import { boundaryRows } from '../e2e/boundary-events.ts'
import { namesOfDifferences } from '../e2e/comparison.ts'
import { computeTruths, type Truths } from '../e2e/truths.ts'
import {
  lastLine,
  prepareTools,
  processesOf,
  readReport,
  runDemo,
  type Finished,
  type Report,
} from '../support/demo-run.ts'
import { plantedCheckout, type PlantedCheckout } from '../support/planted-checkout.ts'
import { plants, type Plant } from './plants.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'planted faults '))
const csv = path.join(scratch, 'events.csv')
const MINUTES = 60_000
let truths: Truths

beforeAll(async () => {
  await prepareTools()
  await generateEvents({ rows: 280, seed: 3, path: csv })
  appendFileSync(csv, `${boundaryRows.join('\n')}\n`)
  truths = await computeTruths(csv)
}, 40 * MINUTES)
afterAll(() => {
  truths?.close()
  rmSync(scratch, { recursive: true, force: true })
})

let number = 0
async function demoWith(
  plant: (checkout: PlantedCheckout) => void,
): Promise<{ finished: Finished; state: string }> {
  const checkout = plantedCheckout()
  const state = path.join(scratch, `state ${(number += 1)}`)
  try {
    plant(checkout)
    const finished = await runDemo(state, ['--events', csv], { root: checkout.root })
    expect(processesOf(state)).toEqual([])
    return { finished, state }
  } finally {
    checkout.end()
  }
}

async function reportWith(plant: (checkout: PlantedCheckout) => void): Promise<Report> {
  const { finished, state } = await demoWith(plant)
  expect([finished.code, lastLine(finished.stderr)]).toEqual([0, expect.stringContaining('page: ')])
  return readReport(state)
}

async function refusalWith(plant: (checkout: PlantedCheckout) => void): Promise<Finished> {
  const { finished, state } = await demoWith(plant)
  expect([finished.code, finished.stdout, existsSync(path.join(state, 'report'))]).toEqual([1, '', false])
  return finished
}

const openAtTheGap = ({ plant }: PlantedCheckout): void => plant(...plants.sessionAtTheGap)

const openAtTheGapUntested = (checkout: PlantedCheckout): void => {
  openAtTheGap(checkout)
  checkout.remove('dbt/data-tests/sessions_of_a_visitor_are_apart.sql')
}

describe('wrong numbers', () => {
  it(
    'are none where no fault is planted',
    async () => {
      const report = await reportWith(() => undefined)
      expect(await namesOfDifferences(report, truths)).toEqual([])
    },
    30 * MINUTES,
  )

  it(
    'never reach a report when a gap of exactly 30 minutes opens a session: the test beside the models refuses them',
    async () => {
      const { stderr } = await refusalWith(openAtTheGap)
      expect(stderr).toContain('sessions_of_a_visitor_are_apart')
      expect(lastLine(stderr)).toMatch(
        /failed in job model, step "Load and build": Got \d+ results, configured to fail if != 0; its log is \//,
      )
    },
    30 * MINUTES,
  )

  it(
    'are refused by the gate, by the name of the check, when that test is gone as well',
    async () => {
      const { stderr } = await refusalWith(openAtTheGapUntested)
      expect(lastLine(stderr)).toMatch(
        /failed in job model, step "Load and build": .*the gate is red, so nothing is published: session_gaps of .* first events, \d+ sessions/,
      )
    },
    30 * MINUTES,
  )

  it(
    'are seen in the report itself when the gate is open, too',
    async () => {
      const report = await reportWith((checkout) => {
        openAtTheGapUntested(checkout)
        checkout.plant(...plants.openGate)
      })
      const seen = await namesOfDifferences(report, truths)
      expect(seen).toEqual(
        expect.arrayContaining(['sessions', 'kpi_daily_sessions', 'kpi_sessions_by_signup_cohort']),
      )
      // What does not hang on sessions stays right: it is this fault that is seen.
      for (const right of [
        'raw',
        'clean',
        'kpi_event_volume_by_type',
        'kpi_top_products',
        'event_type_lookup',
      ])
        expect(seen).not.toContain(right)
    },
    30 * MINUTES,
  )

  it(
    'are seen in exactly the view that counts carts as conversions',
    async () => {
      const report = await reportWith(({ plant }) => {
        plant(...plants.cartsAreConversions)
        plant(...plants.cartsAreTheRate)
      })
      expect(await namesOfDifferences(report, truths)).toEqual(['kpi_conversion_rate'])
    },
    30 * MINUTES,
  )
})

describe('a missing right', () => {
  it(
    'of a view on its source is refused to the analyst, by the name of the table',
    async () => {
      const { stderr } = await refusalWith(({ plant }) => plant(...plants.viewsWithoutARight))
      expect(lastLine(stderr)).toMatch(
        /Access Denied: Table caec-local:caec_analytics\.\w+: User does not have permission to query table/,
      )
    },
    30 * MINUTES,
  )

  it.each<{ step: string; permission: string; taken: Plant; said?: string }>([
    { step: 'Deploy DAGs', permission: 'storage.objects.create', taken: plants.writerOfDags },
    { step: 'Stage Spark code', permission: 'storage.objects.create', taken: plants.stagerOfCode },
    { step: 'Clean', permission: 'dataproc.batches.create', taken: plants.makerOfBatches },
    { step: 'Clean', permission: 'iam.serviceAccounts.actAs', taken: plants.userOfTheAccount },
    {
      step: 'Load and build',
      permission: 'bigquery.jobs.create',
      taken: plants.makerOfJobs,
      // dbt passes Google's sentence on without its number.
      said: 'Access Denied: Project caec-local',
    },
    { step: 'Publish views', permission: 'bigquery.datasets.setIamPolicy', taken: plants.giverOfRights },
  ])(
    '$permission is refused by its name in the step "$step"',
    async ({ step, permission, taken, said = '403' }) => {
      const { stderr } = await refusalWith(({ plant }) => plant(...taken))
      expect(lastLine(stderr)).toContain(`step "${step}"`)
      expect(stderr).toContain(permission)
      expect(stderr).toContain(said)
    },
    30 * MINUTES,
  )
})

describe('a broken workflow', () => {
  it(
    'is seen in its first step: an input that the action does not declare, a bundle that cannot start',
    async () => {
      const { stderr } = await refusalWith(({ plant, write }) => {
        plant(...plants.unknownInput)
        write('dist/deploy-dags/index.js', "throw new Error('planted: this bundle cannot start')\n")
      })
      expect(stderr).toMatch(/Unexpected input\(s\) 'sauce', valid inputs are \[.*'source'.*\]/)
      expect(stderr).toContain('planted: this bundle cannot start')
      expect(lastLine(stderr)).toMatch(
        /^workflows-examples\/pipeline\.yml failed in job deploy, step "Deploy DAGs".*; its log is \//,
      )
    },
    30 * MINUTES,
  )
})
