/** What the warehouse remembers: datasets, tables, jobs, as plain values that survive a restart. */
import type { FieldSchema, RoutineBody, RoutineReference, TableReference } from '../sql/types.ts'

/**
 * One line of `Dataset.access[]`. `viewUid` is ours: an authorized view is bound to the view itself, not to
 * its name.
 */
export interface AccessEntry {
  readonly role?: string
  readonly userByEmail?: string
  readonly groupByEmail?: string
  readonly domain?: string
  readonly specialGroup?: string
  readonly iamMember?: string
  readonly view?: TableReference
  readonly routine?: { readonly projectId: string; readonly datasetId: string; readonly routineId: string }
  readonly dataset?: {
    readonly dataset: { readonly projectId: string; readonly datasetId: string }
    readonly targetTypes: readonly string[]
  }
  readonly viewUid?: string
}

export interface DatasetRecord {
  readonly projectId: string
  readonly datasetId: string
  readonly uid: string
  readonly version: number
  readonly location: string
  readonly description?: string
  readonly friendlyName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly defaultTableExpirationMs?: string
  readonly defaultPartitionExpirationMs?: string
  readonly access: readonly AccessEntry[]
  /**
   * The bindings of access.yaml that were turned into entries, so that a later edit of the file is noticed.
   */
  readonly appliedBindings?: readonly string[]
  readonly creationMs: number
  readonly modifiedMs: number
}

/** By time; `field` is `_PARTITIONTIME` when the time of arrival partitions, a column that no schema shows. */
export interface Partitioning {
  readonly type: 'DAY' | 'HOUR' | 'MONTH' | 'YEAR'
  readonly field: string
  readonly expirationMs?: string
}
/** By ranges of an integer column. */
export interface RangePartitioning {
  readonly field: string
  readonly range: { readonly start: string; readonly end: string; readonly interval: string }
}
export const ARRIVAL = '_PARTITIONTIME'
export const isByArrival = (table: { readonly partitioning?: Partitioning | undefined }): boolean =>
  table.partitioning?.field === ARRIVAL

export interface Materialized {
  readonly enableRefresh: boolean
  readonly refreshIntervalMs: string
  readonly maxStaleness?: string
  readonly allowNonIncrementalDefinition?: boolean
}

/** Keys as REST shows them; nothing enforces them. */
export interface TableConstraints {
  readonly primaryKey?: { readonly columns: readonly string[] }
  readonly foreignKeys?: readonly {
    readonly name: string
    readonly referencedTable: TableReference
    readonly columnReferences: readonly {
      readonly referencingColumn: string
      readonly referencedColumn: string
    }[]
  }[]
}

/** One line of a table's own IAM policy. */
export interface Grant {
  readonly role: string
  readonly member: string
}

export interface TableRecord {
  readonly reference: TableReference
  readonly uid: string
  readonly version: number
  readonly kind: 'TABLE' | 'VIEW'
  readonly location: string
  /** Number of the physical table `"data"."t<n>"`; absent for views. */
  readonly physical?: number
  readonly schema: readonly FieldSchema[]
  /** DuckDB expressions of the columns that have a default, by name. */
  readonly defaults?: Readonly<Record<string, string>>
  readonly view?: { readonly query: string }
  /** Files that are read as a table: `externalDataConfiguration` as REST shows it. Of kind VIEW, as it has no rows. */
  readonly external?: Readonly<Record<string, unknown>>
  /** A view whose options say how its rows would be kept; here it is computed at each read. */
  readonly materialized?: Materialized
  /** What a snapshot or clone was made of, and when. */
  readonly base?: {
    readonly kind: 'SNAPSHOT' | 'CLONE'
    readonly reference: TableReference
    readonly timeMs: number
  }
  readonly description?: string
  readonly friendlyName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly partitioning?: Partitioning
  readonly range?: RangePartitioning
  readonly constraints?: TableConstraints
  readonly isHistoryKept?: boolean
  /** How DML would be billed; rows are the same. */
  readonly isFineGrained?: boolean
  readonly clustering?: readonly string[]
  readonly requirePartitionFilter?: boolean
  readonly expirationMs?: number
  /** What its own IAM policy gives beside the dataset's access entries. */
  readonly grants?: readonly Grant[]
  /** Only this member may read it: the anonymous table of a query's result. */
  readonly ownerMember?: string
  readonly creationMs: number
  readonly modifiedMs: number
}

/** A SQL function or procedure of a dataset. */
export interface RoutineRecord extends RoutineBody {
  readonly reference: RoutineReference
  readonly uid: string
  readonly version: number
  readonly description?: string
  readonly creationMs: number
  readonly modifiedMs: number
}

export interface ErrorProto {
  readonly reason: string
  readonly message: string
  readonly location?: string
}

export interface JobRecord {
  readonly projectId: string
  readonly jobId: string
  readonly location: string
  readonly member: string
  readonly email: string
  readonly configuration: Readonly<Record<string, unknown>>
  readonly state: 'PENDING' | 'RUNNING' | 'DONE'
  readonly error?: ErrorProto & { readonly httpStatus: number }
  readonly creationMs: number
  readonly startMs?: number
  readonly endMs?: number
  readonly statistics: Readonly<Record<string, unknown>>
  readonly parentJobId?: string
  /** Where getQueryResults reads, and what it says when there is nothing to read. */
  readonly result?: {
    readonly table?: TableReference
    readonly schema?: readonly FieldSchema[]
    readonly physical?: number
    readonly totalRows: string
    readonly numDmlAffectedRows?: string
  }
}

export const relationOf = (physical: number): string => `"data"."t${physical}"`
export const physicalOf = (table: TableRecord): string => {
  if (table.physical === undefined) throw new Error(`${table.reference.tableId} has no rows of its own`)
  return relationOf(table.physical)
}

export type ShownKind = 'TABLE' | 'VIEW' | 'MATERIALIZED_VIEW' | 'SNAPSHOT' | 'EXTERNAL'
/** The type as people see it. */
export function kindOf(table: TableRecord): ShownKind {
  if (table.materialized) return 'MATERIALIZED_VIEW'
  if (table.external) return 'EXTERNAL'
  return table.base?.kind === 'SNAPSHOT' ? 'SNAPSHOT' : table.kind
}
