/** What apply-ddl changes by ALTER TABLE, takes for equal, and makes once. */
import { describe, expect, it } from '@jest/globals'
import type { ExistingTable } from '../../../actions/_shared/dataset.ts'
import { thrownBy } from '../../support/thrown.ts'
import { PLAIN, existing, name, plan, type nothingAllowed } from './planned.ts'

describe('what patch cannot do', () => {
  it.each<[string, string, Partial<ExistingTable>, Partial<typeof nothingAllowed>, object]>([
    [
      'a wider type',
      '(n BIGNUMERIC, code STRING(20), price NUMERIC(12, 2))',
      {
        columns: [
          { name: 'n', type: 'INTEGER' },
          { name: 'code', type: 'STRING', maxLength: '10' },
          { name: 'price', type: 'NUMERIC', precision: '10', scale: '2' },
        ],
      },
      {},
      {
        reason:
          'widens column n from INT64 to BIGNUMERIC, widens column code from STRING(10) to STRING(20), widens column price from NUMERIC(10, 2) to NUMERIC(12, 2)',
        alters: [
          'ALTER COLUMN `n` SET DATA TYPE BIGNUMERIC',
          'ALTER COLUMN `code` SET DATA TYPE STRING(20)',
          'ALTER COLUMN `price` SET DATA TYPE NUMERIC(12, 2)',
        ],
        patch: {},
      },
    ],
    [
      'the collation of new columns',
      "(n INT64) DEFAULT COLLATE 'und:ci'",
      { columns: [{ name: 'n', type: 'INTEGER' }] },
      {},
      { reason: 'collates new columns as und:ci', alters: ["SET DEFAULT COLLATE 'und:ci'"], patch: {} },
    ],
    [
      'a type that rounds, with leave',
      '(n FLOAT64)',
      { columns: [{ name: 'n', type: 'INTEGER' }] },
      { isDestructiveAllowed: true },
      { alters: ['ALTER COLUMN `n` SET DATA TYPE FLOAT64'] },
    ],
    [
      'a rename, with leave',
      '(id INT64 OPTIONS (description = "key"), -- renamed from: visitor\n note STRING)',
      { columns: [{ name: 'visitor', type: 'INTEGER' }] },
      { isBreakingAllowed: true },
      {
        reason: 'renames column visitor to id, describes column id, adds column note',
        alters: ['RENAME COLUMN `visitor` TO `id`'],
        patch: { schema: { fields: [{ name: 'id', description: 'key' }, { name: 'note' }] } },
      },
    ],
    [
      'a default, also of a new column',
      '(a STRING DEFAULT "x", b TIMESTAMP DEFAULT (current_timestamp()), c INT64 DEFAULT 1)',
      {
        columns: [
          { name: 'a', type: 'STRING', defaultValueExpression: "'y'" },
          { name: 'b', type: 'TIMESTAMP', defaultValueExpression: 'CURRENT_TIMESTAMP()' },
        ],
      },
      {},
      {
        reason: 'sets the default of column a, adds column c',
        alters: ['ALTER COLUMN `a` SET DEFAULT "x"', 'ALTER COLUMN `c` SET DEFAULT 1'],
        patch: { schema: { fields: [{ name: 'a' }, { name: 'b' }, { name: 'c', mode: 'NULLABLE' }] } },
      },
    ],
    [
      'keys',
      '(id INT64, of INT64, PRIMARY KEY (id) NOT ENFORCED, CONSTRAINT up FOREIGN KEY (of) REFERENCES d.t (id) NOT ENFORCED)',
      {
        columns: [
          { name: 'id', type: 'INTEGER' },
          { name: 'of', type: 'INTEGER' },
        ],
        constraints: { primaryKey: { columns: ['of'] } },
      },
      {},
      {
        reason: 'primary key id instead of of, foreign key of to t',
        alters: [
          'DROP PRIMARY KEY',
          'ADD PRIMARY KEY (`id`) NOT ENFORCED',
          'ADD CONSTRAINT `up` FOREIGN KEY (`of`) REFERENCES `d.t` (`id`) NOT ENFORCED',
        ],
      },
    ],
  ])('alters %s', (_, body, found, allowed, step) => {
    expect(plan(body, existing({ ...PLAIN, ...found }), allowed)).toMatchObject({ kind: 'update', ...step })
  })
  it('takes keys and ranges that are there for equal, and takes none away', () => {
    const found = existing({
      ...PLAIN,
      columns: [{ name: 'id', type: 'INTEGER' }],
      rangePartitioning: { field: 'id', range: { start: '0', end: '100', interval: '10' } },
      constraints: {
        primaryKey: { columns: ['id'] },
        foreignKeys: [
          {
            referencedTable: name('u'),
            columnReferences: [{ referencingColumn: 'id', referencedColumn: 'id' }],
          },
        ],
      },
    })
    const by = 'PARTITION BY RANGE_BUCKET(id, GENERATE_ARRAY(0, 100, 10))'
    const full = '(id INT64 PRIMARY KEY NOT ENFORCED REFERENCES d.u (id) NOT ENFORCED)'
    for (const body of [full, '(id INT64)']) expect(plan(`${body} ${by}`, found).kind).toBe('keep')
    expect(plan(`${full.replace('d.u', 'other.u')} ${by}`, found)).toMatchObject({
      reason: 'foreign key id to u',
    })
  })
  it('makes once what cannot be compared, and says when its file changed', () => {
    const once = 'CLONE d.u'
    expect(plan(once)).toMatchObject({ kind: 'keep', reason: expect.stringContaining('its file changed') })
    expect(plan(once, existing({ labels: {} }))).toMatchObject({ kind: 'conflict' })
    expect(plan(once, existing({ labels: {} }), { isAdopting: true })).toMatchObject({ kind: 'adopt' })
    expect(thrownBy(() => plan(once, existing({ type: 'VIEW' })))).toMatchObject({ code: 'REFUSED' })
  })
})
