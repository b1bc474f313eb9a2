/** How long one bad answer after another is borne: never longer than the tolerance, whatever the server wishes. */
import { expect, it } from '@jest/globals'
import { GoogleApiError } from '../../../actions/_shared/errors.ts'
import { patiently } from '../../../actions/submit-spark/src/patience.ts'

const refused = (status: number, more: { retryAfterMs?: number; isRetryable?: boolean } = {}) =>
  new GoogleApiError(`answered ${status}`, {
    status,
    reason: 'planted',
    method: 'dataproc.batches.get',
    resource: 'b',
    isRetryable: status === 503,
    ...more,
  })
const patience = (toleranceMs: number) => ({ toleranceMs, longestPauseMs: 50, log: () => undefined })

it("a server's Retry-After of two hours ends with the tolerance", async () => {
  const asked = patiently(
    'Waiting',
    () => Promise.reject(refused(503, { retryAfterMs: 7_200_000 })),
    patience(300),
  )
  await expect(asked).rejects.toThrow('no usable answer for 0.3 s (poll-tolerance-minutes); the last one was')
}, 20_000)

it('a Retry-After of nothing is no leave to ask without a pause', async () => {
  let asked = 0
  const ask = () => {
    asked += 1
    return Promise.reject(refused(503, { retryAfterMs: 0 }))
  }
  await expect(patiently('Waiting', ask, { ...patience(400), longestPauseMs: 100 })).rejects.toThrow(
    'no usable',
  )
  expect(asked).toBeLessThanOrEqual(6)
}, 20_000)

it.each([
  [
    'a lasting 403 is believed as what it is',
    [403, 403, 403, 403, 403, 403, 403, 403, 403],
    /^answered 403$/,
  ],
  ['a 403 between outages is not', [403, 503, 403, 503, 403, 503, 403, 503, 403, 503], /no usable answer/],
])(
  '%s',
  async (_, answers, message) => {
    let at = 0
    const ask = () => Promise.reject(refused(answers[at++ % answers.length]!))
    await expect(patiently('Waiting', ask, patience(1_200))).rejects.toThrow(message)
  },
  20_000,
)

it('a refusal that Google takes back is forgotten', async () => {
  const answers = [404, 403, 401]
  const ask = () => {
    const status = answers.shift()
    return status === undefined ? Promise.resolve('there') : Promise.reject(refused(status))
  }
  await expect(patiently('Waiting', ask, patience(20_000))).resolves.toBe('there')
}, 20_000)
