/** What one caller's statement may see, what it runs with, and what it leaves; types that several rooms of jobs/ share. */
import type { Principal } from '../../kernel.ts'
import type { Session } from '../engine/database.ts'
import type { JobRecord } from '../engine/records.ts'
import type { Change } from '../engine/warehouse.ts'
import type { Room } from '../room.ts'
import type { Statement, TableReference } from '../sql/types.ts'
import type { QueryConfig } from './query-config.ts'

export interface CatalogScope {
  readonly room: Room
  readonly principal: Principal
  readonly session: Session
  readonly location: string
  /** Temporary tables of the script, by lower-case name. */
  readonly temporary?: ReadonlyMap<string, TableReference>
  readonly defaultDataset?: { readonly projectId: string; readonly datasetId: string }
}

export interface StatementScope extends CatalogScope {
  readonly config: QueryConfig
  /** Compiles again when tables changed since; called under the lock of the target. */
  readonly recompile: () => Promise<Statement>
  readonly conclude: (change: Change, result: StatementResult) => void
}

export interface StatementResult {
  readonly query: Readonly<Record<string, unknown>>
  readonly result?: JobRecord['result']
  readonly destination?: TableReference
}

export const ddlResult = (operation: string, target: TableReference): StatementResult => ({
  query: { ddlOperationPerformed: operation, ddlTargetTable: target },
  destination: target,
  result: { totalRows: '0', schema: [] },
})
