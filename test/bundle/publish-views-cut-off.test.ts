/**
 * Publishing over an unwell network: lost answers, answers of somebody else, a kill and a cancellation. The deep test
 * beside it does this at every request.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals'
import { errorOf } from '../support/runner.ts'
import { AFTER_FIRST, FIRST, openTwelveViews, type AtRequest } from './twelve-views.ts'

let place: Awaited<ReturnType<typeof openTwelveViews>>
beforeAll(async () => {
  place = await openTwelveViews()
  await place.write(FIRST)
})
afterAll(() => place.close())
beforeEach(() => place.reset(false))

const isInsert = (request: { method?: string; url?: string }): boolean =>
  request.method === 'POST' && request.url!.includes('/tables')

it('reads back a view whose answer was lost, and takes it for made', async () => {
  let lost = 0
  const result = await place.publish(async (_nth, request, _child, forward) => {
    if (!isInsert(request) || (lost += 1) > 2) return false
    await forward()
    request.socket.destroy()
    return true
  })
  expect([result.exitCode, errorOf(result), result.outputs.created]).toEqual([0, '', '12'])
  expect(await place.state()).toEqual(AFTER_FIRST)
})

it('takes a view that somebody else made meanwhile for a conflict', async () => {
  let isMade = false
  const result = await place.publish(async (_nth, request) => {
    if (!isInsert(request) || isMade) return false
    isMade = true
    for (const name of ['v00', 'v01', 'w', 'x'])
      await place.cloud.api('data-eng', 'POST', '/datasets/caec_insights/tables', {
        tableReference: { projectId: 'caec-local', datasetId: 'caec_insights', tableId: name },
        view: { query: 'SELECT 2 AS two', useLegacySql: false },
      })
    return false
  })
  expect([result.exitCode, errorOf(result)]).toEqual([
    1,
    expect.stringMatching(/Applying caec_insights\.\w+: it changed after the plan was made[\s\S]*#conflict/),
  ])
})

it.each([
  ['another kind', '{"kind":"bigquery#dataset","etag":"x"}'],
  ['nothing', '{}'],
  ['a page', '<html>Sign in</html>'],
])("calls an answer that is not BigQuery's so: %s", async (_what, text) => {
  const result = await place.publish((_nth, request) => {
    if (!/GET/.test(request.method!) || !request.url!.includes('/tables/v03')) return false
    answerWith(request, text)
    return true
  })
  expect([result.exitCode, errorOf(result)]).toEqual([1, expect.stringContaining('#not-google')])
  expect((await place.state()).views).toEqual([])
})
function answerWith(request: Parameters<AtRequest>[1], text: string): void {
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n`
  request.socket.end(head + text)
}

it('asks for eight things at a time', async () => {
  let [open, most] = [0, 0]
  const result = await place.publish(async () => {
    most = Math.max(most, (open += 1))
    await new Promise((done) => setTimeout(done, 100))
    open -= 1
    return false
  })
  expect([result.exitCode, errorOf(result), most]).toEqual([0, '', 8])
})

it('does the rest after a kill in the middle', async () => {
  let inserts = 0
  await place.publish((_nth, request, child) => {
    if (isInsert(request) && (inserts += 1) === 6) child.kill('SIGKILL')
    return inserts >= 6
  })
  expect((await place.state()).views).toHaveLength(5)
  const rerun = await place.publish()
  expect([rerun.exitCode, rerun.outputs]).toMatchObject([0, { created: '7', unchanged: '5' }])
  expect(await place.state()).toEqual(AFTER_FIRST)
})

it('stops when it is cancelled in the middle, and says what was done', async () => {
  let inserts = 0
  const result = await place.publish(async (_nth, request, child, _forward, log) => {
    if (!isInsert(request) || (inserts += 1) !== 6) return false
    child.kill('SIGINT')
    while (!log().includes('Received SIGINT')) await new Promise((done) => child.stdout!.once('data', done))
    return false
  })
  expect([result.exitCode, errorOf(result), result.outputs.created]).toEqual([
    130,
    expect.stringMatching(
      /the run was cancelled; 6 of \d+ steps are done; run again for the rest, what is done stays/,
    ),
    '6',
  ])
  expect(result.summary).toContain('not reached')
  expect((await place.publish()).outputs).toMatchObject({ created: '6', unchanged: '6' })
  expect(await place.state()).toEqual(AFTER_FIRST)
})
