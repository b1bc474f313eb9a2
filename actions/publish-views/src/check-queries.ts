/**
 * Lets BigQuery judge each query by a dry run, also those that read views of this set which are not there yet
 * or will change; it refuses to guess where BigQuery answers.
 */
import pMap from 'p-map'
import { nameKey, shortName, sqlName, type Column, type TableName } from '../../_shared/dataset.ts'
import { GoogleApiError, isRightMissing, WorkFailedError } from '../../_shared/errors.ts'
import { dryRun, type DryRun } from '../../_shared/google/bigquery-jobs.ts'
import { getView } from '../../_shared/google/bigquery-views.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { Annotation } from '../../_shared/report.ts'
import { annotationOf } from '../../_shared/sql-files.ts'
import { absentSources, type Lost } from './absent.ts'
import { openLevels } from './below.ts'
import type { Candidate } from './candidate.ts'
import { inReferenceOrder } from './order.ts'
import { isTemplate, spelledArguments, spelledJavaScript, spelledReturns } from './routine.ts'
import { notFound, readInstead } from './sql.ts'
import { withWaiting, type WaitingText } from './waiting.ts'

export interface Checked {
  readonly references: readonly TableName[]
  readonly columns?: readonly Column[]
  readonly bytes?: number
  /** BigQuery judged the query only: this identity may not make what the file makes. */
  readonly isInPart: boolean
  /** Levels of views below it that this run does not write, where the query shows that there are some. */
  readonly levelsBelow?: number
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
  const lost: Lost[] = []
  const levelsBelow = openLevels(place.google)
  const checked = await pMap(
    unchecked,
    async (view) => {
      const isLost = (said: string) => lost.push({ ...view, said })
      const found = await check(place, view, waiting, own, { failures, elsewhere, isLost })
      if (found === undefined || !hasViewsBelow(view, found, waiting)) return [view, found] as const
      const others = found.references.filter((reference) => !waiting.has(nameKey(reference)))
      return [view, { ...found, levelsBelow: await levelsBelow(others) }] as const
    },
    { concurrency: AT_ONCE },
  )
  const absent = lost.length === 0 ? undefined : await absentSources(place, lost)
  if (absent !== undefined) throw absent
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

/** BigQuery reads a table that neither its text names nor one that waits for it: a view stands in between. */
function hasViewsBelow(
  view: Candidate,
  { reported }: Found,
  waiting: ReadonlyMap<string, Candidate>,
): boolean {
  const named = new Set<string>()
  const name = (references: readonly TableName[]): void => {
    for (const reference of references) {
      const key = nameKey(reference)
      if (named.has(key)) continue
      named.add(key)
      name(waiting.get(key)?.references ?? [])
    }
  }
  name(view.references)
  return reported.some((table) => !named.has(nameKey(table)))
}

/** With the tables that BigQuery says it reads. */
type Found = Checked & { readonly reported: readonly TableName[] }

interface Findings {
  readonly failures: Annotation[]
  /** Of what lies in another view. */
  readonly elsewhere: Annotation[]
  /** BigQuery finds something not that the view reads. */
  readonly isLost: (said: string) => void
}

async function check(
  { google, location }: Place,
  view: Candidate,
  waiting: ReadonlyMap<string, Candidate>,
  own: ReadonlySet<string>,
  { failures, elsewhere, isLost }: Findings,
): Promise<Found | undefined> {
  const asked = withWaiting(view, waiting, google.projectId)
  const { linesBefore, isWaiting } = asked
  let answer: Answer
  try {
    answer = await ask({ google, location }, view, asked)
    if (view.definition.routine !== undefined && !isWaiting)
      answer = { ...answer, isInPart: !(await askFunction({ google, location }, view)) }
  } catch (error) {
    if (!(error instanceof GoogleApiError && (error.status === 400 || error.status === 404))) throw error
    if (error.status === 404) isLost(error.message)
    const said = annotationOf(error, view.file, 'View')
    const wayOut =
      filterIn(error) === undefined
        ? ''
        : '; publish the functions that it calls in a run before, then BigQuery can judge it'
    const annotation = { ...said, message: `${said.message}${wayOut}` }
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
  const { columns, bytes, isInPart, references: reported } = answer
  if (routine !== undefined)
    return { references, reported, isInPart, columns: isTemplate(routine) ? [] : columns }
  return { references, reported, columns, bytes, isInPart }
}

/** As it will be made; whoever may not make it only knows that its body is right. */
async function askFunction(
  { google, location }: Place,
  { name, file, definition }: Candidate,
): Promise<boolean> {
  const { query, routine } = definition
  const start = `CREATE OR REPLACE ${routine?.kind === 'SCALAR_FUNCTION' ? '' : 'TABLE '}FUNCTION \`${sqlName(name)}\`(${spelledArguments(routine!)})`
  const ask = async (sql: string): Promise<boolean> =>
    (await ifAllowed(dryRun(google, google.projectId, location, sql, file))) !== undefined
  if (routine?.language !== undefined) return ask(`${start}${spelledJavaScript(routine, query)}`)
  const head = `${start}${spelledReturns(routine!)} AS `
  const text = routine?.kind === 'SCALAR_FUNCTION' ? `(\n${query}\n)` : `\n${query}`
  return ask(`${head}${text}`)
}

type Answer = Omit<DryRun, 'columns'> & Pick<Checked, 'columns' | 'isInPart'>

/**
 * A query over a table that asks for a filter is refused, a view over it is not: then the view is judged, which
 * needs the right to make it and no function before it; else the query with a filter.
 */
async function ask({ google, location }: Place, view: Candidate, asked: WaitingText): Promise<Answer> {
  const { text, hasFunctions } = asked
  const judged = (sql: string): Promise<DryRun> => dryRun(google, google.projectId, location, sql, view.file)
  const asStatement = (what: string): Promise<DryRun | undefined> =>
    ifAllowed(judged(`CREATE ${what} \`${sqlName(view.name)}\` AS ${text}`))
  try {
    const answer = await judged(text)
    // BigQuery materializes less than it can query; whoever may not make the view only knows the query.
    const { materialized } = view.definition
    const isAsked = materialized !== undefined && materialized.allowNonIncrementalDefinition !== true
    const isInPart = isAsked && (await asStatement('MATERIALIZED VIEW IF NOT EXISTS')) === undefined
    return { ...answer, isInPart }
  } catch (error) {
    if (filterIn(error) === undefined) throw error
    const made = hasFunctions ? undefined : await asStatement('OR REPLACE VIEW')
    if (made !== undefined) return { ...made, isInPart: false }
    const answer = await withFilters(judged, text, google.projectId, error)
    if (answer !== undefined) return { ...answer, bytes: undefined, isInPart: !hasFunctions }
    // BigQuery has read it all, and misses but the filter.
    if (!hasFunctions) return { references: [], statementType: '', isInPart: true }
    throw error
  }
}

/** The table that asks for a filter, and a column that would do. */
function filterIn(error: unknown): { table: string; column: string } | undefined {
  if (!(error instanceof GoogleApiError)) return undefined
  const found = /over table '([^']+)' without a filter over column\(s\) ((?:'[^']+'(?:, )?)+)/.exec(
    error.message,
  )
  // Of several it is the pseudo-column that queries may name, which stands last.
  const column = found?.[2]?.split("'").at(-2)
  return column === undefined ? undefined : { table: found![1]!.replace(':', '.'), column }
}

/** @returns undefined when what asks for a filter does not stand in the text, or the filter does not help. */
async function withFilters(
  judged: (sql: string) => Promise<DryRun>,
  text: string,
  projectId: string,
  first: unknown,
): Promise<DryRun | undefined> {
  const filtered = new Map<string, string>()
  let refusal = first
  for (;;) {
    const needed = filterIn(refusal)
    if (needed === undefined) return undefined
    const { table, column } = needed
    const key = table.split('.').length > 2 ? table : `${projectId}.${table}`
    const before = readInstead(text, projectId, filtered)
    filtered.set(key, `(SELECT * FROM \`${key}\` WHERE \`${column}\` IS NULL)`)
    const sql = readInstead(text, projectId, filtered)
    if (sql === before) return undefined
    try {
      return await judged(sql)
    } catch (error) {
      refusal = error
    }
  }
}

/** @returns undefined when this identity may not ask. */
const ifAllowed = (asked: Promise<DryRun>): Promise<DryRun | undefined> =>
  asked.catch((error: unknown) => {
    if (isRightMissing(error)) return undefined
    throw error
  })

/** Names in the text that are tables or views, and not something this action took for one. */
async function confirm(
  google: Google,
  view: Candidate,
  answer: Pick<DryRun, 'references'>,
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
