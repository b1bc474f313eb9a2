/** What a run is asked to do, and what all of its jobs share while it does; it refuses nothing. */
import type { ArtifactStore } from '../github/artifacts/artifact-store.ts'
import type { Machine } from './check-scripts.ts'
import type { CloudConnection } from './cloud-connection.ts'
import type { RunFacts } from './contexts.ts'
import type { Value } from './expressions.ts'
import type { LocalGitHub } from './job-token.ts'
import type { Repositories } from './source.ts'

export interface RepositoryIdentity {
  readonly repository: string
  readonly repositoryId: string
  readonly repositoryOwnerId: string
}

export interface RunOptions {
  /** Relative to `repositoryRoot`, or absolute inside it. */
  readonly file: string
  readonly repositoryRoot: string
  /** Logs and summaries go to `<stateDir>/runs/<run id>`; never copied into a workspace. */
  readonly stateDir: string
  readonly identity: RepositoryIdentity
  /**
   * Checkouts of other repositories by OWNER/NAME; without one a repository's actions and workflows are
   * refused.
   */
  readonly repositories?: Readonly<Record<string, string>>
  readonly event?: string
  /** Laid over the payload the runner makes, such as `{ action: 'closed', number: 7 }`. */
  readonly eventPayload?: Readonly<Record<string, Value>>
  readonly inputs?: Readonly<Record<string, string>>
  /** Variables of the repository: every job sees them. */
  readonly vars?: Readonly<Record<string, string>>
  /** GitHub environments by name, with their variables. Without it every name is accepted and has none. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly secrets?: Readonly<Record<string, string>>
  /** Jobs that are not run and count as skipped: `job`, or `caller/job` inside a called workflow. */
  readonly withoutJobs?: readonly string[]
  /** Without it there is no OIDC and no endpoint override. */
  readonly cloud?: CloudConnection
  /**
   * Directories put before PATH: what a runner image would have installed. A function is told every `uses:`
   * of the run.
   */
  readonly toolPaths?: readonly string[] | ((uses: readonly string[]) => Promise<readonly string[]>)
  /** What scripts are checked against before the first step. */
  readonly machine?: Machine
  readonly isDebug?: boolean
  readonly show?: (line: string) => void
  readonly signal?: AbortSignal
}

/** What the jobs of a run have in common. */
export interface Run extends Omit<RunOptions, 'event' | 'toolPaths' | 'repositories'> {
  readonly repositories: Repositories
  readonly artifacts: ArtifactStore
  readonly github: LocalGitHub
  readonly show: (line: string) => void
  readonly facts: RunFacts
  readonly directory: string
  readonly event: Value
  readonly isFromFork: boolean
  readonly toolPaths: readonly string[]
  readonly withoutJobs: readonly string[]
  readonly signal: AbortSignal
}

export class RunRefused extends Error {
  override name = 'RunRefused'
}
