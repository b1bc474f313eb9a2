/** Puts the plan and what became of it into words and outputs; it refuses to write anything. */
import { stateOf, type Outcome } from '../../_shared/plan.ts'
import type { Report, SummaryBlock } from '../../_shared/report.ts'
import type { Inputs } from './inputs.ts'
import type { TablePlan, TableStep } from './plan.ts'

export function report(
  plan: TablePlan,
  outcome: Outcome<TableStep>,
  inputs: Pick<Inputs, 'isDryRun'>,
  notes: readonly string[],
): Report {
  const effective = inputs.isDryRun ? plan.steps : outcome.done.map(({ step }) => step)
  const count = (kind: TableStep['kind']): number => effective.filter((step) => step.kind === kind).length
  return {
    outputs: {
      created: count('create'),
      updated: count('update'),
      unchanged: count('keep'),
    },
    summary: [
      {
        kind: 'heading',
        text: inputs.isDryRun
          ? 'Tables: the plan'
          : outcome.failure === undefined
            ? 'Tables applied'
            : 'Tables: stopped by an error',
      },
      {
        kind: 'text',
        text: `${count('create')} created, ${count('update')} updated, ${count('keep')} unchanged${inputs.isDryRun ? ' (dry run: nothing was changed)' : ''}.`,
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
