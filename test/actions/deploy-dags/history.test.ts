/** What the records say: which deployment stands, what is older, where a rollback leads and what it does. */
import { describe, expect, it } from '@jest/globals'
import { OWNER_KEY } from '../../../actions/deploy-dags/src/compare.ts'
import { pointOf, standing, whyOlder } from '../../../actions/deploy-dags/src/history.ts'
import { planRollback } from '../../../actions/deploy-dags/src/plan-rollback.ts'
import {
  headsIn,
  metadataOf,
  nextId,
  placesOf,
  readRecord,
  type DeploymentRecord,
  type RecordHead,
} from '../../../actions/deploy-dags/src/records.ts'
import { thrownBy } from '../../support/thrown.ts'

/** `d` a deployment, `r2` a rollback that takes back from the second on; `!` begun only. The oldest first. */
const headsOf = (...kinds: string[]): RecordHead[] =>
  kinds
    .map((kind, index): RecordHead => {
      const id = `${String(index + 1).padStart(6, '0')}-${100 + index}-1`
      const from = Number(/^r(\d+)/.exec(kind)?.[1] ?? 0)
      return {
        id,
        kind: kind.startsWith('r') ? 'rollback' : 'deployment',
        state: kind.endsWith('!') ? 'begun' : 'complete',
        commit: `c${index + 1}`,
        runId: String(100 + index),
        undoesFrom: from === 0 ? '' : `${String(from).padStart(6, '0')}-${99 + from}-1`,
        name: `x/${id}.json`,
        generation: '1',
      }
    })
    .reverse()
const number = (id: string | undefined) => Number((id ?? '0').split('-')[0])

describe('the records', () => {
  it.each([
    ['every deployment', ['d', 'd'], [2, 1]],
    ['not what was taken back', ['d', 'd', 'd', 'r2'], [1]],
    ['what came after a rollback', ['d', 'd', 'r2', 'd'], [4, 1]],
    ['what a rollback of the rollback brought back', ['d', 'd', 'r2', 'r3'], [2, 1]],
    ['all beside a rollback that took back nothing', ['d', 'd', 'r'], [2, 1]],
  ])('call standing %s', (_name, kinds, expected) => {
    expect(standing(headsOf(...kinds)).map(({ id }) => number(id))).toEqual(expected)
  })

  it.each([
    ['before the last deployment', ['d', 'd'], [2, 'before', 2]],
    ['before the last that stands', ['d', 'd', 'd', 'r3'], [2, 'before', 2]],
    ['before what was cut off on the way to the last', ['d', 'd!', 'd!', 'd'], [2, 'before', 2]],
    ['on with a rollback that was cut off', ['d', 'd', 'r2!'], [3, 'after', 2]],
    ['to where a rollback was going that a deployment overtook', ['d', 'd', 'r2!', 'd'], [3, 'after', 4]],
  ])('lead with previous %s', (_name, kinds, expected) => {
    const point = pointOf('previous', headsOf(...kinds), '999')
    expect([number(point?.head.id), point?.side, number(point?.undoesFrom)]).toEqual(expected)
  })

  it('do not take a rollback back when the run is repeated', () => {
    const heads = headsOf('d', 'd', 'r2')
    expect(pointOf('previous', heads, '102')).toEqual({
      head: heads[0],
      side: 'after',
      undoesFrom: heads[1]!.id,
    })
    expect(pointOf('previous', [], '1')).toBeUndefined()
    expect(pointOf('000009-1-1', heads, '1')).toBeUndefined()
  })

  it.each([
    ['the same commit in an older run', { runId: '1', sha: 'c2' }, undefined],
    ['a newer run', { runId: '200', sha: 'c3' }, undefined],
    ['an older run with another commit', { runId: '100', sha: 'c1' }, 'and this run, 100, began before it'],
    [
      'a new run of a commit that came before',
      { runId: '200', sha: 'c1' },
      "first deployed after this run's",
    ],
    ['a run without a commit', { runId: '1', sha: '' }, undefined],
  ])('tell of %s whether it is older', (_name, run, words) => {
    const why = whyOlder(headsOf('d', 'd'), run)
    if (words === undefined) expect(why).toBeUndefined()
    else expect(why).toContain(words)
  })

  it('tell of a commit that was never deployed by when it was made', () => {
    const [last] = headsOf('d')
    const heads = [{ ...last!, committedAt: 1_000 }]
    const why = (at: number, parents: string[] = [], id = 'c9') =>
      whyOlder(heads, { runId: '300', sha: 'c9' }, { id, at, parents })
    expect(why(999)).toContain("this run's commit c9 was made before it, 1970-01-01T00:16:39.000Z")
    // A clock that goes wrong, the same second, another checkout than the run's.
    expect([why(999, ['c1']), why(1_000), why(999, [], 'c8')]).toEqual([undefined, undefined, undefined])
  })

  it('let what was rolled back be deployed again', () => {
    const [back, ...older] = headsOf('d', 'd', 'r2')
    expect(whyOlder([{ ...back!, commit: 'c1' }, ...older], { runId: '300', sha: 'c2' })).toBeUndefined()
  })

  it('are counted on, whatever the clock says, and are read with their mark only', () => {
    expect(nextId(headsOf('d', 'd'), { runId: '7', runAttempt: '2' })).toBe('000003-7-2')
    expect(nextId([], { runId: '', runAttempt: '' })).toBe('000001-0-0')
    const object = (metadata: Record<string, string>, name = 'r/000001-7-1.json') => ({
      name,
      sizeBytes: 1,
      generation: '5',
      metageneration: '1',
      crc32c: 'x',
      updatedMs: 0,
      metadata,
    })
    const ours = metadataOf(record({}))
    expect(
      headsIn(
        [
          object(ours),
          object({ ...ours, [OWNER_KEY]: 'octo/other' }),
          object({}),
          object(ours, 'r/000002-7-1.json'),
        ],
        'octo/clicks',
      ).map(({ id }) => id),
    ).toEqual(['000001-7-1'])
  })

  it.each(['', 'null', '{"schemaVersion":1,"id":"000001-7-1","files":{"a":null},"changes":{}}', '[]'])(
    'are not read from %s',
    (text) => expect(readRecord(Buffer.from(text), '000001-7-1')).toBeUndefined(),
  )

  it('are read as they were written, and for nothing else than their id', () => {
    const data = Buffer.from(JSON.stringify(made))
    expect(readRecord(data, '000001-7-1')).toEqual(made)
    expect(readRecord(data, '000002-7-1')).toBeUndefined()
  })

  it('of one owner never lie in the folder of another', () => {
    const inside = placesOf('octo', 'dags').records
    expect(placesOf('octo/dags/records', 'dags').records.startsWith(inside)).toBe(false)
  })
})

const record = (changes: Partial<DeploymentRecord>): DeploymentRecord => ({
  schemaVersion: 1,
  id: '000001-7-1',
  kind: 'deployment',
  state: 'complete',
  owner: 'octo/clicks',
  folder: 'dags',
  commit: 'c1',
  ref: '',
  run: '',
  runId: '7',
  actor: '',
  begun: '',
  planDigest: '',
  files: {},
  changes: {},
  ...changes,
})
const wishes = {
  environment: 'caec',
  location: 'us-central1',
  owner: 'octo/clicks',
  ownersBefore: [],
  isAdoptionAllowed: false,
  isOwnerGiven: false,
  deletion: 'owned' as const,
  maxDeletePercent: 30,
  source: 'dags',
  run: { runId: '9', sha: 'c2' },
  isOlderAllowed: false,
  rollbackTo: 'previous',
}
const object = (file: string, crc32c: string, owner: string | undefined = 'octo/clicks') => ({
  name: `dags/${file}`,
  crc32c,
  generation: '7',
  metageneration: '1',
  metadata: owner === '' ? ({} as Record<string, string>) : { [OWNER_KEY]: owner },
})
const copy = (file: string, crc32c: string) => ({ file, crc32c, name: `kept/${file}`, generation: '3' })
const plan = (
  made: DeploymentRecord,
  objects: ReturnType<typeof object>[],
  copies: ReturnType<typeof copy>[],
) => {
  const [head] = headsOf('d')
  const point = { head: head!, side: 'before' as const, undoesFrom: head!.id }
  return planRollback(wishes, {
    projectId: 'p',
    environment: { bucket: 'b', prefix: 'dags' },
    files: [],
    objects,
    history: { heads: [head!], rollback: { point, record: made, copies } },
  })
}
const made = record({
  files: {
    'changed.py': { crc32c: 'new', isDag: true },
    'added.py': { crc32c: 'a', isDag: false },
    'kept.py': { crc32c: 'k', isDag: false },
    'taken.py': { crc32c: 't2', isDag: false },
  },
  changes: {
    'changed.py': { kind: 'upload', before: { crc32c: 'old', owner: 'octo/clicks', commit: 'c0' } },
    'added.py': { kind: 'upload' },
    'gone.py': { kind: 'delete', before: { crc32c: 'g', owner: 'octo/clicks' } },
    'taken.py': { kind: 'upload', before: { crc32c: 't1' } },
  },
})
const now = [
  object('changed.py', 'new'),
  object('added.py', 'a'),
  object('kept.py', 'k'),
  object('taken.py', 't2'),
]
const copies = [copy('changed.py', 'old'), copy('gone.py', 'g'), copy('taken.py', 't1')]

describe('planRollback', () => {
  it('brings back what was replaced and deleted, takes away what was added, leaves the rest', () => {
    const { steps, unchanged, refusal, toRecord, dagFiles } = plan(made, now, copies)
    // Airflow has to show that it read these again.
    expect([...dagFiles]).toEqual([
      ['changed.py', true],
      ['gone.py', true],
    ])
    expect(
      steps.map((step) => [step.kind, step.file, step.kind === 'restore' && [step.from, step.isOwned]]),
    ).toEqual([
      ['restore', 'taken.py', ['kept/taken.py', false]],
      ['restore', 'changed.py', ['kept/changed.py', true]],
      ['restore', 'gone.py', ['kept/gone.py', true]],
      ['delete', 'added.py', false],
    ])
    expect([unchanged, refusal]).toEqual([1, undefined])
    expect(Object.keys(toRecord.files).sort()).toEqual(['changed.py', 'gone.py', 'kept.py'])
  })

  it.each([
    ['what is not kept', now, copies.slice(1), 'no-rollback', /what changed\.py held .* is not kept/],
    [
      "another owner's file",
      [...now.slice(1), object('changed.py', 'x', 'octo/other')],
      copies,
      'foreign-files',
      /changed\.py/,
    ],
    [
      "nobody's file",
      [...now.slice(1), object('changed.py', 'x', '')],
      copies,
      'unrecorded-files',
      /changed\.py/,
    ],
  ])('refuses to replace %s', (_name, objects, kept, problem, words) => {
    const { refusal } = plan(made, objects, kept)
    expect(refusal).toMatchObject({ code: 'REFUSED', problem, message: expect.stringMatching(words) })
  })

  it('says which records there are', () => {
    const history = { heads: headsOf('d', 'd') }
    const world = {
      projectId: 'p',
      environment: { bucket: 'b', prefix: 'dags' },
      files: [],
      objects: [],
      history,
    }
    const error = thrownBy(() => planRollback({ ...wishes, rollbackTo: '000009-1-1' }, world))
    expect(error).toMatchObject({ code: 'REFUSED', problem: 'no-rollback' })
    expect((error as Error).message).toContain('000002-101-1, 000001-100-1')
  })
})
