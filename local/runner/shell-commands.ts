/**
 * The programs that a shell script calls, each with its words: behind `if`, `!`, an assignment, `sudo` and inside `$(…)`
 * as well. It runs and expands nothing, and quoted text, comments and here-documents are no calls.
 */

/** The program's own name first, without the wrappers and assignments before it. */
export type Command = readonly string[]

const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '!', '{', 'time'])
/** Programs that start another one, with their options that take a word of their own. */
const WRAPPERS: Readonly<Record<string, RegExp>> = {
  sudo: /^-[ugpCTh]$/,
  env: /^-[uCS]$/,
  nice: /^-n$/,
  timeout: /^-[ks]$/,
  xargs: /^-[nPILEds]$/,
  nohup: /^$/,
  exec: /^-a$/,
  command: /^$/,
}

export const commandsIn = (script: string): Command[] => {
  const commands: string[][] = []
  const awaited: string[] = []
  let at = 0
  const upTo = (end: string): string => {
    const found = script.indexOf(end, at)
    const text = script.slice(at, found < 0 ? script.length : found)
    at = found < 0 ? script.length : found + end.length
    return text
  }
  const skipHereDocuments = (): void => {
    for (const end of awaited.splice(0)) while (at < script.length && upTo('\n').trim() !== end) continue
  }

  /** What stands in place of a value: a variable, the output of other commands. */
  const readDollar = (): string => {
    if (script.startsWith('${', at)) upTo('}')
    else if (script.startsWith('$(', at)) {
      at += 2
      readList(')')
    } else {
      at += 1
      return '$'
    }
    return '$'
  }
  const readDoubleQuoted = (): string => {
    let text = ''
    at += 1
    while (at < script.length && script[at] !== '"') {
      if (script[at] === '$') text += readDollar()
      else if (script[at] === '`') {
        at += 1
        readList('`')
      } else {
        if (script[at] === '\\') at += 1
        text += script[at] ?? ''
        at += 1
      }
    }
    at += 1
    return text
  }
  const readHereDocument = (): void => {
    const opening = /^<<-?[ \t]*(["']?)([\w.-]+)\1/.exec(script.slice(at, at + 200))
    if (opening) awaited.push(opening[2]!)
    at += opening?.[0].length ?? 2
  }

  function readList(end: string): void {
    let words: string[] = []
    let word: string | undefined
    const endWord = (): void => {
      if (word !== undefined) words.push(word)
      word = undefined
    }
    const endCommand = (): void => {
      endWord()
      if (words.length > 0) commands.push(words)
      words = []
    }
    while (at < script.length) {
      const sign = script[at]!
      if (sign === end) {
        at += 1
        break
      } else if (sign === '\\') {
        const isFolded = /^\\\r?\n/.exec(script.slice(at, at + 3))
        if (!isFolded) word = (word ?? '') + (script[at + 1] ?? '')
        at += isFolded?.[0].length ?? 2
      } else if (sign === "'") {
        at += 1
        word = (word ?? '') + upTo("'")
      } else if (sign === '"') word = (word ?? '') + readDoubleQuoted()
      else if (sign === '$') word = (word ?? '') + readDollar()
      else if (sign === '`') {
        at += 1
        readList('`')
        word ??= ''
      } else if (sign === '#' && word === undefined) at += /^.*/.exec(script.slice(at))![0].length
      else if (script.startsWith('<<<', at)) at += 3
      else if (script.startsWith('<<', at)) readHereDocument()
      else if (sign === '\n') {
        endCommand()
        at += 1
        skipHereDocuments()
      } else if (';&|()'.includes(sign)) {
        endCommand()
        at += 1
        if (sign === '(') readList(')')
      } else if (/\s/.test(sign)) {
        endWord()
        at += 1
      } else {
        word = (word ?? '') + sign
        at += 1
      }
    }
    endCommand()
  }
  readList('')
  return commands.map(unwrapped).filter((words) => words.length > 0)
}

const isAssignment = (word: string): boolean => /^[A-Za-z_]\w*\+?=/.test(word)

const unwrapped = (words: Command): Command => {
  const [first = '', second = ''] = words
  if (KEYWORDS.has(first) || isAssignment(first)) return unwrapped(words.slice(1))
  const takesWord = WRAPPERS[first]
  // `command -v` asks for a program and calls none.
  if (takesWord === undefined || (first === 'command' && /^-[vV]/.test(second)))
    return first.startsWith('/') ? [first.slice(first.lastIndexOf('/') + 1), ...words.slice(1)] : words
  let rest = words.slice(1)
  while (rest[0]?.startsWith('-')) rest = rest.slice(takesWord.test(rest[0]) ? 2 : 1)
  return unwrapped(first === 'timeout' ? rest.slice(1) : rest)
}
