/** What a run of a workflow came to, as a value for tests, the demo and the terminal; it refuses nothing. */
import type { Annotation } from './workflow-commands.ts'

export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped'

export interface StepResult {
  readonly id: string
  readonly name: string
  /** Before `continue-on-error`. */
  readonly outcome: Conclusion
  /** After it. */
  readonly conclusion: Conclusion
  readonly outputs: Readonly<Record<string, string>>
  readonly seconds: number
  /** Masked log of the step; absent for skipped steps. */
  readonly log?: string
}
/** What other jobs see of one. */
export interface JobOutcome {
  readonly result: Conclusion
  readonly outputs: Readonly<Record<string, string>>
}
export interface JobResult extends JobOutcome {
  /**
   * Inside a called workflow with the ids of the calling jobs: `caller/job`. The legs of a matrix share it.
   */
  readonly id: string
  /** As GitHub shows it: `Caller / Job (a, b)`. */
  readonly name: string
  readonly steps: readonly StepResult[]
  readonly annotations: readonly Annotation[]
  /** Markdown of all steps' summaries, masked. */
  readonly summary: string
  readonly summaryFile?: string
}
export interface WorkflowResult {
  readonly conclusion: 'success' | 'failure' | 'cancelled'
  readonly runId: string
  /** Where logs and summaries of this run lie. */
  readonly directory: string
  readonly jobs: readonly JobResult[]
}
