/** Two runs that leave their state at the same moment, and an answer that was lost: the newer commit wins. */
import { expect, it } from '@jest/globals'
import { GoogleApiError } from '../../../actions/_shared/errors.ts'
import type { ObjectStorage } from '../../../actions/_shared/google/storage.ts'
import { readState, saveState, type Latest } from '../../../actions/run-dbt/src/state.ts'

const place = { bucket: 'b', prefix: 'p/' }
const run = { id: '5', attempt: '1', url: 'https://github.com/o/r/actions/runs/5' }
const commit = { id: 'c'.repeat(40), at: 200 }
const files = { 'manifest.json': Buffer.from('{}') }
const latest = (at: number): Buffer => {
  const value: Latest = {
    schemaVersion: 1,
    folder: `${at}-${'d'.repeat(12)}-9-1`,
    commit: 'd'.repeat(40),
    committedAt: at,
    runUrl: '',
  }
  return Buffer.from(JSON.stringify(value))
}

/** A bucket with generations. `meddle` comes between the look at latest.json and the write of it. */
function bucket(meddle: (put: (data: Buffer) => void, tries: number) => void) {
  const objects = new Map<string, { data: Buffer; generation: number }>()
  const writes: string[] = []
  let tries = 0
  const put = (name: string, data: Buffer): void => {
    objects.set(name, { data, generation: (objects.get(name)?.generation ?? 0) + 1 })
  }
  const storage = {
    stat: async (_: string, name: string) => {
      const found = objects.get(name)
      return found && { name, generation: String(found.generation) }
    },
    read: async (_: string, name: string) => objects.get(name)!.data,
    write: async (_: string, name: string, data: Buffer, { ifGeneration }: { ifGeneration: string }) => {
      if (name === 'p/latest.json') meddle((theirs) => put(name, theirs), (tries += 1))
      writes.push(name)
      if (String(objects.get(name)?.generation ?? 0) !== ifGeneration)
        throw new GoogleApiError('changed', {
          status: 412,
          reason: 'conditionNotMet',
          method: 'storage.objects.insert',
          resource: name,
          isRetryable: false,
        })
      put(name, data)
    },
  } as unknown as ObjectStorage
  const now = () => JSON.parse(objects.get('p/latest.json')!.data.toString()) as Latest
  return { storage, writes, put, now }
}

it('an older commit that was quicker is replaced', async () => {
  const { storage, now } = bucket((put, tries) => {
    if (tries === 1) put(latest(100))
  })
  await expect(saveState(storage, place, files, commit, run)).resolves.toContain('the latest from now on')
  expect(now().commit).toBe(commit.id)
})

it('a newer commit that was quicker stays', async () => {
  const { storage, now, writes } = bucket((put, tries) => {
    if (tries === 1) put(latest(300))
  })
  await expect(saveState(storage, place, files, commit, run)).resolves.toContain('which is newer')
  expect(now().committedAt).toBe(300)
  expect(writes).toContain('p/200-cccccccccccc-5-1/manifest.json')
})

it('its own write whose answer was lost is no conflict, and no file is written twice', async () => {
  const { storage, put, now } = bucket((theirs, tries) => {
    if (tries === 1)
      theirs(Buffer.from(JSON.stringify({ ...JSON.parse(latest(200).toString()), commit: commit.id })))
  })
  put('p/200-cccccccccccc-5-1/manifest.json', files['manifest.json'])
  await expect(saveState(storage, place, files, commit, run)).resolves.toContain('the latest from now on')
  expect(now().commit).toBe(commit.id)
})

it('what another step of the run left in the same place is neither replaced nor called its own', async () => {
  const { storage, put, now } = bucket(() => undefined)
  put('p/latest.json', latest(100))
  put('p/200-cccccccccccc-5-1/manifest.json', Buffer.from('{"of": "another step"}'))
  await expect(saveState(storage, place, files, commit, run)).rejects.toMatchObject({
    code: 'CONFLICT',
    message:
      'Saving the state: another step of this run left its own in gs://b/p/200-cccccccccccc-5-1/; give each step a prefix of its own.',
  })
  expect(now().committedAt).toBe(100)
})

it('whoever never comes to it says so', async () => {
  const { storage } = bucket((put, tries) => put(latest(tries)))
  await expect(saveState(storage, place, files, commit, run)).rejects.toMatchObject({
    code: 'CONFLICT',
    message: expect.stringContaining('changed 8 times while it was written'),
  })
})

it("another project's state is neither read nor replaced; what says no project is anybody's", async () => {
  const { storage, now } = bucket(() => undefined)
  const of = (project: string) => saveState(storage, place, files, commit, { ...run, id: project, project })
  await expect(saveState(storage, place, files, commit, run)).resolves.toContain('the latest from now on')
  await expect(of('shop')).resolves.toContain('the latest from now on')
  expect(now().project).toBe('shop')
  const refused = {
    code: 'CONFLICT',
    message: expect.stringContaining(
      'gs://b/p/latest.json is of the dbt project "shop", and this is "finance"; give each project\'s state a prefix of its own',
    ),
  }
  await expect(of('finance')).rejects.toMatchObject(refused)
  await expect(readState(storage, place, '/nothing', 'finance')).rejects.toMatchObject(refused)
  expect(now().project).toBe('shop')
})
