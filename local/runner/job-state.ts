/** What one job knows while it runs, and the expression scope made of it; it refuses to be shared between jobs. */
import type { ActionFile } from './action-file.ts'
import type { JobPlaces, RunFacts } from './contexts.ts'
import { strategyContext } from './contexts.ts'
import type { Contexts, Scope, Status, Value } from './expressions.ts'
import { hashFiles } from './hash-files.ts'
import type { Masks } from './masks.ts'
import type { Conclusion } from './result.ts'
import type { Annotation } from './workflow-commands.ts'

export interface JobState {
  readonly jobId: string
  readonly facts: RunFacts
  readonly places: JobPlaces
  readonly masks: Masks
  readonly contexts: { github: Record<string, Value>; runner: Record<string, Value>; inputs: Value; vars: Value; secrets: Value; needs: Value }
  /** Workflow and job `env`, then what steps wrote to GITHUB_ENV. */
  readonly variables: Record<string, string>
  /** What steps wrote to GITHUB_PATH, latest first. */
  readonly paths: string[]
  readonly steps: Record<string, { outputs: Record<string, string>; outcome: Conclusion; conclusion: Conclusion }>
  readonly annotations: Annotation[]
  readonly summaries: string[]
  /** State an action leaves for its own later stages, by step id. */
  readonly saved: Map<string, Record<string, string>>
  /** Only with `permissions: id-token: write`. */
  readonly idToken?: { readonly requestUrl: string; readonly requestToken: string }
  status: 'success' | 'failure' | 'cancelled'
  /** Aborted by Ctrl-C or the job's time limit. */
  readonly cancelled: AbortSignal
  readonly machine: { readonly path: string; readonly node: string; readonly isDebug: boolean }
}

export const jobStatus = (state: JobState): Status => ({
  success: () => state.status === 'success',
  failure: () => state.status === 'failure',
  cancelled: () => state.status === 'cancelled',
})

/** The scope of a step; `env` is the job's, or the step's own once that is known. */
export const stepScope = (state: JobState, env: Readonly<Record<string, string>>, own: Readonly<Record<string, Value>> = {}): Scope => {
  const contexts: Contexts = {
    ...state.contexts,
    github: { ...state.contexts.github, ...own },
    env,
    steps: state.steps,
    job: { status: state.status },
    matrix: null,
    strategy: strategyContext,
  }
  return { contexts, status: jobStatus(state), hashFiles: (patterns) => hashFiles(state.places.workspace, patterns) }
}

export interface Stage {
  readonly kind: 'pre' | 'main' | 'post'
  readonly number: number
  readonly name: string
  readonly action?: ActionFile
}
