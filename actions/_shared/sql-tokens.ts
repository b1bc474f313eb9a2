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
  return [...sql.matchAll(TOKENS)].map(({ 0: text, groups, index }) => {
    const kind =
      (['space', 'string', 'quoted', 'word', 'dot'] as const).find((name) => groups?.[name] !== undefined) ??
      'other'
    return { kind, text, at: index }
  })
}
