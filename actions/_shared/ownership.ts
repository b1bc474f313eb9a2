/**
 * Whose a BigQuery resource is, written on it as labels: an owner and a digest of what that owner last made of
 * it. It refuses to take a name for proof.
 */
import { RefusedError, wrongValue } from './errors.ts'
import { digestOf, type Step } from './plan.ts'
import type { ProblemId } from './problems.ts'
import { beganBefore, isRunId } from './run-order.ts'

export const MANAGED_BY = 'clickstream-actions'
const OWNER = 'clickstream-owner'
const DIGEST = 'clickstream-digest'
const NAME = 'clickstream-name'
const RUN = 'clickstream-run'

type Labels = Readonly<Record<string, string>>

/**
 * `ours`: this owner's mark. `earlier`: the constant mark of the first releases, which named no owner.
 * `theirs`: another owner's mark. `nobody`: no mark at all, made by hand or by another tool.
 */
export type Ownership = 'ours' | 'earlier' | 'theirs' | 'nobody'

export function ownershipOf(labels: Labels, owner: string): Ownership {
  const found = labels[OWNER]
  if (found !== undefined) return found === owner ? 'ours' : 'theirs'
  return labels['managed-by'] === MANAGED_BY ? 'earlier' : 'nobody'
}
/** A view whose labels were copied with its DDL is not what they were written on; absent on what was marked before. */
export function ownershipOfNamed(labels: Labels, owner: string, name: string): Ownership {
  const found = labels[NAME]
  return found === undefined || found === nameMark(name) ? ownershipOf(labels, owner) : 'nobody'
}
/** Some datasets tell names apart by case, others do not. */
const nameMark = (name: string): string => markDigest(name.toLowerCase()).slice(0, 16)
/** By which run a view was last written; a run may not be older than what it takes away. */
export const runMark = (runId: string): Labels => (isRunId(runId) ? { [RUN]: runId } : {})
export function laterRunOn(labels: Labels, runId: string): string | undefined {
  const found = labels[RUN] ?? ''
  return beganBefore(runId, found) ? found : undefined
}
export const ownerOf = (labels: Labels): string => labels[OWNER] ?? ''
export const digestOn = (labels: Labels): string | undefined => labels[DIGEST]

/**
 * The labels that say it; beside the labels of others, never instead of them.
 * @param there what stands on it: another tool's `managed-by` stays, the owner alone is the proof.
 */
export const markOf = (owner: string, digest: string, there: Labels = {}): Labels => ({
  ...((there['managed-by'] ?? MANAGED_BY) === MANAGED_BY ? { 'managed-by': MANAGED_BY } : {}),
  [OWNER]: owner,
  [DIGEST]: digest,
})
/** The mark of what is found by listing: with its name. */
export const markOfNamed = (name: string, ...mark: Parameters<typeof markOf>): Labels => ({
  ...markOf(...mark),
  [NAME]: nameMark(name),
})
/** What the ledger of a table may hold beside its mark. */
export const LEDGER_LABELS: readonly string[] = [
  'change',
  'applied',
  'run',
  'commit',
  'shape',
  'rest',
  'beside',
].map((name) => `clickstream-${name}`)
/** What a view is given beside the labels of others. */
export const VIEW_LABELS: readonly string[] = ['managed-by', OWNER, DIGEST, NAME, RUN]
/** https://cloud.google.com/bigquery/quotas#label_limits */
const MOST_LABELS = 64

/** Too many would be found out only by the change itself, or after it: said before. @param names with the marks. */
export function refuseManyLabels(target: string, names: readonly string[], problem?: ProblemId): void {
  const { size } = new Set(names)
  if (size <= MOST_LABELS) return
  throw new RefusedError(
    `Planning ${target}: with the labels by which this action knows it, it would have ${size}, and BigQuery takes ${MOST_LABELS}; remove ${size - MOST_LABELS} of its own.`,
    { what: `labels of ${target}`, problem },
  )
}
/** Labels that only this set writes: what a file said of them would be taken for a mark. */
const MARKS: readonly string[] = ['managed-by', OWNER, DIGEST, NAME, ...LEDGER_LABELS]

/** https://docs.cloud.google.com/bigquery/docs/labels-intro#requirements */
export function wrongLabel(key: string, value: string): string | undefined {
  if (MARKS.includes(key)) return `the label ${key} belongs to this action`
  const isGood =
    /^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key) && /^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value)
  return isGood
    ? undefined
    : `the label ${JSON.stringify(key.slice(0, 63))}: ${JSON.stringify(value.slice(0, 63))} is none that BigQuery takes: lower-case letters, digits, "_" and "-", at most 63`
}

/** What has no labels carries them in the last line of its description. */
const LINE =
  /(?:^|\n)\[((?:managed-by|clickstream-[a-z]+)=[a-z0-9_-]{0,63}(?: clickstream-[a-z]+=[a-z0-9_-]{0,63})*)\]\s*$/

export function readMarkedText(text: string): { text: string; labels: Labels } {
  const found = LINE.exec(text)
  if (found === null) return { text, labels: {} }
  const labels = Object.fromEntries(found[1]!.split(' ').map((label) => label.split('=') as [string, string]))
  return { text: text.slice(0, found.index), labels }
}
export function writeMarkedText(text: string, labels: Labels): string {
  const mark = `[${Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ')}]`
  return text === '' ? mark : `${text}\n${mark}`
}

/** A digest that fits into a label: 160 bits of SHA-256, in hex. */
export const markDigest = (value: unknown): string => digestOf(value).slice(0, 40)

/**
 * The repository by its id, which no rename changes, and the source folder: two folders of one repository are
 * two owners. @returns at most 63 characters, as a label value must have.
 */
export function defaultOwner(
  context: { readonly repositoryId: string; readonly repository: string },
  source: string,
): string {
  const whole = `${context.repositoryId || context.repository}/${source}`
  const slug = whole.toLowerCase().replace(/[^a-z0-9_-]+/g, '-')
  // Two names that only differ in what a label cannot hold must not become one owner.
  return `${slug.slice(0, 54).replace(/^-+|-+$/g, '')}-${markDigest(whole).slice(0, 8)}`
}

/** @param given the input `owner`; empty means the default. */
export function parseOwnerLabel(
  given: string,
  context: { readonly repositoryId: string; readonly repository: string },
  source: string,
): string {
  if (given === '') return defaultOwner(context, source)
  if (!/^[a-z0-9_-]{1,63}$/.test(given))
    throw wrongValue('owner', given, 'at most 63 characters of a-z, 0-9, _ and -')
  return given
}

/** What a first run on a project that is not empty finds. */
export interface FirstLook {
  readonly adopt: number
  readonly change: number
  readonly conflict: number
  /** What has no file; undefined where that could not be counted. */
  readonly leave: number | undefined
}
export const sayFirstLook = ({ adopt, change, conflict, leave }: FirstLook): string =>
  `adopt ${adopt} / change ${change} / conflict ${conflict} / leave ${leave ?? 'what has no file'}`

/** Why a plan with conflicts is refused, and the way out: other names, the owner's name, or adopting. */
export function refuseConflicts(
  conflicts: readonly Pick<Step, 'target' | 'reason'>[],
  said: {
    readonly sentence: string
    readonly owner: string
    /** One of them at least has another owner. */
    readonly isForeign: boolean
    readonly problem: ProblemId
    readonly verb: string
    /** What adopting would do, when they are nobody's. */
    readonly ifYours: string
  },
): RefusedError {
  const { sentence, owner, isForeign, problem, verb, ifYours } = said
  const list = conflicts.map(({ target, reason }) => `${target}: ${reason}`).join('; ')
  return new RefusedError(`${sentence}: ${list}.`, {
    what: list,
    allowedBy: isForeign ? 'owner' : 'adopt: true',
    problem,
    hint: isForeign
      ? `Rename the files, or ${verb} as that owner with the input owner (this run's is ${owner}).`
      : ifYours,
  })
}
