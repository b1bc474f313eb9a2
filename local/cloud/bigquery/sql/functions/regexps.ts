/**
 * Regular expressions: both engines are RE2, but DuckDB's functions differ in anchoring, in what "no match"
 * is and in how many are replaced. Patterns are literals.
 */
import { invalid, unsupported } from '../refusal.ts'
import { once } from '../values/value.ts'
import { overLatinPattern } from './latin.ts'
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

/** `(a)?b`, `(a)|b`: a match without the capturing group. `bare` has it once. */
function mayBeSkipped(bare: string): boolean {
  const open: { captures: boolean; hasChoice: boolean; holdsGroup?: boolean }[] = [
    { captures: false, hasChoice: false },
  ]
  for (const [token] of bare.matchAll(/\(\?[^:)<]*[:)]|\(\?P?<[^>]*>|\(|\)(?:[?*]|\{0)?|\|/g)) {
    if (token === '|') open.at(-1)!.hasChoice = true
    else if (token.startsWith('(?') && token.endsWith(')')) continue
    else if (token.startsWith('(')) open.push({ captures: !/^\(\?[^P<]*:/.test(token), hasChoice: false })
    else {
      const group = open.pop()!
      const outer = open.at(-1)
      if (!outer) return true
      // A choice inside the capturing group itself is one of what it captures.
      const holds = group.captures
      if (holds && token.length > 1) return true
      outer.captures ||= holds
      if (holds) outer.holdsGroup = true
    }
    if (open.some(({ holdsGroup, hasChoice }) => holdsGroup && hasChoice)) return true
  }
  return open.some(({ holdsGroup, hasChoice }) => holdsGroup && hasChoice)
}

const extract = (args: string[], how: Emit) => {
  const group = groupsOf(how)
  return once(
    args,
    ([text, pattern]) =>
      `CASE WHEN regexp_matches(${text}, ${pattern}) THEN regexp_extract(${text}, ${pattern}, ${group}) END`,
  )
}

/** `position`, `occurrence` and the like: literals, at least `least`. */
function literalAt(how: Emit, index: number, least: number, word: string): number | undefined {
  const given = how.values[index]
  if (!given) return undefined
  if (given.literal === undefined)
    throw unsupported(`A regular expression function whose ${word} is not a literal`, how.at)
  if (Number(given.literal) < least) throw invalid(`The ${word} must be at least ${least}`, how.at)
  return Number(given.literal)
}

/** The rest of the text from a position; there `^` and `\\b` would see another neighbour. */
function restFrom(text: string, position: number, how: Emit): string {
  if (position === 1) return text
  const pattern = how.values[1]!.literal
  if (pattern === undefined || /\^|\\[bBA]/.test(pattern))
    throw unsupported('A position with a regular expression that looks before it', how.at)
  return `substr(${text}, ${position})`
}

const extractFrom = ([text, pattern]: string[], how: Emit) => {
  const position = literalAt(how, 2, 1, 'position') ?? 1
  const occurrence = literalAt(how, 3, 1, 'occurrence') ?? 1
  const group = groupsOf(how)
  return `regexp_extract_all(${restFrom(text!, position, how)}, ${pattern}, ${group})[${occurrence}]`
}

/** What stands before the first match, taken as short as possible, says where it begins. */
const locate = ([text, pattern]: string[], how: Emit) => {
  const position = literalAt(how, 2, 1, 'position') ?? 1
  const occurrence = literalAt(how, 3, 1, 'occurrence') ?? 1
  const after = literalAt(how, 4, 0, 'occurrence position') ?? 0
  if (occurrence > 1) throw unsupported('REGEXP_INSTR of a later occurrence', how.at)
  if (after > 1) throw invalid('The occurrence position must be 0 or 1', how.at)
  if (groupsOf(how) > 0) throw unsupported('REGEXP_INSTR with a capturing group', how.at)
  return once(
    [
      restFrom(text!, position, how),
      `('(?s:^(.*?))(?:' || ${pattern} || ')')`,
      `('((?s:^.*?)(?:' || ${pattern} || '))')`,
    ],
    ([rest, before, whole]) =>
      `CASE WHEN ${rest} IS NULL OR ${before} IS NULL THEN NULL WHEN regexp_matches(${rest}, ${before}) THEN CAST(length(regexp_extract(${rest}, ${after === 1 ? whole : before}, 1)) + ${position} AS BIGINT) ELSE CAST(0 AS BIGINT) END`,
  )
}

const extractAll = (args: string[], how: Emit) =>
  `regexp_extract_all(${args[0]}, ${args[1]}, ${groupsOf(how)})`

const replaceAll = ([text, pattern, by]: string[], how: Emit) => {
  checkReplacement(how)
  return `regexp_replace(${text}, ${pattern}, ${by}, 'g')`
}

export const regexpRows: readonly FunctionRow[] = [
  scalar(
    F,
    'native',
    'REGEXP_CONTAINS',
    {
      'STRING, STRING -> BOOL': 'regexp_matches',
      'BYTES, BYTES -> BOOL': overLatinPattern('BOOL', (args) => `regexp_matches(${args.join(', ')})`),
    },
    example("SELECT REGEXP_CONTAINS(b'a\\xff', b'\\xff$'), REGEXP_CONTAINS(b'\\xc3\\xa9', b'^.$')", [
      true,
      false,
    ]),
    example(
      "SELECT REGEXP_CONTAINS('foo@example.com', r'@[a-zA-Z0-9-]+\\.[a-zA-Z0-9-.]+'), REGEXP_CONTAINS('www.example.net', r'@'), REGEXP_CONTAINS('xabcy', 'abc')",
      [true, false, true],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'REGEXP_EXTRACT',
    {
      'STRING, STRING -> STRING': extract,
      'STRING, STRING, INT64 -> STRING': extractFrom,
      'STRING, STRING, INT64, INT64 -> STRING': extractFrom,
      'BYTES, BYTES -> BYTES': overLatinPattern('BYTES', extract),
      'BYTES, BYTES, INT64 -> BYTES': overLatinPattern('BYTES', extractFrom),
      'BYTES, BYTES, INT64, INT64 -> BYTES': overLatinPattern('BYTES', extractFrom),
    },
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
    {
      'STRING, STRING -> STRING': extract,
      'STRING, STRING, INT64 -> STRING': extractFrom,
      'STRING, STRING, INT64, INT64 -> STRING': extractFrom,
      'BYTES, BYTES -> BYTES': overLatinPattern('BYTES', extract),
      'BYTES, BYTES, INT64 -> BYTES': overLatinPattern('BYTES', extractFrom),
      'BYTES, BYTES, INT64, INT64 -> BYTES': overLatinPattern('BYTES', extractFrom),
    },
    example("SELECT TO_HEX(REGEXP_SUBSTR(b'\\xe9\\xff\\xe9\\x00', b'\\xe9(.)', 2))", ['00']),
    example("SELECT REGEXP_SUBSTR('Hello World Helloo', 'H?ello+')", ['Hello']),
    example(
      "SELECT REGEXP_SUBSTR('Hello Helloo and Hellooo', 'H?ello+', 1, 1), REGEXP_SUBSTR('Hello Helloo and Hellooo', 'H?ello+', 1, 2), REGEXP_SUBSTR('Hello Helloo and Hellooo', 'H?ello+', 3, 1), REGEXP_SUBSTR('Hello Helloo and Hellooo', 'H?ello+', 20, 2)",
      ['Hello', 'Helloo', 'Helloo', null],
    ),
  ),
  scalar(
    F,
    'rewrite',
    'REGEXP_INSTR',
    {
      'STRING, STRING -> INT64': locate,
      'STRING, STRING, INT64 -> INT64': locate,
      'STRING, STRING, INT64, INT64 -> INT64': locate,
      'STRING, STRING, INT64, INT64, INT64 -> INT64': locate,
      'BYTES, BYTES -> INT64': overLatinPattern('INT64', locate),
      'BYTES, BYTES, INT64 -> INT64': overLatinPattern('INT64', locate),
      'BYTES, BYTES, INT64, INT64 -> INT64': overLatinPattern('INT64', locate),
      'BYTES, BYTES, INT64, INT64, INT64 -> INT64': overLatinPattern('INT64', locate),
    },
    example(
      "SELECT REGEXP_INSTR('ab@gmail.com', '@[^.]*'), REGEXP_INSTR('cd@gmail.com', '@[^.]*', 1, 1, 1), REGEXP_INSTR('abc', 'x'), REGEXP_INSTR('éa@b', '@'), REGEXP_INSTR('a@cd@e', '@', 3)",
      [3, 9, 0, 3, 5],
    ),
    failing("SELECT REGEXP_INSTR('a', 'a', 0)", 'position'),
  ),
  scalar(
    F,
    'rewrite',
    'REGEXP_EXTRACT_ALL',
    {
      'STRING, STRING! -> ARRAY<STRING>': extractAll,
      'BYTES, BYTES! -> ARRAY<BYTES>': overLatinPattern('ARRAY<BYTES>', extractAll),
    },
    example("SELECT REGEXP_EXTRACT_ALL('Try `func(x)` or `func(y)`', '`(.+?)`')", [['func(x)', 'func(y)']]),
  ),
  scalar(
    F,
    'rewrite',
    'REGEXP_REPLACE',
    {
      'STRING, STRING, STRING -> STRING': replaceAll,
      'BYTES, BYTES, BYTES -> BYTES': overLatinPattern('BYTES', replaceAll),
    },
    example(
      "SELECT REGEXP_REPLACE('# Heading', r'^# ([a-zA-Z0-9\\s]+$)', '<h1>\\\\1</h1>'), REGEXP_REPLACE('aXbXc', 'X', '-')",
      ['<h1>Heading</h1>', 'a-b-c'],
    ),
    example("SELECT TO_HEX(REGEXP_REPLACE(b'a\\xffb', b'[\\x80-\\xff]', b'\\xfe'))", ['61fe62']),
    failing("SELECT REGEXP_REPLACE('abc', 'b', '\\\\2')", 'the regular expression has 0 capturing groups'),
  ),
]
