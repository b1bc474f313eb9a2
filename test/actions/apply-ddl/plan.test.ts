/** What apply-ddl chooses, as whole values. */
import { describe, expect, it } from '@jest/globals'
import type { ExistingTable } from '../../../actions/_shared/dataset.ts'
import { planDigest } from '../../../actions/_shared/plan.ts'
import { closeEntry, openEntry } from '../../../actions/apply-ddl/src/ledger.ts'
import { planTables } from '../../../actions/apply-ddl/src/plan.ts'
import { report } from '../../../actions/apply-ddl/src/report.ts'
import { thrownBy } from '../../support/thrown.ts'
import { BODY, OURS, PLAIN, columns, existing, name, nothingAllowed, plan, table } from './planned.ts'

describe('planTables', () => {
  it('creates a missing table with the very statement of its file', () => {
    const missing = { ...table(BODY), existing: undefined }
    expect(planTables(nothingAllowed, { projectId: 'p', datasets: [], tables: [missing] }).steps).toEqual([
      {
        kind: 'create',
        target: 'd.t',
        after: `CREATE TABLE d.t ${BODY}`,
        reason: 'does not exist',
        name: name('t'),
        file: 'ddl/d/t.sql',
        statement: `CREATE TABLE d.t ${BODY}`,
      },
    ])
  })
  it('keeps a table that is as its file says, whatever stands in it beside', () => {
    const more = {
      description: 'by hand',
      labels: { ...OURS, cost: 'x' },
      columns: columns.map((column) => ({ ...column, description: 'by hand' })),
    }
    expect(plan(BODY)).toEqual({
      kind: 'keep',
      target: 'd.t',
      reason: 'is as its file says',
      name: name('t'),
    })
    expect(plan(BODY.toLowerCase(), existing(more)).kind).toBe('keep')
    expect(
      plan('(id INT64 NOT NULL, place STRUCT<city STRING>, day DATE) PARTITION BY day CLUSTER BY id').kind,
    ).toBe('keep')
  })
  it.each<[string, string, ExistingTable, string, object]>([
    [
      'adds a column at the end',
      BODY.replace('day DATE,', 'day DATE, source STRING,'),
      existing(),
      'adds column source',
      { schema: { fields: [...columns, { name: 'source', type: 'STRING', mode: 'NULLABLE' }] } },
    ],
    [
      'adds a column inside a STRUCT',
      BODY.replace('city STRING', 'city STRING, zip STRING'),
      existing(),
      'adds column place.zip',
      {
        schema: {
          fields: [
            columns[0],
            columns[1],
            {
              ...columns[2],
              fields: [...columns[2]!.fields!, { name: 'zip', type: 'STRING', mode: 'NULLABLE' }],
            },
          ],
        },
      },
    ],
    [
      'relaxes a column and keeps what it does not know',
      BODY.replace(' NOT NULL', ''),
      existing(),
      'lets column id be NULL',
      {
        schema: {
          fields: [
            columns[0],
            { name: 'id', type: 'INTEGER', mode: 'NULLABLE', policyTags: { names: ['secret'] } },
            columns[2],
          ],
        },
      },
    ],
    [
      'describes a column',
      BODY.replace('day DATE', 'day DATE OPTIONS (description = "UTC")'),
      existing(),
      'describes column day',
      { schema: { fields: [{ ...columns[0], description: 'UTC' }, columns[1], columns[2]] } },
    ],
    [
      'changes clustering and says its effect',
      BODY.replace('CLUSTER BY id', 'CLUSTER BY day, id'),
      existing(),
      'clusters by day, id instead of id (rows written before stay as they lie)',
      { clustering: { fields: ['day', 'id'] } },
    ],
    [
      'ends clustering',
      BODY.replace(' CLUSTER BY id', ''),
      existing(),
      'clusters by nothing instead of id (rows written before stay as they lie)',
      { clustering: null },
    ],
    [
      'changes the description',
      `${BODY} OPTIONS (description = 'new', friendly_name = 'T')`,
      existing({ description: 'old' }),
      'description changed, friendly name changed',
      { description: 'new', friendlyName: 'T' },
    ],
    [
      'sets its own labels only',
      `${BODY} OPTIONS (labels = [('team', 'data'), ('same', 'x')])`,
      existing({ labels: { ...OURS, cost: '1', same: 'x' } }),
      'sets label team',
      { labels: { team: 'data' } },
    ],
    [
      'lets partitions live longer',
      `${BODY} OPTIONS (partition_expiration_days = 10)`,
      existing({ timePartitioning: { type: 'DAY', field: 'day', expirationMs: '86400000' } }),
      'partitions expire after 10 days instead of after 1 days',
      { timePartitioning: { type: 'DAY', field: 'day', expirationMs: '864000000' } },
    ],
    [
      'no longer asks for a partition filter',
      `${BODY} OPTIONS (require_partition_filter = FALSE)`,
      existing({ isFilterRequired: true }),
      'queries need not filter by the partition any more',
      { requirePartitionFilter: false },
    ],
  ])('%s', (_, body, found, reason, patch) => {
    expect(plan(body, found)).toEqual({
      ...{ kind: 'update', target: 'd.t', reason, name: name('t'), patch, alters: [], beside: [] },
      ...{ before: expect.any(String), after: expect.any(String) },
    })
  })
  it.each<[string, string, ExistingTable, string]>([
    [
      'a dropped column',
      BODY.replace('day DATE,', 'day DATE, x DATE,').replace(', place STRUCT<city STRING>', ''),
      existing(),
      'drops column place; that would lose or rewrite rows',
    ],
    [
      'a dropped column inside a STRUCT',
      BODY.replace('city STRING', 'zip STRING'),
      existing(),
      'drops column place.city',
    ],
    [
      'another type',
      BODY.replace('id INT64', 'id STRING'),
      existing(),
      'changes column id from INT64 to STRING;',
    ],
    [
      'a wider type of what clusters the table',
      BODY.replace('id INT64', 'id NUMERIC'),
      existing(),
      'changes column id from INT64 to NUMERIC (it clusters the table)',
    ],
    [
      'a narrower type',
      '(n INT64)',
      existing({ ...PLAIN, columns: [{ name: 'n', type: 'NUMERIC' }] }),
      'changes column n from NUMERIC to INT64',
    ],
    [
      'a rename of what partitions the table',
      BODY.replace('day DATE,', 'on_day DATE, -- renamed from: day\n').replace('BY day', 'BY on_day'),
      existing(),
      'renames column day, which partitions the table',
    ],
    [
      'another collation',
      "(n STRING COLLATE 'und:ci')",
      existing({ ...PLAIN, columns: [{ name: 'n', type: 'STRING' }] }),
      'collates column n as und:ci',
    ],
    [
      'a limit taken off a type',
      BODY,
      existing({
        columns: [
          columns[0]!,
          columns[1]!,
          { ...columns[2]!, fields: [{ name: 'city', type: 'STRING', maxLength: '10' }] },
        ],
      }),
      'changes column place.city from STRING(10) to STRING',
    ],
    [
      'an array instead of a value',
      BODY.replace('city STRING', 'city ARRAY<STRING>'),
      existing(),
      'from STRING to ARRAY<STRING>',
    ],
    [
      'a new column that is NOT NULL',
      BODY.replace('day DATE,', 'day DATE, n INT64 NOT NULL,'),
      existing(),
      'adds column n as NOT NULL (BigQuery adds nullable columns only)',
    ],
    [
      'a column that becomes NOT NULL',
      BODY.replace('day DATE', 'day DATE NOT NULL'),
      existing(),
      'makes column day NOT NULL instead of NULLABLE',
    ],
    [
      'another partition length',
      BODY.replace('BY day', 'BY DATE_TRUNC(day, MONTH)'),
      existing(),
      'partitions by MONTH of day instead of DAY of day',
    ],
    [
      'partitions where there are none',
      BODY,
      existing({ timePartitioning: undefined }),
      'partitions by DAY of day instead of nothing',
    ],
    [
      'no partitions where there are ranges',
      BODY.replace('PARTITION BY day ', ''),
      existing({ timePartitioning: undefined, rangePartitioning: { field: 'id' } }),
      'partitions by nothing instead of ranges of id',
    ],
    [
      'a column instead of the ingestion time',
      BODY,
      existing({ timePartitioning: { type: 'DAY' } }),
      'instead of DAY of ingestion time',
    ],
  ])('refuses %s', (_, body, found, words) => {
    expect(thrownBy(() => plan(body, found))).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining(words),
      hint: expect.stringContaining('run again'),
      what: expect.stringMatching(/^ddl\/d\/t\.sql: /),
    })
  })
  it('never lets a column inside a STRUCT be NULL: BigQuery could not tighten it again', () => {
    const required = {
      columns: [
        ...columns.slice(0, 2),
        { ...columns[2]!, fields: [{ name: 'city', type: 'STRING', mode: 'REQUIRED' }] },
      ],
    }
    expect(plan(BODY, existing(required)).kind).toBe('keep')
    expect(plan(BODY.replace('city STRING', 'city STRING, zip STRING'), existing(required))).toMatchObject({
      reason: 'adds column place.zip',
      patch: {
        schema: { fields: [{}, {}, { fields: [{ name: 'city', mode: 'REQUIRED' }, { name: 'zip' }] }] },
      },
    })
  })
  it('refuses to take the name of a view', () => {
    expect(thrownBy(() => plan(BODY, existing({ type: 'MATERIALIZED_VIEW' })))).toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('there is a materialized view of this name'),
    })
  })
  it.each([
    [
      'a new expiration',
      `${BODY} OPTIONS (partition_expiration_days = 3)`,
      existing(),
      'allow-destructive: true',
      { isDestructiveAllowed: true },
      'partitions expire after 3 days instead of never',
    ],
    [
      'a shorter expiration',
      `${BODY} OPTIONS (partition_expiration_days = 3)`,
      existing({ timePartitioning: { type: 'DAY', field: 'day', expirationMs: '864000000' } }),
      'allow-destructive: true',
      { isDestructiveAllowed: true },
      'partitions expire after 3 days instead of after 10 days',
    ],
    [
      'a partition filter',
      `${BODY} OPTIONS (require_partition_filter = TRUE)`,
      existing(),
      'allow-breaking: true',
      { isBreakingAllowed: true },
      'queries must filter by the partition',
    ],
    [
      'a type that rounds',
      '(n FLOAT64)',
      existing({ ...PLAIN, columns: [{ name: 'n', type: 'NUMERIC' }] }),
      'allow-destructive: true',
      { isDestructiveAllowed: true },
      'widens column n from NUMERIC to FLOAT64',
    ],
    [
      'a rename',
      '(n INT64) -- renamed from: m',
      existing({ ...PLAIN, columns: [{ name: 'm', type: 'INTEGER' }] }),
      'allow-breaking: true',
      { isBreakingAllowed: true },
      'renames column m to n',
    ],
  ])('asks for leave for %s', (_, body, found, allowedBy, allowed, reason) => {
    expect(thrownBy(() => plan(body, found))).toMatchObject({ code: 'REFUSED', allowedBy })
    expect(plan(body, found, allowed)).toMatchObject({ kind: 'update', reason })
  })
  it('goes by name, and digests to the same plan when only the etag changed', () => {
    const of = (etag: string) =>
      planTables(nothingAllowed, {
        projectId: 'p',
        datasets: [],
        tables: [
          table(
            '(a INT64)',
            existing({ etag, columns: [], clustering: [], timePartitioning: undefined }),
            'z',
          ),
          { ...table('(a INT64)', undefined, 'a'), existing: undefined },
        ],
      })
    expect(of('e1').steps.map(({ target }) => target)).toEqual(['d.a', 'd.z'])
    expect(planDigest('apply-ddl', of('e1'))).toBe(planDigest('apply-ddl', of('e2')))
  })
})

describe('whose a table is', () => {
  const other = BODY.replace('day DATE,', 'day DATE, more STRING,')
  const unmarked = existing({ labels: { cost: 'x' } })
  const all = (body: string, found: ExistingTable, allowed: Partial<typeof nothingAllowed> = {}) =>
    planTables(
      { ...nothingAllowed, ...allowed },
      { projectId: 'p', datasets: [], tables: [table(body, found)] },
    )

  it('marks a table without a mark that is as its file says', () => {
    expect(plan(BODY, unmarked)).toEqual({
      ...{
        kind: 'adopt',
        target: 'd.t',
        reason: 'adopted',
        name: name('t'),
        patch: {},
        alters: [],
        beside: [],
      },
    })
  })
  it('refuses one that differs, with each difference, and changes it where that is adopted', () => {
    const { steps, refusal, look } = all(other.replace(', place STRUCT<city STRING>', ''), unmarked)
    expect(steps[0]).toMatchObject({
      kind: 'conflict',
      reason: 'was not made by this action: drops column place, adds column more',
      before: expect.stringContaining('place.city STRING'),
      after: expect.stringContaining('more STRING'),
    })
    expect(refusal).toMatchObject({ problem: 'unowned-table', allowedBy: 'adopt: true' })
    expect(look).toEqual({ adopt: 0, change: 0, conflict: 1 })
    expect(
      plan(other.replace(', place STRUCT<city STRING>', ''), unmarked, { isAdopting: true }),
    ).toMatchObject({
      kind: 'adopt',
      reason: 'adopted, keeps column place beside the file, adds column more',
      beside: ['place'],
      patch: { schema: { fields: [{}, {}, { name: 'place' }, { name: 'more' }] } },
    })
  })
  it("never adopts what would lose rows, or another owner's table", () => {
    const adopting = { isAdopting: true }
    expect(thrownBy(() => plan(BODY.replace('id INT64', 'id STRING'), unmarked, adopting))).toMatchObject({
      problem: 'table-change',
    })
    const theirs = existing({ labels: { 'clickstream-owner': 'octo-other' } })
    for (const body of [BODY, other])
      expect(all(body, theirs, adopting)).toMatchObject({
        steps: [{ kind: 'conflict', reason: 'belongs to owner octo-other' }],
        refusal: { problem: 'foreign-table', allowedBy: 'owner' },
      })
  })
  it('leaves the managed-by of another tool as it is', () => {
    const entry = {
      owner: 'octo-clicks',
      change: 'adopt',
      statement: '',
      beside: [],
      runId: '',
      commit: '',
      atMs: 0,
    }
    const made = existing({ labels: { 'managed-by': 'terraform' } })
    expect(plan(BODY, made)).toMatchObject({ kind: 'adopt', reason: 'adopted' })
    expect(openEntry({ ...entry, labels: made.labels })).not.toHaveProperty('managed-by')
    expect(closeEntry({ ...entry, labels: {} }, made)).not.toHaveProperty('managed-by')
    expect(openEntry({ ...entry, labels: {} })).toHaveProperty('managed-by', 'clickstream-actions')
  })
  it('puts a table behind those it is copied from or refers to, and says what it waits for', () => {
    const file = (tableId: string, rest: string, found?: typeof base) => ({
      ...table(rest, found, tableId),
      existing: found,
    })
    const base = existing(PLAIN)
    const of = (...tables: ReturnType<typeof file>[]) =>
      planTables(nothingAllowed, { projectId: 'p', datasets: [], tables }).steps.map((step) =>
        'waitsFor' in step ? `${step.target} after ${step.waitsFor?.join()}` : step.target,
      )
    const copy = file('a_copy', 'CLONE p.d.z_base')
    expect(of(copy, file('z_base', '(id INT64)'))).toEqual(['d.z_base', 'd.a_copy after d.z_base'])
    expect(of(copy, file('z_base', 'CLONE other.d.z_base', base))).toEqual(['d.z_base', 'd.a_copy'])
    expect(of(copy)).toEqual(['d.a_copy'])
    const key = (to: string) => `(id INT64 REFERENCES d.${to} (id) NOT ENFORCED)`
    expect(of(file('a', key('b')), file('b', key('a')))).toEqual(['d.b', 'd.a after d.b'])
  })
  it('sees what somebody else changed since, and remembers columns that were accepted', () => {
    const entry = {
      owner: 'octo-clicks',
      change: 'create',
      statement: '',
      labels: {},
      beside: [],
      runId: '',
      commit: '',
      atMs: 0,
    }
    const applied = existing()
    const labels = closeEntry(entry, applied) as Record<string, string>
    expect(plan(BODY, existing({ labels })).kind).toBe('keep')
    const drifted = existing({ labels, columns: [...columns, { name: 'note', type: 'STRING' }] })
    expect(plan(BODY, drifted)).toMatchObject({
      kind: 'conflict',
      reason: 'was changed by somebody else since it was applied (structure): drops column note',
    })
    expect(plan(BODY, drifted, { isAdopting: true })).toMatchObject({
      kind: 'update',
      reason: 'keeps column note beside the file',
      beside: ['note'],
    })
    const accepted = {
      ...drifted,
      labels: closeEntry({ ...entry, beside: ['note'] }, drifted) as typeof labels,
    }
    expect(plan(BODY, accepted).kind).toBe('keep')
    expect(plan(other, accepted)).toMatchObject({ kind: 'update', reason: 'adds column more' })
    expect(
      thrownBy(() =>
        plan(
          BODY.replace('day DATE,', 'day DATE, x DATE,').replace(', place STRUCT<city STRING>', ''),
          accepted,
        ),
      ),
    ).toMatchObject({
      message: expect.stringContaining('drops column place, drops column note'),
    })
    expect(plan(BODY.replace('city STRING>', 'city STRING>, note STRING'), drifted)).toMatchObject({
      kind: 'adopt',
      reason: 'recorded as it is (structure changed)',
    })
    const halfDone = { ...drifted, labels: openEntry(entry) }
    expect(plan(other, { ...halfDone, columns })).toMatchObject({
      kind: 'update',
      reason: 'adds column more',
    })
  })
})

describe('the report', () => {
  const plan = planTables(nothingAllowed, {
    projectId: 'p',
    datasets: [],
    tables: [{ ...table(BODY, undefined, 'a'), existing: undefined }, table(BODY, existing(), 'b')],
  })
  const { steps } = plan
  it('counts what was done, and says what was not reached', () => {
    const failure = new Error('no')
    const {
      outputs,
      summary,
      failure: shown,
    } = report(
      plan,
      { isApplied: true, done: [{ step: steps[0]! }], failure },
      { isDryRun: false, owner: 'o' },
      [],
    )
    expect(outputs).toMatchObject({
      created: 1,
      updated: 0,
      unchanged: 0,
    })
    expect(summary).toContainEqual({
      kind: 'table',
      head: ['Step', 'What', 'Why', 'State'],
      rows: [
        ['create', 'd.a', 'does not exist', 'done'],
        ['keep', 'd.b', 'is as its file says', 'not reached'],
      ],
    })
    expect(shown).toBe(failure)
  })
  it('counts what a dry run would do', () => {
    expect(
      report(plan, { isApplied: false, done: [] }, { isDryRun: true, owner: 'o' }, []).outputs,
    ).toMatchObject({
      created: 1,
      unchanged: 1,
    })
  })
})
