/**
 * Executes a workflow file as GitHub would, job after job, and returns what came of it; it refuses by name,
 * before the first step, whatever it cannot do.
 */
import { randomInt } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { isAbsolute, join, relative, resolve } from 'node:path'
import { createArtifactStore } from '../github/artifacts/artifact-store.ts'
import { loadWorkflow } from './called-workflows.ts'
import type { LoadedWorkflow } from './called-workflows.ts'
import { checkWorkflow } from './check-workflow.ts'
import type { RunFacts } from './contexts.ts'
import { dispatchInputs } from './dispatch-inputs.ts'
import { ExpressionError } from './expressions.ts'
import { startLocalGitHub } from './job-token.ts'
import type { Conclusion, WorkflowResult } from './result.ts'
import { runJobs } from './run-jobs.ts'
import { noCallers } from './frame.ts'
import { checkEvent, readEvent } from './run-event.ts'
import type { RunEvent } from './run-event.ts'
import { RunRefused } from './run-options.ts'
import type { RepositoryIdentity, Run, RunOptions } from './run-options.ts'
import { knownRepositories } from './source.ts'
import { headOf } from './workspace.ts'
import { WorkflowProblems } from './workflow.ts'
import type { Problem, Workflow } from './workflow.ts'

export type { RepositoryIdentity, RunOptions } from './run-options.ts'
export { RunRefused } from './run-options.ts'

export const runWorkflow = async (options: RunOptions): Promise<WorkflowResult> => {
  const { identity, stateDir } = options
  const repositoryRoot = resolve(options.repositoryRoot)
  const show = options.show ?? (() => undefined)
  const path = isAbsolute(options.file) ? options.file : join(repositoryRoot, options.file)
  if (!(await stat(path).catch(() => undefined))?.isFile())
    throw new RunRefused(`there is no workflow file ${options.file}`)
  const head = await headOf(repositoryRoot)
  const event = readEvent(options, head)
  const own = { repository: identity.repository, root: repositoryRoot, ref: event.ref, sha: head.sha }
  const repositories = knownRepositories(own, options.repositories ?? {})
  const withoutJobs = options.withoutJobs ?? []
  const warnings: Problem[] = []
  const check = {
    repositories,
    environments: options.environments ? Object.keys(options.environments) : undefined,
    machine: options.machine,
    isLeftOut: (place: string) => withoutJobs.includes(place),
    warn: (problem: Problem) => void warnings.push(problem),
  }
  const loaded = await loadWorkflow(own, relative(repositoryRoot, path), check)
  refuseUnknownJobs(loaded, withoutJobs)
  const { problems, uses } = await checkWorkflow(loaded, check)
  if (problems.length > 0) throw new WorkflowProblems(problems)
  const { workflow } = loaded
  checkEvent(workflow, event, (message) => void warnings.push({ file: workflow.file, line: 1, message }))
  const inputs = inputsOf(workflow, event, options.inputs ?? {}, check.environments)

  const facts = factsOf(identity, event, own.sha, workflow)
  const directory = join(stateDir, 'runs', facts.runId)
  // First: a failure here leaves nothing open.
  const toolPaths =
    typeof options.toolPaths === 'function' ? await options.toolPaths(uses) : (options.toolPaths ?? [])
  const github = await startLocalGitHub({
    repository: identity.repository,
    stateDir,
    pullRequest: pullRequestOf(event, own.sha),
    isFromFork: event.isFromFork,
  })
  const run: Run = {
    ...options,
    github,
    repositoryRoot,
    repositories,
    show,
    facts,
    directory,
    artifacts: createArtifactStore(join(directory, 'artifacts')),
    event:
      event.name === 'workflow_dispatch'
        ? { workflow: workflow.path, ...event.payload, inputs: inputs.texts }
        : event.payload,
    isFromFork: event.isFromFork,
    secrets: event.isFromFork ? {} : options.secrets,
    toolPaths,
    withoutJobs,
    signal: options.signal ?? new AbortController().signal,
  }
  if (event.isFromFork)
    show('the pull request comes from a fork: no secrets, no OIDC token and no right to write, as on GitHub')
  for (const { file, line, message } of unique(warnings)) show(`warning: ${file}:${line}: ${message}`)
  const { jobs, outcomes } = await runJobs(run, {
    loaded,
    inputs: inputs.typed,
    secrets: run.secrets ?? {},
    callers: noCallers,
  })
    .catch((error: unknown) => {
      throw error instanceof ExpressionError ? new RunRefused(`${workflow.file}: ${error.message}`) : error
    })
    .finally(() => github.close())
  for (const line of await github.writeChanged(join(directory, 'comments'))) show(line)
  const results = new Set([...outcomes.values()].map(({ result }) => result))
  return { conclusion: conclusionOf(results), runId: facts.runId, directory, jobs }
}

const factsOf = (
  identity: RepositoryIdentity,
  event: RunEvent,
  sha: string,
  workflow: Workflow,
): RunFacts => {
  const [owner = ''] = identity.repository.split('/')
  return {
    ...identity,
    repositoryOwner: owner,
    actor: owner,
    actorId: identity.repositoryOwnerId,
    sha,
    ref: event.ref,
    eventName: event.name,
    headRef: event.headRef,
    baseRef: event.baseRef,
    workflowName: workflow.name,
    workflowFile: workflow.path,
    runId: String(Date.now() * 1000 + randomInt(1000)),
    runNumber: '1',
    runAttempt: '1',
  }
}

const conclusionOf = (results: ReadonlySet<Conclusion>): WorkflowResult['conclusion'] =>
  results.has('failure') ? 'failure' : results.has('cancelled') ? 'cancelled' : 'success'

const pullRequestOf = (
  { name, payload }: RunEvent,
  mergeCommit: string,
): { number: number; mergeCommit: string } | undefined =>
  name === 'pull_request' && typeof payload.number === 'number'
    ? { number: payload.number, mergeCommit }
    : undefined

const inputsOf = (
  workflow: Workflow,
  event: RunEvent,
  given: Readonly<Record<string, string>>,
  environments: readonly string[] | undefined,
): ReturnType<typeof dispatchInputs> => {
  if (event.name === 'workflow_dispatch') return dispatchInputs(workflow, given, environments)
  const [name] = Object.keys(given)
  if (name !== undefined)
    throw new RunRefused(`--input ${name}: only workflow_dispatch has inputs, this event is ${event.name}`)
  return { typed: {}, texts: {} }
}

const refuseUnknownJobs = (loaded: LoadedWorkflow, withoutJobs: readonly string[]): void => {
  const places = placesOf(loaded)
  const unknown = withoutJobs.find((place) => !places.includes(place))
  if (unknown !== undefined)
    throw new RunRefused(`--without-job ${unknown}: there is no such job; jobs: ${places.join(', ')}`)
}

const placesOf = ({ workflow, calls, place }: LoadedWorkflow): string[] =>
  workflow.jobs.flatMap(({ id }) => {
    const called = calls.get(id)
    return [place + id, ...(called ? placesOf(called) : [])]
  })

const unique = (problems: readonly Problem[]): Problem[] => [
  ...new Map(
    problems.map((problem) => [`${problem.file}:${problem.line}: ${problem.message}`, problem]),
  ).values(),
]
