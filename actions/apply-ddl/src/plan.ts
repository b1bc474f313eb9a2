/**
 * Chooses which tables to create, to change in place and to adopt. It refuses what is not this owner's, whatever
 * would lose or rewrite data, and what nobody allowed.
 */
import { shortName, type ExistingTable, type TableName } from '../../_shared/dataset.ts'
import { RefusedError } from '../../_shared/errors.ts'
import { ownerOf, type FirstLook } from '../../_shared/ownership.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import { compareTable, type Difference, type TablePatch } from './compare.ts'
import type { Inputs } from './inputs.ts'
import { readLedger } from './ledger.ts'
import type { Observed, ObservedTable } from './observe.ts'
import { shapeOf } from './shape.ts'

interface Change {
  readonly patch: TablePatch
  /** Columns that the file does not name, and that stay. */
  readonly beside: readonly string[]
}
/**
 * No etag here: rows that are loaded between review and apply change it, and are no reason to review again.
 */
export type TableStep = Step & { readonly name: TableName } & (
    | { readonly kind: 'create'; readonly file: string; readonly statement: string }
    | ({ readonly kind: 'update' | 'adopt' } & Change)
    | { readonly kind: 'keep' }
    /** Not this owner's to change: the plan shows it, and is refused as a whole. */
    | { readonly kind: 'conflict' }
  )

export interface TablePlan extends Plan<TableStep> {
  readonly look: FirstLook
  /** Why the plan must not be applied as it is. */
  readonly refusal?: RefusedError
}
type Wishes = Pick<Inputs, 'isBreakingAllowed' | 'isDestructiveAllowed' | 'isAdopting' | 'location' | 'owner'>

export function planTables(inputs: Wishes, observed: Observed): TablePlan {
  const byName = [...observed.tables].sort((a, b) => (shortName(a.name) < shortName(b.name) ? -1 : 1))
  const steps = byName.map((table) => planTable(table, inputs))
  const count = (kind: TableStep['kind']): number => steps.filter((step) => step.kind === kind).length
  return {
    target: { project: observed.projectId, location: inputs.location },
    owner: inputs.owner,
    steps,
    look: {
      adopt: count('adopt'),
      change: count('create') + count('update'),
      conflict: count('conflict'),
      leave: count('keep'),
    },
    ...(count('conflict') > 0 ? { refusal: refuseConflicts(byName, steps, inputs) } : {}),
  }
}

function planTable(table: ObservedTable, inputs: Wishes): TableStep {
  const { name, file, sql, desired, existing } = table
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
  const { ownership, hasDrifted, isAccepted } = readLedger(existing, inputs.owner)
  const difference = compareTable(existing, desired)
  const accepted = isAccepted(difference.beside)
  const differences = [
    ...(accepted ? [] : difference.beside.map(drop)),
    ...difference.losses,
    ...difference.reasons,
  ]
  const conflict = (reason: string): TableStep => ({
    ...{ kind: 'conflict', target, reason, name },
    ...texts(existing, desired),
  })
  if (ownership === 'theirs') return conflict(`belongs to owner ${ownerOf(existing.labels)}`)
  if (differences.length > 0 && !inputs.isAdopting) {
    if (ownership === 'nobody') return conflict(`was not made by this action: ${differences.join(', ')}`)
    if (hasDrifted)
      return conflict(`was changed by somebody else since it was applied: ${differences.join(', ')}`)
  }
  const isBesideKept = accepted || inputs.isAdopting
  refuseWhatNobodyAllowed({ target, file }, difference, isBesideKept, inputs)
  const kept = accepted ? [] : difference.beside.map((column) => `keeps column ${column} beside the file`)
  const reasons = [...kept, ...difference.reasons]
  const change = { name, patch: difference.patch, beside: difference.beside }
  if (ownership === 'nobody' || (hasDrifted && reasons.length === 0)) {
    const words = [ownership === 'nobody' ? 'adopted' : 'recorded as it is', ...reasons]
    return {
      ...{ kind: 'adopt', target, reason: words.join(', ') },
      ...(reasons.length === 0 ? {} : texts(existing, desired)),
      ...change,
    }
  }
  if (reasons.length === 0) return { kind: 'keep', target, reason: 'is as its file says', name }
  return {
    kind: 'update',
    target,
    reason: reasons.join(', '),
    ...texts(existing, desired),
    ...change,
  }
}

const drop = (column: string): string => `drops column ${column}`
const texts = (existing: ExistingTable, desired: ObservedTable['desired']) => ({
  before: shapeOf(existing),
  after: shapeOf(desired),
})

function refuseWhatNobodyAllowed(
  { target, file }: { target: string; file: string },
  { beside, losses, deletions, breaks }: Difference,
  isBesideKept: boolean,
  inputs: Wishes,
): void {
  const lost = [...(isBesideKept ? [] : beside.map(drop)), ...losses]
  if (lost.length > 0) {
    throw new RefusedError(
      `Planning ${target}: ${file} ${lost.join(', ')}; that would lose or rewrite rows, which this action never does.`,
      {
        what: `${file}: ${lost.join(', ')}`,
        problem: 'table-change',
        hint: 'Make the file say what the table is; or change the table by hand (ALTER TABLE, or a new table that the old one is copied into) and run again: what is as the file says is kept. Columns that the file does not name may stay with adopt: true.',
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
}

function refuseConflicts(
  tables: readonly ObservedTable[],
  steps: readonly TableStep[],
  inputs: Wishes,
): RefusedError {
  const conflicts = steps.filter(({ kind }) => kind === 'conflict')
  const list = conflicts.map(({ target, reason }) => `${target}: ${reason}`).join('; ')
  const isForeign = tables.some(
    ({ existing }) => existing !== undefined && readLedger(existing, inputs.owner).ownership === 'theirs',
  )
  return new RefusedError(
    `Planning the tables: ${conflicts.length} of ${steps.length} ${conflicts.length === 1 ? 'is' : 'are'} not as this owner left ${conflicts.length === 1 ? 'it' : 'them'}: ${list}.`,
    {
      what: list,
      allowedBy: isForeign ? 'owner' : 'adopt: true',
      problem: isForeign ? 'foreign-table' : 'unowned-table',
      hint: isForeign
        ? `Rename the files, or apply as that owner with the input owner (this run's is ${inputs.owner}).`
        : 'If they are yours to change, set adopt: true once: they are changed in place to what their files say and marked, and columns that a file does not name stay. Tables that are equal to their files are marked in any case.',
    },
  )
}
