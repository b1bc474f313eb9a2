/** The tree of the supported statements. Values only. */
import type { Position } from '../refusal.ts'
import type { ArgumentMode } from '../types.ts'
import type { GrantResource, ObjectKind } from './ddl/kinds.ts'
import type { Assignment, Expression, From, MergeClause, OptionSyntax, Query, TypeSyntax } from './syntax.ts'

interface At {
  readonly at: Position
}
export interface ColumnSyntax extends At {
  readonly name: string
  readonly type: TypeSyntax
  readonly isRequired: boolean
  readonly defaultText?: string
  readonly options: readonly OptionSyntax[]
}
export interface PartitionSyntax extends At {
  /** `_PARTITIONTIME` for a table that is partitioned by arrival. */
  readonly field: string
  readonly type: 'DAY' | 'HOUR' | 'MONTH' | 'YEAR' | 'RANGE'
  readonly range?: { readonly start: string; readonly end: string; readonly interval: string }
}
/** Without a type: ANY TYPE. */
export interface ArgumentSyntax extends At {
  readonly name: string
  readonly mode?: ArgumentMode
  readonly type?: TypeSyntax
}
export interface ForeignKeySyntax extends At {
  readonly name?: string | undefined
  readonly columns: readonly string[]
  readonly path: readonly string[]
  readonly referenced: readonly string[]
  readonly ifNotExists: boolean
}
export interface KeysSyntax {
  readonly primaryKey?: readonly string[]
  readonly foreignKeys: readonly ForeignKeySyntax[]
}
interface Creation {
  readonly path: readonly string[]
  readonly orReplace: boolean
  readonly ifNotExists: boolean
  readonly options: readonly OptionSyntax[]
}
export interface TableShape {
  readonly columns?: readonly ColumnSyntax[]
  readonly keys?: KeysSyntax
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
  | {
      readonly kind: 'SET_COLUMN_OPTIONS'
      readonly name: string
      readonly isConditional: boolean
      readonly options: readonly OptionSyntax[]
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
  | { readonly kind: 'SET_DATA_TYPE'; readonly column: ColumnSyntax; readonly isConditional: boolean }
  | {
      readonly kind: 'SET_DEFAULT'
      readonly name: string
      readonly isConditional: boolean
      /** Absent: DROP DEFAULT. */
      readonly defaultText?: string
    }
  | { readonly kind: 'DROP_NOT_NULL'; readonly name: string; readonly isConditional: boolean }
  | { readonly kind: 'ADD_KEYS'; readonly keys: readonly KeysSyntax[] }
  | { readonly kind: 'DROP_PRIMARY_KEY'; readonly isConditional: boolean }
  | { readonly kind: 'DROP_CONSTRAINT'; readonly name: string; readonly isConditional: boolean }

export type StatementSyntax = At &
  (
    | { readonly kind: 'query'; readonly query: Query }
    | ({
        readonly kind: 'createTable'
        readonly query?: Query
        readonly isTemp?: boolean
        readonly source?: {
          readonly how: 'LIKE' | 'COPY' | 'CLONE' | 'SNAPSHOT'
          readonly path: readonly string[]
        }
      } & Creation &
        TableShape)
    | ({
        readonly kind: 'createFunction'
        readonly isTemp: boolean
        readonly isAggregate?: boolean
        readonly args: readonly ArgumentSyntax[]
        readonly returns?: TypeSyntax
        readonly returnsTable?: readonly { readonly name: string; readonly type: TypeSyntax }[]
        /** A function's expression, or a table function's query. */
        readonly body?: Expression
        readonly query?: Query
        readonly text: string
      } & Creation)
    | ({
        readonly kind: 'createProcedure'
        readonly args: readonly ArgumentSyntax[]
        /** From BEGIN to END. */
        readonly text: string
      } & Creation)
    | ({
        readonly kind: 'createView'
        readonly names?: readonly { readonly name: string; readonly options: readonly OptionSyntax[] }[]
        readonly query: Query
        readonly text: string
        readonly isMaterialized: boolean
        readonly partitionBy?: PartitionSyntax
        readonly clusterBy?: readonly string[]
      } & Creation)
    | ({ readonly kind: 'createSchema' } & Creation)
    | ({
        readonly kind: 'createExternal'
        readonly columns?: readonly ColumnSyntax[]
        readonly partitionColumns?: readonly ColumnSyntax[]
      } & Creation)
    | {
        readonly kind: 'drop'
        readonly what: ObjectKind
        readonly path: readonly string[]
        readonly ifExists: boolean
        readonly isCascade: boolean
      }
    | {
        readonly kind: 'alter'
        readonly what: 'TABLE' | 'VIEW' | 'MATERIALIZED VIEW' | 'SCHEMA'
        readonly path: readonly string[]
        readonly ifExists: boolean
        readonly action: AlterAction
      }
    | {
        readonly kind: 'grant'
        readonly isRevoked: boolean
        readonly what: GrantResource
        readonly path: readonly string[]
        readonly roles: readonly string[]
        readonly members: readonly string[]
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
    | { readonly kind: 'export'; readonly options: readonly OptionSyntax[]; readonly query: Query }
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
