/** Says which process a step is and what it can see; a clean environment is built here, so nothing of the caller's own leaks into a step. */
import { randomUUID } from 'node:crypto'
import { stat, writeFile } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import type { ActionFile } from './action-file.ts'
import { runnerVariables } from './contexts.ts'
import { stepScope } from './job-state.ts'
import type { JobState, Stage } from './job-state.ts'
import { unexpectedInputs } from './support.ts'
import { textOf, textsOf } from './tokens.ts'
import type { Value } from './expressions.ts'
import type { WorkflowJob, WorkflowStep } from './workflow.ts'

export interface StepCommand {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Record<string, string>
  readonly warnings: readonly string[]
}

export class StepError extends Error {
  override name = 'StepError'
}

/** The later wins: machine, job and step `env`, then the runner's own, which nobody may replace. */
export const stepEnvironment = (state: JobState, env: Readonly<Record<string, string>>, own: Readonly<Record<string, Value>>): Record<string, string> => {
  const github = { ...state.contexts.github, ...own }
  const token: Record<string, string> = state.idToken
    ? { ACTIONS_ID_TOKEN_REQUEST_URL: state.idToken.requestUrl, ACTIONS_ID_TOKEN_REQUEST_TOKEN: state.idToken.requestToken }
    : {}
  const path = [...state.paths, env.PATH ?? state.machine.path].join(delimiter)
  return { HOME: state.places.home, LANG: 'C.UTF-8', ...env, ...runnerVariables(github, state.contexts.runner), ...token, PATH: path }
}

export const actionCommand = async (
  state: JobState,
  step: WorkflowStep,
  stage: Stage & { action: ActionFile },
  env: Readonly<Record<string, string>>,
  own: Readonly<Record<string, Value>>,
): Promise<StepCommand> => {
  const { action, kind } = stage
  const scope = stepScope(state, env, own)
  const given = textsOf(step.with, scope, 'with')
  const byName = new Map(Object.entries(given).map(([name, value]) => [name.toLowerCase(), value]))
  const inputs: Record<string, string> = { ...Object.fromEntries(Object.entries(given).map(([name, value]) => [inputVariable(name), value])) }
  const warnings: string[] = []
  for (const input of action.inputs) {
    const value = byName.get(input.name.toLowerCase())
    if (value === undefined) inputs[inputVariable(input.name)] = input.default ? textOf(input.default, scope, `default of ${input.name}`) : ''
    else if (input.deprecation && kind === 'main') warnings.push(`Input '${input.name}' has been deprecated with message: ${input.deprecation}`)
  }
  const declared = action.inputs.map((input) => input.name)
  const unexpected = Object.keys(given).filter((name) => !declared.some((known) => known.toLowerCase() === name.toLowerCase()))
  if (unexpected.length > 0 && kind === 'main') warnings.push(unexpectedInputs(unexpected, declared))
  const entry = kind === 'main' ? action.main : kind === 'pre' ? action.pre : action.post
  const script = join(action.directory, entry ?? '')
  if (!(await isFile(script))) throw new StepError(`File not found: '${script}'`)
  const saved = Object.entries(state.saved.get(step.id) ?? {}).map(([name, value]) => [`STATE_${name}`, value])
  return {
    command: state.machine.node,
    args: [script],
    cwd: state.places.workspace,
    warnings,
    env: { ...stepEnvironment(state, env, own), ...inputs, ...(Object.fromEntries(saved) as Record<string, string>) },
  }
}

/** docs.github.com "jobs.<job_id>.steps[*].shell": without `shell`, bash has neither pipefail nor --noprofile. */
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
  own: Readonly<Record<string, Value>>,
): Promise<StepCommand & { script: string }> => {
  const scope = stepScope(state, env, own)
  const shellName = textOf(step.shell ?? job.defaultShell, scope, 'shell')
  const shell = shells[shellName]
  if (!shell)
    throw new StepError(
      `shell: ${shellName} is not supported; supported: ${Object.keys(shells)
        .filter((name) => name !== '')
        .join(', ')}`,
    )
  const script = textOf(step.run, scope, 'run')
  const directory = textOf(step.workingDirectory ?? job.defaultWorkingDirectory, scope, 'working-directory')
  const cwd = isAbsolute(directory) ? directory : join(state.places.workspace, directory)
  if (!(await isDirectory(cwd)))
    throw new StepError(`An error occurred trying to start process '${shell.command}' with working directory '${cwd}'. No such file or directory`)
  const file = join(state.places.temp, `${randomUUID()}${shell.suffix}`)
  await writeFile(file, script.endsWith('\n') ? script : `${script}\n`, { mode: 0o600 })
  return { command: shell.command, args: [...shell.args, file], cwd, env: stepEnvironment(state, env, own), warnings: [], script }
}

const inputVariable = (name: string): string => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
const isFile = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isFile() ?? false
const isDirectory = async (path: string): Promise<boolean> => (await stat(path).catch(() => undefined))?.isDirectory() ?? false
