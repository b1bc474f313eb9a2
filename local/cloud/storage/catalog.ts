/**
 * All buckets and objects in memory, in listing order, backed by the journal. A commit is one synchronous
 * step (check, write the line, change the maps): no two writers can both pass a precondition and no reader
 * sees a change that a crash could take back.
 */
import { join } from 'node:path'
import { CloudError } from '../kernel.ts'
import { openBlobs, type Blobs } from './blobs.ts'
import { compactJournal, openJournal, type Journal } from './journal.ts'
import { compareNames, lowerBound } from './names.ts'
import type { Change, StoredBucket, StoredObject } from './stored.ts'

export interface Catalog {
  readonly blobs: Blobs
  buckets(): StoredBucket[]
  /** Throws Google's 404 when there is no such bucket. */
  bucket(name: string): StoredBucket
  hasBucket(name: string): boolean
  find(bucket: string, name: string): StoredObject | undefined
  /** Object names of the bucket in listing order; read it at once, it changes with the next commit. */
  names(bucket: string): readonly string[]
  /** Live objects by the resumable session that made them; built anew on each call. */
  byUpload(): ReadonlyMap<string, StoredObject>
  nextGeneration(): number
  commit(changes: readonly Change[]): void
  close(): void
}

interface BucketState {
  bucket: StoredBucket
  readonly objects: Map<string, StoredObject>
  readonly names: string[]
}

export function openCatalog(dir: string, now: () => number, log: (line: string) => void): Catalog {
  const blobs = openBlobs(join(dir, 'blobs'))
  const states = new Map<string, BucketState>()
  const journalPath = join(dir, 'journal.ndjson')
  let lastGeneration = 0
  let lines = 0

  const apply = (change: Change): void => {
    lines++
    if (change.kind === 'putBucket') {
      const state = states.get(change.bucket.name)
      if (state) state.bucket = change.bucket
      else states.set(change.bucket.name, { bucket: change.bucket, objects: new Map(), names: [] })
      lastGeneration = Math.max(lastGeneration, change.bucket.generation)
    } else if (change.kind === 'removeBucket') {
      states.delete(change.name)
    } else if (change.kind === 'putObject') {
      put(states.get(change.object.bucket)!, change.object)
    } else {
      remove(states.get(change.bucket)!, change.name)
    }
  }
  const put = (state: BucketState, object: StoredObject): void => {
    const former = state.objects.get(object.name)
    blobs.retain(object.blob)
    if (former) blobs.release(former.blob)
    else insertName(state.names, object.name)
    state.objects.set(object.name, object)
    lastGeneration = Math.max(lastGeneration, object.generation)
  }
  const remove = (state: BucketState, name: string): void => {
    const former = state.objects.get(name)
    if (!former) return
    blobs.release(former.blob)
    state.objects.delete(name)
    state.names.splice(lowerBound(state.names, name), 1)
  }

  let journal: Journal = openJournal(journalPath, apply)
  dropLostContents(states, blobs, (object) => {
    log(
      `storage: the content of an object in ${object.bucket} is missing or short after a crash of the machine; the object is dropped`,
    )
    remove(states.get(object.bucket)!, object.name)
  })
  const live = [...states.values()].reduce((sum, state) => sum + state.objects.size + 1, 0)
  if (lines > 2 * live + 1000) {
    journal.close()
    compactJournal(journalPath, liveChanges(states))
    journal = openJournal(journalPath, () => undefined)
  }

  const state = (name: string): BucketState => {
    const found = states.get(name)
    if (!found) throw new CloudError(404, 'notFound', 'The specified bucket does not exist.')
    return found
  }
  return {
    blobs,
    buckets: () =>
      [...states.values()].map((each) => each.bucket).sort((a, b) => compareNames(a.name, b.name)),
    bucket: (name) => state(name).bucket,
    hasBucket: (name) => states.has(name),
    find: (bucket, name) => state(bucket).objects.get(name),
    names: (bucket) => state(bucket).names,
    byUpload() {
      const made = new Map<string, StoredObject>()
      for (const { objects } of states.values())
        for (const object of objects.values())
          if (object.uploadId !== undefined) made.set(object.uploadId, object)
      return made
    },
    nextGeneration: () => Math.max(lastGeneration + 1, now() * 1000),
    commit(changes) {
      journal.append(changes)
      for (const change of changes) apply(change)
    },
    close() {
      journal.close()
      blobs.close()
    },
  }
}

function insertName(names: string[], name: string): void {
  const last = names.at(-1)
  if (last === undefined || compareNames(last, name) < 0) names.push(name)
  else names.splice(lowerBound(names, name), 0, name)
}

/** After kill -9 this finds nothing; after a power loss the file system may have lost the end of a file. */
function dropLostContents(
  states: ReadonlyMap<string, BucketState>,
  blobs: Blobs,
  drop: (object: StoredObject) => void,
): void {
  for (const state of states.values()) {
    for (const object of [...state.objects.values()])
      if (blobs.sizeOf(object.blob) !== object.size) drop(object)
  }
}

function* liveChanges(states: ReadonlyMap<string, BucketState>): Generator<Change> {
  for (const state of states.values()) {
    yield { kind: 'putBucket', bucket: state.bucket }
    for (const object of state.objects.values()) yield { kind: 'putObject', object }
  }
}
