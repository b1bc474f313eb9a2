/** Compares and merges the columns of a view: what readers would lose, and what others wrote beside them. */
import type { Column } from '../../_shared/dataset.ts'
import { InputError } from '../../_shared/errors.ts'

const LEGACY: Readonly<Record<string, string>> = {
  INT64: 'INTEGER',
  FLOAT64: 'FLOAT',
  BOOL: 'BOOLEAN',
  STRUCT: 'RECORD',
}
const typeOf = ({ type }: Column): string => LEGACY[type.toUpperCase()] ?? type.toUpperCase()
const isArray = ({ mode }: Column): boolean => mode?.toUpperCase() === 'REPEATED'
const said = (column: Column): string => (isArray(column) ? `an array of ${typeOf(column)}` : typeOf(column))
const byName = (columns: readonly Column[]): ReadonlyMap<string, Column> =>
  new Map(columns.map((column) => [column.name.toLowerCase(), column]))

/** What readers of the columns would miss, fields of records included. */
export function lostColumns(before: readonly Column[], after: readonly Column[], path = ''): string[] {
  const now = byName(after)
  return before.flatMap((column) => {
    const found = now.get(column.name.toLowerCase())
    const name = `${path}${column.name}`
    if (found === undefined) return [`drops column ${name}`]
    if (said(found) !== said(column)) return [`changes ${name} from ${said(column)} to ${said(found)}`]
    return lostColumns(column.fields ?? [], found.fields ?? [], `${name}.`)
  })
}

/** In words, what readers lose and what is new. */
export const changedColumns = (before: readonly Column[], after: readonly Column[]): string[] => [
  ...lostColumns(before, after),
  ...newColumns(before, after),
]

function newColumns(before: readonly Column[], after: readonly Column[], path = ''): string[] {
  const earlier = byName(before)
  return after.flatMap((column) => {
    const found = earlier.get(column.name.toLowerCase())
    const name = `${path}${column.name}`
    if (found === undefined) return [`adds column ${name}`]
    return newColumns(found.fields ?? [], column.fields ?? [], `${name}.`)
  })
}

/** The columns of the new query with what stood beside those of the same name: descriptions, policy tags. */
export function keepBeside(after: readonly Column[], before: readonly Column[]): Column[] {
  const earlier = byName(before)
  return after.map((column) => {
    const found = earlier.get(column.name.toLowerCase())
    const fields =
      column.fields === undefined ? {} : { fields: keepBeside(column.fields, found?.fields ?? []) }
    const { name: _name, type: _type, mode: _mode, fields: _fields, ...beside } = found ?? column
    return { ...beside, ...column, ...fields }
  })
}

/** Whether anything stands beside name, type and mode. */
export const isDescribed = (columns: readonly Column[]): boolean =>
  columns.some(
    ({ name: _name, type: _type, mode: _mode, fields, ...beside }) =>
      Object.keys(beside).length > 0 || isDescribed(fields ?? []),
  )

/** With the descriptions that stand in the header, place by place. */
export function describe(
  columns: readonly Column[],
  given: readonly { readonly description?: string }[] | undefined,
): readonly Column[] {
  return columns.map((column, index) => {
    const description = given?.[index]?.description
    return description === undefined ? column : { ...column, description }
  })
}

/** The list in a header describes columns; their names are the query's. */
export function checkColumnNames({
  definition,
  columns,
  file,
}: {
  readonly definition: {
    readonly columns?: readonly { readonly name: string }[]
    readonly routine?: { readonly returnTable?: readonly { readonly name: string }[] }
  }
  readonly columns: readonly Column[]
  readonly file: string
}): void {
  const given = definition.columns ?? definition.routine?.returnTable
  // What a function gives is known where it was asked for.
  if (given === undefined || (definition.routine !== undefined && columns.length === 0)) return
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name.toLowerCase()).join(', ')
  if (names(given) === names(columns)) return
  throw new InputError(
    `Planning ${file}: its column list says ${names(given)}, its query gives ${names(columns)}; write the names as aliases into the query.`,
    { input: 'source', given: file, accepted: 'the columns of the query', problem: 'view-query' },
  )
}
