/**
 * Does the work of one stage: a process, one of the runner's own actions, or a composite; it refuses to let
 * any of them outlive the step's time.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { FoundAction } from './found-action.ts'
import { runBuiltin } from './builtin-actions.ts'
import { runProcess } from './child-process.ts'
import { runComposite } from './composite.ts'
import { ExpressionError } from './expressions.ts'
import { stepScope } from './job-state.ts'
import type { Around, JobState, Stage } from './job-state.ts'
import type { Conclusion } from './result.ts'
import type { Doing, StepRoom } from './step-room.ts'
import { StepError } from './step-error.ts'
import { applyStepFiles, createStepFiles } from './step-files.ts'
import { actionCommand, scriptCommand } from './step-process.ts'
import type { StepCommand } from './step-process.ts'
import { textsOf } from './tokens.ts'
import { parseUses } from './uses.ts'
import type { Uses } from './uses.ts'
import { createWorkflowCommands } from './workflow-commands.ts'
import type { WorkflowStep } from './workflow.ts'

export const perform = async (
  state: JobState,
  step: WorkflowStep,
  stage: Stage,
  around: Around,
  room: StepRoom,
  doing: Doing,
): Promise<Conclusion> => {
  try {
    if (step.uses === undefined) return await runScript(state, step, around, room, doing)
    if (stage.found) return await runNode(state, step, { ...stage, found: stage.found }, around, doing)
    const uses = parseUses(step.uses, room.repositories.names)
    if (uses.kind === 'refused') throw new StepError(uses.reason)
    if (uses.kind === 'builtin') {
      const inputs = textsOf(step.with, stepScope(state, doing.env, around), 'with')
      return await runBuiltin(uses.name, { state, inputs, room, doing })
    }
    const found = await room.library.find(step, uses, around)
    if (!found) throw notFound(state, uses)
    if (found.action.kind === 'composite')
      return await runComposite(state, step, { ...found, action: found.action }, around, room, doing)
    const inside = { ...around, github: { ...around.github, ...found.github } }
    if (found.action.post) state.posts.unshift({ step, found, around: inside, name: `Post ${stage.name}` })
    return await runNode(state, step, { ...stage, found }, inside, doing)
  } catch (error) {
    doing.annotate({
      level: 'error',
      message:
        error instanceof ExpressionError ? `The template is not valid. ${error.message}` : failureText(error),
    })
    return 'failure'
  }
}

const notFound = (state: JobState, uses: Exclude<Uses, { kind: 'builtin' | 'refused' }>): StepError =>
  uses.kind === 'workspace'
    ? new StepError(
        `Can't find 'action.yml' under '${join(state.places.workspace, uses.path)}'. Did you forget to run actions/checkout before running your local action?`,
      )
    : new StepError(
        `Can't find 'action.yml' under '${uses.path}'${uses.kind === 'repository' ? ` of ${uses.repository}` : ''}.`,
      )

const runScript = async (
  state: JobState,
  step: WorkflowStep,
  around: Around,
  room: StepRoom,
  doing: Doing,
): Promise<Conclusion> => {
  const command = await scriptCommand(state, room.job, step, doing.env, around)
  for (const line of command.script.trimEnd().split('\n')) doing.log.detail(`$ ${line}`)
  try {
    const ended = await runCommand(state, around.key + step.id, command, doing)
    // GitHub annotates the exit code of scripts only: an action is expected to have said what is wrong.
    if (ended.failed)
      doing.annotate({ level: 'error', message: `Process completed with exit code ${ended.code}.` })
    return ended.conclusion
  } finally {
    await rm(command.file, { force: true })
  }
}

const runNode = async (
  state: JobState,
  step: WorkflowStep,
  stage: Stage & { found: FoundAction },
  around: Around,
  doing: Doing,
): Promise<Conclusion> => {
  const key = around.key + step.id
  const command = await actionCommand(state, step, stage, doing.env, around, key)
  for (const message of command.warnings) doing.annotate({ level: 'warning', message })
  const ended = await runCommand(state, key, command, doing)
  if (ended.failed) doing.log.line(`Node Action run completed with exit code ${ended.code}`)
  return ended.conclusion
}

interface Ended {
  readonly conclusion: Conclusion
  readonly code: number
  /** Not cancelled, not out of time. */
  readonly failed: boolean
}

const runCommand = async (
  state: JobState,
  key: string,
  command: StepCommand,
  doing: Doing,
): Promise<Ended> => {
  const { log, annotate, outputs, time } = doing
  const stop = new AbortController()
  // A cancelled job ends only the steps whose condition no longer holds; always(), cancelled() and post steps
  // are there to tidy up.
  const onCancel = (): void => {
    state.status = 'cancelled'
    if (!doing.wants()) stop.abort()
  }
  if (!state.cancelled.aborted) state.cancelled.addEventListener('abort', onCancel, { once: true })
  const files = await createStepFiles(state)
  const save = (name: string, value: string): void => {
    state.saved.set(key, { ...state.saved.get(key), [name]: value })
  }
  try {
    const commands = createWorkflowCommands({
      show: log.line,
      annotate,
      debug: (text) => {
        if (state.machine.isDebug) log.line(`##[debug]${text}`)
        else log.detail(`##[debug]${text}`)
      },
      mask: (secret) => {
        state.masks.add(secret)
      },
      setOutput: (name, value) => {
        outputs[name] = value
      },
      saveState: save,
    })
    const code = await runProcess({
      ...command,
      env: { ...command.env, ...files.env, RUNNER_TRACKING_ID: state.trackingId },
      signal: AbortSignal.any([time, stop.signal]),
      onLine: (line) => {
        commands.line(line)
      },
    })
    const problems = await applyStepFiles(state, files, {
      output: ({ name, value }) => {
        outputs[name] = value
      },
      state: ({ name, value }) => {
        save(name, value)
      },
    })
    for (const message of problems) annotate({ level: 'error', message })
    if (stop.signal.aborted) return { conclusion: 'cancelled', code, failed: false }
    if (time.aborted) {
      annotate({
        level: 'error',
        message: `The action '${doing.name}' has timed out after ${doing.timeoutMinutes} minutes.`,
      })
      return { conclusion: 'failure', code, failed: false }
    }
    return {
      conclusion: code === 0 && problems.length === 0 ? 'success' : 'failure',
      code,
      failed: code !== 0,
    }
  } finally {
    state.cancelled.removeEventListener('abort', onCancel)
    for (const file of Object.values(files.paths)) await rm(file, { force: true })
  }
}

const failureText = (error: unknown): string => {
  if (error instanceof StepError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== undefined) return `The step could not start: ${message}`
  throw error
}
