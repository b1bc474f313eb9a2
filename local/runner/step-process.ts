/**
 * Says which process a step is and what it can see; a clean environment is built here, so nothing of the
 * caller's own leaks into a step.
 */
import { randomUUID } from 'node:crypto'
import { stat, writeFile } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { ActionFile } from './action-file.ts'
import type { FoundAction } from './found-action.ts'
import { runnerVariables } from './contexts.ts'
import { stepScope } from './job-state.ts'
import type { Around, JobState, Stage } from './job-state.ts'
import { StepError } from './step-error.ts'
import { unexpectedInputs } from './support.ts'
import { textOf, textsOf } from './tokens.ts'
import type { Scope } from './expressions.ts'
import type { WorkflowJob, WorkflowStep } from './workflow.ts'

export interface StepCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Record<string, string>
  readonly warnings: readonly string[]
}

/** The later wins: machine, job and step `env`, then the runner's own, which nobody may replace. */
const stepEnvironment = (
  state: JobState,
  env: Readonly<Record<string, string>>,
  around: Around,
): Record<string, string> => {
  const github = { ...state.contexts.github, ...around.github }
  const token: Record<string, string> = state.idToken
    ? {
        ACTIONS_ID_TOKEN_REQUEST_URL: state.idToken.requestUrl,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: state.idToken.requestToken,
      }
    : {}
  const path = [...state.paths, env.PATH ?? state.machine.path].join(delimiter)
  return {
    HOME: state.places.home,
    LANG: 'C.UTF-8',
    // GitHub's machine is thrown away; into this one pip installs nothing (actions/setup-python makes a place).
    PIP_REQUIRE_VIRTUALENV: 'true',
    ...env,
    ...runnerVariables(github, state.contexts.runner),
    ...token,
    PATH: path,
  }
}

export interface ActionInputs {
  /** By the name as declared; those the action does not declare by the name as given. */
  readonly values: Readonly<Record<string, string>>
  readonly warnings: readonly string[]
}

export const actionInputs = (action: ActionFile, step: WorkflowStep, scope: Scope): ActionInputs => {
  const given = textsOf(step.with, scope, 'with')
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))
  const declared = action.inputs.map((input) => input.name)
  const unexpected = Object.keys(given).filter(
    (name) => !declared.some((known) => known.toLowerCase() === name.toLowerCase()),
  )
  const values: Record<string, string> = Object.fromEntries(
    unexpected.map((name) => [name, given[name] ?? '']),
  )
  const warnings: string[] = []
  for (const input of action.inputs) {
    const value = byName.get(input.name.toLowerCase())
    values[input.name] =
      value ?? (input.default ? textOf(input.default, scope, `default of ${input.name}`) : '')
    if (value !== undefined && input.deprecation)
      warnings.push(`Input '${input.name}' has been deprecated with message: ${input.deprecation}`)
  }
  if (unexpected.length > 0) warnings.push(unexpectedInputs(unexpected, declared))
  return { values, warnings }
}

export const actionCommand = async (
  state: JobState,
  step: WorkflowStep,
  stage: Stage & { found: FoundAction },
  env: Readonly<Record<string, string>>,
  around: Around,
  key: string,
): Promise<StepCommand> => {
  const { kind, found } = stage
  const { action } = found
  if (action.kind !== 'node') throw new StepError(`${action.name}: only a JavaScript action is a process`)
  const { values, warnings } = actionInputs(action, step, stepScope(state, env, around))
  const inputs = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [inputVariable(name), value]),
  )
  const entry = kind === 'main' ? action.main : kind === 'pre' ? action.pre : action.post
  const script = join(action.directory, entry ?? '')
  if (!(await isFile(script))) throw new StepError(`File not found: '${script}'`)
  const saved = Object.fromEntries(
    Object.entries(state.saved.get(key) ?? {}).map(([name, value]) => [`STATE_${name}`, value]),
  )
  return {
    command: state.machine.node,
    args: [script],
    cwd: state.places.workspace,
    warnings: kind === 'main' ? warnings : [],
    env: { ...stepEnvironment(state, env, around), ...inputs, ...saved },
  }
}

/**
 * docs.github.com "jobs.<job_id>.steps[*].shell": without `shell`, bash has neither pipefail nor --noprofile.
 */
const shells: Readonly<Record<string, { command: string; args: readonly string[]; suffix: string }>> = {
  '': { command: 'bash', args: ['-e'], suffix: '.sh' },
  bash: { command: 'bash', args: ['--noprofile', '--norc', '-eo', 'pipefail'], suffix: '.sh' },
  sh: { command: 'sh', args: ['-e'], suffix: '.sh' },
  python: { command: 'python3', args: [], suffix: '.py' },
}

export const scriptCommand = async (
  state: JobState,
  job: WorkflowJob,
  step: WorkflowStep,
  env: Readonly<Record<string, string>>,
  around: Around,
): Promise<StepCommand & { script: string; file: string }> => {
  const scope = stepScope(state, env, around)
  // `defaults` are of the job: a composite's steps name their shell and directory themselves.
  const defaults = around.composite ? undefined : job
  const shellName = textOf(step.shell ?? defaults?.defaultShell, scope, 'shell')
  const shell = shells[shellName]
  if (!shell)
    throw new StepError(
      `shell: ${shellName} is not supported; supported: ${Object.keys(shells)
        .filter((name) => name !== '')
        .join(', ')}`,
    )
  const script = textOf(step.run, scope, 'run')
  const directory = textOf(
    step.workingDirectory ?? defaults?.defaultWorkingDirectory,
    scope,
    'working-directory',
  )
  const cwd = isAbsolute(directory) ? directory : join(state.places.workspace, directory)
  if (!(await isDirectory(cwd)))
    throw new StepError(
      `An error occurred trying to start process '${shell.command}' with working directory '${cwd}'. No such file or directory`,
    )
  const file = join(state.places.temp, `${randomUUID()}${shell.suffix}`)
  await writeFile(file, script.endsWith('\n') ? script : `${script}\n`, { mode: 0o600 })
  return {
    command: shell.command,
    args: [...shell.args, file],
    cwd,
    env: stepEnvironment(state, env, around),
    warnings: [],
    script,
    file,
  }
}

const inputVariable = (name: string): string => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
const isFile = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isFile() ?? false
const isDirectory = async (path: string): Promise<boolean> =>
  (await stat(path).catch(() => undefined))?.isDirectory() ?? false
