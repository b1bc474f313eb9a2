/**
 * Reads the column list of a CREATE TABLE: types with their parameters, NOT NULL, DEFAULT, COLLATE, keys and
 * descriptions, at any depth. It refuses what BigQuery would refuse when the table is made.
 */
import type { Column } from '../../_shared/dataset.ts'
import type { Cursor } from '../../_shared/sql-cursor.ts'
import { readColumnOptions } from './options.ts'

export interface ForeignKey {
  readonly name?: string
  /** Dotted, as the file writes it. */
  readonly table: string
  readonly columns: readonly string[]
  readonly referenced: readonly string[]
}
export interface Keys {
  readonly primaryKey?: readonly string[]
  readonly foreignKeys: readonly ForeignKey[]
}
export interface ColumnList extends Keys {
  readonly columns: readonly Column[]
  /** Characters before each column, for comments that belong to one. */
  readonly places: readonly { readonly name: string; readonly at: number }[]
}

/** As DDL spells them → as the API does. RANGE and INTERVAL are not here. */
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
/** https://docs.cloud.google.com/bigquery/docs/reference/standard-sql/data-types#parameterized_decimal_type */
const DECIMALS: Readonly<Record<string, { whole: number; scale: number }>> = {
  NUMERIC: { whole: 29, scale: 9 },
  BIGNUMERIC: { whole: 38, scale: 38 },
}
/** https://docs.cloud.google.com/bigquery/docs/nested-repeated#limitations */
const DEPTH = 15
const KEY_TYPES = ['BIGNUMERIC', 'BOOLEAN', 'DATE', 'DATETIME', 'INTEGER', 'NUMERIC', 'STRING', 'TIMESTAMP']

export function list<T>(cursor: Cursor, read: () => T): T[] {
  const items = [read()]
  while (cursor.accept(',')) items.push(read())
  return items
}

const names = (cursor: Cursor): string[] => {
  cursor.expect('(')
  const found = list(cursor, () => cursor.name())
  cursor.expect(')')
  return found
}

export function readColumns(cursor: Cursor): ColumnList {
  cursor.expect('(')
  const columns: Column[] = []
  const places: { name: string; at: number }[] = []
  const keys: { primaryKey?: string[]; foreignKeys: ForeignKey[] } = { foreignKeys: [] }
  const setPrimary = (columnNames: string[]): void => {
    if (keys.primaryKey !== undefined) cursor.refuse('a table has one PRIMARY KEY')
    keys.primaryKey = columnNames
  }
  do {
    if (cursor.next() === ')') break
    if (cursor.accept('PRIMARY KEY')) {
      setPrimary(names(cursor))
      cursor.expect('NOT ENFORCED')
      continue
    }
    const constraint = cursor.accept('CONSTRAINT') ? cursor.name() : undefined
    if (constraint !== undefined) cursor.accept('IF NOT EXISTS')
    if (cursor.accept('FOREIGN KEY')) {
      const own = names(cursor)
      cursor.expect('REFERENCES')
      keys.foreignKeys.push(readReference(cursor, own, constraint))
      continue
    }
    if (constraint !== undefined) cursor.refuse('a CONSTRAINT here is a FOREIGN KEY')
    places.push({ name: cursor.next().replaceAll('`', ''), at: cursor.at() })
    const column = readField(cursor, columns, 1)
    const readKey = (): boolean => {
      if (cursor.accept('PRIMARY KEY')) {
        cursor.expect('NOT ENFORCED')
        setPrimary([column.name])
        return true
      }
      const named = cursor.accept('CONSTRAINT') ? cursor.name() : undefined
      if (named !== undefined) cursor.expect('REFERENCES')
      else if (!cursor.accept('REFERENCES')) return false
      keys.foreignKeys.push(readReference(cursor, [column.name], named))
      return true
    }
    columns.push(readAttributes(cursor, column, readKey))
  } while (cursor.accept(','))
  cursor.expect(')')
  if (columns.length === 0) cursor.refuse('a table needs columns')
  checkKeys(cursor, columns, keys)
  return { columns, places, ...keys }
}

function readReference(cursor: Cursor, columns: string[], name: string | undefined): ForeignKey {
  const table = cursor.path().join('.')
  const referenced = names(cursor)
  cursor.expect('NOT ENFORCED')
  if (referenced.length !== columns.length)
    cursor.refuse(`the foreign key has ${columns.length} columns and refers to ${referenced.length}`)
  return { ...(name === undefined ? {} : { name }), table, columns, referenced }
}

function checkKeys(cursor: Cursor, columns: readonly Column[], { primaryKey, foreignKeys }: Keys): void {
  if ((primaryKey?.length ?? 0) > 16) cursor.refuse('a PRIMARY KEY has at most 16 columns')
  for (const name of [...(primaryKey ?? []), ...foreignKeys.flatMap((key) => key.columns)]) {
    const { type, mode } = columnOf(cursor, columns, name)
    if (mode === 'REPEATED' || !KEY_TYPES.includes(type))
      cursor.refuse(`a key cannot hold ${name}, which is ${mode === 'REPEATED' ? 'an ARRAY' : type}`)
  }
}

/** Name and type; what follows them is read by `readAttributes`. */
function readField(cursor: Cursor, siblings: readonly Column[], depth: number): Column {
  const name = cursor.name()
  if (siblings.some((column) => column.name.toLowerCase() === name.toLowerCase()))
    cursor.refuse(`the column ${name} stands there twice`)
  return { name, ...readType(cursor, depth) }
}

/** COLLATE, keys, DEFAULT, NOT NULL and OPTIONS, in any order; a field inside a STRUCT has no key and no default. */
function readAttributes(cursor: Cursor, column: Column, readKey?: () => boolean): Column {
  let read = column
  for (;;) {
    if (readKey?.() === true) continue
    if (cursor.accept('NOT NULL')) {
      if (column.mode === 'REPEATED') cursor.refuse(`an ARRAY cannot be NOT NULL (column ${column.name})`)
      read = { ...read, mode: 'REQUIRED' }
    } else if (cursor.accept('COLLATE')) {
      if (column.type !== 'STRING') cursor.refuse(`COLLATE is for STRING (column ${column.name})`)
      read = { ...read, collation: readCollation(cursor) }
    } else if (cursor.accept('DEFAULT')) {
      if (readKey === undefined) cursor.refuse('DEFAULT inside a STRUCT is not supported: BigQuery has none')
      read = { ...read, defaultValueExpression: readExpression(cursor) }
    } else if (cursor.accept('OPTIONS')) {
      const description = readColumnOptions(cursor)
      if (description !== undefined) read = { ...read, description }
    } else break
  }
  for (const word of ['GENERATED', 'NOT', 'PRIMARY', 'REFERENCES'])
    if (cursor.accept(word)) cursor.refuse(`${word} at a column is not supported here`)
  return read
}

export function readCollation(cursor: Cursor): string {
  const collation = cursor.text()
  return ['', 'und:ci'].includes(collation)
    ? collation
    : cursor.refuse(`the collation ${JSON.stringify(collation.slice(0, 40))} is none that BigQuery has`)
}

const AFTER_DEFAULT = ['OPTIONS', 'NOT', 'COLLATE', 'PRIMARY', 'REFERENCES', 'CONSTRAINT']

/** Of an expression, where NOT is no constraint: `DEFAULT NOT TRUE`, `x IS NOT NULL`, `x NOT IN (…)`. */
const isOperator = (cursor: Cursor, last: string): boolean =>
  cursor.next().toUpperCase() === 'NOT' &&
  (['', 'IS', 'NOT', 'AND', 'OR'].includes(last) || cursor.next(1).toUpperCase() !== 'NULL')

/** The text of a default, to the comma, bracket or word that ends it. */
function readExpression(cursor: Cursor): string {
  const start = cursor.at()
  let end = start
  let depth = 0
  let last = ''
  while (cursor.next() !== '') {
    const word = cursor.next().toUpperCase()
    if (depth === 0 && [',', ')'].includes(word)) break
    if (depth === 0 && AFTER_DEFAULT.includes(word) && !isOperator(cursor, last)) break
    if (['(', '['].includes(word)) depth += 1
    if ([')', ']'].includes(word)) depth -= 1
    end = cursor.at() + cursor.next().length
    last = word
    cursor.skip()
  }
  if (end === start) cursor.refuse('DEFAULT needs a value')
  return cursor.slice(start, end)
}

function readType(cursor: Cursor, depth: number): Omit<Column, 'name'> & { type: string; mode: string } {
  if (cursor.accept('ARRAY')) {
    cursor.expect('<')
    const element = readType(cursor, depth)
    if (cursor.accept('NOT NULL')) cursor.refuse('the elements of an ARRAY cannot be NOT NULL')
    cursor.expect('>')
    if (element.mode === 'REPEATED') cursor.refuse('BigQuery has no ARRAY of ARRAY')
    return { ...element, mode: 'REPEATED' }
  }
  if (cursor.accept('STRUCT')) {
    if (depth > DEPTH) cursor.refuse(`BigQuery nests at most ${DEPTH} levels`)
    cursor.expect('<')
    const fields: Column[] = []
    do {
      const field = readField(cursor, fields, depth + 1)
      fields.push(readAttributes(cursor, field))
    } while (cursor.accept(','))
    cursor.expect('>')
    return { type: 'RECORD', mode: 'NULLABLE', fields }
  }
  const name = cursor.next().toUpperCase()
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined
  if (type === undefined) return cursor.refuse(`the type ${name.slice(0, 40)} is not supported`)
  cursor.accept(name)
  return { type, mode: 'NULLABLE', ...readParameters(cursor, type) }
}

function readParameters(
  cursor: Cursor,
  type: string,
): Partial<Record<'maxLength' | 'precision' | 'scale', string>> {
  if (!cursor.accept('(')) return {}
  const [first = 0, second, ...more] = list(cursor, () => cursor.number())
  const decimal = Object.hasOwn(DECIMALS, type) ? DECIMALS[type] : undefined
  const isWhole = [first, second ?? 0].every(Number.isInteger) && more.length === 0 && first > 0
  if (decimal !== undefined) {
    const scale = second ?? 0
    if (!isWhole || scale > decimal.scale || first < Math.max(1, scale) || first > scale + decimal.whole)
      cursor.refuse(`${type} cannot have these parameters`)
    cursor.expect(')')
    return { precision: String(first), ...(second === undefined ? {} : { scale: String(second) }) }
  }
  if (!['STRING', 'BYTES'].includes(type)) cursor.refuse(`${type} takes no parameter`)
  if (!isWhole || second !== undefined) cursor.refuse(`${type} takes one length`)
  cursor.expect(')')
  return { maxLength: String(first) }
}

export function columnOf(cursor: Cursor, columns: readonly Column[], name: string): Column {
  return (
    columns.find((column) => column.name.toLowerCase() === name.toLowerCase()) ??
    cursor.refuse(`there is no column ${name}`)
  )
}
