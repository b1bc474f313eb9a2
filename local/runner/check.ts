/** What every check of a workflow file is given: where repositories are, which names exist, where warnings go. */
import type { Machine } from './check-scripts.ts'
import type { Repositories } from './source.ts'
import type { Problem } from './workflow.ts'

export interface Check {
  readonly repositories: Repositories
  /** Names of the known environments; undefined when any may be named. */
  readonly environments?: readonly string[]
  /** Undefined: nothing is asked of the machine before a run. */
  readonly machine?: Machine
  readonly isLeftOut: (place: string) => boolean
  readonly warn: (problem: Problem) => void
}
