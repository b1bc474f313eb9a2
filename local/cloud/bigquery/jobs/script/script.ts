/** What a running script carries from statement to statement. Values only. */
import type { ParsedStatement } from '../../sql/types.ts'
import type { Execution } from '../execution.ts'
import type { JobRun } from '../job-desk.ts'
import type { StatementResult } from '../scope.ts'

export interface Script {
  readonly execution: Execution
  readonly run: JobRun
  last?: StatementResult
  children: number
  processed: bigint
  billed: bigint
  isExact: boolean
  readonly references: Map<string, unknown>
}

/** Runs one statement as a child of the script. */
export type RunStatement = (parsed: ParsedStatement) => Promise<void>
