/** The tree of the supported GoogleSQL: what is not a node here cannot be said. Values only. */
import type { Position } from '../refusal.ts'

export type TypeSyntax =
  | {
      readonly kind: 'name'
      readonly name: string
      /** STRING(10), NUMERIC(10, 2): a limit of a stored column. */
      readonly parameters?: readonly number[]
      readonly at: Position
    }
  | { readonly kind: 'array'; readonly element: TypeSyntax; readonly at: Position }
  | {
      readonly kind: 'struct'
      readonly fields: readonly StructFieldSyntax[]
      readonly at: Position
    }
export interface StructFieldSyntax {
  readonly name?: string
  readonly type: TypeSyntax
  readonly isRequired?: boolean
  readonly options?: readonly OptionSyntax[]
}
export interface OptionSyntax {
  readonly name: string
  readonly value: Expression
  readonly at: Position
}

export type LiteralType =
  | 'INT64'
  | 'FLOAT64'
  | 'STRING'
  | 'BYTES'
  | 'BOOL'
  | 'NULL'
  | 'NUMERIC'
  | 'DATE'
  | 'TIMESTAMP'
  | 'DATETIME'
  | 'TIME'
  | 'JSON'

interface At {
  readonly at: Position
}
export type Expression = At &
  (
    | { readonly kind: 'literal'; readonly type: LiteralType; readonly value: string }
    | { readonly kind: 'path'; readonly parts: readonly string[] }
    | { readonly kind: 'field'; readonly object: Expression; readonly name: string }
    | {
        readonly kind: 'index'
        readonly object: Expression
        readonly index: Expression
        readonly mode: 'OFFSET' | 'ORDINAL' | 'SAFE_OFFSET' | 'SAFE_ORDINAL' | 'PLAIN'
      }
    | { readonly kind: 'unary'; readonly operator: '-' | '+' | 'NOT' | '~'; readonly operand: Expression }
    | {
        readonly kind: 'binary'
        readonly operator: string
        readonly left: Expression
        readonly right: Expression
      }
    | {
        readonly kind: 'is'
        readonly operand: Expression
        readonly test: 'NULL' | 'TRUE' | 'FALSE'
        readonly isNot: boolean
      }
    | {
        readonly kind: 'between'
        readonly operand: Expression
        readonly low: Expression
        readonly high: Expression
        readonly isNot: boolean
      }
    | {
        readonly kind: 'in'
        readonly operand: Expression
        readonly isNot: boolean
        readonly list?: readonly Expression[]
        readonly query?: Query
        readonly unnest?: Expression
      }
    | {
        readonly kind: 'like'
        readonly operand: Expression
        readonly pattern: Expression
        readonly isNot: boolean
      }
    | {
        readonly kind: 'case'
        readonly operand?: Expression
        readonly branches: readonly { readonly when: Expression; readonly then: Expression }[]
        readonly otherwise?: Expression
      }
    | {
        readonly kind: 'cast'
        readonly operand: Expression
        readonly type: TypeSyntax
        readonly isSafe: boolean
        /** CAST(… FORMAT format AT TIME ZONE zone). */
        readonly format?: Expression
        readonly zone?: Expression
      }
    | {
        readonly kind: 'extract'
        readonly part: string
        readonly weekday?: string
        readonly operand: Expression
        readonly zone?: Expression
      }
    | Call
    | { readonly kind: 'star' }
    /** The default of the column that INSERT or UPDATE writes. */
    | { readonly kind: 'default' }
    | { readonly kind: 'interval'; readonly value: Expression; readonly unit: string }
    | { readonly kind: 'array'; readonly element?: TypeSyntax; readonly items: readonly Expression[] }
    | {
        readonly kind: 'struct'
        readonly fields: readonly {
          readonly name?: string
          readonly type?: TypeSyntax
          readonly value: Expression
        }[]
      }
    | { readonly kind: 'subquery' | 'exists' | 'arraySubquery'; readonly query: Query }
    | { readonly kind: 'parameter'; readonly name?: string; readonly index: number }
    | { readonly kind: 'system'; readonly name: string }
  )

export interface NamedArgument extends At {
  readonly name: string
  readonly value: Expression
}

export interface Call {
  readonly kind: 'call'
  /** Upper case, dotted for namespaces. */
  readonly name: string
  /** As written, for functions of one's own. */
  readonly path: readonly string[]
  readonly isSafe: boolean
  readonly args: readonly Expression[]
  /** `mode => 'lax'`: only where the function's row takes them. */
  readonly named?: readonly NamedArgument[]
  readonly isDistinct: boolean
  readonly nulls?: 'IGNORE' | 'RESPECT'
  readonly orderBy: readonly OrderItem[]
  readonly limit?: Expression
  readonly over?: Window
}

export interface OrderItem {
  readonly expression: Expression
  readonly isDescending: boolean
  readonly nulls?: 'FIRST' | 'LAST'
}
export interface FrameBound {
  readonly kind: 'UNBOUNDED PRECEDING' | 'UNBOUNDED FOLLOWING' | 'CURRENT ROW' | 'PRECEDING' | 'FOLLOWING'
  readonly offset?: Expression
}
export interface Window extends At {
  readonly base?: string
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly OrderItem[]
  readonly frame?: { readonly unit: 'ROWS' | 'RANGE'; readonly start: FrameBound; readonly end?: FrameBound }
}

export interface Query extends At {
  readonly with: readonly Cte[]
  readonly body: Body
  readonly orderBy: readonly OrderItem[]
  readonly limit?: Expression
  readonly offset?: Expression
}
export interface Cte extends At {
  readonly name: string
  readonly query: Query
  /** Under WITH RECURSIVE: the query may name itself. */
  readonly mayRecur: boolean
}
export type Body =
  | { readonly kind: 'select'; readonly select: Select }
  | {
      readonly kind: 'set'
      readonly operator: 'UNION ALL' | 'UNION DISTINCT' | 'INTERSECT DISTINCT' | 'EXCEPT DISTINCT'
      /** BY NAME: the same columns, those in common, those of the left, or all. */
      readonly byName?: 'STRICT' | 'INNER' | 'LEFT' | 'FULL'
      readonly left: Body
      readonly right: Body
      readonly at: Position
    }
  | { readonly kind: 'query'; readonly query: Query }

export interface Select extends At {
  readonly isDistinct: boolean
  readonly as?: 'STRUCT' | 'VALUE'
  readonly items: readonly SelectItem[]
  readonly from?: From
  readonly where?: Expression
  readonly groupBy?: GroupBy
  readonly having?: Expression
  readonly qualify?: Expression
  readonly windows: readonly { readonly name: string; readonly window: Window }[]
}
export type GroupBy =
  | { readonly kind: 'ALL' }
  | { readonly kind: 'PLAIN' | 'ROLLUP' | 'CUBE'; readonly items: readonly Expression[] }
  | { readonly kind: 'SETS'; readonly sets: readonly (readonly Expression[])[] }
export type SelectItem =
  | { readonly kind: 'expression'; readonly expression: Expression; readonly alias?: string }
  | {
      readonly kind: 'star'
      readonly of?: Expression
      readonly except: readonly string[]
      readonly replace: readonly { readonly name: string; readonly expression: Expression }[]
      /** Pipe syntax alone has it. */
      readonly rename?: readonly { readonly from: string; readonly to: string }[]
      readonly at: Position
    }

export type From = At &
  (
    | {
        readonly kind: 'table'
        readonly path: readonly string[]
        readonly alias?: string
        /** FOR SYSTEM_TIME AS OF. */
        readonly asOf?: Expression
        /** TABLESAMPLE of every row: of a table only. */
        readonly isSampled?: boolean
        readonly offset?: string
        readonly hasOffset: boolean
      }
    | { readonly kind: 'subquery'; readonly query: Query; readonly alias?: string }
    | {
        readonly kind: 'tableFunction'
        readonly path: readonly string[]
        readonly args: readonly Expression[]
        readonly alias?: string
      }
    | {
        readonly kind: 'unnest'
        readonly value: Expression
        readonly alias?: string
        readonly offset?: string
        readonly hasOffset: boolean
      }
    | {
        readonly kind: 'join'
        readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL' | 'CROSS'
        readonly left: From
        readonly right: From
        readonly on?: Expression
        readonly using?: readonly string[]
      }
    | {
        readonly kind: 'pivot'
        readonly source: From
        readonly aggregates: readonly PivotAggregate[]
        readonly column: Expression
        readonly values: readonly PivotValue[]
        readonly alias?: string
      }
    | {
        readonly kind: 'unpivot'
        readonly source: From
        /** Names of the columns that come of it. */
        readonly values: readonly string[]
        readonly name: string
        /** Each row's columns, as many as `values`. */
        readonly rows: readonly { readonly columns: readonly Expression[]; readonly label?: string }[]
        readonly hasNulls: boolean
        readonly alias?: string
      }
  )
export interface PivotAggregate extends At {
  readonly call: Call
  readonly alias?: string
}
export interface PivotValue {
  readonly value: Expression
  readonly alias?: string
}

export type Assignment = At & {
  readonly column: string
  /** Of a STRUCT column, from the outside in. */
  readonly fields: readonly string[]
  /** The table's name stands before the column's. */
  readonly isQualified: boolean
  readonly value: Expression
}
export interface MergeClause extends At {
  readonly when: 'MATCHED' | 'NOT_BY_TARGET' | 'NOT_BY_SOURCE'
  readonly condition?: Expression
  readonly action:
    | { readonly kind: 'delete' }
    | { readonly kind: 'update'; readonly assignments: readonly Assignment[] }
    | {
        readonly kind: 'insert'
        readonly columns?: readonly string[]
        readonly values?: readonly Expression[]
      }
}
