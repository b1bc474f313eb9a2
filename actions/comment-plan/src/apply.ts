/**
 * Writes the comment and lets two runs that created one at the same time end with the oldest. It refuses to touch a
 * comment that observe did not find to be its own.
 */
import { assertNever, type Outcome } from '../../_shared/plan.ts'
import type { Comment, GitHub } from '../../_shared/runner/pull-request.ts'
import type { Inputs } from './inputs.ts'
import { observe, type Observed } from './observe.ts'
import { planComment, type CommentPlan, type CommentStep } from './plan.ts'

export interface Commented extends Outcome<CommentStep> {
  readonly url?: string
  /** GitHub refused the token of a fork's run. */
  readonly isReadOnly?: boolean
}

export async function apply(
  plan: CommentPlan,
  inputs: Inputs,
  _observed: Observed,
  github: GitHub,
): Promise<Commented> {
  const done: { step: CommentStep }[] = []
  let url: string | undefined
  try {
    for (const step of plan.steps) {
      const written = await write(step, plan, github)
      url ??= written?.url ?? step.url
      done.push({ step })
    }
    if (plan.steps.some(({ kind }) => kind === 'create')) url = await settle(inputs, github, url)
    return { isApplied: true, done, ...(url === undefined ? {} : { url }) }
  } catch (failure) {
    if (github.isForbidden(failure) && github.event.isFromFork)
      return { isApplied: true, done, isReadOnly: true }
    return { isApplied: true, done, failure }
  }
}

async function write(step: CommentStep, plan: CommentPlan, github: GitHub): Promise<Comment | undefined> {
  switch (step.kind) {
    case 'create':
      return await github.create(plan.pullRequest ?? 0, plan.body)
    case 'update':
      return await github.update(step.id ?? 0, plan.body)
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

/** Looks again after a creation: whoever created at the same moment sees the same oldest comment. */
async function settle(inputs: Inputs, github: GitHub, url: string | undefined): Promise<string | undefined> {
  const observed = await observe(inputs, github)
  if (observed.comments.length < 2) return url
  const again = planComment(inputs, observed)
  for (const step of again.steps) await write(step, again, github)
  return again.steps[0]?.url ?? url
}
