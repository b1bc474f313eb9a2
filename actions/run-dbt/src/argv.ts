/** Commands as argument vectors: dbt's own words, and what the action says for every one of them. */
import { readVars, type Command } from './commands.ts'
import type { Inputs } from './inputs.ts'
import type { DbtProject } from './project.ts'
import { compilingOf, listingOf, takesTargetPath } from './verbs.ts'

export interface Surroundings {
  readonly inputs: Pick<Inputs, 'projectDir' | 'target' | 'vars'>
  readonly project: DbtProject
}

/** Sub-commands come before flags: `docs generate --target ci`. */
export function argvOf(command: Command, around: Surroundings): string[] {
  return [
    ...command.globals,
    ...command.verb.split(' '),
    ...command.words,
    ...flagsOf(command.verb, command.vars, around),
  ]
}

/** `ls` of the same selection; undefined for a verb that selects nothing. */
export function listingArgv(command: Command, around: Surroundings): string[] | undefined {
  const words = listingOf(command)
  return words && [...command.globals, ...words, ...flagsOf('ls', command.vars, around)]
}

/** `compile` of the same selection, which asks the warehouse for its schema at most. */
export function compilingArgv(command: Command, around: Surroundings): string[] | undefined {
  const words = compilingOf(command)
  return words && [...command.globals, ...words, ...flagsOf('compile', command.vars, around)]
}

/**
 * What is run of a command to see what it would do; undefined when nothing would be seen. Without its packages
 * a project does not parse: they are fetched also for a look, and only the checkout changes.
 */
export function previewArgv(
  command: Command,
  wantsCosts: boolean,
  around: Surroundings,
): string[] | undefined {
  if (command.verb === 'deps') return argvOf(command, around)
  return (wantsCosts ? compilingArgv(command, around) : undefined) ?? listingArgv(command, around)
}

/** What is said here, no variable of the environment can change. */
function flagsOf(verb: string, vars: string | undefined, { inputs, project }: Surroundings): string[] {
  return [
    '--project-dir',
    inputs.projectDir,
    '--profile',
    project.profileName,
    '--target',
    inputs.target,
    '--vars',
    mergeVars(inputs.vars, vars),
    '--log-path',
    project.logPath,
    '--write-json',
    ...(takesTargetPath(verb) ? ['--target-path', project.targetPath] : []),
  ]
}

/** As written where one of them is given, so that dbt reads what its author wrote. */
function mergeVars(all: string, own: string | undefined): string {
  const common = readVars(all) ?? {}
  if (own === undefined) return all
  return Object.keys(common).length === 0 ? own : JSON.stringify({ ...common, ...readVars(own) })
}
