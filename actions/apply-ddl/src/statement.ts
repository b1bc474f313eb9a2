/**
 * Reads one CREATE TABLE statement into the table it describes; what cannot be compared (external tables,
 * snapshots, clones, copies) is known by its header and made once. It refuses everything else by name. Grammar:
 * https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#create_table_statement
 */
import type { Column } from '../../_shared/dataset.ts'
import { openCursor, type Cursor } from '../../_shared/sql-cursor.ts'
import { readLabels } from '../../_shared/sql-labels.ts'
import { tokenize } from '../../_shared/sql-tokens.ts'
import { readCollation, readColumns, type ColumnList, type Keys } from './columns.ts'
import { readTableOptions, type TableOptions } from './options.ts'
import { readClustering, readPartitioning, type Partitioning } from './partitioning.ts'

export interface DesiredTable extends Partitioning {
  readonly columns: readonly Column[]
  readonly clustering: readonly string[]
  readonly options: TableOptions
  readonly keys: Keys
  readonly defaultCollation?: string
  /** New name → earlier name, from comments. */
  readonly renames: Readonly<Record<string, string>>
  /** What is made once and never compared. */
  readonly once?: 'EXTERNAL' | 'SNAPSHOT' | 'LIKE' | 'COPY' | 'CLONE'
  /** Dotted, as written: tables that must be there before this one, for a copy or for a foreign key. */
  readonly needs: readonly string[]
  /** The statement that makes it: the file's text, which never replaces. */
  readonly statement: string
}
export interface ExpectedName {
  readonly projectId?: string
  readonly datasetId: string
  readonly tableId: string
}

/** @throws ReadingError with the place of what is refused. */
export function readStatement(sql: string, expected: ExpectedName): DesiredTable {
  const cursor = openCursor(sql)
  if (!cursor.accept('CREATE'))
    cursor.refuse(
      `${cursor.next().toUpperCase().slice(0, 40)} is not CREATE TABLE: a file holds the one statement that describes its table`,
    )
  const replaceAt = cursor.at()
  const statement = cursor.accept('OR REPLACE')
    ? // As long as it was: places in the text stay what they are in the file.
      sql.slice(0, replaceAt) + sql.slice(replaceAt, cursor.at()).replace(/\S/g, ' ') + sql.slice(cursor.at())
    : sql
  const special = (['EXTERNAL', 'SNAPSHOT'] as const).find((word) => cursor.accept(`${word} TABLE`))
  if (special === undefined && !cursor.accept('TABLE'))
    cursor.refuse(`CREATE ${cursor.next().toUpperCase().slice(0, 40)} is not supported, only CREATE TABLE`)
  cursor.accept('IF NOT EXISTS')
  checkName(cursor, expected)
  const once = special ?? (['LIKE', 'COPY', 'CLONE'] as const).find((word) => cursor.accept(word))
  if (special === 'SNAPSHOT') cursor.expect('CLONE')
  if (once !== undefined) return { ...madeOnce(cursor, once), once, statement }
  if (cursor.accept('AS'))
    cursor.refuse('CREATE TABLE … AS is not supported: the columns must stand in the file')
  const { columns, places, ...keys } = readColumns(cursor)
  const defaultCollation = cursor.accept('DEFAULT COLLATE') ? readCollation(cursor) : undefined
  const partitioning = cursor.accept('PARTITION BY') ? readPartitioning(cursor, columns) : {}
  const clustering = cursor.accept('CLUSTER BY') ? readClustering(cursor, columns) : []
  if (cursor.accept('WITH CONNECTION')) cursor.refuse('WITH CONNECTION is not supported')
  const options = cursor.accept('OPTIONS') ? readTableOptions(cursor) : {}
  const { timePartitioning, rangePartitioning } = partitioning
  if (options.partitionExpirationMs !== undefined && timePartitioning === undefined)
    cursor.refuse('partition_expiration_days needs PARTITION BY a date or time')
  if (options.isFilterRequired === true && (timePartitioning ?? rangePartitioning) === undefined)
    cursor.refuse('require_partition_filter needs PARTITION BY')
  if (cursor.accept('AS'))
    cursor.refuse('CREATE TABLE … AS query is not supported: a file describes a table, it does not fill it')
  expectEnd(cursor)
  return {
    ...{ columns, ...partitioning, clustering, options, keys, statement },
    needs: keys.foreignKeys.map(({ table }) => table),
    ...(defaultCollation === undefined ? {} : { defaultCollation }),
    renames: readRenames(sql, places, columns),
  }
}

function checkName(cursor: Cursor, { projectId, datasetId, tableId }: ExpectedName): void {
  const found = cursor.path()
  const project = found.length > 2 ? found.slice(0, -2).join('.') : undefined
  const [dataset, table] = found.slice(-2)
  if (dataset !== datasetId || table !== tableId)
    cursor.refuse(`it names ${found.join('.').slice(0, 120)}, its path says ${datasetId}.${tableId}`)
  if (project !== undefined && project !== projectId)
    cursor.refuse(
      `it names the project ${project.slice(0, 60)}, this run is for ${projectId ?? 'another'}; write ${datasetId}.${tableId}, or set project-id`,
    )
}

/** The rest is BigQuery's to read; only marks of this action and its end are looked for. */
function madeOnce(
  cursor: Cursor,
  once: NonNullable<DesiredTable['once']>,
): Omit<DesiredTable, 'once' | 'statement'> {
  const needs = once === 'EXTERNAL' ? [] : [cursor.path().join('.')]
  while (!['', ';'].includes(cursor.next())) {
    if (cursor.accept('LABELS =')) readLabels(cursor)
    else cursor.skip()
  }
  expectEnd(cursor)
  return { columns: [], clustering: [], options: {}, keys: { foreignKeys: [] }, renames: {}, needs }
}

function expectEnd(cursor: Cursor): void {
  while (cursor.accept(';'));
  if (cursor.next() !== '')
    cursor.refuse(`after the statement there is ${cursor.next().slice(0, 40)}: one CREATE TABLE per file`)
}

const RENAMED = /^--\s*renamed from:\s*(?:`([^`\\]{1,300})`|(\w{1,300}))\s*$/i

/** `-- renamed from: old`, behind its column or on the line above it. */
function readRenames(
  sql: string,
  places: ColumnList['places'],
  columns: readonly Column[],
): Readonly<Record<string, string>> {
  const renames: Record<string, string> = {}
  for (const { kind, text, at } of tokenize(sql)) {
    const found = kind === 'space' ? RENAMED.exec(text) : null
    const old = found?.[1] ?? found?.[2]
    if (old === undefined) continue
    const isAlone = sql.slice(sql.lastIndexOf('\n', at - 1) + 1, at).trim() === ''
    const column = isAlone ? places.find((place) => place.at > at) : places.findLast((place) => place.at < at)
    if (column !== undefined && !columns.some(({ name }) => name.toLowerCase() === old.toLowerCase()))
      renames[column.name] = old
  }
  return renames
}
