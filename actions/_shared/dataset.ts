/** What a BigQuery dataset holds, in the words of the actions; it knows no request. */

export interface TableName {
  readonly projectId: string
  readonly datasetId: string
  readonly tableId: string
  /** A function has a name of its own, beside that of a table. */
  readonly isRoutine?: true
}
/** A type as routines show it. */
export interface RoutineType {
  readonly typeKind: string
  readonly arrayElementType?: RoutineType
  readonly structType?: {
    readonly fields?: readonly { readonly name?: string; readonly type: RoutineType }[]
  }
}
/** What a function takes and gives. */
export interface Routine {
  readonly kind: 'SCALAR_FUNCTION' | 'TABLE_VALUED_FUNCTION'
  /** Absent: SQL. */
  readonly language?: 'JAVASCRIPT'
  /** Of JavaScript: objects of Cloud Storage that it loads. */
  readonly libraries?: readonly string[]
  readonly determinism?: 'DETERMINISTIC' | 'NOT_DETERMINISTIC'
  readonly arguments: readonly {
    readonly name: string
    /** undefined = ANY TYPE */
    readonly dataType?: RoutineType
  }[]
  /** undefined = what its body gives. */
  readonly returnType?: RoutineType
  readonly returnTable?: readonly { readonly name: string; readonly type: RoutineType }[]
}
/** A column as BigQuery sends it, types under their legacy names; unknown members travel back untouched. */
export type Column = Readonly<Record<string, unknown>> & {
  readonly name: string
  readonly type: string
  readonly mode?: string
  readonly description?: string
  readonly fields?: readonly Column[]
  readonly collation?: string
  readonly defaultValueExpression?: string
  readonly maxLength?: string
  readonly precision?: string
  readonly scale?: string
}
/** What a materialized view has beside a view; a member that is undefined stays as it is. */
export interface Materialized {
  readonly timePartitioning?: TimePartitioning
  readonly rangePartitioning?: RangePartitioning
  readonly clustering?: readonly string[]
  readonly enableRefresh?: boolean
  /** Milliseconds, as BigQuery sends them. */
  readonly refreshIntervalMs?: string
  /** An interval as BigQuery spells it, `0-0 0 4:0:0`. */
  readonly maxStaleness?: string
  readonly allowNonIncrementalDefinition?: boolean
  /** Only where it is written: BigQuery wants it said again with every change of the refresh. */
  readonly query?: string
}
export interface ExistingView {
  readonly type: string
  readonly etag: string
  readonly query?: string
  readonly description?: string
  readonly friendlyName?: string
  /** Milliseconds since 1970, as BigQuery sends them. */
  readonly expirationTime?: string
  readonly labels: Readonly<Record<string, string>>
  readonly columns: readonly Column[]
  readonly createdMs: number
  /** Of a materialized view. */
  readonly materialized?: Materialized
  readonly routine?: Routine
}
/** What is written of a view; a member that is undefined stays as it stands there. */
export interface ViewContent {
  readonly query?: string
  readonly description?: string
  readonly friendlyName?: string
  readonly expirationTime?: string
  readonly labels: Readonly<Record<string, string>>
  /** The columns the query gives, with their descriptions. */
  readonly columns?: readonly Column[]
  /** Of a materialized view. */
  readonly materialized?: Materialized
  readonly routine?: Routine
}
export interface DatasetName {
  readonly projectId: string
  readonly datasetId: string
}
/** An access entry as BigQuery sends it; unknown members travel back untouched. */
export type AccessEntry = Readonly<Record<string, unknown>> & {
  readonly view?: TableName
  readonly dataset?: { readonly dataset: DatasetName; readonly targetTypes?: readonly string[] }
  readonly routine?: DatasetName & { readonly routineId: string }
}
export interface DatasetAccess extends DatasetName {
  readonly etag: string
  readonly location: string
  readonly modifiedMs: number
  readonly access: readonly AccessEntry[]
}
/** A dataset as it describes itself, without who may do what in it. */
export interface ExistingDataset {
  readonly etag: string
  readonly location: string
  readonly description?: string
  readonly friendlyName?: string
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds, as BigQuery sends them. */
  readonly defaultTableExpirationMs?: string
  readonly defaultPartitionExpirationMs?: string
  readonly defaultEncryptionConfiguration?: { readonly kmsKeyName?: string }
}
/** Time partitioning as BigQuery sends it; without `field` it is by ingestion time. */
export interface TimePartitioning {
  readonly type: string
  readonly field?: string
  readonly expirationMs?: string
}
/** As BigQuery sends it; the bounds are whole numbers. */
export interface RangePartitioning {
  readonly field: string
  readonly range?: { readonly start: string; readonly end: string; readonly interval: string }
}
/** Keys that BigQuery knows and does not enforce, as it sends them. */
export interface TableConstraints {
  readonly primaryKey?: { readonly columns?: readonly string[] }
  readonly foreignKeys?: readonly {
    readonly name?: string
    readonly referencedTable: TableName
    readonly columnReferences?: readonly {
      readonly referencingColumn: string
      readonly referencedColumn: string
    }[]
  }[]
}
export interface ExistingTable {
  readonly type: string
  readonly etag: string
  readonly columns: readonly Column[]
  readonly description?: string
  readonly friendlyName?: string
  readonly labels: Readonly<Record<string, string>>
  readonly timePartitioning?: TimePartitioning
  readonly rangePartitioning?: RangePartitioning
  readonly constraints?: TableConstraints
  readonly defaultCollation?: string
  readonly clustering: readonly string[]
  readonly isFilterRequired: boolean
}

/** One for each thing: no table can be called `f()`. */
export const nameKey = (name: TableName): string => `${name.projectId}.${shortName(name)}`
/** In full, as SQL takes it between backquotes. */
export const sqlName = ({ projectId, datasetId, tableId }: TableName): string =>
  `${projectId}.${datasetId}.${tableId}`
export const datasetKey = ({ projectId, datasetId }: DatasetName): string => `${projectId}.${datasetId}`
/** As people say it, inside one project. */
export const shortName = ({ datasetId, tableId, isRoutine }: TableName): string =>
  `${datasetId}.${tableId}${isRoutine === true ? '()' : ''}`
