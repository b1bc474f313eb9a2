/** Reads the view files and what BigQuery has in their place; it changes nothing. */
import pMap from 'p-map'
import {
  datasetKey,
  nameKey,
  shortName,
  sqlName,
  type Column,
  type DatasetAccess,
  type DatasetName,
  type ExistingView,
  type TableName,
} from '../../_shared/dataset.ts'
import { GoogleApiError, WorkFailedError } from '../../_shared/errors.ts'
import { dryRun } from '../../_shared/google/bigquery-jobs.ts'
import { getRoutine } from '../../_shared/google/bigquery-routines.ts'
import { getView } from '../../_shared/google/bigquery-views.ts'
import type { Google } from '../../_shared/google/connect.ts'
import { digestOn, markDigest, ownershipOfNamed, type Ownership } from '../../_shared/ownership.ts'
import type { Annotation } from '../../_shared/report.ts'
import { ReadingError } from '../../_shared/sql-cursor.ts'
import { readSqlFiles, type SqlFile } from '../../_shared/sql-files.ts'
import { candidate, type Candidate } from './candidate.ts'
import { AT_ONCE, checkQueries } from './check-queries.ts'
import { readDefinition, typeOf, type ViewDefinition } from './definition.ts'
import type { Inputs } from './inputs.ts'
import { readMetadata } from './metadata.ts'
import { inReferenceOrder } from './order.ts'
import { callWithNulls, isTemplate } from './routine.ts'
import { isSearchingEverywhere, whyAnothers, type Orphan } from './orphans.ts'
import { findOrphans, readHomes, readSources } from './surroundings.ts'
import { isSameQuery, qualify, scanReferences } from './sql.ts'

const LAYOUT = {
  noun: 'view',
  leaves: ['view', 'udf', 'function'],
  whenEmpty:
    'A folder without files prunes nothing: if the last view went on purpose, drop it by hand (bq rm).',
}

/** On the digest of a view that is off the list of a source before the list is known to be changed. */
export const LEAVING = 'leaving'

export interface ObservedView {
  readonly name: TableName
  /** Relative to the workspace. */
  readonly file: string
  readonly definition: ViewDefinition
  /** As it will be stored: references written in full. */
  readonly query: string
  /** Of the file and the stored query: what need not be checked again. */
  readonly digest: string
  /** Tables and views that the text itself names. */
  readonly references: readonly TableName[]
  /** What the view that is there reads. */
  readonly earlier: readonly TableName[]
  /** Columns the query gives. */
  readonly columns: readonly Column[]
  /** Of views that are not of the set. */
  readonly levelsBelow?: number
  /** What a query of the whole view would read. */
  readonly bytes?: number
  readonly existing?: ExistingView
  readonly ownership: Ownership
}
export interface Observed {
  readonly projectId: string
  readonly views: readonly ObservedView[]
  /** Views of this owner that have no file any more. */
  readonly orphans: readonly Orphan[]
  /** Views without a file, in the datasets of the files, that are not this owner's. */
  readonly left: number
  /** Access lists of every dataset that some view reads from outside, or read before. */
  readonly sources: readonly DatasetAccess[]
  /** Names of what BigQuery judged in part. */
  readonly inPart: readonly string[]
  /** `prune` looked only where files are: elsewhere may be another environment's. */
  readonly isPrunedInPart?: boolean
}

interface Found extends Candidate {
  readonly sql: string
  readonly existing?: ExistingView
  readonly ownership: Ownership
}

export async function observe(inputs: Inputs, google: Google): Promise<Observed> {
  const files = await readSqlFiles(inputs, google.projectId, LAYOUT)
  const candidates = readAll(files, google.projectId)
  const functions = new Set(
    candidates.filter(({ name }) => name.isRoutine === true).map(({ name }) => nameKey(name)),
  )
  const homes = await readHomes(
    google,
    [...new Set(files.map(({ name }) => name.datasetId))],
    inputs.location,
  )
  const found = await pMap(
    candidates,
    async (view): Promise<Found> => {
      const existing = await (view.name.isRoutine === true ? getRoutine : getView)(google, view.name)
      return {
        ...view,
        existing,
        ownership: ownershipOfNamed(existing?.labels ?? {}, inputs.owner, shortName(view.name)),
      }
    },
    { concurrency: AT_ONCE },
  )
  const unchecked = withReaders(found, (view) => !isRemembered(view))
  const place = { google, location: inputs.location }
  const checked = await checkQueries(place, found, unchecked)
  const earlierColumns = await columnsOfFunctions(place, unchecked)
  const views = found.map((view): ObservedView => {
    const { name, file, definition, sql, ownership } = view
    const gave = earlierColumns.get(view)
    const existing = gave === undefined ? view.existing : { ...view.existing!, columns: gave }
    const stored = existing?.query
    const answer = checked.get(view)
    const references = answer?.references ?? view.references
    const written = qualify(definition.query, google.projectId, references)
    // What others wrote and says the same is left as it stands there, however it is written.
    const isSame =
      answer === undefined ||
      ((ownership !== 'ours' || typeOf(definition) !== 'VIEW') &&
        (definition.routine?.language === undefined
          ? isSameQuery(stored ?? '', written, google.projectId, functions)
          : stored === written))
    const query = stored !== undefined && isSame ? stored : written
    return {
      ...{ name, file, definition, query, references, existing, ownership },
      digest: digestOf(sql, query),
      earlier:
        stored === undefined || existing?.routine?.language !== undefined
          ? []
          : scanReferences(stored, google.projectId, functions),
      columns: answer?.columns ?? existing?.columns ?? [],
      bytes: answer?.bytes,
      levelsBelow: answer?.levelsBelow,
    }
  })
  const isEverywhere = isSearchingEverywhere(inputs, files)
  const { orphans, left } = await findOrphans(inputs, google, homes, {
    names: views.map(({ name }) => name),
    hasFunctions: functions.size > 0,
    isSearchingEverywhere: isEverywhere,
    leftAs: whyAnothers(inputs, files),
  })
  const isResuming = found.some(
    ({ existing, ownership }) => ownership === 'ours' && digestOn(existing?.labels ?? {}) === LEAVING,
  )
  const read = views.flatMap((view) => outside(view.name, view.references))
  const earlier = [
    ...views
      .filter(({ ownership }) => (ownership === 'nobody' ? inputs.isAdopting : ownership !== 'theirs'))
      .flatMap((view) => outside(view.name, view.earlier)),
    ...orphans.flatMap((orphan) => outside(orphan.name, orphan.references)),
  ]
  return {
    ...{ projectId: google.projectId, views, orphans, left },
    sources: await readSources(inputs, google, { homes, read, earlier, isResuming }),
    isPrunedInPart: inputs.isPruning && !isEverywhere,
    inPart: found.filter((view) => checked.get(view)?.isInPart === true).map(({ name }) => shortName(name)),
  }
}

const digestOf = (sql: string, query: string | undefined): string => markDigest([1, sql, query])

/** What was checked for this text, and still stands there as it was written then. */
const isRemembered = ({ sql, definition, existing, ownership }: Found): boolean =>
  ownership === 'ours' &&
  existing?.type === typeOf(definition) &&
  digestOn(existing.labels) === digestOf(sql, existing.query)

/** Those for which `is` holds, and everything of the set that reads them. */
function withReaders(views: readonly Found[], is: (view: Found) => boolean): Found[] {
  const chosen = new Set<string>()
  for (const view of inReferenceOrder(views))
    if (is(view) || view.references.some((reference) => chosen.has(nameKey(reference))))
      chosen.add(nameKey(view.name))
  return views.filter(({ name }) => chosen.has(nameKey(name)))
}

/** What functions give that are there and will change; one of ANY TYPE gives what its call makes of it. */
async function columnsOfFunctions(
  { google, location }: { google: Google; location: string },
  unchecked: readonly Found[],
): Promise<ReadonlyMap<Found, readonly Column[]>> {
  const asked = unchecked.filter(
    ({ definition, existing }) =>
      existing?.routine !== undefined &&
      existing.type === typeOf(definition) &&
      !isTemplate(existing.routine) &&
      !isTemplate(definition.routine!),
  )
  const answers = await pMap(
    asked,
    async (view) => {
      const call = callWithNulls(`\`${sqlName(view.name)}\``, view.existing!.routine!)
      const query =
        view.definition.routine?.kind === 'SCALAR_FUNCTION'
          ? `SELECT ${call} AS result`
          : `SELECT * FROM ${call}`
      try {
        const { columns } = await dryRun(google, google.projectId, location, query, view.file)
        return [[view, columns] as const]
      } catch (error) {
        // What does not work any more breaks for nobody.
        if (error instanceof GoogleApiError && (error.status === 400 || error.status === 404)) return []
        throw error
      }
    },
    { concurrency: AT_ONCE },
  )
  return new Map(answers.flat())
}

const outside = (name: TableName, references: readonly TableName[]): DatasetName[] =>
  references.filter((reference) => datasetKey(reference) !== datasetKey(name))

/** Every file is read before the first complaint, so that one run names them all. */
function readAll(files: readonly SqlFile[], projectId: string): (Candidate & { sql: string })[] {
  const failures: Annotation[] = []
  const attempt = <T>(file: string, read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ReadingError)) throw error
      const { message, line, column } = error
      failures.push({ kind: 'error', title: 'View', message, file, line, column })
      return undefined
    }
  }
  const read = files.flatMap(({ name, file, sql, metadata }) => {
    const beside = metadata && attempt(metadata.file, () => readMetadata(metadata.text))
    const definition = attempt(file, () => readDefinition(sql, name, beside))
    // What was checked is remembered by the texts that say it.
    const whole = metadata === undefined ? sql : `${metadata.text}\n${sql}`
    if (definition === undefined) return []
    const called: TableName = definition.routine === undefined ? name : { ...name, isRoutine: true }
    return [{ name: called, file, definition, sql: whole }]
  })
  const functions = new Set(
    read.filter(({ name }) => name.isRoutine === true).map(({ name }) => nameKey(name)),
  )
  if (failures.length === 0)
    return read.map(({ definition, sql, ...file }) => ({
      ...candidate(file, definition, projectId, functions),
      sql,
    }))
  throw new WorkFailedError(
    `Reading the views: ${failures.length} of ${files.length} files are refused: ${failures.map(({ file, line, message }) => `${file}:${line}: ${message}`).join('; ')}.`,
    {
      annotations: failures,
      problem: 'view-query',
      hint: 'A file holds one SELECT, or one CREATE [OR REPLACE] VIEW [IF NOT EXISTS] name [(columns)] [OPTIONS(…)] AS SELECT, or one CREATE [OR REPLACE] [TABLE] FUNCTION in SQL or JavaScript.',
    },
  )
}
