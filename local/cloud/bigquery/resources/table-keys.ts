/**
 * Primary and foreign keys of a table, in REST and in DDL: kept and shown, never enforced. Columns that are not
 * there, a second primary key and repeated names are errors.
 */
import type { TableConstraints, TableRecord } from '../engine/records.ts'
import { invalid } from '../engine/refusals.ts'
import { isRecord, record, requiredText, texts, type Body } from '../engine/request-body.ts'
import type { FieldSchema, ForeignKey, TableKeys, TableReference } from '../sql/types.ts'

type ForeignKeys = NonNullable<TableConstraints['foreignKeys']>

export function readConstraints(
  given: Body | undefined,
  schema: readonly FieldSchema[],
): TableConstraints | undefined {
  if (given === undefined) return undefined
  const primary = record(given, 'primaryKey')
  const columns = primary ? texts(primary, 'columns') : undefined
  const foreign = Array.isArray(given.foreignKeys) ? given.foreignKeys : []
  return checked(
    {
      ...(columns && columns.length > 0 ? { primaryKey: { columns } } : {}),
      foreignKeys: foreign.map((key: unknown, i) => {
        if (!isRecord(key)) throw invalid("Invalid value at 'tableConstraints.foreignKeys'.")
        const table = record(key, 'referencedTable') ?? {}
        const references = Array.isArray(key.columnReferences) ? key.columnReferences : []
        return {
          name: typeof key.name === 'string' && key.name !== '' ? key.name : `fk$${i + 1}`,
          referencedTable: {
            projectId: requiredText(table, 'projectId'),
            datasetId: requiredText(table, 'datasetId'),
            tableId: requiredText(table, 'tableId'),
          },
          columnReferences: references.map((pair: unknown) => {
            const body = isRecord(pair) ? pair : {}
            return {
              referencingColumn: requiredText(body, 'referencingColumn'),
              referencedColumn: requiredText(body, 'referencedColumn'),
            }
          }),
        }
      }),
    },
    schema,
  )
}

/** Keys a statement adds to those of the table. */
export function addKeys(
  before: TableConstraints | undefined,
  added: TableKeys,
  schema: readonly FieldSchema[],
  referenceOf: (path: readonly string[]) => TableReference,
): TableConstraints | undefined {
  if (added.primaryKey && before?.primaryKey) throw invalid('Already Exists: the primary key of the table')
  const foreignKeys = [...(before?.foreignKeys ?? [])]
  for (const key of added.foreignKeys) {
    const name = key.name ?? freeName(foreignKeys)
    const isThere = foreignKeys.some((other) => other.name === name)
    if (isThere && key.ifNotExists) continue
    foreignKeys.push(foreignKey(key, name, referenceOf(key.path)))
  }
  return checked(
    { ...before, ...(added.primaryKey ? { primaryKey: added.primaryKey } : {}), foreignKeys },
    schema,
  )
}

function freeName(keys: ForeignKeys): string {
  for (let i = 1; ; i++) if (!keys.some(({ name }) => name === `fk$${i}`)) return `fk$${i}`
}

function foreignKey(key: ForeignKey, name: string, table: TableReference): ForeignKeys[number] {
  if (key.columns.length !== key.referenced.length)
    throw invalid('A foreign key must name as many referenced columns as columns')
  return {
    name,
    referencedTable: table,
    columnReferences: key.columns.map((column, i) => ({
      referencingColumn: column,
      referencedColumn: key.referenced[i]!,
    })),
  }
}

function checked(
  { primaryKey, foreignKeys = [] }: TableConstraints,
  schema: readonly FieldSchema[],
): TableConstraints | undefined {
  const own = (name: string): string => {
    const field = schema.find((column) => column.name.toLowerCase() === name.toLowerCase())
    if (!field) throw invalid(`Column ${name} of a key cannot be found in the schema.`)
    if (field.mode === 'REPEATED' || field.fields || field.type === 'JSON')
      throw invalid(`Column ${name} of type ${field.type} cannot be part of a key.`)
    return field.name
  }
  if (primaryKey && new Set(primaryKey.columns.map(own)).size !== primaryKey.columns.length)
    throw invalid('A primary key names a column once.')
  const names = foreignKeys.map(({ name }) => name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice) throw invalid(`Already Exists: Constraint ${twice}`)
  for (const { columnReferences } of foreignKeys)
    for (const { referencingColumn } of columnReferences) own(referencingColumn)
  if (!primaryKey && foreignKeys.length === 0) return undefined
  return { ...(primaryKey ? { primaryKey } : {}), ...(foreignKeys.length > 0 ? { foreignKeys } : {}) }
}

/** What rests on a column, so that it can be neither dropped nor renamed. */
export function boundTo(table: TableRecord, name: string): string | undefined {
  const is = (other: string | undefined): boolean => other?.toLowerCase() === name.toLowerCase()
  if (is(table.partitioning?.field) || is(table.range?.field)) return 'partitions the table'
  if (table.clustering?.some(is)) return 'clusters the table'
  const { primaryKey, foreignKeys = [] } = table.constraints ?? {}
  const keys = foreignKeys.flatMap((key) => key.columnReferences.map((pair) => pair.referencingColumn))
  return [...(primaryKey?.columns ?? []), ...keys].some(is) ? 'is part of a key' : undefined
}
