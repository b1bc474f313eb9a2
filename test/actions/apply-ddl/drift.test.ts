/** What somebody changed by hand beside the columns of a table: a conflict where its file names it, else told. */
import { describe, expect, it } from '@jest/globals'
import type { ExistingTable } from '../../../actions/_shared/dataset.ts'
import { closeEntry } from '../../../actions/apply-ddl/src/ledger.ts'
import { thrownBy } from '../../support/thrown.ts'
import { BODY, OURS, columns, existing, name, plan, table } from './planned.ts'

describe('keys, defaults, partition options and collations that somebody else changed', () => {
  const FULL =
    '(day DATE, id INT64 NOT NULL DEFAULT 1, place STRUCT<city STRING>, PRIMARY KEY (id) NOT ENFORCED) PARTITION BY day CLUSTER BY id OPTIONS (partition_expiration_days = 7)'
  const withDefault = (value: string | undefined) =>
    columns.map((column) => (column.name === 'id' ? { ...column, defaultValueExpression: value } : column))
  // BigQuery spells a default in its own way.
  const applied = existing({
    columns: withDefault('CAST(1 AS INT64)'),
    constraints: { primaryKey: { columns: ['id'] } },
    timePartitioning: { type: 'DAY', field: 'day', expirationMs: '604800000' },
  })
  const statement = table(FULL).sql
  const entry = { owner: 'octo-clicks', change: 'create', statement, labels: {}, beside: [] }
  const labels = closeEntry({ ...entry, runId: '', commit: '', atMs: 0 }, applied) as Record<string, string>
  it.each<[string, Partial<ExistingTable>, string]>([
    ['keys', { constraints: undefined }, 'primary key id instead of none'],
    ['defaults', { columns: withDefault('2') }, 'sets the default of column id'],
    ['defaults', { columns: withDefault(undefined) }, 'sets the default of column id'],
    [
      'partition options',
      { timePartitioning: { type: 'DAY', field: 'day', expirationMs: '86400000' } },
      'partitions expire after 7 days instead of after 1 days',
    ],
  ])('are a conflict where the file names them: %s', (what, over, difference) => {
    expect(plan(FULL, { ...applied, labels })).toMatchObject({ kind: 'keep' })
    const drifted = { ...applied, labels, ...over }
    const reason = `was changed by somebody else since it was applied (${what}): ${difference}`
    expect(plan(FULL, drifted)).toMatchObject({ kind: 'conflict', reason })
    expect(plan(FULL, drifted, { isAdopting: true })).toMatchObject({ kind: 'update', reason: difference })
  })
  it.each<[string, Partial<ExistingTable>]>([
    ['collations', { defaultCollation: 'und:ci' }],
    [
      'keys',
      {
        constraints: {
          primaryKey: { columns: ['id'] },
          foreignKeys: [
            {
              referencedTable: name('other'),
              columnReferences: [{ referencingColumn: 'id', referencedColumn: 'id' }],
            },
          ],
        },
      },
    ],
    ['partition options', { isFilterRequired: true }],
  ])('are told and recorded where it does not: %s', (what, over) => {
    expect(plan(FULL, { ...applied, labels, ...over })).toMatchObject({
      kind: 'adopt',
      reason: `recorded as it is (${what} changed)`,
      alters: [],
    })
  })
  it('are no alarm on a table that an earlier version recorded', () => {
    const { 'clickstream-rest': _none, ...before } = labels
    expect(plan(FULL, { ...applied, labels: before, defaultCollation: 'und:ci' })).toMatchObject({
      kind: 'keep',
    })
    expect(plan(FULL, { ...applied, labels: before, constraints: undefined })).toMatchObject({
      kind: 'update',
    })
  })
})

it('a table that would have more labels than BigQuery takes is refused before it is changed', () => {
  const many = (count: number): ExistingTable =>
    existing({
      labels: { ...OURS, ...Object.fromEntries(Array.from({ length: count }, (_, n) => [`l${n}`, ''])) },
    })
  const wider = BODY.replace('day DATE,', 'day DATE, source STRING,')
  expect(plan(wider, many(54))).toMatchObject({ kind: 'update' })
  expect(thrownBy(() => plan(wider, many(55)))).toMatchObject({
    code: 'REFUSED',
    message: expect.stringMatching(/^Planning d\.t: .* 65, and BigQuery takes 64; remove 1/),
  })
  expect(plan(BODY, many(60))).toMatchObject({ kind: 'keep' })
})

it('a foreign key to a table of another project is another one', () => {
  const keyed = `${BODY.replace('day DATE,', 'day DATE, FOREIGN KEY (id) REFERENCES `elsewhere.d.u` (id) NOT ENFORCED,')}`
  const found = existing({
    constraints: {
      foreignKeys: [
        {
          referencedTable: name('u'),
          columnReferences: [{ referencingColumn: 'id', referencedColumn: 'id' }],
        },
      ],
    },
  })
  expect(plan(keyed, found)).toMatchObject({ reason: 'foreign key id to u' })
  expect(plan(keyed.replace('elsewhere.', 'p.'), found)).toMatchObject({ kind: 'keep' })
})
