/**
 * Compares a table as it is with the one its file describes; it refuses nothing and says what each difference
 * would cost.
 */
import { typeOf } from '../../_shared/columns.ts'
import type { Column, ExistingTable } from '../../_shared/dataset.ts'
import { tokenize } from '../../_shared/sql-tokens.ts'
import { compareKeys } from './compare-keys.ts'
import { partitioningOf } from './shape.ts'
import type { DesiredTable } from './statement.ts'
import { isWider } from './widening.ts'

/** The members of the table resource that change, as `tables.patch` takes them. */
export type TablePatch = Readonly<Record<string, unknown>>

export interface Difference {
  /** What changes in place, in words. */
  readonly reasons: readonly string[]
  readonly patch: TablePatch
  /** What would lose or rewrite data. */
  readonly losses: readonly string[]
  /** Columns of the table that the file does not name; nothing drops them. */
  readonly beside: readonly string[]
  /** What only ALTER TABLE can do, each without its first words; done before the patch. */
  readonly alters: readonly string[]
  /** What lets BigQuery delete or round data. */
  readonly deletions: readonly string[]
  /** What makes queries fail that work today. */
  readonly breaks: readonly string[]
}
interface Notes {
  readonly reasons: string[]
  readonly losses: string[]
  readonly beside: string[]
  readonly deletions: string[]
  readonly breaks: string[]
  readonly alters: string[]
}
interface Merging extends Notes {
  readonly existing: ExistingTable
  readonly desired: DesiredTable
  readonly areDefaultsKnown: boolean
}

/**
 * @param areDefaultsKnown whether this very file made the table: then a default that BigQuery spells differently
 * is no difference.
 */
export function compareTable(
  existing: ExistingTable,
  desired: DesiredTable,
  { areDefaultsKnown = false } = {},
): Difference {
  const notes: Notes = { reasons: [], losses: [], beside: [], deletions: [], breaks: [], alters: [] }
  const patch: Record<string, unknown> = {}
  const columns = rename(existing, desired, notes)
  const fields = mergeColumns(columns, desired.columns, '', { ...notes, existing, desired, areDefaultsKnown })
  if (fields.isChanged) patch.schema = { fields: fields.columns }
  comparePartitioning(existing, desired, notes, patch)
  if (existing.clustering.join().toLowerCase() !== desired.clustering.join().toLowerCase()) {
    notes.reasons.push(
      `clusters by ${desired.clustering.join(', ') || 'nothing'} instead of ${existing.clustering.join(', ') || 'nothing'} (rows written before stay as they lie)`,
    )
    patch.clustering = desired.clustering.length === 0 ? null : { fields: desired.clustering }
  }
  compareOptions(existing, desired, notes, patch)
  const keys = compareKeys(existing, desired.keys)
  notes.reasons.push(...keys.reasons)
  notes.alters.push(...keys.alters)
  if (
    desired.defaultCollation !== undefined &&
    desired.defaultCollation !== (existing.defaultCollation ?? '')
  ) {
    notes.reasons.push(`collates new columns as ${desired.defaultCollation || 'nothing'}`)
    notes.alters.push(`SET DEFAULT COLLATE '${desired.defaultCollation}'`)
  }
  return { ...notes, patch }
}

/** https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#alter_table_rename_column_statement */
function rename(existing: ExistingTable, desired: DesiredTable, notes: Notes): readonly Column[] {
  const has = (name: string) => existing.columns.some((column) => isName(column.name, name))
  const earlier = Object.entries(desired.renames).filter(([name, old]) => has(old) && !has(name))
  for (const [name, old] of earlier) {
    const bound = boundTo(existing, old)
    if (bound === undefined) {
      notes.reasons.push(`renames column ${old} to ${name}`)
      notes.breaks.push(`renames column ${old} to ${name}`)
      notes.alters.push(`RENAME COLUMN \`${old}\` TO \`${name}\``)
    } else notes.losses.push(`renames column ${old}, which ${bound}`)
  }
  return existing.columns.map((column) => {
    const name = earlier.find(([, old]) => isName(old, column.name))?.[0]
    return name === undefined ? column : { ...column, name }
  })
}

const isName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

/** What of the table rests on a column, so that BigQuery neither renames nor widens it. */
function boundTo(existing: ExistingTable, name: string): string | undefined {
  if (isName(existing.timePartitioning?.field ?? existing.rangePartitioning?.field ?? '', name))
    return 'partitions the table'
  if (existing.clustering.some((column) => isName(column, name))) return 'clusters the table'
  const { primaryKey, foreignKeys } = existing.constraints ?? {}
  const keys = [
    ...(primaryKey?.columns ?? []),
    ...(foreignKeys ?? []).flatMap(({ columnReferences }) =>
      (columnReferences ?? []).map(({ referencingColumn }) => referencingColumn),
    ),
  ]
  return keys.some((column) => isName(column, name)) ? 'is part of a key' : undefined
}

/**
 * Existing columns in their order, with members this action does not know, then the new ones: the only schema
 * that BigQuery takes.
 */
function mergeColumns(
  existing: readonly Column[],
  desired: readonly Column[],
  parent: string,
  notes: Merging,
): { columns: Column[]; isChanged: boolean } {
  let isChanged = false
  const wanted = new Map(desired.map((column) => [column.name.toLowerCase(), column]))
  const kept = existing.map((column): Column => {
    const name = `${parent}${column.name}`
    const want = wanted.get(column.name.toLowerCase())
    wanted.delete(column.name.toLowerCase())
    if (want === undefined) {
      notes.beside.push(name)
      return column
    }
    const merged = mergeColumn(column, want, { name, isNested: parent !== '' }, notes)
    if (merged !== column) isChanged = true
    return merged
  })
  // BigQuery adds a column without a default, and takes the default for later rows.
  const added = [...wanted.values()].map(({ defaultValueExpression: _later, ...column }): Column => column)
  for (const column of wanted.values())
    if (column.defaultValueExpression !== undefined) notes.alters.push(setDefault(column))
  for (const column of added) {
    if (column.mode === 'REQUIRED')
      notes.losses.push(
        `adds column ${parent}${column.name} as NOT NULL (BigQuery adds nullable columns only)`,
      )
    else notes.reasons.push(`adds column ${parent}${column.name}`)
  }
  return { columns: [...kept, ...added], isChanged: isChanged || added.length > 0 }
}

function mergeColumn(
  column: Column,
  want: Column,
  { name, isNested }: { name: string; isNested: boolean },
  notes: Merging,
): Column {
  const [was, is] = [typeOf(column), typeOf(want)]
  if (was !== is) {
    const bound = isNested ? undefined : boundTo(notes.existing, name)
    if (isNested || bound !== undefined || !isWider(column, want)) {
      const why = bound === undefined || !isWider(column, want) ? '' : ` (it ${bound})`
      notes.losses.push(`changes column ${name} from ${was} to ${is}${why}`)
      return column
    }
    const words = `widens column ${name} from ${was} to ${is}`
    notes.reasons.push(words)
    if (is === 'FLOAT64') notes.deletions.push(`${words}; digits beyond the fifteenth are rounded`)
    notes.alters.push(`ALTER COLUMN \`${want.name}\` SET DATA TYPE ${is}`)
  }
  compareDefault(column, want, name, notes)
  if (want.collation !== undefined && want.collation !== (column.collation ?? ''))
    notes.losses.push(`collates column ${name} as ${want.collation || 'nothing'}`)
  let merged = column
  const [mode, wantedMode] = [column.mode ?? 'NULLABLE', want.mode ?? 'NULLABLE']
  if (mode === 'REQUIRED' && wantedMode === 'NULLABLE') {
    // Inside a STRUCT most files say nothing about NULL, and BigQuery never tightens again: it stays.
    if (isNested) return mergeMembers(column, want, name, notes)
    notes.reasons.push(`lets column ${name} be NULL`)
    merged = { ...merged, mode: 'NULLABLE' }
  } else if (mode !== wantedMode) {
    notes.losses.push(
      `makes column ${name} ${wantedMode === 'REQUIRED' ? 'NOT NULL' : wantedMode} instead of ${mode}`,
    )
  }
  return mergeMembers(merged, want, name, notes)
}

const setDefault = ({ name, defaultValueExpression }: Column): string =>
  `ALTER COLUMN \`${name}\` SET DEFAULT ${String(defaultValueExpression)}`

function compareDefault(column: Column, want: Column, name: string, notes: Merging): void {
  const [was, is] = [column.defaultValueExpression, want.defaultValueExpression]
  if (is === undefined || (was !== undefined && notes.areDefaultsKnown)) return
  if (was !== undefined && spelling(was) === spelling(is)) return
  notes.reasons.push(`sets the default of column ${name}`)
  notes.alters.push(setDefault(want))
}

/** Without what a reader of SQL does not see: spaces, comments, brackets around it, case of words. */
const spelling = (expression: unknown): string => {
  const tokens = tokenize(String(expression)).filter(({ kind }) => kind !== 'space')
  const text = tokens.map(({ kind, text }) => (kind === 'word' ? text.toUpperCase() : text)).join(' ')
  return text.replace(/^\( (.*) \)$/, '$1')
}

function mergeMembers(column: Column, want: Column, name: string, notes: Merging): Column {
  let merged = column
  if (want.description !== undefined && want.description !== (column.description ?? '')) {
    notes.reasons.push(`describes column ${name}`)
    merged = { ...merged, description: want.description }
  }
  if (column.fields !== undefined && want.fields !== undefined) {
    const inner = mergeColumns(column.fields, want.fields, `${name}.`, notes)
    if (inner.isChanged) merged = { ...merged, fields: inner.columns }
  }
  return merged
}

function comparePartitioning(
  existing: ExistingTable,
  desired: DesiredTable,
  notes: Notes,
  patch: Record<string, unknown>,
): void {
  const [was, is] = [partitioningOf(existing), partitioningOf(desired)]
  if (was !== is) {
    notes.losses.push(`partitions by ${is} instead of ${was}`)
    return
  }
  const [before, after] = [existing.timePartitioning?.expirationMs, desired.options.partitionExpirationMs]
  if (after === undefined || after === before) return
  const days = (ms: string | undefined): string =>
    ms === undefined ? 'never' : `after ${Number(ms) / 86_400_000} days`
  const words = `partitions expire ${days(after)} instead of ${days(before)}`
  if (before === undefined || Number(after) < Number(before))
    notes.deletions.push(`${words}; BigQuery then deletes older rows by itself`)
  notes.reasons.push(words)
  patch.timePartitioning = { ...existing.timePartitioning, expirationMs: after }
}

function compareOptions(
  existing: ExistingTable,
  { options }: DesiredTable,
  notes: Notes,
  patch: Record<string, unknown>,
): void {
  for (const name of ['description', 'friendlyName'] as const) {
    if (options[name] === undefined || options[name] === (existing[name] ?? '')) continue
    notes.reasons.push(`${name === 'description' ? 'description' : 'friendly name'} changed`)
    patch[name] = options[name]
  }
  const labels = Object.entries(options.labels ?? {}).filter(([key, value]) => existing.labels[key] !== value)
  if (labels.length > 0) {
    notes.reasons.push(`sets label ${labels.map(([key]) => key).join(', ')}`)
    patch.labels = Object.fromEntries(labels)
  }
  if (options.isFilterRequired !== undefined && options.isFilterRequired !== existing.isFilterRequired) {
    const words = options.isFilterRequired
      ? 'queries must filter by the partition'
      : 'queries need not filter by the partition any more'
    if (options.isFilterRequired) notes.breaks.push(words)
    notes.reasons.push(words)
    patch.requirePartitionFilter = options.isFilterRequired
  }
}
