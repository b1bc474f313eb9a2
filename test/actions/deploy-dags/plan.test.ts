import { describe, expect, it } from '@jest/globals'
import { RefusedError } from '../../../actions/_shared/errors.ts'
import { OWNER_KEY, planDeployment } from '../../../actions/deploy-dags/src/plan.ts'

const environment = { bucket: 'b', prefix: 'dags' }
const wishes = {
  environment: 'caec',
  location: 'us-central1',
  owner: 'octo/clicks',
  isAdoptionAllowed: false,
  deletion: 'owned' as 'owned' | 'none',
  maxDeletePercent: 30,
  source: 'dags',
}
const local = (name: string, content = name, isDagFile = false) => ({
  name,
  md5: `md5 ${content}`,
  crc32c: `crc ${content}`,
  isDagFile,
  definesDag: isDagFile,
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
const stepsOf = (
  files: ReturnType<typeof local>[],
  objects: ReturnType<typeof remote>[],
  changes: Partial<typeof wishes> = {},
) =>
  planDeployment({ ...wishes, ...changes }, { projectId: 'p', environment, files, objects }).steps.map(
    (step) => [step.kind, step.target, step.ifGeneration],
  )

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
      [local('a.py')],
      [remote('a.py', 'a.py', 'octo/other')],
      'owner',
    ],
    ['an unrecorded file of other content', [local('a.py', 'new')], [remote('a.py', 'old')], 'adopt'],
    ['an empty source', [], [remote('a.py', 'a', 'octo/clicks')], undefined],
  ])('refuses %s', (_name, files, objects, allowedBy) => {
    let thrown: unknown
    try {
      stepsOf(files, objects)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(RefusedError)
    expect(thrown).toMatchObject({ code: 'REFUSED', allowedBy })
  })
  it('refuses to delete more than the limit, once it is more than ten files', () => {
    const kept = Array.from({ length: 23 }, (_, index) => `kept${index}.py`)
    const gone = (number: number) =>
      Array.from({ length: number }, (_, index) => remote(`gone${index}.py`, 'x', 'octo/clicks'))
    const steps = (number: number, percent: number) =>
      stepsOf(
        kept.map((name) => local(name)),
        [...kept.map((name) => remote(name, name, 'octo/clicks')), ...gone(number)],
        { maxDeletePercent: percent },
      ).length
    expect(steps(10, 0)).toBe(10)
    expect(() => steps(11, 30)).toThrow(/11 of 34 deployed files would be deleted, more than 30 %/)
    expect(steps(11, 33)).toBe(11)
  })
  it('never lets adoption take what another owner has', () => {
    expect(() =>
      stepsOf([local('a.py', 'new')], [remote('a.py', 'old', 'octo/other')], { isAdoptionAllowed: true }),
    ).toThrow('another owner')
  })
})
