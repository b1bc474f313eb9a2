/**
 * The state that runs on the main branch leave in a bucket and pull requests compare with: an immutable folder
 * per run and `latest.json`, which names the newest commit's. It refuses to move `latest.json` back.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { readCheckedOut } from '../../_shared/commit.ts'
import { ConflictError, GoogleApiError, InputError } from '../../_shared/errors.ts'
import type { ObjectStorage, StoredObject } from '../../_shared/google/storage.ts'
import type { Runner } from '../../_shared/run.ts'

export interface StatePlace {
  readonly bucket: string
  /** '' or ending with `/`. */
  readonly prefix: string
}
export interface Commit {
  readonly id: string
  /** Seconds since 1970. */
  readonly at: number
}
export interface Latest {
  readonly schemaVersion: 1
  readonly folder: string
  readonly commit: string
  readonly committedAt: number
  readonly runUrl: string
  /** The dbt project; absent in those left before it was written. */
  readonly project?: string
}
export interface KeptState {
  readonly latest: Latest
  /** On this machine, for `--state`. */
  readonly directory: string
  /** Bytes that each node read when it last ran. */
  readonly bytes: Readonly<Record<string, number>>
}

export const STATE_FILES = ['manifest.json', 'run_results.json', 'sources.json', 'bytes.json'] as const
const LATEST = 'latest.json'

export const spelledPlace = ({ bucket, prefix }: StatePlace): string => `gs://${bucket}/${prefix}`

export interface StateRole {
  readonly role: 'compare' | 'save' | 'none'
  /** Of `none`. */
  readonly why?: string
}

/** Only what the branch itself holds is its state: events of requests, too, run on its ref. */
export function roleOf(
  event: { readonly number: number | undefined; readonly isOfPullRequest: boolean },
  { ref, sha }: { readonly ref: string; readonly sha: string },
  branch: string,
  checkedOut: string | undefined,
): StateRole {
  if (event.number !== undefined) return { role: 'compare' }
  if (event.isOfPullRequest)
    return {
      role: 'none',
      why: 'the event does not say which pull request this run is of; give pull-request',
    }
  if (ref !== `refs/heads/${branch}`)
    return { role: 'none', why: `this run is neither of ${branch} nor of a pull request` }
  if (checkedOut !== undefined && sha !== '' && checkedOut !== sha)
    return {
      role: 'none',
      why: `${checkedOut.slice(0, 12)} is checked out, and this run of ${branch} is of ${sha.slice(0, 12)}`,
    }
  return { role: 'save' }
}

/** undefined when no run has left a state yet. */
export async function readState(
  storage: ObjectStorage,
  place: StatePlace,
  directory: string,
  project: string,
): Promise<KeptState | undefined> {
  const found = await readLatest(storage, place, project)
  if (found === undefined) return undefined
  const { latest } = found
  const folder = `${place.prefix}${latest.folder}/`
  await mkdir(directory, { recursive: true })
  let bytes: Record<string, number> = {}
  for (const name of STATE_FILES) {
    const object = await storage.stat(place.bucket, folder + name)
    if (object === undefined) continue
    const content = await storage.read(place.bucket, folder + name, { generation: object.generation })
    if (name === 'bytes.json') bytes = readBytes(content)
    else await writeFile(path.join(directory, name), content)
  }
  return { latest, directory, bytes }
}

/** @throws ConflictError for another project's: all of it would look modified. */
async function readLatest(
  storage: ObjectStorage,
  place: StatePlace,
  project: string,
): Promise<{ readonly latest: Latest; readonly object: StoredObject } | undefined> {
  const name = place.prefix + LATEST
  const object = await storage.stat(place.bucket, name)
  if (object === undefined) return undefined
  const text = (await storage.read(place.bucket, name, { generation: object.generation })).toString('utf8')
  const latest = parseLatest(text)
  if (latest === undefined)
    throw new InputError(
      `Reading the state: gs://${place.bucket}/${name} is not what this action writes; give state a prefix of its own.`,
      {
        input: 'state',
        given: spelledPlace(place),
        accepted: 'gs://BUCKET/PREFIX that only run-dbt writes to',
      },
    )
  if (project !== '' && latest.project !== undefined && latest.project !== project)
    throw new ConflictError(
      `Reading the state: gs://${place.bucket}/${name} is of the dbt project ${JSON.stringify(latest.project)}, and this is ${JSON.stringify(project)}; give each project's state a prefix of its own.`,
      { step: 'state', expected: project, found: latest.project },
    )
  return { latest, object }
}

/** What stands in a bucket is anybody's text: a folder's name is one only when it cannot lead elsewhere. */
export function parseLatest(text: string): Latest | undefined {
  try {
    const value = JSON.parse(text) as Partial<Latest> | null
    return value?.schemaVersion === 1 &&
      typeof value.folder === 'string' &&
      /^\d+-[0-9a-f]+-[\w-]+$/.test(value.folder) &&
      typeof value.commit === 'string' &&
      /^[0-9a-f]{7,64}$/.test(value.commit) &&
      Number.isSafeInteger(value.committedAt) &&
      (value.project === undefined || typeof value.project === 'string')
      ? (value as Latest)
      : undefined
  } catch {
    return undefined
  }
}

function readBytes(content: Buffer): Record<string, number> {
  try {
    const value = JSON.parse(content.toString('utf8')) as Record<string, unknown>
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1])),
    )
  } catch {
    return {}
  }
}

/** Tries when others write `latest.json` at the same moment. */
const TRIES = 8

/** @returns a sentence about which state is the latest now. */
export async function saveState(
  storage: ObjectStorage,
  place: StatePlace,
  files: Readonly<Record<string, Buffer>>,
  commit: Commit,
  run: {
    readonly id: string
    readonly attempt: string
    readonly url: string
    readonly project?: string
  },
): Promise<string> {
  const folder = `${commit.at}-${commit.id.slice(0, 12)}-${run.id || '0'}-${run.attempt || '1'}`
  const where = `gs://${place.bucket}/${place.prefix}${folder}/`
  for (const [name, data] of Object.entries(files))
    await writeOnce(storage, place.bucket, `${place.prefix}${folder}/${name}`, data, where)
  const mine: Latest = {
    schemaVersion: 1,
    folder,
    commit: commit.id,
    committedAt: commit.at,
    runUrl: run.url,
    project: run.project || undefined,
  }
  for (let tries = 0; tries < TRIES; tries += 1) {
    const found = await readLatest(storage, place, run.project ?? '')
    if (found !== undefined && found.latest.committedAt > commit.at)
      return `State: left in ${where}; the latest stays that of commit ${found.latest.commit.slice(0, 12)}, which is newer.`
    try {
      await storage.write(place.bucket, place.prefix + LATEST, Buffer.from(JSON.stringify(mine)), {
        ifGeneration: found?.object.generation ?? '0',
        contentType: 'application/json',
      })
      return `State: left in ${where}, the latest from now on.`
    } catch (error) {
      // Somebody wrote it meanwhile (or our lost answer did): look again.
      if (!(error instanceof GoogleApiError) || error.status !== 412) throw error
    }
  }
  throw new ConflictError(
    `Saving the state: gs://${place.bucket}/${place.prefix}${LATEST} changed ${TRIES} times while it was written; run again.`,
    { step: 'save-state', expected: folder, found: 'others' },
  )
}

/** The folder is this attempt's own; only other steps of it, or jobs of a matrix, may have written there. */
async function writeOnce(
  storage: ObjectStorage,
  bucket: string,
  name: string,
  data: Buffer,
  where: string,
): Promise<void> {
  try {
    await storage.write(bucket, name, data, { ifGeneration: '0', contentType: 'application/json' })
  } catch (error) {
    if (!(error instanceof GoogleApiError) || error.status !== 412) throw error
    const there = await storage.stat(bucket, name)
    const content = there && (await storage.read(bucket, name, { generation: there.generation }))
    if (content?.equals(data)) return
    throw new ConflictError(
      `Saving the state: another step of this run left its own in ${where}; give each step a prefix of its own.`,
      { step: 'save-state', expected: 'nothing', found: name, cause: error },
    )
  }
}

/** Of the checkout, which is what was built; the event's own where git cannot say. */
export async function readCommit(
  projectDir: string,
  runner: Runner,
  fromEvent: { readonly id: string; readonly at: string } | undefined,
): Promise<Commit> {
  const found = await readCheckedOut(projectDir, runner)
  if (found !== undefined) return found
  const seconds = Math.floor(Date.parse(fromEvent?.at ?? '') / 1000)
  if (fromEvent !== undefined && fromEvent.id === runner.context.sha && Number.isSafeInteger(seconds))
    return { id: fromEvent.id, at: seconds }
  throw new InputError(
    'Reading the commit: neither git nor the event says how old it is, and the newer state must win; check the repository out with actions/checkout.',
    { input: 'state', accepted: 'a checkout with git' },
  )
}
