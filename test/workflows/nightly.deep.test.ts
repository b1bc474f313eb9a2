/** A night on a platform that has seen none before, and what one action alone makes of it. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { googleAuthStandIn } from './google-auth-stand-in.ts'
import { days, dayOf, eventsOfDays, loadedDays, putNights } from './nights.ts'
import { jobOf, objectsOf, openPlatforms, query, tablesOf, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
let platforms: Platforms
let scratch: string

beforeAll(async () => {
  scratch = mkdtempSync(path.join(tmpdir(), 'nightly '))
  platforms = await openPlatforms()
  await putNights(platforms, [`${Date.parse(dayOf(Date.now())) - 1000},9,click,10,`])
}, 40 * minutes)
afterAll(async () => {
  await platforms?.close()
  rmSync(scratch, { recursive: true, force: true })
})

describe('nightly.yml', () => {
  it(
    'by its schedule computes what arrived, whatever its days',
    async () => {
      const result = await platforms.run('workflows-examples/nightly.yml', { event: 'schedule' })
      expect(verdict(result)).toEqual({ days: 'success', compute: 'success' })
      expect(await loadedDays(platforms)).toEqual(
        Object.fromEntries(days.map((day, index) => [dayOf(day), eventsOfDays[index]])),
      )
      expect(await query(platforms.dev, 'SELECT COUNT(*) FROM caec_analytics.fct_events')).toEqual([['9']])
      expect(jobOf(result, 'compute').summary).toMatch(
        /## What the gate found\n\n\| \| \|\n\|---\|---\|\n\| in all \| \d+ results green, \d+ not judged, 0 checks red, 0 alarms \|\n\| refused \| 1 rows event_unknown, in .* \|\n/,
      )
      // A release stages what the batches ran.
      const staged = Object.keys(await objectsOf(platforms.dev, 'staging', 'submit-spark/'))
      expect(staged.filter((name) => name.endsWith('/clean.py'))).toHaveLength(1)
    },
    30 * minutes,
  )
})

describe('one-action.yml, on what the night computed', () => {
  it(
    "publishes the views behind the sign-in of Google's action, whose place a stand-in takes here",
    async () => {
      const result = await platforms.run('workflows-examples/one-action.yml', {
        repositories: { 'google-github-actions/auth': googleAuthStandIn(scratch, platforms.dev.origin) },
      })
      expect(verdict(result)).toEqual({ publish: 'success' })
      expect(Object.keys((await tablesOf(platforms.dev, 'caec_insights'))!)).toContain('kpi_daily_sessions')
      expect(jobOf(result, 'publish').summary).toContain('created')
    },
    20 * minutes,
  )
})
