/**
 * What the identity of pull-request tests may do in BigQuery: everything in datasets it made, read the raw
 * events and the analytics tables, nothing else.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
beforeAll(async () => {
  cloud = await openBigQuery()
})
afterAll(() => cloud.close())

describe('ci-test', () => {
  it('makes a dataset, builds a table and a view in it from the raw events, and drops it', async () => {
    await cloud.query('data-eng', 'CREATE TABLE caec_raw.some AS SELECT 1 AS n')
    expect((await cloud.query('ci-test', 'CREATE SCHEMA IF NOT EXISTS caec_pr_7')).status).toBe(200)
    expect(
      (await cloud.query('ci-test', 'CREATE TABLE caec_pr_7.t AS SELECT n + 1 AS n FROM caec_raw.some'))
        .status,
    ).toBe(200)
    expect(
      (await cloud.query('ci-test', 'CREATE VIEW caec_pr_7.v AS SELECT n FROM `caec-local.caec_pr_7.t`'))
        .status,
    ).toBe(200)
    expect((await cloud.query('ci-test', 'SELECT n FROM caec_pr_7.v')).body.rows).toEqual([
      { f: [{ v: '2' }] },
    ])
    expect((await cloud.query('ci-test', 'DROP SCHEMA caec_pr_7 CASCADE')).status).toBe(200)
    expect((await cloud.api('data-eng', 'GET', '/datasets/caec_pr_7')).status).toBe(404)
  })

  it('reads the analytics tables, which a pull request does not build again', async () => {
    await cloud.query('data-eng', 'CREATE OR REPLACE TABLE caec_analytics.built AS SELECT 3 AS n')
    expect((await cloud.query('ci-test', 'SELECT n FROM caec_analytics.built')).body.rows).toEqual([
      { f: [{ v: '3' }] },
    ])
  })

  it.each([
    ['write a table people read', 'CREATE TABLE caec_analytics.mine AS SELECT 1 AS n'],
    ['write the raw events', 'CREATE TABLE caec_raw.mine AS SELECT 1 AS n'],
    ['publish a view', 'CREATE VIEW caec_insights.mine AS SELECT 1 AS n'],
    ['change a table people read', 'INSERT INTO caec_analytics.facts VALUES (1)'],
    ['drop a dataset it did not make', 'DROP SCHEMA caec_analytics CASCADE'],
    ["build into another's dataset under its own prefix", 'CREATE TABLE caec_pr_foreign.t AS SELECT 1 AS n'],
    ["drop another's dataset under its own prefix", 'DROP SCHEMA caec_pr_foreign'],
  ])('cannot %s', async (_what, sql) => {
    await cloud.query('data-eng', 'CREATE SCHEMA IF NOT EXISTS caec_pr_foreign')
    await cloud.query('data-eng', 'CREATE TABLE IF NOT EXISTS caec_analytics.facts (n INT64)')
    const { status, body } = await cloud.query('ci-test', sql)
    expect([status, body.error?.message]).toEqual([403, expect.stringContaining('Access Denied')])
  })
})
