/**
 * What a script calls that cannot work here: a program that leaves the machine whatever it is told, one that is not
 * installed, an installation without a network. It reads the programs that are called and refuses nothing else.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { commandsIn } from './shell-commands.ts'
import type { Command } from './shell-commands.ts'

export interface Machine {
  /** Steps cannot reach the network. */
  readonly isSealed: boolean
  readonly has: (program: string) => boolean
}

export const thisMachine = (isSealed: boolean): Machine => ({
  isSealed,
  has: (program) =>
    (process.env.PATH ?? '')
      .split(delimiter)
      .some((folder) => folder !== '' && existsSync(join(folder, program))),
})

const withoutProgram = (program: string): string =>
  `${program} is not on this machine; install the Google Cloud CLI, or leave the job out with --without-job`

/** What setup-gcloud's stand-in would say in the middle of a run. */
export const missingGcloud = (machine: Machine | undefined): string | undefined =>
  machine === undefined || machine.has('gcloud') ? undefined : withoutProgram('gcloud')

/** Options of package managers whose value is a word of its own, before the subcommand. */
const VALUED =
  /^(--(prefix|cwd|dir|filter|workspace|registry|cache|loglevel|project|directory|proxy|timeout|cache-dir|log|python|retries|trusted-host|option|target-release|config-file)|-[CwFotcP])$/

/** The words that are no option and no option's value. */
const plainWords = ([, ...words]: Command): string[] =>
  words.filter((word, index) => !word.startsWith('-') && !VALUED.test(words[index - 1] ?? ''))

const INSTALLS: readonly (readonly [program: RegExp, subcommand: RegExp])[] = [
  [/^pip3?(\.\d+)?$/, /^(install|download|wheel)$/],
  [/^uv$/, /^(sync|add|lock|pip install|pip sync|tool install|tool run)$/],
  [/^uvx$/, /./],
  [/^pipx$/, /^(install|run|inject|upgrade)$/],
  [/^poetry$/, /^(install|add|update|lock)$/],
  [/^(conda|mamba)$/, /^(install|create|update|env create)$/],
  [/^npm$/, /^(ci|i|install|add|update)$/],
  [/^pnpm$/, /^(i|install|add|update)$/],
  [/^yarn$/, /^(|install|add|upgrade)$/],
  [/^apt(-get)?$/, /^install$/],
]

/** Such as `pip install`; undefined when the command installs nothing. */
const installation = (command: Command): string | undefined => {
  const [program = ''] = command
  const module = /^python3?(\.\d+)?$/.test(program) ? command.indexOf('-m') + 1 : 0
  if (module > 0) return command[module] === 'pip' ? installation(command.slice(module)) : undefined
  if (command.some((word) => /^(--help|--version|-h)$/.test(word))) return undefined
  const [one = '', two = ''] = plainWords(command)
  const found = INSTALLS.find(
    ([name, subcommand]) => name.test(program) && (subcommand.test(one) || subcommand.test(`${one} ${two}`)),
  )
  if (!found) return undefined
  return [program, found[1].test(one) ? one : `${one} ${two}`].join(' ').trim()
}

/** A word that says where else packages come from than the network. */
const hasOwnSource = /--no-index|--offline|127\.0\.0\.1|localhost|PIP_NO_INDEX/

export const scriptMistakes = (script: string, machine: Machine | undefined): string[] => {
  const commands = commandsIn(script)
  const calls = (program: string): boolean => commands.some(([name]) => name === program)
  const asksFor = (program: string): boolean =>
    commands.some(
      ([name = '', ...words]) => /^(command|which|type|hash)$/.test(name) && words.includes(program),
    )
  const mistakes: string[] = []
  if (calls('gsutil'))
    mistakes.push(
      'gsutil takes no other endpoint and would leave the local cloud for Google; write gcloud storage instead',
    )
  if (machine === undefined) return mistakes
  // With a network a step may bring the program itself; a script that asks first knows what to do without.
  for (const program of ['gcloud', 'bq'])
    if (machine.isSealed && calls(program) && !machine.has(program) && !asksFor(program))
      mistakes.push(withoutProgram(program))
  if (!machine.isSealed || hasOwnSource.test(script)) return mistakes
  for (const name of new Set(commands.flatMap((command) => installation(command) ?? [])))
    mistakes.push(
      `${name} needs the network, which steps do not have here; run with --allow-network (gcloud, dbt and BigQuery's clients stay local), or leave the job out with --without-job`,
    )
  return mistakes
}
