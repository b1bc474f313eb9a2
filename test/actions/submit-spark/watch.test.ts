/** Which limit a batch is said to have broken when it does not end after its cancellation: the one that stopped it. */
import { beforeAll, expect, it } from '@jest/globals'
import type { Google } from '../../../actions/_shared/google/connect.ts'
import { getBatch } from '../../../actions/_shared/google/dataproc.ts'
import { watchBatch } from '../../../actions/submit-spark/src/watch.ts'
import { played, useOwnClock } from '../../support/own-clock.ts'

const MINUTE_MS = 60_000
const ref = { projectId: 'p', region: 'r', batchId: 'b', requestId: 'ours' }
let cancelled = 0
/** Of a batch that runs on whatever is asked; it holds 60 DCU, a dollar a minute. */
const google = {
  projectId: 'p',
  endpoints: { root: () => 'http://127.0.0.1:1' },
  client: { getRequestHeaders: () => Promise.resolve(new Headers()) },
  request: ({ verb }: { verb: string }) => {
    if (verb === 'POST') cancelled += 1
    return Promise.resolve(
      verb === 'POST'
        ? {}
        : {
            name: 'projects/p/locations/r/batches/b',
            state: 'RUNNING',
            operation: 'projects/p/regions/r/operations/1',
            runtimeInfo: { currentUsage: { milliDcu: '60000' } },
          },
    )
  },
} as unknown as Google
// The client is slow to load: not on the clock of a test.
beforeAll(() => getBatch(google, ref))
useOwnClock()

it.each<[string, { timeoutMinutes: number; maxCostUsd: number }, string]>([
  ['the time, and is dear afterwards', { timeoutMinutes: 1, maxCostUsd: 1.5 }, '1 minutes (timeout-minutes)'],
  ['the cost, and is late afterwards', { timeoutMinutes: 1, maxCostUsd: 0.5 }, '$0.5 (max-cost-usd)'],
])('a batch that breaks %s', async (_, { timeoutMinutes, maxCostUsd }, limit) => {
  cancelled = 0
  const warnings: string[] = []
  const inputs = {
    timeoutMs: timeoutMinutes * MINUTE_MS,
    waiting: { toleranceMs: MINUTE_MS, longestPauseMs: 1_000, settleMs: 0 },
    prices: { dcuHour: 1, shuffleGbHour: 1, source: 'the prices given' },
    maxCostUsd,
  }
  const runner = {
    log: { info: () => undefined, warning: (line: string) => void warnings.push(line) },
    cancelled: new AbortController().signal,
  } as unknown as Parameters<typeof watchBatch>[3]
  await expect(played(watchBatch(google, ref, inputs, runner), 1_000)).rejects.toThrow(
    `it does not end although it was cancelled after ${limit};`,
  )
  expect([cancelled, warnings]).toEqual([1, [`b has not ended after ${limit}; cancelling it.`]])
})
