/**
 * Prepares one job: its places, masks, environment, token and time limit, and tidies up after it; it refuses
 * to leave the token or the workspace behind.
 */
import { rm } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { permissionsOf } from './called-workflows.ts'
import type { CloudConnection } from './cloud-connection.ts'
import { checkConcurrency } from './concurrency.ts'
import { githubContext, jobIdentity, oidcClaims, runnerContext } from './contexts.ts'
import { ExpressionError } from './expressions.ts'
import type { Contexts } from './expressions.ts'
import { makeJobRoot, placesIn } from './job-root.ts'
import type { JobState } from './job-state.ts'
import { createMasks } from './masks.ts'
import { mayRequestIdToken } from './permissions.ts'
import type { JobResult } from './result.ts'
import { unknownEnvironment } from './environment-vars.ts'
import { runJob } from './run-job.ts'
import type { Frame, LegPlace } from './frame.ts'
import type { Run } from './run-options.ts'
import { child, isMappingToken, textOf, textsOf, valueOf } from './tokens.ts'
import type { WorkflowJob } from './workflow.ts'

export const startJob = async (
  run: Run,
  frame: Frame,
  job: WorkflowJob,
  { leg, at, contexts: before }: LegPlace,
): Promise<JobResult> => {
  const { workflow } = frame.loaded
  const permissions = permissionsOf(job, frame.loaded)
  const environment = environmentOf(run, job, before)
  const vars = { ...run.vars, ...(environment === undefined ? {} : run.environments?.[environment]) }
  const masks = createMasks()
  for (const secret of Object.values({ ...run.secrets, ...frame.secrets })) masks.add(secret)
  const root = await makeJobRoot()
  const places = placesIn(root, { repository: run.facts.repository, stateDir: run.stateDir })
  const token = run.github.issue(permissions)
  masks.add(token.value)
  const secrets = { ...frame.secrets, GITHUB_TOKEN: token.value }
  const github = githubContext(run.facts, job.id, places, run.event, {
    url: run.github.url,
    token: token.value,
  })
  const contexts: Contexts = { ...before, vars, github }
  const time = job.timeoutMinutes ? Number(valueOf(job.timeoutMinutes, { contexts })) : 360
  if (!(time > 0)) throw new ExpressionError('timeout-minutes must be a positive number')
  checkConcurrency(job.concurrency, contexts)
  const timer = AbortSignal.timeout(Math.min(time * 60_000, 2 ** 31 - 1))
  let idToken: Awaited<ReturnType<CloudConnection['registerRun']>> | undefined
  try {
    if (run.cloud && !run.isFromFork && mayRequestIdToken(permissions)) {
      idToken = await run.cloud.registerRun(oidcClaims(run.facts, { workflow, environment }))
      masks.add(idToken.requestToken)
    }
    const state = stateOf(
      run,
      frame,
      job,
      { leg, at },
      {
        contexts: { ...contexts, secrets },
        places,
        masks,
        permissions,
        idToken,
        cancelled: AbortSignal.any([run.signal, timer]),
      },
    )
    const result = await runJob(state, job, {
      job,
      file: workflow.source,
      repositories: run.repositories,
      artifacts: run.artifacts,
      runDirectory: run.directory,
      logDirectory: join(run.directory, at.path),
      excluded: [resolve(run.stateDir)],
      show: run.show,
    })
    const named = { ...result, id: frame.loaded.place + job.id, name: at.name }
    if (!timer.aborted) return named
    const message = `The job has exceeded the maximum execution time of ${time} minutes.`
    return {
      ...named,
      annotations: [...result.annotations, { level: 'error', message, step: 'Complete job' }],
    }
  } finally {
    token.end()
    await idToken?.end()
    await rm(root, { recursive: true, force: true })
  }
}

/** A job before its first step. */
const stateOf = (
  run: Run,
  frame: Frame,
  job: WorkflowJob,
  { leg, at }: Pick<LegPlace, 'leg' | 'at'>,
  {
    contexts,
    ...opened
  }: Pick<JobState, 'places' | 'masks' | 'permissions' | 'idToken' | 'cancelled'> & { contexts: Contexts },
): JobState => {
  const { workflow } = frame.loaded
  return {
    ...opened,
    jobId: job.id,
    label: at.line,
    facts: run.facts,
    contexts: {
      github: contexts.github as JobState['contexts']['github'],
      runner: runnerContext(opened.places, run.isDebug ?? false),
      inputs: frame.inputs,
      vars: contexts.vars,
      secrets: contexts.secrets,
      needs: contexts.needs,
      ...leg.contexts,
    },
    job: jobIdentity(workflow),
    trackingId: `clickstream-${run.facts.runId}-${at.path}`,
    variables: {
      ...run.cloud?.environment,
      ...textsOf(workflow.env, { contexts }, 'env'),
      ...textsOf(job.env, { contexts }, 'env'),
    },
    paths: [],
    steps: {},
    annotations: [],
    summaries: [],
    saved: new Map(),
    posts: [],
    checkouts: [],
    status: 'success',
    machine: { path: machinePath(run.toolPaths), node: process.execPath, isDebug: run.isDebug ?? false },
  }
}

const environmentOf = (run: Run, job: WorkflowJob, contexts: Contexts): string | undefined => {
  const name = textOf(
    isMappingToken(job.environment) ? child(job.environment, 'name') : job.environment,
    { contexts },
    'environment',
  )
  if (name === '') return undefined
  const message = unknownEnvironment(name, run.environments && Object.keys(run.environments))
  if (message !== undefined) throw new ExpressionError(message)
  return name
}

/** The caller's PATH without what npm added to it: a step must not find this checkout's own tools. */
const machinePath = (toolPaths: readonly string[]): string =>
  [
    ...toolPaths,
    ...(process.env.PATH ?? '')
      .split(delimiter)
      .filter((entry) => entry !== '' && !/[\\/]node_modules[\\/]/.test(entry)),
  ].join(delimiter)
