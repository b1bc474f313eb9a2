/**
 * One ALTER action to the table as it will be and what DuckDB does for it. It refuses what BigQuery refuses:
 * narrower types, columns that partition, cluster or key the table.
 */
import { columnDefinitions, duckdbType, parseSchema } from '../../engine/data-types.ts'
import { quoteName } from '../../engine/names.ts'
import { physicalOf, type TableRecord } from '../../engine/records.ts'
import { invalidQuery } from '../../engine/refusals.ts'
import { defaultsOf, touch } from '../../resources/new-table.ts'
import { addKeys, boundTo } from '../../resources/table-keys.ts'
import { splitMaterialized } from '../../resources/materialized.ts'
import { bodyOfOptions, readTableFields } from '../../resources/table-fields.ts'
import type { Alter, FieldSchema } from '../../sql/types.ts'
import { targetOf } from '../catalog.ts'
import type { CatalogScope } from '../scope.ts'
import { widened } from './widening.ts'

export interface AlterPlan {
  readonly table: TableRecord
  readonly statements: readonly string[]
}
type Change = Omit<Partial<TableRecord>, 'version'>

export function planAlter(
  scope: CatalogScope,
  before: TableRecord,
  alter: Exclude<Alter, { kind: 'RENAME_TO' }>,
): AlterPlan {
  const nowMs = scope.room.now()
  const plan = (changes: Change, statements: readonly string[] = []): AlterPlan => ({
    table: touch(before, nowMs, changes),
    statements,
  })
  const onTable = (words: string): string => `ALTER TABLE ${physicalOf(before)} ${words}`
  const onColumn = (field: FieldSchema, words: string): string =>
    onTable(`ALTER COLUMN ${quoteName(field.name)} ${words}`)
  if (before.kind === 'VIEW' && !['SET_OPTIONS', 'SET_COLUMN_OPTIONS'].includes(alter.kind))
    throw invalidQuery('The columns of a view follow from its query.')
  switch (alter.kind) {
    case 'SET_OPTIONS':
      return setOptions(before, alter, plan, nowMs)
    case 'ADD_COLUMN':
      return addColumns(before, alter, plan, onTable)
    case 'DROP_COLUMN':
      return dropColumns(before, alter, plan, onTable)
    case 'SET_COLUMN_OPTIONS':
      return setColumnOptions(before, alter, plan)
    case 'RENAME_COLUMN':
      return renameColumns(before, alter, plan, onTable)
    case 'SET_DATA_TYPE':
      return setDataType(before, alter, plan, onColumn)
    case 'SET_DEFAULT':
      return setDefault(scope, before, alter, { plan, onColumn })
    case 'DROP_NOT_NULL': {
      const field = columnOf(before, alter.name, alter.isConditional)
      if (!field) return plan({})
      if (field.mode !== 'REQUIRED') throw invalidQuery(`Column ${field.name} is not NOT NULL.`)
      return plan({ schema: replaced(before, { ...field, mode: 'NULLABLE' }) }, [
        onColumn(field, 'DROP NOT NULL'),
      ])
    }
    case 'ADD_KEYS':
      return plan({
        constraints: alter.keys.reduce(
          (found, keys) => addKeys(found, keys, before.schema, (path) => targetOf(scope, path)),
          before.constraints,
        ),
      })
    case 'DROP_PRIMARY_KEY': {
      const { primaryKey, ...rest } = before.constraints ?? {}
      if (!primaryKey && !alter.isConditional) throw invalidQuery('The table has no primary key.')
      return plan({ constraints: rest.foreignKeys ? rest : undefined })
    }
    case 'DROP_CONSTRAINT':
      return dropConstraint(before, alter, plan)
  }
}

const find = (table: TableRecord, name: string): FieldSchema | undefined =>
  table.schema.find((field) => field.name.toLowerCase() === name.toLowerCase())

function columnOf(table: TableRecord, name: string, isConditional: boolean): FieldSchema | undefined {
  const field = find(table, name)
  if (!field && !isConditional) throw invalidQuery(`Column not found: ${name}`)
  return field
}

const replaced = (table: TableRecord, next: FieldSchema): FieldSchema[] =>
  table.schema.map((field) => (field.name === next.name ? next : field))

type Make = (changes: Change, statements?: readonly string[]) => AlterPlan

function setOptions(
  before: TableRecord,
  alter: Alter & { kind: 'SET_OPTIONS' },
  plan: Make,
  nowMs: number,
): AlterPlan {
  const { options, materialized } = before.materialized
    ? splitMaterialized(alter.options, before.materialized)
    : { options: alter.options, materialized: undefined }
  const body = bodyOfOptions(options, before)
  // OPTIONS(labels=…) says all labels, a REST patch only those that change.
  const kept = 'labels' in body ? { ...before, labels: {} } : before
  return plan({
    ...readTableFields(body, kept, before.schema, nowMs),
    ...(materialized ? { materialized } : {}),
  })
}

function setColumnOptions(
  before: TableRecord,
  alter: Alter & { kind: 'SET_COLUMN_OPTIONS' },
  plan: Make,
): AlterPlan {
  const field = columnOf(before, alter.name, alter.isConditional)
  if (!field) return plan({})
  const other = Object.keys(alter.options).find((name) => name !== 'description')
  if (other) throw invalidQuery(`Column option ${other} is not supported by the local BigQuery.`)
  const { description: _, ...rest } = field
  const text = alter.options.description
  return plan({ schema: replaced(before, { ...rest, ...(text ? { description: String(text) } : {}) }) })
}

function setDataType(
  before: TableRecord,
  alter: Alter & { kind: 'SET_DATA_TYPE' },
  plan: Make,
  onColumn: (field: FieldSchema, words: string) => string,
): AlterPlan {
  const field = columnOf(before, alter.column.name, alter.isConditional)
  if (!field) return plan({})
  const next = widened(before, field, parseSchema([alter.column])[0]!)
  const isSame = duckdbType(field) === duckdbType(next)
  return plan({ schema: replaced(before, next) }, isSame ? [] : [onColumn(field, `TYPE ${duckdbType(next)}`)])
}

function setDefault(
  scope: CatalogScope,
  before: TableRecord,
  alter: Alter & { kind: 'SET_DEFAULT' },
  {
    plan,
    onColumn,
  }: { readonly plan: Make; readonly onColumn: (field: FieldSchema, words: string) => string },
): AlterPlan {
  const field = columnOf(before, alter.name, alter.isConditional)
  if (!field) return plan({})
  const { defaultValueExpression: _, ...rest } = field
  const next: FieldSchema =
    alter.defaultText === undefined ? rest : { ...rest, defaultValueExpression: alter.defaultText }
  const schema = replaced(before, next)
  const defaults = defaultsOf(scope.room, schema)
  const sql = defaults[field.name]
  return plan({ schema, defaults }, [
    onColumn(field, sql === undefined ? 'DROP DEFAULT' : `SET DEFAULT ${sql}`),
  ])
}

function dropConstraint(
  before: TableRecord,
  alter: Alter & { kind: 'DROP_CONSTRAINT' },
  plan: Make,
): AlterPlan {
  const keys = before.constraints?.foreignKeys ?? []
  const kept = keys.filter(({ name }) => name !== alter.name)
  if (kept.length === keys.length && !alter.isConditional)
    throw invalidQuery(`Constraint ${alter.name} is not found.`)
  const { foreignKeys: _, ...rest } = before.constraints ?? {}
  if (kept.length > 0) return plan({ constraints: { ...rest, foreignKeys: kept } })
  return plan({ constraints: rest.primaryKey ? rest : undefined })
}

function addColumns(
  before: TableRecord,
  { columns, isConditional }: Alter & { kind: 'ADD_COLUMN' },
  plan: Make,
  onTable: (words: string) => string,
): AlterPlan {
  const added = parseSchema(columns).filter((column) => {
    if (!find(before, column.name)) return true
    if (isConditional) return false
    throw invalidQuery(`Column already exists: ${column.name}`)
  })
  for (const column of added) {
    if (column.mode === 'REQUIRED')
      throw invalidQuery(`Cannot add required column ${column.name} to an existing table.`)
    if (column.defaultValueExpression !== undefined)
      throw invalidQuery(
        `Cannot add column ${column.name} with a default value: add it, then ALTER COLUMN … SET DEFAULT.`,
      )
  }
  return plan(
    { schema: [...before.schema, ...added] },
    added.map((column) => onTable(`ADD COLUMN ${columnDefinitions([column])}`)),
  )
}

function dropColumns(
  before: TableRecord,
  { names, isConditional }: Alter & { kind: 'DROP_COLUMN' },
  plan: Make,
  onTable: (words: string) => string,
): AlterPlan {
  const dropped = names.flatMap((name) => {
    const field = columnOf(before, name, isConditional)
    const bound = field && boundTo(before, field.name)
    if (bound) throw invalidQuery(`Column ${field.name} ${bound} and cannot be dropped.`)
    return field ? [field] : []
  })
  const schema = before.schema.filter((field) => !dropped.includes(field))
  if (schema.length === 0) throw invalidQuery('A table must keep at least one column.')
  return plan(
    { schema },
    dropped.map((field) => onTable(`DROP COLUMN ${quoteName(field.name)}`)),
  )
}

function renameColumns(
  before: TableRecord,
  { renames }: Alter & { kind: 'RENAME_COLUMN' },
  plan: Make,
  onTable: (words: string) => string,
): AlterPlan {
  const statements: string[] = []
  let schema: readonly FieldSchema[] = before.schema
  const defaults = { ...before.defaults }
  for (const { from, to, isConditional } of renames) {
    const field = columnOf({ ...before, schema }, from, isConditional)
    if (!field) continue
    const bound = boundTo(before, field.name)
    if (bound) throw invalidQuery(`Column ${field.name} ${bound} and cannot be renamed.`)
    if (schema.some((other) => other !== field && other.name.toLowerCase() === to.toLowerCase()))
      throw invalidQuery(`Column already exists: ${to}`)
    schema = parseSchema(schema.map((other) => (other === field ? { ...field, name: to } : other)))
    if (defaults[field.name] !== undefined) defaults[to] = defaults[field.name]!
    delete defaults[field.name]
    statements.push(onTable(`RENAME COLUMN ${quoteName(field.name)} TO ${quoteName(to)}`))
  }
  return plan({ schema, ...(before.defaults ? { defaults } : {}) }, statements)
}
