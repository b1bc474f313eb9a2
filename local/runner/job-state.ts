/**
 * What one job knows while it runs, and the expression scope made of it; it refuses to be shared between
 * jobs.
 */
import type { FoundAction } from './found-action.ts'
import type { JobPlaces, RunFacts } from './contexts.ts'
import type { Contexts, Scope, Status, Value } from './expressions.ts'
import { hashFiles } from './hash-files.ts'
import type { Masks } from './masks.ts'
import type { Permissions } from './permissions.ts'
import type { Conclusion } from './result.ts'
import type { Source } from './source.ts'
import type { Annotation } from './workflow-commands.ts'
import type { WorkflowStep } from './workflow.ts'

export type StepsContext = Record<
  string,
  { outputs: Record<string, string>; outcome: Conclusion; conclusion: Conclusion }
>
type Status3 = 'success' | 'failure' | 'cancelled'

export interface JobState {
  readonly jobId: string
  /** In front of every line shown. */
  readonly label: string
  readonly facts: RunFacts
  readonly places: JobPlaces
  readonly masks: Masks
  readonly contexts: {
    readonly github: Record<string, Value>
    readonly runner: Record<string, Value>
    readonly inputs: Value
    readonly vars: Value
    readonly secrets: Value
    readonly needs: Value
    readonly matrix: Value
    readonly strategy: Value
  }
  /** The part of the `job` context that does not change. */
  readonly job: Readonly<Record<string, Value>>
  /** In the environment of every process of the job, by which leftovers are found. */
  readonly trackingId: string
  /** Workflow and job `env`, then what steps wrote to GITHUB_ENV. */
  readonly variables: Record<string, string>
  /** What steps wrote to GITHUB_PATH, latest first. */
  readonly paths: string[]
  readonly steps: StepsContext
  readonly annotations: Annotation[]
  readonly summaries: string[]
  /** State an action leaves for its own later stages, by the key of its step. */
  readonly saved: Map<string, Record<string, string>>
  /** To run at the end of the job, the latest first. */
  readonly posts: PostStage[]
  /** Which repository a checkout put where in the workspace: `$/` in an action found there means that one. */
  readonly checkouts: { readonly directory: string; readonly source: Source }[]
  readonly permissions: Permissions
  /** Only with `permissions: id-token: write`. */
  readonly idToken?: { readonly requestUrl: string; readonly requestToken: string }
  status: Status3
  /** Aborted by Ctrl-C or the job's time limit. */
  readonly cancelled: AbortSignal
  readonly machine: { readonly path: string; readonly node: string; readonly isDebug: boolean }
}

export interface PostStage {
  readonly step: WorkflowStep
  readonly found: FoundAction
  readonly around: Around
  readonly name: string
}

/** What a list of steps sees around it: that of a job, or that of a composite action. */
export interface Around {
  /** Makes a step's key unique in the job; empty for the job's own steps. */
  readonly key: string
  /** The repository of the file the steps stand in. */
  readonly file: Source
  /** What the file sets of the github context, such as `action_path`. */
  readonly github: Readonly<Record<string, Value>>
  /** `env` of the steps that use the composites down to here. */
  readonly env: Readonly<Record<string, string>>
  readonly steps: StepsContext
  /** Absent for the job itself. */
  readonly composite?: {
    readonly inputs: Readonly<Record<string, string>>
    readonly depth: number
    status: Status3
  }
}

export const aroundJob = (state: JobState, file: Source): Around => ({
  key: '',
  file,
  github: {},
  env: {},
  steps: state.steps,
})

/** A composite's steps ask about the composite itself; all others about the job. */
const statusIn = (state: JobState, around: Around): Status => ({
  success: () => (around.composite ?? state).status === 'success' && state.status !== 'cancelled',
  failure: () => (around.composite ?? state).status === 'failure' && state.status !== 'cancelled',
  cancelled: () => state.status === 'cancelled',
})

/** The scope of a step; `env` is the job's, or the step's own once that is known. */
export const stepScope = (state: JobState, env: Readonly<Record<string, string>>, around: Around): Scope => {
  const { github, runner, matrix, strategy, ...ofTheJob } = state.contexts
  const contexts: Contexts = {
    ...(around.composite ? { inputs: around.composite.inputs } : ofTheJob),
    github: { ...github, ...around.github },
    runner,
    matrix,
    strategy,
    env,
    steps: around.steps,
    job: { ...state.job, status: state.status },
  }
  return {
    contexts,
    status: statusIn(state, around),
    hashFiles: (patterns) => hashFiles(state.places.workspace, patterns),
  }
}

export interface Stage {
  readonly kind: 'pre' | 'main' | 'post'
  readonly number: number
  readonly name: string
  /** Known before it starts only for pre and post. */
  readonly found?: FoundAction
}
