/**
 * Writes the comment and lets runs that wrote at the same time end with the oldest and what the newest says. It refuses
 * to touch a comment that observe did not find to be its own.
 */
import { applyInOrder } from '../../_shared/apply.ts'
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Comment, GitHub } from '../../_shared/runner/pull-request.ts'
import type { Runner } from '../../_shared/runner/runner.ts'
import type { Inputs } from './inputs.ts'
import { observe, type Observed } from './observe.ts'
import { planComment, type CommentPlan, type CommentStep } from './plan.ts'

export interface Commented extends Outcome<CommentStep> {
  readonly url?: string
  /** A newer run wrote at the same time, and what it says stands. */
  readonly isSuperseded?: boolean
  /** GitHub refused the token of a fork's run. */
  readonly isReadOnly?: boolean
  /** Who GitHub says wrote it, where the next run would look for another. */
  readonly strangeAuthor?: string
}

export async function apply(
  plan: CommentPlan,
  inputs: Inputs,
  _observed: Observed,
  github: GitHub,
  runner: Runner,
): Promise<Commented> {
  let url: string | undefined
  let strangeAuthor: string | undefined
  const carryOut = async (step: CommentStep): Promise<void> => {
    const written = await write(step, plan, github)
    url ??= written?.url ?? step.url
    if (step.kind === 'create' && written !== undefined && !(await isFoundAgain(written, inputs, github)))
      strangeAuthor = written.author
  }
  const outcome = await applyInOrder(plan, carryOut, runner)
  const { failure, ...whole } = outcome
  if (failure !== undefined)
    return github.isForbidden(failure) && github.event.isFromFork ? { ...whole, isReadOnly: true } : outcome
  const hasWritten = plan.steps.some(
    ({ kind, isSuperseded }) => kind === 'create' || (kind === 'update' && isSuperseded !== true),
  )
  if (runner.cancelled.aborted || !hasWritten) return { ...whole, url, strangeAuthor }
  try {
    const settled = await settle(inputs, github)
    return { ...whole, url: settled?.url ?? url, isSuperseded: settled?.isSuperseded, strangeAuthor }
  } catch (error) {
    return { ...whole, url, failure: error }
  }
}

/** A token of a GitHub App may not be asked who it is; what it wrote says so. */
const isFoundAgain = async ({ author }: Comment, inputs: Inputs, github: GitHub): Promise<boolean> =>
  author === inputs.author || author === (await github.login())

async function write(step: CommentStep, plan: CommentPlan, github: GitHub): Promise<Comment | undefined> {
  switch (step.kind) {
    case 'create':
      return await github.create(plan.pullRequest ?? 0, plan.body)
    case 'update':
      return await github.update(step.id ?? 0, step.body ?? plan.body)
    case 'delete':
      await github.remove(step.id ?? 0)
      return undefined
    case 'keep':
    case 'skip':
      return undefined
    default:
      return assertNever(step.kind)
  }
}

/** Looks again: others may have created one too, or an older run may have written over this one. */
async function settle(inputs: Inputs, github: GitHub): Promise<CommentStep | undefined> {
  const observed = await observe(inputs, github)
  if (observed.comments.length === 0) return undefined
  const again = planComment(inputs, observed)
  for (const step of again.steps) await write(step, again, github)
  return again.steps[0]
}
