/**
 * Decides which files to upload, record or delete, and in which order. It refuses to replace what another
 * owner, or nobody, recorded, and to empty a folder by accident.
 */
import { RefusedError } from '../../_shared/errors.ts'
import type { Plan, Step } from '../../_shared/plan.ts'

/** Custom metadata of every deployed object: whose it is, and from which commit. */
export const OWNER_KEY = 'clickstream-owner'
export const COMMIT_KEY = 'clickstream-commit'

/** So few that a folder moved or renamed is no reason to ask. */
const ALWAYS_DELETABLE = 10

export interface UploadStep extends Step {
  readonly kind: 'upload'
  readonly file: string
  readonly crc32c: string
  readonly ifGeneration: string
  readonly phase: 'modules' | 'dags'
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
export type DeployStep = UploadStep | AdoptStep | DeleteStep
export interface DeployPlan extends Plan<DeployStep> {
  readonly unchanged: number
  readonly bucket: string
  readonly prefix: string
  readonly files: readonly string[]
  /** Those that surely define a DAG. */
  readonly dagFiles: ReadonlySet<string>
}

interface Local {
  readonly name: string
  readonly md5: string
  readonly crc32c: string
  readonly isDagFile: boolean
  readonly definesDag: boolean
}
interface Remote {
  readonly name: string
  readonly md5?: string
  readonly crc32c: string
  readonly generation: string
  readonly metageneration: string
  readonly metadata: Readonly<Record<string, string>>
}
interface World {
  readonly projectId: string
  readonly environment: { readonly bucket: string; readonly prefix: string }
  readonly files: readonly Local[]
  readonly objects: readonly Remote[]
}
interface Wishes {
  readonly environment: string
  readonly location: string
  readonly owner: string
  readonly isAdoptionAllowed: boolean
  readonly deletion: 'owned' | 'none'
  readonly maxDeletePercent: number
  readonly source: string
}

export function planDeployment(inputs: Wishes, observed: World): DeployPlan {
  const { bucket, prefix } = observed.environment
  const there = new Map(observed.objects.map((object) => [object.name, object]))
  const modules: UploadStep[] = []
  const dags: UploadStep[] = []
  const adoptions: AdoptStep[] = []
  const foreign: string[] = []
  const unrecorded: string[] = []
  let unchanged = 0
  for (const file of sorted(observed.files)) {
    const target = `${prefix}/${file.name}`
    const object = there.get(target)
    const owner = object?.metadata[OWNER_KEY]
    if (object !== undefined && owner !== undefined && owner !== inputs.owner) {
      foreign.push(`${target} (owner ${owner})`)
      continue
    }
    const isEqual =
      object !== undefined &&
      (object.md5 === undefined ? object.crc32c === file.crc32c : object.md5 === file.md5)
    if (isEqual && owner === inputs.owner) unchanged += 1
    else if (isEqual)
      adoptions.push({
        kind: 'adopt',
        target,
        file: file.name,
        reason: 'same content, recorded by nobody',
        ifGeneration: object.generation,
        ifMetageneration: object.metageneration,
      })
    else if (object !== undefined && owner === undefined && !inputs.isAdoptionAllowed) unrecorded.push(target)
    else {
      const reason =
        object === undefined
          ? 'new'
          : owner === undefined
            ? 'replaces a file recorded by nobody (adopt)'
            : 'content differs'
      ;(file.isDagFile ? dags : modules).push({
        kind: 'upload',
        target,
        file: file.name,
        reason,
        crc32c: file.crc32c,
        ifGeneration: object?.generation ?? '0',
        phase: file.isDagFile ? 'dags' : 'modules',
      })
    }
  }
  if (foreign.length > 0) {
    throw new RefusedError(
      `Planning the deployment: ${count(foreign.length, 'file')} of this source belong${foreign.length === 1 ? 's' : ''} to another owner there: ${few(foreign)}.`,
      {
        what: 'foreign ownership',
        allowedBy: 'owner',
        problem: 'foreign-files',
        hint: `Rename the files, or deploy as that owner with the input owner (this run's is ${inputs.owner}).`,
      },
    )
  }
  if (unrecorded.length > 0) {
    throw new RefusedError(
      `Planning the deployment: ${count(unrecorded.length, 'file')} would be replaced that no deployment recorded: ${few(unrecorded)}.`,
      {
        what: 'replacing unowned files',
        allowedBy: 'adopt',
        problem: 'unrecorded-files',
        hint: 'Somebody else may have put them there. If they are yours, set adopt: true once.',
      },
    )
  }
  const kept = new Set(observed.files.map(({ name }) => `${prefix}/${name}`))
  const owned = observed.objects.filter(
    (object) =>
      object.metadata[OWNER_KEY] === inputs.owner &&
      !kept.has(object.name) &&
      object.name.startsWith(`${prefix}/`),
  )
  if (observed.files.length === 0) {
    throw new RefusedError(
      `Planning the deployment: the source ${inputs.source} holds no file to deploy${owned.length > 0 ? `, and ${count(owned.length, 'deployed file')} would be deleted` : ''}.`,
      {
        what: 'an empty source',
        problem: 'empty-source',
        hint: 'Check the input source and the ignore file. An environment is never emptied this way.',
      },
    )
  }
  const deletions =
    inputs.deletion === 'none'
      ? []
      : sorted(owned).map((object): DeleteStep => ({
          kind: 'delete',
          target: object.name,
          file: object.name.slice(prefix.length + 1),
          reason: 'gone from the source',
          ifGeneration: object.generation,
        }))
  const ownedCount = observed.objects.filter(({ metadata }) => metadata[OWNER_KEY] === inputs.owner).length
  if (deletions.length > ALWAYS_DELETABLE && deletions.length * 100 > ownedCount * inputs.maxDeletePercent) {
    throw new RefusedError(
      `Planning the deployment: ${deletions.length} of ${count(ownedCount, 'deployed file')} would be deleted, more than ${inputs.maxDeletePercent} %: ${few(deletions.map(({ target }) => target))}.`,
      {
        what: 'deleting much at once',
        allowedBy: 'max-delete-percent',
        problem: 'mass-delete',
        hint: `Check the input source and the ignore file. If they shall go, set max-delete-percent: ${Math.ceil((deletions.length / ownedCount) * 100)} for this run.`,
      },
    )
  }
  // Airflow parses at any moment: what a DAG imports is there before it, and nothing vanishes before its
  // users changed.
  return {
    target: {
      project: observed.projectId,
      location: inputs.location,
      environment: inputs.environment,
      bucket,
      prefix,
    },
    steps: [...adoptions, ...modules, ...dags, ...deletions],
    unchanged,
    owner: inputs.owner,
    bucket,
    prefix,
    files: sorted(observed.files).map(({ name }) => name),
    dagFiles: new Set(observed.files.filter(({ definesDag }) => definesDag).map(({ name }) => name)),
  }
}

function sorted<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
function few(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
}
function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
