/**
 * Runs the jobs of one workflow file in their order, each leg of a matrix and each called workflow in its
 * turn; it refuses to start what cannot succeed.
 */
import { callInputs, callOutputs, callSecrets } from './call-inputs.ts'
import { checkConcurrency } from './concurrency.ts'
import { githubContext } from './contexts.ts'
import { evaluate, ExpressionError, isTruthy } from './expressions.ts'
import type { Contexts } from './expressions.ts'
import type { Frame, LegPlace, Place } from './frame.ts'
import { inOrder, statusOfAncestors } from './job-order.ts'
import { noPlaces } from './job-root.ts'
import { legName, legsOf } from './matrix.ts'
import type { Conclusion, JobOutcome, JobResult } from './result.ts'
import type { Run } from './run-options.ts'
import { startJob } from './start-job.ts'
import { child } from './tokens.ts'
import type { WorkflowJob } from './workflow.ts'

export interface Jobs {
  /** In the order of the file; a calling job before those it called. */
  readonly jobs: readonly JobResult[]
  /** What other jobs see of each: all legs together. */
  readonly outcomes: ReadonlyMap<string, JobOutcome>
}

export const runJobs = async (run: Run, frame: Frame): Promise<Jobs> => {
  const { workflow } = frame.loaded
  checkConcurrency(child(workflow.root, 'concurrency'), {
    github: githubContext(run.facts, '', noPlaces, run.event),
    inputs: frame.inputs,
    vars: { ...run.vars },
  })
  const results = new Map<string, readonly JobResult[]>()
  const outcomes = new Map<string, JobOutcome>()
  for (const job of inOrder(workflow.jobs)) {
    const legs = await runLegs(run, frame, job, outcomes)
    results.set(
      job.id,
      legs.flatMap(({ results: own }) => own),
    )
    outcomes.set(job.id, together(legs.map(({ outcome }) => outcome)))
  }
  return { jobs: workflow.jobs.flatMap((job) => results.get(job.id) ?? []), outcomes }
}

interface LegResult {
  readonly results: readonly JobResult[]
  readonly outcome: JobOutcome
}

const runLegs = async (
  run: Run,
  frame: Frame,
  job: WorkflowJob,
  outcomes: ReadonlyMap<string, JobOutcome>,
): Promise<LegResult[]> => {
  const { workflow, place } = frame.loaded
  const { callers } = frame
  const own = place + job.id
  const label = callers.name + job.id
  const end = (result: Conclusion, name: string, message?: string): LegResult =>
    ended(own, result, name, message)
  if (run.withoutJobs.includes(own)) {
    run.show(`${callers.line}${job.id} │ skipped: --without-job ${own}`)
    return [end('skipped', label)]
  }
  const contexts = jobContexts(run, frame, job, outcomes)
  const status = statusOfAncestors(job, {
    jobs: workflow.jobs,
    resultOf: (id) => outcomes.get(id)?.result,
    isCancelled: () => run.signal.aborted,
  })
  const wants = (): boolean => isTruthy(evaluate(job.condition, { contexts, status }))
  const legs: LegResult[] = []
  try {
    if (!wants()) {
      run.show(`${callers.line}${job.id} │ skipped`)
      return [end(run.signal.aborted ? 'cancelled' : 'skipped', label)]
    }
    const strategy = legsOf(job, { contexts })
    let isStopped = false
    for (const [index, leg] of strategy.legs.entries()) {
      const scope = { ...contexts, ...leg.contexts }
      const at: Place = {
        name: callers.name + legName(job, leg, scope),
        line: callers.line + job.id + (leg.suffix === '' ? '' : ` (${leg.suffix})`),
        // A dot cannot be part of a job's id.
        path: callers.path + job.id + (strategy.legs.length === 1 ? '' : `.${index + 1}`),
      }
      // One leg runs at a time: those that a failure or the end of the run would stop have not begun.
      if (isStopped || (run.signal.aborted && !wants())) legs.push(end('cancelled', at.name))
      else legs.push(await runLeg(run, frame, job, { leg, at, contexts: scope }))
      isStopped ||= strategy.isFailFast && legs.at(-1)?.outcome.result === 'failure'
    }
    return legs
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const message = `The template is not valid. ${workflow.file} (Line: ${job.line}): ${error.message}`
    run.show(`${callers.line}${job.id} │ ##[error]${message}`)
    return [...legs, end('failure', label, message)]
  }
}

const runLeg = async (
  run: Run,
  frame: Frame,
  job: WorkflowJob,
  { leg, at, contexts }: LegPlace,
): Promise<LegResult> => {
  const called = frame.loaded.calls.get(job.id)
  if (!called) {
    const result = await startJob(run, frame, job, { leg, at, contexts })
    return { results: [result], outcome: result }
  }
  const { github, vars } = contexts
  const inputs = callInputs(job, called.workflow, { contexts }, { contexts: { github, vars, inputs: {} } })
  const secrets = callSecrets(job, frame.secrets, {
    contexts: { ...contexts, secrets: { ...frame.secrets } },
  })
  run.show(`${at.line} ▶ calls ${called.workflow.file}`)
  const { jobs, outcomes } = await runJobs(run, {
    loaded: called,
    inputs,
    secrets,
    callers: { name: `${at.name} / `, line: `${at.line}/`, path: `${at.path}/` },
  })
  const nested = Object.fromEntries(
    [...outcomes].map(([id, { result, outputs }]) => [id, { result, outputs: { ...outputs } }]),
  )
  const outputs = callOutputs(called.workflow, { github, vars, inputs, jobs: nested })
  const outcome = { result: resultOfCall([...outcomes.values()].map(({ result }) => result)), outputs }
  return {
    results: [
      { ...ended(frame.loaded.place + job.id, outcome.result, at.name).results[0]!, outputs },
      ...jobs,
    ],
    outcome,
  }
}

const resultOfCall = (results: readonly Conclusion[]): Conclusion => {
  for (const result of ['failure', 'cancelled', 'success'] as const)
    if (results.includes(result)) return result
  return 'skipped'
}

/** The legs of a job as one: the worst result; of each output the last one that was set. */
const together = (legs: readonly JobOutcome[]): JobOutcome => ({
  result: resultOfCall(legs.map(({ result }) => result)),
  outputs: Object.assign({}, ...legs.map(({ outputs }) => outputs)) as Record<string, string>,
})

const ended = (id: string, result: Conclusion, name: string, message?: string): LegResult => {
  const annotations = message === undefined ? [] : [{ level: 'error' as const, message, step: 'Set up job' }]
  const outcome = { result, outputs: {} }
  return { outcome, results: [{ id, name, ...outcome, steps: [], summary: '', annotations }] }
}

const jobContexts = (
  run: Run,
  frame: Frame,
  job: WorkflowJob,
  outcomes: ReadonlyMap<string, JobOutcome>,
): Contexts => ({
  github: githubContext(run.facts, job.id, noPlaces, run.event),
  inputs: frame.inputs,
  vars: { ...run.vars },
  needs: Object.fromEntries(
    job.needs.map((id) => [
      id,
      { result: outcomes.get(id)?.result ?? 'skipped', outputs: { ...outcomes.get(id)?.outputs } },
    ]),
  ),
})
