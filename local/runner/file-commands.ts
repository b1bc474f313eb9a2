/**
 * Reads the files a step writes (GITHUB_OUTPUT, _ENV, _STATE, _PATH) by the rules of GitHub's runner; it
 * refuses what GitHub refuses.
 */
export class FileCommandError extends Error {
  override name = 'FileCommandError'
}

export interface Pair {
  readonly name: string
  readonly value: string
}

/**
 * `NAME=value` lines and `NAME<<DELIMITER` blocks. The content of a block is taken as it is: no line in it is
 * a command.
 */
export const parsePairs = (content: string): Pair[] => {
  const pairs: Pair[] = []
  const lines = linesWithEnds(content)
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]?.text ?? ''
    if (line === '') continue
    const equals = line.indexOf('=')
    const heredoc = line.indexOf('<<')
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      if (equals === 0) throw new FileCommandError(`Invalid format '${line}'. Name must not be empty`)
      pairs.push({ name: line.slice(0, equals), value: line.slice(equals + 1) })
      continue
    }
    if (heredoc < 0) throw new FileCommandError(`Invalid format '${line}'`)
    const name = line.slice(0, heredoc)
    const delimiter = line.slice(heredoc + 2)
    if (name === '' || delimiter === '')
      throw new FileCommandError(
        `Invalid format '${line}'. Name must not be empty and delimiter must not be empty`,
      )
    const end = lines.findIndex((candidate, at) => at > index && candidate.text === delimiter)
    if (end < 0) throw new FileCommandError(`Invalid value. Matching delimiter not found '${delimiter}'`)
    const block = lines.slice(index + 1, end)
    pairs.push({
      name,
      value: block.map(({ text, newline }, at) => (at === block.length - 1 ? text : text + newline)).join(''),
    })
    index = end
  }
  return pairs
}

export const parsePaths = (content: string): string[] =>
  linesWithEnds(content)
    .map(({ text }) => text)
    .filter((line) => line !== '')

/** GitHub refuses this one: it would run code in every later Node step. */
export const refusedVariable = (name: string): string | undefined =>
  name.toUpperCase() === 'NODE_OPTIONS'
    ? `Can't store ${name} output parameter using '$GITHUB_ENV' command.`
    : undefined

const linesWithEnds = (content: string): { text: string; newline: string }[] => {
  const found: { text: string; newline: string }[] = []
  const pattern = /\r\n|\r|\n/g
  let start = 0
  for (let match = pattern.exec(content); match; match = pattern.exec(content)) {
    found.push({ text: content.slice(start, match.index), newline: match[0] })
    start = match.index + match[0].length
  }
  if (start < content.length) found.push({ text: content.slice(start), newline: '' })
  return found
}
