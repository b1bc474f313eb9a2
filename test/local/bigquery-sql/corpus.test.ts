/** What analysts write every day: statements with the answers of BigQuery's documentation, and statements that must fail. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { analysts } from './analysts.ts'
import { mustFail } from './must-fail.ts'
import { expectRefused } from './refused.ts'
import { rounded } from './rounded.ts'
import { field, openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
  const columns = [
    field('id', 'INTEGER'),
    field('name', 'STRING'),
    field('day', 'DATE'),
    field('ts', 'TIMESTAMP'),
    field('amount', 'NUMERIC'),
    field('f', 'FLOAT'),
    field('j', 'JSON'),
    field('tags', 'STRING', 'REPEATED'),
  ]
  await warehouse.table('d.t', columns, { partitionField: 'ts' })
  await warehouse.table('d.u', [field('id', 'INTEGER'), field('city', 'STRING')])
  await warehouse.run(
    `INSERT INTO d.t VALUES
      (1, 'anna', '2026-01-01', '2026-01-01 10:00:00', NUMERIC '1.15', 1.5, JSON '{"a":1}', ['x', 'y']),
      (2, 'bob', '2026-01-02', '2026-01-02 11:30:00', NUMERIC '2.25', 2.5, NULL, [])`,
  )
  await warehouse.run("INSERT INTO d.u VALUES (1, 'Paris'), (3, 'Rome')")
})
afterAll(() => warehouse.close())

describe('statements that must fail', () => {
  it.each(mustFail)('%s', async (sql, says) => {
    await expectRefused(warehouse, sql, says)
  })
})

describe('everyday statements', () => {
  it.each(analysts.map(([sql, ...rows]) => ({ sql, rows })))('$sql', async ({ sql, rows }) => {
    expect(rounded((await warehouse.run(sql)).rows)).toEqual(rounded(rows))
  })
})
