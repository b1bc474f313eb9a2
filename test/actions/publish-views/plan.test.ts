/** What publish-views chooses, as whole values. */
import { describe, expect, it } from '@jest/globals'
import type { DatasetAccess, ExistingView } from '../../../actions/_shared/dataset.ts'
import type { Inputs } from '../../../actions/publish-views/src/inputs.ts'
import type { Observed, ObservedView } from '../../../actions/publish-views/src/observe.ts'
import { mergeAccess } from '../../../actions/publish-views/src/apply.ts'
import { planViews } from '../../../actions/publish-views/src/plan.ts'
import { thrownBy } from '../../support/thrown.ts'

const name = (datasetId: string, tableId: string) => ({ projectId: 'p', datasetId, tableId })
const labels = { 'managed-by': 'clickstream-actions' }
const inputs = (over: Partial<Inputs> = {}): Inputs => ({
  workspace: '/w',
  owner: 'octo/clicks',
  sourceDir: '/w/v',
  source: 'v',
  projectId: 'p',
  location: 'EU',
  isAuthorizing: true,
  isBreakingAllowed: false,
  isPruning: false,
  allowedHosts: [],
  isDryRun: false,
  expectedPlan: '',
  ...over,
})
const view = (tableId: string, over: Partial<ObservedView> = {}): ObservedView => ({
  name: name('out', tableId),
  file: `v/out/${tableId}.sql`,
  query: 'SELECT 1 AS a',
  description: '',
  references: [name('src', 't')],
  columns: [{ name: 'a', type: 'INTEGER' }],
  ...over,
})
const existing = (over: Partial<ExistingView> = {}): ExistingView => ({
  type: 'VIEW',
  etag: 'e1',
  query: 'SELECT 1 AS a',
  description: '',
  labels,
  columns: [{ name: 'a', type: 'INTEGER' }],
  ...over,
})
const source = (...tables: string[]): DatasetAccess => ({
  projectId: 'p',
  datasetId: 'src',
  etag: 'd1',
  location: 'EU',
  access: [{ role: 'OWNER', userByEmail: 'o@x' }, ...tables.map((table) => ({ view: name('out', table) }))],
})
const observed = (over: Partial<Observed>): Observed => ({
  projectId: 'p',
  views: [],
  orphans: [],
  sources: [source()],
  ...over,
})
const kinds = (over: Partial<Observed>, more: Partial<Inputs> = {}) =>
  planViews(inputs(more), observed(over)).steps.map(
    ({ kind, target, reason }) => `${kind} ${target}: ${reason}`,
  )

describe('planViews', () => {
  it.each<[string, Partial<Observed>, Partial<Inputs>, string[]]>([
    [
      'creates what is not there and authorizes it',
      { views: [view('a')] },
      {},
      ['create out.a: does not exist', 'authorize src: 1 not on the list'],
    ],
    [
      'keeps what is as its file says',
      { views: [view('a', { existing: existing() })], sources: [source('a')] },
      {},
      ['keep out.a: is as its file says'],
    ],
    [
      'grants a missing entry of a kept view',
      { views: [view('a', { existing: existing() })] },
      {},
      ['keep out.a: is as its file says', 'authorize src: 1 not on the list'],
    ],
    [
      'grants again after an update',
      { views: [view('a', { query: 'SELECT 2 AS a', existing: existing() })], sources: [source('a')] },
      {},
      ['update out.a: query changed', 'authorize src: 1 granted again after an update'],
    ],
    [
      'leaves access lists alone when told so',
      { views: [view('a')] },
      { isAuthorizing: false },
      ['create out.a: does not exist'],
    ],
    [
      'takes over a view without label',
      { views: [view('a', { existing: existing({ labels: {} }) })], sources: [source('a')] },
      {},
      [
        'update out.a: taken over: it had no managed-by label',
        'authorize src: 1 granted again after an update',
      ],
    ],
    [
      'names orphans',
      { orphans: [name('out', 'old')] },
      {},
      ['orphan out.old: published earlier, has no file any more; prune: true deletes it'],
    ],
    [
      'prunes orphans with their entries, entries first',
      { orphans: [name('out', 'old')], sources: [source('old')] },
      { isPruning: true },
      [
        'authorize src: 1 removed with their views',
        'delete out.old: published earlier, has no file any more',
      ],
    ],
    [
      'puts a view after those it reads',
      { views: [view('a', { references: [name('out', 'b')] }), view('b')] },
      {},
      ['create out.b: does not exist', 'create out.a: does not exist', 'authorize src: 1 not on the list'],
    ],
    [
      'does not authorize a view on a dataset it reaches through another view',
      {
        views: [view('a', { references: [name('out', 'b')] }), view('b', { existing: existing() })],
        sources: [source('b')],
      },
      {},
      ['keep out.b: is as its file says', 'create out.a: does not exist'],
    ],
  ])('%s', (_, over, more, expected) => {
    expect(kinds(over, more)).toEqual(expected)
  })

  it('refuses to drop a column, and names the input that allows it', () => {
    const breaking = {
      views: [
        view('a', {
          query: 'SELECT 2 AS b',
          columns: [{ name: 'b', type: 'INTEGER' }],
          existing: existing(),
        }),
      ],
    }
    expect(thrownBy(() => kinds(breaking))).toMatchObject({
      code: 'REFUSED',
      allowedBy: 'allow-breaking: true',
      message: expect.stringContaining('drops column a'),
    })
    expect(kinds(breaking, { isBreakingAllowed: true })[0]).toBe(
      'update out.a: query changed, drops column a',
    )
  })
  it('refuses to change a type', () => {
    expect(() =>
      kinds({
        views: [
          view('a', {
            query: "SELECT '' AS a",
            columns: [{ name: 'a', type: 'STRING' }],
            existing: existing(),
          }),
        ],
      }),
    ).toThrow('changes a from INTEGER to STRING')
  })
  it('refuses to replace a table', () => {
    expect(
      thrownBy(() => kinds({ views: [view('a', { existing: existing({ type: 'TABLE' }) })] })),
    ).toMatchObject({ code: 'REFUSED', message: expect.stringContaining('a table of this name') })
  })
  it('refuses a circle by naming it', () => {
    expect(() =>
      kinds({
        views: [view('a', { references: [name('out', 'b')] }), view('b', { references: [name('out', 'a')] })],
      }),
    ).toThrow('v/out/a.sql → v/out/b.sql → v/out/a.sql')
  })
})

describe('mergeAccess', () => {
  const others = [
    { role: 'OWNER', userByEmail: 'o@x' },
    { role: 'READER', iamMember: 'principal://x', condition: { expression: 'true' } },
    { view: name('other', 'v') },
  ]
  it("keeps everyone else's entries, conditions and unknown members included", () => {
    expect(mergeAccess(others, [name('out', 'a')], [])).toEqual([...others, { view: name('out', 'a') }])
  })
  it('adds nothing twice', () => {
    expect(mergeAccess([...others, { view: name('out', 'a') }], [name('out', 'a')], [])).toHaveLength(4)
  })
  it('removes only what it is told to', () => {
    expect(mergeAccess([...others, { view: name('out', 'a') }], [], [name('out', 'a')])).toEqual(others)
  })
})
