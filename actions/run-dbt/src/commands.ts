/**
 * Words to dbt commands. It refuses what never ends, what asks a person, what would blind the action to dbt's
 * results, and what would put another profile in place of the keyless one.
 */
import { parse } from 'yaml'
import { InputError, shownValue } from '../../_shared/errors.ts'
import { commandLines, NotWords, splitWords, type Word } from './shell-words.ts'

export interface Command {
  /** Flags that stood before the verb. */
  readonly globals: readonly string[]
  /** `build`, `docs generate`. */
  readonly verb: string
  /** Everything after the verb but `--vars`. */
  readonly words: readonly string[]
  /** YAML, as written; of this command alone. */
  readonly vars?: string
  /** As people read it, without the word dbt. */
  readonly text: string
}

const VERBS = [
  'build',
  'clone',
  'compile',
  'deps',
  'docs generate',
  'list',
  'ls',
  'parse',
  'retry',
  'run',
  'run-operation',
  'seed',
  'show',
  'snapshot',
  'source freshness',
  'test',
]
/** dbt's own, with the reason why this action does not run them. */
const REFUSED: Readonly<Record<string, string>> = {
  'docs serve': 'serves until it is stopped; write docs generate and publish the folder target',
  init: 'asks a person for the answers; run it on your machine',
  clean: 'deletes folders of the project, and a job starts from a clean checkout',
  debug: "looks at a person's own profile, and this action writes the profile; write parse",
}
/** What people write before dbt in a shell, and where it belongs here. */
const NOT_DBT: readonly (readonly [RegExp, string])[] = [
  [/^cd$/, 'name the folder in the input project-dir'],
  [/^(pip3?|pipx)$/, 'the action installs dbt itself; what else it needs goes into the input requirements'],
  [
    /^(python[\d.]*|poetry|pipenv|uv|uvx|pdm)$/,
    'the action finds or installs dbt itself; write the words behind dbt',
  ],
  [/\/dbt$/, 'write the words behind dbt; a dbt of the asked-for version is found on PATH'],
  [/^(export|set|env|\w+=.*)$/, 'set variables in the env of the step'],
]
/** Flags before the verb that take the next word. */
const GLOBALS_WITH_VALUE =
  /^(--(defer-state|indirect-selection|log-file-max-bytes|log-format|log-format-file|log-level|log-level-file|partial-parse-file-path|printer-width|record-timing-info|state|threads|vars|warn-error-options)|-r)$/
const PROFILE = 'the action writes the profile itself; its inputs dataset, location, project-id say where to'
/** Given twice, dbt takes the last: the keyless profile, or the place of the results, would be another. */
const OWN_FLAGS: Readonly<Record<string, string>> = {
  '--target': 'use the input target',
  '--project-dir': 'use the input project-dir',
  '--profiles-dir': PROFILE,
  '--profile': PROFILE,
  '--target-path': 'set target-path in dbt_project.yml or DBT_TARGET_PATH in the env of the step',
  '--log-path': 'set log-path in dbt_project.yml or DBT_LOG_PATH in the env of the step',
  '--no-write-json': 'without the files it would suppress, nobody could say what dbt did',
}

export function parseCommands(text: string): Command[] {
  return commandLines(text).map(parseCommand)
}

function parseCommand(line: string): Command {
  const refuse = (what: string, accepted: string): never => {
    throw new InputError(
      `Reading input commands: in the line ${shownValue(line, JSON.stringify)}, ${what}.`,
      {
        input: 'commands',
        given: line,
        accepted,
      },
    )
  }
  const given = readWords(line, refuse)
  const words = given.map(({ text }) => text)
  for (const word of words) refuseOwnFlag(word, refuse)
  const at = verbPosition(words)
  const [first = '', second = ''] = words.slice(at)
  const isPair = first === 'docs' || first === 'source'
  const verb = isPair ? `${first} ${second}`.trim() : first
  const instead = NOT_DBT.find(([pattern]) => pattern.test(first) && !VERBS.includes(verb))?.[1]
  if (instead !== undefined) refuse(`"${first}" is not a dbt command: ${instead}`, VERBS.join(', '))
  refuseSecond(given, refuse)
  if (verb === '') refuse(`no command stands there; write one of ${VERBS.join(', ')}`, VERBS.join(', '))
  const reason = REFUSED[verb]
  if (reason !== undefined) refuse(`"${verb}" is not run here: it ${reason}`, VERBS.join(', '))
  if (!VERBS.includes(verb))
    refuse(
      `"${verb}" is not a dbt command this action runs; write one of ${VERBS.join(', ')}`,
      VERBS.join(', '),
    )
  const { rest: globals, vars: early } = takeVars(words.slice(0, at), refuse)
  const { rest, vars } = takeVars(words.slice(at + (isPair ? 2 : 1)), refuse)
  if (verb === 'source freshness' && rest.some((word) => /^(-o|--output(=|$))/.test(word)))
    refuse(
      '--output would put sources.json where nobody looks; take it from the output results-path',
      'other flags',
    )
  return { globals, verb, words: rest, vars: vars ?? early, text: words.join(' ') }
}

type Refuse = (what: string, accepted: string) => never

function readWords(line: string, refuse: Refuse): Word[] {
  try {
    const words = splitWords(line)
    return words[0]?.text === 'dbt' ? words.slice(1) : words
  } catch (error) {
    if (error instanceof NotWords) return refuse(error.message, 'words a shell would only split')
    throw error
  }
}

function refuseSecond(words: readonly Word[], refuse: Refuse): void {
  if (words.some(({ text, isQuoted }) => text === 'dbt' && !isQuoted))
    refuse('there is a second dbt; write one command per line', 'one command per line')
}

function verbPosition(words: readonly string[]): number {
  let at = 0
  while (words[at]?.startsWith('-')) at += GLOBALS_WITH_VALUE.test(words[at] ?? '') ? 2 : 1
  return at
}

function refuseOwnFlag(word: string, refuse: Refuse): void {
  const flag = /^-[dqvxf]*t/.test(word) ? '--target' : (word.split('=')[0] ?? '')
  const instead = OWN_FLAGS[flag]
  if (instead !== undefined) refuse(`${word} is set by the action: ${instead}`, 'other flags')
}

function takeVars(words: readonly string[], refuse: Refuse): { rest: string[]; vars?: string } {
  const rest: string[] = []
  let vars: string | undefined
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? ''
    if (word !== '--vars' && !word.startsWith('--vars=')) {
      rest.push(word)
      continue
    }
    vars = word === '--vars' ? (words[(at += 1)] ?? '') : word.slice('--vars='.length)
    if (readVars(vars) === undefined)
      refuse(
        `${JSON.stringify(vars)} behind --vars is no YAML mapping; write for example --vars '{day: 2026-01-31}'`,
        "'{name: value}' in single quotes",
      )
  }
  return { rest, vars }
}

/** undefined when the text is no mapping. YAML 1.1 as dbt reads it, but a date stays the text it is. */
export function readVars(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = parse(text, {
      schema: 'yaml-1.1',
      logLevel: 'silent',
      customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !/timestamp/.test(tag.tag)),
    })
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
