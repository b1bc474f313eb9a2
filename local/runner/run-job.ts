/**
 * Runs one job: its pre stages, its steps in order, its post stages in reverse; it refuses to leave a process
 * or the workspace behind.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { idOf, openLibrary } from './action-library.ts'
import { killByVariable } from './child-process.ts'
import { isTruthy } from './expressions.ts'
import { aroundJob, stepScope } from './job-state.ts'
import type { Around, JobState, Stage } from './job-state.ts'
import type { JobResult, StepResult } from './result.ts'
import { runStage } from './run-step.ts'
import type { JobRoom, StepRoom } from './step-room.ts'
import { stepName } from './step-name.ts'
import { entries, textOf, valueOf } from './tokens.ts'
import { parseUses } from './uses.ts'
import type { WorkflowJob, WorkflowStep } from './workflow.ts'

export const runJob = async (
  state: JobState,
  job: WorkflowJob,
  jobRoom: JobRoom,
): Promise<Omit<JobResult, 'id' | 'name'>> => {
  const { places } = state
  for (const directory of [places.workspace, places.temp, places.home, places.toolCache])
    await mkdir(directory, { recursive: true, mode: 0o700 })
  await writeFile(places.eventFile, JSON.stringify(state.contexts.github.event, null, 2), { mode: 0o600 })
  const room: StepRoom = {
    ...jobRoom,
    library: openLibrary(state, jobRoom.repositories, jobRoom.excluded),
    runStage,
  }
  const around = aroundJob(state, room.file)
  const results: StepResult[] = []
  const run = async (step: WorkflowStep, stage: Omit<Stage, 'number'>, own: Around): Promise<StepResult> => {
    const result = await runStage(state, step, { ...stage, number: results.length + 1 }, own, room)
    results.push(result)
    if (state.cancelled.aborted) state.status = 'cancelled'
    else if (result.conclusion === 'failure' && state.status === 'success') state.status = 'failure'
    return result
  }
  for (const step of job.steps) {
    const uses = step.uses === undefined ? undefined : parseUses(step.uses, room.repositories.names)
    // What lies in the workspace is not there yet: GitHub runs no pre stage for it either.
    if (uses?.kind !== 'self' && uses?.kind !== 'repository') continue
    const found = await room.library.find(step, uses, around).catch(() => undefined)
    if (found?.action.kind !== 'node' || !found.action.pre) continue
    await run(
      step,
      { kind: 'pre', name: `Pre ${stepName(state, step, around)}`, found },
      { ...around, github: found.github },
    )
  }
  for (const step of job.steps) {
    const result = await run(
      step,
      { kind: 'main', name: stepName(state, step, around) },
      { ...around, github: { action: idOf(step) } },
    )
    if (step.hasOwnId)
      state.steps[step.id] = {
        outputs: { ...result.outputs },
        outcome: result.outcome,
        conclusion: result.conclusion,
      }
  }
  for (const { step, found, name, around: own } of state.posts) {
    // Its condition asks about the job, also where the main stage asked about a composite.
    const composite = own.composite && { ...own.composite, status: state.status }
    await run(step, { kind: 'post', name, found }, { ...own, composite })
  }
  const leftovers = await killByVariable('RUNNER_TRACKING_ID', state.trackingId)
  if (leftovers > 0) room.show(`${state.label} │ ${leftovers} process(es) left running by a step were ended`)
  const outputs = jobOutputs(state, job, around)
  const summary = state.summaries.join('\n')
  const summaryFile = join(room.logDirectory, 'summary.md')
  if (summary !== '') {
    await mkdir(room.logDirectory, { recursive: true, mode: 0o700 })
    await writeFile(summaryFile, summary)
  }
  await rm(places.root, { recursive: true, force: true })
  const isForgiven =
    state.status === 'failure' &&
    isTruthy(valueOf(job.continueOnError, stepScope(state, state.variables, around)))
  return {
    result: isForgiven ? 'success' : state.status,
    outputs,
    steps: results,
    annotations: state.annotations,
    summary,
    ...(summary === '' ? {} : { summaryFile }),
  }
}

const jobOutputs = (state: JobState, job: WorkflowJob, around: Around): Record<string, string> => {
  const outputs: Record<string, string> = {}
  const scope = stepScope(state, state.variables, around)
  for (const { key: name, value } of entries(job.outputs)) {
    const text = textOf(value, scope, `outputs.${name}`)
    if (state.masks.hide(text) !== text)
      state.annotations.push({
        level: 'warning',
        message: `Skip output '${name}' since it may contain secret.`,
        step: 'Complete job',
      })
    else if (text !== '') outputs[name] = text
  }
  return outputs
}
