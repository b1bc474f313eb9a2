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
}

export type OrphanStep = Step & { readonly name: TableName } & (
    { readonly kind: 'delete'; readonly etag: string } | { readonly kind: 'orphan' }
  )

export function planOrphans(
  orphans: readonly Orphan[],
  { isPruning }: Pick<Inputs, 'isPruning'>,
): OrphanStep[] {
  return orphans.map(({ name, etag }) => {
    const target = shortName(name)
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
