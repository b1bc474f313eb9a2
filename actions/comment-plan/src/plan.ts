/** Chooses between creating, updating and leaving the comment. It reads nothing. */
import type { Plan, Step } from '../../_shared/plan.ts'
import type { SummaryBlock } from '../../_shared/report.ts'
import { commentOf } from './comment.ts'
import type { Inputs } from './inputs.ts'
import { isNewer } from './mark.ts'
import type { Observed } from './observe.ts'

export interface CommentStep extends Step {
  readonly kind: 'create' | 'update' | 'keep' | 'delete' | 'skip'
  /** The comment it acts on; undefined for one that is not there yet. */
  readonly id?: number
  readonly url?: string
  /** Whether a newer run wrote what stands there. */
  readonly isSuperseded?: boolean
}

export interface CommentPlan extends Plan<CommentStep> {
  readonly pullRequest: number | undefined
  readonly body: string
  readonly blocks: readonly SummaryBlock[]
  readonly obstacle: Observed['obstacle']
}

export function planComment(inputs: Inputs, observed: Observed): CommentPlan {
  const { pullRequest, obstacle } = observed
  const mark = { environment: inputs.environment, runId: inputs.runId, runAttempt: inputs.runAttempt }
  const { body, blocks } = commentOf(inputs)
  const target = `pull request ${pullRequest ?? '(none)'}`
  const base = { target: { repository: inputs.repository }, owner: '', pullRequest, body, blocks, obstacle }
  if (obstacle !== undefined || inputs.isDryRun)
    return { ...base, steps: [{ kind: 'skip', target, reason: obstacle ?? 'dry run' }] }
  const [first, ...others] = observed.comments
  // Two runs that began at once may both have created one; the oldest stays.
  const surplus = others.map(({ id, url }): CommentStep => ({
    kind: 'delete',
    target,
    reason: 'a second comment',
    id,
    url,
  }))
  if (first === undefined)
    return { ...base, steps: [{ kind: 'create', target, reason: 'there is none yet' }] }
  const newest = observed.comments.reduce((a, b) => (isNewer(b.mark, a.mark) ? b : a))
  const at = { target, id: first.id, url: first.url }
  if (isNewer(newest.mark, mark))
    return {
      ...base,
      steps: [{ ...at, kind: 'keep', reason: `run ${newest.mark.runId} is newer`, isSuperseded: true }],
    }
  const step: CommentStep =
    first.body === body
      ? { ...at, kind: 'keep', reason: 'says this already' }
      : { ...at, kind: 'update', reason: 'the plan is another' }
  return { ...base, steps: [step, ...surplus] }
}
