/** Pipe syntax: each operator, what may stand before and after it, and what it does not see any more. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { openWarehouse, type Warehouse } from './warehouse.ts'

let warehouse: Warehouse
beforeAll(async () => {
  warehouse = await openWarehouse()
  await warehouse.run(
    "CREATE TABLE d.p AS SELECT 'apples' AS item, 2 AS sales, 'fruit' AS kind UNION ALL SELECT 'carrots', 8, 'vegetable' UNION ALL SELECT 'apples', 7, 'fruit' UNION ALL SELECT 'bananas', 5, 'fruit'",
  )
})
afterAll(() => warehouse.close())

describe('pipe syntax', () => {
  it.each<[string, unknown[][], string]>([
    ['FROM d.p |> WHERE sales = 5', [['bananas', 5, 'fruit']], 'item,sales,kind'],
    [
      "FROM d.p |> WHERE sales > 2 AND kind = 'fruit' |> AGGREGATE SUM(sales) AS total, COUNT(*) AS n GROUP BY item |> ORDER BY item DESC",
      [
        ['bananas', 5, 1],
        ['apples', 7, 1],
      ],
      'item,total,n',
    ],
    [
      'FROM d.p AS x |> WHERE x.sales > 5 |> WHERE x.sales < 8 |> SELECT x.item, sales',
      [['apples', 7]],
      'item,sales',
    ],
    ['FROM d.p |> WHERE FALSE |> AGGREGATE COUNT(*) AS n, SUM(sales) AS s', [[0, null]], 'n,s'],
    [
      'FROM d.p |> EXTEND sales * 2 AS twice |> SET sales = twice + 1 |> DROP kind |> ORDER BY sales |> LIMIT 1',
      [['apples', 5, 4]],
      'item,sales,twice',
    ],
    [
      'FROM d.p |> AGGREGATE GROUP BY UPPER(kind) AS kind |> ORDER BY kind',
      [['FRUIT'], ['VEGETABLE']],
      'kind',
    ],
    [
      'FROM d.p |> AGGREGATE SUM(sales) AS sales GROUP BY item |> WHERE sales >= 8 |> ORDER BY item',
      [
        ['apples', 9],
        ['carrots', 8],
      ],
      'item,sales',
    ],
    [
      "FROM d.p |> AS q |> JOIN (SELECT 'apples' AS item, 1 AS id) AS r ON q.item = r.item |> AGGREGATE COUNT(*) AS n GROUP BY r.id",
      [[1, 2]],
      'id,n',
    ],
    [
      "FROM d.p |> WHERE sales > 5 |> LEFT JOIN (SELECT 'apples' AS item, 1 AS id) AS r USING (item) |> SELECT id |> ORDER BY id",
      [[null], [1]],
      'id',
    ],
    [
      'SELECT 1 AS x |> UNION ALL (SELECT 2), (SELECT 3) |> ORDER BY x DESC |> LIMIT 2 OFFSET 1',
      [[2], [1]],
      'x',
    ],
    [
      'FROM d.p |> EXTEND ROW_NUMBER() OVER (ORDER BY sales) AS r |> WHERE r = 1 |> SELECT item',
      [['apples']],
      'item',
    ],
    [
      'FROM d.p |> RENAME item AS thing, sales n |> WHERE n > 7 |> SELECT thing, n, kind',
      [['carrots', 8, 'vegetable']],
      'thing,n,kind',
    ],
    [
      "FROM d.p |> SELECT kind, sales |> PIVOT (MAX(sales) FOR kind IN ('fruit', 'vegetable'))",
      [[7, 8]],
      'fruit,vegetable',
    ],
    [
      'FROM d.p |> WHERE sales = 5 |> SELECT item, sales |> UNPIVOT (v FOR n IN (sales))',
      [['bananas', 5, 'sales']],
      'item,v,n',
    ],
    ['FROM d.p |> SELECT DISTINCT kind |> ORDER BY kind', [['fruit'], ['vegetable']], 'kind'],
    ['FROM d.p |> SELECT kind |> DISTINCT |> AGGREGATE COUNT(*) AS n', [[2]], 'n'],
    ['FROM d.p |> LIMIT 3 |> LIMIT 1 |> AGGREGATE COUNT(*) AS n', [[1]], 'n'],
    ['WITH a AS (FROM d.p |> WHERE sales > 7) FROM a |> SELECT item', [['carrots']], 'item'],
    [
      'SELECT (FROM d.p |> AGGREGATE MAX(sales)) AS m, EXISTS(FROM d.p |> WHERE sales > 9) AS e, ARRAY(FROM d.p |> SELECT sales |> ORDER BY sales) AS l',
      [[8, false, [2, 5, 7, 8]]],
      'm,e,l',
    ],
    ['SELECT item FROM d.p WHERE sales IN (FROM d.p |> AGGREGATE MAX(sales))', [['carrots']], 'item'],
    ['SELECT x.item FROM (FROM d.p |> WHERE sales = 5) AS x', [['bananas']], 'item'],
  ])('%s', async (sql, rows, names) => {
    const found = await warehouse.run(sql)
    expect([found.rows, found.schema.map(({ name }) => name).join()]).toEqual([rows, names])
  })

  it.each([
    ['FROM d.p |> SELECT item AS x |> ORDER BY sales', 'Unrecognized name: sales at [1:42]'],
    ['FROM d.p |> AGGREGATE item', 'which is neither grouped nor aggregated'],
    ['FROM d.p |> AGGREGATE', 'Expected an aggregate function'],
    ['FROM d.p |> RENAME nope AS x', 'Column nope in RENAME does not exist'],
    ['FROM d.p |> NONSENSE', 'Expected a pipe operator but got identifier "NONSENSE"'],
    [
      'FROM d.p |> AGGREGATE SUM(sales) GROUP BY ROLLUP(item)',
      'GROUP BY ROLLUP in pipe syntax is not supported',
    ],
  ])('refuses %s', async (sql, words) => {
    await expect(warehouse.run(sql)).rejects.toThrow(words)
  })

  it('fills tables', async () => {
    await warehouse.run('CREATE TABLE d.made AS FROM d.p |> AGGREGATE COUNT(*) AS n GROUP BY kind')
    await warehouse.run('INSERT INTO d.made FROM d.p |> WHERE sales = 5 |> SELECT item, sales')
    expect((await warehouse.run('FROM d.made |> ORDER BY n')).rows).toEqual([
      ['vegetable', 1],
      ['fruit', 3],
      ['bananas', 5],
    ])
  })
})
