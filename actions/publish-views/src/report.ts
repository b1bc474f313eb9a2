/** Puts the plan and what became of it into words and outputs; it refuses to write anything. */
import { stateOf, type Outcome } from '../../_shared/plan.ts'
import type { Report, SummaryBlock } from '../../_shared/report.ts'
import type { Inputs } from './inputs.ts'
import type { ViewPlan, ViewStep } from './plan.ts'

export function report(
  plan: ViewPlan,
  outcome: Outcome<ViewStep>,
  inputs: Inputs,
  notes: readonly string[],
): Report {
  const effective = inputs.isDryRun ? plan.steps : outcome.done.map(({ step }) => step)
  const count = (kind: ViewStep['kind']): number => effective.filter((step) => step.kind === kind).length
  const authorized = effective.reduce(
    (sum, step) => sum + (step.kind === 'authorize' ? step.add.length : 0),
    0,
  )
  return {
    outputs: {
      created: count('create'),
      updated: count('update'),
      unchanged: count('keep'),
      deleted: count('delete'),
      authorized,
    },
    summary: [
      {
        kind: 'heading',
        text: inputs.isDryRun
          ? 'Views: the plan'
          : outcome.failure === undefined
            ? 'Views published'
            : 'Views: stopped by an error',
      },
      {
        kind: 'text',
        text: `${count('create')} created, ${count('update')} updated, ${count('keep')} unchanged, ${count('delete')} deleted; ${authorized} access ${authorized === 1 ? 'entry' : 'entries'} granted${inputs.isDryRun ? ' (dry run: nothing was changed)' : ''}.`,
      },
      ...notes.map((text): SummaryBlock => ({ kind: 'text', text })),
      {
        kind: 'table',
        head: ['Step', 'What', 'Why', 'State'],
        rows: plan.steps.map((step) => [step.kind, step.target, step.reason, stateOf(step, outcome)]),
      },
    ],
    failure: outcome.failure,
  }
}
