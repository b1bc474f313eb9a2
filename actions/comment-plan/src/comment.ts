/** One comment as text: the mark, then as much of the plan as GitHub takes. It refuses to be longer. */
import { renderSummary } from '../../_shared/runner/summary.ts'
import type { SummaryBlock } from '../../_shared/report.ts'
import { blocksOf, DETAILS, LEAST } from './body.ts'
import type { Inputs } from './inputs.ts'
import { markOf, type Mark } from './mark.ts'

/** GitHub takes 65,536 characters. */
const LIMIT = 65_000

export function commentOf(
  inputs: Inputs,
  digests: Mark['digests'],
): { body: string; blocks: readonly SummaryBlock[] } {
  const mark = markOf({ ...inputs, digests })
  for (const detail of DETAILS) {
    const blocks = blocksOf(inputs, detail)
    const text = callingNobody(renderSummary(blocks))
    if (mark.length + Buffer.byteLength(text) <= LIMIT) return { body: mark + text, blocks }
  }
  // Hundreds of plans do not fit even without their steps: the end of the table is cut, and the cut is said.
  const blocks = blocksOf(inputs, LEAST)
  return { body: mark + callingNobody(renderSummary(blocks, LIMIT / 2)), blocks }
}

/** GitHub looks for mentions and references after it has read the entities; a space of no width parts them. */
const callingNobody = (text: string): string =>
  text.replace(/(&#64;|&#35;|@|(?<!&)#(?=\d))(?=[\w&])/g, '$1\u200b')
