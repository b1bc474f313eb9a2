/** Puts the plan and what became of it into words and outputs; it refuses to write anything. */
import { showDifferences } from '../../_shared/line-diff.ts'
import { sayFirstLook } from '../../_shared/ownership.ts'
import { statesOf, type Outcome } from '../../_shared/plan.ts'
import { warnOfRefusal, type Report, type SummaryBlock } from '../../_shared/report.ts'
import type { Inputs } from './inputs.ts'
import type { DdlOutcome } from './judge.ts'
import type { TablePlan, DdlStep } from './plan.ts'

export function report(
  plan: TablePlan,
  outcome: Outcome<DdlStep> & Pick<DdlOutcome, 'notes'>,
  inputs: Pick<Inputs, 'isDryRun' | 'owner'>,
  notes: readonly string[],
): Report {
  const stateOf = statesOf(outcome)
  const effective = inputs.isDryRun ? plan.steps : outcome.done.map(({ step }) => step)
  const count = (kind: DdlStep['kind']): number => effective.filter((step) => step.kind === kind).length
  return {
    outputs: {
      created: count('create'),
      updated: count('update'),
      adopted: count('adopt'),
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
        text: `${count('create')} created, ${count('update')} updated, ${count('adopt')} adopted, ${count('keep')} unchanged${inputs.isDryRun ? ' (dry run: nothing was changed)' : ''}.`,
      },
      ...(plan.look.adopt + plan.look.conflict > 0
        ? [
            {
              kind: 'text',
              text: `Not everything here was made by this owner (${inputs.owner}): ${sayFirstLook(plan.look)}.`,
            } as const,
          ]
        : []),
      ...[...notes, ...(outcome.notes ?? [])].map((text): SummaryBlock => ({ kind: 'text', text })),
      {
        kind: 'table',
        head: ['Step', 'What', 'Why', 'State'],
        rows: plan.steps.map((step) => [step.kind, step.target, step.reason, stateOf(step)]),
      },
      ...showDifferences(plan.steps),
    ],
    // A first look at a project that is not empty is no failure; applying it would be one.
    annotations: warnOfRefusal(plan, inputs.isDryRun, { before: '', title: 'Tables' }),
    failure: outcome.failure,
  }
}
