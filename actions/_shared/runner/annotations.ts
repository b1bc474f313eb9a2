/**
 * Chooses which annotations are shown: the runner keeps ten of a kind per step. It refuses paths outside the
 * workspace.
 */
import type { Annotation } from '../report.ts'
import { hideSecrets } from '../secrets.ts'

/** `_maxCountPerIssueType` in the runner. One error is kept free for the step's own failure. */
const LIMIT = { error: 9, warning: 10, notice: 10 } as const
const MESSAGE_LIMIT = 4000

export function chooseAnnotations(
  all: readonly Annotation[],
  used: Readonly<Partial<Record<Annotation['kind'], number>>> = {},
): { shown: Annotation[]; hidden: Annotation[] } {
  const shown: Annotation[] = []
  const hidden: Annotation[] = []
  const counts = { error: used.error ?? 0, warning: used.warning ?? 0, notice: used.notice ?? 0 }
  for (const annotation of all) {
    if (counts[annotation.kind] >= LIMIT[annotation.kind]) {
      hidden.push(annotation)
      continue
    }
    counts[annotation.kind] += 1
    const isInside =
      annotation.file !== undefined && !/^(\/|[A-Za-z]:|\\)|(^|[\\/])\.\.([\\/]|$)/.test(annotation.file)
    const whole = hideSecrets(annotation.message)
    const message = whole.length > MESSAGE_LIMIT ? `${whole.slice(0, MESSAGE_LIMIT - 1)}…` : whole
    const title = annotation.title === undefined ? undefined : hideSecrets(annotation.title)
    shown.push(isInside ? { ...annotation, title, message } : { kind: annotation.kind, title, message })
  }
  return { shown, hidden }
}
