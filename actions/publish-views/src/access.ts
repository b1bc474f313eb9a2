/**
 * Chooses what changes on the access lists: entries of this owner's views come and go with what the views
 * read; it refuses to touch an entry of anybody else.
 */
import {
  datasetKey,
  nameKey,
  type AccessEntry,
  type DatasetAccess,
  type DatasetName,
  type TableName,
} from '../../_shared/dataset.ts'
import { RefusedError } from '../../_shared/errors.ts'

/** One patch of one dataset: `remove` goes, then `add` comes, everything else stays. */
export interface AccessChange {
  readonly dataset: DatasetName
  readonly add: readonly TableName[]
  /** Those of `add` that are on the list, and are granted again. */
  readonly again: readonly TableName[]
  readonly remove: readonly TableName[]
  /** Datasets whose views may all read. */
  readonly addDatasets: readonly DatasetName[]
  readonly reason: string
}
export interface Reader {
  readonly name: TableName
  readonly references: readonly TableName[]
}
export interface ListedViews {
  /** Every view of this owner that has a file. */
  readonly views: readonly (Reader & { readonly createdMs?: number })[]
  readonly created: readonly TableName[]
  /** Views whose query this run changes, or which it adopts: BigQuery asks for their grant again. */
  readonly changed: readonly TableName[]
  readonly deleted: readonly TableName[]
}

/** https://cloud.google.com/bigquery/quotas#dataset_limits */
const MOST_RESOURCES = 2500
/** https://docs.cloud.google.com/bigquery/public-data: nobody else changes its access lists. */
const PUBLIC_DATA = 'bigquery-public-data'
const READS = /^(READER|WRITER|OWNER|roles\/bigquery\.(dataViewer|dataEditor|dataOwner|admin))$/

/** Whoever signs in may read here, so that no view needs an entry. */
const isPublic = (access: readonly AccessEntry[]): boolean =>
  access.some(
    ({ role, specialGroup, iamMember, condition }) =>
      condition === undefined &&
      READS.test(String(role)) &&
      [specialGroup, iamMember].some((who) => who === 'allUsers' || who === 'allAuthenticatedUsers'),
  )

/** The view or function that an entry is for. */
const granteeOf = ({ view, routine }: AccessEntry): TableName | undefined => {
  if (routine === undefined) return view
  const { projectId, datasetId, routineId } = routine
  return { projectId, datasetId, tableId: routineId, isRoutine: true }
}
function entryFor(name: TableName): AccessEntry {
  const { projectId, datasetId, tableId, isRoutine } = name
  return isRoutine === true ? { routine: { projectId, datasetId, routineId: tableId } } : { view: name }
}
export const viewsOf = (access: readonly AccessEntry[]): TableName[] =>
  access.flatMap((entry) => granteeOf(entry) ?? [])
const keysOf = (names: readonly TableName[]): ReadonlySet<string> => new Set(names.map(nameKey))

/** Datasets of which every view may read here. */
const covered = (access: readonly AccessEntry[]): ReadonlySet<string> =>
  new Set(
    access.flatMap(({ dataset }) =>
      dataset?.targetTypes?.includes('VIEWS') === true ? [datasetKey(dataset.dataset)] : [],
    ),
  )

/**
 * Entries that name a view which is gone: an entry is bound to the view it was made for, and one that is made
 * anew under the same name gets nothing from it. They go before the view is made, so that afterwards an entry
 * that stands there was made for the view that is there, wherever a run was cut off.
 */
export function staleEntries(source: DatasetAccess, listed: ListedViews): AccessChange | undefined {
  const present = keysOf(viewsOf(source.access))
  const younger = listed.views.filter(({ createdMs }) => (createdMs ?? 0) > source.modifiedMs)
  const remove = [...listed.created, ...younger.map(({ name }) => name)].filter((name) =>
    present.has(nameKey(name)),
  )
  if (remove.length === 0) return undefined
  const reason = `${remove.length} left of a view that is gone`
  return { dataset: source, add: [], again: [], remove, addDatasets: [], reason }
}

/** What the list needs once the views are as their files say. */
export function planAccess(
  source: DatasetAccess,
  listed: ListedViews,
  stale: readonly TableName[],
  isByDataset: boolean,
): AccessChange | undefined {
  const here = datasetKey(source)
  const readers = listed.views.filter(
    ({ name, references }) =>
      datasetKey(name) !== here && references.some((reference) => datasetKey(reference) === here),
  )
  const gone = keysOf(stale)
  const present = keysOf(viewsOf(source.access).filter((name) => !gone.has(nameKey(name))))
  const all = covered(source.access)
  const names = readers.map(({ name }) => name)
  const isOpen = isPublic(source.access)
  const functions = names.filter(({ isRoutine }) => isRoutine === true)
  const isCovered = (name: TableName): boolean => name.isRoutine !== true && all.has(datasetKey(name))
  const addDatasets =
    isByDataset && !isOpen
      ? [
          ...new Map(
            names
              .filter((name) => name.isRoutine !== true && !isCovered(name))
              .map(({ projectId, datasetId }) => [`${projectId}.${datasetId}`, { projectId, datasetId }]),
          ).values(),
        ]
      : []
  // An authorized dataset speaks for its views only.
  const wanted = isOpen ? [] : isByDataset ? functions : names.filter((name) => !isCovered(name))
  const missing = wanted.filter((name) => !present.has(nameKey(name)))
  const changed = keysOf(listed.changed)
  const again = wanted.filter((name) => present.has(nameKey(name)) && changed.has(nameKey(name)))
  const reading = keysOf(isByDataset ? functions : names)
  const remove = [
    ...listed.views.map(({ name }) => name).filter((name) => !reading.has(nameKey(name))),
    ...listed.deleted,
  ].filter((name) => present.has(nameKey(name)))
  if (missing.length + again.length + remove.length + addDatasets.length === 0) return undefined
  if (source.projectId === PUBLIC_DATA)
    throw new RefusedError(
      `Planning ${here}: nobody may put a view on the access list of Google's public data, and its tables are for everybody; name it in authorize-except.`,
      { what: here, allowedBy: `authorize-except: ${here}` },
    )
  const after =
    source.access.filter(({ view, dataset, routine }) => (view ?? dataset ?? routine) !== undefined).length -
    stale.length +
    missing.length +
    addDatasets.length -
    remove.length
  if (after > MOST_RESOURCES)
    throw new RefusedError(
      `Planning ${source.datasetId}: its access list would hold ${after} authorized resources, and BigQuery takes ${MOST_RESOURCES}; set authorize-datasets: true (one entry for all views of a dataset).`,
      { what: source.datasetId, allowedBy: 'authorize-datasets: true' },
    )
  const reasons = [
    missing.length > 0 ? `${missing.length} not on the list` : '',
    again.length > 0 ? `${again.length} granted again after an update` : '',
    addDatasets.length > 0 ? `all views of ${addDatasets.map(({ datasetId }) => datasetId).join(', ')}` : '',
    remove.length > 0 ? `${remove.length} no longer needed` : '',
  ]
  return {
    dataset: source,
    add: [...missing, ...again],
    again,
    remove,
    addDatasets,
    reason: reasons.filter(Boolean).join(', '),
  }
}

/** Everyone else's entries in their order, then ours that were not there. */
export function mergeAccess(
  access: readonly AccessEntry[],
  { add, remove, addDatasets }: Pick<AccessChange, 'add' | 'remove' | 'addDatasets'>,
): AccessEntry[] {
  const gone = keysOf(remove)
  const kept = access.filter((entry) => {
    const name = granteeOf(entry)
    return name === undefined || !gone.has(nameKey(name))
  })
  const present = keysOf(viewsOf(kept))
  const all = covered(kept)
  return [
    ...kept,
    ...add.filter((name) => !present.has(nameKey(name))).map(entryFor),
    ...addDatasets
      .filter((dataset) => !all.has(datasetKey(dataset)))
      .map((dataset) => ({ dataset: { dataset, targetTypes: ['VIEWS'] } })),
  ]
}
