/** Tables, results and partitions past their time. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let nowMs = Date.parse('2026-03-10T12:00:00Z')
let cloud: BigQueryCloud
beforeAll(async () => {
  cloud = await openBigQuery({ now: () => nowMs })
})
afterAll(() => cloud.close())

describe('what expires', () => {
  it('is gone from one moment to the next for tables and results, and at the latest after a restart for partitions', async () => {
    await cloud.query(
      'data-eng',
      "CREATE TABLE caec_raw.brief OPTIONS (expiration_timestamp = TIMESTAMP '2026-03-10 13:00:00 UTC') AS SELECT 1 AS a",
    )
    await cloud.query(
      'data-eng',
      "CREATE TABLE caec_raw.parts PARTITION BY d OPTIONS (partition_expiration_days = 2) AS SELECT d FROM UNNEST([DATE '2026-03-07', DATE '2026-03-08', DATE '2026-03-09']) AS d",
    )
    const result = await cloud.query('data-eng', 'SELECT 1 AS a')
    expect((await cloud.api('data-eng', 'GET', '/datasets/caec_raw/tables/brief')).status).toBe(200)
    nowMs = Date.parse('2026-03-10T13:00:00Z')
    expect((await cloud.api('data-eng', 'GET', '/datasets/caec_raw/tables/brief')).status).toBe(404)
    expect((await cloud.query('data-eng', 'CREATE TABLE caec_raw.brief AS SELECT 2 AS a')).status).toBe(200)
    await cloud.cloud.close()
    cloud = await openBigQuery({ stateDir: cloud.stateDir, now: () => nowMs })
    expect((await cloud.query('data-eng', 'SELECT d FROM caec_raw.parts ORDER BY d')).rows).toEqual([
      ['2026-03-09'],
    ])
    const path = `/queries/${result.body.jobReference.jobId}?location=us-central1`
    expect((await cloud.api('data-eng', 'GET', path)).body.rows).toHaveLength(1)
    nowMs += 86_400_000
    expect((await cloud.api('data-eng', 'GET', path)).status).toBe(404)
  })
})
