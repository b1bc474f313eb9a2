/** BEGIN, COMMIT and ROLLBACK TRANSACTION within a script: all or nothing, and nobody sees the half. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { asDataEngineer, openBigQuery, type BigQueryCloud } from './bigquery-cloud.ts'

let cloud: BigQueryCloud
const { sql, refusal } = asDataEngineer(() => cloud)
beforeAll(async () => {
  cloud = await openBigQuery()
})
beforeEach(async () => {
  await sql(
    "CREATE OR REPLACE TABLE caec_raw.Inventory AS SELECT 'washer' AS product, 30 AS quantity; CREATE OR REPLACE TABLE caec_raw.NewArrivals AS SELECT 'washer' AS product, 20 AS quantity, 'warehouse #1' AS warehouse UNION ALL SELECT 'dryer', 5, 'warehouse #1' UNION ALL SELECT 'oven', 1, 'warehouse #2'",
  )
})
afterAll(() => cloud.close())

const inventory = (): Promise<unknown[][]> =>
  sql('SELECT product, quantity FROM caec_raw.Inventory ORDER BY product')
const before = [['washer', '30']]
const moved = [
  ['dryer', '5'],
  ['washer', '50'],
]

// https://cloud.google.com/bigquery/docs/transactions
const MOVE = `CREATE TEMP TABLE tmp AS SELECT * FROM caec_raw.NewArrivals WHERE warehouse = 'warehouse #1';
  DELETE caec_raw.NewArrivals WHERE warehouse = 'warehouse #1';
  MERGE caec_raw.Inventory AS I USING tmp AS T ON I.product = T.product
  WHEN NOT MATCHED THEN INSERT(product, quantity) VALUES(product, quantity)
  WHEN MATCHED THEN UPDATE SET quantity = I.quantity + T.quantity;
  DROP TABLE tmp;`

describe('a transaction', () => {
  it('commits its statements together, and sees its own', async () => {
    const rows = await sql(
      `BEGIN TRANSACTION; ${MOVE} SELECT COUNT(*), (SELECT SUM(quantity) FROM caec_raw.Inventory) FROM caec_raw.NewArrivals; COMMIT TRANSACTION`,
    )
    expect(rows).toEqual([['1', '55']])
    expect(await inventory()).toEqual(moved)
    expect(await sql('SELECT product FROM caec_raw.NewArrivals')).toEqual([['oven']])
  })

  it.each([
    ['ROLLBACK', `BEGIN; ${MOVE} ROLLBACK; SELECT 1`],
    ['the end of the script', `BEGIN TRANSACTION; ${MOVE}`],
    [
      'an error in a handler of the documentation',
      `BEGIN BEGIN TRANSACTION; ${MOVE} SELECT 1/0; COMMIT TRANSACTION; EXCEPTION WHEN ERROR THEN SELECT @@error.message; ROLLBACK TRANSACTION; END`,
    ],
  ])('is undone by %s', async (_, text) => {
    await sql(text)
    expect(await inventory()).toEqual(before)
    expect(await sql('SELECT COUNT(*) FROM caec_raw.NewArrivals')).toEqual([['3']])
  })

  it('is undone by an error that nobody handles', async () => {
    expect(await refusal(`BEGIN TRANSACTION; ${MOVE} SELECT 1/0; COMMIT`)).toContain('division by zero')
    expect(await inventory()).toEqual(before)
  })

  it('goes on after ROLLBACK, and brings back a temporary table as it was', async () => {
    expect(
      await sql(
        'CREATE TEMP TABLE t AS SELECT 1 AS x; BEGIN TRANSACTION; INSERT INTO t VALUES (2); CREATE OR REPLACE TEMP TABLE t AS SELECT 3 AS x; CREATE TEMP TABLE u AS SELECT 3 AS x; ROLLBACK TRANSACTION; CREATE TEMP TABLE u AS SELECT 10 AS x; SELECT SUM(x) + (SELECT SUM(x) FROM u) FROM t',
      ),
    ).toEqual([['11']])
  })

  it('is seen by nobody before it is committed, and gives way to who was first', async () => {
    const { body } = await cloud.api('data-eng', 'POST', '/jobs', {
      configuration: {
        query: {
          query:
            "DECLARE n INT64 DEFAULT 0; BEGIN TRANSACTION; UPDATE caec_raw.Inventory SET quantity = 1 WHERE TRUE; WHILE n = 0 DO SET n = (SELECT COUNT(*) FROM `region-us-central1`.INFORMATION_SCHEMA.JOBS_BY_USER WHERE query = 'SELECT 42 AS go_on'); END WHILE; COMMIT TRANSACTION",
          useLegacySql: false,
        },
      },
    })
    const job = `/jobs/${body.jobReference.jobId}?location=us-central1`
    for (;;) {
      // Refused as soon as the transaction has changed the same row.
      const own = await cloud.query('data-eng', 'UPDATE caec_raw.Inventory SET quantity = 30 WHERE TRUE')
      if (own.status !== 200 || (await cloud.api('data-eng', 'GET', job)).body.status.state === 'DONE') break
    }
    expect(await inventory()).toEqual(before)
    await sql("INSERT INTO caec_raw.Inventory VALUES ('other', 1)")
    await sql('SELECT 42 AS go_on')
    const done = await cloud.finished('data-eng', body)
    expect(done.status.errorResult.message).toContain('concurrent update')
    expect(await inventory()).toEqual([['other', '1'], ...before])
  })

  it('is counted by its own rows, and leaves those of others to be counted anew', async () => {
    await sql('CREATE OR REPLACE TABLE caec_raw.grows AS SELECT 1 AS n, 2 AS other')
    const bytesOf = async (query: string): Promise<unknown> =>
      (await cloud.query('data-eng', query)).body.totalBytesProcessed
    const read = 'SELECT n FROM caec_raw.grows'
    const add = 'INSERT INTO caec_raw.grows (n) VALUES (1)'
    expect(await bytesOf(read)).toBe('8')
    await sql(`BEGIN TRANSACTION; ${add}; ${read} WHERE n > 0; ROLLBACK TRANSACTION; SELECT 1`)
    const jobs = '`region-us-central1`.INFORMATION_SCHEMA.JOBS_BY_USER'
    expect(
      await sql(`SELECT total_bytes_processed FROM ${jobs} WHERE query = '${read} WHERE n > 0'`),
    ).toEqual([['16']])
    expect([await bytesOf(read), await bytesOf('SELECT * FROM caec_raw.grows')]).toEqual(['8', '16'])
    await sql(add)
    expect([await bytesOf(read), await bytesOf('SELECT * FROM caec_raw.grows')]).toEqual(['16', '24'])
  })

  it('shows the jobs of a transaction that was rolled back', async () => {
    await sql('BEGIN TRANSACTION; DELETE FROM caec_raw.Inventory WHERE quantity = 30; ROLLBACK TRANSACTION')
    expect(
      await sql(
        "SELECT statement_type, state FROM `region-us-central1`.INFORMATION_SCHEMA.JOBS_BY_USER WHERE query LIKE 'DELETE FROM caec_raw.Inventory%'",
      ),
    ).toEqual([['DELETE', 'DONE']])
  })

  it.each([
    ['COMMIT', 'without an active transaction'],
    ['BEGIN TRANSACTION; BEGIN TRANSACTION', 'cannot be nested'],
    ['BEGIN TRANSACTION; CREATE TABLE caec_raw.made (x INT64)', 'only allowed for temporary tables'],
    ['BEGIN TRANSACTION; DROP TABLE caec_raw.Inventory', 'only allowed for temporary tables'],
    [
      'BEGIN TRANSACTION; BEGIN SELECT 1/0; EXCEPTION WHEN ERROR THEN SELECT 1; END; COMMIT TRANSACTION',
      'in which a statement has failed is not supported',
    ],
    [
      'BEGIN TRANSACTION; BEGIN SELECT 1/0; EXCEPTION WHEN ERROR THEN SELECT COUNT(*) FROM caec_raw.Inventory; END; ROLLBACK TRANSACTION',
      'before its ROLLBACK, is not supported',
    ],
    [
      'BEGIN TRANSACTION; SELECT quantity FROM caec_raw.Inventory; ROLLBACK TRANSACTION',
      'rolled back is not supported',
    ],
  ])('refuses %s', async (text, message) => {
    expect(await refusal(text)).toContain(message)
    expect(await inventory()).toEqual(before)
  })
})
