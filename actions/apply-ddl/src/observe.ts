/** Reads the DDL files and the tables as they are; it changes nothing, and needs no right to. */
import pMap from 'p-map'
import { shortName, type ExistingTable } from '../../_shared/dataset.ts'
import { GoogleApiError, InputError, WorkFailedError } from '../../_shared/errors.ts'
import { getDatasetLocation, getTable } from '../../_shared/google/bigquery-tables.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { Annotation } from '../../_shared/report.ts'
import { readSqlFiles, type SqlFile } from '../../_shared/sql-files.ts'
import { ReadingError } from '../../_shared/sql-cursor.ts'
import type { Inputs } from './inputs.ts'
import { readStatement, type DesiredTable } from './statement.ts'

export interface ObservedTable extends SqlFile {
  readonly desired: DesiredTable
  readonly existing?: ExistingTable
}
export interface Observed {
  readonly projectId: string
  readonly tables: readonly ObservedTable[]
}

export async function observe(inputs: Inputs, google: Google): Promise<Observed> {
  const files = readAll(await readSqlFiles(inputs, google.projectId, 'table'))
  for (const datasetId of new Set(files.map(({ name }) => name.datasetId)))
    await checkDataset(google, datasetId, inputs.location)
  return {
    projectId: google.projectId,
    tables: await pMap(files, async (file) => ({ ...file, existing: await getTable(google, file.name) }), {
      concurrency: 8,
    }),
  }
}

/** Every file is read before the first complaint, so that one run names them all. */
function readAll(files: readonly SqlFile[]): (SqlFile & { desired: DesiredTable })[] {
  const failures: Annotation[] = []
  const read = files.flatMap((file) => {
    try {
      return [{ ...file, desired: readStatement(file.sql, file.name) }]
    } catch (error) {
      if (!(error instanceof ReadingError)) throw error
      failures.push({
        kind: 'error',
        title: 'DDL',
        message: error.message,
        file: file.file,
        line: error.line,
        column: error.column,
      })
      return []
    }
  })
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
      `Reading the dataset ${datasetId}: project ${google.projectId} has none of this name; create it first.`,
      {
        input: 'source',
        given: datasetId,
        accepted: 'datasets that exist',
        problem: 'not-found',
        hint: 'Datasets belong to Terraform (terraform-infra/modules/bigquery_dataset); this action makes tables only.',
      },
    )
  })
  if (found.toLowerCase() !== location.toLowerCase())
    throw new InputError(
      `Reading input location: the dataset ${datasetId} is in ${found}, not in ${location}.`,
      { input: 'location', given: location, accepted: found, problem: 'dataset-locations' },
    )
}

export const tablesByName = (observed: Observed): ReadonlyMap<string, ObservedTable> =>
  new Map(observed.tables.map((table) => [shortName(table.name), table]))
