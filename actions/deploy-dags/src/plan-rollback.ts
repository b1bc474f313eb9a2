/**
 * Decides which files come back and which go, so that the folder is what it was on one side of a recorded
 * deployment. It refuses when what a file was is not kept, and where the file is somebody else's by now.
 */
import { few } from '../../_shared/amounts.ts'
import {
  isOwned,
  ownershipOf,
  type ConflictStep,
  type DeleteStep,
  type DeployStep,
  type RestoreStep,
} from './compare.ts'
import { commitAt, filesAt, type History } from './history.ts'
import { changesOf, sorted, targetOf, type DeployPlan, type Wishes, type World } from './deploy-plan.ts'
import { refuseConflicts, refuseManyDeletions, refuseRollback } from './refusals.ts'

export function planRollback(inputs: Wishes, observed: World): DeployPlan {
  const { bucket, prefix } = observed.environment
  const { point, record, copies, heads } = found(inputs.rollbackTo, observed.history)
  const wanted = filesAt(record, point.side)
  const asOf = `as ${point.side} deployment ${point.head.id}`
  const there = new Map(observed.objects.map((object) => [object.name, object]))
  const { conflicts, restores, lost } = comingBack(wanted, { asOf, prefix, there, copies }, inputs)
  const owned = observed.objects.filter((object) => isOwned(object, inputs))
  const deletions = sorted(owned)
    .map(({ name, generation }): DeleteStep => {
      const file = name.slice(prefix.length + 1)
      return { kind: 'delete', target: name, file, reason: `not there ${asOf}`, ifGeneration: generation }
    })
    .filter(({ file }) => !wanted.has(file))
  const steps: DeployStep[] = [
    ...conflicts,
    ...restores.filter(({ phase }) => phase === 'modules'),
    ...restores.filter(({ phase }) => phase === 'dags'),
    ...deletions,
  ]
  return {
    target: targetOf(inputs, observed),
    steps,
    unchanged: wanted.size - conflicts.length - restores.length - lost.length,
    owner: inputs.owner,
    bucket,
    prefix,
    files: [...wanted.keys()].sort(),
    // What a file says is not read here: each has to appear again.
    dagFiles: new Map([...wanted].filter(([, { isDag }]) => isDag).map(([file]) => [file, true])),
    look: {
      adopt: 0,
      change: restores.length + deletions.length,
      conflict: conflicts.length,
      leave: observed.objects.length - owned.length,
    },
    toRecord: {
      kind: 'rollback',
      commit: commitAt(point, heads),
      undoesFrom: point.undoesFrom,
      files: Object.fromEntries(
        [...wanted]
          .filter(([, { owner }]) => owner !== undefined)
          .map(([file, { crc32c, isDag }]) => [file, { crc32c, isDag }]),
      ),
      changes: changesOf(steps, there),
    },
    refusal:
      refuseConflicts(conflicts, inputs.owner) ??
      (lost.length > 0
        ? refuseRollback(
            `what ${few(lost)} held ${asOf} is not kept`,
            'Deploy the commit instead; it needs allow-older: true.',
          )
        : refuseManyDeletions(deletions, owned.length, inputs.maxDeletePercent)),
  }
}

interface ComingBack {
  readonly conflicts: readonly ConflictStep[]
  readonly restores: readonly RestoreStep[]
  /** Files whose content is not kept. */
  readonly lost: readonly string[]
}
type Rollback = ReturnType<typeof found>

/** The files that are not what they were: what has to be done for each. */
function comingBack(
  wanted: ReturnType<typeof filesAt>,
  {
    asOf,
    prefix,
    there,
    copies,
  }: {
    readonly asOf: string
    readonly prefix: string
    readonly there: ReadonlyMap<string, World['objects'][number]>
    readonly copies: Rollback['copies']
  },
  inputs: Wishes,
): ComingBack {
  const kept = new Map(copies.map((copy) => [`${copy.file}\n${copy.crc32c}`, copy]))
  const conflicts: ConflictStep[] = []
  const restores: RestoreStep[] = []
  const lost: string[] = []
  for (const [file, former] of [...wanted].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const target = `${prefix}/${file}`
    const object = there.get(target)
    const ownership = object && ownershipOf(object, inputs)
    if (object !== undefined && object.crc32c === former.crc32c && ownership !== 'theirs') continue
    const isForeign = ownership === 'theirs'
    if (isForeign || (ownership === 'nobody' && !inputs.isAdoptionAllowed)) {
      const reason = isForeign ? 'belongs to another owner' : 'recorded by nobody, other content'
      conflicts.push({ kind: 'conflict', target, file, reason, isForeign })
      continue
    }
    const copy = kept.get(`${file}\n${former.crc32c}`)
    if (copy === undefined) lost.push(file)
    else
      restores.push({
        kind: 'restore',
        target,
        file,
        reason: asOf,
        crc32c: former.crc32c,
        from: copy.name,
        fromGeneration: copy.generation,
        ifGeneration: object?.generation ?? '0',
        phase: former.isDag ? 'dags' : 'modules',
        commit: former.commit ?? 'unknown',
        isOwned: former.owner !== undefined,
      })
  }
  return { conflicts, restores, lost }
}

function found(wish: string, history: History | undefined) {
  const deployInstead = 'Deploy the commit instead; it needs allow-older: true.'
  if (history?.refusal !== undefined)
    throw refuseRollback(
      `the records cannot be read: ${history.refusal}`,
      'Grant the right (docs/permissions.md), or deploy the commit instead with allow-older: true.',
    )
  const { heads = [], rollback } = history ?? {}
  if (rollback === undefined)
    throw wish === 'previous'
      ? refuseRollback('no record of a deployment of this owner is kept', deployInstead)
      : refuseRollback(
          `there is no record ${wish} of this owner; there are ${few(heads.map(({ id }) => id)) || 'none'}`,
          'Take the id of a record from the summary of its deployment.',
        )
  const { point, record, copies } = rollback
  if (record === undefined)
    throw refuseRollback(`the object ${point.head.name} is not a record of a deployment`, deployInstead)
  return { point, record, copies, heads }
}
