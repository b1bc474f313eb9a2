/**
 * Decides which files to upload, record or delete, and in which order. It refuses to empty a folder by
 * accident, and shows what is not this owner's to replace.
 */
import { few } from '../../_shared/amounts.ts'
import { RefusedError } from '../../_shared/errors.ts'
import type { FirstLook } from '../../_shared/ownership.ts'
import type { Plan } from '../../_shared/plan.ts'
import {
  compare,
  ownershipOf,
  type ConflictStep,
  type DeleteStep,
  type DeployStep,
  type Local,
  type Owning,
  type Remote,
} from './compare.ts'

/** So few that a folder moved or renamed is no reason to ask. */
const ALWAYS_DELETABLE = 10

export interface DeployPlan extends Plan<DeployStep> {
  readonly unchanged: number
  readonly bucket: string
  readonly prefix: string
  readonly files: readonly string[]
  /** Those that surely define a DAG. */
  readonly dagFiles: ReadonlySet<string>
  readonly look: FirstLook
}

interface World {
  readonly projectId: string
  readonly environment: { readonly bucket: string; readonly prefix: string }
  readonly files: readonly Local[]
  readonly objects: readonly Remote[]
}
interface Wishes extends Owning {
  readonly environment: string
  readonly location: string
  readonly deletion: 'owned' | 'none'
  readonly maxDeletePercent: number
  readonly source: string
}

export function planDeployment(inputs: Wishes, observed: World): DeployPlan {
  const { bucket, prefix } = observed.environment
  const there = new Map(observed.objects.map((object) => [object.name, object]))
  const steps = sorted(observed.files).flatMap((file) => {
    const target = `${prefix}/${file.name}`
    return compare(file, target, there.get(target), inputs) ?? []
  })
  const conflicts = steps.filter((step) => step.kind === 'conflict')
  const named = new Set(observed.files.map(({ name }) => `${prefix}/${name}`))
  const deletions = planDeletions(inputs, observed, named)
  const uploads = steps.filter((step) => step.kind === 'upload')
  const adoptions = steps.filter((step) => step.kind === 'adopt')
  const isAdopting = ({ target, ifGeneration }: { target: string; ifGeneration: string }) =>
    ifGeneration !== '0' && ownershipOf(there.get(target)!, inputs) !== 'ours'
  return {
    target: {
      project: observed.projectId,
      location: inputs.location,
      environment: inputs.environment,
      bucket,
      prefix,
    },
    // Airflow parses at any moment: what a DAG imports is there before it, and nothing vanishes before its
    // users changed.
    steps: [
      ...conflicts,
      ...adoptions,
      ...uploads.filter(({ phase }) => phase === 'modules'),
      ...uploads.filter(({ phase }) => phase === 'dags'),
      ...deletions,
    ],
    unchanged: observed.files.length - steps.length,
    owner: inputs.owner,
    bucket,
    prefix,
    files: sorted(observed.files).map(({ name }) => name),
    dagFiles: new Set(observed.files.filter(({ definesDag }) => definesDag).map(({ name }) => name)),
    look: {
      adopt: adoptions.length + uploads.filter(isAdopting).length,
      change: uploads.filter((step) => !isAdopting(step)).length + deletions.length,
      conflict: conflicts.length,
      leave: observed.objects.filter(
        (object) => !named.has(object.name) && ['theirs', 'nobody'].includes(ownershipOf(object, inputs)),
      ).length,
    },
    refusal: refuseConflicts(conflicts, inputs.owner),
  }
}

function planDeletions(
  inputs: Wishes,
  { environment: { prefix }, files, objects }: World,
  kept: ReadonlySet<string>,
): DeleteStep[] {
  const owned = objects.filter(
    (object) =>
      object.name.startsWith(`${prefix}/`) && ['ours', 'earlier'].includes(ownershipOf(object, inputs)),
  )
  const gone = owned.filter(({ name }) => !kept.has(name))
  if (files.length === 0) {
    throw new RefusedError(
      `Planning the deployment: the source ${inputs.source} holds no file to deploy${gone.length > 0 ? `, and ${count(gone.length, 'deployed file')} would be deleted` : ''}.`,
      {
        what: 'an empty source',
        problem: 'empty-source',
        hint: 'Check the input source and the ignore file. An environment is never emptied this way.',
      },
    )
  }
  if (inputs.deletion === 'none') return []
  if (gone.length > ALWAYS_DELETABLE && gone.length * 100 > owned.length * inputs.maxDeletePercent) {
    throw new RefusedError(
      `Planning the deployment: ${gone.length} of ${count(owned.length, 'deployed file')} would be deleted, more than ${inputs.maxDeletePercent} %: ${few(sorted(gone).map(({ name }) => name))}.`,
      {
        what: 'deleting much at once',
        allowedBy: 'max-delete-percent',
        problem: 'mass-delete',
        hint: `Check the input source and the ignore file. If they shall go, set max-delete-percent: ${Math.ceil((gone.length / owned.length) * 100)} for this run.`,
      },
    )
  }
  return sorted(gone).map((object) => ({
    kind: 'delete',
    target: object.name,
    file: object.name.slice(prefix.length + 1),
    reason: 'gone from the source',
    ifGeneration: object.generation,
  }))
}

function refuseConflicts(conflicts: readonly ConflictStep[], owner: string): RefusedError | undefined {
  const foreign = conflicts.filter(({ isForeign }) => isForeign)
  const names = foreign.map(({ target, reason }) => `${target} (${reason.replace('belongs to ', '')})`)
  if (foreign.length > 0)
    return new RefusedError(
      `Planning the deployment: ${count(foreign.length, 'file')} of this source belong${foreign.length === 1 ? 's' : ''} to another owner there: ${few(names)}.`,
      {
        what: 'foreign ownership',
        allowedBy: 'owner',
        problem: 'foreign-files',
        hint: `Rename the files, or deploy as that owner with the input owner (this run's is ${owner}). If that is a name this owner had before, set owner-was.`,
      },
    )
  if (conflicts.length > 0)
    return new RefusedError(
      `Planning the deployment: ${count(conflicts.length, 'file')} would be replaced that no deployment recorded: ${few(conflicts.map(({ target }) => target))}.`,
      {
        what: 'replacing unowned files',
        allowedBy: 'adopt',
        problem: 'unrecorded-files',
        hint: 'Somebody else may have put them there. If they are yours, set adopt: true once.',
      },
    )
  return undefined
}

function sorted<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
