/** Datasets from CREATE SCHEMA: what is read, planned and refused; none is ever dropped. */
import { describe, expect, it } from '@jest/globals'
import type { ExistingDataset } from '../../../actions/_shared/dataset.ts'
import { markDigest, markOf } from '../../../actions/_shared/ownership.ts'
import { planDataset } from '../../../actions/apply-ddl/src/dataset-plan.ts'
import { readDatasetStatement } from '../../../actions/apply-ddl/src/dataset-statement.ts'
import { thrownBy } from '../../support/thrown.ts'

const expected = { projectId: 'p-1', datasetId: 'sales' }
const wishes = { isDestructiveAllowed: false, isAdopting: false, location: 'EU', owner: 'me' }
const DAY = 86_400_000
const existing = (over: Partial<ExistingDataset> = {}): ExistingDataset => ({
  etag: 'e1',
  location: 'EU',
  labels: {},
  ...over,
})
function plan(sql: string, found?: ExistingDataset, over: Partial<typeof wishes> = {}) {
  const desired = readDatasetStatement(sql, expected)
  return planDataset(
    { datasetId: 'sales', file: 'ddl/sales.sql', sql, desired, existing: found },
    { ...wishes, ...over },
  )
}
const OPTIONS =
  'description="All sales", friendly_name="Sales", labels=[("team", "a")], location="eu", default_table_expiration_days=30, default_partition_expiration_days=1.5'

describe('readDatasetStatement takes', () => {
  it.each<[string, object]>([
    ['CREATE SCHEMA sales', {}],
    ['create schema if not exists `p-1`.sales;', {}],
    [
      `-- ours\nCREATE SCHEMA \`p-1.sales\` OPTIONS (${OPTIONS})`,
      {
        description: 'All sales',
        friendlyName: 'Sales',
        labels: { team: 'a' },
        location: 'eu',
        defaultTableExpirationMs: String(30 * DAY),
        defaultPartitionExpirationMs: String(1.5 * DAY),
      },
    ],
    ['CREATE SCHEMA sales OPTIONS (description=NULL, default_table_expiration_days=NULL)', {}],
  ])('%s', (sql, desired) => {
    expect(readDatasetStatement(sql, expected)).toEqual(desired)
  })
  it.each<[string, RegExp]>([
    ['CREATE TABLE sales.x (a INT64)', /expected CREATE SCHEMA, found CREATE/],
    ['CREATE SCHEMA other', /it names other, its path says sales/],
    ['CREATE SCHEMA `p-2.sales`', /it names the project p-2, this run is for p-1/],
    [
      'CREATE SCHEMA sales OPTIONS (storage_billing_model="PHYSICAL")',
      /storage_billing_model is not supported/,
    ],
    ['CREATE SCHEMA sales OPTIONS (default_table_expiration_days=0.01)', /one hour at the earliest/],
    ["CREATE SCHEMA sales DEFAULT COLLATE 'und:ci'", /not supported/],
    [
      'CREATE SCHEMA sales OPTIONS (labels=[("managed-by", "x")])',
      /the label managed-by belongs to this action/,
    ],
    ['CREATE SCHEMA sales; DROP SCHEMA other', /one CREATE SCHEMA per file/],
  ])('and refuses %s', (sql, message) => {
    expect(thrownBy(() => readDatasetStatement(sql, expected))).toMatchObject({
      message: expect.stringMatching(message),
    })
  })
})

describe('planDataset', () => {
  const sql = 'CREATE SCHEMA sales OPTIONS (description="x")'
  const ours = markOf('me', markDigest(sql))
  it.each<[string, ExistingDataset | undefined, Partial<typeof wishes>, string]>([
    ['creates what is not there', undefined, {}, 'create: does not exist'],
    [
      'keeps what is as its file says',
      existing({ description: 'x', labels: ours }),
      {},
      'keep: is as its file says',
    ],
    [
      'changes what is its own',
      existing({ description: 'y', labels: ours }),
      {},
      'update: description changed',
    ],
    [
      'records a file that says the same in other words',
      existing({ description: 'x', labels: markOf('me', 'other') }),
      {},
      'update: its file is recorded',
    ],
    ['marks an equal one', existing({ description: 'x' }), {}, 'adopt: adopted'],
    [
      'refuses a different one that nobody marked',
      existing({ description: 'y' }),
      {},
      'conflict: was not made by this action: description changed',
    ],
    [
      'adopts it when told so',
      existing({ description: 'y' }),
      { isAdopting: true },
      'adopt: adopted, description changed',
    ],
    [
      "leaves another owner's, whatever it is told",
      existing({ description: 'y', labels: markOf('you', 'd') }),
      { isAdopting: true },
      'conflict: belongs to owner you',
    ],
  ])('%s', (_what, found, over, said) => {
    const { kind, reason } = plan(sql, found, over)
    expect(`${kind}: ${reason}`).toBe(said)
  })

  it('changes what the file names and nothing else', () => {
    const labels = { ...markOf('me', 'd'), team: 'b', others: 'stay' }
    expect(
      plan(
        `CREATE SCHEMA sales OPTIONS (friendly_name="S", labels=[("team","a")])`,
        existing({ description: 'stays', labels }),
      ),
    ).toMatchObject({
      kind: 'update',
      patch: { friendlyName: 'S', labels: { team: 'a' } },
    })
  })

  it('asks before new tables expire, or expire sooner', () => {
    const days = (count: number) => `CREATE SCHEMA sales OPTIONS (default_table_expiration_days=${count})`
    const mine = (defaultTableExpirationMs?: string) =>
      existing({ labels: markOf('me', 'd'), defaultTableExpirationMs })
    for (const found of [mine(), mine(String(31 * DAY))]) {
      expect(thrownBy(() => plan(days(30), found))).toMatchObject({
        code: 'REFUSED',
        message: expect.stringMatching(
          /new tables expire after 30 days instead of (never|after 31 days).*allow-destructive/,
        ),
      })
      expect(plan(days(30), found, { isDestructiveAllowed: true }).kind).toBe('update')
    }
    expect(plan(days(30), mine(String(29 * DAY))).kind).toBe('update')
  })

  it('never moves one', () => {
    expect(thrownBy(() => plan('CREATE SCHEMA sales OPTIONS (location="US")'))).toMatchObject({
      message: expect.stringMatching(/says location US, the input says EU; a dataset never moves/),
    })
  })
})
