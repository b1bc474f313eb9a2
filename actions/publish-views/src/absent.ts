/**
 * Says why BigQuery does not find what a view reads: its dataset is not there, or in another location. It refuses
 * to blame the SQL for either.
 */
import pMap from 'p-map'
import { datasetKey, type DatasetName, type TableName } from '../../_shared/dataset.ts'
import { GoogleApiError, InputError } from '../../_shared/errors.ts'
import { getDescription } from '../../_shared/google/bigquery-datasets.ts'
import type { Google } from '../../_shared/google/connect.ts'

/** A view of which BigQuery does not find something that it reads. */
export interface Lost {
  readonly file: string
  readonly references: readonly TableName[]
  /** BigQuery's words for what it does not find. */
  readonly said: string
}

/** @returns one error for all datasets that are the cause; undefined when each is there, or may not be seen. */
export async function absentSources(
  { google, location }: { readonly google: Google; readonly location: string },
  readers: readonly Lost[],
): Promise<InputError | undefined> {
  const sources = new Map(readers.flatMap(missedBy).map((source) => [datasetKey(source), source]))
  const said = await pMap(
    [...sources].sort(([a], [b]) => (a < b ? -1 : 1)),
    async ([key, source]) => {
      const found = await locationOf(google, source)
      if (found === undefined || found.toLowerCase() === location.toLowerCase()) return []
      const files = readers
        .filter((reader) => missedBy(reader).some((missed) => datasetKey(missed) === key))
        .map(({ file }) => file)
      return [{ name: source.projectId === google.projectId ? source.datasetId : key, found, files }]
    },
    { concurrency: 8 },
  )
  const absent = said.flat()
  if (absent.length === 0) return undefined
  const isElsewhere = absent.some(({ found }) => found !== '')
  return new InputError(
    `Checking the views: ${absent.map((source) => sentenceOf(source, location)).join('; ')}.`,
    {
      input: 'source',
      given: absent.map(({ name }) => name).join(', '),
      accepted: `datasets that exist in ${location}`,
      problem: isElsewhere ? 'dataset-locations' : 'not-found',
    },
  )
}

/** What this action takes for a name and BigQuery does not is none of these. */
const missedBy = ({ references, said }: Lost): DatasetName[] =>
  references.filter(({ projectId, datasetId }) => {
    const name = `${projectId}:${datasetId}`
    const at = said.indexOf(name)
    return at !== -1 && !/^\w/.test(said.slice(at + name.length))
  })

/** '' when there is no such dataset, undefined when this identity may not know. */
async function locationOf(google: Google, source: DatasetName): Promise<string | undefined> {
  try {
    return (await getDescription(google, source.projectId, source.datasetId))?.location ?? ''
  } catch (error) {
    if (error instanceof GoogleApiError && (error.status === 403 || error.status === 400)) return undefined
    throw error
  }
}

function sentenceOf(
  { name, found, files }: { name: string; found: string; files: readonly string[] },
  location: string,
): string {
  const read = `${[...files].sort().join(', ')} ${files.length === 1 ? 'reads' : 'read'} the dataset ${name}`
  return found === ''
    ? `${read}, which is not there (or its project is not): make it with Terraform or CREATE SCHEMA, or correct the name`
    : `${read}, which is in ${found}, and the views are in ${location}: BigQuery reads one location at a time; make the views' dataset in ${found}, or copy the data`
}
