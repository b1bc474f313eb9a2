/** What publish-views chooses, as whole values. */
import { describe, expect, it } from '@jest/globals'
import type { DatasetAccess, ExistingView } from '../../../actions/_shared/dataset.ts'
import type { Inputs } from '../../../actions/publish-views/src/inputs.ts'
import type { Observed, ObservedView } from '../../../actions/publish-views/src/observe.ts'
import { mergeAccess } from '../../../actions/publish-views/src/access.ts'
import { markOf, markOfNamed, ownershipOf } from '../../../actions/_shared/ownership.ts'
import { planViews } from '../../../actions/publish-views/src/plan.ts'
import { report } from '../../../actions/publish-views/src/report.ts'
import { notApplied } from '../../../actions/_shared/plan.ts'
import { thrownBy } from '../../support/thrown.ts'

const name = (datasetId: string, tableId: string) => ({ projectId: 'p', datasetId, tableId })
const labels = markOf('me', 'd1')
const inputs = (over: Partial<Inputs> = {}): Inputs => ({
  workspace: '/w',
  owner: 'me',
  sourceDir: '/w/v',
  source: 'v',
  projectId: 'p',
  variables: {},
  location: 'EU',
  isOwnerGiven: false,
  runId: '5',
  isAdopting: false,
  isAuthorizing: true,
  isAuthorizingDatasets: false,
  authorizeExcept: [],
  isBreakingAllowed: false,
  isPruning: false,
  maxDeletePercent: 30,
  allowedHosts: [],
  isDryRun: false,
  expectedPlan: '',
  ...over,
})
const view = (tableId: string, over: Partial<ObservedView> = {}): ObservedView => ({
  name: name('out', tableId),
  file: `v/out/${tableId}.sql`,
  definition: { query: 'SELECT 1 AS a', linesBefore: 0 },
  query: 'SELECT 1 AS a',
  digest: 'd1',
  references: [name('src', 't')],
  earlier: [],
  columns: [{ name: 'a', type: 'INTEGER' }],
  ownership: ownershipOf(over.existing?.labels ?? {}, 'me'),
  ...over,
})
const existing = (over: Partial<ExistingView> = {}): ExistingView => ({
  type: 'VIEW',
  etag: 'e1',
  query: 'SELECT 1 AS a',
  labels,
  columns: [{ name: 'a', type: 'INTEGER' }],
  createdMs: 1,
  ...over,
})
const source = (...tables: string[]): DatasetAccess => ({
  projectId: 'p',
  datasetId: 'src',
  etag: 'd1',
  location: 'EU',
  modifiedMs: 2,
  access: [{ role: 'OWNER', userByEmail: 'o@x' }, ...tables.map((table) => ({ view: name('out', table) }))],
})
const observed = (over: Partial<Observed>): Observed => ({
  projectId: 'p',
  views: [],
  orphans: [],
  left: 0,
  sources: [source()],
  inPart: [],
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
      'marks an equal view that nobody marked, or the first releases did',
      {
        views: [
          view('a', { existing: existing({ labels: {} }) }),
          view('b', {
            existing: existing({ labels: { 'managed-by': 'clickstream-actions' } }),
            references: [],
          }),
        ],
        sources: [source('a')],
      },
      {},
      [
        'adopt out.a: adopted',
        'adopt out.b: marked with its owner',
        'authorize src: 1 granted again after an update',
      ],
    ],
    [
      'names orphans',
      { orphans: [{ name: name('out', 'old'), etag: 'e2', references: [] }] },
      {},
      ['orphan out.old: published earlier, has no file any more; prune: true deletes it'],
    ],
    [
      'prunes orphans with their entries, entries first',
      { orphans: [{ name: name('out', 'old'), etag: 'e2', references: [] }], sources: [source('old')] },
      { isPruning: true },
      ['authorize src: 1 no longer needed', 'delete out.old: published earlier, has no file any more'],
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

  it('refuses to prune more than the limit, once it is ten, and shows the plan all the same', () => {
    const kept = Array.from({ length: 23 }, (_, index) => view(`kept${index}`, { existing: existing() }))
    const plan = (gone: number, more: Partial<Inputs> = {}) => {
      const orphans = Array.from({ length: gone }, (_, index) => ({
        ...{ name: name('out', `gone${index}`), etag: 'e2', references: [] },
      }))
      const sources = [source(...kept.map((one) => one.name.tableId))]
      return planViews(inputs({ isPruning: true, ...more }), observed({ views: kept, orphans, sources }))
    }
    const refused = (...wishes: Parameters<typeof plan>) => plan(...wishes).refusal
    expect([refused(9, { maxDeletePercent: 0 }), refused(10, { maxDeletePercent: 31 })]).toEqual([
      undefined,
      undefined,
    ])
    expect(refused(199, { isPruning: false })).toBeUndefined()
    expect(refused(10)).toMatchObject({
      code: 'REFUSED',
      problem: 'mass-delete',
      allowedBy: 'max-delete-percent',
      message: expect.stringContaining(
        '10 of 33 published views would be deleted, more than 30 %: out.gone0',
      ),
      hint: expect.stringContaining('max-delete-percent: 31'),
    })
    expect(plan(10).steps.filter(({ kind }) => kind === 'delete')).toHaveLength(10)
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
      'update out.a: query changed, drops column a, adds column b',
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

const change = (add: string[], remove: string[], datasets: string[] = []) => ({
  add: add.map((table) => name('out', table)),
  remove: remove.map((table) => name('out', table)),
  addDatasets: datasets.map((datasetId) => ({ projectId: 'p', datasetId })),
})
describe('mergeAccess', () => {
  const others = [
    { role: 'OWNER', userByEmail: 'o@x' },
    { role: 'READER', iamMember: 'principal://x', condition: { expression: 'true' } },
    { view: name('other', 'v') },
  ]
  it("keeps everyone else's entries, conditions and unknown members included", () => {
    expect(mergeAccess(others, change(['a'], []))).toEqual([...others, { view: name('out', 'a') }])
  })
  it('adds nothing twice', () => {
    const once = mergeAccess(others, change(['a'], [], ['out']))
    expect(mergeAccess(once, change(['a'], [], ['out']))).toEqual(once)
  })
  it('removes only what it is told to', () => {
    expect(mergeAccess([...others, { view: name('out', 'a') }], change([], ['a']))).toEqual(others)
  })
})

describe('planAccess', () => {
  it('counts what BigQuery counts and says what to do at the limit', () => {
    const many = Array.from({ length: 2500 }, (_, index) => ({ view: name('other', `v${index}`) }))
    const full = { views: [view('a')], sources: [{ ...source(), access: many }] }
    expect(thrownBy(() => kinds(full))).toMatchObject({
      code: 'REFUSED',
      allowedBy: 'authorize-datasets: true',
      message: expect.stringContaining('2501 authorized resources'),
    })
  })
  it('adds nothing for views that an authorized dataset covers', () => {
    const access = [{ dataset: { dataset: { projectId: 'p', datasetId: 'out' }, targetTypes: ['VIEWS'] } }]
    expect(kinds({ views: [view('a')], sources: [{ ...source(), access }] })).toEqual([
      'create out.a: does not exist',
    ])
  })
  it.each([
    { role: 'READER', specialGroup: 'allAuthenticatedUsers' },
    { role: 'roles/bigquery.dataViewer', iamMember: 'allUsers' },
  ])('adds nothing where everybody may read: %j', (entry) => {
    const sources = [{ ...source(), access: [...source().access, entry] }]
    for (const isAuthorizingDatasets of [false, true])
      expect(kinds({ views: [view('a')], sources }, { isAuthorizingDatasets })).toEqual([
        'create out.a: does not exist',
      ])
  })
  it.each([
    { role: 'READER', specialGroup: 'projectReaders' },
    { role: 'roles/bigquery.metadataViewer', iamMember: 'allUsers' },
    { role: 'READER', specialGroup: 'allAuthenticatedUsers', condition: { expression: 'false' } },
  ])('adds the entry where only some may read: %j', (entry) => {
    const sources = [{ ...source(), access: [...source().access, entry] }]
    expect(kinds({ views: [view('a')], sources })).toContain('authorize src: 1 not on the list')
  })
  it("refuses to plan an entry on Google's public data, and says of another project what the run needs", () => {
    const from = (projectId: string) => ({
      views: [view('a', { references: [{ projectId, datasetId: 'src', tableId: 't' }] })],
      sources: [{ ...source(), projectId, access: [] }],
    })
    expect(thrownBy(() => kinds(from('bigquery-public-data')))).toMatchObject({
      code: 'REFUSED',
      allowedBy: 'authorize-except: bigquery-public-data.src',
    })
    const plan = planViews(inputs(), observed(from('theirs')))
    expect(plan.steps[1]).toMatchObject({ kind: 'authorize', target: 'theirs.src' })
    const said = JSON.stringify(report(plan, notApplied(plan), inputs({ isDryRun: true }), []).summary)
    expect(said).toContain(
      "The access list of theirs.src is another project's: the run needs bigquery.datasets.setIamPolicy there",
    )
    const own = planViews(inputs(), observed({ views: [view('a')] }))
    const silent = JSON.stringify(report(own, notApplied(own), inputs({ isDryRun: true }), []).summary)
    expect(silent).not.toContain("another project's")
  })
  it('authorizes a dataset once in place of its views', () => {
    expect(
      kinds(
        { views: [view('a', { existing: existing() }), view('b')], sources: [source('a')] },
        { isAuthorizingDatasets: true },
      ),
    ).toEqual([
      'keep out.a: is as its file says',
      'create out.b: does not exist',
      'authorize src: all views of out, 1 no longer needed',
    ])
  })
  it('takes a stale entry away before the view is made anew', () => {
    expect(kinds({ views: [view('a')], sources: [source('a')] })).toEqual([
      'authorize src: 1 left of a view that is gone',
      'create out.a: does not exist',
      'authorize src: 1 not on the list',
    ])
  })
  it('gives a view that is younger than the list its entry anew', () => {
    expect(
      kinds({ views: [view('a', { existing: existing({ createdMs: 3 }) })], sources: [source('a')] }),
    ).toEqual([
      'authorize src: 1 left of a view that is gone',
      'keep out.a: is as its file says',
      'authorize src: 1 not on the list',
    ])
  })
  it('takes an entry away that its view no longer needs, and marks the view when that is done', () => {
    const elsewhere = { query: 'SELECT 2 AS a', references: [], existing: existing() }
    expect(kinds({ views: [view('a', elsewhere)], sources: [source('a', 'b')] })).toEqual([
      'update out.a: query changed',
      'authorize src: 1 no longer needed',
      'mark out.a: its entries are as it needs them',
    ])
  })
})

describe('ownership', () => {
  const foreign = existing({ labels: markOf('you', 'd1') })
  it("refuses another owner's view, also with adopt", () => {
    const plan = planViews(
      inputs({ isAdopting: true }),
      observed({ views: [view('a', { existing: foreign })] }),
    )
    expect(plan.steps[0]).toMatchObject({ kind: 'conflict', reason: 'belongs to owner you' })
    expect(plan.refusal).toMatchObject({ code: 'REFUSED', problem: 'foreign-view', allowedBy: 'owner' })
  })
  it('refuses a different view that nobody marked until adopt, and counts', () => {
    const views = [
      view('a', { query: 'SELECT 2 AS a', existing: existing({ labels: {} }) }),
      view('b', { references: [] }),
    ]
    const refused = planViews(inputs(), observed({ views, left: 7 }))
    expect(refused.refusal).toMatchObject({ problem: 'unowned-view', allowedBy: 'adopt: true' })
    expect(refused.look).toEqual({ adopt: 0, change: 1, conflict: 1, leave: 7 })
    const adopted = planViews(inputs({ isAdopting: true }), observed({ views, left: 7 }))
    expect(adopted).toMatchObject({ look: { adopt: 1, change: 1, conflict: 0, leave: 7 } })
    expect(adopted.refusal).toBeUndefined()
  })
  it('counts the labels before it writes one', () => {
    const labelled = (count: number, mark: Record<string, string> = {}) =>
      view('a', {
        existing: existing({
          labels: {
            ...Object.fromEntries(Array.from({ length: count }, (_, n) => [`own_${n}`, ''])),
            ...mark,
          },
        }),
      })
    expect(() => planViews(inputs(), observed({ views: [labelled(60)] }))).toThrow(
      /^Planning out\.a: .* it would have 65, and BigQuery takes 64; remove 1 /,
    )
    expect(kinds({ views: [labelled(59)] })).toContain('adopt out.a: adopted')
    expect(kinds({ views: [labelled(62, labels)] })).toContain('keep out.a: is as its file says')
  })
  it('leaves the managed-by of another tool as it is, where it marks and ever after', () => {
    const terraform = existing({ labels: { 'managed-by': 'terraform', team: 'a' } })
    const [step] = planViews(inputs(), observed({ views: [view('a', { existing: terraform })] })).steps
    const marked = {
      'managed-by': 'terraform',
      team: 'a',
      'clickstream-owner': 'me',
      'clickstream-digest': 'd1',
      'clickstream-name': markOfNamed('out.a', 'me', 'd1')['clickstream-name']!,
    }
    expect(step).toMatchObject({ kind: 'adopt', content: { labels: marked } })
    expect(kinds({ views: [view('a', { existing: existing({ labels: marked }), references: [] })] })).toEqual(
      ['keep out.a: is as its file says'],
    )
  })
  it('keeps what the file does not name', () => {
    const columns = [{ name: 'a', type: 'INTEGER', description: 'theirs', policyTags: { names: ['t'] } }]
    const before = existing({ description: 'old', labels: { ...labels, team: 'x' }, columns })
    const [step] = planViews(
      inputs(),
      observed({ views: [view('a', { query: 'SELECT 2 AS a', existing: before })], sources: [] }),
    ).steps
    expect(step).toMatchObject({ content: { query: 'SELECT 2 AS a', columns, labels: { team: 'x' } } })
    expect((step as { content: object }).content).not.toHaveProperty('description')
  })
  it.each([
    [
      'a field of a record that goes',
      [{ name: 's', type: 'RECORD', fields: [{ name: 'b', type: 'STRING' }] }],
      [{ name: 's', type: 'RECORD', fields: [{ name: 'a', type: 'STRING' }] }],
      'drops column s.b',
    ],
    [
      'a column that becomes an array',
      [{ name: 'a', type: 'INTEGER' }],
      [{ name: 'a', type: 'INTEGER', mode: 'REPEATED' }],
      'changes a from INTEGER to an array of INTEGER',
    ],
  ])('refuses %s', (_, before, columns, words) => {
    const changed = view('a', { query: 'SELECT 2', columns, existing: existing({ columns: before }) })
    expect(() => kinds({ views: [changed] })).toThrow(words)
  })
})
