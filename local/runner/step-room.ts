/** What a step stands in: its job's places, its voice, and what it is done with. Types only. */
import type { ActionLibrary } from './action-library.ts'
import type { ArtifactStore } from '../github/artifacts/artifact-store.ts'
import type { Around, JobState, Stage } from './job-state.ts'
import type { StepResult } from './result.ts'
import type { Repositories, Source } from './source.ts'
import type { StepLog } from './step-log.ts'
import type { Annotation } from './workflow-commands.ts'
import type { WorkflowJob, WorkflowStep } from './workflow.ts'

export interface JobRoom {
  readonly job: WorkflowJob
  /** The repository of the workflow file the job stands in. */
  readonly file: Source
  readonly repositories: Repositories
  readonly artifacts: ArtifactStore
  /** Beside those of earlier runs on the same state. */
  readonly runDirectory: string
  readonly logDirectory: string
  /** Never copied into a workspace. */
  readonly excluded: readonly string[]
  readonly show: (line: string) => void
}
export interface StepRoom extends JobRoom {
  readonly library: ActionLibrary
  /** A composite runs its own steps with it. */
  readonly runStage: RunStage
}

/** Where a step speaks: a step of a composite speaks through the step that uses it, and shares its time. */
export interface Voice {
  readonly log: StepLog
  readonly annotate: (annotation: Omit<Annotation, 'step'>) => void
  readonly name: string
  readonly timeoutMinutes: number
  /** Aborted when that time is over. */
  readonly time: AbortSignal
}

/** What a stage is done with, once its `env` and condition are known. */
export interface Doing extends Voice {
  /** All the step sees. */
  readonly env: Record<string, string>
  /** Its own `env` and that of the steps around it: what a composite hands on. */
  readonly given: Readonly<Record<string, string>>
  readonly outputs: Record<string, string>
  /** The step's condition, asked again when the job is cancelled. */
  readonly wants: () => boolean
}

export interface BuiltinStep {
  readonly state: JobState
  readonly inputs: Readonly<Record<string, string>>
  readonly room: StepRoom
  readonly doing: Doing
}

export type RunStage = (
  state: JobState,
  step: WorkflowStep,
  stage: Stage,
  around: Around,
  room: StepRoom,
  outer?: Voice,
) => Promise<StepResult>
