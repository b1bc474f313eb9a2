/**
 * What the records say about now: which deployment stands, whether a commit is older than what is there, and what
 * was there before. It refuses to guess what no record tells.
 */
import type { CheckedOut } from '../../_shared/commit.ts'
import { beganBefore } from '../../_shared/run-order.ts'
import {
  isAfter,
  type DeploymentRecord,
  type FileBefore,
  type RecordHead,
  type ReplacedCopy,
} from './records.ts'

/** What was read of the records. */
export interface History {
  /** The newest first. */
  readonly heads: readonly RecordHead[]
  /** Of each name that this owner had before, while there are none of its own: only their age is read. */
  readonly earlier?: readonly (readonly RecordHead[])[]
  /** Why there are none to read and none is kept: the right is missing. */
  readonly refusal?: string
  /** Where `rollback-to` leads. */
  readonly rollback?: {
    readonly point: RollbackPoint
    /** undefined when the object is no record. */
    readonly record: DeploymentRecord | undefined
    readonly copies: readonly ReplacedCopy[]
  }
}

/** @param heads the newest first. @returns the deployments that no rollback took back, the newest first. */
export function standing(heads: readonly RecordHead[]): RecordHead[] {
  const undone = new Set<string>()
  const found: RecordHead[] = []
  for (const head of heads) {
    // A rollback that was itself taken back takes nothing back.
    if (undone.has(head.id)) continue
    if (head.kind === 'deployment') found.push(head)
    else if (head.undoesFrom !== '')
      for (const { id } of heads) if (isAfter(head.id, id) && !isAfter(head.undoesFrom, id)) undone.add(id)
  }
  return found
}

/** Why this run's commit is older than what is there, in a few words; undefined when nothing says so. */
export function whyOlder(
  heads: readonly RecordHead[],
  run: { readonly runId: string; readonly sha: string },
  /** What is deployed, where git says it. */
  commit?: CheckedOut,
): string | undefined {
  const [last] = heads
  if (last === undefined || run.sha === '' || last.commit === run.sha) return undefined
  const there = `commit ${last.commit.slice(0, 12)} of run ${last.runId} is there (record ${last.id})`
  if (beganBefore(run.runId, last.runId)) return `${there}, and this run, ${run.runId}, began before it`
  // A clock may be wrong about a commit and its parent, but not about which is which.
  const isMadeBefore =
    commit?.id === run.sha &&
    last.committedAt !== undefined &&
    commit.at < last.committedAt &&
    !commit.parents.includes(last.commit)
  if (isMadeBefore)
    return `${there}, made ${isoOf(last.committedAt)}, and this run's commit ${run.sha.slice(0, 12)} was made before it, ${isoOf(commit.at)}`
  const firstOf = (commit: string) =>
    heads.findLast((head) => head.kind === 'deployment' && head.commit === commit)
  const [ours, theirs] = [firstOf(run.sha), firstOf(last.commit)]
  return ours !== undefined && theirs !== undefined && isAfter(theirs.id, ours.id)
    ? `${there}, first deployed after this run's commit ${run.sha.slice(0, 12)} (record ${ours.id})`
    : undefined
}
const isoOf = (seconds: number): string => new Date(seconds * 1000).toISOString()

/** Which record a wish means, and which side of it. */
export interface RollbackPoint {
  readonly head: RecordHead
  readonly side: 'before' | 'after'
  /** The first of the records that are taken back; '' for none. */
  readonly undoesFrom: string
}

/**
 * @param wish a record's id, or `previous`: before the deployment that stands. A rerun of a rollback, and one that
 * was cut off, is gone on with and not taken back. undefined when there is no such record.
 */
export function pointOf(
  wish: string,
  heads: readonly RecordHead[],
  runId: string,
): RollbackPoint | undefined {
  if (wish !== 'previous') {
    const head = heads.find(({ id }) => id === wish)
    if (head === undefined) return undefined
    return { head, side: 'after', undoesFrom: heads.findLast(({ id }) => isAfter(id, head.id))?.id ?? '' }
  }
  const [newest] = heads
  if (newest?.kind === 'rollback' && (newest.state === 'begun' || (newest.runId === runId && runId !== '')))
    return { head: newest, side: 'after', undoesFrom: newest.undoesFrom }
  return beforeLast(heads)
}

/** Before the deployment that stands, and before what was cut off on the way to it. */
export function beforeLast(heads: readonly RecordHead[]): RollbackPoint | undefined {
  const [last] = standing(heads)
  if (last === undefined) return undefined
  let head = last
  for (const one of heads.slice(heads.indexOf(last) + 1)) {
    if (one.state !== 'begun') break
    // What a rollback that was cut off was on its way to.
    if (one.kind === 'rollback') return { head: one, side: 'after', undoesFrom: head.id }
    head = one
  }
  return { head, side: 'before', undoesFrom: head.id }
}

/** What a file was, or shall be again. */
export interface FormerFile extends FileBefore {
  readonly isDag: boolean
}
/** The commit of these files, as far as records tell. */
export function commitAt({ head, side }: RollbackPoint, heads: readonly RecordHead[]): string {
  if (side === 'after') return head.commit
  const older = heads.filter(({ id }) => isAfter(head.id, id))
  return standing(older)[0]?.commit ?? 'unknown'
}

/** This owner's files on one side of a record. */
export function filesAt(record: DeploymentRecord, side: RollbackPoint['side']): Map<string, FormerFile> {
  const files = new Map<string, FormerFile>(
    Object.entries(record.files).map(([file, { crc32c, isDag }]) => [
      file,
      { crc32c, isDag, owner: record.owner, commit: record.commit },
    ]),
  )
  if (side === 'after') return files
  for (const [file, { before }] of Object.entries(record.changes)) {
    if (before === undefined) files.delete(file)
    else files.set(file, { ...before, isDag: files.get(file)?.isDag ?? /\.(py|zip)$/.test(file) })
  }
  return files
}
