/** Executes a workflow file as GitHub would, job after job, and returns what came of it; it refuses by name, before the first step, whatever it cannot do. */
import { randomInt } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join, relative, resolve } from 'node:path'
import type { CloudConnection } from './cloud-connection.ts'
import { eventPayload, githubContext, oidcClaims, runnerContext } from './contexts.ts'
import type { JobPlaces, RunFacts } from './contexts.ts'
import { dispatchInputs } from './dispatch-inputs.ts'
import { evaluate, isTruthy } from './expressions.ts'
import type { Contexts, Value } from './expressions.ts'
import { inOrder, statusOfAncestors } from './job-order.ts'
import type { JobState } from './job-state.ts'
import { makeJobRoot } from './job-root.ts'
import { createMasks } from './masks.ts'
import { mayRequestIdToken } from './permissions.ts'
import type { Conclusion, JobResult, WorkflowResult } from './result.ts'
import { runJob } from './run-job.ts'
import { supportedEvents, unsupported } from './support.ts'
import { child, isMappingToken, textOf, textsOf, valueOf } from './tokens.ts'
import { headOf } from './workspace.ts'
import { readWorkflow, WorkflowProblems } from './workflow.ts'
import type { Workflow, WorkflowJob } from './workflow.ts'

export interface RepositoryIdentity {
  readonly repository: string
  readonly repositoryId: string
  readonly repositoryOwnerId: string
}

export interface RunOptions {
  /** Relative to `repositoryRoot`, or absolute inside it. */
  readonly file: string
  readonly repositoryRoot: string
  /** Logs and summaries go to `<stateDir>/runs/<run id>`; never copied into a workspace. */
  readonly stateDir: string
  readonly identity: RepositoryIdentity
  readonly event?: string
  readonly inputs?: Readonly<Record<string, string>>
  readonly vars?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  /** Without it there is no OIDC and no endpoint override. */
  readonly cloud?: CloudConnection
  /** Directories put before PATH: what a runner image would have installed. */
  readonly toolPaths?: readonly string[]
  readonly isDebug?: boolean
  readonly show?: (line: string) => void
  readonly signal?: AbortSignal
}

export class RunRefused extends Error {
  override name = 'RunRefused'
}

export const runWorkflow = async (options: RunOptions): Promise<WorkflowResult> => {
  const { identity, stateDir } = options
  const repositoryRoot = resolve(options.repositoryRoot)
  const show = options.show ?? (() => undefined)
  const path = isAbsolute(options.file) ? options.file : join(repositoryRoot, options.file)
  if (!(await stat(path).catch(() => undefined))?.isFile()) throw new RunRefused(`there is no workflow file ${options.file}`)
  const workflow = await readWorkflow(path, relative(repositoryRoot, path))
  const problems = await unsupported({ workflow, repositoryRoot, repository: identity.repository })
  if (problems.length > 0) throw new WorkflowProblems(problems)
  const eventName = options.event ?? 'workflow_dispatch'
  if (!(supportedEvents as readonly string[]).includes(eventName))
    throw new RunRefused(`--event ${eventName} is not supported; supported: ${supportedEvents.join(', ')}`)
  if (!workflow.events.includes(eventName)) throw new RunRefused(`${workflow.file} is not started by ${eventName}; it lists: ${workflow.events.join(', ')}`)
  const inputs = dispatchInputs(workflow, options.inputs ?? {})

  const head = await headOf(repositoryRoot)
  const [owner = ''] = identity.repository.split('/')
  const facts: RunFacts = {
    ...identity,
    repositoryOwner: owner,
    actor: owner,
    actorId: identity.repositoryOwnerId,
    ...head,
    eventName,
    workflowName: workflow.name,
    workflowFile: workflow.file,
    runId: String(Date.now() * 1000 + randomInt(1000)),
    runNumber: '1',
    runAttempt: '1',
  }
  const directory = join(stateDir, 'runs', facts.runId)
  const event = eventPayload(facts, inputs.texts)
  const isDispatch = eventName === 'workflow_dispatch'
  const run: Run = {
    ...options,
    repositoryRoot,
    show,
    workflow,
    facts,
    directory,
    event,
    typedInputs: isDispatch ? inputs.typed : {},
    results: new Map<string, JobResult>(),
    signal: options.signal ?? new AbortController().signal,
  }
  for (const job of inOrder(workflow.jobs)) run.results.set(job.id, await runOrSkip(run, job))
  const jobs = workflow.jobs.map((job) => run.results.get(job.id) as JobResult)
  const has = (result: Conclusion): boolean => jobs.some((job) => job.result === result)
  return { conclusion: has('failure') ? 'failure' : has('cancelled') ? 'cancelled' : 'success', runId: facts.runId, directory, jobs }
}

interface Run extends Omit<RunOptions, 'event'> {
  readonly show: (line: string) => void
  readonly workflow: Workflow
  readonly facts: RunFacts
  readonly directory: string
  readonly event: Value
  readonly typedInputs: Record<string, Value>
  readonly results: Map<string, JobResult>
  readonly signal: AbortSignal
}

const runOrSkip = async (run: Run, job: WorkflowJob): Promise<JobResult> => {
  const ended = (result: Conclusion, message?: string): JobResult => ({
    id: job.id,
    name: job.id,
    result,
    outputs: {},
    steps: [],
    summary: '',
    annotations: message === undefined ? [] : [{ level: 'error', message, step: 'Set up job' }],
  })
  try {
    const contexts = jobContexts(run, job)
    if (
      !isTruthy(
        evaluate(job.condition, {
          contexts,
          status: statusOfAncestors(job, { jobs: run.workflow.jobs, resultOf: (id) => run.results.get(id)?.result, isCancelled: () => run.signal.aborted }),
        }),
      )
    ) {
      run.show(`${job.id} │ skipped`)
      return ended(run.signal.aborted ? 'cancelled' : 'skipped')
    }
    return await startJob(run, job, contexts)
  } catch (error) {
    if ((error as Error).name !== 'ExpressionError') throw error
    const message = `The template is not valid. ${run.workflow.file} (Line: ${job.line}): ${(error as Error).message}`
    run.show(`${job.id} │ ##[error]${message}`)
    return ended('failure', message)
  }
}

const jobContexts = (run: Run, job: WorkflowJob): Contexts => {
  const needs = Object.fromEntries(
    job.needs.map((id) => [id, { result: run.results.get(id)?.result ?? 'skipped', outputs: { ...run.results.get(id)?.outputs } }]),
  )
  const github = githubContext(run.facts, job.id, placesOf(run, ''), run.event)
  return { github, inputs: run.typedInputs, vars: { ...run.vars }, needs, matrix: null, strategy: null }
}

const placesOf = (run: Run, root: string): JobPlaces => {
  const name = run.facts.repository.split('/')[1] ?? 'repository'
  return {
    root,
    workspace: join(root, 'work', name, name),
    temp: join(root, 'work', '_temp'),
    home: join(root, 'home'),
    toolCache: resolve(run.stateDir, 'tool-cache'),
    eventFile: join(root, 'work', '_temp', 'event.json'),
  }
}

const startJob = async (run: Run, job: WorkflowJob, contexts: Contexts): Promise<JobResult> => {
  const masks = createMasks()
  for (const secret of Object.values(run.secrets ?? {})) masks.add(secret)
  const root = await makeJobRoot()
  const places = placesOf(run, root)
  const github = githubContext(run.facts, job.id, places, run.event)
  const withSecrets: Contexts = { ...contexts, github, secrets: { ...run.secrets } }
  const time = job.timeoutMinutes ? Number(valueOf(job.timeoutMinutes, { contexts })) : 360
  const timer = AbortSignal.timeout(Math.min(time * 60_000, 2 ** 31 - 1))
  const environment = job.environment && textOf(isMappingToken(job.environment) ? child(job.environment, 'name') : job.environment, { contexts }, 'environment')
  let idToken: Awaited<ReturnType<CloudConnection['registerRun']>> | undefined
  try {
    if (run.cloud && mayRequestIdToken(run.workflow, job)) {
      idToken = await run.cloud.registerRun(oidcClaims(run.facts, environment))
      masks.add(idToken.requestToken)
    }
    const workflowEnv = textsOf(run.workflow.env, { contexts: withSecrets }, 'env')
    const state: JobState = {
      jobId: job.id,
      facts: run.facts,
      places,
      masks,
      contexts: {
        github,
        runner: runnerContext(places, run.isDebug ?? false),
        inputs: run.typedInputs,
        vars: { ...run.vars },
        secrets: { ...run.secrets },
        needs: contexts.needs,
      },
      variables: { ...run.cloud?.environment, ...workflowEnv, ...textsOf(job.env, { contexts: withSecrets }, 'env') },
      paths: [],
      steps: {},
      annotations: [],
      summaries: [],
      saved: new Map(),
      idToken,
      status: 'success',
      cancelled: AbortSignal.any([run.signal, timer]),
      machine: { path: machinePath(run.toolPaths ?? []), node: process.execPath, isDebug: run.isDebug ?? false },
    }
    const source = { root: run.repositoryRoot, excluded: [resolve(run.stateDir)] }
    const result = await runJob(state, job, { job, logDirectory: join(run.directory, job.id), source, show: run.show })
    if (!timer.aborted) return result
    const message = `The job has exceeded the maximum execution time of ${time} minutes.`
    return { ...result, annotations: [...result.annotations, { level: 'error', message, step: 'Complete job' }] }
  } finally {
    await idToken?.end()
    await rm(root, { recursive: true, force: true })
  }
}

/** The caller's PATH without what npm added to it: a step must not find this checkout's own tools. */
const machinePath = (toolPaths: readonly string[]): string =>
  [...toolPaths, ...(process.env.PATH ?? '').split(delimiter).filter((entry) => entry !== '' && !/[\\/]node_modules[\\/]/.test(entry))].join(delimiter)
