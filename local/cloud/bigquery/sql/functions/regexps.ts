/**
 * Regular expressions: both engines are RE2, but DuckDB's functions differ in anchoring, in what "no match"
 * is and in how many are replaced. Patterns are literals.
 */
import { invalid, unsupported } from '../refusal.ts'
import { once } from '../values/value.ts'
import { example, failing, scalar, type Emit, type FunctionRow } from './row.ts'

const F = 'Regular expression'

/** Number of capturing groups of a literal pattern. */
function groupsOf(how: Emit): number {
  const pattern = how.values[1]!.literal
  if (pattern === undefined)
    throw unsupported('A regular expression that is not a string literal in this function', how.at)
  const bare = bareOf(pattern)
  const groups = countGroups(bare)
  if (groups > 1) throw invalid('Regular expression has more than 1 capturing group', how.at)
  if (groups === 1 && mayBeSkipped(bare))
    throw unsupported('A regular expression whose group need not take part in a match', how.at)
  return groups
}

/** Without quoted text, escapes and classes: only grouping is left. */
const bareOf = (pattern: string): string =>
  pattern
    .replace(/\\Q[\s\S]*?(\\E|$)/g, '')
    .replace(/\\[\s\S]/g, '')
    .replace(/\[\^?\]?[^\]]*\]/g, '')
const countGroups = (bare: string): number => (bare.match(/\((?!\?)|\(\?P?<[A-Za-z]/g) ?? []).length

/** DuckDB leaves the text alone when the replacement names a group that is not there; BigQuery refuses it. */
function checkReplacement(how: Emit): void {
  const [, pattern, by] = how.values.map((value) => value.literal)
  if (by === undefined)
    throw unsupported('A replacement that is not a string literal in REGEXP_REPLACE', how.at)
  const escapes = [...by.matchAll(/\\([\s\S]?)/g)].map((match) => match[1]!)
  if (escapes.some((escaped) => !/[\d\\]/.test(escaped)))
    throw invalid('Invalid REGEXP_REPLACE pattern: a backslash is followed by a digit or a backslash', how.at)
  const highest = Math.max(0, ...escapes.filter((escaped) => escaped !== '\\').map(Number))
  if (highest === 0) return
  if (pattern === undefined)
    throw unsupported('A regular expression that is not a string literal in this function', how.at)
  const groups = countGroups(bareOf(pattern))
  if (highest > groups)
    throw invalid(
      `Invalid REGEXP_REPLACE pattern: \\${highest} is used, the regular expression has ${groups} capturing groups`,
      how.at,
    )
}

/** `(a)?b`, `(a)|b`: a match without the group. */
function mayBeSkipped(bare: string): boolean {
  let outside = bare
  for (let before = ''; before !== outside;) {
    before = outside
    outside = outside.replace(/\([^()]*\)/g, '')
  }
  return /\)(?:[?*]|\{0)/.test(bare) || outside.includes('|')
}

const extract = (args: string[], how: Emit) => {
  const group = groupsOf(how)
  return once(
    args,
    ([text, pattern]) =>
      `CASE WHEN regexp_matches(${text}, ${pattern}) THEN regexp_extract(${text}, ${pattern}, ${group}) END`,
  )
}

export const regexpRows: readonly FunctionRow[] = [
  scalar(
    F,
    'native',
    'REGEXP_CONTAINS',
    { 'STRING, STRING -> BOOL': 'regexp_matches' },
    example(
      "SELECT REGEXP_CONTAINS('foo@example.com', r'@[a-zA-Z0-9-]+\\.[a-zA-Z0-9-.]+'), REGEXP_CONTAINS('www.example.net', r'@'), REGEXP_CONTAINS('xabcy', 'abc')",
      [true, false, true],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'REGEXP_EXTRACT',
    { 'STRING, STRING! -> STRING': extract },
    example(
      "SELECT REGEXP_EXTRACT('foo@example.com', r'^[a-zA-Z0-9_.+-]+'), REGEXP_EXTRACT('foo@example.com', r'^[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\\.([a-zA-Z0-9-.]+$)'), REGEXP_EXTRACT('abc', 'x')",
      ['foo', 'com', null],
    ),
    failing("SELECT REGEXP_EXTRACT('ab', '(a)(b)')", 'more than 1 capturing group'),
  ),
  scalar(
    F,
    'rewrite',
    'REGEXP_SUBSTR',
    { 'STRING, STRING! -> STRING': extract },
    example("SELECT REGEXP_SUBSTR('Hello World Helloo', 'H?ello+')", ['Hello']),
  ),
  scalar(
    F,
    'rewrite',
    'REGEXP_EXTRACT_ALL',
    {
      'STRING, STRING! -> ARRAY<STRING>': (args, how) =>
        `regexp_extract_all(${args[0]}, ${args[1]}, ${groupsOf(how)})`,
    },
    example("SELECT REGEXP_EXTRACT_ALL('Try `func(x)` or `func(y)`', '`(.+?)`')", [['func(x)', 'func(y)']]),
  ),
  scalar(
    F,
    'rewrite',
    'REGEXP_REPLACE',
    {
      'STRING, STRING, STRING -> STRING': ([text, pattern, by], how) => {
        checkReplacement(how)
        return `regexp_replace(${text}, ${pattern}, ${by}, 'g')`
      },
    },
    example(
      "SELECT REGEXP_REPLACE('# Heading', r'^# ([a-zA-Z0-9\\s]+$)', '<h1>\\\\1</h1>'), REGEXP_REPLACE('aXbXc', 'X', '-')",
      ['<h1>Heading</h1>', 'a-b-c'],
    ),
    failing("SELECT REGEXP_REPLACE('abc', 'b', '\\\\2')", 'the regular expression has 0 capturing groups'),
  ),
]
