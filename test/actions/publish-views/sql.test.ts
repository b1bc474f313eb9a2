/** Names found in GoogleSQL and written in full, and what is left alone. */
import { describe, expect, it } from '@jest/globals'
import {
  directReferences,
  leadingComment,
  qualify,
  scanReferences,
} from '../../../actions/publish-views/src/sql.ts'

const name = (datasetId: string, tableId: string, projectId = 'p-1') => ({ projectId, datasetId, tableId })

describe('scanReferences', () => {
  it.each([
    ['FROM and JOIN', 'SELECT 1 FROM a.b JOIN c.d ON TRUE', [name('a', 'b'), name('c', 'd')]],
    ['a name with its project, quoted whole', 'SELECT 1 FROM `q-2.a.b`', [name('a', 'b', 'q-2')]],
    ['quoted part by part', 'SELECT 1 FROM `q-2`.`a`.`b`', [name('a', 'b', 'q-2')]],
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
    ['each once', 'SELECT 1 FROM a.b UNION ALL SELECT 2 FROM a.b', [name('a', 'b')]],
  ])('%s', (_, sql, expected) => {
    expect(scanReferences(sql, 'p-1')).toEqual(expected)
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

it('tells tables the text names from those behind a view', () => {
  expect(directReferences('SELECT 1 FROM a.v', 'p-1', [name('a', 'v'), name('private', 'behind')])).toEqual([
    name('a', 'v'),
  ])
})

it('takes the leading comment as description', () => {
  expect(leadingComment('-- One row per day.\n-- UTC.\nSELECT 1 -- no')).toBe('One row per day. UTC.')
  expect(leadingComment('SELECT 1')).toBe('')
})
