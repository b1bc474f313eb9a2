/**
 * Chooses whether dbt is installed and with which arguments it runs; the plan is the argv. It refuses to run
 * anything.
 */
import { WorkFailedError } from '../../_shared/errors.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import { readVars, type Command } from './commands.ts'
import type { Inputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import { renderProfiles, type Warehouse } from './profile.ts'
import { listingOf, takesTargetPath } from './verbs.ts'

export interface InstallStep extends Step {
  readonly kind: 'use' | 'install'
  readonly python: string
  readonly requirements: readonly string[]
}
export interface CommandStep extends Step {
  /** A dry run can say of a command which nodes it would select, or nothing for those that select none. */
  readonly kind: 'command' | 'list' | 'leave-out'
  readonly command: Command
  readonly argv: readonly string[]
}
export type DbtStep = InstallStep | CommandStep

export interface DbtPlan extends Plan<DbtStep> {
  readonly profiles: string
}

export function planRun(inputs: Inputs, observed: Observed, warehouse: Warehouse): DbtPlan {
  return {
    target: { project: warehouse.projectId, dataset: inputs.dataset, location: inputs.location },
    owner: '',
    // Where dbt is differs from machine to machine, and a dry run only lists.
    agreedOn: {
      versions: [inputs.coreVersion, inputs.adapterVersion],
      project: inputs.projectPath,
      commands: inputs.commands,
      target: inputs.target,
      vars: inputs.vars,
      maximumBytesBilled: inputs.maximumBytesBilled,
    },
    steps: [
      planDbt(inputs, observed),
      ...inputs.commands.map((command) => planCommand(command, inputs, observed)),
    ],
    profiles: renderProfiles(inputs, observed.project.profileName, warehouse),
  }
}

function planDbt(inputs: Inputs, observed: Observed): InstallStep {
  const target = `dbt-core ${inputs.coreVersion}, dbt-bigquery ${inputs.adapterVersion}`
  const requirements = [`dbt-core==${inputs.coreVersion}`, `dbt-bigquery==${inputs.adapterVersion}`]
  const { installed } = observed
  if (installed?.core === inputs.coreVersion && installed.adapter === inputs.adapterVersion)
    return {
      kind: 'use',
      target,
      reason: 'this version is on PATH',
      python: installed.python,
      requirements,
    }
  const python = observed.python ?? installed?.python
  if (python === undefined)
    throw new WorkFailedError(
      'Looking for Python: there is none on PATH to install dbt with; add actions/setup-python before this step.',
      { problem: 'dbt-installation' },
    )
  const reason =
    installed === undefined
      ? 'no dbt on PATH'
      : `on PATH is dbt-core ${installed.core} with dbt-bigquery ${installed.adapter}`
  return { kind: 'install', target, reason, python, requirements }
}

function planCommand(command: Command, inputs: Inputs, observed: Observed): CommandStep {
  const { globals, verb, words, text } = command
  const flags = flagsOf(command, inputs, observed)
  if (!inputs.isDryRun)
    return {
      kind: 'command',
      target: text,
      reason: 'asked for',
      command,
      // Sub-commands come before flags: `docs generate --target ci`.
      argv: [...globals, ...verb.split(' '), ...words, ...flags],
    }
  const listing = listingOf(command)
  return listing === undefined
    ? { kind: 'leave-out', target: text, reason: `a dry run does not start ${verb}`, command, argv: [] }
    : {
        kind: 'list',
        target: text,
        reason: 'dry run: the nodes it selects',
        command,
        argv: [...globals, ...listing, ...flags],
      }
}

/** Of every command beside its own words. What is said here, no variable of the environment can change. */
function flagsOf({ verb, vars }: Command, inputs: Inputs, { project }: Observed): string[] {
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
