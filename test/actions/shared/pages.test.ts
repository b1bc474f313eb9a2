/** Every list of every edge is read to its end, over real HTTP: a second page counts, a page that repeats is refused. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { OAuth2Client } from 'google-auth-library'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Google } from '../../../actions/_shared/google/connect.ts'
import { listDatasets } from '../../../actions/_shared/google/bigquery-datasets.ts'
import { listRoutines } from '../../../actions/_shared/google/bigquery-routines.ts'
import { listTables } from '../../../actions/_shared/google/bigquery-tables.ts'
import { listViews } from '../../../actions/_shared/google/bigquery-views.ts'
import { createRequest } from '../../../actions/_shared/google/request.ts'
import { openStorage } from '../../../actions/_shared/google/storage.ts'
import { pauseOf } from '../../../actions/_shared/runner/pull-request.ts'

let server: Server
let repeats = false
const asked: (string | null)[] = []

/** `n` is the page. */
const pages: Readonly<Record<string, (n: number) => object>> = {
  '/bigquery/v2/projects/p/datasets': (n) => ({
    kind: 'bigquery#datasetList',
    datasets: [{ datasetReference: { projectId: 'p', datasetId: `d${n}` }, location: 'EU' }],
  }),
  '/bigquery/v2/projects/p/datasets/d/tables': (n) => ({
    kind: 'bigquery#tableList',
    tables: [{ type: 'VIEW', tableReference: { projectId: 'p', datasetId: 'd', tableId: `v${n}` } }],
  }),
  '/bigquery/v2/projects/p/datasets/d/routines': (n) => ({
    routines: [{ routineReference: { projectId: 'p', datasetId: 'd', routineId: `r${n}` } }],
  }),
  '/storage/v1/b/b/o': (n) => ({
    kind: 'storage#objects',
    items: [
      {
        kind: 'storage#object',
        name: `o${n}`,
        size: '1',
        generation: '1',
        metageneration: '1',
        crc32c: 'AAAAAA==',
      },
    ],
  }),
}
beforeAll(async () => {
  server = createServer(({ url = '/' }, reply) => {
    const { pathname, searchParams } = new URL(url, 'http://x')
    const token = searchParams.get('pageToken')
    asked.push(token)
    const page = pages[pathname]?.(token === null ? 1 : 2)
    const nextPageToken = token === null ? 'second' : repeats ? 'second' : undefined
    reply.writeHead(page ? 200 : 404, { 'content-type': 'application/json' })
    reply.end(JSON.stringify({ ...page, nextPageToken }))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
})
afterAll(() => {
  server.close()
})

function google(): Google {
  const root = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const client = new OAuth2Client()
  client.setCredentials({ access_token: 'ya29.x', expiry_date: Date.now() + 3_600_000 })
  const endpoints = { overrides: [], root: () => root }
  const log = { info: () => undefined, warning: () => undefined, debug: () => undefined }
  const request = createRequest({
    ...{ client, endpoints, log: () => undefined, mask: () => undefined },
    rules: { budgetMs: 60_000, tryMs: 30_000, firstPauseMs: 1, longestPauseMs: 1 },
  })
  return { projectId: 'p', client, endpoints, request, log, notes: [] }
}
const lists: [string, (google: Google) => Promise<string[]>, string[]][] = [
  ['datasets', async (to) => (await listDatasets(to, 'p')).map(({ datasetId }) => datasetId), ['d1', 'd2']],
  ['tables', async (to) => [...(await listTables(to, 'p', 'd'))], ['v1', 'v2']],
  ['views', async (to) => (await listViews(to, 'p', 'd')).map(({ name }) => name.tableId), ['v1', 'v2']],
  [
    'routines',
    async (to) => (await listRoutines(to, 'p', 'd')).map(({ name }) => name.tableId),
    ['r1', 'r2'],
  ],
  ['objects', async (to) => (await openStorage(to).list('b', '')).map(({ name }) => name), ['o1', 'o2']],
]

describe.each(lists)('%s', (_, list, names) => {
  it('are listed over pages', async () => {
    asked.length = 0
    repeats = false
    expect([await list(google()), asked]).toEqual([names, [null, 'second']])
  })
  it('are no list when a page comes twice', async () => {
    repeats = true
    await expect(list(google())).rejects.toMatchObject({ reason: 'notGoogle' })
  })
})

describe('GitHub is asked again', () => {
  const refused = (status: number, headers: Record<string, string> = {}, message = '') => ({
    status,
    message,
    response: { headers, data: { message } },
  })
  const SECONDARY = 'You have exceeded a secondary rate limit.'
  it.each([
    ['after the seconds it names', refused(403, { 'retry-after': '7' }), 7_000],
    ['after a minute when it names none', refused(403, {}, SECONDARY), 60_000],
    ['after a minute, of 429', refused(429), 60_000],
    ['not when it asks for more than a minute', refused(429, { 'retry-after': '61' }), undefined],
    ['not for a missing right', refused(403, { 'x-ratelimit-remaining': '4000' }), undefined],
    ['soon after its own failure', refused(502), 1_000],
    ['soon when no answer came', { name: 'TypeError', message: 'fetch failed' }, 1_000],
  ])('%s', (_, error, pauseMs) => expect(pauseOf(error, 1)).toBe(pauseMs))
})
