/**
 * Chooses what to create, update, delete and authorize, in an order in which a failure leaves the old views
 * readable. It refuses breaking changes nobody allowed.
 */
import {
  nameKey,
  shortName,
  type AccessEntry,
  type Column,
  type DatasetAccess,
  type TableName,
} from '../../_shared/dataset.ts'
import { RefusedError } from '../../_shared/errors.ts'
import type { Plan, Step } from '../../_shared/plan.ts'
import { OWNER_LABEL, type Inputs } from './inputs.ts'
import type { Observed, ObservedView } from './observe.ts'

export type ViewStep =
  | (Step & {
      readonly kind: 'create' | 'update' | 'keep'
      readonly name: TableName
      readonly query: string
      readonly description: string
      readonly labels: Readonly<Record<string, string>>
      readonly etag?: string
    })
  | (Step & { readonly kind: 'delete' | 'orphan'; readonly name: TableName })
  /**
   * One patch per source dataset: `add` is granted (again), `remove` is taken away, everything else stays.
   */
  | (Step & {
      readonly kind: 'authorize'
      readonly dataset: { readonly projectId: string; readonly datasetId: string }
      readonly add: readonly TableName[]
      readonly remove: readonly TableName[]
    })

export type ViewPlan = Plan<ViewStep>

const isSame = (left: TableName | undefined, right: TableName): boolean =>
  left !== undefined && nameKey(left) === nameKey(right)
export const viewsOf = (access: readonly AccessEntry[]): TableName[] =>
  access.flatMap(({ view }) => (view === undefined ? [] : [view]))

export function planViews(inputs: Inputs, observed: Observed): ViewPlan {
  const views = inReferenceOrder(observed.views).map((view) => planView(view, inputs))
  const deletions = observed.orphans.map((name): ViewStep =>
    inputs.isPruning
      ? { kind: 'delete', target: shortName(name), reason: 'published earlier, has no file any more', name }
      : {
          kind: 'orphan',
          target: shortName(name),
          reason: 'published earlier, has no file any more; prune: true deletes it',
          name,
        },
  )
  const deleted = inputs.isPruning ? observed.orphans : []
  const changed = views
    .filter((step) => step.kind === 'create' || step.kind === 'update')
    .map((step) => shortName((step as { name: TableName }).name))
  const access = inputs.isAuthorizing
    ? observed.sources.flatMap((source) => planAccess(source, observed.views, deleted, changed))
    : []
  // Entries are granted only after their views exist: BigQuery refuses an entry for a view that is not there.
  return {
    target: { project: observed.projectId, location: inputs.location },
    owner: inputs.owner,
    steps: [...views, ...access, ...deletions],
  }
}

/** A view after those it reads; files that wait for nothing keep their order. */
export function inReferenceOrder(views: readonly ObservedView[]): ObservedView[] {
  const ordered: ObservedView[] = []
  const byKey = new Map(views.map((view) => [nameKey(view.name), view]))
  const visit = (view: ObservedView, trail: readonly ObservedView[]): void => {
    if (ordered.includes(view)) return
    if (trail.includes(view)) {
      const circle = [...trail.slice(trail.indexOf(view)), view].map(({ file }) => file).join(' → ')
      throw new RefusedError(`Ordering the views: they read each other in a circle: ${circle}; break it.`, {
        what: circle,
        problem: 'view-circle',
      })
    }
    for (const reference of view.references) {
      const before = byKey.get(nameKey(reference))
      if (before !== undefined) visit(before, [...trail, view])
    }
    ordered.push(view)
  }
  for (const view of views) visit(view, [])
  return ordered
}

function planView(view: ObservedView, inputs: Inputs): ViewStep {
  const { name, query, description, existing } = view
  const target = shortName(name)
  if (existing === undefined)
    return {
      kind: 'create',
      target,
      reason: 'does not exist',
      after: query,
      name,
      query,
      description,
      labels: OWNER_LABEL,
    }
  if (existing.type !== 'VIEW') {
    throw new RefusedError(
      `Planning ${target}: there is a ${existing.type.toLowerCase()} of this name, and publish-views replaces views only; rename the file or remove the ${existing.type.toLowerCase()}.`,
      { what: target, problem: 'not-a-view' },
    )
  }
  const labels = { ...existing.labels, ...OWNER_LABEL }
  const reasons = [
    ...(existing.query === query ? [] : ['query changed']),
    ...(existing.description === description ? [] : ['description changed']),
    ...(existing.labels['managed-by'] === OWNER_LABEL['managed-by']
      ? []
      : ['taken over: it had no managed-by label']),
  ]
  if (reasons.length === 0)
    return {
      kind: 'keep',
      target,
      reason: 'is as its file says',
      name,
      query,
      description,
      labels,
      etag: existing.etag,
    }
  const lost = view.columns === undefined ? [] : lostColumns(existing.columns, view.columns)
  if (lost.length > 0 && !inputs.isBreakingAllowed) {
    throw new RefusedError(
      `Planning ${target}: the new query ${lost.join(', ')}; readers of the view would break. Set allow-breaking: true if they are ready.`,
      {
        what: `${view.file}: ${lost.join(', ')}`,
        allowedBy: 'allow-breaking: true',
        problem: 'breaking-view',
      },
    )
  }
  return {
    kind: 'update',
    target,
    reason: [...reasons, ...lost].join(', '),
    before: existing.query,
    after: query,
    name,
    query,
    description,
    labels,
    etag: existing.etag,
  }
}

function lostColumns(before: readonly Column[], after: readonly Column[]): string[] {
  const now = new Map(after.map((column) => [column.name.toLowerCase(), column]))
  return before.flatMap((column) => {
    const found = now.get(column.name.toLowerCase())
    if (found === undefined) return [`drops column ${column.name}`]
    return found.type === column.type ? [] : [`changes ${column.name} from ${column.type} to ${found.type}`]
  })
}

/** One step per source dataset, or none when its list already is right. */
function planAccess(
  source: DatasetAccess,
  views: readonly ObservedView[],
  deleted: readonly TableName[],
  changed: readonly string[],
): ViewStep[] {
  const readers = views
    .filter(
      (view) =>
        view.references.some(
          (reference) => reference.projectId === source.projectId && reference.datasetId === source.datasetId,
        ) &&
        (view.name.datasetId !== source.datasetId || view.name.projectId !== source.projectId),
    )
    .map(({ name }) => name)
  const present = viewsOf(source.access)
  const missing = readers.filter((name) => !present.some((entry) => isSame(entry, name)))
  // BigQuery asks for the grant again after a view was updated (access[].view of the dataset resource).
  const again = readers.filter((name) => !missing.includes(name) && changed.includes(shortName(name)))
  const remove = deleted.filter((name) => present.some((entry) => isSame(entry, name)))
  if (missing.length + again.length + remove.length === 0) return []
  const reasons = [
    missing.length > 0 ? `${missing.length} not on the list` : '',
    again.length > 0 ? `${again.length} granted again after an update` : '',
    remove.length > 0 ? `${remove.length} removed with their views` : '',
  ]
  return [
    {
      kind: 'authorize',
      target: source.datasetId,
      reason: reasons.filter(Boolean).join(', '),
      // Of the list, the entries this action is about: everyone else's stay.
      before: listed([...again, ...remove]),
      after: listed([...missing, ...again]),
      dataset: { projectId: source.projectId, datasetId: source.datasetId },
      add: [...missing, ...again],
      remove,
    },
  ]
}

const listed = (names: readonly TableName[]): string => names.map(shortName).sort().join('\n')
