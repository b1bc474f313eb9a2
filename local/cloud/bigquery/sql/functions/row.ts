/**
 * What one function of the language is: its signatures, its DuckDB form, its documented examples. A function
 * without a row does not exist.
 */
import type { Position } from '../refusal.ts'
import type { Call, Expression } from '../parse/syntax.ts'
import type { GType } from '../values/gtype.ts'
import type { Value } from '../values/value.ts'
import type { CompileContext } from '../types.ts'

/**
 * An example of BigQuery's documentation (or one computed by hand from its text): run by the tests and shown
 * in docs/bigquery-language.md.
 */
export interface Example {
  readonly sql: string
  readonly rows: readonly (readonly unknown[])[]
  readonly error?: string
  readonly note?: string
}

/** How an emit may write: SAFE. turns errors of this function, and only of it, into NULL. */
export interface Emit {
  readonly isSafe: boolean
  readonly at: Position
  /** Values as given, after coercion. */
  readonly values: readonly Value[]
  /** DuckDB text that raises `message` (a DuckDB text expression), or NULL under SAFE. */
  readonly fail: (message: string) => string
  /** What a named argument says, which is a literal: `true`, `false`, a text. */
  readonly named: (name: string) => string | undefined
  /** Aggregate or window call with DISTINCT, ORDER BY and OVER as written. */
  readonly apply: (name: string, args: readonly string[], filter?: string) => string
}

/** What a row with its own `resolve` is told of the place of the call. */
export interface CallSite {
  readonly nowMicros: CompileContext['nowMicros']
  readonly email: CompileContext['email']
  /** How its emits write here, for these values. */
  readonly emitWith: (values: readonly Value[]) => Emit
  /** The value must be one that the query groups by: judged once its GROUP BY is read. */
  readonly requireGrouped: (value: Value) => void
}

export interface Signature {
  /**
   * `STRING, INT64? -> STRING`; `T` one common type, `ANY` whatever, `?` optional, `*` repeated, `!` a
   * literal or parameter.
   */
  readonly text: string
  readonly emit: (args: string[], how: Emit) => string
}
export type Kind = 'native' | 'macro' | 'rewrite'
export type Shape = 'scalar' | 'aggregate' | 'window' | 'both'
export interface FunctionRow {
  readonly name: string
  readonly family: string
  readonly kind: Kind
  readonly shape: Shape
  readonly signatures: readonly Signature[]
  /** For forms a signature cannot say (date parts, clauses inside the parentheses). */
  readonly resolve?: (
    call: Call & { at: Position },
    resolveArgument: (argument: Expression) => Value,
    site: CallSite,
  ) => { sql: string; type: GType } & Partial<Value>
  readonly usage?: string
  readonly isVolatile?: boolean
  /** Names of its named arguments, and the type of each. */
  readonly named?: Readonly<Record<string, 'BOOL' | 'STRING'>>
  readonly examples: readonly Example[]
}

export const example = (sql: string, ...rows: (readonly unknown[])[]): Example => ({ sql, rows })
export const failing = (sql: string, error: string): Example => ({ sql, rows: [], error })

type Emits = Readonly<Record<string, Signature['emit'] | string>>

/** `emits`: signature → emit, or the name of the DuckDB function that takes the same arguments. */
export function scalar(
  family: string,
  kind: Kind,
  name: string,
  emits: Emits,
  ...examples: Example[]
): FunctionRow {
  return { name, family, kind, shape: 'scalar', signatures: signaturesOf(emits), examples }
}
export function aggregate(
  family: string,
  kind: Kind,
  name: string,
  emits: Emits,
  ...examples: Example[]
): FunctionRow {
  return { name, family, kind, shape: 'both', signatures: signaturesOf(emits), examples }
}
export function windowed(
  family: string,
  kind: Kind,
  name: string,
  emits: Emits,
  ...examples: Example[]
): FunctionRow {
  return { name, family, kind, shape: 'window', signatures: signaturesOf(emits), examples }
}
export function special(
  family: string,
  name: string,
  usage: string,
  resolve: NonNullable<FunctionRow['resolve']>,
  ...examples: Example[]
): FunctionRow {
  return { name, family, kind: 'rewrite', shape: 'scalar', signatures: [], resolve, usage, examples }
}

/** The row takes named arguments, each a literal. */
export const withNamed = (named: NonNullable<FunctionRow['named']>, row: FunctionRow): FunctionRow => ({
  ...row,
  named,
})

function signaturesOf(emits: Emits): Signature[] {
  return Object.entries(emits).map(([text, emit]) => ({
    text,
    emit: typeof emit === 'string' ? (args) => `${emit}(${args.join(', ')})` : emit,
  }))
}
