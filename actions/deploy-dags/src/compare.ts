/**
 * What one file of the source means for the bucket. It refuses to replace what another owner, or nobody,
 * recorded.
 */
import type { Step } from '../../_shared/plan.ts'

/** Custom metadata of every deployed object: whose it is, from which commit, and which object that was said of. */
export const OWNER_KEY = 'clickstream-owner'
export const COMMIT_KEY = 'clickstream-commit'
const FILE_KEY = 'clickstream-file'
/** Some clients send metadata in headers. */
export const spelled = (name: string): string => encodeURI(name)

export const markOf = (owner: string, commit: string, name: string): Record<string, string> => ({
  [OWNER_KEY]: owner,
  [COMMIT_KEY]: commit,
  [FILE_KEY]: spelled(name),
})
/** Copied by hand with what was recorded of another: no deployment put it there. */
export const isCopy = ({ name, metadata }: Pick<Remote, 'name' | 'metadata'>): boolean =>
  metadata[FILE_KEY] !== undefined && metadata[FILE_KEY] !== spelled(name)

export interface UploadStep extends Step {
  readonly kind: 'upload'
  readonly file: string
  readonly crc32c: string
  readonly ifGeneration: string
  readonly phase: 'modules' | 'dags'
}
/** What a deployment replaced comes back. */
export interface RestoreStep extends Step {
  readonly kind: 'restore'
  readonly file: string
  readonly crc32c: string
  /** The copy that was kept of it. */
  readonly from: string
  readonly fromGeneration: string
  readonly ifGeneration: string
  readonly phase: 'modules' | 'dags'
  readonly commit: string
  /** False: no deployment had recorded the file, and none does again. */
  readonly isOwned: boolean
}
export interface AdoptStep extends Step {
  readonly kind: 'adopt'
  readonly file: string
  readonly ifGeneration: string
  readonly ifMetageneration: string
}
export interface DeleteStep extends Step {
  readonly kind: 'delete'
  readonly file: string
  readonly ifGeneration: string
}
/** Not this owner's to replace; nothing is done while there is one. */
export interface ConflictStep extends Step {
  readonly kind: 'conflict'
  readonly file: string
  /** Of another owner; else of nobody. */
  readonly isForeign: boolean
}
export type DeployStep = UploadStep | RestoreStep | AdoptStep | DeleteStep | ConflictStep

export interface Local {
  readonly name: string
  readonly md5: string
  readonly crc32c: string
  readonly isDagFile: boolean
  readonly makesDag: boolean
}
export interface Remote {
  readonly name: string
  readonly md5?: string
  readonly crc32c: string
  readonly generation: string
  readonly metageneration: string
  readonly metadata: Readonly<Record<string, string>>
}
export interface Owning {
  readonly owner: string
  readonly ownersBefore: readonly string[]
  readonly isAdoptionAllowed: boolean
}

type Ownership = 'ours' | 'earlier' | 'theirs' | 'nobody'

export function ownershipOf(object: Remote, owning: Owning): Ownership {
  const found = object.metadata[OWNER_KEY]
  if (found === undefined || isCopy(object)) return 'nobody'
  if (found === owning.owner) return 'ours'
  return owning.ownersBefore.includes(found) ? 'earlier' : 'theirs'
}

/** By its present owner or by one that it was renamed from. */
export const isOwned = (object: Remote, owning: Owning): boolean =>
  ['ours', 'earlier'].includes(ownershipOf(object, owning))

/** undefined when the object is as it should be. */
export function compare(
  file: Local,
  target: string,
  object: Remote | undefined,
  owning: Owning,
): UploadStep | AdoptStep | ConflictStep | undefined {
  const upload = (reason: string, ifGeneration: string): UploadStep => ({
    kind: 'upload',
    target,
    file: file.name,
    reason,
    crc32c: file.crc32c,
    ifGeneration,
    phase: file.isDagFile ? 'dags' : 'modules',
  })
  if (object === undefined) return upload('new', '0')
  const ownership = ownershipOf(object, owning)
  const recorded = object.metadata[OWNER_KEY] ?? ''
  if (ownership === 'theirs')
    return {
      kind: 'conflict',
      target,
      file: file.name,
      reason: `belongs to owner ${recorded}`,
      isForeign: true,
    }
  const isEqual = object.md5 === undefined ? object.crc32c === file.crc32c : object.md5 === file.md5
  if (isEqual)
    return ownership === 'ours'
      ? undefined
      : {
          kind: 'adopt',
          target,
          file: file.name,
          reason:
            ownership === 'earlier'
              ? `same content, recorded by ${recorded}`
              : 'same content, recorded by nobody',
          ifGeneration: object.generation,
          ifMetageneration: object.metageneration,
        }
  if (ownership !== 'nobody')
    return upload(
      ownership === 'ours' ? 'content differs' : `content differs, recorded by ${recorded}`,
      object.generation,
    )
  return owning.isAdoptionAllowed
    ? upload('replaces a file recorded by nobody (adopt)', object.generation)
    : {
        kind: 'conflict',
        target,
        file: file.name,
        reason: 'recorded by nobody, other content',
        isForeign: false,
      }
}
