/**
 * What dbt's verbs share: which of them select nodes, and which flags `ls` understands as they do. It refuses
 * to know what a node is.
 */
import type { Command } from './commands.ts'

/** Selecting verbs with the kinds of node they act on; none means all. */
const SELECTING: Readonly<Record<string, readonly string[]>> = {
  build: [],
  clone: [],
  compile: [],
  list: [],
  ls: [],
  run: ['model'],
  seed: ['seed'],
  snapshot: ['snapshot'],
  'source freshness': ['source'],
  test: ['test', 'unit_test'],
}
/** Verbs that ought to act on something: none selected is worth a warning. */
export const acts = (verb: string): boolean =>
  ['build', 'run', 'seed', 'snapshot', 'test', 'clone', 'source freshness'].includes(verb)

/** Verbs that carry models out. */
export const builds = (verb: string): boolean => ['build', 'run', 'retry'].includes(verb)

export const takesTargetPath = (verb: string): boolean => verb !== 'deps'

/** Flags of the selecting verbs that `dbt ls` has too; each takes one or more words. */
const WITH_WORDS =
  /^(--(select|models?|exclude|selector|resource-types?|exclude-resource-types?|state|defer-state|indirect-selection|warn-error-options)|-s|-m)$/
const ALONE = /^--((no-)?(defer|favor-state|warn-error|partial-parse|version-check|cache-selected-only))$/
/** Of a listing itself. */
const OF_LISTING = /^--output(-keys)?$/

/** `ls` with the same selection; undefined for a verb that selects nothing. */
export function listingOf({ verb, words }: Command): string[] | undefined {
  const types = SELECTING[verb]
  if (types === undefined) return undefined
  const isListing = verb === 'ls' || verb === 'list'
  // An author who names types knows which: ours would widen them.
  const isTyped = words.some((word) => /^--(exclude-)?resource-types?(=|$)/.test(word))
  return [
    'ls',
    '--quiet',
    ...(isTyped ? [] : types.flatMap((type) => ['--resource-type', type])),
    ...wordsFor(
      words,
      (flag) => WITH_WORDS.test(flag) || ALONE.test(flag) || (isListing && OF_LISTING.test(flag)),
    ),
  ]
}

/** Whether a look at a command starts dbt at all. */
export const isPreviewed = (command: Command): boolean =>
  command.verb === 'deps' || listingOf(command) !== undefined

/** The flags that `isKept`, each with the words that belong to it. */
function wordsFor(words: readonly string[], isKept: (flag: string) => boolean): string[] {
  const kept: string[] = []
  let isTaking = false
  for (const word of words) {
    // `-stag:nightly`: a short flag may carry its value.
    if (word.startsWith('-')) isTaking = isKept(word.split('=')[0] ?? '') || /^-[sm]\S/.test(word)
    if (isTaking) kept.push(word)
  }
  return kept
}

/** The kinds of node that a verb builds or tests; of the others nothing is read. */
export function nodeTypesOf(verb: string): readonly string[] {
  return verb === 'build' ? ['model', 'snapshot', 'test'] : (SELECTING[verb] ?? [])
}

/** `compile` with the same selection, of the verbs that read the warehouse. */
export function compilingOf({ verb, words }: Command): string[] | undefined {
  if (!['build', 'run', 'snapshot', 'test'].includes(verb)) return undefined
  const own = wordsFor(
    words,
    (flag) =>
      (WITH_WORDS.test(flag) && !/resource-type/.test(flag)) || ALONE.test(flag) || FOR_COMPILE.test(flag),
  )
  return ['compile', '--quiet', ...own]
}
const FOR_COMPILE = /^(--full-refresh|-f|--threads|--(no-)?introspect)$/

const STATEFUL = ['build', 'run', 'test', 'seed', 'snapshot', 'compile', 'list', 'ls']
const SELECTION = /^(--(select|models?|selector)(=|$)|-[sm])/

/** With the main branch's state: what is modified, unless the author selects, read from there what is not built. */
export function withState(command: Command, kept: { readonly directory: string } | undefined): Command {
  if (kept === undefined || !STATEFUL.includes(command.verb)) return command
  const has = (flag: string): boolean =>
    [...command.globals, ...command.words].some((word) => word === flag || word.startsWith(`${flag}=`))
  const selects = command.words.some((word) => SELECTION.test(word))
  return {
    ...command,
    words: [
      ...command.words,
      ...(selects ? [] : ['--select', 'state:modified+']),
      ...(has('--state') ? [] : ['--state', kept.directory]),
      ...(has('--defer') || has('--no-defer') ? [] : ['--defer']),
    ],
  }
}
