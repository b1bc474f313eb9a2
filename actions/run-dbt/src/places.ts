/**
 * From what dbt and Google say to a line of the author's file. It refuses to name a line it cannot tell:
 * a wrong one is worse than none.
 */

export interface Texts {
  /** The model as its author wrote it. */
  readonly source: string
  /** The same with its Jinja rendered. */
  readonly compiled: string
  /** The statement that dbt made of it, without the comment before it. */
  readonly run: string
  /** Lines of that comment. */
  readonly commentLines: number
}

/** Google counts lines of the statement it was sent: `at [19:6]`. */
export function lineOfError(message: string, texts: Texts): number | undefined {
  const at = /\bat \[(\d+):\d+\]/.exec(message)?.[1]
  const name = nameIn(message)
  if (at !== undefined) {
    const line = compiledLine(Number(at), name, texts)
    if (line !== undefined) return sourceLine(texts.source, texts.compiled, line)
  }
  return name === undefined ? undefined : lineWith(texts.source, name)
}

function nameIn(message: string): string | undefined {
  return /(?:Unrecognized name|Function not found|Table not found|Column|Name|Column name)[:\s]+`?([\w.]+)`?/i.exec(
    message,
  )?.[1]
}

function compiledLine(sent: number, name: string | undefined, texts: Texts): number | undefined {
  const body = texts.compiled.trim()
  if (body === '') return undefined
  const from = texts.run.indexOf(body)
  if (from < 0) return undefined
  const before = texts.run.slice(0, from).split('\n').length - 1
  const lines = body.split('\n')
  const line = sent - texts.commentLines - before
  // Another statement than the one on disk (a temporary table, say) has other lines: the name must stand there.
  const text = lines[line - 1]
  if (text === undefined) return undefined
  if (name !== undefined && !contains(text, name.split('.').at(-1) ?? name)) return undefined
  const blank = texts.compiled.slice(0, texts.compiled.indexOf(body)).split('\n').length - 1
  return line + blank
}

const contains = (line: string, name: string): boolean =>
  new RegExp(`(^|\\W)${name.replace(/[^\w]/g, '\\$&')}(\\W|$)`, 'i').test(line)

export function lineWith(text: string, name: string): number | undefined {
  const index = text.split('\n').findIndex((line) => contains(line, name))
  return index < 0 ? undefined : index + 1
}

/**
 * The line of the source that a compiled line came from: lines that Jinja left alone are the same in both,
 * and what stands between two of them belongs together.
 */
export function sourceLine(source: string, compiled: string, line: number): number | undefined {
  const left = source.split('\n').map((text) => text.trim())
  const right = compiled.split('\n').map((text) => text.trim())
  const pairs = commonLines(left, right)
  const target = line - 1
  const same = pairs.find(([, at]) => at === target)
  if (same !== undefined) return same[0] + 1
  const [leftFrom, rightFrom] = pairs.findLast(([, at]) => at < target) ?? [-1, -1]
  const [leftTo, rightTo] = pairs.find(([, at]) => at > target) ?? [left.length, right.length]
  const room = leftTo - leftFrom - 1
  if (room <= 0) return leftFrom >= 0 ? leftFrom + 1 : undefined
  if (room === rightTo - rightFrom - 1) return leftFrom + 1 + (target - rightFrom)
  // Lines of Jinja were dropped or repeated: the one that begins alike, else the first that holds Jinja.
  const between = left.slice(leftFrom + 1, leftTo)
  const text = right[target] ?? ''
  const alike = between.findIndex((part) => {
    const start = part.split(/\{[{%#]/)[0] ?? ''
    return part.includes('{') && start.trim() !== '' && text.startsWith(start.trim())
  })
  const found = alike >= 0 ? alike : between.findIndex((part) => part.includes('{{'))
  return leftFrom + 2 + Math.max(found, 0)
}

const MOST_LINES = 2000

/** Longest common subsequence of lines with words in them, as pairs of positions. */
function commonLines(left: readonly string[], right: readonly string[]): [number, number][] {
  if (left.length > MOST_LINES || right.length > MOST_LINES) return []
  const width = right.length + 1
  const best = new Uint16Array((left.length + 1) * width)
  const isSame = (row: number, column: number): boolean => left[row] === right[column] && left[row] !== ''
  for (let row = left.length - 1; row >= 0; row -= 1)
    for (let column = right.length - 1; column >= 0; column -= 1)
      best[row * width + column] = isSame(row, column)
        ? best[(row + 1) * width + column + 1]! + 1
        : Math.max(best[(row + 1) * width + column]!, best[row * width + column + 1]!)
  const pairs: [number, number][] = []
  for (let row = 0, column = 0; row < left.length && column < right.length;) {
    if (isSame(row, column)) {
      pairs.push([row, column])
      row += 1
      column += 1
    } else if (best[(row + 1) * width + column]! >= best[row * width + column + 1]!) row += 1
    else column += 1
  }
  return pairs
}

/** A generic test stands in YAML: its line is that of its column below its model. */
export function lineOfTest(
  lines: readonly string[],
  model: string | undefined,
  column: string | undefined,
): number | undefined {
  const find = (name: string | undefined, from: number): number =>
    name === undefined
      ? -1
      : lines.findIndex(
          (line, index) => index >= from && line.trim().replace(/["']/g, '') === `- name: ${name}`,
        )
  const atModel = find(model, 0)
  const atColumn = find(column, Math.max(0, atModel))
  return atColumn >= 0 ? atColumn + 1 : atModel >= 0 ? atModel + 1 : undefined
}
