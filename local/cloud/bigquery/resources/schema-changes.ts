/**
 * Changes a table's columns the way BigQuery allows: add nullable columns and fields, relax REQUIRED, lengthen,
 * describe, set defaults; everything else is refused.
 */
import { columnDefinitions, duckdbType, legacyTypeName } from '../engine/data-types.ts'
import type { Session } from '../engine/database.ts'
import { quoteName, showTable } from '../engine/names.ts'
import { physicalOf, type TableRecord } from '../engine/records.ts'
import { invalid } from '../engine/refusals.ts'
import type { FieldSchema } from '../sql/types.ts'

export interface SchemaChange {
  readonly schema: readonly FieldSchema[]
  readonly statements: readonly string[]
}

/** `after` is the whole schema the client wants; `defaults` are the DuckDB expressions of its defaults. */
export function planSchemaChange(
  table: TableRecord,
  after: readonly FieldSchema[],
  defaults: Readonly<Record<string, string>> = {},
): SchemaChange {
  const statements: string[] = []
  const onTable = (words: string): void => {
    statements.push(`ALTER TABLE ${physicalOf(table)} ${words}`)
  }
  const refuse = (what: string): never => {
    throw invalid(`Provided Schema does not match Table ${showTable(table.reference)}. ${what}`)
  }
  const merge = merger(onTable, refuse)
  const schema = merge(table.schema, after, { shown: '', physical: '' })
  for (const field of schema) {
    const before = table.schema.find((old) => old.name === field.name)
    if (!before && field.defaultValueExpression !== undefined)
      refuse(`Cannot add a field with a default value. (field: ${field.name})`)
    if (before && before.defaultValueExpression !== field.defaultValueExpression) {
      const standard = defaults[field.name]
      onTable(
        `ALTER COLUMN ${quoteName(field.name)} ${standard === undefined ? 'DROP DEFAULT' : `SET DEFAULT ${standard}`}`,
      )
    }
  }
  return { schema, statements }
}

interface Parent {
  readonly shown: string
  /** Dotted and quoted, as DuckDB names a field of a STRUCT; `element` stands for those of an array. */
  readonly physical: string
}
type Merge = (before: readonly FieldSchema[], after: readonly FieldSchema[], parent: Parent) => FieldSchema[]

function merger(onTable: (words: string) => void, refuse: (what: string) => never): Merge {
  const merge: Merge = (before, after, parent) => {
    const wanted = new Map(after.map((field) => [field.name.toLowerCase(), field]))
    const kept = before.map((field): FieldSchema => {
      const shown = `${parent.shown}${field.name}`
      const next = wanted.get(field.name.toLowerCase())
      if (!next) return refuse(`Field ${shown} is missing in new schema`)
      wanted.delete(field.name.toLowerCase())
      checkField(field, next, shown, refuse)
      const physical = `${parent.physical}${quoteName(field.name)}`
      if (parent.physical === '' && field.mode === 'REQUIRED' && next.mode !== 'REQUIRED')
        onTable(`ALTER COLUMN ${physical} DROP NOT NULL`)
      if (!field.fields) return { ...next, name: field.name }
      const inner = {
        shown: `${shown}.`,
        physical: `${physical}.${field.mode === 'REPEATED' ? 'element.' : ''}`,
      }
      return { ...next, name: field.name, fields: merge(field.fields, next.fields ?? [], inner) }
    })
    for (const field of wanted.values()) {
      if (field.mode === 'REQUIRED')
        refuse(`Cannot add required fields to an existing schema. (field: ${parent.shown}${field.name})`)
      onTable(
        `ADD COLUMN ${parent.physical === '' ? columnDefinitions([field]) : `${parent.physical}${quoteName(field.name)} ${duckdbType(field)}`}`,
      )
    }
    return [...kept, ...wanted.values()]
  }
  return merge
}

function checkField(
  before: FieldSchema,
  after: FieldSchema,
  name: string,
  refuse: (what: string) => never,
): void {
  if (legacyTypeName(before.type) !== legacyTypeName(after.type))
    refuse(`Field ${name} has changed type from ${before.type} to ${after.type}`)
  const [was, is] = [before.mode ?? 'NULLABLE', after.mode ?? 'NULLABLE']
  if (was !== is && !(was === 'REQUIRED' && is === 'NULLABLE'))
    refuse(`Field ${name} has changed mode from ${was} to ${is}`)
  if (!isLonger(before, after)) refuse(`Field ${name} has changed its type parameters to narrower ones`)
}

/** A limit may grow or fall away. */
export function isLonger(before: FieldSchema, after: FieldSchema): boolean {
  if (after.maxLength !== undefined)
    return before.maxLength !== undefined && Number(after.maxLength) >= Number(before.maxLength)
  if (after.precision === undefined) return true
  if (before.precision === undefined) return false
  const [scale, scaleBefore] = [Number(after.scale ?? 0), Number(before.scale ?? 0)]
  return scale >= scaleBefore && Number(after.precision) - scale >= Number(before.precision) - scaleBefore
}

/** Descriptions and columns given for a view must fit what its query gives. */
export function describeViewSchema(
  computed: readonly FieldSchema[],
  given: readonly FieldSchema[] | undefined,
  table: string,
): readonly FieldSchema[] {
  if (!given) return computed
  const isSame =
    given.length === computed.length &&
    given.every(
      (field, index) =>
        field.name.toLowerCase() === computed[index]!.name.toLowerCase() &&
        legacyTypeName(field.type) === legacyTypeName(computed[index]!.type),
    )
  if (!isSame)
    throw invalid(
      `The schema given for view ${table} does not match the columns of its query: ${computed.map((field) => `${field.name} ${field.type}`).join(', ')}`,
    )
  return computed.map((field, index) => ({
    ...field,
    ...(given[index]!.description ? { description: given[index]!.description } : {}),
  }))
}

export async function applyStatements(session: Session, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await session.run(statement)
}
