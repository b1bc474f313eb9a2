/** A night on a platform that has seen none before. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { days, dayOf, loadedDays, putNights } from './nights.ts'
import { objectsOf, openPlatforms, query, verdict, type Platforms } from './platforms.ts'

const minutes = 60_000
let platforms: Platforms

beforeAll(async () => {
  platforms = await openPlatforms()
  await putNights(platforms)
}, 15 * minutes)
afterAll(() => platforms?.close())

describe('nightly.yml', () => {
  it(
    'by its schedule computes the day that ended and no other',
    async () => {
      const result = await platforms.run('workflows-examples/nightly.yml', { event: 'schedule' })
      expect(verdict(result)).toEqual({ days: 'success', compute: 'success' })
      expect(await loadedDays(platforms)).toEqual({ [dayOf(days[2]!)]: 4 })
      expect(await query(platforms.dev, 'SELECT COUNT(*) FROM caec_analytics.fct_events')).toEqual([['4']])
      // A release stages what the batches ran.
      const staged = Object.keys(await objectsOf(platforms.dev, 'staging', 'submit-spark/'))
      expect(staged.filter((name) => name.endsWith('/clean.py'))).toHaveLength(1)
    },
    10 * minutes,
  )
})
