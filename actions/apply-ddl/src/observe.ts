/** Reads the DDL files and the tables as they are; it changes nothing, and needs no right to. */
import pMap from 'p-map'
import { shortName, type ExistingTable } from '../../_shared/dataset.ts'
import { GoogleApiError, InputError, isRightMissing, WorkFailedError } from '../../_shared/errors.ts'
import { getDescription } from '../../_shared/google/bigquery-datasets.ts'
import { getDatasetLocation, getTable, listTables } from '../../_shared/google/bigquery-tables.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { ownershipOf } from '../../_shared/ownership.ts'
import type { Annotation } from '../../_shared/report.ts'
import { readSqlFiles, type SqlFile } from '../../_shared/sql-files.ts'
import { ReadingError } from '../../_shared/sql-cursor.ts'
import type { ObservedDataset } from './dataset-plan.ts'
import { readDatasetStatement } from './dataset-statement.ts'
import type { Inputs } from './inputs.ts'
import { readStatement, type DesiredTable } from './statement.ts'

/** How many requests are under way at one time. */
export const AT_ONCE = 8

export interface ObservedTable extends SqlFile {
  readonly desired: DesiredTable
  readonly existing?: ExistingTable
}
export interface Observed {
  readonly projectId: string
  /** Of files beside the folders. */
  readonly datasets: readonly ObservedDataset[]
  readonly tables: readonly ObservedTable[]
  /** What the datasets of the files hold beside them; asked only where something is not this owner's. */
  readonly left?: number
}

export async function observe(inputs: Inputs, google: Google): Promise<Observed> {
  const { projectId } = google
  const files = readAll(await readSqlFiles(inputs, projectId, { noun: 'table', hasDatasets: true }))
  const datasets = await pMap(
    files.datasets,
    async (file) => ({ ...file, existing: await getDescription(google, projectId, file.datasetId) }),
    { concurrency: AT_ONCE },
  )
  const isToCome = new Set(
    datasets.filter(({ existing }) => existing === undefined).map(({ datasetId }) => datasetId),
  )
  for (const { datasetId, existing } of datasets)
    if (existing !== undefined) checkLocation(datasetId, existing.location, inputs.location)
  const known = new Set(datasets.map(({ datasetId }) => datasetId))
  for (const datasetId of new Set(files.tables.map(({ name }) => name.datasetId)))
    if (!known.has(datasetId)) await checkDataset(google, datasetId, inputs.location)
  const tables = await pMap(
    files.tables,
    async (file): Promise<ObservedTable> =>
      isToCome.has(file.name.datasetId) ? file : { ...file, existing: await getTable(google, file.name) },
    { concurrency: AT_ONCE },
  )
  return { projectId, datasets, tables, left: await countLeft(inputs, google, tables) }
}

/** @returns undefined where nobody needs to know, or this identity may not list. */
async function countLeft(
  { owner }: Inputs,
  google: Google,
  tables: readonly ObservedTable[],
): Promise<number | undefined> {
  const isOurs = ({ existing }: ObservedTable): boolean =>
    existing === undefined || ownershipOf(existing.labels, owner) === 'ours'
  if (tables.every(isOurs)) return undefined
  const withFile = new Set(tables.map(({ name }) => shortName(name)))
  const datasets = [...new Set(tables.filter(({ existing }) => existing).map(({ name }) => name.datasetId))]
  try {
    const names = await pMap(
      datasets,
      async (datasetId) =>
        (await listTables(google, google.projectId, datasetId)).map((tableId) => `${datasetId}.${tableId}`),
      { concurrency: AT_ONCE },
    )
    return names.flat().filter((name) => !withFile.has(name)).length
  } catch (error) {
    if (isRightMissing(error)) return undefined
    throw error
  }
}

interface Files {
  readonly datasets: ObservedDataset[]
  readonly tables: ObservedTable[]
}

/** Every file is read before the first complaint, so that one run names them all. */
function readAll(files: readonly SqlFile[]): Files {
  const failures: Annotation[] = []
  const read: Files = { datasets: [], tables: [] }
  for (const found of files) {
    const { name, file, sql } = found
    try {
      if (name.tableId === '')
        read.datasets.push({ datasetId: name.datasetId, file, sql, desired: readDatasetStatement(sql, name) })
      else read.tables.push({ ...found, desired: readStatement(sql, name) })
    } catch (error) {
      if (!(error instanceof ReadingError)) throw error
      const { message, line, column } = error
      failures.push({ kind: 'error', title: 'DDL', message, file, line, column })
    }
  }
  if (failures.length === 0) return read
  throw new WorkFailedError(
    `Reading the tables: ${failures.length} of ${files.length} files are refused: ${failures.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('; ')}.`,
    {
      annotations: failures,
      problem: 'table-ddl',
      hint: 'A file holds one CREATE TABLE with columns, keys, PARTITION BY, CLUSTER BY and OPTIONS; the README of this action names the types and options.',
    },
  )
}

async function checkDataset(google: Google, datasetId: string, location: string): Promise<void> {
  const found = await getDatasetLocation(google, google.projectId, datasetId).catch((error: unknown) => {
    if (!(error instanceof GoogleApiError && error.status === 404)) throw error
    throw new InputError(
      `Reading the dataset ${datasetId}: project ${google.projectId} has none of this name; make it with Terraform, or with CREATE SCHEMA in ${datasetId}.sql beside its folder.`,
      {
        input: 'source',
        given: datasetId,
        accepted: 'datasets that exist',
        problem: 'not-found',
      },
    )
  })
  checkLocation(datasetId, found, location)
}

function checkLocation(datasetId: string, found: string, location: string): void {
  if (found.toLowerCase() !== location.toLowerCase())
    throw new InputError(
      `Reading input location: the dataset ${datasetId} is in ${found}, not in ${location}.`,
      { input: 'location', given: location, accepted: found, problem: 'dataset-locations' },
    )
}

export const tablesByName = (observed: Observed): ReadonlyMap<string, ObservedTable> =>
  new Map(observed.tables.map((table) => [shortName(table.name), table]))
