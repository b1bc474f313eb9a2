/**
 * Counts rows and keys of the models that a pull request built beside those of production. It refuses to read a row,
 * to read more than the limit, and to take text of a manifest for SQL that is no table's or column's name.
 */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import pMap from 'p-map'
import { GoogleApiError } from '../../_shared/errors.ts'
import { queryRows } from '../../_shared/google/bigquery-jobs.ts'
import type { Google } from '../../_shared/google/connect.ts'
import type { JobPlace } from './stop.ts'

export interface Pair {
  readonly id: string
  readonly name: string
  readonly production: string
  readonly here: string
  /** Columns that together are unique, as a test, `unique_key` or a primary key says; none is known often. */
  readonly key: readonly string[]
}
export interface Counts {
  readonly rows: number
  readonly keys?: number
}
export interface Compared {
  readonly name: string
  readonly key: readonly string[]
  readonly production?: Counts
  readonly here?: Counts
  /** Why there are no counts. */
  readonly why?: string
}

interface Node {
  readonly name?: string
  readonly resource_type?: string
  readonly relation_name?: string | null
  readonly config?: { readonly materialized?: string; readonly unique_key?: unknown }
  readonly constraints?: readonly { readonly type?: string; readonly columns?: readonly string[] }[]
  readonly column_name?: string | null
  readonly attached_node?: string | null
  readonly test_metadata?: { readonly name?: string } | null
}
export interface ComparedManifest {
  readonly nodes?: Readonly<Record<string, Node>>
}

const TABLE = /^`[^`\\\r\n]+`\.`[^`\\\r\n]+`\.`[^`\\\r\n]+`$/
const COLUMN = /^[A-Za-z_]\w*$/
const AT_ONCE = 4

/** What was built here and stands in production elsewhere. */
export function pairsOf(
  built: readonly string[],
  here: ComparedManifest,
  production: ComparedManifest,
): Pair[] {
  return [...new Set(built)].flatMap((id) => {
    const [own, other] = [here.nodes?.[id], production.nodes?.[id]]
    const [ownTable, otherTable] = [own?.relation_name ?? '', other?.relation_name ?? '']
    if (own?.resource_type !== 'model' || !TABLE.test(ownTable) || !TABLE.test(otherTable)) return []
    if (ownTable === otherTable) return []
    return [{ id, name: own.name ?? id, production: otherTable, here: ownTable, key: keyOf(id, own, here) }]
  })
}

function keyOf(id: string, node: Node, manifest: ComparedManifest): string[] {
  const primary = node.constraints?.find(({ type }) => type === 'primary_key')?.columns
  const unique = Object.values(manifest.nodes ?? {}).find(
    (test) => test.attached_node === id && test.test_metadata?.name === 'unique' && test.column_name,
  )?.column_name
  const given = primary ?? node.config?.unique_key ?? unique ?? []
  const columns = (Array.isArray(given) ? given : [given]) as unknown[]
  // A key may be an expression; only a column's name goes into a query.
  return columns.every((column): column is string => typeof column === 'string' && COLUMN.test(column))
    ? columns
    : []
}

/** One query: production's counts, then those of here. */
export function comparisonSql({ production, here, key }: Pair): string {
  const [first, ...more] = key.map((column) => `\`${column}\``)
  const keys =
    first === undefined
      ? 'NULL'
      : `COUNT(DISTINCT ${more.length === 0 ? first : `TO_JSON_STRING(STRUCT(${key.map((column) => `\`${column}\``).join(', ')}))`})`
  const side = (place: number, table: string): string =>
    `SELECT ${place} AS side, COUNT(*) AS row_count, ${keys} AS key_count FROM ${table}`
  return `${side(0, production)} UNION ALL ${side(1, here)} ORDER BY side`
}

export async function compareModels(
  built: readonly string[],
  folders: { readonly here: string; readonly production: string },
  limitBytes: number,
  place: JobPlace,
  google: Google,
): Promise<Compared[]> {
  const [here, production] = await Promise.all([readManifest(folders.here), readManifest(folders.production)])
  return pMap(
    pairsOf(built, here, production),
    async (pair): Promise<Compared> => {
      const { name, key } = pair
      try {
        const rows = await queryRows(google, place.projectId, place.location, comparisonSql(pair), {
          maximumBytesBilled: limitBytes,
          resource: `the counts of ${name}`,
        })
        const [before, now] = rows.map(countsOf)
        if (before === undefined || now === undefined) return { name, key, why: 'BigQuery gave no counts' }
        return { name, key, production: before, here: now }
      } catch (error) {
        if (!(error instanceof GoogleApiError)) throw error
        // What cannot be compared fails nobody's pull request; it is said.
        return { name, key, why: error.message.split('\n')[0] ?? '' }
      }
    },
    { concurrency: AT_ONCE },
  )
}

function countsOf(row: readonly (string | null)[]): Counts {
  const [, rows, keys] = row
  return { rows: Number(rows), ...(keys === null || keys === undefined ? {} : { keys: Number(keys) }) }
}

async function readManifest(folder: string): Promise<ComparedManifest> {
  const text = await readFile(path.join(folder, 'manifest.json'), 'utf8').catch(() => '{}')
  return JSON.parse(text) as ComparedManifest
}
