/**
 * What is written down of a deployment, outside the folder it goes to: a record of what it did, and copies of
 * what it replaced. It refuses to take a name for proof: every object of it says whose it is.
 */
import type { StoredObject } from '../../_shared/google/storage.ts'
import { OWNER_KEY, COMMIT_KEY, spelled } from './compare.ts'

/** The top of everything here, beside `dags/`; Composer looks into none of it. */
export const RECORDS_FOLDER = 'clickstream-deployments'
/** On each record and copy, with the owner: made by a deployment, and by which. */
export const RECORD_KEY = 'clickstream-record'
const STATE_KEY = 'clickstream-state'
const RUN_KEY = 'clickstream-run'
const KIND_KEY = 'clickstream-kind'
const COMMITTED_KEY = 'clickstream-committed'
const UNDOES_KEY = 'clickstream-undoes'
const SOURCE_KEY = 'clickstream-source'
/** All metadata of an object is at most 8 KiB (https://cloud.google.com/storage/quotas). */
const MAX_SOURCE = 1024

export const RECORD_ID = /^\d{6,}-\d+-\d+$/
/** `begun`: its changes may be there in part. */
export type RecordState = 'begun' | 'complete'

/** What a listing tells of a record. */
export interface RecordHead {
  readonly id: string
  readonly kind: 'deployment' | 'rollback'
  readonly state: RecordState
  readonly commit: string
  /** When the commit was made, in seconds since 1970, where git said it. */
  readonly committedAt?: number
  readonly runId: string
  /** Of a rollback: the first of the records that it takes back, up to its own; '' for none. */
  readonly undoesFrom: string
  /** The folder it deployed, as recorded. */
  readonly source?: string
  /** Of the object that holds it. */
  readonly name: string
  readonly generation: string
}

export interface RecordedFile {
  readonly crc32c: string
  /** Airflow parses it for DAGs. */
  readonly isDag: boolean
}
/** A file before a change. */
export interface FileBefore {
  readonly crc32c: string
  readonly commit?: string
  /** Absent when no deployment had recorded it. */
  readonly owner?: string
}
export interface RecordedChange {
  readonly kind: string
  /** Absent for a new file. */
  readonly before?: FileBefore
}
/** The JSON in a record's object. */
export interface DeploymentRecord {
  readonly schemaVersion: 1
  readonly id: string
  readonly kind: RecordHead['kind']
  readonly state: RecordState
  readonly owner: string
  readonly folder: string
  readonly commit: string
  readonly committedAt?: number
  readonly ref: string
  readonly run: string
  readonly runId: string
  readonly actor: string
  readonly begun: string
  readonly ended?: string
  readonly planDigest: string
  readonly undoesFrom?: string
  /** The folder it deployed, from the workspace; absent of a rollback. */
  readonly source?: string
  /** All files of this owner as they are after it, by their names below the folder. */
  readonly files: Readonly<Record<string, RecordedFile>>
  readonly changes: Readonly<Record<string, RecordedChange>>
}

export interface RecordPlaces {
  readonly records: string
  readonly replaced: string
}
/** An owner's slash would make one owner's folder lie in another's. */
export function placesOf(owner: string, folder: string): RecordPlaces {
  const root = `${RECORDS_FOLDER}/${encodeURIComponent(owner)}/${folder}`
  return { records: `${root}/records/`, replaced: `${root}/replaced/` }
}

/** Counted, so that the order of deployments is the order of names whatever a clock says. */
export function nextId(heads: readonly RecordHead[], run: { runId: string; runAttempt: string }): string {
  const last = Number(heads[0]?.id.split('-')[0] ?? 0)
  const digits = (text: string) => (/^\d{1,20}$/.test(text) ? text : '0')
  return `${String(last + 1).padStart(6, '0')}-${digits(run.runId)}-${digits(run.runAttempt)}`
}

/** The newest first. What another owner, or nobody, put there is none of ours. */
export function headsIn(objects: readonly StoredObject[], owner: string): RecordHead[] {
  return objects
    .flatMap(({ name, generation, metadata }): RecordHead[] => {
      const id = metadata[RECORD_KEY] ?? ''
      const state = metadata[STATE_KEY]
      if (metadata[OWNER_KEY] !== owner || !RECORD_ID.test(id) || !name.endsWith(`/${id}.json`)) return []
      if (state !== 'begun' && state !== 'complete') return []
      return [
        {
          id,
          kind: metadata[KIND_KEY] === 'rollback' ? 'rollback' : 'deployment',
          state,
          commit: metadata[COMMIT_KEY] ?? '',
          committedAt: /^\d{1,12}$/.test(metadata[COMMITTED_KEY] ?? '')
            ? Number(metadata[COMMITTED_KEY])
            : undefined,
          runId: metadata[RUN_KEY] ?? '',
          undoesFrom: metadata[UNDOES_KEY] ?? '',
          source: sourceOf(metadata[SOURCE_KEY]),
          name,
          generation,
        },
      ]
    })
    .sort((a, b) => (isAfter(a.id, b.id) ? -1 : 1))
}
function sourceOf(recorded: string | undefined): string | undefined {
  try {
    return recorded === undefined ? undefined : decodeURI(recorded)
  } catch {
    return undefined
  }
}
const sortKey = (id: string): string =>
  id
    .split('-')
    .map((part) => part.padStart(20, '0'))
    .join('-')
export const isAfter = (id: string, other: string): boolean => sortKey(id) > sortKey(other)

export function metadataOf(record: DeploymentRecord): Record<string, string> {
  return {
    ...markOf(record),
    [COMMIT_KEY]: record.commit,
    [RUN_KEY]: record.runId,
    [STATE_KEY]: record.state,
    [KIND_KEY]: record.kind,
    ...(record.committedAt === undefined ? {} : { [COMMITTED_KEY]: `${record.committedAt}` }),
    ...(record.undoesFrom === undefined ? {} : { [UNDOES_KEY]: record.undoesFrom }),
    ...(record.source === undefined || record.source.length > MAX_SOURCE
      ? {}
      : { [SOURCE_KEY]: spelled(record.source) }),
  }
}
export const markOf = ({ owner, id }: { owner: string; id: string }): Record<string, string> => ({
  [OWNER_KEY]: owner,
  [RECORD_KEY]: id,
})

/** undefined for what is no record, or another one's. */
export function readRecord(data: Buffer, id: string): DeploymentRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(data.toString('utf8'))
  } catch {
    return undefined
  }
  const record = value as DeploymentRecord | null
  if (record?.schemaVersion !== 1 || record.id !== id) return undefined
  const isFile = ({ crc32c, commit, owner }: Partial<FileBefore>) =>
    typeof crc32c === 'string' && [commit, owner].every((one) => one === undefined || typeof one === 'string')
  const isChange = ({ before }: Partial<RecordedChange>) =>
    before === undefined || (isMap(before) && isFile(before))
  return isMapOf(record.files, isFile) && isMapOf(record.changes, isChange) ? record : undefined
}
const isMap = (value: unknown): value is object =>
  value !== null && typeof value === 'object' && !Array.isArray(value)
const isMapOf = (value: unknown, isRight: (member: object) => boolean): boolean =>
  isMap(value) && Object.values(value).every((member: unknown) => isMap(member) && isRight(member))

/** A copy of what a deployment replaced: which file, with which content. */
export interface ReplacedCopy {
  readonly file: string
  readonly crc32c: string
  readonly name: string
  readonly generation: string
}
export function copiesIn(objects: readonly StoredObject[], owner: string, folder: string): ReplacedCopy[] {
  const { replaced } = placesOf(owner, folder)
  return objects.flatMap(({ name, generation, crc32c, metadata }) => {
    const id = metadata[RECORD_KEY] ?? ''
    const start = `${replaced}${id}/`
    return metadata[OWNER_KEY] === owner && RECORD_ID.test(id) && name.startsWith(start)
      ? [{ file: name.slice(start.length), crc32c, name, generation }]
      : []
  })
}
