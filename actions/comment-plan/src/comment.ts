/** One comment as text: the mark, then as much of the plan as GitHub takes. It refuses to be longer. */
import { renderSummary } from '../../_shared/runner/summary.ts'
import type { SummaryBlock } from '../../_shared/report.ts'
import { blocksOf, DETAILS } from './body.ts'
import type { Inputs } from './inputs.ts'
import { markOf } from './mark.ts'

/** GitHub takes 65,536 characters. */
const LIMIT = 65_000

export function commentOf(inputs: Inputs): { body: string; blocks: readonly SummaryBlock[] } {
  const mark = markOf(inputs)
  const tries = DETAILS.map((detail) => blocksOf(inputs, detail))
  const fitting = tries.find(
    (blocks) => mark.length + Buffer.byteLength(callingNobody(renderSummary(blocks))) <= LIMIT,
  )
  // Hundreds of plans do not fit even without their steps: the end of the table is cut, and the cut is said.
  const blocks = fitting ?? tries.at(-1) ?? []
  return { body: mark + callingNobody(renderSummary(blocks, fitting ? LIMIT : LIMIT / 2)), blocks }
}

/** GitHub looks for mentions and references after it has read the entities; a space of no width parts them. */
const callingNobody = (text: string): string =>
  text.replace(/(&#64;|&#35;|@|(?<!&)#(?=\d))(?=[\w&])/g, '$1\u200b')
