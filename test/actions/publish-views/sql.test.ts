/** Names found in GoogleSQL and written in full, and what is left alone. */
import { describe, expect, it } from '@jest/globals'
import { shortName } from '../../../actions/_shared/dataset.ts'
import {
  isSameQuery,
  leadingComment,
  notFound,
  qualify,
  readInstead,
  scanReferences,
  splitRecursive,
} from '../../../actions/publish-views/src/sql.ts'

const name = (datasetId: string, tableId: string, projectId = 'p-1') => ({ projectId, datasetId, tableId })

describe('scanReferences', () => {
  it.each([
    ['FROM and JOIN', 'SELECT 1 FROM a.b JOIN c.d ON TRUE', [name('a', 'b'), name('c', 'd')]],
    ['a name with its project, quoted whole', 'SELECT 1 FROM `q-2.a.b`', [name('a', 'b', 'q-2')]],
    ['quoted part by part', 'SELECT 1 FROM `q-2`.`a`.`b`', [name('a', 'b', 'q-2')]],
    [
      'a name that begins with a digit, and not a number',
      'SELECT t.1st, 1.5, .5, 2.e1 FROM a.2024_orders t JOIN `c`.24h ON t.2x > 1.5e3',
      [name('a', '2024_orders'), name('c', '24h')],
    ],
    ['not a CTE', 'WITH t AS (SELECT 1) SELECT * FROM t', []],
    [
      'not in comments or strings',
      "SELECT 'FROM x.y' -- FROM v.w\n/* JOIN q.r */ FROM a.b # FROM s.t",
      [name('a', 'b')],
    ],
    ['not in a triple-quoted string', 'SELECT """\nFROM x.y\n""" FROM a.b', [name('a', 'b')]],
    ['lower case and line ends', 'select 1\nfrom\n  a.b', [name('a', 'b')]],
    [
      'after a comma of FROM, and not after one of SELECT',
      'SELECT t.x, t.y FROM a.b AS t, c.d u WHERE t.x IN (u.y, t.z)',
      [name('a', 'b'), name('c', 'd')],
    ],
    [
      'not the arrays of a table that is there',
      'SELECT 1 FROM a.b AS t, t.items JOIN t.tags ON TRUE, c.d, d.items',
      [name('a', 'b'), name('c', 'd')],
    ],
    [
      'not an array behind UNNEST or of a subquery',
      'SELECT 1 FROM (SELECT * FROM a.b) AS s, s.items, UNNEST(s.tags)',
      [name('a', 'b')],
    ],
    [
      'inside joins in parentheses',
      'SELECT 1 FROM (a.b JOIN c.d USING (x)), e.f',
      [name('a', 'b'), name('c', 'd'), name('e', 'f')],
    ],
    [
      'not what EXTRACT and IS DISTINCT FROM name',
      'SELECT EXTRACT(DAY FROM t.day), t.x IS NOT DISTINCT FROM t.y FROM a.b t',
      [name('a', 'b')],
    ],
    [
      'a table whose dataset is called like an alias of another query',
      'WITH x AS (SELECT A.day FROM i.base AS A) SELECT o.id FROM A.orders o JOIN x ON TRUE',
      [name('i', 'base'), name('A', 'orders')],
    ],
    [
      'not an array of a table without alias',
      'SELECT 1 FROM i.base b, A.orders CROSS JOIN orders.items',
      [name('i', 'base'), name('A', 'orders')],
    ],
    ['not an array of a CTE that is read', 'WITH c AS (SELECT 1) SELECT 1 FROM c JOIN c.items', []],
    [
      'not an array in a query inside another',
      'SELECT (SELECT COUNT(*) FROM o.items) FROM A.orders o WHERE EXISTS (SELECT 1 FROM o.tags)',
      [name('A', 'orders')],
    ],
    [
      'not INFORMATION_SCHEMA',
      'SELECT 1 FROM A.INFORMATION_SCHEMA.TABLES, `region-eu`.INFORMATION_SCHEMA.JOBS',
      [],
    ],
    ['before a comment', 'SELECT 1 FROM A.carts--old', [name('A', 'carts')]],
    ['with spaces around the dot', 'SELECT 1 FROM A . carts', [name('A', 'carts')]],
    ['called like its dataset', 'SELECT d.t FROM d.t AS d', [name('d', 't')]],
    [
      'in a project of a domain',
      'SELECT 1 FROM `example.com:proj.d.t`',
      [name('d', 't', 'example.com:proj')],
    ],
    ['not a function of tables, but its tables', 'SELECT 1 FROM d.fn(1), f(TABLE a.b)', [name('a', 'b')]],
    [
      'in each query of a set, whatever the other calls its tables',
      'SELECT 1 FROM a.b c UNION ALL SELECT 1 FROM c.d',
      [name('a', 'b'), name('c', 'd')],
    ],
    ['behind pipes', 'FROM a.b |> JOIN c.d ON TRUE |> SELECT x, y.z', [name('a', 'b'), name('c', 'd')]],
    ['each once', 'SELECT 1 FROM a.b UNION ALL SELECT 2 FROM a.b', [name('a', 'b')]],
  ])('%s', (_, sql, expected) => {
    expect(scanReferences(sql, 'p-1')).toEqual(expected)
  })
})

describe('calls of functions that are published too', () => {
  const known = new Set(['p-1.d.f()', 'p-1.d.rows()'])
  it.each([
    ['where an expression stands', 'SELECT d.f(x) FROM a.b', ['a.b', 'd.f()']],
    [
      'in the place of a table, and inside another',
      'SELECT * FROM `p-1`.d.rows(d.f(1)) t',
      ['d.rows()', 'd.f()'],
    ],
    ['quoted as a whole', 'SELECT `p-1.d.f`(1)', ['d.f()']],
    ['not the table or the field of that name', 'SELECT t.d.f, "d.f(1)" FROM d.f t -- d.f(1)', ['d.f']],
    ['not those of others', 'SELECT bqutil.fn.f(1), d.other(2), SAFE.f(1), q.d.f(1)', []],
  ])('%s', (_what, sql, found) => {
    expect(scanReferences(sql, 'p-1', known).map(shortName)).toEqual(found)
  })
  it('are written in full', () => {
    const sql = 'SELECT d.f (x) FROM d.f, d.rows(1)'
    const references = scanReferences(sql, 'p-1', known)
    expect(qualify(sql, 'p-1', references)).toBe('SELECT `p-1.d.f` (x) FROM `p-1.d.f`, `p-1.d.rows`(1)')
    expect(isSameQuery(sql, qualify(sql, 'p-1', references), 'p-1', known)).toBe(true)
  })
  it('are read from temporary ones, rows as an array under the name they had', () => {
    const names = new Map([
      ['p-1.d.f()', 'f_1'],
      ['p-1.d.rows()', 'f_2'],
    ])
    const sql = 'SELECT rows.x, t.x FROM d.rows(d.f((1))), d.rows(2) AS t WHERE d.f(3) > 0'
    expect(readInstead(sql, 'p-1', names, new Set(['p-1.d.rows()']))).toBe(
      'SELECT rows.x, t.x FROM UNNEST(f_2(f_1((1)))) AS `rows`, UNNEST(f_2(2)) AS t WHERE f_1(3) > 0',
    )
  })
})

describe('qualify', () => {
  const known = [name('caec_analytics', 'fct_events')]
  it.each([
    [
      'writes a known name in full',
      'SELECT * FROM caec_analytics.fct_events AS e',
      'SELECT * FROM `p-1.caec_analytics.fct_events` AS e',
    ],
    [
      'keeps line breaks, so errors stay at their lines',
      'SELECT 1\nFROM caec_analytics.fct_events',
      'SELECT 1\nFROM `p-1.caec_analytics.fct_events`',
    ],
    [
      'keeps columns of an alias',
      'SELECT e.event_ts FROM caec_analytics.fct_events e',
      'SELECT e.event_ts FROM `p-1.caec_analytics.fct_events` e',
    ],
    [
      'keeps a column that is called like the table',
      'SELECT caec_analytics.fct_events FROM caec_analytics.fct_events AS caec_analytics',
      'SELECT caec_analytics.fct_events FROM `p-1.caec_analytics.fct_events` AS caec_analytics',
    ],
    [
      'keeps strings and comments',
      "SELECT 'caec_analytics.fct_events' -- caec_analytics.fct_events",
      "SELECT 'caec_analytics.fct_events' -- caec_analytics.fct_events",
    ],
    [
      'is the same the second time',
      'SELECT * FROM `p-1.caec_analytics.fct_events`',
      'SELECT * FROM `p-1.caec_analytics.fct_events`',
    ],
    [
      'keeps another project',
      'SELECT * FROM other.caec_analytics.fct_events',
      'SELECT * FROM other.caec_analytics.fct_events',
    ],
    [
      'finds names outside FROM',
      'SELECT (SELECT MAX(x) FROM caec_analytics.fct_events), 1',
      'SELECT (SELECT MAX(x) FROM `p-1.caec_analytics.fct_events`), 1',
    ],
  ])('%s', (_, sql, expected) => {
    expect(qualify(sql, 'p-1', known)).toBe(expected)
  })
})

it.each([
  ['a shadowed name', 'SELECT 1 FROM `a.v`', []],
  ['one with a comment inside', 'SELECT 1 FROM a /* x */ . b', []],
  ['one that is not in the text', 'SELECT 1 FROM a.v', []],
  ['one in a place that is no place of a table', 'SELECT * FROM f(a.b)', [name('a', 'b')]],
])('names tables that BigQuery reads and the scan misses: %s', (_, sql, expected) => {
  const shown = scanReferences(sql, 'p-1')
  expect(notFound(sql, shown, [name('a', 'b'), name('private', 'behind')])).toEqual(expected)
})

it.each([
  ['an alias stays', 'SELECT x.d FROM a.b AS x', 'SELECT x.d FROM waiting AS x'],
  [
    'without alias the table keeps its name',
    'SELECT b.d FROM a.b WHERE TRUE',
    'SELECT b.d FROM waiting AS `b` WHERE TRUE',
  ],
  [
    'before a join',
    'SELECT 1 FROM a.b LEFT JOIN c.d USING (x)',
    'SELECT 1 FROM waiting AS `b` LEFT JOIN c.d USING (x)',
  ],
])('reads from a query instead: %s', (_, sql, expected) => {
  expect(readInstead(sql, 'p-1', new Map([['p-1.a.b', 'waiting']]))).toBe(expected)
})

it('knows the same query in other clothes', () => {
  expect(isSameQuery('SELECT 1 -- x\nFROM a.b;', 'SELECT 1 FROM `p-1.a.b`', 'p-1')).toBe(true)
  expect(isSameQuery('SELECT 1 FROM a.b', 'SELECT 2 FROM a.b', 'p-1')).toBe(false)
})

it('takes the leading comment as description', () => {
  expect(leadingComment('-- One row per day.\n-- UTC.\nSELECT 1 -- no')).toBe('One row per day. UTC.')
  expect(leadingComment('SELECT 1')).toBe('')
})

describe('splitRecursive', () => {
  it('takes the queries before a query out, under names of their own', () => {
    const sql =
      '-- Tree.\nWITH RECURSIVE tree AS (SELECT 1 AS id UNION ALL SELECT tree.id + 1 FROM tree JOIN a.tree AS x ON x.id = tree.id), `Top` (n) AS (SELECT MAX(id) FROM Tree AS t)\nSELECT * FROM tree, top ORDER BY tree.id'
    expect(splitRecursive(sql, 'w_')).toEqual({
      queries: [
        '`w_tree` AS (SELECT 1 AS id UNION ALL SELECT tree.id + 1 FROM `w_tree` AS `tree` JOIN a.tree AS x ON x.id = tree.id)',
        '`w_Top` (n) AS (SELECT MAX(id) FROM `w_tree` AS t)\n',
      ],
      rest: 'SELECT * FROM `w_tree` AS `tree`, `w_Top` AS `top` ORDER BY tree.id',
    })
    expect(splitRecursive('WITH t AS (SELECT 1) SELECT * FROM t', 'w_')).toBeUndefined()
  })
})
