/** Puts the plan and what became of it into words and outputs; it refuses to write anything. */
import { sayFirstLook } from '../../_shared/ownership.ts'
import { planDigest, stateOf, type Outcome } from '../../_shared/plan.ts'
import type { Report, SummaryBlock } from '../../_shared/report.ts'
import type { Inputs } from './inputs.ts'
import type { ViewPlan, ViewStep } from './plan.ts'

export function report(
  plan: ViewPlan,
  outcome: Outcome<ViewStep>,
  inputs: Inputs,
  notes: readonly string[],
): Report {
  const effective = outcome.isApplied ? outcome.done.map(({ step }) => step) : plan.steps
  const count = (kind: ViewStep['kind']): number => effective.filter((step) => step.kind === kind).length
  const authorized = effective.reduce(
    (sum, step) => sum + (step.kind === 'authorize' ? step.add.length + step.addDatasets.length : 0),
    0,
  )
  const digest = planDigest(plan)
  return {
    outputs: {
      created: count('create'),
      updated: count('update'),
      adopted: count('adopt'),
      unchanged: count('keep'),
      deleted: count('delete'),
      authorized,
      plan: JSON.stringify({ schemaVersion: 1, steps: plan.steps.map(describeStep) }),
      'plan-digest': digest,
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
      ...notes.map((text): SummaryBlock => ({ kind: 'text', text })),
      {
        kind: 'table',
        head: ['Step', 'What', 'Why', 'State'],
        rows: plan.steps.map((step) => [step.kind, step.target, step.reason, stateOf(step, outcome)]),
      },
      { kind: 'text', text: `Plan digest: ${digest}` },
    ],
    failure: outcome.failure,
  }
}

const describeStep = (step: ViewStep): Record<string, unknown> => ({
  kind: step.kind,
  target: step.target,
  reason: step.reason,
  ...(step.kind === 'authorize'
    ? {
        add: step.add.map(({ datasetId, tableId }) => `${datasetId}.${tableId}`),
        remove: step.remove.map(({ datasetId, tableId }) => `${datasetId}.${tableId}`),
        ...(step.addDatasets.length > 0
          ? { addDatasets: step.addDatasets.map(({ datasetId }) => datasetId) }
          : {}),
      }
    : {}),
})
