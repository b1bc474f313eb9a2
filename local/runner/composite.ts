/**
 * Runs the steps of a composite action inside the step that uses it, with inputs, outputs and a status of
 * their own; it refuses to nest without end.
 */
import type { CompositeAction } from './action-file.ts'
import { idOf } from './action-library.ts'
import type { FoundAction } from './found-action.ts'
import { stepScope } from './job-state.ts'
import type { Around, JobState } from './job-state.ts'
import type { Conclusion } from './result.ts'
import type { Doing, StepRoom } from './step-room.ts'
import { StepError } from './step-error.ts'
import { stepName } from './step-name.ts'
import { actionInputs } from './step-process.ts'
import { textOf } from './tokens.ts'
import type { WorkflowStep } from './workflow.ts'

/** docs.github.com "Creating a composite action": ten composite actions in one another. */
export const deepestComposite = 10

export const runComposite = async (
  state: JobState,
  step: WorkflowStep,
  found: FoundAction & { action: CompositeAction },
  around: Around,
  room: StepRoom,
  doing: Doing,
): Promise<Conclusion> => {
  const { action } = found
  const depth = (around.composite?.depth ?? 0) + 1
  if (depth > deepestComposite)
    throw new StepError(`Composite action depth exceeded max depth ${deepestComposite}`)
  const outside = { ...around, github: { ...around.github, ...found.github } }
  const { values, warnings } = actionInputs(action, step, stepScope(state, doing.env, outside))
  for (const message of warnings) doing.annotate({ level: 'warning', message })
  const composite: NonNullable<Around['composite']> = { inputs: values, depth, status: 'success' }
  const inside: Around = {
    key: `${around.key}${step.id}/`,
    file: found.file,
    github: outside.github,
    env: doing.given,
    steps: {},
    composite,
  }
  for (const inner of action.steps) {
    const own = { ...inside, github: { ...inside.github, action: idOf(inner) } }
    const result = await room.runStage(
      state,
      inner,
      { kind: 'main', number: 0, name: stepName(state, inner, own) },
      own,
      room,
      doing,
    )
    if (inner.hasOwnId)
      inside.steps[inner.id] = {
        outputs: { ...result.outputs },
        outcome: result.outcome,
        conclusion: result.conclusion,
      }
    if (result.conclusion === 'failure' && composite.status === 'success') composite.status = 'failure'
    if (result.conclusion === 'cancelled') composite.status = 'cancelled'
    if (doing.time.aborted) break
  }
  const scope = stepScope(state, doing.env, inside)
  for (const { name, value } of action.outputs)
    if (value) doing.outputs[name] = textOf(value, scope, `outputs.${name}`)
  return composite.status
}
