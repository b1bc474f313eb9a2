/** Runs one stage (pre, main, post) of one step and says what became of it; a broken expression or file fails the step, never the runner. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runProcess } from './child-process.ts'
import { checkOut } from './checkout.ts'
import { evaluate, ExpressionError, isTruthy } from './expressions.ts'
import type { Value } from './expressions.ts'
import { stepScope } from './job-state.ts'
import type { JobState, Stage } from './job-state.ts'
import type { Conclusion, StepResult } from './result.ts'
import { applyStepFiles, createStepFiles } from './step-files.ts'
import { openStepLog } from './step-log.ts'
import type { StepLog } from './step-log.ts'
import { actionCommand, scriptCommand, StepError } from './step-process.ts'
import { textsOf, valueOf } from './tokens.ts'
import { createWorkflowCommands } from './workflow-commands.ts'
import type { Annotation } from './workflow-commands.ts'
import type { WorkflowJob, WorkflowStep } from './workflow.ts'

export interface StepRoom {
  readonly job: WorkflowJob
  readonly logDirectory: string
  readonly source: { readonly root: string; readonly excluded: readonly string[] }
  readonly show: (line: string) => void
}

/** As GitHub shows them: ten of each level per step. */
const annotationsPerLevel = 10

export const runStage = async (
  state: JobState,
  step: WorkflowStep,
  stage: Stage,
  own: Readonly<Record<string, Value>>,
  room: StepRoom,
): Promise<StepResult> => {
  const startedMs = Date.now()
  const outputs: Record<string, string> = Object.create(null) as Record<string, string>
  const finish = (outcome: Conclusion, conclusion: Conclusion, log?: string): StepResult => ({
    id: step.id,
    name: stage.name,
    outcome,
    conclusion,
    outputs,
    seconds: (Date.now() - startedMs) / 1000,
    ...(log ? { log } : {}),
  })

  const env = { ...state.variables }
  let failure: string | undefined
  let isContinued = false
  let wants = (): boolean => true
  let timeoutMinutes = 360
  try {
    Object.assign(env, textsOf(step.env, stepScope(state, env, own), 'env'))
    const condition = stage.kind === 'main' ? step.condition : stage.kind === 'pre' ? stage.action?.preIf : stage.action?.postIf
    const scope = stepScope(state, env, own)
    wants = () => isTruthy(evaluate(condition ?? 'always()', scope))
    if (!wants()) return finish('skipped', 'skipped')
    isContinued = isTruthy(valueOf(step.continueOnError, scope))
    if (step.timeoutMinutes) timeoutMinutes = Number(valueOf(step.timeoutMinutes, scope))
    if (!(timeoutMinutes > 0)) throw new ExpressionError(`timeout-minutes must be a positive number`)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    failure = `The template is not valid. ${error.message}`
  }

  const number = String(stage.number).padStart(2, '0')
  const log = await openStepLog(
    join(room.logDirectory, `${number}-${fileName(stage.name)}.log`),
    { job: state.jobId, step: stage.name },
    state.masks,
    room.show,
  )
  const annotate = annotator(state, stage.name, log)
  let outcome: Conclusion = 'failure'
  try {
    if (failure !== undefined) annotate({ level: 'error', message: failure })
    else outcome = await perform(state, step, stage, own, room, { env, timeoutMinutes, log, annotate, outputs, wants })
  } finally {
    const seconds = (Date.now() - startedMs) / 1000
    log.line(`${outcome === 'success' ? '✓' : '✗'} ${outcome} in ${seconds.toFixed(1)} s`)
    await log.close()
  }
  return finish(outcome, outcome === 'failure' && isContinued ? 'success' : outcome, log.file)
}

interface Doing {
  readonly env: Record<string, string>
  readonly timeoutMinutes: number
  readonly log: StepLog
  readonly annotate: (annotation: Omit<Annotation, 'step'>) => void
  readonly outputs: Record<string, string>
  /** The step's condition, asked again when the job is cancelled. */
  readonly wants: () => boolean
}

const perform = async (
  state: JobState,
  step: WorkflowStep,
  stage: Stage,
  own: Readonly<Record<string, Value>>,
  room: StepRoom,
  doing: Doing,
): Promise<Conclusion> => {
  const { env, log, annotate, outputs } = doing
  const time = AbortSignal.timeout(Math.min(doing.timeoutMinutes * 60_000, 2 ** 31 - 1))
  const stop = new AbortController()
  // A cancelled job ends only the steps whose condition no longer holds; always(), cancelled() and post steps are there to tidy up.
  const onCancel = (): void => {
    state.status = 'cancelled'
    if (!doing.wants()) stop.abort()
  }
  if (!state.cancelled.aborted) state.cancelled.addEventListener('abort', onCancel, { once: true })
  const signal = AbortSignal.any([time, stop.signal])
  const files = await createStepFiles(state)
  let script: string | undefined
  try {
    if (step.missingAction !== undefined) {
      throw new StepError(
        `Can't find 'action.yml' under '${join(state.places.workspace, step.missingAction)}'. Did you forget to run actions/checkout before running your local action?`,
      )
    }
    if (step.uses !== undefined && !stage.action) {
      const { files: count } = await checkOut(state, textsOf(step.with, stepScope(state, env, own), 'with'), room.source)
      Object.assign(outputs, { ref: state.facts.ref, commit: state.facts.sha })
      log.line(`${count} files of the working tree at ${state.facts.sha.slice(0, 12)} copied into the workspace`)
      return 'success'
    }
    const command = stage.action
      ? await actionCommand(state, step, { ...stage, action: stage.action }, env, own)
      : await scriptCommand(state, room.job, step, env, own)
    for (const message of command.warnings) annotate({ level: 'warning', message })
    if (!stage.action) script = command.args.at(-1)
    if ('script' in command) for (const line of (command.script as string).trimEnd().split('\n')) log.detail(`$ ${line}`)
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
      saveState: (name, value) => {
        state.saved.set(step.id, { ...state.saved.get(step.id), [name]: value })
      },
    })
    const exitCode = await runProcess({
      ...command,
      env: { ...command.env, ...files.env, RUNNER_TRACKING_ID: trackingId(state) },
      signal,
      onLine: (line) => {
        commands.line(line)
      },
    })
    const problems = await applyStepFiles(state, step.id, files, ({ name, value }) => {
      outputs[name] = value
    })
    for (const message of problems) annotate({ level: 'error', message })
    if (stop.signal.aborted) return 'cancelled'
    if (time.aborted) {
      annotate({ level: 'error', message: `The action '${stage.name}' has timed out after ${doing.timeoutMinutes} minutes.` })
      return 'failure'
    }
    // GitHub annotates the exit code of scripts only: an action is expected to have said what is wrong.
    if (exitCode !== 0 && stage.action) log.line(`Node Action run completed with exit code ${exitCode}`)
    if (exitCode !== 0 && !stage.action) annotate({ level: 'error', message: `Process completed with exit code ${exitCode}.` })
    return exitCode === 0 && problems.length === 0 ? 'success' : 'failure'
  } catch (error) {
    annotate({ level: 'error', message: error instanceof ExpressionError ? `The template is not valid. ${error.message}` : failureText(error) })
    return 'failure'
  } finally {
    state.cancelled.removeEventListener('abort', onCancel)
    for (const file of Object.values(files.paths)) await rm(file, { force: true })
    if (script) await rm(script, { force: true })
  }
}

export const trackingId = (state: JobState): string => `clickstream-${state.facts.runId}-${state.jobId}`

const failureText = (error: unknown): string => {
  if (error instanceof StepError) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  if (code !== undefined) return `The step could not start: ${message}`
  throw error
}

const annotator = (state: JobState, stepName: string, log: StepLog) => {
  const counts: Record<Annotation['level'], number> = { error: 0, warning: 0, notice: 0 }
  return (annotation: Omit<Annotation, 'step'>): void => {
    const place = annotation.file ? `${annotation.file}${annotation.line ? `:${annotation.line}` : ''}: ` : ''
    log.line(`##[${annotation.level}]${place}${annotation.message}`)
    counts[annotation.level]++
    if (counts[annotation.level] > annotationsPerLevel) return
    state.annotations.push({
      ...annotation,
      message: state.masks.hide(annotation.message),
      step: stepName,
      ...(annotation.title ? { title: state.masks.hide(annotation.title) } : {}),
      ...(annotation.file ? { file: state.masks.hide(annotation.file) } : {}),
    })
  }
}

const fileName = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60) || 'step'
