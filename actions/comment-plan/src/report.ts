/** Says what became of the comment, and shows the plan in the summary where it could not be written. */
import type { Outcome } from '../../_shared/plan.ts'
import type { Report, SummaryBlock } from '../../_shared/report.ts'
import type { Commented } from './apply.ts'
import { digestsOf } from './body.ts'
import type { Inputs } from './inputs.ts'
import type { CommentPlan, CommentStep } from './plan.ts'

const WHY: Readonly<Record<NonNullable<CommentPlan['obstacle']>, string>> = {
  'no-pull-request': 'This run belongs to no pull request, so the plan stands here only.',
  'no-token': 'This run has no token, so the plan stands here only.',
  fork: 'This run comes from a fork and may not comment, so the plan stands here only.',
}

export function report(
  plan: CommentPlan,
  outcome: Commented | Outcome<CommentStep, never>,
  inputs: Inputs,
): Report {
  const [first] = plan.steps
  const { url = '', isReadOnly = false, isSuperseded: isBehind, strangeAuthor }: Partial<Commented> = outcome
  const isSuperseded = isBehind ?? first?.isSuperseded
  const obstacle = isReadOnly ? 'fork' : plan.obstacle
  if (inputs.isReading) return readReport(plan, outcome.failure)
  const isSkipped = obstacle !== undefined || inputs.isDryRun || outcome.failure !== undefined
  const became = isSkipped
    ? 'skipped'
    : isSuperseded === true
      ? 'superseded'
      : first?.kind === 'create'
        ? 'created'
        : first?.kind === 'update'
          ? 'updated'
          : 'unchanged'
  const words = obstacle === undefined ? undefined : WHY[obstacle]
  return {
    outputs: {
      comment: became,
      'comment-url': isSkipped ? '' : url,
      'pull-request': plan.pullRequest ?? '',
      digests: JSON.stringify(digestsOf(inputs.plans)),
    },
    summary: [
      ...(words === undefined ? [] : [{ kind: 'text', text: words } satisfies SummaryBlock]),
      ...(isSkipped
        ? plan.blocks
        : [
            {
              kind: 'list',
              items: [{ text: `Plan on pull request ${plan.pullRequest ?? ''}: ${became}`, href: url }],
            } satisfies SummaryBlock,
          ]),
    ],
    annotations: [
      ...(words === undefined ? [] : [{ kind: 'notice', message: words } as const]),
      ...plan.warnings.map((message) => ({ kind: 'warning', message }) as const),
      ...(strangeAuthor === undefined
        ? []
        : [
            {
              kind: 'warning',
              message: `The comment was written by ${strangeAuthor}, and the next run would not find it again: set author: '${strangeAuthor}'.`,
            } as const,
          ]),
    ],
    failure: outcome.failure,
  }
}

function readReport({ pullRequest, digests }: CommentPlan, failure: unknown): Report {
  const names = Object.keys(digests)
  return {
    outputs: {
      comment: 'skipped',
      'comment-url': '',
      'pull-request': pullRequest ?? '',
      // Nothing rather than an empty object: it must not pass for a plan.
      digests: names.length === 0 ? '' : JSON.stringify(digests),
    },
    summary:
      names.length === 0
        ? []
        : [
            { kind: 'text', text: `Reviewed on pull request ${pullRequest ?? ''}:` },
            {
              kind: 'table',
              head: ['Step', 'Digest'],
              rows: Object.entries(digests),
            },
          ],
    failure,
  }
}
