/** The tree of the supported statements. Values only. */
import type { Position } from '../refusal.ts'
import type { Assignment, Expression, From, MergeClause, Query, TypeSyntax } from './syntax.ts'

interface At {
  readonly at: Position
}
export interface OptionSyntax extends At {
  readonly name: string
  readonly value: Expression
}
export interface ColumnSyntax extends At {
  readonly name: string
  readonly type: TypeSyntax
  readonly isRequired: boolean
  readonly options: readonly OptionSyntax[]
}
export interface PartitionSyntax extends At {
  readonly field: string
  readonly type: 'DAY' | 'HOUR' | 'MONTH' | 'YEAR'
}
interface Creation {
  readonly path: readonly string[]
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly options: readonly OptionSyntax[]
}
export interface TableShape {
  readonly columns?: readonly ColumnSyntax[]
  readonly partitionBy?: PartitionSyntax
  readonly clusterBy?: readonly string[]
}

export type AlterAction =
  | { readonly kind: 'SET_OPTIONS'; readonly options: readonly OptionSyntax[] }
  | {
      readonly kind: 'ADD_COLUMN'
      readonly columns: readonly ColumnSyntax[]
      readonly isConditional: boolean
    }
  | { readonly kind: 'DROP_COLUMN'; readonly names: readonly string[]; readonly isConditional: boolean }
  | { readonly kind: 'SET_COLUMN_OPTIONS'; readonly name: string; readonly options: readonly OptionSyntax[] }

export type StatementSyntax = At &
  (
    | { readonly kind: 'query'; readonly query: Query }
    | ({ readonly kind: 'createTable'; readonly query?: Query } & Creation & TableShape)
    | ({
        readonly kind: 'createView'
        readonly names?: readonly { readonly name: string; readonly options: readonly OptionSyntax[] }[]
        readonly query: Query
        readonly text: string
      } & Creation)
    | ({ readonly kind: 'createSchema' } & Creation)
    | {
        readonly kind: 'drop'
        readonly what: 'TABLE' | 'VIEW' | 'SCHEMA'
        readonly path: readonly string[]
        readonly ifExists: boolean
        readonly isCascade: boolean
      }
    | {
        readonly kind: 'alter'
        readonly what: 'TABLE' | 'VIEW'
        readonly path: readonly string[]
        readonly ifExists: boolean
        readonly action: AlterAction
      }
    | {
        readonly kind: 'insert'
        readonly path: readonly string[]
        readonly columns?: readonly string[]
        readonly query?: Query
        readonly rows?: readonly (readonly Expression[])[]
      }
    | {
        readonly kind: 'update'
        readonly path: readonly string[]
        readonly alias?: string
        readonly assignments: readonly Assignment[]
        readonly from?: From
        readonly where: Expression
      }
    | {
        readonly kind: 'delete'
        readonly path: readonly string[]
        readonly alias?: string
        readonly where: Expression
      }
    | {
        readonly kind: 'merge'
        readonly path: readonly string[]
        readonly alias?: string
        readonly source: From
        readonly on: Expression
        readonly clauses: readonly MergeClause[]
      }
    | { readonly kind: 'truncate'; readonly path: readonly string[] }
    | ({
        readonly kind: 'load'
        readonly path: readonly string[]
        readonly isOverwrite: boolean
        readonly partition?: { readonly column: string; readonly value: Expression }
        readonly options: readonly OptionSyntax[]
        readonly files: readonly OptionSyntax[]
        readonly partitionColumns?: readonly ColumnSyntax[]
      } & TableShape)
    | { readonly kind: 'assert'; readonly condition: Expression; readonly message?: string }
    | {
        readonly kind: 'declare'
        readonly names: readonly string[]
        readonly type?: TypeSyntax
        readonly typeText?: string
        readonly value?: Expression
      }
    | {
        readonly kind: 'set'
        readonly names: readonly string[]
        readonly isTuple: boolean
        readonly value: Expression
      }
  )
