/**
 * What a step is called where it is shown: its name, else what it runs or uses; it refuses to show a secret
 * in it.
 */
import { ExpressionError } from './expressions.ts'
import { stepScope } from './job-state.ts'
import type { Around, JobState } from './job-state.ts'
import { textOf } from './tokens.ts'
import type { WorkflowStep } from './workflow.ts'

export const stepName = (state: JobState, step: WorkflowStep, around: Around): string => {
  const scope = stepScope(state, state.variables, around)
  try {
    if (step.name) return state.masks.hide(textOf(step.name, scope, 'name'))
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
  }
  if (step.uses !== undefined) return `Run ${step.uses}`
  try {
    return state.masks.hide(`Run ${textOf(step.run, scope, 'run').trim().split('\n')[0] ?? ''}`)
  } catch {
    return 'Run'
  }
}
