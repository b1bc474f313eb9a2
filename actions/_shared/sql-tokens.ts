/**
 * Cuts a GoogleSQL text into tokens; it refuses to look inside strings and comments, and understands nothing.
 */

export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'dot' | 'space' | 'other'
  readonly text: string
  /** Characters before it. */
  readonly at: number
}

/**
 * GoogleSQL's lexical structure: comments, strings (raw, bytes, triple-quoted), back-quoted names, words. A
 * word may hold single dashes (projects do); two of them begin a comment.
 */
const TOKENS =
  /(?<space>--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/|\s+)|(?<string>[rRbB]{0,2}(?:'''[\s\S]*?'''|"""[\s\S]*?"""|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"))|(?<quoted>`(?:[^`\\]|\\.)*`)|(?<word>[A-Za-z_]\w*(?:-\w+)*)|(?<dot>\.)|(?<other>[\s\S])/g

export function tokenize(sql: string): Token[] {
  const tokens = [...sql.matchAll(TOKENS)].map(({ 0: text, groups, index }): Token => {
    const kind =
      (['space', 'string', 'quoted', 'word', 'dot'] as const).find((name) => groups?.[name] !== undefined) ??
      'other'
    return { kind, text, at: index }
  })
  return afterDots(tokens)
}

/** Behind the dot of a name a part may begin with a digit: `dataset.2024_orders`. */
function afterDots(tokens: readonly Token[]): Token[] {
  const all: Token[] = []
  /** The last two tokens that are no space. */
  let before: readonly [Token['kind'], Token['kind']] = ['other', 'other']
  for (let index = 0; index < tokens.length; index += 1) {
    let token = tokens[index]!
    if (before[0] !== 'other' && before[0] !== 'string' && before[1] === 'dot' && /^\d$/.test(token.text)) {
      let { text } = token
      const isPart = (next: Token | undefined): boolean =>
        next?.kind === 'word' || (next?.kind === 'other' && /^\d$/.test(next.text))
      while (isPart(tokens[index + 1])) text += tokens[(index += 1)]!.text
      token = { kind: 'word', text, at: token.at }
    }
    if (token.kind !== 'space') before = [before[1], token.kind]
    all.push(token)
  }
  return all
}
