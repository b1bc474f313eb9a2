// 2026-11-23 13:30, control plane to language:
// 1. DECLARE and SET: compile() answers type 'SELECT', duckdb = one SELECT whose columns are the variables in
// order (for `SET (x) = (SELECT AS STRUCT ..)` one column per variable), schema = their columns.
//    The control plane runs it, keeps each value as a DuckDB session variable and puts {type: BigQuery type, duckdb: `CAST(getvariable('v_name') AS T)`} under the lower-cased name in context.variables. DECLARE without DEFAULT: SELECT NULL of the type.
// 2. New: resolve(path, via, purpose) with 'write' for the target of INSERT/UPDATE/DELETE/MERGE/TRUNCATE
// (checks updateData, not getData); Statement.ifExists / isCascade for DROP.
// 3. DML runs statement by statement; affected rows = DuckDB's counts of INSERT/DELETE/UPDATE; a single MERGE
// INTO gets ` RETURNING merge_action` appended by the control plane, so end it without one and without `;`.
// 4. Output column order of SELECT must equal Statement.schema by position; result tables are made from
// schema, so declare types exactly. Physical relations are "data"."t17": never derive them from names.
// 5. DROP/CREATE/ALTER/LOAD: do not call resolve() for the target, give Statement.target as 1-3 parts; the
// control plane applies the default dataset. 2026-11-23 14:05, language to control plane:
// ParsedStatement.column; expiration_timestamp arrives as ISO text; DML begins with CREATE TEMP TABLE and
// check SELECTs where BigQuery checks before it writes, and needs `rowid` of the relation.
/**
 * The border between BigQuery's control plane (datasets, tables, jobs, access) and its language (GoogleSQL to
 * DuckDB). Values only; it does nothing.
 */

export interface TableReference {
  readonly projectId: string
  readonly datasetId: string
  readonly tableId: string
}

/**
 * A column in BigQuery's REST words:
 * `INTEGER|FLOAT|BOOLEAN|STRING|BYTES|DATE|DATETIME|TIME|TIMESTAMP|NUMERIC|BIGNUMERIC|JSON|RECORD`,
 * `NULLABLE|REQUIRED|REPEATED`.
 */
export interface FieldSchema {
  readonly name: string
  readonly type: string
  readonly mode?: string
  readonly description?: string
  readonly fields?: readonly FieldSchema[]
  /** Limits of a stored column, as REST spells int64. */
  readonly maxLength?: string
  readonly precision?: string
  readonly scale?: string
  readonly defaultValueExpression?: string
}

export interface KeyColumns {
  readonly columns: readonly string[]
}
export interface ForeignKey {
  readonly name?: string
  readonly ifNotExists?: boolean
  readonly columns: readonly string[]
  readonly path: readonly string[]
  readonly referenced: readonly string[]
}
/** Keys that a header or ALTER adds; the control plane names the foreign ones. */
export interface TableKeys {
  readonly primaryKey?: KeyColumns
  readonly foreignKeys: readonly ForeignKey[]
}
export interface PartitionHeader {
  readonly field: string
  readonly type: 'DAY' | 'HOUR' | 'MONTH' | 'YEAR' | 'RANGE'
  readonly range?: { readonly start: string; readonly end: string; readonly interval: string }
}

/**
 * What a name in FROM stands for. The control plane answers; it also records the reference for access checks.
 */
export type Resolved =
  | {
      readonly kind: 'table'
      readonly reference: TableReference
      readonly schema: readonly FieldSchema[]
      readonly partitionField?: string
      readonly partitionType?: 'DAY' | 'HOUR' | 'MONTH' | 'YEAR' | 'RANGE'
      readonly clusterFields?: readonly string[]
      /** quoted DuckDB relation */ readonly relation: string
      /** When it last changed: what it was before that is not kept. */
      readonly modifiedMs: number
    }
  | {
      readonly kind: 'view'
      readonly reference: TableReference
      readonly query: string
      readonly schema: readonly FieldSchema[]
    }
  /**
   * INFORMATION_SCHEMA views and `__TABLES__`: the control plane materialises them as a DuckDB relation for
   * this statement.
   */
  | {
      readonly kind: 'system'
      readonly reference: TableReference
      readonly relation: string
      readonly schema: readonly FieldSchema[]
      /** Columns that have a name and that `*` does not show: `_TABLE_SUFFIX`. */
      readonly hidden?: readonly FieldSchema[]
    }

export type ArgumentMode = 'IN' | 'OUT' | 'INOUT'
/** A SQL routine as it is kept: arguments without a field are ANY TYPE. */
export interface RoutineBody {
  readonly kind: 'SCALAR' | 'AGGREGATE' | 'TABLE' | 'PROCEDURE'
  readonly arguments: readonly {
    readonly name: string
    readonly field?: FieldSchema
    /** Of a procedure's argument; IN when absent. */
    readonly mode?: ArgumentMode
  }[]
  readonly returns?: FieldSchema
  readonly returnsTable?: readonly FieldSchema[]
  /** An expression (of an aggregate: over aggregates of its arguments), a query of a table function, or the block of a procedure. */
  readonly body: string
  /** Of a procedure: only its grammar is checked when it is false. */
  readonly isStrict?: boolean
}
export interface RoutineReference {
  readonly projectId: string
  readonly datasetId: string
  readonly routineId: string
}
export type ResolvedRoutine = RoutineBody & {
  /** Absent for a temporary one. */
  readonly reference?: RoutineReference
}
/** A view or a function through which a name is reached. */
export type Via = TableReference & { readonly isRoutine?: boolean }

export interface Catalog {
  /** A function of one's own by its name as written; throws CloudError 404/403/400. */
  resolveRoutine(path: readonly string[], via: readonly Via[]): Promise<ResolvedRoutine>

  /**
   * `via` is the chain of views through which the name was reached, outermost first (empty for the query
   * itself). Throws CloudError 404/403. `path` is the dotted name as written, split, 1–4 parts;
   * INFORMATION_SCHEMA names come whole.
   */
  resolve(path: readonly string[], via: readonly Via[], purpose?: 'read' | 'write'): Promise<Resolved>
}

/** Columns and partition predicate a statement reads of one base table, for `totalBytesProcessed`. */
export interface TableRead {
  readonly reference: TableReference
  readonly columns: readonly string[] | 'all'
  /** DuckDB predicate over the partition column that BigQuery would prune on (constant expressions only); absent = all partitions */ readonly partitionPredicate?: string
}

/** Statement types as `statistics.query.statementType` spells them. */
export type StatementType =
  | 'SELECT'
  | 'INSERT'
  | 'UPDATE'
  | 'DELETE'
  | 'MERGE'
  | 'TRUNCATE_TABLE'
  | 'CREATE_TABLE'
  | 'CREATE_TABLE_AS_SELECT'
  | 'CREATE_VIEW'
  | 'CREATE_MATERIALIZED_VIEW'
  | 'CREATE_SNAPSHOT_TABLE'
  | 'CREATE_EXTERNAL_TABLE'
  | 'DROP_EXTERNAL_TABLE'
  | 'CREATE_FUNCTION'
  | 'CREATE_TABLE_FUNCTION'
  | 'CREATE_AGGREGATE_FUNCTION'
  | 'CREATE_PROCEDURE'
  | 'DROP_MATERIALIZED_VIEW'
  | 'DROP_SNAPSHOT_TABLE'
  | 'DROP_FUNCTION'
  | 'DROP_TABLE_FUNCTION'
  | 'DROP_PROCEDURE'
  | 'ALTER_MATERIALIZED_VIEW'
  | 'ALTER_SCHEMA'
  | 'CREATE_SCHEMA'
  | 'DROP_TABLE'
  | 'DROP_VIEW'
  | 'DROP_SCHEMA'
  | 'ALTER_TABLE'
  | 'ALTER_VIEW'
  | 'GRANT'
  | 'REVOKE'
  | 'LOAD_DATA'
  | 'EXPORT_DATA'
  | 'SCRIPT'
  | 'ASSERT'

/** Everything a DDL header says, parsed; BigQuery's option names as keys, values as JSON. */
export interface TableHeader {
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly columns?: readonly FieldSchema[]
  readonly keys?: TableKeys
  readonly partitionBy?: PartitionHeader
  readonly clusterBy?: readonly string[]
  readonly options: Readonly<Record<string, unknown>>
}

export interface Statement {
  readonly type: StatementType
  /** The GoogleSQL text of this statement alone. */
  readonly text: string
  /** Target of DDL, DML and LOAD DATA. */
  readonly target?: readonly string[]
  readonly header?: TableHeader
  /** DROP … IF EXISTS, and DROP SCHEMA … CASCADE. */
  readonly ifExists?: boolean
  readonly isCascade?: boolean
  /**
   * DuckDB SQL to run, in order, in one transaction. For CREATE TABLE AS / CREATE VIEW: the SELECT only; the
   * control plane makes the table. For DML: full statements against the target's relation.
   */
  readonly duckdb: readonly string[]
  /** The GoogleSQL query of a CREATE VIEW, verbatim. */
  readonly viewQuery?: string
  /** CREATE TABLE LIKE, COPY, CLONE, CREATE SNAPSHOT TABLE: what it is made after. */
  readonly source?: { readonly how: 'LIKE' | 'COPY' | 'CLONE' | 'SNAPSHOT'; readonly path: readonly string[] }
  /** CREATE EXTERNAL TABLE … WITH PARTITION COLUMNS (…). */
  readonly partitionColumns?: readonly FieldSchema[]
  /** CREATE FUNCTION, TABLE FUNCTION and PROCEDURE. */
  readonly routine?: RoutineBody
  readonly references: readonly TableReference[]
  readonly reads: readonly TableRead[]
  /**
   * Output columns of SELECT/CTAS/CREATE VIEW, in BigQuery types (from DuckDB's own binder plus our type
   * rules).
   */
  readonly schema?: readonly FieldSchema[]
  /** LOAD DATA: format, uris, partition it overwrites, options. */
  readonly load?: {
    readonly overwrite: boolean
    readonly partitions?: { readonly column: string; readonly duckdbValue: string }
    readonly format: string
    readonly uris: readonly string[]
    readonly options: Readonly<Record<string, unknown>>
    readonly partitionColumns?: readonly FieldSchema[]
  }
  /** EXPORT DATA: its options, unchecked; the rows are those of `duckdb`. */
  readonly exporting?: Readonly<Record<string, unknown>>
  /** GRANT and REVOKE: IAM roles and members as written. */
  readonly grant?: {
    readonly what: 'SCHEMA' | 'TABLE' | 'VIEW' | 'MATERIALIZED VIEW' | 'EXTERNAL TABLE'
    readonly roles: readonly string[]
    readonly members: readonly string[]
  }
  /** ALTER ... SET OPTIONS, ADD COLUMN, ...; `kind` names it. */
  readonly alter?: Alter
}

/** `isConditional`: IF EXISTS or IF NOT EXISTS of the column or key. */
export type Alter =
  | { readonly kind: 'SET_OPTIONS'; readonly options: Readonly<Record<string, unknown>> }
  | {
      readonly kind: 'ADD_COLUMN'
      readonly columns: readonly FieldSchema[]
      readonly isConditional: boolean
    }
  | { readonly kind: 'DROP_COLUMN'; readonly names: readonly string[]; readonly isConditional: boolean }
  | {
      readonly kind: 'SET_COLUMN_OPTIONS'
      readonly name: string
      readonly options: Readonly<Record<string, unknown>>
      readonly isConditional: boolean
    }
  | {
      readonly kind: 'RENAME_COLUMN'
      readonly renames: readonly {
        readonly from: string
        readonly to: string
        readonly isConditional: boolean
      }[]
    }
  | { readonly kind: 'RENAME_TO'; readonly name: string }
  | { readonly kind: 'SET_DATA_TYPE'; readonly column: FieldSchema; readonly isConditional: boolean }
  | {
      readonly kind: 'SET_DEFAULT'
      readonly name: string
      readonly defaultText?: string
      readonly isConditional: boolean
    }
  | { readonly kind: 'DROP_NOT_NULL'; readonly name: string; readonly isConditional: boolean }
  | { readonly kind: 'ADD_KEYS'; readonly keys: readonly TableKeys[] }
  | { readonly kind: 'DROP_PRIMARY_KEY'; readonly isConditional: boolean }
  | { readonly kind: 'DROP_CONSTRAINT'; readonly name: string; readonly isConditional: boolean }

/** A script keeps variables between statements; a single statement is a script of one. */
export interface Compiler {
  /**
   * Splits and classifies without touching the catalog; throws CloudError 400 invalidQuery with
   * `[line:column]`, or 501-style 400 naming what is unsupported.
   */
  parseScript(sql: string): readonly ParsedStatement[]
  /** The whole script with its control flow; `parseScript` takes statements only. */
  parseProgram(sql: string): readonly ScriptNode[]
  /** DuckDB expression of a column's `defaultValueExpression`, checked against its type. */
  compileDefault(field: FieldSchema): string
  /** Checks a routine's body against its arguments; gives the columns of a table function. */
  checkRoutine(routine: RoutineBody, context: CompileContext): Promise<readonly FieldSchema[]>
  /** Translates one statement now, resolving names through the catalog. */
  compile(statement: ParsedStatement, context: CompileContext): Promise<Statement>
}
export interface ParsedStatement {
  readonly type: StatementType | 'DECLARE' | 'SET'
  readonly text: string
  readonly line: number
  readonly column?: number
  readonly isTemp?: boolean
  /** Of a temporary table: its name as written. */
  readonly path?: readonly string[]
  /** Positional parameters of the script that stand before this statement. */
  readonly placeholdersBefore?: number
  readonly variable?: { readonly names: readonly string[]; readonly type?: string }
}
interface Place {
  readonly line: number
  readonly column: number
}
/** A script as it runs. Conditions and values are queries of one value. */
export type ScriptNode =
  | { readonly kind: 'statement'; readonly parsed: ParsedStatement }
  | {
      readonly kind: 'block'
      readonly label?: string
      readonly body: readonly ScriptNode[]
      /** EXCEPTION WHEN ERROR THEN. */
      readonly handler?: readonly ScriptNode[]
    }
  | {
      readonly kind: 'if'
      readonly branches: readonly {
        readonly condition: ParsedStatement
        readonly body: readonly ScriptNode[]
      }[]
      readonly otherwise: readonly ScriptNode[]
    }
  | {
      readonly kind: 'loop'
      readonly label?: string
      readonly while?: ParsedStatement
      readonly body: readonly ScriptNode[]
      readonly until?: ParsedStatement
    }
  | {
      readonly kind: 'for'
      readonly label?: string
      readonly variable: string
      readonly query: ParsedStatement
      readonly body: readonly ScriptNode[]
    }
  | ({ readonly kind: 'leave' | 'iterate'; readonly label?: string } & Place)
  | { readonly kind: 'return' }
  | ({ readonly kind: 'raise'; readonly message?: ParsedStatement } & Place)
  | ({
      readonly kind: 'execute'
      readonly sql: ParsedStatement
      readonly into?: readonly string[]
      readonly using: readonly { readonly value: ParsedStatement; readonly name?: string }[]
    } & Place)
  | ({ readonly kind: 'transaction'; readonly action: 'BEGIN' | 'COMMIT' | 'ROLLBACK' } & Place)
  | ({
      readonly kind: 'call'
      readonly path: readonly string[]
      /** Each as a query of one value; `variable` when the argument is nothing but a name. */
      readonly args: readonly { readonly value: ParsedStatement; readonly variable?: string }[]
    } & Place)

export interface CompileContext {
  readonly catalog: Catalog
  readonly variables: ReadonlyMap<string, { readonly type: string; readonly duckdb: string }>
  /** Temporary functions of the script, by lower-case name. */
  readonly functions?: ReadonlyMap<string, RoutineBody>
  readonly parameters: readonly { readonly name?: string; readonly type: string; readonly duckdb: string }[]
  /** Runs DuckDB's binder (DESCRIBE) on translated SQL; gives column names and DuckDB types. */
  readonly describe: (duckdb: string) => Promise<readonly { readonly name: string; readonly type: string }[]>
  /** Who runs it, for SESSION_USER. */
  readonly email: string
  /** Fixed for the whole job: CURRENT_TIMESTAMP is constant within a statement. */
  readonly nowMicros: bigint
}
