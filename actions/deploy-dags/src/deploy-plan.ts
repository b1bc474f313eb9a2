/**
 * The plan of a deployment as a value, whether it comes from the source or from what a record kept. It refuses to
 * decide anything.
 */
import type { CheckedOut } from '../../_shared/commit.ts'
import type { FirstLook } from '../../_shared/ownership.ts'
import type { Plan } from '../../_shared/plan.ts'
import {
  COMMIT_KEY,
  isCopy,
  OWNER_KEY,
  type DeployStep,
  type Local,
  type Owning,
  type Remote,
} from './compare.ts'
import type { History } from './history.ts'
import type { RecordedChange, RecordedFile, RecordHead } from './records.ts'

/** What is written down of a plan that is carried out. */
export interface ToRecord {
  readonly kind: RecordHead['kind']
  readonly commit: string
  readonly committedAt?: number
  readonly undoesFrom?: string
  /** From the workspace; absent of a rollback. */
  readonly source?: string
  readonly files: Readonly<Record<string, RecordedFile>>
  readonly changes: Readonly<Record<string, RecordedChange>>
}

export interface DeployPlan extends Plan<DeployStep> {
  readonly unchanged: number
  readonly bucket: string
  readonly prefix: string
  readonly files: readonly string[]
  /** Those that Airflow parses, and whether each says that it makes a DAG. */
  readonly dagFiles: ReadonlyMap<string, boolean>
  readonly look: FirstLook
  readonly toRecord: ToRecord
}

export interface World {
  readonly projectId: string
  readonly environment: { readonly bucket: string; readonly prefix: string }
  readonly files: readonly Local[]
  readonly objects: readonly Remote[]
  readonly history?: History
  /** The source from the workspace, and what else of it records say was deployed from and is still there. */
  readonly sourceFolder?: string
  readonly otherSources?: readonly string[]
  /** What git says of the source. */
  readonly checkedOut?: CheckedOut
  /** Undefined when nothing was imported here. */
  readonly importedFirst?: { readonly version: string; readonly errors: readonly { readonly file: string }[] }
}
export interface Wishes extends Owning {
  readonly isOwnerGiven: boolean
  readonly environment: string
  readonly location: string
  readonly deletion: 'owned' | 'none'
  readonly maxDeletePercent: number
  readonly source: string
  readonly run: { readonly runId: string; readonly sha: string }
  readonly isOlderAllowed: boolean
  /** '' deploys the source. */
  readonly rollbackTo: string
}

/** Where a deployment goes, and so what its digest is of. */
export function targetOf(
  { location, environment }: Wishes,
  { projectId: project, environment: { bucket, prefix } }: World,
): DeployPlan['target'] {
  return { project, location, environment, bucket, prefix }
}

export function changesOf(
  steps: readonly DeployStep[],
  there: ReadonlyMap<string, Remote>,
): Record<string, RecordedChange> {
  return Object.fromEntries(
    steps.map(({ kind, file, target }): [string, RecordedChange] => {
      const object = there.get(target)
      if (object === undefined) return [file, { kind }]
      const { [OWNER_KEY]: owner, [COMMIT_KEY]: commit } = isCopy(object) ? {} : object.metadata
      return [file, { kind, before: { crc32c: object.crc32c, owner, commit } }]
    }),
  )
}

export function sorted<T extends { readonly name: string }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
