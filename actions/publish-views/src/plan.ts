/**
 * Chooses what to create, update, adopt, delete and authorize, in an order in which a failure leaves the old
 * views readable. It refuses what is not this owner's, and breaking changes nobody allowed.
 */
import {
  datasetKey,
  nameKey,
  shortName,
  type DatasetName,
  type TableName,
  type ViewContent,
} from '../../_shared/dataset.ts'
import { RefusedError } from '../../_shared/errors.ts'
import {
  digestOn,
  markOf,
  markOfNamed,
  ownerOf,
  refuseConflicts,
  refuseManyLabels,
  VIEW_LABELS,
  type FirstLook,
} from '../../_shared/ownership.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import { planAccess, staleEntries, type AccessChange, type ListedViews } from './access.ts'
import {
  changedColumns,
  checkColumnNames,
  describe,
  isDescribed,
  keepBeside,
  lostColumns,
} from './columns.ts'
import { typeOf } from './definition.ts'
import type { Inputs } from './inputs.ts'
import { compareMaterialized } from './materialized.ts'
import { LEAVING, type Observed, type ObservedView } from './observe.ts'
import { inReferenceOrder } from './order.ts'
import { planOrphans, refuseManyDeletions } from './orphans.ts'
import { brokenCalls, signatureChanges } from './routine.ts'

type StepOf<Kind extends string> = Step & { readonly kind: Kind }
export type ViewStep =
  | (StepOf<'create'> & { readonly name: TableName; readonly content: ViewContent })
  | (StepOf<'update' | 'adopt'> & {
      readonly name: TableName
      readonly content: ViewContent
      readonly etag: string
    })
  | (StepOf<'keep' | 'orphan' | 'conflict'> & { readonly name: TableName })
  /** Labels only, once the access lists are as the view needs them. */
  | (StepOf<'mark'> & { readonly name: TableName; readonly labels: Readonly<Record<string, string>> })
  | (StepOf<'delete'> & { readonly name: TableName; readonly etag: string })
  | (StepOf<'authorize'> & Omit<AccessChange, 'reason'> & { readonly dataset: DatasetName })

export interface ViewPlan extends Plan<ViewStep> {
  readonly look: FirstLook
}
type Written = ViewStep & { readonly kind: 'create' | 'update' | 'adopt' }

export function planViews(inputs: Inputs, observed: Observed): ViewPlan {
  const ordered = inReferenceOrder(observed.views)
  const planned = ordered.map((view) => ({ view, step: planView(view, inputs) }))
  checkBreaking(planned, inputs)
  checkLabels(planned)
  const isOf = (...kinds: ViewStep['kind'][]) =>
    planned.filter(({ step }) => kinds.includes(step.kind)).map(({ view }) => view.name)
  const orphans = planOrphans(observed.orphans, inputs)
  const deleted = orphans.filter(({ kind }) => kind === 'delete')
  const changed = planned.filter(
    ({ step }) => step.kind === 'adopt' || (step.kind === 'update' && step.content.query !== undefined),
  )
  const listed: ListedViews = {
    views: ordered.map(({ name, references, existing }) => ({
      name,
      references,
      createdMs: existing?.createdMs,
    })),
    created: isOf('create'),
    changed: changed.map(({ view }) => view.name),
    deleted: deleted.map(({ name }) => name),
  }
  const sources = inputs.isAuthorizing ? observed.sources : []
  const stale = sources.flatMap((source) => staleEntries(source, listed) ?? [])
  const access = sources.flatMap((source) => {
    const gone = stale.find(({ dataset }) => datasetKey(dataset) === datasetKey(source))?.remove ?? []
    return planAccess(source, listed, gone, inputs.isAuthorizingDatasets) ?? []
  })
  const leaving = new Set(
    changed
      .filter(({ view }) =>
        access.some(({ remove }) => remove.some((name) => nameKey(name) === nameKey(view.name))),
      )
      .map(({ view }) => nameKey(view.name)),
  )
  const views = planned.map(({ view, step }) =>
    leaving.has(nameKey(view.name)) ? withDigest(step as Written, inputs.owner, LEAVING) : step,
  )
  const marks = planned
    .filter(({ view }) => leaving.has(nameKey(view.name)))
    .map(({ view, step }): ViewStep => ({
      kind: 'mark',
      target: step.target,
      reason: 'its entries are as it needs them',
      name: view.name,
      labels: markOfNamed(shortName(view.name), inputs.owner, view.digest, view.existing?.labels),
    }))
  // Entries are granted only after their views exist: BigQuery refuses an entry for a view that is not there.
  const authorize = (change: AccessChange): ViewStep => authorizeStep(change, observed.projectId)
  const steps = [...stale.map(authorize), ...views, ...access.map(authorize), ...marks, ...orphans]
  const conflicts = steps.filter(({ kind }) => kind === 'conflict')
  const count = (kind: ViewStep['kind']): number => steps.filter((step) => step.kind === kind).length
  return {
    target: { project: observed.projectId, location: inputs.location },
    owner: inputs.owner,
    steps,
    look: {
      adopt: count('adopt'),
      change: count('create') + count('update'),
      conflict: conflicts.length,
      leave: observed.left,
    },
    refusal:
      conflicts.length > 0
        ? refuse(conflicts, planned, inputs)
        : refuseManyDeletions(orphans, observed.views, inputs),
  }
}

const authorizeStep = (
  { dataset: { projectId, datasetId }, reason, ...change }: AccessChange,
  own: string,
): ViewStep => ({
  kind: 'authorize',
  target: projectId === own ? datasetId : datasetKey({ projectId, datasetId }),
  reason,
  // Of the list, the entries this action is about: everyone else's stay.
  before: [...change.again, ...change.remove].map(shortName).sort().join('\n'),
  after: [...change.add.map(shortName), ...change.addDatasets.map((name) => `${name.datasetId}.*`)]
    .sort()
    .join('\n'),
  dataset: { projectId, datasetId },
  ...change,
})

function withDigest(step: Written, owner: string, digest: string): Written {
  const { content } = step
  const labels = { ...content.labels, ...markOf(owner, digest, content.labels) }
  return { ...step, content: { ...content, labels } }
}

/** A function has its mark in its description. */
function checkLabels(planned: readonly { readonly view: ObservedView; readonly step: ViewStep }[]): void {
  for (const { view, step } of planned)
    if (view.name.isRoutine !== true && 'content' in step)
      refuseManyLabels(step.target, [...Object.keys(step.content.labels), ...VIEW_LABELS])
}

interface Change {
  readonly content: Omit<ViewContent, 'labels'>
  readonly labels: Readonly<Record<string, string>>
  readonly reasons: readonly string[]
  /** Something that somebody wrote would be replaced. */
  readonly isReplacing: boolean
  /** What of a materialized view cannot be altered. */
  readonly fixed: readonly string[]
}

function planView(view: ObservedView, inputs: Inputs): ViewStep {
  const { name, existing, ownership, digest, bytes } = view
  const target = shortName(name)
  const isFunction = name.isRoutine === true
  checkColumnNames(view)
  if (existing !== undefined && existing.type !== typeOf(view.definition)) {
    const found = existing.type.toLowerCase().replaceAll('_', ' ')
    const rule = isFunction
      ? 'replaces functions of the same kind and language only'
      : existing.type.endsWith('VIEW')
        ? `never turns one into a ${view.definition.materialized === undefined ? '' : 'materialized '}view`
        : 'replaces views only'
    throw new RefusedError(
      `Planning ${target}: there is a ${found} of this name, and publish-views ${rule}; rename the file or remove the ${found}.`,
      { what: target, problem: 'not-a-view' },
    )
  }
  const { content, labels, reasons, isReplacing, fixed } = compare(view)
  const marked = {
    ...{ ...existing?.labels, ...labels },
    ...markOfNamed(target, inputs.owner, digest, existing?.labels),
  }
  if (existing === undefined)
    return {
      ...{ kind: 'create', target, reason: 'does not exist', after: content.query },
      ...{ name, content: { ...content, labels: marked }, bytes },
    }
  const texts = content.query === undefined ? {} : { before: existing.query, after: content.query }
  if (ownership === 'theirs')
    return { kind: 'conflict', target, reason: `belongs to owner ${ownerOf(existing.labels)}`, name }
  if (ownership === 'nobody' && isReplacing && !inputs.isAdopting)
    return {
      kind: 'conflict',
      target,
      reason: `was not published by this action: ${reasons.join(', ')}`,
      name,
      ...texts,
    }
  if (fixed.length > 0)
    throw new RefusedError(
      `Planning ${target}: ${view.file} changes ${fixed.join(', ')}, which BigQuery cannot alter on a materialized view; remove it (DROP MATERIALIZED VIEW \`${nameKey(name)}\`) and run again, or give the file another name.`,
      { what: `${view.file}: ${fixed.join(', ')}`, problem: 'breaking-view' },
    )
  const change = {
    ...{ target, name, bytes, etag: existing.etag, content: { ...content, labels: marked } },
    ...texts,
  }
  if (ownership !== 'ours') {
    const how = ownership === 'earlier' ? 'marked with its owner' : 'adopted'
    return { kind: 'adopt', reason: [how, ...reasons].join(', '), ...change }
  }
  if (reasons.length > 0) return { kind: 'update', reason: reasons.join(', '), ...change }
  if (digestOn(existing.labels) === digest)
    return { kind: 'keep', target, reason: 'is as its file says', name }
  return { kind: 'update', reason: 'checked again', ...change }
}

/** What the file says and the view is not; what the file does not name is no difference. */
function compare({ definition, query, columns, existing }: ObservedView): Change {
  const reasons: string[] = []
  let isReplacing = false
  let fixed: readonly string[] = []
  const content: { -readonly [Key in keyof Omit<ViewContent, 'labels'>]: ViewContent[Key] } = {}
  const isQueryNew = existing?.query !== query
  if (isQueryNew) {
    content.query = query
    reasons.push('query changed', ...changedColumns(existing?.columns ?? [], columns))
    isReplacing = true
  }
  for (const [member, words] of [
    ['description', 'description'],
    ['friendlyName', 'friendly name'],
    ['expirationTime', 'expiration'],
  ] as const) {
    const wanted = definition[member]
    if (wanted === undefined || wanted === existing?.[member]) continue
    content[member] = wanted
    reasons.push(`${words} changed`)
    isReplacing ||= (existing?.[member] ?? '') !== ''
  }
  if (definition.materialized !== undefined) {
    const change = compareMaterialized(existing?.materialized ?? {}, definition.materialized, !isQueryNew)
    if (existing === undefined) content.materialized = definition.materialized
    else {
      if (change.reasons.length > 0) content.materialized = { ...change.patch, query: existing.query }
      fixed = change.fixed
      reasons.push(...change.reasons)
      isReplacing ||= change.fixed.length + change.reasons.length > 0
    }
  }
  if (definition.routine !== undefined) {
    content.routine = definition.routine
    const changes =
      existing?.routine === undefined ? [] : signatureChanges(existing.routine, definition.routine)
    reasons.push(...changes)
    isReplacing ||= changes.length > 0
    return { content, labels: {}, reasons, isReplacing, fixed }
  }
  const labels = definition.labels ?? {}
  const different = Object.keys(labels).filter((key) => labels[key] !== existing?.labels[key])
  if (different.length > 0) reasons.push(`label ${different.join(', ')} changed`)
  isReplacing ||= different.some((key) => existing?.labels[key] !== undefined)
  // The columns of a materialized view are BigQuery's.
  if (definition.materialized !== undefined) return { content, labels, reasons, isReplacing, fixed }
  const wanted = describe(keepBeside(columns, existing?.columns ?? []), definition.columns)
  const redescribed = wanted.filter(
    ({ name, description }) =>
      description !== existing?.columns.find((column) => column.name === name)?.description,
  )
  if (redescribed.length > 0) {
    isReplacing ||= redescribed.some(({ name }) =>
      existing?.columns.some((column) => column.name === name && (column.description ?? '') !== ''),
    )
    if (!isQueryNew) reasons.push(`description of ${redescribed.map(({ name }) => name).join(', ')} changed`)
  }
  if (redescribed.length > 0 || (isQueryNew && isDescribed(wanted))) content.columns = wanted
  return { content, labels, reasons, isReplacing, fixed }
}

function checkBreaking(planned: readonly { view: ObservedView; step: ViewStep }[], inputs: Inputs): void {
  if (inputs.isBreakingAllowed) return
  const broken = planned.flatMap(({ view, step }) => {
    if (step.kind !== 'update' && step.kind !== 'adopt') return []
    const { routine } = view.definition
    const was = view.existing?.routine
    const lost = [
      ...lostColumns(view.existing?.columns ?? [], view.columns),
      ...(routine === undefined || was === undefined ? [] : brokenCalls(was, routine)),
    ]
    return lost.length === 0 ? [] : [`${step.target} (${view.file}) ${lost.join(', ')}`]
  })
  if (broken.length === 0) return
  throw new RefusedError(
    `Planning the views: the new query of ${broken.join('; ')}; readers of the view would break. Set allow-breaking: true if they are ready.`,
    { what: broken.join('; '), allowedBy: 'allow-breaking: true', problem: 'breaking-view' },
  )
}

function refuse(
  conflicts: readonly ViewStep[],
  planned: readonly { view: ObservedView; step: ViewStep }[],
  { owner }: Inputs,
): RefusedError {
  const isForeign = planned.some(({ view, step }) => step.kind === 'conflict' && view.ownership === 'theirs')
  return refuseConflicts(conflicts, {
    sentence: `Planning the views: ${conflicts.length} of ${planned.length} ${conflicts.length === 1 ? 'is' : 'are'} not this owner's to replace`,
    ...{ owner, isForeign, verb: 'publish' },
    problem: isForeign ? 'foreign-view' : 'unowned-view',
    ifYours:
      'If they are yours, set adopt: true once: they are replaced and marked. Views that are equal to their files are marked in any case.',
  })
}
