/**
 * Lets BigQuery judge each query by a dry run, also those that read views of this set which are not there yet
 * or will change; it refuses to guess where BigQuery answers.
 */
import pMap from 'p-map'
import { nameKey, shortName, type Column, type TableName } from '../../_shared/dataset.ts'
import { GoogleApiError, WorkFailedError } from '../../_shared/errors.ts'
import { dryRun, type DryRun } from '../../_shared/google/bigquery-jobs.ts'
import { getView } from '../../_shared/google/bigquery-views.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { Annotation } from '../../_shared/report.ts'
import { annotationOf } from '../../_shared/sql-files.ts'
import type { ViewDefinition } from './definition.ts'
import { inReferenceOrder } from './order.ts'
import { notFound, readInstead, scanReferences } from './sql.ts'

export interface Candidate {
  readonly name: TableName
  readonly file: string
  readonly definition: ViewDefinition
  /** Names found in the text. */
  readonly references: readonly TableName[]
}
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
  const checked = await pMap(
    unchecked,
    async (view) => [view, await check(place, view, waiting, own, failures)] as const,
    { concurrency: AT_ONCE },
  )
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
): Promise<Checked | undefined> {
  const { text, linesBefore } = withWaiting(view, waiting, google.projectId)
  let answer: DryRun
  try {
    answer = await ask({ google, location }, view, text)
  } catch (error) {
    if (!(error instanceof GoogleApiError && (error.status === 400 || error.status === 404))) throw error
    const annotation = annotationOf(error, view.file, 'View')
    const line = (annotation.line ?? 1) - linesBefore
    // It lies in a view this one reads, and is said of that one.
    if (/ at \[\d+:\d+\]/.test(error.message) && line < 1) return undefined
    failures.push({ ...annotation, line: Math.max(1, line) + view.definition.linesBefore })
    return undefined
  }
  const { query } = view.definition
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
  return { references, columns: answer.columns, bytes: answer.bytes }
}

/**
 * A query over a table that asks for a filter is refused, a view over it is not: then the view is judged,
 * which needs the right to make it.
 */
async function ask({ google, location }: Place, view: Candidate, text: string): Promise<DryRun> {
  const { projectId } = google
  const asStatement = (what: string): Promise<DryRun> =>
    dryRun(google, projectId, location, `CREATE ${what} \`${nameKey(view.name)}\` AS ${text}`, view.file)
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

/** The query with the views it waits for put before it, as BigQuery will see them once they are there. */
function withWaiting(
  view: Candidate,
  waiting: ReadonlyMap<string, Candidate>,
  projectId: string,
): { text: string; linesBefore: number } {
  const names = new Map<string, string>()
  const parts: string[] = []
  const put = (name: TableName): void => {
    const before = waiting.get(nameKey(name))
    if (before === undefined || names.has(nameKey(name))) return
    for (const reference of before.references) put(reference)
    const text = readInstead(before.definition.query, projectId, names)
    names.set(nameKey(name), `waiting_view_${names.size + 1}`)
    parts.push(`${names.get(nameKey(name))} AS (\n${text}\n)`)
  }
  for (const reference of view.references) put(reference)
  const query = readInstead(view.definition.query, projectId, names)
  if (parts.length === 0) return { text: query, linesBefore: 0 }
  const own = /^(?:\s|--[^\n]*\n|#[^\n]*\n|\/\*[\s\S]*?\*\/)*WITH\s+(RECURSIVE\s+)?/i.exec(query)
  const head = `WITH ${own?.[1] === undefined ? '' : 'RECURSIVE '}${parts.join(', ')}${own === null ? '' : ','}\n`
  // What is cut off keeps its lines.
  const rest =
    own === null ? query : `${'\n'.repeat(own[0].split('\n').length - 1)}${query.slice(own[0].length)}`
  return { text: `${head}${rest}`, linesBefore: head.split('\n').length - 1 }
}

export const candidate = (
  file: { name: TableName; file: string },
  definition: ViewDefinition,
  projectId: string,
): Candidate => ({
  name: file.name,
  file: file.file,
  definition,
  references: scanReferences(definition.query, projectId),
})
