/**
 * Chooses which tables to create and which to change in place. It refuses whatever would lose or rewrite
 * data, and what nobody allowed.
 */
import { shortName, type TableName } from '../../_shared/dataset.ts'
import { RefusedError } from '../../_shared/errors.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import { compareTable, type TablePatch } from './compare.ts'
import type { Inputs } from './inputs.ts'
import type { Observed, ObservedTable } from './observe.ts'

/**
 * No etag here: rows that are loaded between review and apply change it, and are no reason to review again.
 */
export type TableStep = Step & { readonly name: TableName } & (
    | { readonly kind: 'create'; readonly file: string; readonly statement: string }
    | { readonly kind: 'update'; readonly patch: TablePatch }
    | { readonly kind: 'keep' }
  )

export type TablePlan = Plan<TableStep>

export function planTables(
  inputs: Pick<Inputs, 'isBreakingAllowed' | 'isDestructiveAllowed' | 'location' | 'owner'>,
  observed: Observed,
): TablePlan {
  const byName = [...observed.tables].sort((a, b) => (shortName(a.name) < shortName(b.name) ? -1 : 1))
  return {
    target: { project: observed.projectId, location: inputs.location },
    owner: inputs.owner,
    steps: byName.map((table) => planTable(table, inputs)),
  }
}

function planTable(
  { name, file, sql, desired, existing }: ObservedTable,
  inputs: Pick<Inputs, 'isBreakingAllowed' | 'isDestructiveAllowed'>,
): TableStep {
  const target = shortName(name)
  if (existing === undefined)
    return { kind: 'create', target, reason: 'does not exist', after: sql, name, file, statement: sql }
  if (existing.type !== 'TABLE') {
    const found = existing.type.toLowerCase().replaceAll('_', ' ')
    throw new RefusedError(
      `Planning ${target}: there is a ${found} of this name, and apply-ddl changes tables only; rename the file or remove the ${found}.`,
      { what: target, problem: 'table-change' },
    )
  }
  const { reasons, patch, losses, deletions, breaks } = compareTable(existing, desired)
  if (losses.length > 0) {
    throw new RefusedError(
      `Planning ${target}: ${file} ${losses.join(', ')}; that would lose or rewrite rows, which this action never does.`,
      {
        what: `${file}: ${losses.join(', ')}`,
        problem: 'table-change',
        hint: 'Make the file say what the table is; or change the table by hand (ALTER TABLE, or a new table that the old one is copied into) and run again: what is as the file says is kept.',
      },
    )
  }
  if (deletions.length > 0 && !inputs.isDestructiveAllowed) {
    throw new RefusedError(
      `Planning ${target}: ${deletions.join(', ')}; BigQuery then deletes older rows by itself. Set allow-destructive: true if they may go.`,
      {
        what: `${file}: ${deletions.join(', ')}`,
        allowedBy: 'allow-destructive: true',
        problem: 'table-change',
      },
    )
  }
  if (breaks.length > 0 && !inputs.isBreakingAllowed) {
    throw new RefusedError(
      `Planning ${target}: ${breaks.join(', ')}; queries without such a filter would fail. Set allow-breaking: true if the readers are ready.`,
      { what: `${file}: ${breaks.join(', ')}`, allowedBy: 'allow-breaking: true', problem: 'table-change' },
    )
  }
  if (reasons.length === 0) return { kind: 'keep', target, reason: 'is as its file says', name }
  return { kind: 'update', target, reason: reasons.join(', '), name, patch }
}
