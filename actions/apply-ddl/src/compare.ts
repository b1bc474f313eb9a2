/**
 * Compares a table as it is with the one its file describes; it refuses nothing and says what each difference
 * would cost.
 */
import type { Column, ExistingTable } from '../../_shared/dataset.ts'
import { partitioningOf, typeOf } from './shape.ts'
import type { DesiredTable } from './statement.ts'

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
  /** What lets BigQuery delete data from now on. */
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
}

/** https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#alter_column_set_data_type_statement */
const WIDER: Readonly<Record<string, readonly string[]>> = {
  INT64: ['NUMERIC', 'BIGNUMERIC', 'FLOAT64'],
  NUMERIC: ['BIGNUMERIC', 'FLOAT64'],
  BIGNUMERIC: ['FLOAT64'],
}

export function compareTable(existing: ExistingTable, desired: DesiredTable): Difference {
  const notes: Notes = { reasons: [], losses: [], beside: [], deletions: [], breaks: [] }
  const patch: Record<string, unknown> = {}
  const fields = mergeColumns(existing.columns, desired.columns, '', notes)
  if (fields.isChanged) patch.schema = { fields: fields.columns }
  comparePartitioning(existing, desired, notes, patch)
  if (existing.clustering.join().toLowerCase() !== desired.clustering.join().toLowerCase()) {
    notes.reasons.push(
      `clusters by ${desired.clustering.join(', ') || 'nothing'} instead of ${existing.clustering.join(', ') || 'nothing'} (rows written before stay as they lie)`,
    )
    patch.clustering = desired.clustering.length === 0 ? null : { fields: desired.clustering }
  }
  compareOptions(existing, desired, notes, patch)
  return { ...notes, patch }
}

/**
 * Existing columns in their order, with members this action does not know, then the new ones: the only schema
 * that BigQuery takes.
 */
function mergeColumns(
  existing: readonly Column[],
  desired: readonly Column[],
  parent: string,
  notes: Notes,
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
  const added = [...wanted.values()]
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
  notes: Notes,
): Column {
  const [was, is] = [typeOf(column), typeOf(want)]
  if (was !== is) {
    const way = WIDER[was]?.includes(is)
      ? ` (ALTER TABLE … ALTER COLUMN ${name} SET DATA TYPE ${is} does it in place, by hand)`
      : ''
    notes.losses.push(`changes column ${name} from ${was} to ${is}${way}`)
    return column
  }
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

function mergeMembers(column: Column, want: Column, name: string, notes: Notes): Column {
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
  if (before === undefined || Number(after) < Number(before)) notes.deletions.push(words)
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
