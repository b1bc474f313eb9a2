/** Chooses between creating, updating and leaving the comment. It reads nothing. */
import { RefusedError } from '../../_shared/errors.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import type { SummaryBlock } from '../../_shared/report.ts'
import { digestsOf, isReviewable } from './body.ts'
import { commentOf } from './comment.ts'
import type { Inputs } from './inputs.ts'
import { isNewer, type Mark } from './mark.ts'
import type { Observed, OwnComment } from './observe.ts'

export interface CommentStep extends Step {
  readonly kind: 'create' | 'update' | 'keep' | 'delete' | 'skip'
  /** The comment it acts on; undefined for one that is not there yet. */
  readonly id?: number
  readonly url?: string
  /** What a newer run wrote, which has to stand in the place of what this one says. */
  readonly body?: string
  /** Whether a newer run wrote what stands there. */
  readonly isSuperseded?: boolean
}

export interface CommentPlan extends Plan<CommentStep> {
  readonly pullRequest: number | undefined
  readonly body: string
  readonly blocks: readonly SummaryBlock[]
  readonly obstacle: Observed['obstacle']
  /** Those that stand for review. */
  readonly digests: Mark['digests']
  /** What somebody should change in the workflow. */
  readonly warnings: readonly string[]
}

export function planComment(inputs: Inputs, observed: Observed): CommentPlan {
  const { pullRequest, obstacle } = observed
  const mark = { runId: inputs.runId, runAttempt: inputs.runAttempt }
  const newest = newestOf(observed.comments)
  const target = `pull request ${pullRequest ?? '(none)'}`
  // What an apply found is no plan that anybody reviewed: a second try must not take it for one.
  const digests = isReviewable(inputs) ? digestsOf(inputs.plans) : (newest?.mark.digests ?? {})
  const { body, blocks } = commentOf(inputs, digests)
  const base = {
    target: { repository: inputs.repository },
    owner: '',
    pullRequest,
    body,
    blocks,
    obstacle,
    digests,
    warnings: newest !== undefined && isOfSibling(inputs, newest.mark) ? [SIBLING] : [],
  }
  if (inputs.isReading) return readOnly(base, inputs, observed)
  if (obstacle !== undefined || inputs.isDryRun)
    return { ...base, steps: [{ kind: 'skip', target, reason: obstacle ?? 'dry run' }] }
  const [first, ...others] = observed.comments
  // Runs that began at once may each have created one. Whoever sees them leaves the oldest with what the newest run
  // says: whichever looks last then sees all of them, in whatever order they wrote.
  const surplus = others.map(({ id, url }): CommentStep => ({
    kind: 'delete',
    target,
    reason: 'a second comment',
    id,
    url,
  }))
  if (first === undefined || newest === undefined)
    return { ...base, steps: [{ kind: 'create', target, reason: 'there is none yet' }] }
  const at = { target, id: first.id, url: first.url }
  if (isNewer(newest.mark, mark)) {
    const reason = `run ${newest.mark.runId} is newer`
    const kind = newest === first ? 'keep' : 'update'
    return {
      ...base,
      steps: [{ ...at, kind, reason, body: newest.body, isSuperseded: true }, ...surplus],
    }
  }
  const step: CommentStep =
    first.body === body
      ? { ...at, kind: 'keep', reason: 'says this already' }
      : { ...at, kind: 'update', reason: 'the plan is another' }
  return { ...base, steps: [step, ...surplus] }
}

const SIBLING =
  'Another job of this run wrote a plan of the same name for the same environment, and this one takes its place: give each job an environment of its own, or its plans names of their own.'

/** Two legs of a matrix, say: neither is newer, and whoever writes last would be the only one that is seen. */
function isOfSibling(inputs: Inputs, mark: Mark): boolean {
  const isSameRun = mark.runId === inputs.runId && mark.runAttempt === inputs.runAttempt
  return (
    isSameRun &&
    isReviewable(inputs) &&
    Object.entries(digestsOf(inputs.plans)).some(
      ([name, digest]) => (mark.digests[name] ?? digest) !== digest,
    )
  )
}

const newestOf = (comments: readonly OwnComment[]): OwnComment | undefined =>
  comments.reduce<OwnComment | undefined>(
    (a, b) => (a === undefined || isNewer(b.mark, a.mark) ? b : a),
    undefined,
  )

function readOnly(
  base: Omit<CommentPlan, 'steps'>,
  { environment, token, required }: Inputs,
  { pullRequest, comments }: Observed,
): CommentPlan {
  // Of a name that two comments hold the newer run's counts.
  const oldestFirst = [...comments].sort((a, b) => (isNewer(a.mark, b.mark) ? 1 : -1))
  const digests = Object.assign({}, ...oldestFirst.map(({ mark }) => mark.digests)) as Mark['digests']
  const plan = { ...base, digests, blocks: [], steps: [] }
  const missing = required.filter((name) => digests[name] === undefined)
  if (Object.keys(digests).length > 0 && missing.length === 0) return plan
  const of = environment === '' ? '' : ` for ${environment}`
  const what =
    token === ''
      ? 'there is no token to read with'
      : pullRequest === undefined
        ? 'this commit came by no pull request'
        : `pull request ${pullRequest} has no plan${missing.length > 0 ? ` named ${missing.join(', ')}` : ''}${of}`
  const refusal = new RefusedError(
    `Reading the reviewed plan: ${what}; make a plan on the pull request first.`,
    {
      hint: 'Let a run on the pull request call this action with its plans and the same environment, or deploy without expected-plans.',
      what: 'no reviewed plan',
      problem: 'no-reviewed-plan',
    },
  )
  // Half of what was asked for must not pass for all of it.
  return { ...plan, digests: missing.length > 0 ? {} : digests, refusal }
}
