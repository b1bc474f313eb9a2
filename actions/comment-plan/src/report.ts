/** Says what became of the comment, and shows the plan in the summary where it could not be written. */
import type { Outcome } from '../../_shared/plan.ts'
import type { Report, SummaryBlock } from '../../_shared/report.ts'
import type { Commented } from './apply.ts'
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
  const { url = '', isReadOnly = false }: Pick<Commented, 'url' | 'isReadOnly'> =
    'url' in outcome || 'isReadOnly' in outcome ? outcome : {}
  const obstacle = isReadOnly ? 'fork' : plan.obstacle
  const isSkipped = obstacle !== undefined || inputs.isDryRun || outcome.failure !== undefined
  const became = isSkipped
    ? 'skipped'
    : first?.kind === 'create'
      ? 'created'
      : first?.kind === 'update'
        ? 'updated'
        : first?.isSuperseded === true
          ? 'superseded'
          : 'unchanged'
  const words = obstacle === undefined ? undefined : WHY[obstacle]
  return {
    outputs: {
      comment: became,
      'comment-url': isSkipped ? '' : url,
      digests: JSON.stringify(
        Object.fromEntries(inputs.plans.map(({ name, document }) => [name, document.digest])),
      ),
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
    annotations: words === undefined ? [] : [{ kind: 'notice', message: words }],
    failure: outcome.failure,
  }
}
