/**
 * Reads a workflow, those it calls and the actions they use for whatever this runner cannot do; it refuses
 * each by name, file and line before any step starts.
 */
import type { Check } from './check.ts'
import { checkUses, unlessUnknown } from './check-uses.ts'
import type { LoadedWorkflow } from './called-workflows.ts'
import { unknownEnvironment } from './environment-vars.ts'
import type { Contexts } from './expressions.ts'
import { legsOf } from './matrix.ts'
import { supportedKeys, supportedShells } from './support.ts'
import { child, entries, isMappingToken, items, lineOf, literal, textsOf } from './tokens.ts'
import type { Token } from './tokens.ts'
import type { Problem, Workflow, WorkflowJob } from './workflow.ts'

const names: Readonly<Record<string, string>> = { services: 'services (containers)' }

/**
 * Every reason not to start, in the order of each file; and every `uses:` of a step, also inside composite
 * actions.
 */
export const checkWorkflow = async (
  loaded: LoadedWorkflow,
  check: Check,
): Promise<{ problems: Problem[]; uses: string[] }> => {
  const { workflow, place, calls } = loaded
  const isLeftOut = (id: string): boolean => check.isLeftOut(place + id)
  const problems = tokenProblems(workflow, (id) => place + id, check)
  const uses: string[] = []
  for (const job of workflow.jobs) {
    if (isLeftOut(job.id)) continue
    const found = await checkUses(
      job.steps,
      {
        file: workflow.file,
        source: workflow.source,
        depth: 0,
        isWorkspaceKnown: true,
        legs: knownContexts(workflow, job),
      },
      check,
    )
    problems.push(...found.problems)
    uses.push(...found.uses)
  }
  problems.sort((a, b) => a.line - b.line)
  for (const called of calls.values()) {
    const nested = await checkWorkflow(called, check)
    problems.push(...nested.problems.filter((problem) => !problems.some((known) => isSame(known, problem))))
    uses.push(...nested.uses)
  }
  return { problems, uses }
}

/** What the file itself says of a job's contexts, by leg: values of other jobs, variables and secrets only the run has. */
const knownContexts = (workflow: Workflow, job: WorkflowJob): Contexts[] => {
  const legs = unlessUnknown(() => legsOf(job, { contexts: {} }).legs.map((leg): Contexts => leg.contexts))
  return (legs ?? [{}]).map((contexts) => {
    const env = unlessUnknown(() => ({
      ...textsOf(workflow.env, { contexts }, 'env'),
      ...textsOf(job.env, { contexts }, 'env'),
    }))
    return env ? { ...contexts, env } : contexts
  })
}

const isSame = (a: Problem, b: Problem): boolean =>
  a.file === b.file && a.line === b.line && a.message === b.message

const tokenProblems = (workflow: Workflow, placeOf: (id: string) => string, check: Check): Problem[] => {
  const problems: Problem[] = []
  const refuse = (token: Token | undefined, message: string): void => {
    problems.push({ file: workflow.file, line: lineOf(token), message })
  }
  const refuseKeys = (
    token: Token | undefined,
    allowed: readonly string[],
    where: string,
    advice = '',
  ): void => {
    for (const { key, keyToken } of entries(token))
      if (!allowed.includes(key))
        refuse(keyToken, `${names[key] ?? key} is not supported in a ${where}${advice}`)
  }
  const refuseShell = (shell: Token | undefined): void => {
    const name = literal(shell)
    if (name !== undefined && !(supportedShells as readonly string[]).includes(name))
      refuse(shell, `shell: ${name} is not supported; supported: ${supportedShells.join(', ')}`)
  }
  refuseKeys(workflow.root, supportedKeys.workflow, 'workflow')
  refuseShell(child(child(child(workflow.root, 'defaults'), 'run'), 'shell'))
  for (const { key: id, value: job } of entries(child(workflow.root, 'jobs'))) {
    if (check.isLeftOut(placeOf(id))) continue
    const place = placeOf(id)
    refuseKeys(job, supportedKeys.job, 'job', `; leave the job out with --without-job ${place}`)
    refuseShell(child(child(child(job, 'defaults'), 'run'), 'shell'))
    const environment = isMappingToken(child(job, 'environment'))
      ? child(child(job, 'environment'), 'name')
      : child(job, 'environment')
    const message = unknownEnvironment(literal(environment) ?? '', check.environments)
    if (literal(environment) && message !== undefined) refuse(environment, message)
    for (const step of items(child(job, 'steps'))) {
      refuseKeys(step, supportedKeys.step, 'step')
      refuseShell(child(step, 'shell'))
    }
  }
  return problems
}
