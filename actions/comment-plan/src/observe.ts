/**
 * Finds the pull request, who the token is, and the comments of this environment that it wrote. It changes nothing;
 * a run without a pull request or without rights is a fact here, not a failure.
 */
import type { Comment, GitHub } from '../../_shared/runner/pull-request.ts'
import { noPlans, type Inputs } from './inputs.ts'
import { readMark, type Mark } from './mark.ts'

export interface OwnComment extends Comment {
  readonly mark: Mark
}

export interface Observed {
  readonly pullRequest: number | undefined
  /** Why nothing can be written; undefined when it can. */
  readonly obstacle?: 'no-pull-request' | 'fork' | 'no-token'
  /** Oldest first: of this environment, and to be written those that show a plan of a name that is given now. */
  readonly comments: readonly OwnComment[]
}

export async function observe(inputs: Inputs, github: GitHub): Promise<Observed> {
  if (inputs.plans.length === 0 && inputs.stopped.length === 0 && !inputs.isReading) throw noPlans()
  const pullRequest =
    inputs.pullRequest ?? github.event.pullRequest ?? (await bringingRequest(inputs, github))
  if (pullRequest === undefined) return { pullRequest, obstacle: 'no-pull-request', comments: [] }
  if (inputs.token === '') return { pullRequest, obstacle: 'no-token', comments: [] }
  if (inputs.isDryRun && !inputs.isReading) return { pullRequest, comments: [] }
  const author = (await github.login()) ?? inputs.author
  const comments = (await github.comments(pullRequest)).flatMap((comment): OwnComment[] => {
    const mark = comment.author === author ? readMark(comment.body) : undefined
    return mark?.environment === inputs.environment && isAbout(mark, inputs) ? [{ ...comment, mark }] : []
  })
  return { pullRequest, comments: comments.sort((a, b) => a.id - b.id) }
}

/**
 * Two workflows may plan for one environment: what the other one wrote, with other names in it, is not this one's to
 * replace. A mark without names is of a plan too large to name them, or of none.
 */
function isAbout({ digests }: Mark, { plans, stopped, isReading }: Inputs): boolean {
  const names = Object.keys(digests)
  return isReading || names.length === 0 || [...plans, ...stopped].some(({ name }) => names.includes(name))
}

/** A push to a branch does not say which pull request it merges; GitHub knows that of the commit. */
async function bringingRequest(
  { token, sha, isDryRun, isReading }: Inputs,
  github: GitHub,
): Promise<number | undefined> {
  if (!github.event.isPush || token === '' || (isDryRun && !isReading)) return undefined
  const requests = await github.pullRequestsOf(sha)
  const merged = requests.find(({ mergeCommit }) => mergeCommit === sha)
  return (merged ?? (requests.length === 1 ? requests[0] : undefined))?.number
}
