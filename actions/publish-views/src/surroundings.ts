/**
 * Reads what stands around the views: their datasets, views without a file, and the access lists of what they
 * read; it changes nothing.
 */
import pMap from 'p-map'
import {
  datasetKey,
  nameKey,
  shortName,
  type DatasetAccess,
  type DatasetName,
  type TableName,
} from '../../_shared/dataset.ts'
import { GoogleApiError, InputError } from '../../_shared/errors.ts'
import { listDatasets } from '../../_shared/google/bigquery-datasets.ts'
import { getRoutine, listRoutines } from '../../_shared/google/bigquery-routines.ts'
import { getDataset, getView, listViews } from '../../_shared/google/bigquery-views.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { laterRunOn, ownershipOfNamed } from '../../_shared/ownership.ts'
import { AT_ONCE } from './check-queries.ts'
import type { Inputs } from './inputs.ts'
import { whyLeft, whyNewer, type Orphan } from './orphans.ts'
import { scanReferences } from './sql.ts'

const isStatus =
  (...statuses: readonly number[]) =>
  (error: unknown): boolean =>
    error instanceof GoogleApiError && statuses.includes(error.status)

/** The datasets of the views: they must be there, and where the input says. */
export function readHomes(
  google: Google,
  datasetIds: readonly string[],
  location: string,
): Promise<DatasetAccess[]> {
  return pMap(
    datasetIds,
    async (datasetId) => {
      const home = await getDataset(google, google.projectId, datasetId).catch((error: unknown) => {
        if (!isStatus(404)(error)) throw error
        throw new InputError(
          `Reading the dataset ${datasetId}: project ${google.projectId} has none of this name (or there is no such project); make it with Terraform or CREATE SCHEMA, or correct the folder or project-id.`,
          { input: 'source', given: datasetId, accepted: 'datasets that exist', problem: 'not-found' },
        )
      })
      if (home.location.toLowerCase() === location.toLowerCase()) return home
      throw new InputError(
        `Reading input location: the dataset ${datasetId} is in ${home.location}, not in ${location}; correct the input.`,
        { input: 'location', given: location, accepted: home.location, problem: 'dataset-locations' },
      )
    },
    { concurrency: AT_ONCE },
  )
}

/**
 * Views without a file: in the datasets of the files, and for pruning in every other one of this location
 * that this identity may list, so that a dataset whose last file went is not forgotten.
 */
export async function findOrphans(
  inputs: Inputs,
  google: Google,
  homes: readonly DatasetAccess[],
  files: {
    readonly names: readonly TableName[]
    readonly hasFunctions: boolean
    /** Also in datasets that none of them names. */
    readonly isSearchingEverywhere: boolean
    /** Why none of them may be taken for gone. */
    readonly leftAs?: string
  },
): Promise<{ orphans: Orphan[]; left: number }> {
  const { names, hasFunctions } = files
  const withFile = new Set(names.map(nameKey))
  const leftAs = (name: TableName, labels: Readonly<Record<string, string>>): string | undefined =>
    whyLeft(name, names) ?? files.leftAs ?? whyNewer(laterRunOn(labels, inputs.runId))
  const own = homes.map(({ datasetId }) => datasetId)
  const others = files.isSearchingEverywhere ? await otherDatasets(inputs, google, own) : []
  const lists = await pMap(
    [...own, ...others],
    async (datasetId) => {
      const views = await listViews(google, google.projectId, datasetId).catch((error: unknown) => {
        if (own.includes(datasetId) || !isStatus(403, 404)(error)) throw error
        return []
      })
      // Who publishes views only need not be allowed to see functions.
      const isAsked = hasFunctions || inputs.isPruning
      const functions = !isAsked
        ? []
        : await listRoutines(google, google.projectId, datasetId).catch((error: unknown) => {
            if ((hasFunctions && own.includes(datasetId)) || !isStatus(403, 404)(error)) throw error
            return []
          })
      return [...views, ...functions].filter(({ name }) => !withFile.has(nameKey(name)))
    },
    { concurrency: AT_ONCE },
  )
  const isOurs = ({ name, labels }: { name: TableName; labels: Readonly<Record<string, string>> }): boolean =>
    ownershipOfNamed(labels, inputs.owner, shortName(name)) === 'ours'
  const left = lists
    .slice(0, own.length)
    .flat()
    .filter((view) => !isOurs(view)).length
  const named = lists.flat().filter(isOurs)
  if (!inputs.isPruning)
    return {
      orphans: named.map(({ name, labels }) => ({
        ...{ name, etag: '', references: [], leftAs: leftAs(name, labels) },
      })),
      left,
    }
  const orphans = await pMap(
    named,
    async ({ name }): Promise<Orphan[]> => {
      const view = await (name.isRoutine === true ? getRoutine : getView)(google, name)
      if (view?.query === undefined || !isOurs({ name, labels: view.labels })) return []
      const isSql = view.routine?.language === undefined
      const references = isSql ? scanReferences(view.query, google.projectId) : []
      return [{ name, etag: view.etag, references, leftAs: leftAs(name, view.labels) }]
    },
    { concurrency: AT_ONCE },
  )
  return { orphans: orphans.flat(), left }
}

async function otherDatasets(
  inputs: Pick<Inputs, 'location'>,
  google: Google,
  known: readonly string[],
): Promise<string[]> {
  const all = await listDatasets(google, google.projectId)
  return all
    .filter(({ location }) => location.toLowerCase() === inputs.location.toLowerCase())
    .map(({ datasetId }) => datasetId)
    .filter((datasetId) => !known.includes(datasetId))
}

export const isExcepted = ({ authorizeExcept }: Inputs, source: DatasetName, projectId: string): boolean =>
  authorizeExcept.includes(datasetKey(source)) ||
  (source.projectId === projectId && authorizeExcept.includes(source.datasetId))

/**
 * Datasets that lend their tables to views elsewhere, or did. What was only read before may be gone or out of
 * reach: then there is no entry to take away.
 */
export async function readSources(
  inputs: Inputs,
  google: Google,
  around: {
    readonly homes: readonly DatasetAccess[]
    readonly read: readonly DatasetName[]
    readonly earlier: readonly DatasetName[]
    /** A run was cut off between a view and an access list: every list it may have meant is looked at. */
    readonly isResuming: boolean
  },
): Promise<DatasetAccess[]> {
  if (!inputs.isAuthorizing) return []
  const { projectId } = google
  const homes = new Map(around.homes.map((home) => [datasetKey(home), home]))
  const needed = new Set(around.read.map(datasetKey))
  const visible = around.isResuming ? await otherDatasets(inputs, google, []) : []
  const wanted = [
    ...around.read,
    ...around.earlier,
    ...visible.map((datasetId) => ({ projectId, datasetId })),
  ].filter((source) => !isExcepted(inputs, source, projectId))
  const unique = [...new Map(wanted.map((source) => [datasetKey(source), source])).values()]
  const sources = await pMap(
    unique,
    async (source) => {
      const home = homes.get(datasetKey(source))
      if (home !== undefined) return [home]
      try {
        return [await getDataset(google, source.projectId, source.datasetId)]
      } catch (error) {
        if (!needed.has(datasetKey(source)) && isStatus(403, 404)(error)) return []
        throw error
      }
    },
    { concurrency: AT_ONCE },
  )
  for (const source of sources.flat()) checkLocation(source, around.homes, needed)
  return sources.flat()
}

function checkLocation(
  source: DatasetAccess,
  homes: readonly DatasetAccess[],
  needed: ReadonlySet<string>,
): void {
  const other = homes.find((home) => home.location.toLowerCase() !== source.location.toLowerCase())
  if (other === undefined || !needed.has(datasetKey(source))) return
  throw new InputError(
    `Comparing locations: ${source.datasetId} is in ${source.location} and ${other.datasetId} in ${other.location}; an authorized view must be in the location of its source; make the views' dataset there.`,
    { input: 'source', given: other.location, accepted: source.location, problem: 'dataset-locations' },
  )
}
