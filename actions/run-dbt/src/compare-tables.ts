/**
 * Asks BigQuery how a pull request's models differ from production's: columns before the run, rows and keys after
 * it. It refuses to read a row, and to read more than the limit.
 */
import path from 'node:path'
import pMap from 'p-map'
import { few } from '../../_shared/amounts.ts'
import { columnLines } from '../../_shared/columns.ts'
import type { Column, TableName } from '../../_shared/dataset.ts'
import { GoogleApiError } from '../../_shared/errors.ts'
import { queryRows } from '../../_shared/google/bigquery-jobs.ts'
import { getTable } from '../../_shared/google/bigquery-tables.ts'
import type { Google } from '../../_shared/google/connect.ts'
import {
  comparisonSql,
  difference,
  pairsOf,
  readBy,
  together,
  type ComparedManifest,
  type Difference,
  type Pair,
} from './compare.ts'
import { readJson } from './results.ts'
import type { JobPlace } from './stop.ts'

export interface Counts {
  readonly rows: number
  readonly keys?: number
}
/** What differs of one model; `before` and `after` are its columns and its contract. */
export interface Compared extends Difference {
  readonly name: string
  readonly key: readonly string[]
  readonly production?: Counts
  readonly here?: Counts
  /** Why something is not known. */
  readonly why?: string
}
/** A model's columns as a dry run of its SQL says them, or why it does not. */
export type ColumnsSeen = readonly Column[] | { readonly why: string }

const AT_ONCE = 4
const SAME = 'it is built where production stands'

/** Before anything is built: what the columns and the contract will be. */
export async function compareShapes(
  folders: { readonly here: string; readonly production: string },
  seen: ReadonlyMap<string, ColumnsSeen>,
  google: Google,
): Promise<Compared[]> {
  const [here, production] = await Promise.all([readManifest(folders.here), readManifest(folders.production)])
  return each(pairsOf([...seen.keys()], here, production), async (pair) => {
    const reads = readBy(pair.id, here)
    // A dry run reads production's: what becomes of it by this run's own, nobody knows yet.
    const fresh = [...seen.keys()].filter((id) => id !== pair.id && reads.has(id))
    if (fresh.length > 0)
      return {
        ...pair.contract,
        why: `its columns are known when it is built: it reads ${few(fresh.map((id) => here.nodes?.[id]?.name ?? id))}, which this run builds as well`,
      }
    const columns = seen.get(pair.id) ?? []
    if ('why' in columns) return { ...pair.contract, why: `its columns are not known before: ${columns.why}` }
    const before = await columnsOf(pair.production, google)
    if (before === undefined) return { ...pair.contract, why: 'production has no such table now' }
    return together(difference(before, nullable(columns)), pair.contract)
  })
}

/** After the run: one query per model, and what its table became. */
export async function compareTables(
  built: readonly string[],
  folders: { readonly here: string; readonly production: string },
  how: {
    readonly limitBytes: number
    readonly place: JobPlace
    readonly labels: Readonly<Record<string, string>>
  },
  google: Google,
): Promise<Compared[]> {
  const [here, production] = await Promise.all([readManifest(folders.here), readManifest(folders.production)])
  return each(pairsOf(built, here, production), async (pair) => {
    const [before, after] = await Promise.all([
      columnsOf(pair.production, google),
      columnsOf(pair.here, google),
    ])
    if (before === undefined) return { ...pair.contract, why: 'production has no such table now' }
    if (after === undefined) return { ...pair.contract, why: 'it is not there any more' }
    const differs = together(difference(before, after), pair.contract)
    try {
      const rows = await queryRows(google, how.place.projectId, how.place.location, comparisonSql(pair), {
        maximumBytesBilled: how.limitBytes,
        labels: how.labels,
        resource: `the counts of ${pair.name}`,
      })
      const [there, now] = rows.map(countsOf)
      if (there === undefined || now === undefined) return { ...differs, why: 'BigQuery gave no counts' }
      return { ...differs, production: there, here: now }
    } catch (error) {
      return { ...differs, why: wordsOf(error) }
    }
  })
}

function each(
  pairs: readonly Pair[],
  compare: (pair: Pair) => Promise<Omit<Compared, 'name' | 'key'>>,
): Promise<Compared[]> {
  return pMap(
    pairs,
    async (pair): Promise<Compared> => {
      const known = { name: pair.name, key: pair.key }
      if (pair.here.sql === pair.production.sql) return { ...known, why: SAME }
      try {
        return { ...known, ...(await compare(pair)) }
      } catch (error) {
        return { ...known, why: wordsOf(error) }
      }
    },
    { concurrency: AT_ONCE },
  )
}

/** What cannot be compared fails nobody's pull request; it is said. */
function wordsOf(error: unknown): string {
  if (!(error instanceof GoogleApiError)) throw error
  return error.message.split('\n')[0] ?? ''
}

async function columnsOf(table: TableName, google: Google): Promise<string[] | undefined> {
  const found = await getTable(google, table)
  return found && nullable(found.columns)
}

/** Of a query nobody knows which columns are REQUIRED; the contract says it. */
const nullable = (columns: readonly Column[]): string[] =>
  columnLines(columns).map((line) => line.replace(/ NOT NULL$/, ''))

function countsOf([, rows, keys]: readonly (string | null)[]): Counts {
  return { rows: Number(rows), ...(keys === null || keys === undefined ? {} : { keys: Number(keys) }) }
}

const readManifest = async (folder: string): Promise<ComparedManifest> =>
  (await readJson<ComparedManifest>(path.join(folder, 'manifest.json'))) ?? {}
