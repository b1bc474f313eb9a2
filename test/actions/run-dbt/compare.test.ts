/** Which models are compared, by which key, with which one query. */
import { expect, it } from '@jest/globals'
import { comparisonSql, pairsOf } from '../../../actions/run-dbt/src/compare.ts'
import { describeCompared } from '../../../actions/run-dbt/src/report-compared.ts'

const model = (table: string, more: object = {}) => ({
  name: 'orders',
  resource_type: 'model',
  relation_name: table,
  ...more,
})
const id = 'model.shop.orders'
const [there, here] = ['`p`.`shop`.`orders`', '`p`.`shop_pr_7`.`orders`']
const unique = (column: string) => ({
  resource_type: 'test',
  attached_node: id,
  column_name: column,
  test_metadata: { name: 'unique' },
})
const pair = (own: object, other: object = model(there), tests: Record<string, object> = {}) =>
  pairsOf([id, id], { nodes: { [id]: own, ...tests } }, { nodes: { [id]: other } })

it.each<[string, object, Record<string, object>, string[]]>([
  ['a unique test', model(here), { t: unique('order_id') }, ['order_id']],
  ['unique_key', model(here, { config: { unique_key: ['day', 'order_id'] } }), {}, ['day', 'order_id']],
  [
    'a primary key, before the rest',
    model(here, { constraints: [{ type: 'primary_key', columns: ['id'] }], config: { unique_key: 'x' } }),
    { t: unique('order_id') },
    ['id'],
  ],
  ['none for an expression', model(here, { config: { unique_key: "concat(a, '`; drop')" } }), {}, []],
  ['none where nothing is said', model(here), {}, []],
])('takes its key from %s', (_, own, tests, key) => {
  expect(pair(own, model(there), tests)).toEqual([{ id, name: 'orders', production: there, here, key }])
})

it('leaves out what is not in production, what is the same table, and what is no table', () => {
  expect(pairsOf([id], { nodes: { [id]: model(here) } }, { nodes: {} })).toEqual([])
  expect(pair(model(there))).toEqual([])
  expect(pair(model(here, { resource_type: 'snapshot' }))).toEqual([])
  expect(pair(model(here), model('`p`.`d`.`t`; DROP TABLE x'))).toEqual([])
  expect(pair(model(here), model('(SELECT 1)'))).toEqual([])
})

it('asks one question per model', () => {
  const base = { id, name: 'orders', production: there, here }
  expect(comparisonSql({ ...base, key: ['order_id'] })).toBe(
    'SELECT 0 AS side, COUNT(*) AS row_count, COUNT(DISTINCT `order_id`) AS key_count FROM `p`.`shop`.`orders` UNION ALL SELECT 1 AS side, COUNT(*) AS row_count, COUNT(DISTINCT `order_id`) AS key_count FROM `p`.`shop_pr_7`.`orders` ORDER BY side',
  )
  expect(comparisonSql({ ...base, key: ['a', 'b'] })).toContain(
    'COUNT(DISTINCT TO_JSON_STRING(STRUCT(`a`, `b`)))',
  )
  expect(comparisonSql({ ...base, key: [] })).toContain('NULL AS key_count')
})

it('shows counts, changes and why one is missing', () => {
  const blocks = describeCompared([
    { name: 'orders', key: ['id'], production: { rows: 2000, keys: 2000 }, here: { rows: 1500, keys: 1499 } },
    { name: 'same', key: [], production: { rows: 0 }, here: { rows: 0 } },
    { name: 'big', key: [], why: 'Running: limit exceeded' },
  ])
  expect(blocks[1]).toMatchObject({
    rows: [
      ['orders', '2,000', '1,500', '−500 (−25.0 %)', 'id', '2,000', '1,499'],
      ['same', '0', '0', 'none', '', '', ''],
      ['big', '', '', 'not compared: Running: limit exceeded', '', '', ''],
    ],
  })
  expect(describeCompared([])).toEqual([])
})
