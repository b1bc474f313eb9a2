/**
 * Chooses which tables to create, to change in place and to adopt. It refuses what is not this owner's, whatever
 * would lose or rewrite data, and what nobody allowed.
 */
import { shortName, type ExistingTable, type TableName } from '../../_shared/dataset.ts'
import { RefusedError } from '../../_shared/errors.ts'
import {
  digestOn,
  markDigest,
  ownerOf,
  ownershipOf,
  refuseConflicts,
  refuseManyLabels,
  type FirstLook,
} from '../../_shared/ownership.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import { compareTable, type Difference, type TablePatch } from './compare.ts'
import { planDataset, type DatasetStep } from './dataset-plan.ts'
import type { Inputs } from './inputs.ts'
import { labelNames, readLedger } from './ledger.ts'
import type { Observed, ObservedTable } from './observe.ts'
import { shapeOf } from './shape.ts'

interface Change {
  readonly patch: TablePatch
  /** ALTER TABLE, each without its first words. */
  readonly alters: readonly string[]
  /** Columns that the file does not name, and that stay. */
  readonly beside: readonly string[]
}
/**
 * No etag here: rows that are loaded between review and apply change it, and are no reason to review again.
 */
export type TableStep = Step & {
  readonly name: TableName
  /** Targets that this run makes or alters first: BigQuery can read this statement only after them. */
  readonly waitsFor?: readonly string[]
} & (
    | { readonly kind: 'create'; readonly file: string; readonly statement: string }
    | ({ readonly kind: 'update' | 'adopt' } & Change)
    | { readonly kind: 'keep' }
    /** Not this owner's to change: the plan shows it, and is refused as a whole. */
    | { readonly kind: 'conflict' }
  )

export type DdlStep = DatasetStep | (TableStep & { readonly resource?: undefined })

export interface TablePlan extends Plan<DdlStep> {
  readonly look: FirstLook
}
type Wishes = Pick<Inputs, 'isBreakingAllowed' | 'isDestructiveAllowed' | 'isAdopting' | 'location' | 'owner'>

export function planTables(inputs: Wishes, observed: Observed): TablePlan {
  const steps: DdlStep[] = [
    ...observed.datasets.map((dataset) => planDataset(dataset, inputs)),
    ...inOrder(observed.tables).reduce<TableStep[]>((before, table) => {
      const step = planTable(table, inputs)
      return [...before, waitingFor(step, needsOf(table), before)]
    }, []),
  ]
  const labels = new Map<string, ExistingTable['labels'] | undefined>([
    ...observed.datasets.map(({ datasetId, existing }) => [datasetId, existing?.labels] as const),
    ...observed.tables.map(({ name, existing }) => [shortName(name), existing?.labels] as const),
  ])
  for (const step of steps)
    if (step.kind === 'update' || step.kind === 'adopt')
      refuseManyLabels(
        step.target,
        labelNames(labels.get(step.target) ?? {}, Object.keys(step.patch.labels ?? {})),
        'table-change',
      )
  const count = (kind: DdlStep['kind']): number => steps.filter((step) => step.kind === kind).length
  return {
    target: { project: observed.projectId, location: inputs.location },
    owner: inputs.owner,
    steps,
    look: {
      adopt: count('adopt'),
      change: count('create') + count('update'),
      conflict: count('conflict'),
      leave: observed.left,
    },
    ...(count('conflict') > 0 ? { refusal: refuse(observed, steps, inputs) } : {}),
  }
}

const needsOf = ({ name, desired }: ObservedTable): readonly string[] =>
  desired.needs.map((written) => {
    const parts = written.split('.')
    const project = parts.slice(0, -2).join('.')
    return project === '' || project === name.projectId ? parts.slice(-2).join('.') : written
  })

/** By name, and each behind the tables of other files that it needs. */
function inOrder(tables: readonly ObservedTable[]): ObservedTable[] {
  const sorted = [...tables].sort((a, b) => (shortName(a.name) < shortName(b.name) ? -1 : 1))
  const byName = new Map(sorted.map((table) => [shortName(table.name), table]))
  const ordered = new Set<ObservedTable>()
  const begun = new Set<ObservedTable>()
  const put = (table: ObservedTable): void => {
    // Two that need each other go by name; BigQuery says what it makes of that.
    if (begun.has(table)) return
    begun.add(table)
    for (const need of needsOf(table)) {
      const before = byName.get(need)
      if (before !== undefined) put(before)
    }
    ordered.add(table)
  }
  sorted.forEach(put)
  return [...ordered]
}

function waitingFor(step: TableStep, needs: readonly string[], before: readonly TableStep[]): TableStep {
  const waitsFor = before
    .filter(({ kind, target, ...other }) => needs.includes(target) && (kind === 'create' || altersOf(other)))
    .map(({ target }) => target)
  return waitsFor.length === 0 || step.kind === 'keep' || step.kind === 'conflict'
    ? step
    : { ...step, waitsFor }
}
const altersOf = (step: object): boolean => 'alters' in step && (step.alters as readonly string[]).length > 0

function planTable(table: ObservedTable, inputs: Wishes): TableStep {
  const { name, file, sql, desired, existing } = table
  const target = shortName(name)
  if (existing === undefined)
    return {
      ...{ kind: 'create', target, reason: 'does not exist', after: sql },
      ...{ name, file, statement: desired.statement },
    }
  const types = desired.once === 'EXTERNAL' || desired.once === 'SNAPSHOT' ? [desired.once] : ['TABLE']
  if (!types.includes(existing.type)) {
    const found = existing.type.toLowerCase().replaceAll('_', ' ')
    throw new RefusedError(
      `Planning ${target}: there is a ${found} of this name, and apply-ddl ${desired.once === undefined ? 'changes tables only' : `never replaces it`}; rename the file or remove the ${found}.`,
      { what: target, problem: 'table-change' },
    )
  }
  const { ownership, drifted, isAccepted } = readLedger(existing, inputs.owner)
  if (desired.once !== undefined) return planOnce(table, existing, ownership, inputs)
  const difference = compareTable(existing, desired, {
    areDefaultsKnown: digestOn(existing.labels) === markDigest(sql) && !drifted.includes('defaults'),
  })
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
    if (drifted.length > 0)
      return conflict(
        `was changed by somebody else since it was applied (${drifted.join(', ')}): ${differences.join(', ')}`,
      )
  }
  const isBesideKept = accepted || inputs.isAdopting
  refuseWhatNobodyAllowed({ target, file }, difference, isBesideKept, inputs)
  const kept = accepted ? [] : difference.beside.map((column) => `keeps column ${column} beside the file`)
  const reasons = [...kept, ...difference.reasons]
  const { patch, alters, beside } = difference
  const change = { name, patch, alters, beside }
  if (ownership === 'nobody' || (drifted.length > 0 && reasons.length === 0)) {
    const how = ownership === 'nobody' ? 'adopted' : `recorded as it is (${drifted.join(', ')} changed)`
    const words = [how, ...reasons]
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

/** What is made once has nothing in its file that could be compared. */
function planOnce(
  { name, sql, desired }: ObservedTable,
  existing: ExistingTable,
  ownership: 'ours' | 'theirs' | 'nobody',
  inputs: Wishes,
): TableStep {
  const target = shortName(name)
  if (ownership === 'theirs')
    return { kind: 'conflict', target, reason: `belongs to owner ${ownerOf(existing.labels)}`, name }
  if (ownership === 'ours') {
    const isSame = digestOn(existing.labels) === markDigest(sql)
    const words = isSame ? 'is not compared' : 'its file changed since, which is not applied'
    return { kind: 'keep', target, reason: `was made once, ${words}`, name }
  }
  if (inputs.isAdopting)
    return { ...{ kind: 'adopt', target, reason: 'adopted', name }, patch: {}, alters: [], beside: [] }
  return {
    ...{ kind: 'conflict', target, name },
    reason: `was not made by this action, and ${desired.once} is not compared`,
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
      `Planning ${target}: ${deletions.join(', ')}. Set allow-destructive: true if they may go.`,
      {
        what: `${file}: ${deletions.join(', ')}`,
        allowedBy: 'allow-destructive: true',
        problem: 'table-change',
      },
    )
  }
  if (breaks.length > 0 && !inputs.isBreakingAllowed) {
    throw new RefusedError(
      `Planning ${target}: ${breaks.join(', ')}; queries that work today would fail. Set allow-breaking: true if the readers are ready.`,
      { what: `${file}: ${breaks.join(', ')}`, allowedBy: 'allow-breaking: true', problem: 'table-change' },
    )
  }
}

function refuse({ datasets, tables }: Observed, steps: readonly DdlStep[], { owner }: Wishes): RefusedError {
  const conflicts = steps.filter(({ kind }) => kind === 'conflict')
  const isForeign = [...datasets, ...tables].some(
    ({ existing }) => existing !== undefined && ownershipOf(existing.labels, owner) === 'theirs',
  )
  const [are, them] = conflicts.length === 1 ? ['is', 'it'] : ['are', 'them']
  return refuseConflicts(conflicts, {
    sentence: `Planning the tables: ${conflicts.length} of ${steps.length} ${are} not as this owner left ${them}`,
    ...{ owner, isForeign, verb: 'apply' },
    problem: isForeign ? 'foreign-table' : 'unowned-table',
    ifYours:
      'If they are yours to change, set adopt: true once: they are changed in place to what their files say and marked, and columns that a file does not name stay. Tables that are equal to their files are marked in any case.',
  })
}
