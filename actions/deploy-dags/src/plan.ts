/**
 * Decides which files to upload, record or delete, and in which order. It refuses to empty a folder by
 * accident, and shows what is not this owner's to replace.
 */
import { compare, isOwned, ownershipOf, type DeleteStep } from './compare.ts'
import { changesOf, sorted, targetOf, type DeployPlan, type Wishes, type World } from './deploy-plan.ts'
import { whyOlder } from './history.ts'
import { planRollback } from './plan-rollback.ts'
import type { RecordedFile } from './records.ts'
import {
  refuseConflicts,
  refuseEmptySource,
  refuseImports,
  refuseManyDeletions,
  refuseOlder,
  refuseOtherSource,
} from './refusals.ts'

export function planDeployment(inputs: Wishes, observed: World): DeployPlan {
  if (inputs.rollbackTo !== '') return planRollback(inputs, observed)
  const { checkedOut } = observed
  const { bucket, prefix } = observed.environment
  const there = new Map(observed.objects.map((object) => [object.name, object]))
  const steps = sorted(observed.files).flatMap((file) => {
    const target = `${prefix}/${file.name}`
    return compare(file, target, there.get(target), inputs) ?? []
  })
  const conflicts = steps.filter((step) => step.kind === 'conflict')
  const named = new Set(observed.files.map(({ name }) => `${prefix}/${name}`))
  const deletions = planDeletions(inputs, observed, named)
  const owned = observed.objects.filter((object) => isOwned(object, inputs)).length
  const uploads = steps.filter((step) => step.kind === 'upload')
  const adoptions = steps.filter((step) => step.kind === 'adopt')
  const isAdopting = ({ target, ifGeneration }: { target: string; ifGeneration: string }) =>
    ifGeneration !== '0' && ownershipOf(there.get(target)!, inputs) !== 'ours'
  return {
    target: targetOf(inputs, observed),
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
    dagFiles: new Map(
      observed.files.filter(({ isDagFile }) => isDagFile).map(({ name, makesDag }) => [name, makesDag]),
    ),
    look: {
      adopt: adoptions.length + uploads.filter(isAdopting).length,
      change: uploads.filter((step) => !isAdopting(step)).length + deletions.length,
      conflict: conflicts.length,
      leave: observed.objects.filter(
        (object) => !named.has(object.name) && ['theirs', 'nobody'].includes(ownershipOf(object, inputs)),
      ).length,
    },
    toRecord: {
      kind: 'deployment',
      commit: inputs.run.sha || 'unknown',
      committedAt: checkedOut !== undefined && checkedOut.id === inputs.run.sha ? checkedOut.at : undefined,
      files: filesAfter(observed, deletions, inputs),
      changes: changesOf([...steps, ...deletions], there),
      source: observed.sourceFolder,
    },
    refusal:
      refuseConflicts(conflicts, inputs.owner) ??
      refuseOtherSource(inputs, deletions, observed.otherSources) ??
      refuseImports(observed.importedFirst) ??
      refuseManyDeletions(deletions, owned, inputs.maxDeletePercent) ??
      (steps.length + deletions.length > 0 && !inputs.isOlderAllowed
        ? refuseOlder(whyOlderThanAny(inputs, observed))
        : undefined),
  }
}

/** Also than what it deployed under another name. */
function whyOlderThanAny({ run }: Wishes, { history, checkedOut }: World): string | undefined {
  const { heads = [], earlier = [] } = history ?? {}
  return [heads, ...earlier].map((some) => whyOlder(some, run, checkedOut)).find((why) => why !== undefined)
}

/** With what stays although the source has it no more (`delete: none`). */
function filesAfter(
  { environment: { prefix }, files, objects }: World,
  deletions: readonly DeleteStep[],
  owning: Wishes,
): Record<string, RecordedFile> {
  const gone = new Set(deletions.map(({ target }) => target))
  const after: [string, RecordedFile][] = objects
    .filter((object) => !gone.has(object.name) && isOwned(object, owning))
    .map(({ name, crc32c }) => [name.slice(prefix.length + 1), { crc32c, isDag: false }])
  for (const { name, crc32c, isDagFile } of files) after.push([name, { crc32c, isDag: isDagFile }])
  return Object.fromEntries(after)
}

function planDeletions(
  inputs: Wishes,
  { environment: { prefix }, files, objects }: World,
  kept: ReadonlySet<string>,
): DeleteStep[] {
  const owned = objects.filter((object) => object.name.startsWith(`${prefix}/`) && isOwned(object, inputs))
  const gone = owned.filter(({ name }) => !kept.has(name))
  if (files.length === 0) throw refuseEmptySource(inputs.source, gone.length)
  if (inputs.deletion === 'none') return []
  return sorted(gone).map((object) => ({
    kind: 'delete',
    target: object.name,
    file: object.name.slice(prefix.length + 1),
    reason: 'gone from the source',
    ifGeneration: object.generation,
  }))
}
