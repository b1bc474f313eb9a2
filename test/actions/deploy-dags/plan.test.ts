import { describe, expect, it } from '@jest/globals'
import { OWNER_KEY } from '../../../actions/deploy-dags/src/compare.ts'
import { planDeployment } from '../../../actions/deploy-dags/src/plan.ts'

const environment = { bucket: 'b', prefix: 'dags' }
const wishes = {
  environment: 'caec',
  location: 'us-central1',
  owner: 'octo/clicks',
  ownersBefore: [] as string[],
  isAdoptionAllowed: false,
  isOwnerGiven: false,
  deletion: 'owned' as 'owned' | 'none',
  maxDeletePercent: 30,
  source: 'dags',
  run: { runId: '11', sha: 'newer' },
  isOlderAllowed: false,
  rollbackTo: '',
}
const local = (name: string, content = name, isDagFile = false) => ({
  name,
  md5: `md5 ${content}`,
  crc32c: `crc ${content}`,
  isDagFile,
  makesDag: isDagFile,
})
const remote = (name: string, content = name, owner?: string, changes: object = {}) => ({
  name: `dags/${name}`,
  md5: `md5 ${content}` as string | undefined,
  crc32c: `crc ${content}`,
  generation: '7',
  metageneration: '1',
  metadata: owner === undefined ? ({} as Record<string, string>) : { [OWNER_KEY]: owner },
  ...changes,
})
const planOf = (
  files: ReturnType<typeof local>[],
  objects: ReturnType<typeof remote>[],
  changes: Partial<typeof wishes> = {},
) => planDeployment({ ...wishes, ...changes }, { projectId: 'p', environment, files, objects })
const stepsOf = (...args: Parameters<typeof planOf>) =>
  planOf(...args).steps.map((step) => [
    step.kind,
    step.target,
    step.kind === 'conflict' ? step.reason : step.ifGeneration,
  ])

describe('planDeployment', () => {
  it.each([
    ['uploads a new file only if it is still absent', [local('a.py')], [], [['upload', 'dags/a.py', '0']]],
    ['keeps a file whose digest matches', [local('a.py')], [remote('a.py', 'a.py', 'octo/clicks')], []],
    [
      'replaces changed content at the generation it saw',
      [local('a.py', 'new')],
      [remote('a.py', 'old', 'octo/clicks')],
      [['upload', 'dags/a.py', '7']],
    ],
    [
      'compares by CRC32C when there is no MD5',
      [local('a.py')],
      [remote('a.py', 'a.py', 'octo/clicks', { md5: undefined })],
      [],
    ],
    [
      'sees a difference by CRC32C alone',
      [local('a.py', 'new')],
      [remote('a.py', 'old', 'octo/clicks', { md5: undefined })],
      [['upload', 'dags/a.py', '7']],
    ],
    [
      'records an unrecorded file of equal content',
      [local('a.py')],
      [remote('a.py')],
      [['adopt', 'dags/a.py', '7']],
    ],
    [
      'deletes what the owner deployed and no longer has',
      [local('a.py')],
      [remote('a.py', 'a.py', 'octo/clicks'), remote('b.py', 'b', 'octo/clicks')],
      [['delete', 'dags/b.py', '7']],
    ],
    [
      'never deletes what nobody or another owner recorded',
      [local('a.py')],
      [remote('airflow_monitoring.py'), remote('theirs.py', 'x', 'octo/other')],
      [['upload', 'dags/a.py', '0']],
    ],
    [
      'orders modules, DAG files, deletions',
      [local('a_dag.py', 'x', true), local('z.py')],
      [remote('b.py', 'b', 'octo/clicks')],
      [
        ['upload', 'dags/z.py', '0'],
        ['upload', 'dags/a_dag.py', '0'],
        ['delete', 'dags/b.py', '7'],
      ],
    ],
  ])('%s', (_name, files, objects, expected) => expect(stepsOf(files, objects)).toEqual(expected))

  it('never deletes or replaces a copy that carries what was recorded of another file', () => {
    const copied = remote('hotfix.py', 'x', 'octo/clicks')
    const marked = (file: string) => ({
      ...copied,
      metadata: { ...copied.metadata, 'clickstream-file': file },
    })
    expect(stepsOf([local('a.py')], [marked('dags/daily.py')])).toEqual([['upload', 'dags/a.py', '0']])
    expect(planOf([local('a.py')], [marked('dags/daily.py')]).look.leave).toBe(1)
    expect(stepsOf([local('hotfix.py')], [marked('dags/daily.py')])[0]![0]).toBe('conflict')
    expect(stepsOf([local('a.py')], [marked('dags/hotfix.py')])[1]).toEqual(['delete', 'dags/hotfix.py', '7'])
  })
  it('deletes nothing when told so', () =>
    expect(stepsOf([local('a.py')], [remote('b.py', 'b', 'octo/clicks')], { deletion: 'none' })).toEqual([
      ['upload', 'dags/a.py', '0'],
    ]))
  it('replaces unrecorded files only when adoption is allowed', () => {
    expect(stepsOf([local('a.py', 'new')], [remote('a.py', 'old')], { isAdoptionAllowed: true })).toEqual([
      ['upload', 'dags/a.py', '7'],
    ])
  })
  it.each([
    [
      'a file of another owner, even of equal content',
      'a.py',
      'octo/other',
      false,
      'owner',
      'owner octo/other',
    ],
    ['the same with adopt', 'old', 'octo/other', true, 'owner', 'owner octo/other'],
    ['an unrecorded file of other content', 'old', undefined, false, 'adopt', 'recorded by nobody'],
  ])('shows and refuses %s', (_name, content, owner, isAdoptionAllowed, allowedBy, reason) => {
    const plan = planOf([local('a.py')], [remote('a.py', content, owner)], { isAdoptionAllowed })
    expect(plan.steps).toEqual([
      expect.objectContaining({
        kind: 'conflict',
        target: 'dags/a.py',
        reason: expect.stringContaining(reason),
      }),
    ])
    expect(plan.refusal).toMatchObject({ code: 'REFUSED', allowedBy })
  })
  it('refuses an empty source', () =>
    expect(() => stepsOf([], [remote('a.py', 'a', 'octo/clicks')])).toThrow(
      '1 deployed file would be deleted',
    ))
  it('counts what a first look at a bucket in use finds', () => {
    const files = [local('same.py'), local('other.py', 'new'), local('theirs.py'), local('new.py')]
    const objects = [
      remote('same.py'),
      remote('other.py', 'old'),
      remote('theirs.py', 'x', 'octo/other'),
      remote('airflow_monitoring.py'),
      remote('team/daily.py', 'x', 'octo/other'),
    ]
    expect(planOf(files, objects).look).toEqual({ adopt: 1, change: 1, conflict: 2, leave: 2 })
    const adopting = planOf(files, objects, { isAdoptionAllowed: true })
    expect(adopting.look).toEqual({ adopt: 2, change: 1, conflict: 1, leave: 2 })
    expect(adopting.refusal).toMatchObject({ problem: 'foreign-files' })
    expect(planOf([local('a.py')], []).refusal).toBeUndefined()
  })
  it('takes what was recorded under a name this owner had before, and nothing else', () => {
    const files = [local('same.py'), local('changed.py', 'new'), local('theirs.py', 'new')]
    const objects = [
      remote('same.py', 'same.py', 'octo/old'),
      remote('changed.py', 'old', 'octo/old'),
      remote('gone.py', 'x', 'octo/old'),
      remote('theirs.py', 'x', 'octo/other'),
    ]
    const before = stepsOf(files, objects)
    expect(before.map(([kind]) => kind)).toEqual(['conflict', 'conflict', 'conflict'])
    expect(stepsOf(files, objects, { ownersBefore: ['octo/old'] })).toEqual([
      ['conflict', 'dags/theirs.py', 'belongs to owner octo/other'],
      ['adopt', 'dags/same.py', '7'],
      ['upload', 'dags/changed.py', '7'],
      ['delete', 'dags/gone.py', '7'],
    ])
  })
  it('refuses to delete more than the limit, once it is ten files, and shows the plan all the same', () => {
    const kept = Array.from({ length: 23 }, (_, index) => `kept${index}.py`)
    const gone = (number: number) =>
      Array.from({ length: number }, (_, index) => remote(`gone${index}.py`, 'x', 'octo/clicks'))
    const steps = (number: number, percent: number) =>
      planOf(
        kept.map((name) => local(name)),
        [...kept.map((name) => remote(name, name, 'octo/clicks')), ...gone(number)],
        { maxDeletePercent: percent },
      )
    const refused = (number: number, percent: number) => steps(number, percent).refusal?.message
    expect([refused(9, 0), refused(10, 31)]).toEqual([undefined, undefined])
    expect(refused(10, 30)).toContain('10 of 33 deployed files would be deleted, more than 30 %')
    expect(steps(10, 30).steps.map(({ kind }) => kind)).toEqual(Array(10).fill('delete'))
  })
})
