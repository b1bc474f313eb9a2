/** kill -9 at any moment: data and what is known of it survive together or not at all. */
import { afterAll, beforeAll, expect, describe, it } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { raw } from './bigquery-cloud.ts'
import { api, cellsOf, kill, killAll, limitFiles, query, start, type Server } from './cloud-process.ts'

let stateDir: string

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'crash '))
})
afterAll(async () => {
  killAll()
  await rm(stateDir, { recursive: true, force: true })
})

const job = (jobId: string) => ({ projectId: 'caec-local', jobId, location: 'us-central1' })
const counts = async (server: Server) =>
  (await query(server, 'SELECT COUNT(*) AS c, COUNT(DISTINCT batch) AS b FROM caec_raw.log')).rows[0].f.map(
    (cell: { v: string }) => Number(cell.v),
  )

it('a full disk is 503 and nothing is kept; it works again when there is room', async () => {
  const server = await start(stateDir)
  await query(server, 'CREATE TABLE caec_raw.full AS SELECT 1 AS n')
  expect(limitFiles(server, '1000')).toBe(true)
  const full = [503, 'backendError']
  expect(await cellsOf(server, 'INSERT INTO caec_raw.full (n) VALUES (2)')).toEqual(full)
  expect(await cellsOf(server, 'SELECT COUNT(*) FROM caec_raw.full')).toEqual(full)
  limitFiles(server, 'unlimited')
  expect(await cellsOf(server, 'SELECT COUNT(*) FROM caec_raw.full')).toEqual(['1'])
  await kill(server)
})

describe('kill -9', () => {
  it('in the middle of a write leaves all of it or nothing, and the job tells which', async () => {
    let server = await start(stateDir)
    await query(server, 'CREATE TABLE caec_raw.log (batch STRING, n INT64)')
    const size = 100_000
    for (let round = 0; round < 3; round++) {
      const ids = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `round${round}_${letter}`)
      for (const id of ids) {
        await api(server, 'POST', '/jobs', {
          jobReference: job(id),
          configuration: {
            query: {
              useLegacySql: false,
              query: `INSERT INTO caec_raw.log (batch, n) SELECT '${id}', n FROM UNNEST(GENERATE_ARRAY(1, ${size})) AS n`,
            },
          },
        })
      }
      // One is done, others wait or run: wherever the kill hits.
      await api(server, 'GET', `/queries/${ids[round % 3]}?location=us-central1&timeoutMs=60000`)
      await kill(server)
      server = await start(stateDir)
      const states = await Promise.all(
        ids.map((id) => api(server, 'GET', `/jobs/${id}?location=us-central1`)),
      )
      expect(states.map((found) => found.status.state)).toEqual(ids.map(() => 'DONE'))
      const present =
        (
          await query(
            server,
            `SELECT batch, COUNT(*) AS c FROM caec_raw.log WHERE STARTS_WITH(batch, 'round${round}_') GROUP BY batch ORDER BY batch`,
          )
        ).rows ?? []
      const written = new Map(present.map((row: any) => [row.f[0].v, Number(row.f[1].v)]))
      for (const [index, id] of ids.entries()) {
        const { errorResult } = states[index].status
        expect([id, written.get(id) ?? 0]).toEqual([id, errorResult ? 0 : size])
        if (errorResult) expect(errorResult.reason).toBe('backendError')
      }
      expect(written.size).toBeGreaterThanOrEqual(1)
    }
    const [rows, batches] = await counts(server)
    expect(rows).toBe(batches * size)
    expect((await api(server, 'GET', '/datasets/caec_raw/tables/log')).numRows).toBe(String(rows))
    await kill(server)
  })

  it('forgets no query that its caller has heard of', async () => {
    let server = await start(stateDir)
    const one = await query(server, 'SELECT 1 AS a')
    const slow = await api(server, 'POST', '/queries', {
      query:
        'SELECT COUNT(*) FROM UNNEST(GENERATE_ARRAY(1, 100000)) AS a, UNNEST(GENERATE_ARRAY(1, 100000)) AS b WHERE MOD(a * b, 7) = 3',
      useLegacySql: false,
      timeoutMs: 50,
    })
    expect([one.jobComplete, slow.jobComplete]).toEqual([true, false])
    await kill(server)
    server = await start(stateDir)
    const of = (path: string, { jobReference }: { jobReference: { jobId: string } }) =>
      api(server, 'GET', `/${path}/${jobReference.jobId}?location=us-central1`)
    expect((await of('queries', one)).rows).toEqual([{ f: [{ v: '1' }] }])
    expect((await of('jobs', slow)).status).toMatchObject({
      state: 'DONE',
      errorResult: { reason: 'backendError' },
    })
    await kill(server)
  })

  it('in the middle of replacing a table keeps the old one whole', async () => {
    let server = await start(stateDir)
    await query(server, 'CREATE OR REPLACE TABLE caec_raw.kept AS SELECT 1 AS a')
    await api(server, 'POST', '/jobs', {
      jobReference: job('replace'),
      configuration: {
        query: {
          useLegacySql: false,
          query:
            'CREATE OR REPLACE TABLE caec_raw.kept AS SELECT a FROM UNNEST(GENERATE_ARRAY(1, 5000000)) AS a',
        },
      },
    })
    await new Promise((done) => setTimeout(done, 300))
    await kill(server)
    server = await start(stateDir)
    const found = await api(server, 'GET', '/jobs/replace?location=us-central1')
    const [row] = (await query(server, 'SELECT COUNT(*) AS c FROM caec_raw.kept')).rows
    expect(row.f[0].v).toBe(found.status.errorResult ? '1' : '5000000')
    expect((await query(server, 'CREATE OR REPLACE TABLE caec_raw.kept AS SELECT 2 AS a')).jobComplete).toBe(
      true,
    )
    expect((await api(server, 'GET', '/datasets/caec_raw/tables/kept/data')).rows).toEqual([
      { f: [{ v: '2' }] },
    ])
    await kill(server)
  })

  it('keeps uploaded sessions from being taken for files: a half upload is gone', async () => {
    let server = await start(stateDir)
    const begin = await fetch(
      `${server.origin}/upload/bigquery/v2/projects/caec-local/jobs?uploadType=resumable`,
      {
        method: 'POST',
        headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ configuration: { load: { destinationTable: raw('half') } } }),
      },
    )
    const session = new URL(begin.headers.get('location')!)
    await fetch(session, {
      method: 'PUT',
      headers: { authorization: `Bearer ${server.token}`, 'content-range': 'bytes 0-1/100' },
      body: 'ab',
    })
    await kill(server)
    server = await start(stateDir)
    const late = await fetch(`${server.origin}${session.pathname}${session.search}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${server.token}`, 'content-range': 'bytes 2-3/100' },
      body: 'cd',
    })
    expect(late.status).toBe(404)
    await kill(server)
  })
})
