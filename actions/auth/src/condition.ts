/**
 * Which part of a provider's attribute condition says no to this job, judged on the job's own claims. It
 * decides nothing (Google did) and refuses to guess what a mapping makes of a claim.
 */
import type { Claims } from './claims.ts'

export interface Clause {
  readonly text: string
  readonly verdict: 'true' | 'false' | 'error' | 'not judged'
  /** The claims it reads, or what is wrong with them. */
  readonly why: string
}

/** Every claim of GitHub's that a condition reads is a text, numbers of ids included. */
const COMPARED_WITH_NUMBER = /\bassertion\.\w+\s*[=!<>]=?\s*-?\d|\d\s*[=!<>]=?\s*assertion\./
export const NO_NUMBERS = 'the claim is a text and is compared with a number'

/** @param condition the whole expression; it is cut at each `&&` outside brackets and quotes. */
export async function judgeCondition(condition: string, claims: Claims): Promise<Clause[]> {
  // Only a refused job needs the language.
  const { Environment } = await import('@marcbachmann/cel-js')
  const language = new Environment({ limits: { maxAstNodes: 2000, maxDepth: 64 } }).registerVariable(
    'assertion',
    'map',
  )
  const assertion = toCel(claims)
  return clausesOf(condition).map((text): Clause => {
    const named = [...withoutTexts(text).matchAll(/\bassertion\.([A-Za-z_]\w*)/g)].map(
      ([, name = '']) => name,
    )
    const missing = named.find((name) => !Object.hasOwn(claims, name))
    const read = [...new Set(named)]
      .map(
        (name) => `${name}=${Object.hasOwn(claims, name) ? JSON.stringify(claims[name]) : '(no such claim)'}`,
      )
      .join(', ')
    if (/\b(attribute|google)\s*[.[]/.test(withoutTexts(text)))
      return { text, verdict: 'not judged', why: "it depends on the provider's attribute mapping" }
    try {
      const value = language.parse(text)({ assertion }) as unknown
      if (value === true) return { text, verdict: 'true', why: read }
      if (value === false)
        return {
          text,
          verdict: 'false',
          why: COMPARED_WITH_NUMBER.test(withoutTexts(text)) ? `${NO_NUMBERS}; ${read}` : read,
        }
      return { text, verdict: 'error', why: `it is not a comparison; ${read}` }
    } catch (error) {
      const words = String((error as Error).message).split('\n')[0] ?? ''
      return {
        text,
        verdict: 'error',
        why:
          missing === undefined
            ? `it cannot be evaluated: ${words.slice(0, 160)}; ${read}`
            : `the token has no claim ${missing}, and a missing claim is an error, which rejects`,
      }
    }
  })
}

export function describeClauses(clauses: readonly Clause[]): string {
  const mark = { true: '✓', false: '✗ false', error: '✗ error', 'not judged': '?' } as const
  return clauses
    .map(
      ({ text, verdict, why }) =>
        `  ${mark[verdict]}  ${text}${verdict === 'true' || why === '' ? '' : `   (${why})`}`,
    )
    .join('\n')
}

/** A clause beside `||` stays whole: which side was meant is not ours to say. */
export function clausesOf(condition: string): string[] {
  const bare = withoutTexts(condition)
  const cuts: number[] = []
  let depth = 0
  let hasOr = false
  for (let at = 0; at < bare.length; at += 1) {
    const pair = bare.slice(at, at + 2)
    if ('([{'.includes(bare[at]!)) depth += 1
    else if (')]}'.includes(bare[at]!)) depth -= 1
    else if (depth === 0 && pair === '||') hasOr = true
    else if (depth === 0 && pair === '&&') cuts.push(at)
  }
  if (hasOr || /\?/.test(bare)) return [condition.trim()]
  const edges = [-2, ...cuts, bare.length]
  return edges
    .slice(1)
    .map((end, index) =>
      condition
        .slice(edges[index]! + 2, end)
        .replace(/\s+/g, ' ')
        .trim(),
    )
    .filter((text) => text !== '')
}

/** The same length, with nothing inside quotes. */
function withoutTexts(text: string): string {
  return text.replace(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g,
    (found) => `"${' '.repeat(Math.max(0, found.length - 2))}"`,
  )
}

/** JSON has one number; the language has two, and whole ones are ints. */
function toCel(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(toCel)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toCel(item)]))
  return value
}
