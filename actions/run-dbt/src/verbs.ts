/**
 * What dbt's verbs share: which of them select nodes of which kinds, and which flags `ls` and `compile` understand
 * as they do. It refuses to know what a node is.
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

/** Verbs that read the warehouse and of which no dry run tells how much. */
export const readsUnseen = (verb: string): boolean =>
  ['retry', 'run-operation', 'show', 'source freshness'].includes(verb)

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
    if (word.startsWith('-'))
      isTaking = isKept(word.split('=')[0] ?? '') || (/^-[sm]\S/.test(word) && isKept(word.slice(0, 2)))
    if (isTaking) kept.push(word)
  }
  return kept
}

type Environment = Readonly<Record<string, string | undefined>>

/** dbt 1.11 gave each of its variables a second name, which wins; an empty one counts as none. */
const variable = (environment: Environment, name: string): string =>
  environment[`DBT_ENGINE_${name}`] || environment[`DBT_${name}`] || ''

/** Verbs that build or test, with the kinds they act on when their author names none. */
const ACTING: Readonly<Record<string, readonly string[]>> = {
  build: ['model', 'seed', 'snapshot', 'test', 'unit_test', 'function'],
  clone: ['model', 'seed', 'snapshot'],
  run: ['model'],
  seed: ['seed'],
  snapshot: ['snapshot'],
  test: ['test', 'unit_test'],
}
/** Of these, the ones that take the kinds from their author. */
const TYPED = ['build', 'clone', 'test']

/** The kinds of node that a command builds or tests, as its flags or dbt's own variables say. */
export function nodeTypesOf({ verb, words }: Command, environment: Environment): readonly string[] {
  const all = ACTING[verb] ?? []
  if (!TYPED.includes(verb)) return all
  const said = (flag: RegExp, name: string): readonly string[] => {
    const given = valuesOf(words, flag)
    return (given.length > 0 ? given : [variable(environment, name)]).flatMap(
      (text) => text.match(/\S+/g) ?? [],
    )
  }
  const wanted = said(/^--resource-types?$/, 'RESOURCE_TYPES')
  const unwanted = said(/^--exclude-resource-types?$/, 'EXCLUDE_RESOURCE_TYPES')
  const isAll = wanted.length === 0 || wanted.includes('all') || wanted.includes('default')
  return all.filter((type) => (isAll || wanted.includes(type)) && !unwanted.includes(type))
}

function valuesOf(words: readonly string[], flag: RegExp): string[] {
  return wordsFor(words, (name) => flag.test(name)).flatMap((word) =>
    word.startsWith('-') ? (word.includes('=') ? [word.slice(word.indexOf('=') + 1)] : []) : [word],
  )
}

const isOn = (words: readonly string[], flag: string, value: string): boolean => {
  const last = words.findLast((word) => word === `--${flag}` || word === `--no-${flag}`)
  return last === undefined ? /^(1|t|true|y|yes|on)$/i.test(value) : last === `--${flag}`
}

/** Whether tests keep the rows that fail, where the project does not say of a test itself. */
export const storesFailures = ({ verb, words }: Command, environment: Environment): boolean =>
  ['build', 'test'].includes(verb) && isOn(words, 'store-failures', variable(environment, 'STORE_FAILURES'))

/** Why what a command reads is less than its compiled SQL says; undefined when it is not. */
export function whyLess({ words }: Command, environment: Environment): string | undefined {
  const isSample = words.some((word) => /^--sample(=|$)/.test(word)) || variable(environment, 'SAMPLE') !== ''
  return isSample ? 'with --sample it reads a part that is not known before' : undefined
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
const FOR_COMPILE = /^(--full-refresh|-f|--threads|--(no-)?(introspect|empty))$/

/** With a selection of what is modified, where their author gives none. */
const NARROWED = ['build', 'run', 'test', 'seed', 'snapshot', 'compile', 'list', 'ls']
/** What they read or copy is looked up in the state; which nodes, their author says. */
const READING = ['clone', 'docs generate', 'show']
const SELECTION = /^(--(select|models?|selector|inline)(=|$)|-[sm])/

const selects = ({ words }: Command): boolean => words.some((word) => SELECTION.test(word))
const has = ({ globals, words }: Command, ...flags: readonly string[]): boolean =>
  [...globals, ...words].some((word) => flags.includes(word.split('=')[0] ?? ''))

export interface WithState {
  readonly kept: { readonly directory: string } | undefined
  /** Of the run, this one among them. */
  readonly all: readonly Command[]
  readonly environment: Environment
}

/** With the main branch's state: what is modified, unless the author selects, read from there what is not built. */
export function withState(command: Command, around: WithState): Command {
  const { verb } = command
  const { kept } = around
  if (kept === undefined || !(NARROWED.includes(verb) || READING.includes(verb))) return command
  return {
    ...command,
    words: [
      ...command.words,
      ...(selects(command) || READING.includes(verb) ? [] : ['--select', 'state:modified+']),
      ...(has(command, '--state') ? [] : ['--state', kept.directory]),
      // A clone takes its sources from the state whatever this says.
      ...(has(command, '--defer', '--no-defer') || verb === 'clone' ? [] : ['--defer']),
      ...(favorsState(command, around) ? ['--favor-state'] : []),
    ],
  }
}

const TABLES = ['model', 'seed', 'snapshot', 'function']

/**
 * Whether what it does not select is read from production even where an earlier push has left a table of that name.
 * dbt takes each command's selection alone for what is built: only where one command builds everything, none that
 * another of them has just built is passed over.
 */
function favorsState(command: Command, { all, environment }: WithState): boolean {
  const types = nodeTypesOf(command, environment)
  return (
    command.verb === 'build' &&
    TABLES.every((type) => types.includes(type)) &&
    !has(command, '--no-defer', '--favor-state', '--no-favor-state') &&
    variable(environment, 'FAVOR_STATE') === '' &&
    !all.some(
      (other) => selects(other) && nodeTypesOf(other, environment).some((type) => TABLES.includes(type)),
    )
  )
}

/** A clone of a state that is not there yet: the first pull request has nothing to copy, and builds all. */
export const lacksState = (command: Command): boolean =>
  command.verb === 'clone' && !has(command, '--state', '--defer-state')
