/** Query parameters as a statement sees them. */
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
})
afterAll(() => warehouse.close())

it('uses named and positional parameters', async () => {
  expect(
    (
      await warehouse.run('SELECT @n + 1, @s', {
        parameters: [
          { name: 'n', type: 'INT64', duckdb: '41' },
          { name: 's', type: 'STRING', duckdb: "'x'" },
        ],
      })
    ).rows,
  ).toEqual([[42, 'x']])
  expect(
    (
      await warehouse.run('SELECT ?, ? + 1', {
        parameters: [
          { type: 'STRING', duckdb: "'a'" },
          { type: 'INT64', duckdb: '1' },
        ],
      })
    ).rows,
  ).toEqual([['a', 2]])
})

it('takes a STRING parameter where a date or time is wanted, as a literal', async () => {
  const parameters = [
    { name: 'd', type: 'STRING', duckdb: "'2026-01-01'" },
    { name: 't', type: 'STRING', duckdb: "'2026-01-01 10:00:00'" },
    { name: 'wrong', type: 'STRING', duckdb: "'x'" },
    { name: 's', type: 'STRUCT<d STRING>', duckdb: "{'d': '2026-01-01'}" },
  ]
  const run = (sql: string) => warehouse.run(sql, { parameters })
  const { rows } = await run(
    "SELECT DATE '2026-01-01' = @d, DATE '2026-01-02' BETWEEN '2026-01-02' AND @d, DATE '2026-01-01' IN (@d), TIMESTAMP_ADD(@t, INTERVAL 1 DAY), COALESCE(@d, DATE '2026-01-02'), DATE_TRUNC(@d, YEAR), @d || 'x', DATETIME_DIFF(@t, '2026-01-01', HOUR)",
  )
  expect(rows).toEqual([
    [true, false, true, '2026-01-02 10:00:00+00', '2026-01-01', '2026-01-01', '2026-01-01x', 10],
  ])
  await expect(run("SELECT DATE '2026-01-01' = @wrong")).rejects.toThrow('Invalid date: x')
  await expect(run("SELECT DATE '2026-01-01' = @s.d")).rejects.toThrow('No matching signature')
})
