/** Publishing twelve views, killed at every one of its requests and cancelled at several: the next run does the rest. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { errorOf } from '../support/runner.ts'
import { AFTER_FIRST, AFTER_SECOND, FIRST, SECOND, openTwelveViews, type AtRequest } from './twelve-views.ts'

const MINUTES = 60_000
let place: Awaited<ReturnType<typeof openTwelveViews>>
beforeAll(async () => {
  place = await openTwelveViews()
})
afterAll(() => place.close())

/** Kills at the n-th request: every other time it still reaches BigQuery, and its answer finds nobody. */
const killAt =
  (wanted: number): AtRequest =>
  async (nth, _request, child, forward) => {
    if (nth < wanted) return false
    if (nth === wanted && nth % 2 === 0) await forward()
    child.kill('SIGKILL')
    return true
  }

async function converges(files: Record<string, string>, state: object, count: number): Promise<void> {
  const rerun = await place.publish()
  expect([rerun.exitCode, errorOf(rerun)]).toEqual([0, ''])
  expect(await place.state()).toEqual(state)
  for (const name of ['v00', 'v08', 'w', 'x'])
    expect([name, await place.isReadable(name)]).toEqual([name, true])
  expect((await place.publish()).outputs).toMatchObject({ unchanged: String(count), authorized: '0' })
  expect(Object.keys(files)).toHaveLength(count)
}

describe('publish-views, killed', () => {
  it(
    'at any request of a first run, is done by the next one',
    async () => {
      await place.write(FIRST)
      await place.reset(true)
      const { requests } = await place.publish()
      expect(requests).toBeGreaterThan(30)
      for (let nth = 1; nth <= requests; nth += 1) {
        await place.reset(true)
        await place.publish(killAt(nth))
        await converges(FIRST, AFTER_FIRST, 12)
      }
    },
    40 * MINUTES,
  )

  it(
    'at any request of a change, is done by the next one',
    async () => {
      let requests = 1
      for (let nth = 0; nth <= requests; nth += 1) {
        await place.reset(false)
        await place.write(FIRST)
        await place.publish()
        await place.write(SECOND)
        const run = await place.publish(nth === 0 ? undefined : killAt(nth))
        if (nth === 0) requests = run.requests
        await converges(SECOND, AFTER_SECOND, 11)
      }
    },
    40 * MINUTES,
  )
})

describe('publish-views, cancelled', () => {
  /** Cancels at the n-th request of a kind, which is answered once the run knows. */
  const cancelAt = (method: string, path: RegExp, wanted: number): AtRequest => {
    let seen = 0
    return async (_nth, request, child, _forward, log) => {
      if (request.method !== method || !path.test(request.url!)) return false
      seen += 1
      if (seen !== wanted) return false
      child.kill('SIGINT')
      while (!log().includes('Received SIGINT')) await new Promise((done) => child.stdout!.once('data', done))
      return false
    }
  }

  it.each<[string, string, RegExp, number, RegExp]>([
    ['while it looks', 'GET', /\/tables\//, 3, /nothing was changed/],
    ['while it checks', 'POST', /\/jobs/, 4, /nothing was changed/],
    [
      'at the first view',
      'POST',
      /\/tables/,
      1,
      /of \d+ steps are done; run again for the rest, what is done stays/,
    ],
    ['in the middle', 'POST', /\/tables/, 6, /of \d+ steps are done; run again for the rest/],
    [
      'at an access list',
      'PATCH',
      /\/datasets\/[^/]+\?/,
      2,
      /of \d+ steps are done|everything it had to do was done/,
    ],
  ])(
    '%s, stops, says what was done, and the next run does the rest',
    async (_when, method, path, nth, words) => {
      await place.reset(true)
      await place.write(FIRST)
      const result = await place.publish(cancelAt(method, path, nth))
      expect([result.exitCode, errorOf(result)]).toEqual([130, expect.stringMatching(words)])
      expect(result.summary).not.toBe('')
      await converges(FIRST, AFTER_FIRST, 12)
    },
    20 * MINUTES,
  )
})
