/**
 * Runs one stage (pre, main, post) of one step and says what became of it; a broken expression or file fails
 * the step, never the runner.
 */
import { join } from 'node:path'
import { evaluate, ExpressionError, isTruthy } from './expressions.ts'
import { stepScope } from './job-state.ts'
import type { JobState, Stage } from './job-state.ts'
import { perform } from './perform-step.ts'
import type { Conclusion, StepResult } from './result.ts'
import { openStepLog } from './step-log.ts'
import type { StepLog } from './step-log.ts'
import type { RunStage, StepRoom, Voice } from './step-room.ts'
import { textsOf, valueOf } from './tokens.ts'
import type { Annotation } from './workflow-commands.ts'
import type { WorkflowStep } from './workflow.ts'

/** As GitHub shows them: ten of each level per step. */
const annotationsPerLevel = 10

export const runStage: RunStage = async (state, step, stage, around, room, outer): Promise<StepResult> => {
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

  const given = { ...around.env }
  const env: Record<string, string> = {}
  let failure: string | undefined
  let isContinued = false
  let wants = (): boolean => true
  let timeoutMinutes = 360
  try {
    Object.assign(given, textsOf(step.env, stepScope(state, { ...state.variables, ...given }, around), 'env'))
    Object.assign(env, state.variables, given)
    const scope = stepScope(state, env, around)
    wants = () => isTruthy(evaluate(conditionOf(step, stage), stepScope(state, env, around)))
    if (!wants()) return finish('skipped', 'skipped')
    isContinued = isTruthy(valueOf(step.continueOnError, scope))
    if (step.timeoutMinutes) timeoutMinutes = Number(valueOf(step.timeoutMinutes, scope))
    if (!(timeoutMinutes > 0)) throw new ExpressionError(`timeout-minutes must be a positive number`)
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    failure = `The template is not valid. ${error.message}`
  }

  const voice = outer ?? (await openVoice(state, stage, timeoutMinutes, room))
  if (outer) outer.log.line(`▸ ${stage.name}`)
  let outcome: Conclusion = 'failure'
  try {
    if (failure !== undefined) voice.annotate({ level: 'error', message: failure })
    else outcome = await perform(state, step, stage, around, room, { ...voice, env, given, outputs, wants })
  } finally {
    if (!outer) {
      const seconds = (Date.now() - startedMs) / 1000
      voice.log.line(`${outcome === 'success' ? '✓' : '✗'} ${outcome} in ${seconds.toFixed(1)} s`)
      await voice.log.close()
    }
  }
  return finish(
    outcome,
    outcome === 'failure' && isContinued ? 'success' : outcome,
    outer ? undefined : voice.log.file,
  )
}

const conditionOf = (step: WorkflowStep, stage: Stage): string => {
  if (stage.kind === 'main') return step.condition
  const action = stage.found?.action
  return action?.kind === 'node' ? (stage.kind === 'pre' ? action.preIf : action.postIf) : 'always()'
}

const openVoice = async (
  state: JobState,
  stage: Stage,
  timeoutMinutes: number,
  room: StepRoom,
): Promise<Voice> => {
  const number = String(stage.number).padStart(2, '0')
  const file = join(room.logDirectory, `${number}-${fileName(stage.name)}.log`)
  const log = await openStepLog(file, { job: state.label, step: stage.name }, state.masks, room.show)
  return {
    log,
    name: stage.name,
    timeoutMinutes,
    annotate: annotator(state, stage.name, log),
    time: AbortSignal.timeout(Math.min(timeoutMinutes * 60_000, 2 ** 31 - 1)),
  }
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
