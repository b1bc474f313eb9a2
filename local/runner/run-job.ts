/** Runs one job: its pre stages, its steps in order, its post stages in reverse; it refuses to leave a process or the workspace behind. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ActionFileError, readActionFile } from './action-file.ts'
import type { ActionFile } from './action-file.ts'
import { killByVariable } from './child-process.ts'
import { ExpressionError, isTruthy } from './expressions.ts'
import type { Value } from './expressions.ts'
import { stepScope } from './job-state.ts'
import type { JobState, Stage } from './job-state.ts'
import type { JobResult, StepResult } from './result.ts'
import { runStage, trackingId } from './run-step.ts'
import type { StepRoom } from './run-step.ts'
import { entries, textOf, valueOf } from './tokens.ts'
import { parseUses } from './uses.ts'
import type { WorkflowJob, WorkflowStep } from './workflow.ts'

export const runJob = async (state: JobState, job: WorkflowJob, room: StepRoom): Promise<JobResult> => {
  const { places, facts } = state
  for (const directory of [places.workspace, places.temp, places.home, places.toolCache]) await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeFile(places.eventFile, JSON.stringify(state.contexts.github.event, null, 2), { mode: 0o600 })
  const results: StepResult[] = []
  const posts: { step: WorkflowStep; stage: Stage; own: Record<string, Value> }[] = []
  let number = 0
  const run = async (step: WorkflowStep, stage: Stage, own: Record<string, Value>): Promise<StepResult> => {
    const result = await runStage(state, step, stage, own, room)
    results.push(result)
    if (state.cancelled.aborted) state.status = 'cancelled'
    else if (result.conclusion === 'failure' && state.status === 'success') state.status = 'failure'
    return result
  }
  const actions = new Map<WorkflowStep, { action: ActionFile; own: Record<string, Value> }>()
  for (const step of job.steps) {
    const uses = step.uses === undefined ? undefined : parseUses(step.uses, facts.repository)
    if (uses?.kind !== 'repository') continue
    const action = await readActionFile(join(room.source.root, uses.path))
    if (!action) continue
    const found = { action, own: { action: `__${step.id}`, action_path: action.directory, action_repository: uses.repository, action_ref: uses.ref } }
    actions.set(step, found)
    if (action.pre) await run(step, { kind: 'pre', number: ++number, name: `Pre ${stepName(state, step)}`, action }, found.own)
  }
  for (const step of job.steps) {
    const name = stepName(state, step)
    let found = actions.get(step)
    const uses = step.uses === undefined ? undefined : parseUses(step.uses, facts.repository)
    if (uses?.kind === 'local') found = await localAction(state, step, uses.path)
    const own = found?.own ?? { action: step.hasOwnId ? step.id : `__${step.id}` }
    const stage: Stage = { kind: 'main', number: ++number, name, action: found?.action }
    const result = await run(uses?.kind === 'local' && !found ? missingAction(step, uses.path) : step, stage, own)
    if (step.hasOwnId) state.steps[step.id] = { outputs: { ...result.outputs }, outcome: result.outcome, conclusion: result.conclusion }
    if (found?.action.post && result.outcome !== 'skipped') {
      posts.unshift({ step, own, stage: { kind: 'post', number: 0, name: `Post ${name}`, action: found.action } })
    }
  }
  for (const { step, stage, own } of posts) await run(step, { ...stage, number: ++number }, own)
  const leftovers = await killByVariable('RUNNER_TRACKING_ID', trackingId(state))
  if (leftovers > 0) room.show(`${state.jobId} │ ${leftovers} process(es) left running by a step were ended`)
  const outputs = jobOutputs(state, job)
  const summary = state.summaries.join('\n')
  const summaryFile = join(room.logDirectory, 'summary.md')
  if (summary !== '') {
    await mkdir(room.logDirectory, { recursive: true, mode: 0o700 })
    await writeFile(summaryFile, summary)
  }
  await rm(places.root, { recursive: true, force: true })
  const isForgiven = state.status === 'failure' && isTruthy(valueOf(job.continueOnError, stepScope(state, state.variables)))
  return {
    id: job.id,
    name: job.name ? textOf(job.name, stepScope(state, {}), 'name') : job.id,
    result: isForgiven ? 'success' : state.status,
    outputs,
    steps: results,
    annotations: state.annotations,
    summary,
    ...(summary === '' ? {} : { summaryFile }),
  }
}

const localAction = async (state: JobState, step: WorkflowStep, path: string): Promise<{ action: ActionFile; own: Record<string, Value> } | undefined> => {
  try {
    const action = await readActionFile(join(state.places.workspace, path))
    return action && { action, own: { action: step.hasOwnId ? step.id : `__${step.id}`, action_path: action.directory } }
  } catch (error) {
    if (error instanceof ActionFileError) return undefined
    throw error
  }
}

/** The author forgot actions/checkout: GitHub says so in the step, where its `if` and `continue-on-error` still count. */
const missingAction = (step: WorkflowStep, path: string): WorkflowStep => ({ ...step, uses: undefined, missingAction: path })

const stepName = (state: JobState, step: WorkflowStep): string => {
  try {
    if (step.name) return state.masks.hide(textOf(step.name, stepScope(state, state.variables), 'name'))
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
  }
  if (step.uses !== undefined) return `Run ${step.uses}`
  try {
    return state.masks.hide(`Run ${textOf(step.run, stepScope(state, state.variables), 'run').trim().split('\n')[0] ?? ''}`)
  } catch {
    return 'Run'
  }
}

const jobOutputs = (state: JobState, job: WorkflowJob): Record<string, string> => {
  const outputs: Record<string, string> = {}
  const scope = stepScope(state, state.variables)
  for (const { key: name, value } of entries(job.outputs)) {
    const text = textOf(value, scope, `outputs.${name}`)
    if (state.masks.hide(text) !== text)
      state.annotations.push({ level: 'warning', message: `Skip output '${name}' since it may contain secret.`, step: 'Complete job' })
    else if (text !== '') outputs[name] = text
  }
  return outputs
}
