/** What dbt's public packages and long generated statements ask for: right where it answers, refused by name where not. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { packagesMustFail } from './packages-must-fail.ts'
import { packages, tables } from './packages.ts'
import { expectRefused } from './refused.ts'
import { rounded } from './rounded.ts'
import { field, openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
  await warehouse.table('d.u', [field('id', 'INTEGER'), field('city', 'STRING')])
  await warehouse.run("INSERT INTO d.u VALUES (1, 'Paris'), (3, 'Rome')")
  for (const table of tables) await warehouse.run(table)
})
afterAll(() => warehouse.close())

describe('statements of packages', () => {
  it.each(packages.map(([sql, ...rows]) => ({ sql, rows })))('$sql', async ({ sql, rows }) => {
    expect(rounded((await warehouse.run(sql)).rows)).toEqual(rounded(rows))
  })
})

describe('statements that must fail', () => {
  it.each(packagesMustFail)('%s', async (sql, says) => {
    await expectRefused(warehouse, sql, says)
  })
})

describe('long statements', () => {
  const numbers = Array.from({ length: 3000 }, (_, index) => index)
  const rowsOf = async (sql: string): Promise<unknown[][]> => (await warehouse.run(sql)).rows

  it.each([
    ['numbers', 'id', numbers.map((n) => `${n * 2 + 1}`), 2],
    [
      'numbers with the least of all',
      'id',
      ['-9223372036854775808', '0x3', ...numbers.map((n) => `-${n}`)],
      1,
    ],
    ['texts', 'city', ["'Rome'", ...numbers.map((n) => `'it''s "${n}" \\u00e4'`.replace("''", "\\'"))], 1],
  ])('a list of thousands of %s', async (_, column, list, count) => {
    const among = `${column} IN (${list.join(', ')})`
    expect(await rowsOf(`SELECT COUNT(*) FROM d.u WHERE ${among}`)).toEqual([[count]])
    expect(await rowsOf(`SELECT COUNT(*) FROM d.u WHERE NOT ${among}`)).toEqual([[2 - count]])
    expect(
      await rowsOf(
        `SELECT CAST(NULL AS ${column === 'id' ? 'INT64' : 'STRING'}) ${among.slice(column.length)}`,
      ),
    ).toEqual([[null]])
  })

  it('a union of a thousand rows, of which some are narrower', async () => {
    const rows = numbers
      .slice(0, 1200)
      .map((n) => `SELECT ${n % 2 ? n : `${n}.5`} AS x, ${n % 3 ? `'a${n}'` : 'NULL'} AS name`)
    expect(await rowsOf(`SELECT COUNT(*), SUM(x), COUNT(name) FROM (${rows.join(' UNION ALL ')})`)).toEqual([
      [1200, 719_700, 800],
    ])
    expect(await rowsOf(`SELECT COUNT(*) FROM (${rows.slice(0, 200).join(' UNION DISTINCT ')})`)).toEqual([
      [200],
    ])
  })

  it('a condition of a thousand alternatives, and rows of an array', async () => {
    const either = numbers.slice(0, 1100).map((n) => `id = ${n + 3}`)
    expect(await rowsOf(`SELECT COUNT(*) FROM d.u WHERE ${either.join(' OR ')}`)).toEqual([[1]])
    const structs = numbers.slice(0, 500).map((n) => `(${n}, '2024-01-0${(n % 9) + 1}')`)
    expect(
      await rowsOf(
        `SELECT COUNT(*), MAX(day), SUM(n) FROM UNNEST([STRUCT(0 AS n, DATE '2024-01-01' AS day), ${structs.join(', ')}])`,
      ),
    ).toEqual([[501, '2024-01-09', 124_750]])
  })
})
