/**
 * One written command per line to its words, as a shell would split them. It refuses what only a shell could
 * carry out (`&&`, pipes, redirections, `$NAME`): taken for words, they would be selectors that select nothing.
 */

export interface Word {
  readonly text: string
  /** Any part of it stood in quotes or behind a backslash. */
  readonly isQuoted: boolean
}

export class NotWords extends Error {}

const ONE_PER_LINE = 'no shell reads this line; write one command per line'
/** What a redirection was for has its place elsewhere. */
const REDIRECTED =
  ' without it: what dbt prints is in the log of the step, what it writes in the folder of the output results-path'

/** Lines as the author meant them: `\` at the end goes on, comment lines and empty ones are left out. */
export function commandLines(text: string): string[] {
  const commands: string[] = []
  let open = ''
  for (const line of text.split(/\r?\n/).map((part) => part.trim())) {
    if (open === '' && (line === '' || line.startsWith('#'))) continue
    const goesOn = /(^|[^\\])(\\\\)*\\$/.test(line)
    open = `${open} ${goesOn ? line.slice(0, -1) : line}`.trim()
    if (goesOn) continue
    if (open !== '') commands.push(open)
    open = ''
  }
  return open === '' ? commands : [...commands, open]
}

/** @throws NotWords with the reason. */
export function splitWords(line: string): Word[] {
  const words: Word[] = []
  let word: { text: string; isQuoted: boolean } | undefined
  const add = (text: string, isQuoted = false): void => {
    word = { text: (word?.text ?? '') + text, isQuoted: isQuoted || (word?.isQuoted ?? false) }
  }
  for (let at = 0; at < line.length; at += 1) {
    const sign = line[at] ?? ''
    if (/\s/.test(sign)) {
      if (word) words.push(word)
      word = undefined
    } else if (sign === '#' && word === undefined) break
    else if (sign === "'" || sign === '"') {
      const end = closing(line, at)
      const inner = line.slice(at + 1, end)
      if (sign === '"') refuseExpansion(inner)
      add(sign === '"' ? inner.replace(/\\(["\\$`])/g, '$1') : inner, true)
      at = end
    } else if (sign === '\\') {
      if (at + 1 >= line.length) throw new NotWords('nothing follows the last backslash')
      add(line[at + 1] ?? '', true)
      at += 1
    } else {
      const operator = /^(&&|\|\||>>|<<|2>&1|2>|[;|<>&])/.exec(line.slice(at))?.[0]
      if (operator !== undefined)
        throw new NotWords(
          `${operator} stands outside quotes: ${ONE_PER_LINE}${/[<>]/.test(operator) ? REDIRECTED : ''}`,
        )
      if (sign === '$' || sign === '`') refuseExpansion(/^.\(?\{?\w*\}?/.exec(line.slice(at))?.[0] ?? sign)
      add(sign)
    }
  }
  return word ? [...words, word] : words
}

/** Position of the quote that closes the one at `from`. */
function closing(line: string, from: number): number {
  for (let at = from + 1; at < line.length; at += 1) {
    if (line[from] === '"' && line[at] === '\\') at += 1
    else if (line[at] === line[from]) return at
  }
  throw new NotWords(`the quote ${line[from]} at column ${from + 1} is not closed`)
}

function refuseExpansion(text: string): void {
  const found = /(?<!\\)(?:\\\\)*(`|\$\(|\$\{?[A-Za-z_]\w*\}?)/.exec(text)?.[1]
  if (found === undefined) return
  throw new NotWords(
    `${found} would be expanded by a shell, and none reads this line; use \${{ }} of the workflow, or single quotes for these very signs`,
  )
}
