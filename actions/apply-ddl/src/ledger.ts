/**
 * The ledger of a table, written on it as labels: whose it is, which file made it, when, by which run and commit,
 * and how it stood afterwards. It refuses to keep a history: that is BigQuery's audit log.
 */
import type { ExistingTable } from '../../_shared/dataset.ts'
import { LEDGER_LABELS, markDigest, markOf, ownershipOf } from '../../_shared/ownership.ts'
import { restOf, shapeOf } from './shape.ts'

const SHAPE = 'clickstream-shape'
/** A digest each of keys, defaults, partition options and collations. */
const REST = 'clickstream-rest'
const BESIDE = 'clickstream-beside'
/** A change is under way: what stands there is neither the old shape nor the new one. */
const UNDER_WAY = 'under-way'

export interface Ledger {
  readonly ownership: 'ours' | 'theirs' | 'nobody'
  /** What somebody changed since this owner last did, in words. */
  readonly drifted: readonly string[]
  /** Columns without a place in the file that were accepted once. */
  readonly isAccepted: (beside: readonly string[]) => boolean
}
/** By whom and what a change is made. */
export interface Entry {
  readonly owner: string
  readonly change: string
  readonly statement: string
  /** What stands on it before the change. */
  readonly labels: Readonly<Record<string, string>>
  readonly beside: readonly string[]
  readonly runId: string
  readonly commit: string
  readonly atMs: number
}

export function readLedger(existing: ExistingTable, owner: string): Ledger {
  const found = ownershipOf(existing.labels, owner)
  // The constant mark of the first releases was for views: on a table it proves nothing.
  const ownership = found === 'earlier' ? 'nobody' : found
  const shape = existing.labels[SHAPE]
  return {
    ownership,
    drifted:
      ownership !== 'ours' || shape === UNDER_WAY
        ? []
        : [
            ...(shape === undefined || shape === markDigest(shapeOf(existing)) ? [] : ['structure']),
            ...driftOfRest(existing),
          ],
    isAccepted: (beside) =>
      ownership === 'ours' && beside.length > 0 && existing.labels[BESIDE] === digestOfNames(beside),
  }
}

/** A table of an earlier version says nothing of these, and has not drifted. */
function driftOfRest(existing: ExistingTable): string[] {
  const recorded = existing.labels[REST]?.split('-') ?? []
  return Object.entries(digestsOfRest(existing)).flatMap(([name, digest], place) =>
    recorded[place] === undefined || recorded[place] === digest ? [] : [name],
  )
}
const digestsOfRest = (table: ExistingTable): Record<string, string> =>
  Object.fromEntries(
    Object.entries(restOf(table)).map(([name, texts]) => [name, markDigest(texts).slice(0, 12)]),
  )

/** Written first, under the etag that was read: a run that ends in between is taken up, not taken for drift. */
export const openEntry = (entry: Entry): Readonly<Record<string, string>> => ({
  ...written(entry),
  [SHAPE]: UNDER_WAY,
})

/** Written last. A label that is null is removed. */
export function closeEntry(entry: Entry, made: ExistingTable): Readonly<Record<string, string | null>> {
  return {
    ...written({ ...entry, labels: made.labels }),
    [SHAPE]: markDigest(shapeOf(made)),
    [REST]: Object.values(digestsOfRest(made)).join('-'),
    ...(entry.beside.length > 0
      ? { [BESIDE]: digestOfNames(entry.beside) }
      : made.labels[BESIDE] === undefined
        ? {}
        : { [BESIDE]: null }),
  }
}

/** Of a change of something that has no shape to remember. */
export function written({
  owner,
  change,
  statement,
  labels,
  runId,
  commit,
  atMs,
}: Entry): Readonly<Record<string, string>> {
  const at = new Date(atMs).toISOString().replace(/[-:]|\.\d+/g, '')
  return {
    ...markOf(owner, markDigest(statement), labels),
    'clickstream-change': change,
    'clickstream-applied': labelValue(at),
    ...(runId === '' ? {} : { 'clickstream-run': labelValue(runId) }),
    ...(commit === '' ? {} : { 'clickstream-commit': labelValue(commit) }),
  }
}

/** The names of all labels that it would have. */
export const labelNames = (
  existing: Readonly<Record<string, string>>,
  wished: readonly string[],
): readonly string[] => [
  ...Object.keys(existing),
  ...wished,
  ...Object.keys(markOf('', '', existing)),
  ...LEDGER_LABELS,
]

const digestOfNames = (names: readonly string[]): string => markDigest([...names].sort())
const labelValue = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '-')
    .slice(0, 63)
