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

/** What a dry run says of a plan that an apply would refuse. */
export function warnOfRefusal(
  { refusal }: { readonly refusal?: { readonly message: string; readonly hint?: string } },
  isDryRun: boolean,
  words: { readonly before?: string; readonly title?: string } = {},
): Annotation[] {
  if (!isDryRun || refusal === undefined) return []
  const { before = 'An apply of this plan is refused: ', title } = words
  return [{ kind: 'warning', title, message: `${before}${refusal.message} ${refusal.hint ?? ''}`.trim() }]
}

export interface Report {
  readonly outputs: Readonly<Record<string, string | number | boolean>>
  readonly summary: readonly SummaryBlock[]
  readonly annotations?: readonly Annotation[]
  /** Thrown by runAction after everything above was written. */
  readonly failure?: unknown
}
