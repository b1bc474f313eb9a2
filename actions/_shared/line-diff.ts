/**
 * What differs between two texts, line by line with some lines around it, at most so many. It refuses to compare
 * long texts cleverly: of those it shows what lies between their equal ends.
 */

import type { Step } from './plan.ts'
import type { SummaryBlock } from './report.ts'

const AROUND = 2
/** Cells of the table that a clever comparison fills. */
const MOST_CELLS = 250_000

type Line = readonly [sign: ' ' | '-' | '+', text: string]

/** '' when they are equal. */
export function lineDiff(before: string, after: string, mostLines = 60): string {
  if (before === after) return ''
  const lines = compare(before.split(/\r?\n/), after.split(/\r?\n/))
  const isNear = (index: number): boolean =>
    lines.slice(Math.max(0, index - AROUND), index + AROUND + 1).some(([sign]) => sign !== ' ')
  const shown: string[] = []
  for (const [index, [sign, text]] of lines.entries()) {
    if (isNear(index)) shown.push(`${sign} ${text.length > 300 ? `${text.slice(0, 299)}…` : text}`)
    else if (shown.at(-1) !== '…') shown.push('…')
  }
  if (shown.length <= mostLines) return shown.join('\n')
  return [...shown.slice(0, mostLines), `… ${shown.length - mostLines} more lines`].join('\n')
}

function compare(before: readonly string[], after: readonly string[]): Line[] {
  let start = 0
  while (start < Math.min(before.length, after.length) && before[start] === after[start]) start += 1
  let end = 0
  const most = Math.min(before.length, after.length) - start
  while (end < most && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1
  const same = (lines: readonly string[]): Line[] => lines.map((line) => [' ', line])
  const [was, is] = [before.slice(start, before.length - end), after.slice(start, after.length - end)]
  return [
    ...same(before.slice(0, start)),
    ...(was.length * is.length > MOST_CELLS ? replaced(was, is) : between(was, is)),
    ...same(before.slice(before.length - end)),
  ]
}

const replaced = (was: readonly string[], is: readonly string[]): Line[] => [
  ...was.map((line): Line => ['-', line]),
  ...is.map((line): Line => ['+', line]),
]

/** By the longest common subsequence. */
function between(was: readonly string[], is: readonly string[]): Line[] {
  const width = is.length + 1
  const common = new Uint32Array((was.length + 1) * width)
  for (let row = was.length - 1; row >= 0; row -= 1)
    for (let column = is.length - 1; column >= 0; column -= 1)
      common[row * width + column] =
        was[row] === is[column]
          ? common[(row + 1) * width + column + 1]! + 1
          : Math.max(common[(row + 1) * width + column]!, common[row * width + column + 1]!)
  const lines: Line[] = []
  let [row, column] = [0, 0]
  while (row < was.length || column < is.length) {
    if (row < was.length && column < is.length && was[row] === is[column]) {
      lines.push([' ', was[row]!])
      row += 1
      column += 1
    } else if (
      column >= is.length ||
      (row < was.length && common[(row + 1) * width + column]! >= common[row * width + column + 1]!)
    ) {
      lines.push(['-', was[row]!])
      row += 1
    } else {
      lines.push(['+', is[column]!])
      column += 1
    }
  }
  return lines
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
