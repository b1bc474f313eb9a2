/**
 * What becomes of views that this owner published and that have no file any more. It refuses to delete many of
 * them at once.
 */
import { shortName, type TableName } from '../../_shared/dataset.ts'
import type { RefusedError } from '../../_shared/errors.ts'
import { refuseMassDelete } from '../../_shared/mass-delete.ts'
import type { Ownership } from '../../_shared/ownership.ts'
import type { Step } from '../../_shared/plan.ts'
import type { Inputs } from './inputs.ts'

export interface Orphan {
  readonly name: TableName
  readonly etag: string
  readonly references: readonly TableName[]
  /** Why it is left although it has no file, also by `prune`. */
  readonly leftAs?: string
}

/** One dataset may tell names apart by case, and another not: there both are one view. */
export function whyLeft(name: TableName, withFile: readonly TableName[]): string | undefined {
  const key = (one: TableName): string => shortName(one).toLowerCase()
  const twin = withFile.find((one) => key(one) === key(name))
  return twin && `differs from the file of ${shortName(twin)} in case only; drop it by hand if it is another`
}

/** Datasets that no file names may be those of another environment, whose files are the same. */
export const isSearchingEverywhere = (
  { isPruning, isOwnerGiven }: Pick<Inputs, 'isPruning' | 'isOwnerGiven'>,
  files: readonly { readonly hasVariableDataset?: true }[],
): boolean => isPruning && (isOwnerGiven || files.every(({ hasVariableDataset }) => !hasVariableDataset))

/** Where a variable is part of a view's name, this environment's files do not name another environment's views. */
export const whyAnothers = (
  { isOwnerGiven }: Pick<Inputs, 'isOwnerGiven'>,
  files: readonly { readonly hasVariableName?: true }[],
): string | undefined =>
  isOwnerGiven || files.every(({ hasVariableName }) => !hasVariableName)
    ? undefined
    : 'no file; names hold a variable, so it may be of another value of it: give each environment an owner'

/** A run that is repeated does not know what came since. */
export const whyNewer = (runId: string | undefined): string | undefined =>
  runId === undefined ? undefined : `no file here, and published by run ${runId}, which began after this one`

export type OrphanStep = Step & { readonly name: TableName } & (
    { readonly kind: 'delete'; readonly etag: string } | { readonly kind: 'orphan' }
  )

export function planOrphans(
  orphans: readonly Orphan[],
  { isPruning }: Pick<Inputs, 'isPruning'>,
): OrphanStep[] {
  return orphans.map(({ name, etag, leftAs }) => {
    const target = shortName(name)
    if (leftAs !== undefined) return { kind: 'orphan', target, reason: leftAs, name }
    const reason = 'published earlier, has no file any more'
    return isPruning
      ? { kind: 'delete', target, reason, name, etag }
      : { kind: 'orphan', target, reason: `${reason}; prune: true deletes it`, name }
  })
}

export function refuseManyDeletions(
  steps: readonly OrphanStep[],
  views: readonly { readonly ownership: Ownership }[],
  { maxDeletePercent }: Pick<Inputs, 'maxDeletePercent'>,
): RefusedError | undefined {
  const owned = views.filter(({ ownership }) => ownership === 'ours').length + steps.length
  const gone = steps.filter(({ kind }) => kind === 'delete').map(({ target }) => target)
  return refuseMassDelete(gone, owned, maxDeletePercent, {
    doing: 'Planning the views',
    noun: 'published view',
    check: 'Check the input source and the checkout.',
  })
}
