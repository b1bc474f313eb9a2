/**
 * Reads one CREATE TABLE statement into the table it describes: the strict subset of GoogleSQL that BigQuery
 * shows back unchanged. It refuses everything else by name. Grammar:
 * https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-definition-language#create_table_statement
 */
import type { Column, TimePartitioning } from '../../_shared/dataset.ts'
import { openCursor, type Cursor } from '../../_shared/sql-cursor.ts'

export interface DesiredTable {
  readonly columns: readonly Column[]
  /** Without its expiration. */
  readonly timePartitioning?: Pick<TimePartitioning, 'type' | 'field'>
  readonly clustering: readonly string[]
  readonly options: TableOptions
}
/** What the statement names; what it does not name is nobody's wish. */
export interface TableOptions {
  readonly description?: string
  readonly friendlyName?: string
  readonly labels?: Readonly<Record<string, string>>
  readonly isFilterRequired?: boolean
  readonly partitionExpirationMs?: string
}

/** As DDL spells them → as the API does. Parameterised types, RANGE and INTERVAL are not here. */
const TYPES: Readonly<Record<string, string>> = {
  INT64: 'INTEGER',
  INT: 'INTEGER',
  INTEGER: 'INTEGER',
  BIGINT: 'INTEGER',
  SMALLINT: 'INTEGER',
  TINYINT: 'INTEGER',
  BYTEINT: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  BOOLEAN: 'BOOLEAN',
  NUMERIC: 'NUMERIC',
  DECIMAL: 'NUMERIC',
  BIGNUMERIC: 'BIGNUMERIC',
  BIGDECIMAL: 'BIGNUMERIC',
  STRING: 'STRING',
  BYTES: 'BYTES',
  DATE: 'DATE',
  DATETIME: 'DATETIME',
  TIME: 'TIME',
  TIMESTAMP: 'TIMESTAMP',
  JSON: 'JSON',
  GEOGRAPHY: 'GEOGRAPHY',
}
const PARTS = ['HOUR', 'DAY', 'MONTH', 'YEAR']
const DAY_MS = 86_400_000

/** @throws ReadingError with the place of what is refused. */
export function readStatement(
  sql: string,
  expected: { readonly datasetId: string; readonly tableId: string },
): DesiredTable {
  const cursor = openCursor(sql)
  if (!cursor.accept('CREATE'))
    cursor.refuse(
      `${cursor.next().toUpperCase().slice(0, 40)} is not CREATE TABLE: a file holds the one statement that describes its table`,
    )
  if (cursor.accept('OR REPLACE'))
    cursor.refuse('CREATE OR REPLACE throws away the rows of the table; write CREATE TABLE')
  if (!cursor.accept('TABLE'))
    cursor.refuse(`CREATE ${cursor.next().toUpperCase().slice(0, 40)} is not supported, only CREATE TABLE`)
  cursor.accept('IF NOT EXISTS')
  const path = cursor.path()
  if (path.join('.') !== `${expected.datasetId}.${expected.tableId}`) {
    cursor.refuse(
      `it names ${path.join('.').slice(0, 120)}, its path says ${expected.datasetId}.${expected.tableId} (without a project: that is the input project-id)`,
    )
  }
  for (const word of ['LIKE', 'COPY', 'CLONE', 'AS'])
    if (cursor.accept(word))
      cursor.refuse(`CREATE TABLE … ${word} is not supported: the columns must stand in the file`)
  const columns = readColumns(cursor)
  for (const words of ['DEFAULT COLLATE', 'WITH CONNECTION'])
    if (cursor.accept(words)) cursor.refuse(`${words} is not supported`)
  const timePartitioning = cursor.accept('PARTITION BY') ? readPartitioning(cursor, columns) : undefined
  const clustering = cursor.accept('CLUSTER BY')
    ? list(cursor, () => columnOf(cursor, columns, cursor.name()).name)
    : []
  if (clustering.length > 4) cursor.refuse('BigQuery clusters by at most four columns')
  const options = cursor.accept('OPTIONS') ? readTableOptions(cursor) : {}
  if (options.partitionExpirationMs !== undefined && timePartitioning === undefined)
    cursor.refuse('partition_expiration_days needs PARTITION BY')
  if (options.isFilterRequired === true && timePartitioning === undefined)
    cursor.refuse('require_partition_filter needs PARTITION BY')
  if (cursor.accept('AS'))
    cursor.refuse('CREATE TABLE … AS query is not supported: a file describes a table, it does not fill it')
  cursor.accept(';')
  if (cursor.next() !== '')
    cursor.refuse(`after the statement there is ${cursor.next().slice(0, 40)}: one CREATE TABLE per file`)
  return { columns, timePartitioning, clustering, options }
}

function list<T>(cursor: Cursor, read: () => T): T[] {
  const items = [read()]
  while (cursor.accept(',')) items.push(read())
  return items
}

function readColumns(cursor: Cursor): Column[] {
  cursor.expect('(')
  const columns: Column[] = []
  do {
    if (cursor.next() === ')') break
    for (const words of ['PRIMARY KEY', 'FOREIGN KEY', 'CONSTRAINT'])
      if (cursor.accept(words)) cursor.refuse(`${words} is not supported`)
    const name = cursor.name()
    if (columns.some((column) => column.name.toLowerCase() === name.toLowerCase()))
      cursor.refuse(`the column ${name} stands there twice`)
    const type = readType(cursor)
    const isRequired = cursor.accept('NOT NULL')
    for (const word of ['DEFAULT', 'COLLATE', 'PRIMARY', 'REFERENCES', 'GENERATED', 'NOT'])
      if (cursor.accept(word)) cursor.refuse(`${word} at a column is not supported`)
    if (isRequired && type.mode === 'REPEATED') cursor.refuse(`an ARRAY cannot be NOT NULL (column ${name})`)
    const description = cursor.accept('OPTIONS') ? readColumnOptions(cursor) : undefined
    columns.push({
      name,
      ...type,
      mode: isRequired ? 'REQUIRED' : type.mode,
      ...(description === undefined ? {} : { description }),
    })
  } while (cursor.accept(','))
  cursor.expect(')')
  if (columns.length === 0) cursor.refuse('a table needs columns')
  return columns
}

function readType(cursor: Cursor): { type: string; mode: string; fields?: Column[] } {
  if (cursor.accept('ARRAY')) {
    cursor.expect('<')
    const element = readType(cursor)
    cursor.expect('>')
    if (element.mode === 'REPEATED') cursor.refuse('BigQuery has no ARRAY of ARRAY')
    return { ...element, mode: 'REPEATED' }
  }
  if (cursor.accept('STRUCT')) {
    cursor.expect('<')
    const fields = list(cursor, (): Column => ({ name: cursor.name(), ...readType(cursor) }))
    for (const word of ['NOT', 'OPTIONS', 'DEFAULT'])
      if (cursor.accept(word)) cursor.refuse(`${word} inside a STRUCT is not supported`)
    cursor.expect('>')
    return { type: 'RECORD', mode: 'NULLABLE', fields }
  }
  const name = cursor.next().toUpperCase()
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
  if (type === undefined) return cursor.refuse(`the type ${name.slice(0, 40)} is not supported`)
  cursor.accept(name)
  if (cursor.next() === '(') cursor.refuse(`a parameterised type (${name}(…)) is not supported`)
  return { type, mode: 'NULLABLE' }
}

function columnOf(cursor: Cursor, columns: readonly Column[], name: string): Column {
  return (
    columns.find((column) => column.name.toLowerCase() === name.toLowerCase()) ??
    cursor.refuse(`there is no column ${name}`)
  )
}

function readPartitioning(
  cursor: Cursor,
  columns: readonly Column[],
): Pick<TimePartitioning, 'type' | 'field'> {
  const call = ['DATE', 'DATE_TRUNC', 'DATETIME_TRUNC', 'TIMESTAMP_TRUNC'].find((name) =>
    cursor.accept(`${name} (`),
  )
  const field = columnOf(cursor, columns, cursor.name())
  if (call === undefined && field.type !== 'DATE')
    cursor.refuse(
      `PARTITION BY ${field.name} needs a DATE column; other types are supported as DATE(…), TIMESTAMP_TRUNC(…) or DATETIME_TRUNC(…)`,
    )
  let type = 'DAY'
  if (call !== undefined && call !== 'DATE') {
    cursor.expect(',')
    type =
      PARTS.find((part) => cursor.accept(part)) ??
      cursor.refuse(`expected ${PARTS.join(', ')}, found ${cursor.next().slice(0, 40)}`)
  }
  if (call !== undefined) cursor.expect(')')
  return { type, field: field.name }
}

/** name = value pairs in parentheses; each name once. */
function readOptions<T>(cursor: Cursor, read: (name: string) => T): Map<string, T> {
  cursor.expect('(')
  const options = new Map<string, T>()
  do {
    if (cursor.next() === ')') break
    const name = cursor.name().toLowerCase()
    if (options.has(name)) cursor.refuse(`the option ${name} stands there twice`)
    cursor.expect('=')
    options.set(name, read(name))
  } while (cursor.accept(','))
  cursor.expect(')')
  return options
}

function readColumnOptions(cursor: Cursor): string | undefined {
  return readOptions(cursor, (name) =>
    name === 'description' ? cursor.text() : cursor.refuse(`the column option ${name} is not supported`),
  ).get('description')
}

function readTableOptions(cursor: Cursor): TableOptions {
  const parts = readOptions(cursor, (name): TableOptions => {
    switch (name) {
      case 'description':
        return { description: cursor.text() }
      case 'friendly_name':
        return { friendlyName: cursor.text() }
      case 'labels':
        return { labels: readLabels(cursor) }
      case 'require_partition_filter':
        return {
          isFilterRequired:
            cursor.accept('TRUE') ||
            (cursor.accept('FALSE') ? false : cursor.refuse('require_partition_filter is TRUE or FALSE')),
        }
      case 'partition_expiration_days':
        return { partitionExpirationMs: String(Math.round(cursor.number() * DAY_MS)) }
      case 'expiration_timestamp':
        return cursor.refuse(
          'expiration_timestamp is not supported: a table that deletes itself is no state to keep',
        )
      default:
        return cursor.refuse(`the table option ${name} is not supported`)
    }
  })
  return Object.assign({}, ...parts.values()) as TableOptions
}

function readLabels(cursor: Cursor): Record<string, string> {
  cursor.expect('[')
  const pairs = list(cursor, (): [string, string] => {
    cursor.expect('(')
    const key = cursor.text()
    cursor.expect(',')
    const value = cursor.text()
    cursor.expect(')')
    return [key, value]
  })
  cursor.expect(']')
  const [bad] =
    pairs.find(
      ([key, value]) =>
        !/^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}$/u.test(key) ||
        !/^[\p{Ll}\p{Lo}\p{N}_-]{0,63}$/u.test(value),
    ) ?? []
  if (bad !== undefined)
    cursor.refuse(
      `the label ${JSON.stringify(bad.slice(0, 63))} is none that BigQuery takes: lower-case letters, digits, "_" and "-", at most 63`,
    )
  return Object.fromEntries(pairs)
}
