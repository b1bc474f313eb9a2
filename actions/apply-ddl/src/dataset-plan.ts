/**
 * Chooses which datasets to create, to change and to adopt. It refuses what is not this owner's, another location,
 * and expirations that nobody allowed; it never drops one.
 */
import type { ExistingDataset } from '../../_shared/dataset.ts'
import { RefusedError } from '../../_shared/errors.ts'
import { digestOn, markDigest, ownerOf, ownershipOf } from '../../_shared/ownership.ts'
import type { Step } from '../../_shared/plan.ts'
import type { DesiredDataset } from './dataset-statement.ts'
import type { Inputs } from './inputs.ts'

export interface ObservedDataset {
  readonly datasetId: string
  readonly file: string
  readonly sql: string
  readonly desired: DesiredDataset
  readonly existing?: ExistingDataset
}
export type DatasetStep = Step & { readonly resource: 'dataset' } & (
    | { readonly kind: 'create' | 'update' | 'adopt'; readonly patch: DatasetPatch }
    | { readonly kind: 'keep' | 'conflict' }
  )
/** As `datasets.insert` and `datasets.patch` take it. */
export type DatasetPatch = Omit<DesiredDataset, 'location'>

type Wishes = Pick<Inputs, 'isDestructiveAllowed' | 'isAdopting' | 'location' | 'owner'>

export function planDataset(dataset: ObservedDataset, inputs: Wishes): DatasetStep {
  const { datasetId, file, sql, existing } = dataset
  const { location, ...desired } = dataset.desired
  const step = { resource: 'dataset', target: datasetId } as const
  if (location !== undefined && location.toLowerCase() !== inputs.location.toLowerCase())
    throw new RefusedError(
      `Planning ${datasetId}: ${file} says location ${location.slice(0, 60)}, the input says ${inputs.location}; a dataset never moves, so write one of them.`,
      { what: file, problem: 'dataset-locations' },
    )
  if (existing === undefined)
    return { ...step, kind: 'create', reason: 'does not exist', after: sql, patch: desired }
  const { patch, reasons, deletions } = compareDataset(existing, desired)
  const ownership = ownershipOf(existing.labels, inputs.owner)
  if (ownership === 'theirs')
    return { ...step, kind: 'conflict', reason: `belongs to owner ${ownerOf(existing.labels)}` }
  if (ownership !== 'ours' && reasons.length > 0 && !inputs.isAdopting)
    return { ...step, kind: 'conflict', reason: `was not made by this action: ${reasons.join(', ')}` }
  if (deletions.length > 0 && !inputs.isDestructiveAllowed)
    throw new RefusedError(
      `Planning ${datasetId}: ${deletions.join(', ')}; BigQuery then deletes by itself. Set allow-destructive: true if that is meant.`,
      {
        what: `${file}: ${deletions.join(', ')}`,
        allowedBy: 'allow-destructive: true',
        problem: 'table-change',
      },
    )
  if (ownership !== 'ours')
    return { ...step, kind: 'adopt', reason: ['adopted', ...reasons].join(', '), patch }
  if (reasons.length > 0) return { ...step, kind: 'update', reason: reasons.join(', '), patch }
  if (digestOn(existing.labels) === markDigest(sql))
    return { ...step, kind: 'keep', reason: 'is as its file says' }
  return { ...step, kind: 'update', reason: 'its file is recorded', patch }
}

const WORDS = {
  description: 'description changed',
  friendlyName: 'friendly name changed',
  defaultTableExpirationMs: 'new tables expire',
  defaultPartitionExpirationMs: 'partitions of new tables expire',
} as const

function compareDataset(
  existing: ExistingDataset,
  desired: DatasetPatch,
): { patch: DatasetPatch; reasons: string[]; deletions: string[] } {
  const patch: Record<string, unknown> = {}
  const reasons: string[] = []
  const deletions: string[] = []
  for (const member of Object.keys(WORDS) as (keyof typeof WORDS)[]) {
    const [is, was] = [desired[member], existing[member]]
    if (is === undefined || is === (was ?? '')) continue
    patch[member] = is
    if (!member.endsWith('Ms')) reasons.push(WORDS[member])
    else {
      const words = `${WORDS[member]} after ${Number(is) / 86_400_000} days instead of ${was === undefined ? 'never' : `after ${Number(was) / 86_400_000} days`}`
      reasons.push(words)
      if (was === undefined || Number(is) < Number(was)) deletions.push(words)
    }
  }
  const labels = Object.entries(desired.labels ?? {}).filter(([key, value]) => existing.labels[key] !== value)
  if (labels.length > 0) {
    reasons.push(`sets label ${labels.map(([key]) => key).join(', ')}`)
    patch.labels = Object.fromEntries(labels)
  }
  return { patch, reasons, deletions }
}
