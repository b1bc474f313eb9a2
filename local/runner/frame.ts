/** Where a job stands while it runs: in which file, called by whom, as which leg of its matrix. */
import type { LoadedWorkflow } from './called-workflows.ts'
import type { Contexts, Value } from './expressions.ts'
import type { Leg } from './matrix.ts'

/** One workflow file being executed: the run's own, or one that a job calls. */
export interface Frame {
  readonly loaded: LoadedWorkflow
  readonly inputs: Readonly<Record<string, Value>>
  readonly secrets: Readonly<Record<string, string>>
  /** The calling jobs, each with its leg. */
  readonly callers: Place
}

/** How a job is called in three places; each caller goes before it. */
export interface Place {
  /** As GitHub shows it: `Caller / Job (a, b)`. */
  readonly name: string
  /** In front of a line: `caller/job (a, b)`. */
  readonly line: string
  /** Of its logs, below the run's directory; also what makes the job unique in the run: `caller/job.2`. */
  readonly path: string
}
export const noCallers: Place = { name: '', line: '', path: '' }

export interface LegPlace {
  readonly leg: Leg
  readonly at: Place
  readonly contexts: Contexts
}
