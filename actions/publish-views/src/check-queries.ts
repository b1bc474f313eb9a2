/**
 * Lets BigQuery judge each query by a dry run, also those that read views of this set which are not there yet
 * or will change; it refuses to guess where BigQuery answers.
 */
import pMap from 'p-map'
import { nameKey, shortName, sqlName, type Column, type TableName } from '../../_shared/dataset.ts'
import { GoogleApiError, WorkFailedError } from '../../_shared/errors.ts'
import { dryRun, type DryRun } from '../../_shared/google/bigquery-jobs.ts'
import { getView } from '../../_shared/google/bigquery-views.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { Annotation } from '../../_shared/report.ts'
import { annotationOf } from '../../_shared/sql-files.ts'
import type { Candidate } from './candidate.ts'
import { inReferenceOrder } from './order.ts'
import { isTemplate, spelledArguments, spelledReturns } from './routine.ts'
import { notFound } from './sql.ts'
import { withWaiting } from './waiting.ts'

export interface Checked {
  readonly references: readonly TableName[]
  readonly columns?: readonly Column[]
  readonly bytes?: number
}
interface Place {
  readonly google: Google
  readonly location: string
}

/** How many requests are under way at one time. */
export const AT_ONCE = 8

/** @param all the whole set. @param unchecked those whose query, or that of a view they read, is new. */
export async function checkQueries<C extends Candidate>(
  place: Place,
  all: readonly C[],
  unchecked: readonly C[],
): Promise<ReadonlyMap<C, Checked>> {
  const waiting = new Map(inReferenceOrder(unchecked).map((view) => [nameKey(view.name), view]))
  const own = new Set(all.map(({ name }) => nameKey(name)))
  const failures: Annotation[] = []
  const elsewhere: Annotation[] = []
  const checked = await pMap(
    unchecked,
    async (view) => [view, await check(place, view, waiting, own, failures, elsewhere)] as const,
    { concurrency: AT_ONCE },
  )
  if (failures.length === 0) failures.push(...elsewhere)
  if (failures.length > 0) {
    failures.sort((a, b) => ((a.file ?? '') < (b.file ?? '') ? -1 : 1))
    throw new WorkFailedError(
      `Checking the views: BigQuery refuses ${failures.length} of ${all.length}: ${failures.map(({ file, message }) => `${file}: ${message}`).join('; ')}`,
      {
        annotations: failures,
        problem: 'view-query',
        hint: 'Each stands as an annotation at its line; nothing was changed.',
      },
    )
  }
  return new Map(checked.flatMap(([view, found]) => (found === undefined ? [] : [[view, found]])))
}

async function check(
  { google, location }: Place,
  view: Candidate,
  waiting: ReadonlyMap<string, Candidate>,
  own: ReadonlySet<string>,
  failures: Annotation[],
  elsewhere: Annotation[],
): Promise<Checked | undefined> {
  const { text, linesBefore, isWaiting } = withWaiting(view, waiting, google.projectId)
  let answer: DryRun
  try {
    answer = await ask({ google, location }, view, text)
    if (view.definition.routine !== undefined && !isWaiting) await askFunction({ google, location }, view)
  } catch (error) {
    if (!(error instanceof GoogleApiError && (error.status === 400 || error.status === 404))) throw error
    const annotation = annotationOf(error, view.file, 'View')
    const line = (annotation.line ?? 1) - linesBefore
    // It lies in a view this one reads, and is said of that one.
    const isElsewhere = isWaiting && / at \[\d+:\d+\]/.test(error.message) && line < 1
    const list = isElsewhere ? elsewhere : failures
    list.push({ ...annotation, line: Math.max(1, line) + view.definition.linesBefore })
    return undefined
  }
  const { query, routine } = view.definition
  const references = await confirm(google, view, answer, own)
  const missed = notFound(query, view.references, answer.references)[0]
  if (missed !== undefined) {
    failures.push({
      kind: 'error',
      title: 'View',
      file: view.file,
      line: 1 + view.definition.linesBefore,
      message: `BigQuery reads ${shortName(missed)} here, and this action does not find where; write the name as \`${nameKey(missed)}\`.`,
    })
  }
  // What a function reads depends on its call.
  if (routine !== undefined) return { references, columns: isTemplate(routine) ? [] : answer.columns }
  return { references, columns: answer.columns, bytes: answer.bytes }
}

/** As it will be made; whoever may not make it only knows that its body is right. */
async function askFunction(
  { google, location }: Place,
  { name, file, definition }: Candidate,
): Promise<void> {
  const { query, routine } = definition
  const head = `CREATE OR REPLACE ${routine?.kind === 'SCALAR_FUNCTION' ? '' : 'TABLE '}FUNCTION \`${sqlName(name)}\`(${spelledArguments(routine!)})${spelledReturns(routine!)} AS `
  const text = routine?.kind === 'SCALAR_FUNCTION' ? `(\n${query}\n)` : `\n${query}`
  await dryRun(google, google.projectId, location, `${head}${text}`, file).catch(unlessForbidden)
}

/**
 * A query over a table that asks for a filter is refused, a view over it is not: then the view is judged,
 * which needs the right to make it.
 */
async function ask({ google, location }: Place, view: Candidate, text: string): Promise<DryRun> {
  const { projectId } = google
  const asStatement = (what: string): Promise<DryRun> =>
    dryRun(google, projectId, location, `CREATE ${what} \`${sqlName(view.name)}\` AS ${text}`, view.file)
  try {
    const answer = await dryRun(google, projectId, location, text, view.file)
    // BigQuery materializes less than it can query; whoever may not make the view only knows the query.
    const { materialized } = view.definition
    if (materialized !== undefined && materialized.allowNonIncrementalDefinition !== true)
      await asStatement('MATERIALIZED VIEW IF NOT EXISTS').catch(unlessForbidden)
    return answer
  } catch (error) {
    if (!(error instanceof GoogleApiError && /without a filter over column/.test(error.message))) throw error
    return asStatement('OR REPLACE VIEW')
  }
}

function unlessForbidden(error: unknown): void {
  if (!(error instanceof GoogleApiError && error.status === 403)) throw error
}

/** Names in the text that are tables or views, and not something this action took for one. */
async function confirm(
  google: Google,
  view: Candidate,
  answer: DryRun,
  own: ReadonlySet<string>,
): Promise<TableName[]> {
  const reported = new Set(answer.references.map(nameKey))
  const real: TableName[] = []
  for (const name of view.references) {
    const isKnown = own.has(nameKey(name)) || reported.has(nameKey(name)) || name.tableId.includes('*')
    // BigQuery does not promise to report views among the tables.
    if (isKnown || (await getView(google, name)) !== undefined) real.push(name)
  }
  return real
}
