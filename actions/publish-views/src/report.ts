/** Puts the plan and what became of it into words and outputs; it refuses to write anything. */
import { spelledBytes } from '../../_shared/amounts.ts'
import { showDifferences } from '../../_shared/line-diff.ts'
import { sayFirstLook } from '../../_shared/ownership.ts'
import { statesOf, type Outcome } from '../../_shared/plan.ts'
import { warnOfRefusal, type Report, type SummaryBlock } from '../../_shared/report.ts'
import type { Inputs } from './inputs.ts'
import type { Observed } from './observe.ts'
import type { ViewPlan, ViewStep } from './plan.ts'

export function report(
  plan: ViewPlan,
  outcome: Outcome<ViewStep>,
  inputs: Inputs,
  notes: readonly string[],
  { inPart, isPrunedInPart }: Pick<Observed, 'inPart' | 'isPrunedInPart'> = { inPart: [] },
): Report {
  const stateOf = statesOf(outcome)
  const effective = inputs.isDryRun ? plan.steps : outcome.done.map(({ step }) => step)
  const count = (kind: ViewStep['kind']): number => effective.filter((step) => step.kind === kind).length
  const authorized = effective.reduce(
    (sum, step) => sum + (step.kind === 'authorize' ? step.add.length + step.addDatasets.length : 0),
    0,
  )
  return {
    outputs: {
      created: count('create'),
      updated: count('update'),
      adopted: count('adopt'),
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
        text: `${count('create')} created, ${count('update')} updated, ${count('adopt')} adopted, ${count('keep')} unchanged, ${count('delete')} deleted; ${authorized} access ${authorized === 1 ? 'entry' : 'entries'} granted${!outcome.isApplied ? ' (nothing was changed)' : ''}.`,
      },
      ...(plan.look.adopt + plan.look.conflict > 0
        ? [
            {
              kind: 'text',
              text: `Not everything here was published by this owner (${inputs.owner}): ${sayFirstLook(plan.look)}.`,
            } as const,
          ]
        : []),
      ...[
        ...notes,
        ...inPart.map(saidInPart),
        ...saidForeign(plan),
        ...(isPrunedInPart === true ? [PRUNED_IN_PART] : []),
      ].map((text): SummaryBlock => ({
        kind: 'text',
        text,
      })),
      {
        kind: 'table',
        head: ['Step', 'What', 'Why', 'A query reads', 'State'],
        rows: plan.steps.map((step) => [
          step.kind,
          step.target,
          step.reason,
          step.bytes === undefined ? '' : spelledBytes(step.bytes),
          stateOf(step),
        ]),
      },
      ...showDifferences(plan.steps.filter(({ kind }) => kind !== 'authorize')),
    ],
    annotations: warnOfRefusal(plan, inputs.isDryRun),
    failure: outcome.failure,
  }
}

const PRUNED_IN_PART =
  'Nothing was pruned in datasets that no file names: with a variable in the path they may be those of another environment. The input owner, one for each environment, says whose they are.'

const saidInPart = (name: string): string =>
  `${name}: BigQuery judged its query alone, as this identity may not make it; the run asks again.`

/** No dry run can tell whether somebody else's access list may be changed. */
function saidForeign({ steps, target }: ViewPlan): string[] {
  const foreign = steps.flatMap((step) =>
    step.kind === 'authorize' && step.dataset.projectId !== target.project ? [step.target] : [],
  )
  return foreign.length === 0
    ? []
    : [
        `The access list of ${[...new Set(foreign)].join(', ')} is another project's: the run needs bigquery.datasets.setIamPolicy there, or the input authorize-except.`,
      ]
}
