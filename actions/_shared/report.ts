/**
 * What an action says at its end, as a value: outputs, summary blocks, annotations. It refuses to know how
 * they are written.
 */

export type Cell = string | number | { readonly text: string; readonly href: string }

/**
 * One block of the job summary. All text is plain: the runner edge escapes it, so a hostile file name stays a
 * file name.
 */
export type SummaryBlock =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly Cell[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Cell[])[] }
  | { readonly kind: 'code'; readonly text: string; readonly language?: string }
  | { readonly kind: 'details'; readonly label: string; readonly text: string }

export interface Annotation {
  readonly kind: 'error' | 'warning' | 'notice'
  readonly message: string
  readonly title?: string
  /** Relative to the workspace, with forward slashes. */
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

export interface Report {
  readonly outputs: Readonly<Record<string, string | number | boolean>>
  readonly summary: readonly SummaryBlock[]
  readonly annotations?: readonly Annotation[]
  /** Thrown by runAction after everything above was written. */
  readonly failure?: unknown
}
