/** The list of what this runner can do, and the check that refuses the rest by name before any step starts; docs/local-runner.md repeats it. */
import { join } from 'node:path'
import { ActionFileError, readActionFile } from './action-file.ts'
import { child, entries, isMappingToken, items, lineOf, literal } from './tokens.ts'
import type { Token } from './tokens.ts'
import { parseUses } from './uses.ts'
import type { Problem, Workflow, WorkflowStep } from './workflow.ts'

export const supportedKeys = {
  workflow: ['name', 'description', 'run-name', 'on', 'permissions', 'env', 'defaults', 'concurrency', 'jobs'],
  job: [
    'name',
    'needs',
    'if',
    'runs-on',
    'permissions',
    'environment',
    'concurrency',
    'outputs',
    'env',
    'defaults',
    'steps',
    'timeout-minutes',
    'continue-on-error',
  ],
  step: ['id', 'name', 'if', 'uses', 'with', 'run', 'shell', 'working-directory', 'env', 'continue-on-error', 'timeout-minutes'],
} as const
export const unsupportedKeys = {
  job: ['strategy', 'container', 'services', 'uses', 'secrets', 'snapshot', 'cancel-timeout-minutes'],
  step: ['background', 'wait', 'wait-all', 'cancel', 'parallel'],
} as const
export const supportedEvents = ['workflow_dispatch', 'push', 'schedule'] as const
export const supportedShells = ['bash', 'sh', 'python'] as const
export const checkoutInputs = ['path', 'fetch-depth', 'persist-credentials', 'clean', 'show-progress', 'set-safe-directory'] as const
export const inputTypes = ['string', 'boolean', 'number', 'choice', 'environment'] as const

const names: Readonly<Record<string, string>> = {
  strategy: 'strategy (matrix)',
  uses: 'uses (reusable workflows)',
  container: 'container',
  services: 'services (containers)',
}

interface Check {
  readonly workflow: Workflow
  readonly repositoryRoot: string
  readonly repository: string
}

/** Every reason not to start, in the order of the file. */
export const unsupported = async (check: Check): Promise<Problem[]> => {
  const { workflow } = check
  const problems: Problem[] = []
  const refuse = (token: Token | undefined, message: string): void => {
    problems.push({ file: workflow.file, line: lineOf(token), message })
  }
  const refuseKeys = (token: Token | undefined, allowed: readonly string[], where: string): void => {
    for (const { key, keyToken } of entries(token)) if (!allowed.includes(key)) refuse(keyToken, `${names[key] ?? key} is not supported in a ${where}`)
  }
  refuseKeys(workflow.root, supportedKeys.workflow, 'workflow')
  refuseCancel(child(workflow.root, 'concurrency'), refuse)
  refuseShell(child(child(child(workflow.root, 'defaults'), 'run'), 'shell'), refuse)
  for (const { value: job } of entries(child(workflow.root, 'jobs'))) {
    refuseKeys(job, supportedKeys.job, 'job')
    refuseCancel(child(job, 'concurrency'), refuse)
    refuseShell(child(child(child(job, 'defaults'), 'run'), 'shell'), refuse)
    for (const step of items(child(job, 'steps'))) {
      refuseKeys(step, supportedKeys.step, 'step')
      refuseShell(child(step, 'shell'), refuse)
    }
  }
  for (const job of workflow.jobs) {
    for (const step of job.steps) {
      if (step.uses === undefined) continue
      for (const message of await refusedUses(step.uses, step, check)) problems.push({ file: workflow.file, line: step.line, message })
    }
  }
  return problems.sort((a, b) => a.line - b.line)
}

const refuseCancel = (concurrency: Token | undefined, refuse: (token: Token | undefined, message: string) => void): void => {
  const cancel = child(concurrency, 'cancel-in-progress')
  if (cancel && literal(cancel) !== 'false') refuse(cancel, 'concurrency.cancel-in-progress is not supported')
  const queue = child(concurrency, 'queue')
  if (queue) refuse(queue, 'concurrency.queue is not supported')
}

const refuseShell = (shell: Token | undefined, refuse: (token: Token | undefined, message: string) => void): void => {
  const name = literal(shell)
  if (name !== undefined && !(supportedShells as readonly string[]).includes(name)) {
    refuse(shell, `shell: ${name} is not supported; supported: ${supportedShells.join(', ')}`)
  }
}

const refusedUses = async (uses: string, step: WorkflowStep, check: Check): Promise<string[]> => {
  const parsed = parseUses(uses, check.repository)
  if (parsed.kind === 'refused') return [parsed.reason]
  if (parsed.kind === 'checkout') {
    return entries(step.with)
      .filter(({ key }) => !(checkoutInputs as readonly string[]).includes(key))
      .map(({ key }) => `actions/checkout with ${key} is not supported; supported: ${checkoutInputs.join(', ')}`)
  }
  try {
    const action = await readActionFile(join(check.repositoryRoot, parsed.path))
    return action ? [] : [`uses: ${uses}: there is no action.yml in ${parsed.path || 'the repository root'}`]
  } catch (error) {
    if (error instanceof ActionFileError) return [`uses: ${uses}: ${error.message}`]
    throw error
  }
}

/** What GitHub lets pass and an author wants to know: inputs an action does not declare, and required ones left out. */
export const inputMistakes = async ({ workflow, repositoryRoot, repository }: Check): Promise<Problem[]> => {
  const problems: Problem[] = []
  for (const step of workflow.jobs.flatMap((job) => job.steps)) {
    const parsed = step.uses === undefined ? undefined : parseUses(step.uses, repository)
    if (parsed?.kind !== 'local' && parsed?.kind !== 'repository') continue
    const action = await readActionFile(join(repositoryRoot, parsed.path)).catch(() => undefined)
    if (!action) continue
    const given = isMappingToken(step.with) ? entries(step.with) : []
    const declared = action.inputs.map((input) => input.name.toLowerCase())
    for (const { key, keyToken } of given) {
      if (!declared.includes(key.toLowerCase()))
        problems.push({
          file: workflow.file,
          line: lineOf(keyToken),
          message: unexpectedInputs(
            [key],
            action.inputs.map((input) => input.name),
          ),
        })
    }
    for (const input of action.inputs) {
      const isGiven = given.some(({ key }) => key.toLowerCase() === input.name.toLowerCase())
      if (input.isRequired && input.default === undefined && !isGiven)
        problems.push({ file: workflow.file, line: step.line, message: `uses: ${step.uses}: required input '${input.name}' is missing` })
    }
  }
  return problems
}

/** GitHub's own words. */
export const unexpectedInputs = (unexpected: readonly string[], valid: readonly string[]): string =>
  `Unexpected input(s) ${unexpected.map((name) => `'${name}'`).join(', ')}, valid inputs are [${valid.map((name) => `'${name}'`).join(', ')}]`
