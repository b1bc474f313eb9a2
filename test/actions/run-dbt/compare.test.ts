/** Which models are compared, by which key, with which one query. */
import { expect, it } from '@jest/globals'
import { comparisonSql, pairsOf, readBy } from '../../../actions/run-dbt/src/compare.ts'
import type { Compared } from '../../../actions/run-dbt/src/compare-tables.ts'
import { describeCompared, spelledCompared } from '../../../actions/run-dbt/src/report-compared.ts'

const model = (table: string, more: object = {}) => ({
  name: 'orders',
  resource_type: 'model',
  relation_name: table,
  ...more,
})
const id = 'model.shop.orders'
const [there, here] = ['`p`.`shop`.`orders`', '`p`.`shop_pr_7`.`orders`']
const table = (datasetId: string) => ({
  sql: `\`p\`.\`${datasetId}\`.\`orders\``,
  projectId: 'p',
  datasetId,
  tableId: 'orders',
})
const base = { id, name: 'orders', production: table('shop'), here: table('shop_pr_7'), contract: {} }
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
  expect(pair(own, model(there), tests)).toMatchObject([{ ...base, key }])
})

it('leaves out what is not in production, and what is no table', () => {
  expect(pairsOf([id], { nodes: { [id]: model(here) } }, { nodes: {} })).toEqual([])
  expect(pair(model(here, { resource_type: 'snapshot' }))).toEqual([])
  expect(pair(model(here), model('`p`.`d`.`t`; DROP TABLE x'))).toEqual([])
  expect(pair(model(here), model('(SELECT 1)'))).toEqual([])
})

it('asks one question per model', () => {
  expect(comparisonSql({ ...base, key: ['order_id'] })).toBe(
    'SELECT 0 AS side, COUNT(*) AS row_count, COUNT(DISTINCT `order_id`) AS key_count FROM `p`.`shop`.`orders` UNION ALL SELECT 1 AS side, COUNT(*) AS row_count, COUNT(DISTINCT `order_id`) AS key_count FROM `p`.`shop_pr_7`.`orders` ORDER BY side',
  )
  expect(comparisonSql({ ...base, key: ['a', 'b'] })).toContain(
    'COUNT(DISTINCT TO_JSON_STRING(STRUCT(`a`, `b`)))',
  )
  expect(comparisonSql({ ...base, key: [] })).toContain('NULL AS key_count')
})

it('says what a contract promises no more, and what it newly does', () => {
  const contracted = (type: string, ...constraints: string[]) => ({
    contract: { enforced: true },
    columns: { a: { name: 'a', data_type: type, constraints: constraints.map((type) => ({ type })) } },
  })
  const of = (own: object, other: object) =>
    pair(model(here, own), model(there, other)).map(({ contract }) => contract)
  expect(of(contracted('int64'), contracted('int64'))).toEqual([{}])
  expect(of(contracted('int64', 'not_null'), contracted('string'))).toEqual([
    { before: 'contract: a string', after: 'contract: a int64 not null' },
  ])
  expect(of({ columns: { a: { name: 'a' } } }, contracted('int64'))).toEqual([
    { before: 'contract: enforced\ncontract: a int64' },
  ])
  expect(of({ ...contracted('int64'), constraints: [{ type: 'primary_key', columns: ['a'] }] }, {})).toEqual([
    { after: 'contract: enforced\ncontract: a int64\ncontract: primary key (a)' },
  ])
})

it('knows what a model reads through others', () => {
  const of = (...nodes: string[]) => ({ depends_on: { nodes } })
  const manifest = { nodes: { a: of('b', 's'), b: of('c'), c: of('a') } }
  expect([...readBy('a', manifest)].sort()).toEqual(['a', 'b', 'c', 's'])
  expect([...readBy('s', manifest)]).toEqual([])
})

const models: Compared[] = [
  {
    name: 'orders',
    key: ['id'],
    production: { rows: 2000, keys: 2000 },
    here: { rows: 1500, keys: 1499 },
    before: 'amount NUMERIC',
    after: 'amount FLOAT64\nnote STRING',
  },
  { name: 'same', key: [], production: { rows: 0 }, here: { rows: 0 } },
  { name: 'big', key: [], why: 'Running: limit exceeded' },
]

it('shows counts, changes, columns and why one is missing', () => {
  const blocks = describeCompared(models)
  expect(blocks[1]).toMatchObject({
    rows: [
      ['orders', '2,000', '1,500', '−500 (−25.0 %)', 'id', '2,000', '1,499', '1 went, 2 came'],
      ['same', '0', '0', 'none', '', '', '', 'the same'],
      ['big', '', '', '', '', '', '', 'not known: Running: limit exceeded'],
    ],
  })
  expect(blocks.slice(2)).toEqual([
    { kind: 'details', label: 'orders', text: '- amount NUMERIC\n+ amount FLOAT64\n+ note STRING' },
  ])
  expect(describeCompared([])).toEqual([])
})

it('shows columns alone where nothing is counted yet', () => {
  expect(describeCompared([{ name: 'orders', key: ['id'], before: 'a INT64' }])[1]).toMatchObject({
    head: ['Model', 'Columns and contract'],
    rows: [['orders', '1 went, 0 came']],
  })
})

it('says it in a line, as a plan shows it', () => {
  expect(models.map(spelledCompared)).toEqual([
    'rows 2,000 to 1,500, −500 (−25.0 %); keys of id 2,000 to 1,499, −501 (−25.1 %); other columns',
    '0 rows as in production; the same columns',
    'Running: limit exceeded',
  ])
})
