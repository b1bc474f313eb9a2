/** What a running script carries from statement to statement. Values only. */
import type { ParsedStatement, ScriptNode } from '../../sql/types.ts'
import type { Execution } from '../execution.ts'
import type { JobRun } from '../job-desk.ts'
import type { StatementResult } from '../scope.ts'

/** What the statements of all frames add up to. */
export interface Totals {
  last?: StatementResult
  children: number
  processed: bigint
  billed: bigint
  isExact: boolean
  readonly references: Map<string, unknown>
}
export interface Script {
  readonly execution: Execution
  readonly run: JobRun
  readonly totals: Totals
  /** How many procedures are being called. */
  readonly depth: number
}

/** Runs one statement as a child of the script. */
export type RunStatement = (script: Script, parsed: ParsedStatement) => Promise<void>
export type RunNodes = (script: Script, nodes: readonly ScriptNode[], run: RunStatement) => Promise<void>
