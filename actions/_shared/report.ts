/**
 * What an action says at its end, as a value: outputs, summary blocks, annotations. It refuses to know how
 * they are written.
 */

import { lineDiff } from './line-diff.ts'
import type { Step } from './plan.ts'

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

/** How much of what changes a summary shows; the files and the plan hold the rest. */
const MOST_DIFFERENCES = 30

/** Of each step that changes a text, its lines. */
export function showDifferences(steps: readonly Step[]): SummaryBlock[] {
  const all = steps.flatMap(({ target, before, after }) => {
    const text = before === undefined || after === undefined ? '' : lineDiff(before, after)
    return text === '' ? [] : [{ kind: 'details', label: `${target}: what changes`, text } as const]
  })
  if (all.length <= MOST_DIFFERENCES) return all
  const more = all.length - MOST_DIFFERENCES
  return [
    ...all.slice(0, MOST_DIFFERENCES),
    { kind: 'text', text: `${more} more change and are not shown here.` },
  ]
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
