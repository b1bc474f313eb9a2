/** Reads the view files and what BigQuery has in their place; it changes nothing. */
import {
  nameKey,
  type Column,
  type DatasetAccess,
  type ExistingView,
  type TableName,
} from '../../_shared/dataset.ts'
import { GoogleApiError, InputError, WorkFailedError } from '../../_shared/errors.ts'
import { dryRun } from '../../_shared/google/bigquery-jobs.ts'
import { getDataset, getView, listViews } from '../../_shared/google/bigquery-views.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { Annotation } from '../../_shared/report.ts'
import { annotationOf, readSqlFiles, refusedFile, type SqlFile } from '../../_shared/sql-files.ts'
import { OWNER_LABEL, type Inputs } from './inputs.ts'
import { directReferences, leadingComment, qualify, scanReferences } from './sql.ts'

export interface ObservedView {
  readonly name: TableName
  /** Relative to the workspace. */
  readonly file: string
  /** As it will be stored: references written in full. */
  readonly query: string
  readonly description: string
  /** Tables and views that the text itself names. */
  readonly references: readonly TableName[]
  /** Columns the query gives; absent while a view it reads does not exist yet. */
  readonly columns?: readonly Column[]
  readonly existing?: ExistingView
}
export interface Observed {
  readonly projectId: string
  readonly views: readonly ObservedView[]
  /** Views an earlier run published that have no file any more. */
  readonly orphans: readonly TableName[]
  /** Access lists of every dataset that some view reads from outside. */
  readonly sources: readonly DatasetAccess[]
}

const isOurs = (labels: Readonly<Record<string, string>>): boolean =>
  labels['managed-by'] === OWNER_LABEL['managed-by']

export async function observe(inputs: Inputs, google: Google): Promise<Observed> {
  const files = await readViewFiles(inputs, google.projectId)
  const existing = new Map<string, ExistingView | undefined>()
  for (const { name } of files) existing.set(nameKey(name), await getView(google, name))
  const failures: Annotation[] = []
  const views: ObservedView[] = []
  for (const file of files) {
    const scanned = scanReferences(file.sql, google.projectId)
    // BigQuery cannot check a query over a view of this set that does not exist yet.
    const isWaiting = scanned.map(nameKey).some((key) => existing.has(key) && existing.get(key) === undefined)
    const answer = isWaiting ? undefined : await tryDryRun(inputs, google, file, failures)
    const references =
      answer === undefined ? scanned : directReferences(file.sql, google.projectId, answer.references)
    views.push({
      name: file.name,
      file: file.file,
      query: qualify(file.sql, google.projectId, references),
      description: leadingComment(file.sql),
      references,
      columns: answer?.columns,
      existing: existing.get(nameKey(file.name)),
    })
  }
  if (failures.length > 0) {
    throw new WorkFailedError(
      `Checking the views: BigQuery refuses ${failures.length} of ${files.length}: ${failures.map(({ file, message }) => `${file}: ${message}`).join('; ')}`,
      {
        annotations: failures,
        problem: 'view-query',
        hint: 'Each stands as an annotation at its line; nothing was changed.',
      },
    )
  }
  const datasets = [...new Set(files.map(({ name }) => name.datasetId))]
  const orphans = (
    await Promise.all(datasets.map((datasetId) => listViews(google, google.projectId, datasetId)))
  )
    .flat()
    .filter(({ name, labels }) => isOurs(labels) && !existing.has(nameKey(name)))
    .map(({ name }) => name)
  return {
    projectId: google.projectId,
    views,
    orphans,
    sources: await readSources(google, views, datasets),
  }
}

async function readViewFiles(inputs: Inputs, projectId: string): Promise<SqlFile[]> {
  const files = await readSqlFiles(inputs, projectId, 'view')
  for (const { file, sql } of files)
    if (sql.endsWith(';'))
      throw refusedFile('view', file, 'ends with a semicolon; a view is one SELECT without it')
  return files
}

/** A query that BigQuery refuses is noted at its line, and the others are still looked at. */
async function tryDryRun(
  inputs: Inputs,
  google: Google,
  file: { file: string; sql: string },
  failures: Annotation[],
): Promise<{ references: readonly TableName[]; columns: readonly Column[] } | undefined> {
  try {
    return await dryRun(google, google.projectId, inputs.location, file.sql, file.file)
  } catch (error) {
    const isAuthors = error instanceof GoogleApiError && (error.status === 400 || error.status === 404)
    if (!isAuthors) throw error
    failures.push(annotationOf(error, file.file, 'View'))
    return undefined
  }
}

/** Datasets that lend their tables to views elsewhere. */
async function readSources(
  google: Google,
  views: readonly ObservedView[],
  own: readonly string[],
): Promise<DatasetAccess[]> {
  const outside = views.flatMap((view) =>
    view.references.filter(
      (reference) =>
        reference.datasetId !== view.name.datasetId || reference.projectId !== view.name.projectId,
    ),
  )
  const keys = new Map(
    outside.map(({ projectId, datasetId }) => [`${projectId}.${datasetId}`, { projectId, datasetId }]),
  )
  const sources = await Promise.all(
    [...keys.values()].map(({ projectId, datasetId }) => getDataset(google, projectId, datasetId)),
  )
  const homes = await Promise.all(own.map((datasetId) => getDataset(google, google.projectId, datasetId)))
  for (const source of sources) {
    const other = homes.find((home) => home.location.toLowerCase() !== source.location.toLowerCase())
    if (other !== undefined) {
      throw new InputError(
        `Comparing locations: ${source.datasetId} is in ${source.location} and ${other.datasetId} in ${other.location}; an authorized view must be in the location of its source; make the views' dataset there.`,
        { input: 'source', given: other.location, accepted: source.location, problem: 'dataset-locations' },
      )
    }
  }
  return sources
}
